//! Numbers as Python computes them: floor division, signs of remainders, exact comparison, overflow as an error.

use super::object::{BinaryOp, UnaryOp};
use super::{Exception, PyResult, Value};
use std::cmp::Ordering;

/// An `int` or a `float`, with `bool` as `int`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    /// `int` or `bool`
    Int(i64),
    /// `float`
    Float(f64),
}

impl Number {
    /// The number that a built-in value is.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(Number::Int(*number)),
            Value::Float(number) => Some(Number::Float(*number)),
            Value::Bool(flag) => Some(Number::Int(i64::from(*flag))),
            _ => None,
        }
    }

    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
        }
    }

    /// Exact order; `None` with a NaN.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => compare_mixed(a, b),
            (Number::Float(a), Number::Int(b)) => compare_mixed(b, a).map(Ordering::reverse),
        }
    }
}

fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= TWO_63 {
        return Some(Ordering::Less);
    }
    if float < -TWO_63 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    let order = int.cmp(&(whole as i64));
    Some(order.then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal)))
}

/// The error for integers beyond 64 bits.
pub(crate) fn overflow(what: &str) -> Box<Exception> {
    Exception::new("OverflowError", format!("{what} is too large for a 64-bit integer"))
        .with_expected(
            "integers from -2**63 to 2**63 - 1 (Python's are unbounded, kerai's are not)",
        )
        .with_hint("compute with floats: one operand as float(x), or math.log/lgamma for products")
}

fn zero_division(message: &str) -> Box<Exception> {
    Exception::new("ZeroDivisionError", message)
}

/// `a op b` for integers.
pub(crate) fn int_binary(op: BinaryOp, a: i64, b: i64) -> PyResult<Value> {
    let checked = |result: Option<i64>| match result {
        Some(number) => Ok(Value::Int(number)),
        None => Err(overflow(&format!("{a} {} {b}", super::operators::symbol(op)))),
    };
    match op {
        BinaryOp::Add => checked(a.checked_add(b)),
        BinaryOp::Sub => checked(a.checked_sub(b)),
        BinaryOp::Mul => checked(a.checked_mul(b)),
        BinaryOp::Div => true_division(a, b),
        BinaryOp::FloorDiv if b == 0 => Err(zero_division("integer division or modulo by zero")),
        BinaryOp::FloorDiv => checked(floor_division(a, b)),
        BinaryOp::Mod if b == 0 => Err(zero_division("integer modulo by zero")),
        BinaryOp::Mod => Ok(Value::Int(modulo(a, b))),
        BinaryOp::Pow => int_power(a, b),
        BinaryOp::And => Ok(Value::Int(a & b)),
        BinaryOp::Or => Ok(Value::Int(a | b)),
        BinaryOp::Xor => Ok(Value::Int(a ^ b)),
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight if b < 0 => {
            Err(Exception::value_error("negative shift count"))
        }
        BinaryOp::ShiftLeft => checked(match u32::try_from(b) {
            _ if a == 0 => Some(0),
            Ok(places @ 0..=62) => {
                let shifted = a << places;
                (shifted >> places == a).then_some(shifted)
            }
            _ => None,
        }),
        BinaryOp::ShiftRight => Ok(Value::Int(a >> b.min(63))),
        BinaryOp::MatMul => {
            Err(Exception::type_error("unsupported operand type(s) for @: 'int' and 'int'"))
        }
    }
}

/// The quotient rounded down; `None` beyond 64 bits.
pub(crate) fn floor_division(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// The remainder with the sign of `b`, which is not zero.
pub(crate) fn modulo(a: i64, b: i64) -> i64 {
    let remainder = a.wrapping_rem(b);
    if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder }
}

fn true_division(a: i64, b: i64) -> PyResult<Value> {
    if b == 0 {
        return Err(zero_division("division by zero"));
    }
    const EXACT: u64 = 1 << 53;
    let (x, y) = (a.unsigned_abs(), b.unsigned_abs());
    if x <= EXACT && y <= EXACT {
        return Ok(Value::Float(a as f64 / b as f64));
    }
    // Rounded once: 62 or more quotient bits and a sticky bit for the rest.
    let (x, y) = (u128::from(x), u128::from(y));
    let shift = x.leading_zeros();
    let scaled = x << shift;
    let quotient = (scaled / y) | u128::from(!scaled.is_multiple_of(y));
    let magnitude = quotient as f64 / 2.0_f64.powi(shift.cast_signed());
    Ok(Value::Float(if (a < 0) == (b < 0) { magnitude } else { -magnitude }))
}

fn int_power(base: i64, exponent: i64) -> PyResult<Value> {
    if exponent < 0 {
        if base == 0 {
            return Err(zero_division("0.0 cannot be raised to a negative power"));
        }
        return float_power(base as f64, exponent as f64);
    }
    let result = match base {
        0 => Some(i64::from(exponent == 0)),
        1 => Some(1),
        -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => u32::try_from(exponent).ok().and_then(|exponent| base.checked_pow(exponent)),
    };
    result.map(Value::Int).ok_or_else(|| overflow(&format!("{base} ** {exponent}")))
}

