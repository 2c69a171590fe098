//! Choosing elements: by conditions, places and ranges; and putting them back.

use super::promote;
use super::rearrange::{expand_dims, select};
use super::shape::{axis_of, narrow, reshape, reshape_to};
use crate::error::{Error, Result};
use crate::kernels::broadcast::{choose, is_half, with_type};
use crate::kernels::reduce::sum_to;
use crate::kernels::slices::{from_values, with_values};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// `a` where the condition holds, `b` elsewhere; the three shapes meet.
pub fn where_(condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    let value = choose(condition.array(), a.array(), b.array())?;
    let condition = condition.array().clone();
    let (a_shape, b_shape) = (a.shape().to_vec(), b.shape().to_vec());
    Ok(tape::record("where", &[&a, &b], value, move |dy, needed| {
        let zero = dy.zeros_like()?;
        Ok(vec![
            if needed[0] { Some(sum_to(&choose(&condition, dy, &zero)?, &a_shape)?) } else { None },
            if needed[1] { Some(sum_to(&choose(&condition, &zero, dy)?, &b_shape)?) } else { None },
        ])
    }))
}

/// One item between the brackets of `x[...]`.
#[derive(Clone, Debug)]
pub enum Index {
    /// One place; its axis is gone afterwards.
    At(i64),
    /// Places from a start to a stop by a step; Python's meaning.
    Range(Option<i64>, Option<i64>, Option<i64>),
    /// A new axis of size 1.
    NewAxis,
    /// All axes that are not named.
    Ellipsis,
    /// Places as a tensor of integers; its axes stand in the place of one.
    Places(Tensor),
}

/// `x[...]`
pub fn getitem(x: &Tensor, items: &[Index]) -> Result<Tensor> {
    let named =
        items.iter().filter(|item| !matches!(item, Index::NewAxis | Index::Ellipsis)).count();
    let rank = x.shape().len();
    if named > rank {
        return Err(Error::value(format!("too many indices: {named} for {rank} axes"))
            .received(format!("a tensor of shape {:?}", x.shape())));
    }
    if items.iter().filter(|item| matches!(item, Index::Ellipsis)).count() > 1 {
        return Err(Error::value("only one ... can stand between the brackets"));
    }
    let mut y = x.clone();
    let mut axis = 0;
    for item in items {
        match item {
            Index::Ellipsis => axis += rank - named,
            Index::NewAxis => {
                y = expand_dims(&y, i64::try_from(axis).unwrap_or(0))?;
                axis += 1;
            }
            Index::At(place) => {
                let place = place_in(*place, y.shape()[axis], axis)?;
                let mut shape = y.shape().to_vec();
                shape.remove(axis);
                y = reshape(&narrow(&y, axis, place, 1)?, &shape)?;
            }
            Index::Range(start, stop, step) => {
                y = range(&y, axis, *start, *stop, step.unwrap_or(1))?;
                axis += 1;
            }
            Index::Places(places) => {
                y = take(&y, places, Some(i64::try_from(axis).unwrap_or(0)))?;
                axis += places.shape().len();
            }
        }
    }
    Ok(y)
}

fn place_in(place: i64, size: usize, axis: usize) -> Result<usize> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let counted = if place < 0 { place + size } else { place };
    usize::try_from(counted).ok().filter(|_| counted < size).ok_or_else(|| {
        Error::value(format!("index {place} is out of bounds for axis {axis} of size {size}"))
            .expected(format!("{} to {}", -size, size - 1))
    })
}

fn range(
    x: &Tensor,
    axis: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
) -> Result<Tensor> {
    if step == 0 {
        return Err(Error::value("the step of a slice cannot be 0"));
    }
    let size = i64::try_from(x.shape()[axis]).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let bound = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(place) if place < 0 => (place + size).clamp(low, high),
        Some(place) => place.clamp(low, high),
    };
    let start = bound(start, if step > 0 { 0 } else { size - 1 });
    let stop = bound(stop, if step > 0 { size } else { -1 });
    let to_place = |place: i64| usize::try_from(place).unwrap_or(0);
    if step == 1 {
        let length = (stop - start).max(0);
        return if length == size {
            Ok(x.clone())
        } else {
            narrow(x, axis, to_place(start.min(size)), to_place(length))
        };
    }
    let mut places = Vec::new();
    let mut place = start;
    while (step > 0 && place < stop) || (step < 0 && place > stop) {
        places.push(Some(to_place(place)));
        place += step;
    }
    select(x, axis, &places, 0.0)
}

