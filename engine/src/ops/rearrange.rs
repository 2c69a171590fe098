//! The same elements, in other places or several times: stack, split, repeat, flip, pad.

use super::shape::{axes_of, axis_of, narrow, reshape, reshape_to};
use super::{cast, promoted};
use crate::error::{Error, Result};
use crate::kernels::broadcast::{is_half, with_type};
use crate::kernels::reduce::sum_to;
use crate::kernels::slices::{from_values, with_values};
use crate::memory;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array, WithDType};

/// Chosen places of an axis, in any order and number; where there is none, `fill` stands.
pub fn select(x: &Tensor, axis: usize, places: &[Option<usize>], fill: f64) -> Result<Tensor> {
    let size = x.shape()[axis];
    if let Some(place) = places.iter().flatten().find(|place| **place >= size) {
        return Err(Error::value(format!("there is no place {place} in an axis of size {size}"))
            .received(format!("a tensor of shape {:?}", x.shape())));
    }
    let value = select_array(x.array(), axis, places, fill)?;
    let (shape, places) = (x.shape().to_vec(), places.to_vec());
    Ok(tape::record("select", &[x], value, move |dy, _| {
        Ok(vec![Some(scatter_axis(dy, axis, &places, &shape)?)])
    }))
}

/// Room for an axis of `count` places, and for the list of these places.
fn room_for_places(x: &Tensor, axis: usize, count: usize) -> Result<()> {
    let mut shape = x.shape().to_vec();
    shape[axis] = count;
    memory::room_for(&shape, x.dtype().size_in_bytes())?;
    memory::room_for(&[count], size_of::<Option<usize>>())?;
    Ok(())
}

fn around(shape: &[usize], axis: usize) -> (usize, usize) {
    (shape[..axis].iter().product(), shape[axis + 1..].iter().product())
}

fn select_array(x: &Array, axis: usize, places: &[Option<usize>], fill: f64) -> Result<Array> {
    if is_half(x.dtype()) {
        let y = select_array(&x.to_dtype(DType::F32)?, axis, places, fill)?;
        return Ok(y.to_dtype(x.dtype())?);
    }
    let size = x.dims()[axis];
    let (outer, inner) = around(x.dims(), axis);
    let mut shape = x.dims().to_vec();
    shape[axis] = places.len();
    memory::room_for(&shape, x.dtype().size_in_bytes())?;
    with_type!(x.dtype(), T => {
        let y = with_values(x, |x: &[T]| {
            let mut y = Vec::with_capacity(outer * places.len() * inner);
            for block in 0..outer {
                for place in places {
                    match place {
                        Some(place) => {
                            let start = (block * size + place) * inner;
                            y.extend_from_slice(&x[start..start + inner]);
                        }
                        None => y.extend(std::iter::repeat_n(<T as WithDType>::from_f64(fill), inner)),
                    }
                }
            }
            Ok(y)
        })?;
        from_values(y, &shape, x)
    })
}

/// The reverse of [`select`]: values are added where they came from.
pub(super) fn scatter_axis(
    dy: &Array,
    axis: usize,
    places: &[Option<usize>],
    shape: &[usize],
) -> Result<Array> {
    if is_half(dy.dtype()) {
        let dx = scatter_axis(&dy.to_dtype(DType::F32)?, axis, places, shape)?;
        return Ok(dx.to_dtype(dy.dtype())?);
    }
    let size = shape[axis];
    let (outer, inner) = around(shape, axis);
    with_type!(dy.dtype(), T => {
        let dx = with_values(dy, |dy: &[T]| {
            let mut dx = vec![T::default(); outer * size * inner];
            for block in 0..outer {
                for (i, place) in places.iter().enumerate() {
                    let Some(place) = place else { continue };
                    let from = (block * places.len() + i) * inner;
                    let to = (block * size + place) * inner;
                    for (dx, dy) in dx[to..to + inner].iter_mut().zip(&dy[from..from + inner]) {
                        *dx += *dy;
                    }
                }
            }
            Ok(dx)
        })?;
        from_values(dx, shape, dy)
    })
}

