//! Functions of two tensors, element by element, where axes of size 1 are repeated: `y = f(a, b)`.
//!
//! Shapes meet from the right, as in numpy: `[4, 1, 3]` and `[5, 1]` give `[4, 5, 3]`.

mod cpu;
pub mod reference;

use super::slices::{from_values, with_values};
use crate::error::{Error, Result};
use crate::memory;
use candle_core::{DType, Tensor as Array, WithDType};
pub use cpu::Number;

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Combine {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    /// The remainder with the sign of the second.
    Mod,
    Power,
    Maximum,
    Minimum,
    Atan2,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

/// A relation of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// Neither is 0.
    And,
    /// One is not 0.
    Or,
    /// One is 0 and the other is not.
    Xor,
}

/// The shape in which two shapes meet.
pub fn meet(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| match (axis + shape.len()).checked_sub(rank) {
        Some(i) => shape[i],
        None => 1,
    };
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(Error::value("the shapes do not fit together")
                .received(format!("{a:?} and {b:?}"))
                .expected("equal sizes from the last axis on, or 1")
                .hint("expand_dims(x, axis) adds an axis of size 1")),
        })
        .collect()
}

/// Runs a generic function on the element type of a tensor; half floats go through float32 before.
macro_rules! with_type {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F32 => {
                type $T = f32;
                $body
            }
            DType::F64 => {
                type $T = f64;
                $body
            }
            DType::I32 => {
                type $T = i32;
                $body
            }
            DType::I64 => {
                type $T = i64;
                $body
            }
            DType::U8 => {
                type $T = u8;
                $body
            }
            DType::U32 => {
                type $T = u32;
                $body
            }
            other => Err(Error::type_error("numbers of this element type cannot be computed with")
                .received(format!("{other:?}"))),
        }
    };
}
pub(crate) use with_type;

/// Whether a type is computed with in float32.
pub(crate) fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16)
}

/// `f(a, b)`; both have the same element type, and so has the result.
pub fn combine(function: Combine, a: &Array, b: &Array) -> Result<Array> {
    if is_half(a.dtype()) {
        let single = DType::F32;
        let y = combine(function, &a.to_dtype(single)?, &b.to_dtype(single)?)?;
        return Ok(y.to_dtype(a.dtype())?);
    }
    with_type!(a.dtype(), T => zip::<T, T>(a, b, |plan, a, b| cpu::combine(function, plan, a, b)))
}

/// 1 where the relation holds, else 0.
pub fn relate(relation: Relation, a: &Array, b: &Array) -> Result<Array> {
    if is_half(a.dtype()) {
        return relate(relation, &a.to_dtype(DType::F32)?, &b.to_dtype(DType::F32)?);
    }
    with_type!(a.dtype(), T => zip::<T, u8>(a, b, |plan, a, b| cpu::relate(relation, plan, a, b)))
}

fn zip<T: WithDType, Y: WithDType>(
    a: &Array,
    b: &Array,
    work: impl Fn(&cpu::Plan, &[T], &[T]) -> Vec<Y>,
) -> Result<Array> {
    let shape = meet(a.dims(), b.dims())?;
    memory::room_for(&shape, size_of::<Y>())?;
    let plan = cpu::Plan::new(a.dims(), b.dims(), &shape);
    let y = with_values(a, |a: &[T]| with_values(b, |b: &[T]| Ok(work(&plan, a, b))))?;
    from_values(y, &shape, a)
}

/// `x` or `y`, where `condition` is not 0 or is; the three shapes meet.
pub fn choose(condition: &Array, x: &Array, y: &Array) -> Result<Array> {
    let shape = meet(&meet(condition.dims(), x.dims())?, y.dims())?;
    memory::room_for(&shape, x.dtype().size_in_bytes())?;
    let condition = if condition.dtype() == DType::U8 {
        condition.clone()
    } else {
        condition.ne(&condition.zeros_like()?)?
    };
    let wide = |array: &Array| -> Result<Array> {
        Ok(if array.dims() == shape { array.clone() } else { array.broadcast_as(&shape[..])? })
    };
    Ok(wide(&condition)?.where_cond(&wide(x)?, &wide(y)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn all_patterns_of_repeated_axes_agree_with_the_reference() {
        for (a, b) in [
            (&[][..], &[][..]),
            (&[5], &[]),
            (&[], &[3, 2]),
            (&[4, 7], &[7]),
            (&[4, 1], &[4, 7]),
            (&[4, 1, 3], &[5, 1]),
            (&[2, 3, 4], &[2, 1, 4]),
            (&[1, 3, 1, 2], &[5, 1, 4, 1]),
            (&[300, 301], &[301]),
            (&[300, 301], &[300, 1]),
            (&[0, 3], &[1, 3]),
            (&[70_000], &[70_000]),
        ] {
            for dtype in [DType::F32, DType::F64] {
                let x = check::values(a, 1).array().to_dtype(dtype).unwrap();
                let y = check::values(b, 2).array().to_dtype(dtype).unwrap();
                for function in
                    [Combine::Add, Combine::Subtract, Combine::Multiply, Combine::Divide]
                {
                    let found = combine(function, &x, &y).unwrap();
                    let expected = reference::combine(function, &x, &y).unwrap();
                    assert_eq!(found.dims(), expected.dims(), "{a:?} {b:?}");
                    assert_eq!(check::numbers(&found), check::numbers(&expected), "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused_with_both() {
        let error = meet(&[4, 3], &[4, 2]).unwrap_err();
        assert_eq!(error.received.as_deref(), Some("[4, 3] and [4, 2]"));
    }
}
