//! Functions of two tensors, element by element, with repeated axes; comparisons and logic.

use super::{is_float, promote, to_float};
use crate::error::Result;
use crate::kernels::broadcast::{self, Combine, Relation, combine, relate};
use crate::kernels::pointwise::{self, functions};
use crate::kernels::reduce::sum_to;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// Records a function of two tensors; `gradient` gives, on demand, the gradients of a and b before they are summed over
/// repeated axes.
fn binary(
    name: &'static str,
    function: Combine,
    a: &Tensor,
    b: &Tensor,
    gradient: impl Fn(&Array, &Array, &Array, usize) -> Result<Array> + 'static,
) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    let value = combine(function, a.array(), b.array()).map_err(|error| error.within(name))?;
    if !is_float(value.dtype()) || !tape::is_tracked(&[&a, &b]) {
        return Ok(Tensor::new(value));
    }
    let (x, y) = (a.array().clone(), b.array().clone());
    Ok(tape::record(name, &[&a, &b], value, move |dy, needed| {
        let of = |which: usize, input: &Array| -> Result<Option<Array>> {
            if !needed[which] {
                return Ok(None);
            }
            Ok(Some(sum_to(&gradient(dy, &x, &y, which)?, input.dims())?))
        };
        Ok(vec![of(0, &x)?, of(1, &y)?])
    }))
}

fn times(a: &Array, b: &Array) -> Result<Array> {
    combine(Combine::Multiply, a, b)
}

fn over(a: &Array, b: &Array) -> Result<Array> {
    combine(Combine::Divide, a, b)
}

fn minus(a: &Array) -> Result<Array> {
    pointwise::values(functions::Negative {}, a)
}

/// `a + b`
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("add", Combine::Add, a, b, |dy, _, _, _| Ok(dy.clone()))
}

/// `a - b`
pub fn subtract(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary(
        "subtract",
        Combine::Subtract,
        a,
        b,
        |dy, _, _, which| {
            if which == 0 { Ok(dy.clone()) } else { minus(dy) }
        },
    )
}

/// `a * b`
pub fn multiply(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("multiply", Combine::Multiply, a, b, |dy, a, b, which| {
        times(dy, if which == 0 { b } else { a })
    })
}

/// `a / b`; integers become float32 first.
pub fn divide(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("divide", Combine::Divide, &to_float(a)?, &to_float(b)?, |dy, a, b, which| {
        let da = over(dy, b)?;
        if which == 0 { Ok(da) } else { minus(&over(&times(&da, a)?, b)?) }
    })
}

/// `a / b`, and 0 where b is 0.
pub fn divide_no_nan(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(&to_float(a)?, &to_float(b)?)?;
    let zero = super::full(&[], 0.0, b.dtype())?;
    let is_zero = equal(&b, &zero)?;
    let one = super::full(&[], 1.0, b.dtype())?;
    let safe = super::where_(&is_zero, &one, &b)?;
    super::where_(&is_zero, &zero, &divide(&a, &safe)?)
}

/// `a // b`: rounded down. It has no derivative.
pub fn floor_divide(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    Ok(Tensor::new(combine(Combine::FloorDivide, a.array(), b.array())?))
}

/// `a % b`: the remainder with the sign of b.
pub fn modulo(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("mod", Combine::Mod, a, b, |dy, a, b, which| {
        if which == 0 {
            Ok(dy.clone())
        } else {
            minus(&times(dy, &combine(Combine::FloorDivide, a, b)?)?)
        }
    })
}

/// `a ^ b`
pub fn power(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("power", Combine::Power, a, b, |dy, a, b, which| {
        if which == 0 {
            let one = b.ones_like()?;
            let below = combine(Combine::Power, a, &combine(Combine::Subtract, b, &one)?)?;
            return times(dy, &times(b, &below)?);
        }
        // Where a is not positive, the logarithm is left out, as TensorFlow does.
        let positive = relate(Relation::Greater, a, &a.zeros_like()?)?;
        let safe = broadcast::choose(&positive, a, &a.ones_like()?)?;
        let log = pointwise::values(functions::Log {}, &safe)?;
        times(dy, &times(&combine(Combine::Power, a, b)?, &log)?)
    })
}

/// The larger of two; of equals the first has the gradient.
pub fn maximum(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("maximum", Combine::Maximum, a, b, |dy, a, b, which| {
        masked(dy, a, b, if which == 0 { Relation::GreaterEqual } else { Relation::Less })
    })
}

/// The smaller of two; of equals the first has the gradient.
pub fn minimum(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("minimum", Combine::Minimum, a, b, |dy, a, b, which| {
        masked(dy, a, b, if which == 0 { Relation::LessEqual } else { Relation::Greater })
    })
}

fn masked(dy: &Array, a: &Array, b: &Array, relation: Relation) -> Result<Array> {
    broadcast::choose(&relate(relation, a, b)?, dy, &dy.zeros_like()?)
}

/// The angle of the point (b, a), from -pi to pi.
pub fn arctan2(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary("arctan2", Combine::Atan2, &to_float(a)?, &to_float(b)?, |dy, a, b, which| {
        let size = combine(Combine::Add, &times(a, a)?, &times(b, b)?)?;
        if which == 0 { times(dy, &over(b, &size)?) } else { minus(&times(dy, &over(a, &size)?)?) }
    })
}

