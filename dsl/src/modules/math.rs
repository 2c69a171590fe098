//! `math`: functions of numbers, with Python's domain errors.

use super::Module;
use crate::runtime::arithmetic::{self, Number};
use crate::runtime::types::{args, number};
use crate::runtime::{Arguments, BinaryOp, Exception, PyResult, Value};
use crate::runtime::{context, iterate, operators};
use std::f64::consts;

/// Functions of one float that have no domain of their own.
const PLAIN: &[(&str, &str, fn(f64) -> f64)] = &[
    ("sin", "The sine of an angle in radians.", f64::sin),
    ("cos", "The cosine of an angle in radians.", f64::cos),
    ("tan", "The tangent of an angle in radians.", f64::tan),
    ("asin", "The angle in radians with this sine.", f64::asin),
    ("acos", "The angle in radians with this cosine.", f64::acos),
    ("atan", "The angle in radians with this tangent.", f64::atan),
    ("sinh", "The hyperbolic sine.", f64::sinh),
    ("cosh", "The hyperbolic cosine.", f64::cosh),
    ("tanh", "The hyperbolic tangent.", f64::tanh),
    ("asinh", "The number with this hyperbolic sine.", libm::asinh),
    ("acosh", "The number with this hyperbolic cosine.", libm::acosh),
    ("atanh", "The number with this hyperbolic tangent.", libm::atanh),
    ("exp", "e raised to the power x.", f64::exp),
    ("exp2", "2 raised to the power x.", f64::exp2),
    ("expm1", "exp(x) - 1, exact for small x.", f64::exp_m1),
    ("log1p", "log(1 + x), exact for small x.", f64::ln_1p),
    ("sqrt", "The square root.", f64::sqrt),
    ("cbrt", "The cube root.", f64::cbrt),
    ("fabs", "The absolute value as a float.", f64::abs),
    ("degrees", "An angle in radians as degrees.", |x| x * (180.0 / consts::PI)),
    ("radians", "An angle in degrees as radians.", |x| x * (consts::PI / 180.0)),
    ("erf", "The error function.", libm::erf),
    ("erfc", "1 - erf(x).", libm::erfc),
    ("gamma", "The gamma function: gamma(n) is the product of 1 to n - 1.", gamma),
    ("lgamma", "The logarithm of the absolute value of gamma(x).", lgamma),
];

