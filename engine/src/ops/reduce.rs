//! What is made of many elements: sums, means, extremes, norms.

use super::shape::{axes_of, axis_of, reshape};
use super::{cast, to_float};
use crate::error::Result;
use crate::kernels::broadcast::{self, Combine, Relation, combine, relate};
use crate::kernels::reduce::{self, Reduce};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// The shape with the reduced axes at size 1, and without them.
fn shapes(x: &[usize], axes: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let wide = (0..x.len()).map(|axis| if axes.contains(&axis) { 1 } else { x[axis] }).collect();
    let narrow = (0..x.len()).filter(|axis| !axes.contains(axis)).map(|axis| x[axis]).collect();
    (wide, narrow)
}

fn finish(value: Array, x: &[usize], axes: &[usize], keepdims: bool) -> Result<Array> {
    Ok(if keepdims { value.reshape(shapes(x, axes).0)? } else { value })
}

/// The sum along axes (`None`: all of them).
pub fn sum(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let axes = axes_of(axes, x.shape())?;
    // Truth values are counted.
    let x = &if x.dtype() == DType::U8 { cast(x, DType::I32)? } else { x.clone() };
    let value = finish(reduce::reduce(Reduce::Sum, x.array(), &axes)?, x.shape(), &axes, keepdims)?;
    let shape = x.shape().to_vec();
    Ok(tape::record("sum", &[x], value, move |dy, _| {
        let dy = dy.reshape(shapes(&shape, &axes).0)?.broadcast_as(&shape[..])?;
        Ok(vec![Some(dy.contiguous()?)])
    }))
}

/// The mean along axes.
pub fn mean(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let x = to_float(x)?;
    let count = axes_of(axes, x.shape())?.iter().map(|axis| x.shape()[*axis]).product::<usize>();
    super::scale(&sum(&x, axes, keepdims)?, 1.0 / count as f64)
}

/// The largest along axes; equal ones share the gradient.
pub fn max(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    extreme("max", Reduce::Max, x, axes, keepdims)
}

/// The smallest along axes; equal ones share the gradient.
pub fn min(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    extreme("min", Reduce::Min, x, axes, keepdims)
}

fn extreme(
    name: &'static str,
    function: Reduce,
    x: &Tensor,
    axes: Option<&[i64]>,
    keepdims: bool,
) -> Result<Tensor> {
    let axes = axes_of(axes, x.shape())?;
    let value = reduce::reduce(function, x.array(), &axes)?;
    let (wide, _) = shapes(x.shape(), &axes);
    let (saved, best) = (x.array().clone(), value.reshape(&wide[..])?);
    let value = finish(value, x.shape(), &axes, keepdims)?;
    Ok(tape::record(name, &[x], value, move |dy, _| {
        let is_best = relate(Relation::Equal, &saved, &best)?.to_dtype(dy.dtype())?;
        let count = reduce::reduce(Reduce::Sum, &is_best, &axes)?.reshape(&wide[..])?;
        let share = combine(Combine::Divide, &dy.reshape(&wide[..])?, &count)?;
        Ok(vec![Some(combine(Combine::Multiply, &is_best, &share)?)])
    }))
}

/// The product along axes.
pub fn prod(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let axes = axes_of(axes, x.shape())?;
    let x = &if x.dtype() == DType::U8 { cast(x, DType::I32)? } else { x.clone() };
    let value = reduce::reduce(Reduce::Product, x.array(), &axes)?;
    let (wide, _) = shapes(x.shape(), &axes);
    let saved = x.array().clone();
    let value = finish(value, x.shape(), &axes, keepdims)?;
    Ok(tape::record("prod", &[x], value, move |dy, _| {
        // The product of all others: of those that are not 0, unless another one is 0.
        let zero = relate(Relation::Equal, &saved, &saved.zeros_like()?)?;
        let safe = broadcast::choose(&zero, &saved.ones_like()?, &saved)?;
        let rest = reduce::reduce(Reduce::Product, &safe, &axes)?.reshape(&wide[..])?;
        let zero = zero.to_dtype(saved.dtype())?;
        let zeros = reduce::reduce(Reduce::Sum, &zero, &axes)?.reshape(&wide[..])?;
        let others = combine(Combine::Subtract, &zeros, &zero)?;
        let alone = relate(Relation::Equal, &others, &others.zeros_like()?)?;
        let product = combine(Combine::Divide, &rest, &safe)?;
        let product = broadcast::choose(&alone, &product, &product.zeros_like()?)?;
        Ok(vec![Some(combine(Combine::Multiply, &product, &dy.reshape(&wide[..])?)?)])
    }))
}