/// `(a - b)^2`
pub fn squared_difference(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    square(&subtract(a, b)?)
}

/// `log(e^a + e^b)`, without overflow.
pub fn logaddexp(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(&to_float(a)?, &to_float(b)?)?;
    add(&maximum(&a, &b)?, &super::log1p(&super::exp(&negative(&absolute(&subtract(&a, &b)?)?)?)?)?)
}

macro_rules! relations {
    ($($(#[$doc:meta])* $name:ident = $relation:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(a: &Tensor, b: &Tensor) -> Result<Tensor> {
            let (a, b) = promote(a, b)?;
            Ok(Tensor::new(relate(Relation::$relation, a.array(), b.array())?))
        }
    )*};
}

relations! {
    /// 1 where `a == b`.
    equal = Equal;
    /// 1 where `a != b`.
    not_equal = NotEqual;
    /// 1 where `a < b`.
    less = Less;
    /// 1 where `a <= b`.
    less_equal = LessEqual;
    /// 1 where `a > b`.
    greater = Greater;
    /// 1 where `a >= b`.
    greater_equal = GreaterEqual;
    /// 1 where neither is 0.
    logical_and = And;
    /// 1 where at least one is not 0.
    logical_or = Or;
    /// 1 where exactly one is not 0.
    logical_xor = Xor;
}

/// 1 where `x` is 0.
pub fn logical_not(x: &Tensor) -> Result<Tensor> {
    Ok(Tensor::new(x.array().eq(&x.array().zeros_like()?)?))
}

macro_rules! bits {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(a: &Tensor, b: &Tensor) -> Result<Tensor> {
            let (a, b) = promote(a, b)?;
            Ok(Tensor::new(combine(Combine::$function, a.array(), b.array())?))
        }
    )*};
}

bits! {
    /// Bits that both integers have.
    bitwise_and = BitAnd;
    /// Bits that one of two integers has.
    bitwise_or = BitOr;
    /// Bits that exactly one of two integers has.
    bitwise_xor = BitXor;
    /// Bits moved up.
    left_shift = ShiftLeft;
    /// Bits moved down.
    right_shift = ShiftRight;
}

/// Functions of one tensor that integers have as well.
macro_rules! also_of_integers {
    ($($(#[$doc:meta])* $name:ident = $function:ident, |$x:ident| $integer:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name($x: &Tensor) -> Result<Tensor> {
            if is_float($x.dtype()) {
                return pointwise::apply(functions::$function {}, $x);
            }
            $integer
        }
    )*};
}

fn zero_like(x: &Tensor) -> Result<Tensor> {
    super::full(&[], 0.0, x.dtype())
}

also_of_integers! {
    /// `-x`
    negative = Negative, |x| subtract(&zero_like(x)?, x);
    /// `|x|`
    absolute = Abs, |x| if matches!(x.dtype(), DType::U8 | DType::U32) {
        Ok(x.clone())
    } else {
        maximum(x, &negative(x)?)
    };
    /// `x^2`
    square = Square, |x| multiply(x, x);
}

/// `|x|`
pub fn abs(x: &Tensor) -> Result<Tensor> {
    absolute(x)
}

/// Functions that are flat almost everywhere: their results are untracked.
macro_rules! flat {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            if !is_float(x.dtype()) {
                return Ok(x.clone());
            }
            Ok(Tensor::new(pointwise::values(functions::$function {}, x.array())?))
        }
    )*};
}

flat! {
    /// Rounded down.
    floor = Floor;
    /// Rounded up.
    ceil = Ceil;
    /// Rounded to the nearest integer, halves to even ones.
    round = Round;
    /// Rounded towards 0.
    trunc = Trunc;
}

/// -1, 0 or 1.
pub fn sign(x: &Tensor) -> Result<Tensor> {
    if is_float(x.dtype()) {
        return Ok(Tensor::new(pointwise::values(functions::Sign {}, x.array())?));
    }
    let zero = zero_like(x)?;
    let above = super::cast(&greater(x, &zero)?, x.dtype())?;
    subtract(&above, &super::cast(&less(x, &zero)?, x.dtype())?)
}

/// `x` between two numbers, which it does not leave.
pub fn clip(x: &Tensor, low: f64, high: f64) -> Result<Tensor> {
    if is_float(x.dtype()) {
        return pointwise::apply(functions::Clip { low, high }, x);
    }
    let bound = |value: f64| super::full(&[], value, x.dtype());
    minimum(&maximum(x, &bound(low)?)?, &bound(high)?)
}

/// 1 where `x` is not a number.
pub fn isnan(x: &Tensor) -> Result<Tensor> {
    Ok(Tensor::new(relate(Relation::NotEqual, x.array(), x.array())?))
}

/// 1 where `x` is infinite.
pub fn isinf(x: &Tensor) -> Result<Tensor> {
    let x = absolute(&to_float(&x.detach())?)?;
    equal(&x, &super::full(&[], f64::INFINITY, x.dtype())?)
}

/// 1 where `x` is a number and not infinite.
pub fn isfinite(x: &Tensor) -> Result<Tensor> {
    let x = absolute(&to_float(&x.detach())?)?;
    less(&x, &super::full(&[], f64::INFINITY, x.dtype())?)
}