pub(super) fn module() -> Module {
    let mut module = Module::new("math", "Functions of numbers.")
        .with("pi", Value::Float(consts::PI))
        .with("e", Value::Float(consts::E))
        .with("tau", Value::Float(consts::TAU))
        .with("inf", Value::Float(f64::INFINITY))
        .with("nan", Value::Float(f64::NAN));
    for (name, doc, function) in PLAIN {
        module = module.function(name, "x, /", doc, move |values| {
            let x = real(&values[0])?;
            checked(x, function(x))
        });
    }
    let module = integers(module)
        .function("floor", "x, /", "The largest whole number not above x.", |v| {
            whole(&v[0], "__floor__", f64::floor)
        })
        .function("ceil", "x, /", "The smallest whole number not below x.", |v| {
            whole(&v[0], "__ceil__", f64::ceil)
        })
        .function("trunc", "x, /", "The number without its fraction.", |v| {
            whole(&v[0], "__trunc__", f64::trunc)
        })
        .function("log", "x, base=None, /", "The logarithm, natural or to a base.", |v| {
            let top = logarithm(&v[0], f64::ln)?;
            if v[1].is_none() {
                return Ok(Value::Float(top));
            }
            operators::binary(
                BinaryOp::Div,
                &Value::Float(top),
                &Value::Float(logarithm(&v[1], f64::ln)?),
            )
        })
        .function("log2", "x, /", "The logarithm to base 2.", |v| {
            logarithm(&v[0], f64::log2).map(Value::Float)
        })
        .function("log10", "x, /", "The logarithm to base 10.", |v| {
            logarithm(&v[0], f64::log10).map(Value::Float)
        })
        .function("pow", "x, y, /", "x raised to the power y, as floats.", |v| {
            power(real(&v[0])?, real(&v[1])?)
        })
        .function("atan2", "y, x, /", "The angle of the point (x, y) in radians.", |v| {
            Ok(Value::Float(real(&v[0])?.atan2(real(&v[1])?)))
        })
        .function("fmod", "x, y, /", "The remainder with the sign of x.", |v| {
            let (x, y) = (real(&v[0])?, real(&v[1])?);
            let result = x % y;
            if result.is_nan() && !x.is_nan() && !y.is_nan() {
                return Err(domain());
            }
            Ok(Value::Float(result))
        })
        .function("remainder", "x, y, /", "x minus the nearest multiple of y.", |v| {
            let (x, y) = (real(&v[0])?, real(&v[1])?);
            let result = libm::remainder(x, y);
            if result.is_nan() && !x.is_nan() && !y.is_nan() {
                return Err(domain());
            }
            Ok(Value::Float(result))
        })
        .function("copysign", "x, y, /", "The size of x with the sign of y.", |v| {
            Ok(Value::Float(real(&v[0])?.copysign(real(&v[1])?)))
        })
        .function("isnan", "x, /", "Whether x is not a number.", |v| {
            Ok(Value::Bool(real(&v[0])?.is_nan()))
        })
        .function("isinf", "x, /", "Whether x is infinite.", |v| {
            Ok(Value::Bool(real(&v[0])?.is_infinite()))
        })
        .function("isfinite", "x, /", "Whether x is neither infinite nor NaN.", |v| {
            Ok(Value::Bool(real(&v[0])?.is_finite()))
        })
        .function(
            "modf",
            "x, /",
            "The fraction and the whole part, both with the sign of x.",
            |v| {
                let x = real(&v[0])?;
                let fraction = if x.is_infinite() { 0.0 } else { x.fract() };
                Ok(Value::tuple(vec![Value::Float(fraction.copysign(x)), Value::Float(x.trunc())]))
            },
        )
        .function("frexp", "x, /", "(m, e) with x == m * 2**e and m from 0.5 to 1.", |v| {
            let (mantissa, exponent) = libm::frexp(real(&v[0])?);
            Ok(Value::tuple(vec![Value::Float(mantissa), Value::Int(i64::from(exponent))]))
        })
        .function("ldexp", "x, i, /", "x * 2**i.", |v| {
            let (x, i) = (real(&v[0])?, args::index(&v[1])?);
            checked(x, libm::ldexp(x, i32::try_from(i.clamp(-5000, 5000)).unwrap_or(0)))
        })
        .function("nextafter", "x, y, /", "The next float after x towards y.", |v| {
            Ok(Value::Float(libm::nextafter(real(&v[0])?, real(&v[1])?)))
        })
        .function("ulp", "x, /", "The distance from x to the next float.", |v| {
            let x = real(&v[0])?.abs();
            Ok(Value::Float(if x.is_finite() { x.next_up() - x } else { x }))
        });
    sums(module)
}

fn sums(module: Module) -> Module {
    module
        .function("hypot", "*coordinates", "The length of a vector.", |v| {
            let coordinates = floats(&v[0])?;
            Ok(Value::Float(match coordinates[..] {
                [x, y] => x.hypot(y),
                _ => norm(&coordinates),
            }))
        })
        .function("dist", "p, q, /", "The distance of two points.", |v| {
            let (p, q) = (floats(&v[0])?, floats(&v[1])?);
            if p.len() != q.len() {
                return Err(Exception::value_error(
                    "both points must have the same number of dimensions",
                ));
            }
            let differences: Vec<f64> = p.iter().zip(&q).map(|(a, b)| a - b).collect();
            Ok(Value::Float(norm(&differences)))
        })
        .function("fsum", "seq, /", "The sum of floats without loss of digits.", |v| {
            Ok(Value::Float(exact_sum(&floats(&v[0])?)))
        })
        .function("prod", "iterable, /, *, start=1", "The product of the items.", |v| {
            let mut product = v[1].clone();
            let mut items = iterate::items(&v[0])?;
            while let Some(item) = items()? {
                product = operators::binary(BinaryOp::Mul, &product, &item)?;
            }
            Ok(product)
        })
        .function(
            "isclose",
            "a, b, *, rel_tol=1e-09, abs_tol=0.0",
            "Whether two numbers are nearly equal.",
            |v| {
                let (a, b) = (real(&v[0])?, real(&v[1])?);
                let (relative, absolute) = (real(&v[2])?, real(&v[3])?);
                if relative < 0.0 || absolute < 0.0 {
                    return Err(Exception::value_error("tolerances must be non-negative"));
                }
                if a == b {
                    return Ok(Value::Bool(true));
                }
                if a.is_infinite() || b.is_infinite() {
                    return Ok(Value::Bool(false));
                }
                let difference = (a - b).abs();
                Ok(Value::Bool(
                    difference <= relative * a.abs().max(b.abs()) || difference <= absolute,
                ))
            },
        )
}