/// Tensors one behind the other along an axis.
pub fn concatenate(xs: &[Tensor], axis: i64) -> Result<Tensor> {
    let Some(first) = xs.first() else {
        return Err(Error::value("there is nothing to concatenate").expected("at least one tensor"));
    };
    let axis = axis_of(axis, first.shape())?;
    let mut dtype = first.dtype();
    for x in xs {
        let fits = x.shape().len() == first.shape().len()
            && x.shape()
                .iter()
                .zip(first.shape())
                .enumerate()
                .all(|(i, (a, b))| i == axis || a == b);
        if !fits {
            let shapes: Vec<String> = xs.iter().map(|x| format!("{:?}", x.shape())).collect();
            return Err(Error::value(format!("concatenate needs equal sizes off axis {axis}"))
                .received(shapes.join(", "))
                .expected("equal sizes on all other axes"));
        }
        dtype = promoted(dtype, x.dtype())?;
    }
    let xs = xs.iter().map(|x| cast(x, dtype)).collect::<Result<Vec<_>>>()?;
    let arrays: Vec<Array> =
        xs.iter().map(|x| Ok(x.array().contiguous()?)).collect::<Result<_>>()?;
    let sizes: Vec<usize> = xs.iter().map(|x| x.shape()[axis]).collect();
    let mut whole = xs[0].shape().to_vec();
    whole[axis] = sizes.iter().sum();
    memory::room_for(&whole, dtype.size_in_bytes())?;
    let value = Array::cat(&arrays, axis)?;
    let inputs: Vec<&Tensor> = xs.iter().collect();
    Ok(tape::record("concatenate", &inputs, value, move |dy, needed| {
        let mut start = 0;
        let mut gradients = Vec::with_capacity(sizes.len());
        for (size, needed) in sizes.iter().zip(needed) {
            gradients.push(if *needed { Some(dy.narrow(axis, start, *size)?) } else { None });
            start += size;
        }
        Ok(gradients)
    }))
}

/// Tensors of one shape along a new axis.
pub fn stack(xs: &[Tensor], axis: i64) -> Result<Tensor> {
    let Some(first) = xs.first() else {
        return Err(Error::value("there is nothing to stack").expected("at least one tensor"));
    };
    let rank = i64::try_from(first.shape().len()).unwrap_or(0) + 1;
    let axis = if axis < 0 { axis + rank } else { axis };
    let wide = xs.iter().map(|x| expand_dims(x, axis)).collect::<Result<Vec<_>>>()?;
    concatenate(&wide, axis)
}

/// A new axis of size 1.
pub fn expand_dims(x: &Tensor, axis: i64) -> Result<Tensor> {
    let mut shape = x.shape().to_vec();
    shape.push(1);
    let at = axis_of(axis, &shape)?;
    shape.pop();
    shape.insert(at, 1);
    reshape(x, &shape)
}

/// Without these axes of size 1 (`None`: without all such axes).
pub fn squeeze(x: &Tensor, axes: Option<&[i64]>) -> Result<Tensor> {
    let gone = match axes {
        Some(axes) => axes_of(Some(axes), x.shape())?,
        None => (0..x.shape().len()).filter(|axis| x.shape()[*axis] == 1).collect(),
    };
    if let Some(axis) = gone.iter().find(|axis| x.shape()[**axis] != 1) {
        return Err(Error::value(format!("axis {axis} cannot be squeezed: its size is not 1"))
            .received(format!("{:?}", x.shape())));
    }
    let kept = (0..x.shape().len()).filter(|axis| !gone.contains(axis));
    reshape(x, &kept.map(|axis| x.shape()[axis]).collect::<Vec<_>>())
}