/// `pow(base, exponent, modulus)`
pub(crate) fn modular_power(base: i64, exponent: i64, modulus: i64) -> PyResult<i64> {
    if modulus == 0 {
        return Err(Exception::value_error("pow() 3rd argument cannot be 0"));
    }
    let m = i128::from(modulus.unsigned_abs());
    let mut base = i128::from(base).rem_euclid(m);
    let mut exponent = exponent;
    if exponent < 0 {
        base = inverse(base, m).ok_or_else(|| {
            Exception::value_error("base is not invertible for the given modulus")
        })?;
        exponent = exponent.saturating_neg();
    }
    let mut result = 1 % m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % m;
        }
        base = base * base % m;
        exponent >>= 1;
    }
    if modulus < 0 && result != 0 {
        result += i128::from(modulus);
    }
    Ok(i64::try_from(result).unwrap_or(0))
}

fn inverse(a: i128, m: i128) -> Option<i128> {
    let (mut r0, mut r1, mut t0, mut t1) = (m, a, 0_i128, 1_i128);
    while r1 != 0 {
        let q = r0 / r1;
        (r0, r1) = (r1, r0 - q * r1);
        (t0, t1) = (t1, t0 - q * t1);
    }
    (r0 == 1).then(|| t0.rem_euclid(m))
}

/// Whether floats have this operator.
pub(crate) fn is_for_floats(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::FloorDiv
            | BinaryOp::Mod
            | BinaryOp::Pow
    )
}

/// `a op b` for floats.
pub(crate) fn float_binary(op: BinaryOp, a: f64, b: f64) -> PyResult<Value> {
    Ok(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 => return Err(zero_division("float division by zero")),
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv if b == 0.0 => {
            return Err(zero_division("float floor division by zero"));
        }
        BinaryOp::FloorDiv => float_divmod(a, b).0,
        BinaryOp::Mod if b == 0.0 => return Err(zero_division("float modulo")),
        BinaryOp::Mod => float_divmod(a, b).1,
        BinaryOp::Pow => return float_power(a, b),
        _ => {
            return Err(Exception::type_error(format!(
                "unsupported operand type(s) for {}: 'float' and 'float'",
                super::operators::symbol(op)
            )));
        }
    }))
}

/// Floor quotient and remainder with the sign of `b`, which is not zero.
pub(crate) fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 {
        if (b < 0.0) != (remainder < 0.0) {
            remainder += b;
            quotient -= 1.0;
        }
    } else {
        remainder = 0.0_f64.copysign(b);
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), remainder);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, remainder)
}

/// `base ** exponent` for floats.
pub(crate) fn float_power(base: f64, exponent: f64) -> PyResult<Value> {
    if base == 0.0 && exponent < 0.0 {
        return Err(zero_division("0.0 cannot be raised to a negative power"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(Exception::value_error(
            "a negative number cannot be raised to a fractional power without complex numbers",
        )
        .with_hint("complex numbers are not in kerai; abs(x) ** y gives the magnitude"));
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(Exception::new("OverflowError", "(34, 'Numerical result out of range')"));
    }
    Ok(Value::Float(result))
}

/// `-x`, `+x`, `~x`, `abs(x)`
pub(crate) fn int_unary(op: UnaryOp, a: i64) -> PyResult<Value> {
    let result = match op {
        UnaryOp::Neg => a.checked_neg(),
        UnaryOp::Pos => Some(a),
        UnaryOp::Invert => Some(!a),
        UnaryOp::Abs => a.checked_abs(),
    };
    result.map(Value::Int).ok_or_else(|| overflow(&format!("-({a})")))
}

/// `round(number, digits)`: to the nearest, halves to the even neighbour, exactly as the decimal digits say.
pub(crate) fn round_float(number: f64, digits: i64) -> PyResult<f64> {
    if !number.is_finite() || number == 0.0 || digits > 323 {
        return Ok(number);
    }
    if digits < -308 {
        return Ok(0.0_f64.copysign(number));
    }
    if digits >= 0 {
        // Rust formats the exact decimal value, rounding halves to even, as Python's dtoa does.
        let places = usize::try_from(digits).unwrap_or(0);
        return Ok(format!("{number:.places$}").parse().unwrap_or(number));
    }
    let unit = 10.0_f64.powi(i32::try_from(-digits).unwrap_or(0));
    let scaled = number / unit;
    let rounded = scaled.round_ties_even() * unit;
    if rounded.is_finite() {
        Ok(rounded)
    } else {
        Err(Exception::new("OverflowError", "rounded value too large to represent"))
    }
}

/// `round(number, digits)` for integers and negative digits.
pub(crate) fn round_int(number: i64, digits: i64) -> PyResult<i64> {
    if digits >= 0 {
        return Ok(number);
    }
    let Some(unit) = u32::try_from(-digits).ok().and_then(|places| 10_i128.checked_pow(places))
    else {
        return Ok(0);
    };
    let number_wide = i128::from(number);
    let down = number_wide.div_euclid(unit);
    let rest = number_wide.rem_euclid(unit) * 2;
    let up = rest > unit || (rest == unit && down % 2 != 0);
    i64::try_from((down + i128::from(up)) * unit)
        .map_err(|_| overflow(&format!("round({number}, {digits})")))
}