fn integers(module: Module) -> Module {
    module
        .function("gcd", "*integers", "The greatest common divisor.", |v| {
            let all = whole_numbers(&v[0])?;
            let gcd = all.iter().fold(0_u64, |a, b| gcd(a, b.unsigned_abs()));
            i64::try_from(gcd).map(Value::Int).map_err(|_| arithmetic::overflow("gcd"))
        })
        .function("lcm", "*integers", "The least common multiple.", |v| {
            let mut result: i64 = 1;
            for number in whole_numbers(&v[0])? {
                if number == 0 {
                    return Ok(Value::Int(0));
                }
                let divisor = gcd(result.unsigned_abs(), number.unsigned_abs());
                let factor = number.unsigned_abs() / divisor.max(1);
                result = i64::try_from(factor)
                    .ok()
                    .and_then(|factor| result.checked_mul(factor))
                    .ok_or_else(|| arithmetic::overflow("lcm"))?;
            }
            Ok(Value::Int(result))
        })
        .function("factorial", "n, /", "The product of 1 to n.", |v| {
            if let Value::Float(_) = v[0] {
                return Err(Exception::type_error(
                    "'float' object cannot be interpreted as an integer",
                ));
            }
            let n = args::index(&v[0])?;
            if n < 0 {
                return Err(Exception::value_error("factorial() not defined for negative values"));
            }
            let product = (2..=n).try_fold(1_i64, i64::checked_mul);
            product.map(Value::Int).ok_or_else(|| {
                arithmetic::overflow(&format!("factorial({n})"))
                    .with_hint("math.gamma(n + 1) gives it as a float, math.lgamma its logarithm")
            })
        })
        .function("comb", "n, k, /", "In how many ways k of n things can be chosen.", |v| {
            let (n, k) = (args::index(&v[0])?, args::index(&v[1])?);
            non_negative(n, k)?;
            choose(n, k, false)
        })
        .function("perm", "n, k=None, /", "In how many ways k of n things can be lined up.", |v| {
            let n = args::index(&v[0])?;
            let k = if v[1].is_none() { n } else { args::index(&v[1])? };
            non_negative(n, k)?;
            choose(n, k, true)
        })
        .function("isqrt", "n, /", "The whole part of the square root.", |v| {
            let n = args::index(&v[0])?;
            match u64::try_from(n) {
                Ok(n) => Ok(Value::Int(n.isqrt().cast_signed())),
                Err(_) => Err(Exception::value_error("isqrt() argument must be nonnegative")),
            }
        })
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn non_negative(n: i64, k: i64) -> PyResult<()> {
    for (name, value) in [("n", n), ("k", k)] {
        if value < 0 {
            return Err(Exception::value_error(format!("{name} must be a non-negative integer")));
        }
    }
    Ok(())
}

fn choose(n: i64, k: i64, ordered: bool) -> PyResult<Value> {
    if k > n {
        return Ok(Value::Int(0));
    }
    let steps = if ordered { k } else { k.min(n - k) };
    let mut result: i128 = 1;
    for i in 0..steps {
        result *= i128::from(n - i);
        if !ordered {
            result /= i128::from(i + 1);
        }
        if result > i128::from(i64::MAX) {
            return Err(arithmetic::overflow("the number of choices"));
        }
    }
    Ok(Value::Int(i64::try_from(result).unwrap_or(i64::MAX)))
}

/// A real number, or the `TypeError` of `math`.
pub(super) fn real(value: &Value) -> PyResult<f64> {
    match value {
        Value::Float(x) => return Ok(*x),
        Value::Int(x) => return Ok(*x as f64),
        Value::Object(object) => {
            if (object.as_scalar().is_some() || object.attribute(value, "__float__")?.is_some())
                && let Value::Float(x) = number::to_float(value)?
            {
                return Ok(x);
            }
        }
        other => {
            if let Some(number) = Number::of(other) {
                return Ok(number.to_f64());
            }
        }
    }
    Err(Exception::type_error(format!("must be real number, not {}", value.type_name())))
}

fn floats(values: &Value) -> PyResult<Vec<f64>> {
    iterate::collect(values)?.iter().map(real).collect()
}

fn whole_numbers(values: &Value) -> PyResult<Vec<i64>> {
    iterate::collect(values)?.iter().map(args::index).collect()
}

fn domain() -> Box<Exception> {
    Exception::value_error("math domain error")
}

/// A result that is NaN for a number is outside the domain, one that is infinite too large.
fn checked(x: f64, result: f64) -> PyResult<Value> {
    if result.is_nan() && !x.is_nan() {
        return Err(domain().with_received(crate::runtime::format::float::repr(x)));
    }
    if result.is_infinite() && x.is_finite() {
        // Poles (log1p(-1), gamma(0)) are a matter of the domain, growth is not.
        return Err(if x.abs() <= 1.0 || x <= 0.0 && x.fract() == 0.0 && x > -200.0 {
            domain()
        } else {
            Exception::new("OverflowError", "math range error")
        });
    }
    Ok(Value::Float(result))
}

fn logarithm(value: &Value, function: fn(f64) -> f64) -> PyResult<f64> {
    let x = real(value)?;
    if x <= 0.0 {
        return Err(domain().with_received(crate::runtime::format::float::repr(x)));
    }
    Ok(function(x))
}

fn power(x: f64, y: f64) -> PyResult<Value> {
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || (x == 0.0 && y < 0.0) {
            return Err(domain());
        }
        if result.is_infinite() {
            return Err(Exception::new("OverflowError", "math range error"));
        }
    }
    Ok(Value::Float(result))
}