/// A tensor that speaks for the leading axes of a shape (a mask `[batch, time]`), repeated over the others.
pub fn spread(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let mut x = x.clone();
    while x.shape().len() < shape.len() {
        x = expand_dims(&x, -1)?;
    }
    broadcast_to(&x, shape)
}

/// Repeated along axes of size 1 (and new leading ones) to this shape.
pub fn broadcast_to(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.shape() == shape {
        return Ok(x.clone());
    }
    if crate::kernels::broadcast::meet(x.shape(), shape).ok().as_deref() != Some(shape) {
        return Err(Error::value("the tensor cannot be repeated to this shape")
            .received(format!("{:?} to {shape:?}", x.shape()))
            .expected("equal sizes from the last axis on, or 1"));
    }
    memory::room_for(shape, x.dtype().size_in_bytes())?;
    let value = x.array().broadcast_as(shape)?.contiguous()?;
    let from = x.shape().to_vec();
    Ok(tape::record("broadcast_to", &[x], value, move |dy, _| Ok(vec![Some(sum_to(dy, &from)?)])))
}

/// Pieces of an axis, cut at these places.
pub fn split_at(x: &Tensor, cuts: &[usize], axis: i64) -> Result<Vec<Tensor>> {
    let axis = axis_of(axis, x.shape())?;
    let size = x.shape()[axis];
    let mut start = 0;
    let mut pieces = Vec::with_capacity(cuts.len() + 1);
    for cut in cuts.iter().copied().chain([size]) {
        let end = cut.min(size).max(start);
        pieces.push(narrow(x, axis, start, end - start)?);
        start = end;
    }
    Ok(pieces)
}

/// So many equal pieces of an axis.
pub fn split(x: &Tensor, pieces: usize, axis: i64) -> Result<Vec<Tensor>> {
    let size = x.shape()[axis_of(axis, x.shape())?];
    if pieces == 0 || !size.is_multiple_of(pieces) {
        return Err(Error::value(format!(
            "an axis of size {size} cannot be split into {pieces} equal pieces"
        ))
        .received(format!("{:?}", x.shape()))
        .hint("array_split gives pieces of nearly equal size"));
    }
    let step = size / pieces;
    split_at(x, &(1..pieces).map(|i| i * step).collect::<Vec<_>>(), axis)
}

/// The slices of an axis, without it.
pub fn unstack(x: &Tensor, axis: i64) -> Result<Vec<Tensor>> {
    let at = axis_of(axis, x.shape())?;
    let pieces = split(x, x.shape()[at].max(1), axis)?;
    pieces.iter().map(|piece| squeeze(piece, Some(&[axis]))).collect()
}

/// Each place of an axis `counts[i]` times (one count stands for all); without an axis the tensor is flattened first.
pub fn repeat(x: &Tensor, counts: &[usize], axis: Option<i64>) -> Result<Tensor> {
    let Some(axis) = axis else { return repeat(&reshape_to(x, &[-1])?, counts, Some(0)) };
    let axis = axis_of(axis, x.shape())?;
    let size = x.shape()[axis];
    if counts.len() != 1 && counts.len() != size {
        return Err(Error::value("repeat needs one count, or one per place of the axis")
            .received(format!("{} counts, axis of size {size}", counts.len())));
    }
    let count = |i: usize| counts[if counts.len() == 1 { 0 } else { i }];
    let total = (0..size).fold(0_usize, |sum, i| sum.saturating_add(count(i)));
    room_for_places(x, axis, total)?;
    let places: Vec<_> = (0..size).flat_map(|i| std::iter::repeat_n(Some(i), count(i))).collect();
    select(x, axis, &places, 0.0)
}

