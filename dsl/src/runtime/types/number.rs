//! `int`, `float` and `bool`: construction from numbers and texts, and methods.

use super::super::arithmetic;
use super::super::{Arguments, Exception, Native, PyResult, Value, format, operators};
use super::args;

/// The methods of `int` and `bool`.
pub(crate) const INT_METHODS: &[&str] =
    &["as_integer_ratio", "bit_count", "bit_length", "conjugate", "is_integer", "to_bytes"];

/// The methods of `float`.
pub(crate) const FLOAT_METHODS: &[&str] = &["as_integer_ratio", "conjugate", "hex", "is_integer"];

/// A float cut towards zero.
pub(crate) fn float_to_int(number: f64) -> PyResult<i64> {
    if number.is_nan() {
        return Err(Exception::value_error("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(Exception::new("OverflowError", "cannot convert float infinity to integer"));
    }
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let whole = number.trunc();
    if !(-LIMIT..LIMIT).contains(&whole) {
        return Err(arithmetic::overflow(&format::float::repr(number)));
    }
    Ok(whole as i64)
}

/// `int(value)`
pub(crate) fn to_int(value: &Value) -> PyResult<Value> {
    Ok(match value {
        Value::Int(number) => Value::Int(*number),
        Value::Bool(flag) => Value::Int(i64::from(*flag)),
        Value::Float(number) => Value::Int(float_to_int(*number)?),
        Value::Str(text) => parse_int(text, 10)?,
        Value::Object(object) => {
            if let Some(bytes) = value.downcast::<super::bytes::Bytes>() {
                return parse_int(&String::from_utf8_lossy(&bytes.0), 10);
            }
            match object.as_scalar() {
                Some(scalar) if !matches!(scalar, Value::Object(_)) => return to_int(&scalar),
                _ => {
                    return special(
                        value,
                        "__int__",
                        "int() argument must be a string, a bytes-like object or a real number, not",
                    );
                }
            }
        }
        other => {
            return Err(Exception::type_error(format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                other.type_name()
            )));
        }
    })
}

/// What an object's own `__int__` or `__float__` gives.
fn special(value: &Value, name: &str, message: &str) -> PyResult<Value> {
    let Value::Object(object) = value else { return Ok(Value::None) };
    match object.attribute(value, name)? {
        Some(method) => super::super::context::call(&method, Arguments::default()),
        None => Err(Exception::type_error(format!("{message} '{}'", value.type_name()))),
    }
}

/// `float(value)`
pub(crate) fn to_float(value: &Value) -> PyResult<Value> {
    let message = "float() argument must be a string or a real number, not";
    Ok(match value {
        Value::Int(number) => Value::Float(*number as f64),
        Value::Bool(flag) => Value::Float(f64::from(u8::from(*flag))),
        Value::Float(number) => Value::Float(*number),
        Value::Str(text) => parse_float(text)?,
        Value::Object(object) => match object.as_scalar() {
            Some(scalar) if !matches!(scalar, Value::Object(_)) => return to_float(&scalar),
            _ => return special(value, "__float__", message),
        },
        other => return Err(Exception::type_error(format!("{message} '{}'", other.type_name()))),
    })
}

/// `int(...)`
pub(crate) fn make_int(arguments: Arguments) -> PyResult<Value> {
    let Arguments { mut positional, mut keywords } = arguments;
    if let Some(place) = keywords.iter().position(|(name, _)| &**name == "base") {
        positional.push(keywords.remove(place).1);
    }
    if let Some((name, _)) = keywords.first() {
        return Err(Exception::type_error(format!(
            "'{name}' is an invalid keyword argument for int()"
        )));
    }
    match &positional[..] {
        [] => Ok(Value::Int(0)),
        [value] => to_int(value),
        [Value::Str(text), base] => {
            let base = args::index(base)?;
            if base != 0 && !(2..=36).contains(&base) {
                return Err(Exception::value_error("int() base must be >= 2 and <= 36, or 0"));
            }
            parse_int(text, u32::try_from(base).unwrap_or(10))
        }
        [_, _] => Err(Exception::type_error("int() can't convert non-string with explicit base")),
        more => Err(Exception::type_error(format!(
            "int expected at most 2 arguments, got {}",
            more.len()
        ))),
    }
}

/// The number that a text holds, in a base (0: as its prefix says).
fn parse_int(text: &str, base: u32) -> PyResult<Value> {
    let invalid = || {
        let error = Exception::value_error(format!(
            "invalid literal for int() with base {base}: {}",
            format::quote(text)
        ));
        if text.trim().parse::<f64>().is_ok() {
            error.with_hint(format!("the text is a float: int(float({}))", format::quote(text)))
        } else {
            error
        }
    };
    let trimmed = text.trim();
    let (negative, body) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = body.to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let prefix = prefixes.iter().find(|(prefix, _)| lower.starts_with(prefix));
    let (base_used, digits) = match prefix {
        Some((prefix, own)) if base == *own || base == 0 => {
            let rest = body.get(prefix.len()..).unwrap_or("");
            (*own, rest.strip_prefix('_').unwrap_or(rest))
        }
        _ if base == 0 => {
            if body.len() > 1
                && body.starts_with('0')
                && body.bytes().any(|b| b != b'0' && b != b'_')
            {
                return Err(invalid());
            }
            (10, body)
        }
        _ => (base, body),
    };
    if digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__")
    {
        return Err(invalid());
    }
    let mut number: i64 = 0;
    for c in digits.chars().filter(|c| *c != '_') {
        let digit = digit_value(c).filter(|d| *d < base_used).ok_or_else(invalid)?;
        let signed = i64::from(digit);
        number = number
            .checked_mul(i64::from(base_used))
            .and_then(|n| if negative { n.checked_sub(signed) } else { n.checked_add(signed) })
            .ok_or_else(|| arithmetic::overflow(text))?;
    }
    Ok(Value::Int(number))
}

/// The value of a digit; digits of other scripts count as well.
fn digit_value(c: char) -> Option<u32> {
    c.to_digit(36).or_else(|| super::str_test::decimal_value(c))
}

fn parse_float(text: &str) -> PyResult<Value> {
    let invalid = || {
        Exception::value_error(format!(
            "could not convert string to float: {}",
            format::quote(text)
        ))
    };
    let trimmed = text.trim();
    let bytes = trimmed.as_bytes();
    let is_digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    for (i, _) in trimmed.match_indices('_') {
        if !is_digit(i.checked_sub(1)) || !is_digit(Some(i + 1)) {
            return Err(invalid());
        }
    }
    let cleaned = trimmed.replace('_', "");
    // Rust reads what Python reads, including inf and nan in any case.
    cleaned.parse::<f64>().map(Value::Float).map_err(|_| {
        if cleaned.contains(',') && cleaned.replace(',', ".").parse::<f64>().is_ok() {
            invalid().with_hint("the decimal point is a dot: text.replace(',', '.')")
        } else {
            invalid()
        }
    })
}

/// `float(...)`
pub(crate) fn make_float(arguments: Arguments) -> PyResult<Value> {
    let values = args::between("float", 0, 1, arguments)?;
    values.first().map_or(Ok(Value::Float(0.0)), to_float)
}

/// `bool(...)`
pub(crate) fn make_bool(arguments: Arguments) -> PyResult<Value> {
    let values = args::between("bool", 0, 1, arguments)?;
    values.first().map_or(Ok(false), operators::truth).map(Value::Bool)
}

/// `number.name(...)`; `None`: there is no such method.
pub(crate) fn call_method(
    this: &Value,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    let class = if matches!(this, Value::Float(_)) { "float" } else { "int" };
    if name == "to_bytes" {
        return Some(to_bytes(this, arguments));
    }
    if let Err(error) = args::none(&format!("{class}.{name}"), arguments) {
        return Some(Err(error));
    }
    let int = operators::as_index(this);
    Some(Ok(match (this, name) {
        (Value::Float(x), "is_integer") => Value::Bool(x.is_finite() && x.fract() == 0.0),
        (Value::Float(x), "hex") => Value::str(hex(*x)),
        (Value::Float(x), "as_integer_ratio") => return Some(ratio(*x)),
        (Value::Float(x), "conjugate") => Value::Float(*x),
        (_, "bit_length") => Value::Int(i64::from(64 - int?.unsigned_abs().leading_zeros())),
        (_, "bit_count") => Value::Int(i64::from(int?.unsigned_abs().count_ones())),
        (_, "is_integer") => Value::Bool(true),
        (_, "conjugate") => Value::Int(int?),
        (_, "as_integer_ratio") => Value::tuple(vec![Value::Int(int?), Value::Int(1)]),
        _ => return None,
    }))
}

fn to_bytes(this: &Value, arguments: Arguments) -> PyResult<Value> {
    let values = args::bind("to_bytes", "length=1, byteorder='big', *, signed=False", arguments)?;
    let [length, order, signed] = &values[..] else { return Ok(Value::None) };
    let length = usize::try_from(args::index(length)?)
        .map_err(|_| Exception::value_error("length argument must be non-negative"))?;
    let number = args::index(this)?;
    if number < 0 && !operators::truth(signed)? {
        return Err(Exception::new("OverflowError", "can't convert negative int to unsigned"));
    }
    let fill = if number < 0 { 0xff } else { 0 };
    let mut bytes: Vec<u8> = number.to_le_bytes().to_vec();
    if length < 8 && bytes.iter().skip(length).any(|&b| b != fill) {
        return Err(Exception::new("OverflowError", "int too big to convert"));
    }
    bytes.resize(length.min(1 << 20), fill);
    if &*order.as_str("byteorder")? == "big" {
        bytes.reverse();
    }
    Ok(super::bytes::value(bytes))
}

fn parts(x: f64) -> (u64, i64) {
    let bits = x.abs().to_bits();
    let exponent = (bits >> 52).cast_signed();
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1022) } else { (fraction | (1 << 52), exponent - 1023) }
}

