//! Built-in functions on numbers and characters.

use super::super::arithmetic::{self, Number};
use super::super::types::{args, number};
use super::super::{Arguments, BinaryOp, Exception, PyResult, UnaryOp, Value};
use super::super::{attributes, operators};
use super::Row;

pub(super) const TABLE: &[Row] = &[
    ("abs", "x, /", "The distance from zero.", |v| operators::unary(UnaryOp::Abs, &v[0])),
    (
        "round",
        "number, ndigits=None",
        "The nearest number with so many digits; halves go to the even neighbour.",
        round,
    ),
    ("divmod", "x, y, /", "Quotient and remainder: (x // y, x % y).", divmod),
    ("pow", "base, exp, mod=None", "base ** exp, or its remainder by mod.", pow),
    ("ord", "c, /", "The code point of a character.", ord),
    ("chr", "i, /", "The character of a code point.", chr),
];

fn round(values: Vec<Value>) -> PyResult<Value> {
    let [value, digits] = &values[..] else { return Ok(Value::None) };
    match (Number::of(value), digits) {
        (Some(Number::Int(x)), Value::None) => Ok(Value::Int(x)),
        (Some(Number::Int(x)), digits) => {
            arithmetic::round_int(x, args::index(digits)?).map(Value::Int)
        }
        (Some(Number::Float(x)), Value::None) => {
            number::float_to_int(x.round_ties_even()).map(Value::Int)
        }
        (Some(Number::Float(x)), digits) => {
            arithmetic::round_float(x, args::index(digits)?).map(Value::Float)
        }
        (None, digits) => {
            if let Value::Object(object) = value {
                if let Some(method) = object.attribute(value, "__round__")? {
                    let given = if digits.is_none() { vec![] } else { vec![digits.clone()] };
                    return attributes::call(&method, Arguments::positional(given));
                }
                if let Some(scalar) = object.as_scalar()
                    && Number::of(&scalar).is_some()
                {
                    return round(vec![scalar, digits.clone()]);
                }
            }
            Err(Exception::type_error(format!(
                "type {} doesn't define __round__ method",
                value.type_name()
            )))
        }
    }
}

fn divmod(values: Vec<Value>) -> PyResult<Value> {
    let [x, y] = &values[..] else { return Ok(Value::None) };
    match (Number::of(x), Number::of(y)) {
        (Some(Number::Int(_)), Some(Number::Int(0))) => {
            return Err(Exception::new("ZeroDivisionError", "integer division or modulo by zero"));
        }
        (Some(a), Some(b)) if b.to_f64() == 0.0 => {
            let _ = a;
            return Err(Exception::new("ZeroDivisionError", "float divmod()"));
        }
        (Some(_), Some(_)) => {}
        _ if !matches!(x, Value::Object(_)) && !matches!(y, Value::Object(_)) => {
            return Err(Exception::type_error(format!(
                "unsupported operand type(s) for divmod(): '{}' and '{}'",
                x.type_name(),
                y.type_name()
            )));
        }
        _ => {}
    }
    Ok(Value::tuple(vec![
        operators::binary(BinaryOp::FloorDiv, x, y)?,
        operators::binary(BinaryOp::Mod, x, y)?,
    ]))
}

fn pow(values: Vec<Value>) -> PyResult<Value> {
    let [base, exponent, modulus] = &values[..] else { return Ok(Value::None) };
    if modulus.is_none() {
        return operators::binary(BinaryOp::Pow, base, exponent);
    }
    match (Number::of(base), Number::of(exponent), Number::of(modulus)) {
        (Some(Number::Int(b)), Some(Number::Int(e)), Some(Number::Int(m))) => {
            arithmetic::modular_power(b, e, m).map(Value::Int)
        }
        (Some(_), Some(_), Some(_)) => Err(Exception::type_error(
            "pow() 3rd argument not allowed unless all arguments are integers",
        )),
        _ => Err(Exception::type_error(format!(
            "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
            base.type_name(),
            exponent.type_name(),
            modulus.type_name()
        ))),
    }
}

fn ord(values: Vec<Value>) -> PyResult<Value> {
    match &values[0] {
        Value::Str(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Ok(Value::Int(i64::from(u32::from(c)))),
                _ => Err(Exception::type_error(format!(
                    "ord() expected a character, but string of length {} found",
                    text.chars().count()
                ))),
            }
        }
        other => match other.downcast::<super::super::types::bytes::Bytes>() {
            Some(bytes) if bytes.0.len() == 1 => Ok(Value::Int(i64::from(bytes.0[0]))),
            _ => Err(Exception::type_error(format!(
                "ord() expected string of length 1, but {} found",
                other.type_name()
            ))),
        },
    }
}

fn chr(values: Vec<Value>) -> PyResult<Value> {
    let code = args::index(&values[0])?;
    match u32::try_from(code).ok().filter(|code| *code < 0x11_0000) {
        None => Err(Exception::value_error("chr() arg not in range(0x110000)")),
        Some(code) => match char::from_u32(code) {
            Some(c) => Ok(super::super::iterate::character(c)),
            None => Err(Exception::value_error("chr() arg is a surrogate, which no text can hold")),
        },
    }
}