/// All integers of a tensor, negative ones counted from the end of an axis of this size.
fn integers(indices: &Tensor, size: usize) -> Result<Vec<usize>> {
    let values = indices.array().to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
    values.into_iter().map(|place| place_in(place, size, 0)).collect()
}

/// The places of an axis that `indices` names; its shape replaces the axis. Without an axis the tensor is flattened first.
pub fn take(x: &Tensor, indices: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    let Some(axis) = axis else { return take(&reshape_to(x, &[-1])?, indices, Some(0)) };
    let axis = axis_of(axis, x.shape())?;
    let places: Vec<_> = integers(indices, x.shape()[axis])?.into_iter().map(Some).collect();
    let mut shape = x.shape()[..axis].to_vec();
    shape.extend(indices.shape());
    shape.extend(&x.shape()[axis + 1..]);
    reshape(&select(x, axis, &places, 0.0)?, &shape)
}

/// Along an axis, the place that `indices` names for each other place.
pub fn take_along_axis(x: &Tensor, indices: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    let Some(axis) = axis else {
        return take_along_axis(&reshape_to(x, &[-1])?, &reshape_to(indices, &[-1])?, Some(0));
    };
    let axis = axis_of(axis, x.shape())?;
    let off = |shape: &[usize]| -> Vec<usize> {
        shape.iter().enumerate().map(|(i, size)| if i == axis { 1 } else { *size }).collect()
    };
    if indices.shape().len() != x.shape().len() {
        return Err(Error::value("take_along_axis needs indices with as many axes as the tensor")
            .received(format!("{:?} and {:?}", x.shape(), indices.shape())));
    }
    let mut wide = crate::kernels::broadcast::meet(&off(x.shape()), &off(indices.shape()))?;
    wide[axis] = x.shape()[axis];
    let x = super::rearrange::broadcast_to(x, &wide)?;
    wide[axis] = indices.shape()[axis];
    let indices = super::rearrange::broadcast_to(indices, &wide)?;
    let size = x.shape()[axis];
    let inner: usize = wide[axis + 1..].iter().product();
    let (n, places) = (wide[axis], integers(&indices, size)?);
    let flat: Vec<usize> = places
        .iter()
        .enumerate()
        .map(|(i, place)| {
            let (block, rest) = (i / (n * inner).max(1), i % inner.max(1));
            (block * size + place) * inner + rest
        })
        .collect();
    gather(&x, flat, &wide)
}

/// `y[i] = x[flat[i]]` over all elements.
pub(super) fn gather(x: &Tensor, flat: Vec<usize>, shape: &[usize]) -> Result<Tensor> {
    let value = gather_array(x.array(), &flat, shape)?;
    let from = x.shape().to_vec();
    Ok(tape::record("gather", &[x], value, move |dy, _| {
        Ok(vec![Some(scatter_array(dy, &flat, &from)?)])
    }))
}

fn gather_array(x: &Array, flat: &[usize], shape: &[usize]) -> Result<Array> {
    if is_half(x.dtype()) {
        let y = gather_array(&x.to_dtype(DType::F32)?, flat, shape)?;
        return Ok(y.to_dtype(x.dtype())?);
    }
    with_type!(x.dtype(), T => {
        let y = with_values(x, |x: &[T]| Ok(flat.iter().map(|i| x[*i]).collect::<Vec<T>>()))?;
        from_values(y, shape, x)
    })
}

fn scatter_array(dy: &Array, flat: &[usize], shape: &[usize]) -> Result<Array> {
    if is_half(dy.dtype()) {
        let dx = scatter_array(&dy.to_dtype(DType::F32)?, flat, shape)?;
        return Ok(dx.to_dtype(dy.dtype())?);
    }
    with_type!(dy.dtype(), T => {
        let dx = with_values(dy, |dy: &[T]| {
            let mut dx = vec![T::default(); crate::memory::room_for(shape, size_of::<T>())?];
            for (i, dy) in flat.iter().zip(dy) {
                dx[*i] += *dy;
            }
            Ok(dx)
        })?;
        from_values(dx, shape, dy)
    })
}