fn hex(x: f64) -> String {
    if let Some(text) = format::float::not_finite(x) {
        return text.to_owned();
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (mantissa, exponent) = parts(x);
    let fraction = mantissa & ((1 << 52) - 1);
    format!("{sign}0x{}.{fraction:013x}p{exponent:+}", mantissa >> 52)
}

fn ratio(x: f64) -> PyResult<Value> {
    if x.is_nan() {
        return Err(Exception::value_error("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(Exception::new("OverflowError", "cannot convert Infinity to integer ratio"));
    }
    let (mantissa, exponent) = parts(x);
    let (mut top, mut power) = (mantissa, exponent - 52);
    while top != 0 && top & 1 == 0 && power < 0 {
        top >>= 1;
        power += 1;
    }
    let too_large =
        || arithmetic::overflow(&format!("{}.as_integer_ratio()", format::float::repr(x)));
    let (top, bottom) = if power >= 0 {
        let top = u32::try_from(power).ok().and_then(|p| i128::from(top).checked_shl(p));
        (top.ok_or_else(too_large)?, 1_i128)
    } else if top == 0 {
        (0, 1)
    } else if power >= -62 {
        (i128::from(top), 1_i128 << -power)
    } else {
        return Err(too_large());
    };
    let top = if x < 0.0 { -top } else { top };
    let int = |n: i128| i64::try_from(n).map(Value::Int).map_err(|_| too_large());
    Ok(Value::tuple(vec![int(top)?, int(bottom)?]))
}

/// The functions `bin`, `oct` and `hex`.
pub(crate) fn radix(name: &'static str, prefix: &'static str, kind: char) -> Value {
    Native::value(name, "number, /", "The text of a whole number in this base.", move |values| {
        let number = args::index(values.first().unwrap_or(&Value::None))?;
        let digits = match kind {
            'b' => format!("{:b}", number.unsigned_abs()),
            'o' => format!("{:o}", number.unsigned_abs()),
            _ => format!("{:x}", number.unsigned_abs()),
        };
        Ok(Value::str(format!("{}{prefix}{digits}", if number < 0 { "-" } else { "" })))
    })
}