/// The variance along axes: the mean square distance from the mean.
pub fn var(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let x = to_float(x)?;
    let distance = super::subtract(&x, &mean(&x, axes, true)?)?;
    mean(&super::square(&distance)?, axes, keepdims)
}

/// The standard deviation along axes.
pub fn std(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    super::sqrt(&var(x, axes, keepdims)?)
}

/// 1 where something along the axes is not 0.
pub fn any(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    max(&super::cast_to_bool(x)?, axes, keepdims)
}

/// 1 where nothing along the axes is 0.
pub fn all(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    min(&super::cast_to_bool(x)?, axes, keepdims)
}

/// The place of the largest along an axis (`None`: of all elements), as int32.
pub fn argmax(x: &Tensor, axis: Option<i64>, keepdims: bool) -> Result<Tensor> {
    place(true, x, axis, keepdims)
}

/// The place of the smallest along an axis, as int32.
pub fn argmin(x: &Tensor, axis: Option<i64>, keepdims: bool) -> Result<Tensor> {
    place(false, x, axis, keepdims)
}

fn place(largest: bool, x: &Tensor, axis: Option<i64>, keepdims: bool) -> Result<Tensor> {
    let (array, axis, axes) = match axis {
        Some(axis) => {
            let axis = axis_of(axis, x.shape())?;
            (x.array().clone(), axis, vec![axis])
        }
        None => (x.array().flatten_all()?, 0, (0..x.shape().len()).collect()),
    };
    let found = reduce::place(largest, &array, axis)?.to_dtype(DType::I32)?;
    Ok(Tensor::new(finish(found, x.shape(), &axes, keepdims)?))
}

/// `log(sum(e^x))` along axes, without overflow.
pub fn logsumexp(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let x = to_float(x)?;
    let counted = axes_of(axes, x.shape())?;
    let top = max(&x.detach(), axes, true)?;
    // Where all are -inf, nothing is taken away, so that the result is -inf and not NaN.
    let zero = super::full(&[], 0.0, x.dtype())?;
    let top = super::where_(&super::isfinite(&top)?, &top, &zero)?;
    let sums = sum(&super::exp(&super::subtract(&x, &top)?)?, axes, true)?;
    let y = super::add(&super::log(&sums)?, &top)?;
    if keepdims { Ok(y) } else { reshape(&y, &shapes(x.shape(), &counted).1) }
}

/// The Euclidean norm along axes, with derivative 0 at 0.
pub fn norm2(x: &Tensor, axes: Option<&[i64]>, keepdims: bool) -> Result<Tensor> {
    let x = to_float(x)?;
    let counted = axes_of(axes, x.shape())?;
    let squares = combine(Combine::Multiply, x.array(), x.array())?;
    let value = reduce::reduce(Reduce::Sum, &squares, &counted)?.sqrt()?;
    let (wide, _) = shapes(x.shape(), &counted);
    let (saved, norm) = (x.array().clone(), value.reshape(&wide[..])?);
    let value = finish(value, x.shape(), &counted, keepdims)?;
    Ok(tape::record("norm", &[&x], value, move |dy, _| {
        let zero = relate(Relation::Equal, &norm, &norm.zeros_like()?)?;
        let safe = broadcast::choose(&zero, &norm.ones_like()?, &norm)?;
        let factor = combine(Combine::Divide, &dy.reshape(&wide[..])?, &safe)?;
        Ok(vec![Some(combine(Combine::Multiply, &saved, &factor)?)])
    }))
}

/// Keras' `normalize` for order 2: `x * min(rsqrt(sum x^2), 1 / epsilon)`.
pub fn l2_normalize(x: &Tensor, axes: &[i64], epsilon: f64) -> Result<Tensor> {
    let x = to_float(x)?;
    let squares = sum(&super::square(&x)?, Some(axes), true)?;
    let bounded = super::maximum(&squares, &super::full(&[], epsilon * epsilon, x.dtype())?)?;
    super::multiply(&x, &super::rsqrt(&bounded)?)
}