/// The flat places that rows of coordinates name, and how many elements each row stands for.
fn coordinates(indices: &Tensor, shape: &[usize]) -> Result<(Vec<usize>, usize)> {
    let depth = indices.shape().last().copied().unwrap_or(0);
    if depth == 0 || depth > shape.len() {
        return Err(Error::value("the last axis of the indices names axes of the tensor")
            .received(format!("indices {:?}, shape {shape:?}", indices.shape()))
            .expected(format!("1 to {} coordinates", shape.len())));
    }
    let inner: usize = shape[depth..].iter().product();
    let values = indices.array().to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
    let mut starts = Vec::with_capacity(values.len() / depth);
    for row in values.chunks_exact(depth) {
        let mut place = 0;
        for (axis, (i, size)) in row.iter().zip(shape).enumerate() {
            place = place * size + place_in(*i, *size, axis)?;
        }
        starts.push(place * inner);
    }
    let flat = starts.iter().flat_map(|start| *start..start + inner).collect();
    Ok((flat, inner))
}

/// Zeros of a shape with values added at coordinates.
pub fn scatter(indices: &Tensor, values: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let (flat, _) = coordinates(indices, shape)?;
    scatter_flat(values, flat, shape)
}

fn scatter_flat(values: &Tensor, flat: Vec<usize>, shape: &[usize]) -> Result<Tensor> {
    if values.array().elem_count() != flat.len() {
        return Err(Error::value("scatter needs one value per place").received(format!(
            "{} values, {} places",
            values.array().elem_count(),
            flat.len()
        )));
    }
    let value = scatter_array(values.array(), &flat, shape)?;
    let from = values.shape().to_vec();
    Ok(tape::record("scatter", &[values], value, move |dy, _| {
        Ok(vec![Some(gather_array(dy, &flat, &from)?)])
    }))
}

/// The tensor with other values at coordinates (of equal places the last wins).
pub fn scatter_update(x: &Tensor, indices: &Tensor, updates: &Tensor) -> Result<Tensor> {
    let (flat, _) = coordinates(indices, x.shape())?;
    let count: usize = x.shape().iter().product();
    let mut source: Vec<usize> = (0..count).collect();
    for (i, place) in flat.iter().enumerate() {
        source[*place] = count + i;
    }
    let (x_flat, updates) = promote(&reshape_to(x, &[-1])?, &reshape_to(updates, &[-1])?)?;
    if updates.array().elem_count() != flat.len() {
        return Err(Error::value("scatter_update needs one value per place").received(format!(
            "{} values, {} places",
            updates.array().elem_count(),
            flat.len()
        )));
    }
    gather(&super::rearrange::concatenate(&[x_flat, updates], 0)?, source, x.shape())
}

/// The tensor with a block of other values that begins at these places.
pub fn slice_update(x: &Tensor, starts: &[i64], updates: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    if starts.len() != shape.len() || updates.shape().len() != shape.len() {
        return Err(Error::value("slice_update needs a start for each axis").received(format!(
            "{} starts, updates {:?}, tensor {shape:?}",
            starts.len(),
            updates.shape()
        )));
    }
    let mut rows = Vec::new();
    let count: usize = updates.shape().iter().product();
    for i in 0..count {
        let mut rest = i;
        let mut row = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            let size = updates.shape()[axis].max(1);
            row[axis] = starts[axis] + i64::try_from(rest % size).unwrap_or(0);
            rest /= size;
        }
        rows.extend(row);
    }
    scatter_update(x, &Tensor::from_vec(rows, &[count, shape.len()])?, updates)
}

/// Sums of the rows that carry the same number; row i of the result is the sum of number i.
pub fn segment_sum(x: &Tensor, numbers: &Tensor, count: Option<usize>) -> Result<Tensor> {
    let ids = numbers.array().to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
    let [rows, rest @ ..] = x.shape() else {
        return Err(Error::value("segment_sum needs rows").received("a single number"));
    };
    if ids.len() != *rows {
        return Err(Error::value("segment_sum needs one number per row")
            .received(format!("{} numbers, {rows} rows", ids.len())));
    }
    let count = count.unwrap_or_else(|| {
        usize::try_from(ids.iter().copied().max().unwrap_or(-1) + 1).unwrap_or(0)
    });
    let inner: usize = rest.iter().product();
    let mut kept = Vec::new();
    let mut flat = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        if let Some(id) = usize::try_from(*id).ok().filter(|id| *id < count) {
            kept.push(Some(row));
            flat.extend(id * inner..(id + 1) * inner);
        }
    }
    let mut shape = vec![count];
    shape.extend(rest);
    scatter_flat(&select(x, 0, &kept, 0.0)?, flat, &shape)
}
