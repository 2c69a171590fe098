//! The same in plain tensor operations, which also gives the weights.

use super::{Empty, Options};
use crate::error::Result;
use crate::ops;
use crate::random::Random;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};

/// The result and the weights `[batch, heads, queries, keys]` before dropout, tracked.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    options: &Options,
) -> Result<(Tensor, Tensor)> {
    let repeats = q.shape()[2] / k.shape()[2].max(1);
    let spread = |x: &Tensor| match repeats {
        1 => Ok(x.clone()),
        count => ops::repeat(x, &[count], Some(2)),
    };
    let scores = ops::einsum("bthd,bshd->bhts", &[q.clone(), spread(k)?])?;
    let mut scores = ops::scale(&scores, options.scale)?;
    let allowed = allowed(&scores, options)?;
    if let Some(allowed) = &allowed {
        let low = ops::full(&[], -1e30, scores.dtype())?;
        scores = ops::where_(allowed, &scores, &low)?;
    }
    let mut weights = ops::softmax(&scores, -1)?;
    if let (Some(allowed), Empty::Zero) = (&allowed, options.empty) {
        weights = ops::where_(allowed, &weights, &ops::full(&[], 0.0, weights.dtype())?)?;
    }
    let used = match &options.dropout {
        None => weights.clone(),
        Some((rate, random)) => {
            let factors = factors(weights.shape(), *rate, random)?;
            ops::multiply(&weights, &Tensor::new(factors.to_dtype(weights.dtype())?))?
        }
    };
    Ok((ops::einsum("bhts,bshd->bthd", &[used, spread(v)?])?, weights))
}

/// Mask and causality as one mask.
fn allowed(scores: &Tensor, options: &Options) -> Result<Option<Tensor>> {
    let mask = match &options.mask {
        Some(mask) => {
            let mask = if mask.dtype() == DType::U8 { mask.clone() } else { mask.ne(0.0)? };
            Some(Tensor::new(mask.broadcast_as(scores.shape())?.contiguous()?))
        }
        None => None,
    };
    if !options.causal {
        return Ok(mask);
    }
    let ones = ops::full(scores.shape(), 1.0, DType::F32)?;
    let before = ops::cast_to_bool(&ops::keep_band(&ones, |offset| offset <= 0)?)?;
    Ok(Some(match mask {
        Some(mask) => ops::logical_and(&mask, &before)?,
        None => before,
    }))
}

/// 0 or `1 / (1 - rate)` for each weight. Each row starts at a block of its own; place `j` of it looks at word `j / 16 % 4`
/// of block `j / 64 * 16 + j % 16`.
fn factors(shape: &[usize], rate: f64, random: &Random) -> Result<Array> {
    let keys = shape.last().copied().unwrap_or(1);
    let rows: usize = shape[..shape.len() - 1].iter().product();
    let scale = (1.0 / (1.0 - rate)) as f32;
    let limit = (rate * 4_294_967_296.0) as u64;
    let mut factors = Vec::with_capacity(rows * keys);
    for row in 0..rows {
        for j in 0..keys {
            let block = random.block((row * keys.div_ceil(64) * 16 + j / 64 * 16 + j % 16) as u64);
            let stays = u64::from(block[j / 16 % 4]) >= limit;
            factors.push(if stays { scale } else { 0.0 });
        }
    }
    Ok(Array::from_vec(factors, shape, &Device::Cpu)?)
}
