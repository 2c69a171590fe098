//! Where elements stand: reshape, transpose, and the arithmetic of axes.

use crate::error::{Error, Result};
use crate::tape;
use crate::tensor::Tensor;

/// An axis counted from the front; -1 is the last.
pub fn axis_of(axis: i64, shape: &[usize]) -> Result<usize> {
    let rank = i64::try_from(shape.len()).unwrap_or(i64::MAX);
    let counted = if axis < 0 { axis + rank } else { axis };
    if counted < 0 || counted >= rank {
        return Err(Error::value(format!("there is no axis {axis}"))
            .received(format!("a tensor of shape {shape:?}"))
            .expected(match rank {
                0 => "a tensor with at least one axis".to_owned(),
                rank => format!("an axis from {} to {}", -rank, rank - 1),
            }));
    }
    Ok(usize::try_from(counted).unwrap_or(0))
}

/// Several axes counted from the front, sorted, each once; `None` means all.
pub fn axes_of(axes: Option<&[i64]>, shape: &[usize]) -> Result<Vec<usize>> {
    let Some(axes) = axes else { return Ok((0..shape.len()).collect()) };
    let mut found = axes.iter().map(|axis| axis_of(*axis, shape)).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    if found.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::value("an axis is named twice").received(format!("{axes:?}")));
    }
    Ok(found)
}

/// The same values in another shape.
pub fn reshape(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.array().elem_count() != shape.iter().product::<usize>() {
        return Err(Error::value("a reshape must keep the number of elements")
            .received(format!("{:?} ({} elements)", x.shape(), x.array().elem_count()))
            .expected(format!("{shape:?} ({} elements)", shape.iter().product::<usize>())));
    }
    if x.shape() == shape {
        return Ok(x.clone());
    }
    let value = x.array().reshape(shape)?;
    let from = x.shape().to_vec();
    Ok(tape::record("reshape", &[x], value, move |dy, _| Ok(vec![Some(dy.reshape(&from[..])?)])))
}

/// As [`reshape`], where one size may be -1: what is left.
pub fn reshape_to(x: &Tensor, sizes: &[i64]) -> Result<Tensor> {
    reshape(x, &fill_unknown(x.array().elem_count(), sizes)?)
}

/// The shape that `sizes`, one of which may be -1, mean for so many elements.
pub fn fill_unknown(count: usize, sizes: &[i64]) -> Result<Vec<usize>> {
    let refuse = || {
        Error::value("the elements do not fit the shape")
            .received(format!("{count} elements for {sizes:?}"))
            .expected("sizes whose product is the number of elements, at most one of them -1")
    };
    let unknown = sizes.iter().filter(|size| **size == -1).count();
    if unknown > 1 || sizes.iter().any(|size| *size < -1) {
        return Err(refuse());
    }
    let known: usize = sizes.iter().filter_map(|size| usize::try_from(*size).ok()).product();
    if unknown == 1 && (known == 0 || !count.is_multiple_of(known))
        || unknown == 0 && known != count
    {
        return Err(refuse());
    }
    let left = count.checked_div(known).unwrap_or(0);
    Ok(sizes.iter().map(|size| usize::try_from(*size).unwrap_or(left)).collect())
}

/// Axes in another order.
pub fn permute(x: &Tensor, order: &[usize]) -> Result<Tensor> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if sorted != (0..x.shape().len()).collect::<Vec<_>>() {
        return Err(Error::value("a transpose must name each axis once")
            .received(format!("{order:?} for shape {:?}", x.shape()))
            .expected(format!("an order of {:?}", (0..x.shape().len()).collect::<Vec<_>>())));
    }
    if order.iter().enumerate().all(|(i, axis)| i == *axis) {
        return Ok(x.clone());
    }
    let value = x.array().permute(order)?;
    let mut back = vec![0; order.len()];
    for (i, axis) in order.iter().enumerate() {
        back[*axis] = i;
    }
    Ok(tape::record("transpose", &[x], value, move |dy, _| Ok(vec![Some(dy.permute(&back[..])?)])))
}

/// Sizes of pieces that make up an axis; one of them may be -1: what is left.
pub fn fill_sum(size: usize, pieces: &[i64]) -> Result<Vec<usize>> {
    let known: usize = pieces.iter().filter_map(|piece| usize::try_from(*piece).ok()).sum();
    let unknown = pieces.iter().filter(|piece| **piece < 0).count();
    if unknown > 1 || known > size || (unknown == 0 && known != size) {
        return Err(Error::value("the pieces do not make up the axis")
            .received(format!("{pieces:?} for a size of {size}")));
    }
    Ok(pieces.iter().map(|piece| usize::try_from(*piece).unwrap_or(size - known)).collect())
}

/// Axes in another order; `None` turns it round.
pub fn transpose(x: &Tensor, axes: Option<&[i64]>) -> Result<Tensor> {
    match axes {
        Some(axes) => {
            let order =
                axes.iter().map(|axis| axis_of(*axis, x.shape())).collect::<Result<Vec<_>>>()?;
            permute(x, &order)
        }
        None => permute(x, &(0..x.shape().len()).rev().collect::<Vec<_>>()),
    }
}

/// Two axes exchanged.
pub fn swap(x: &Tensor, a: usize, b: usize) -> Result<Tensor> {
    let mut order: Vec<usize> = (0..x.shape().len()).collect();
    order.swap(a, b);
    permute(x, &order)
}

/// `length` places of an axis from `start` on.
pub fn narrow(x: &Tensor, axis: usize, start: usize, length: usize) -> Result<Tensor> {
    let value = x.array().narrow(axis, start, length)?;
    let size = x.shape()[axis];
    Ok(tape::record("slice", &[x], value, move |dy, _| {
        Ok(vec![Some(dy.pad_with_zeros(axis, start, size - start - length)?)])
    }))
}

/// Runs a function of rows along any axis.
pub(crate) fn on_last_axis(
    x: &Tensor,
    axis: usize,
    f: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let last = x.shape().len() - 1;
    if axis == last { f(x) } else { swap(&f(&swap(x, axis, last)?)?, axis, last) }
}
