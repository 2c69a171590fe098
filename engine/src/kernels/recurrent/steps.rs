//! Small tracked operations of which a sequence is composed.

use crate::error::Result;
use crate::kernels::slices::with_f32;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{D, DType, Tensor as Array};

pub(super) fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = (a.array() + b.array())?;
    Ok(tape::record("add", &[a, b], value, |dy, _| Ok(vec![Some(dy.clone()), Some(dy.clone())])))
}

/// Adds a row to each row.
pub(super) fn add_row(a: &Tensor, row: &Tensor) -> Result<Tensor> {
    let value = a.array().broadcast_add(row.array())?;
    Ok(tape::record("add", &[a, row], value, |dy, _| Ok(vec![Some(dy.clone()), Some(dy.sum(0)?)])))
}

pub(super) fn multiply(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = (a.array() * b.array())?;
    let (saved_a, saved_b) = (a.array().clone(), b.array().clone());
    Ok(tape::record("multiply", &[a, b], value, move |dy, _| {
        Ok(vec![Some((dy * &saved_b)?), Some((dy * &saved_a)?)])
    }))
}

/// `1 - x`
pub(super) fn complement(x: &Tensor) -> Result<Tensor> {
    let value = x.array().affine(-1.0, 1.0)?;
    Ok(tape::record("subtract", &[x], value, |dy, _| Ok(vec![Some(dy.neg()?)])))
}

/// Products with fixed numbers.
pub(super) fn scaled(x: &Tensor, factors: &Array) -> Result<Tensor> {
    let value = x.array().broadcast_mul(factors)?;
    let factors = factors.clone();
    Ok(tape::record("multiply", &[x], value, move |dy, _| {
        Ok(vec![Some(dy.broadcast_mul(&factors)?)])
    }))
}

/// A row of a matrix.
pub(super) fn row(x: &Tensor, index: usize) -> Result<Tensor> {
    let value = x.array().get(index)?.contiguous()?;
    let shape = x.shape().to_vec();
    Ok(tape::record("row", &[x], value, move |dy, _| {
        let padded = dy.unsqueeze(0)?.pad_with_zeros(0, index, shape[0] - index - 1)?;
        Ok(vec![Some(padded)])
    }))
}

/// The gates side by side on the last axis, one by one.
pub(super) fn gates(z: &Tensor, count: usize) -> Result<Vec<Tensor>> {
    let parts = z.array().chunk(count, D::Minus1)?;
    let parts = parts.iter().map(Array::contiguous).collect::<candle_core::Result<Vec<_>>>()?;
    let shape = parts[0].dims().to_vec();
    Ok(tape::record_many("gates", &[z], parts, move |dy, _| {
        Ok(vec![Some(Array::cat(&filled(dy, &shape)?, D::Minus1)?)])
    }))
}

/// `[batch, time, u]` as one tensor per step.
pub(super) fn unstack(x: &Tensor) -> Result<Vec<Tensor>> {
    let steps =
        (0..x.shape()[1]).map(|step| x.array().narrow(1, step, 1)?.squeeze(1)?.contiguous());
    let steps = steps.collect::<candle_core::Result<Vec<_>>>()?;
    let Some(shape) = steps.first().map(|step| step.dims().to_vec()) else {
        return Ok(steps_of(steps));
    };
    Ok(tape::record_many("steps", &[x], steps, move |dy, _| {
        Ok(vec![Some(Array::stack(&filled(dy, &shape)?, 1)?)])
    }))
}

fn steps_of(steps: Vec<Array>) -> Vec<Tensor> {
    steps.into_iter().map(Tensor::new).collect()
}

/// Zeros where nothing used a result.
fn filled(dy: &[Option<Array>], shape: &[usize]) -> Result<Vec<Array>> {
    let Some(like) = dy.iter().flatten().next() else { return Ok(Vec::new()) };
    let zeros = Array::zeros(shape, like.dtype(), like.device())?;
    Ok(dy.iter().map(|dy| dy.clone().unwrap_or_else(|| zeros.clone())).collect())
}

/// The steps as one tensor `[batch, time, u]`.
pub(super) fn stack(steps: &[Tensor]) -> Result<Tensor> {
    let arrays: Vec<&Array> = steps.iter().map(Tensor::array).collect();
    let value = Array::stack(&arrays, 1)?;
    let count = steps.len();
    let inputs: Vec<&Tensor> = steps.iter().collect();
    Ok(tape::record("stack", &inputs, value, move |dy, _| {
        let step = |step| -> Result<Option<Array>> {
            Ok(Some(dy.narrow(1, step, 1)?.squeeze(1)?.contiguous()?))
        };
        (0..count).map(step).collect()
    }))
}

/// Columns of two matrices side by side.
#[cfg(test)]
pub(super) fn beside(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = Array::cat(&[a.array(), b.array()], 1)?;
    let (first, second) = (a.shape()[1], b.shape()[1]);
    Ok(tape::record("concatenate", &[a, b], value, move |dy, _| {
        let part =
            |start, size| -> Result<_> { Ok(Some(dy.narrow(1, start, size)?.contiguous()?)) };
        Ok(vec![part(0, first)?, part(first, second)?])
    }))
}

/// The same sequence from its end.
pub fn reverse_time(x: &Tensor) -> Result<Tensor> {
    let value = reversed(x.array())?;
    Ok(tape::record("reverse", &[x], value, |dy, _| Ok(vec![Some(reversed(dy)?)])))
}

fn reversed(x: &Array) -> Result<Array> {
    let time = x.dim(1)? as u32;
    let order = Array::from_iter((0..time).rev(), x.device())?;
    Ok(x.contiguous()?.index_select(&order, 1)?)
}

/// `[batch, time]` as flags.
pub(super) fn read_mask(mask: &Array) -> Result<Vec<bool>> {
    let flags = mask.to_dtype(DType::U8)?.flatten_all()?.to_vec1::<u8>()?;
    Ok(flags.into_iter().map(|flag| flag != 0).collect())
}

pub(super) fn read(values: &Array) -> Result<Vec<f32>> {
    with_f32(values, |values| Ok(values.to_vec()))
}