fn whole(value: &Value, special: &str, cut: fn(f64) -> f64) -> PyResult<Value> {
    match value {
        Value::Float(x) => return number::float_to_int(cut(*x)).map(Value::Int),
        Value::Object(object) => {
            if let Some(method) = object.attribute(value, special)? {
                return context::call(&method, Arguments::default());
            }
        }
        other => {
            if let Some(index) = operators::as_index(other) {
                return Ok(Value::Int(index));
            }
        }
    }
    number::float_to_int(cut(real(value)?)).map(Value::Int)
}

fn norm(coordinates: &[f64]) -> f64 {
    let largest = coordinates.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
    if coordinates.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if largest == 0.0 || largest.is_nan() || coordinates.iter().any(|x| x.is_nan()) {
        return if coordinates.iter().any(|x| x.is_nan()) { f64::NAN } else { largest };
    }
    let squares: Vec<f64> = coordinates.iter().map(|x| (x / largest) * (x / largest)).collect();
    let plain: Vec<f64> = coordinates.iter().map(|x| x * x).collect();
    let direct = exact_sum(&plain);
    if direct.is_normal() { direct.sqrt() } else { largest * exact_sum(&squares).sqrt() }
}

/// Shewchuk's sum: partial sums that do not overlap, rounded once at the end.
pub(super) fn exact_sum(numbers: &[f64]) -> f64 {
    if numbers.iter().any(|x| !x.is_finite()) {
        return numbers.iter().sum();
    }
    let mut partials: Vec<f64> = Vec::new();
    for &number in numbers {
        let mut x = number;
        let mut kept = 0;
        for j in 0..partials.len() {
            let mut y = partials[j];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    let Some(mut high) = partials.pop() else { return 0.0 };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases go to even only if nothing is left below.
    if let Some(&next) = partials.last()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

fn gamma(x: f64) -> f64 {
    if x <= 0.0 && x.fract() == 0.0 { f64::NAN } else { libm::tgamma(x) }
}

fn lgamma(x: f64) -> f64 {
    if x <= 0.0 && x.fract() == 0.0 && x.is_finite() { f64::NAN } else { libm::lgamma(x) }
}