/// The whole tensor so many times along each axis, counted from the last one.
pub fn tile(x: &Tensor, counts: &[usize]) -> Result<Tensor> {
    let rank = counts.len().max(x.shape().len());
    let mut shape = vec![1; rank - x.shape().len()];
    shape.extend(x.shape());
    let mut y = reshape(x, &shape)?;
    for (axis, count) in (rank - counts.len()..rank).zip(counts) {
        if *count != 1 {
            let size = y.shape()[axis];
            room_for_places(&y, axis, size.saturating_mul(*count))?;
            let places: Vec<_> = (0..size * count).map(|i| Some(i % size)).collect();
            y = select(&y, axis, &places, 0.0)?;
        }
    }
    Ok(y)
}

/// Axes in reverse (`None`: all of them).
pub fn flip(x: &Tensor, axes: Option<&[i64]>) -> Result<Tensor> {
    let mut y = x.clone();
    for axis in axes_of(axes, x.shape())? {
        let places: Vec<_> = (0..x.shape()[axis]).rev().map(Some).collect();
        y = select(&y, axis, &places, 0.0)?;
    }
    Ok(y)
}

/// Places moved along axes; what leaves at the end comes in at the start. Without axes the tensor is flattened between.
pub fn roll(x: &Tensor, shifts: &[i64], axes: Option<&[i64]>) -> Result<Tensor> {
    let Some(axes) = axes else {
        return reshape(&roll(&reshape_to(x, &[-1])?, shifts, Some(&[0]))?, x.shape());
    };
    let mut y = x.clone();
    for (i, axis) in axes.iter().enumerate() {
        let axis = axis_of(*axis, x.shape())?;
        let shift = shifts.get(i).or(shifts.first()).copied().unwrap_or(0);
        let size = i64::try_from(x.shape()[axis]).unwrap_or(i64::MAX).max(1);
        let places = (0..x.shape()[axis]).map(|place| {
            usize::try_from((i64::try_from(place).unwrap_or(0) - shift).rem_euclid(size)).ok()
        });
        y = select(&y, axis, &places.collect::<Vec<_>>(), 0.0)?;
    }
    Ok(y)
}

/// What stands beyond the border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Border {
    /// One number.
    Constant(f64),
    /// The mirror image without the border's own places.
    Reflect,
    /// The mirror image.
    Symmetric,
    /// The border's places again.
    Edge,
}

/// More places before and behind each axis.
pub fn pad(x: &Tensor, widths: &[(usize, usize)], border: Border) -> Result<Tensor> {
    if widths.len() != x.shape().len() {
        return Err(Error::value("pad needs a pair of widths for each axis").received(format!(
            "{} pairs for shape {:?}",
            widths.len(),
            x.shape()
        )));
    }
    let mut y = x.clone();
    for (axis, (before, behind)) in widths.iter().enumerate() {
        if (*before, *behind) == (0, 0) {
            continue;
        }
        let size = y.shape()[axis];
        let fits = match border {
            Border::Constant(_) => true,
            Border::Reflect => size > *before.max(behind),
            Border::Symmetric => size >= *before.max(behind),
            Border::Edge => size > 0,
        };
        if !fits {
            return Err(Error::value(format!("axis {axis} is too short to be mirrored so far"))
                .received(format!("size {size}, padding ({before}, {behind})")));
        }
        room_for_places(&y, axis, before.saturating_add(size).saturating_add(*behind))?;
        let place = |i: usize| -> Option<usize> {
            if i >= *before && i < before + size {
                return Some(i - before);
            }
            let over = if i < *before { before - i } else { i - before - size + 1 };
            match border {
                Border::Constant(_) => None,
                Border::Edge => Some(if i < *before { 0 } else { size - 1 }),
                Border::Reflect => Some(if i < *before { over } else { size - 1 - over }),
                Border::Symmetric => Some(if i < *before { over - 1 } else { size - over }),
            }
        };
        let places: Vec<_> = (0..before + size + behind).map(place).collect();
        let fill = if let Border::Constant(value) = border { value } else { 0.0 };
        y = select(&y, axis, &places, fill)?;
    }
    Ok(y)
}
