//! Sums, products, largest and smallest along axes, and where the largest stands.
//!
//! The axes are brought into the form `[outer, n, inner]`, of which `n` is reduced; axes that do not lie side by side are
//! moved first. Sums of float32 are taken in blocks whose sums are added in float64, so that their error does not grow
//! with their length, and are the same for any number of threads.

mod cpu;
pub mod reference;

use super::broadcast::{is_half, with_type};
use super::slices::{from_values, with_values};
use crate::error::{Error, Result};
use candle_core::{DType, Tensor as Array};
use cpu::Reducible;

/// What is made of many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Reduce {
    Sum,
    Product,
    Max,
    Min,
}

/// Reduces sorted axes; they are gone from the result.
pub fn reduce(function: Reduce, x: &Array, axes: &[usize]) -> Result<Array> {
    if is_half(x.dtype()) {
        return Ok(reduce(function, &x.to_dtype(DType::F32)?, axes)?.to_dtype(x.dtype())?);
    }
    let kept: Vec<usize> =
        (0..x.rank()).filter(|axis| !axes.contains(axis)).map(|axis| x.dims()[axis]).collect();
    let (x, [outer, n, inner]) = arrange(x, axes)?;
    if n == 0 && matches!(function, Reduce::Max | Reduce::Min) {
        return Err(Error::value("the largest or smallest of no elements does not exist")
            .received(format!("shape {:?}", x.dims())));
    }
    with_type!(x.dtype(), T => {
        let y = with_values(&x, |x: &[T]| Ok(T::reduce(function, x, outer, n, inner)))?;
        from_values(y, &kept, &x)
    })
}

/// The place of the first largest (or smallest) along an axis, as i64; the axis is gone from the result.
pub fn place(largest: bool, x: &Array, axis: usize) -> Result<Array> {
    if is_half(x.dtype()) {
        return place(largest, &x.to_dtype(DType::F32)?, axis);
    }
    let kept: Vec<usize> =
        (0..x.rank()).filter(|other| *other != axis).map(|axis| x.dims()[axis]).collect();
    let (x, [outer, n, inner]) = arrange(x, &[axis])?;
    if n == 0 {
        return Err(Error::value("there is no place in an axis of size 0"));
    }
    with_type!(x.dtype(), T => {
        let y = with_values(&x, |x: &[T]| Ok(cpu::place(largest, x, outer, n, inner)))?;
        from_values(y, &kept, &x)
    })
}

/// Sums over the axes along which a tensor of this shape was repeated.
pub fn sum_to(x: &Array, shape: &[usize]) -> Result<Array> {
    if x.dims() == shape {
        return Ok(x.clone());
    }
    let extra = x.rank() - shape.len();
    let axes: Vec<usize> = (0..x.rank())
        .filter(|axis| match axis.checked_sub(extra) {
            None => true,
            Some(i) => shape[i] == 1 && x.dims()[*axis] != 1,
        })
        .collect();
    Ok(reduce(Reduce::Sum, x, &axes)?.reshape(shape)?)
}

/// The tensor as `[outer, n, inner]`, axes moved if they must be.
fn arrange(x: &Array, axes: &[usize]) -> Result<(Array, [usize; 3])> {
    let product = |sizes: &[usize]| sizes.iter().product::<usize>();
    let (Some(first), Some(last)) = (axes.first(), axes.last()) else {
        return Ok((x.clone(), [x.elem_count(), 1, 1]));
    };
    let sizes = x.dims();
    if last - first + 1 == axes.len() {
        let parts = [&sizes[..*first], &sizes[*first..=*last], &sizes[last + 1..]];
        return Ok((x.clone(), parts.map(product)));
    }
    let kept = (0..x.rank()).filter(|axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let n = axes.iter().map(|axis| sizes[*axis]).product();
    let outer = x.elem_count().checked_div(n).unwrap_or(0);
    Ok((x.permute(order)?.contiguous()?, [outer, n, 1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn sums_and_extremes_agree_with_the_reference() {
        for (shape, axes) in [
            (&[7][..], &[0][..]),
            (&[3, 65], &[1]),
            (&[65, 3], &[0]),
            (&[2, 3, 4, 5], &[1, 2]),
            (&[2, 3, 4, 5], &[0, 2]),
            (&[2, 3, 4, 5], &[0, 1, 2, 3]),
            (&[300, 500], &[0]),
            (&[300, 500], &[1]),
            (&[4, 300, 500], &[1]),
            (&[2, 3], &[]),
        ] {
            for dtype in [DType::F32, DType::F64] {
                let x = check::values(shape, 8).array().to_dtype(dtype).unwrap();
                for function in [Reduce::Sum, Reduce::Max, Reduce::Min] {
                    let found = reduce(function, &x, axes).unwrap();
                    let expected = reference::reduce(function, &x, axes).unwrap();
                    assert_eq!(found.dims(), expected.dims());
                    for (a, b) in check::numbers(&found).iter().zip(check::numbers(&expected)) {
                        assert!((a - b).abs() <= 1e-3, "{function:?} {shape:?} {axes:?} {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_sum_of_float32_stays_exact() {
        let x = Array::full(0.1_f32, 4_000_000, &candle_core::Device::Cpu).unwrap();
        let sum = check::numbers(&reduce(Reduce::Sum, &x, &[0]).unwrap())[0];
        assert!((sum - 400_000.006).abs() < 0.05, "{sum}");
    }

    #[test]
    fn the_first_of_equals_is_the_place() {
        let x =
            Array::new(&[[1.0_f32, 3.0, 3.0], [2.0, 2.0, 0.0]], &candle_core::Device::Cpu).unwrap();
        assert_eq!(check::numbers(&place(true, &x, 1).unwrap()), [1.0, 0.0]);
        assert_eq!(check::numbers(&place(false, &x, 1).unwrap()), [0.0, 2.0]);
        assert_eq!(check::numbers(&place(true, &x, 0).unwrap()), [1.0, 0.0, 0.0]);
    }
}
