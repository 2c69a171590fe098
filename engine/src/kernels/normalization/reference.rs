//! The same in plain tensor operations.

use super::Statistics;
use crate::error::Result;
use candle_core::{D, Tensor as Array};

/// All axes but the last in one.
fn flat(x: &Array) -> Result<Array> {
    let channels = x.dims().last().copied().unwrap_or(1);
    Ok(x.contiguous()?.reshape((x.elem_count() / channels.max(1), channels))?)
}

/// Mean and biased variance of each channel.
pub fn statistics(x: &Array) -> Result<Statistics> {
    let x = flat(x)?;
    let mean = x.mean(0)?;
    let variance = x.broadcast_sub(&mean)?.sqr()?.mean(0)?;
    Ok(Statistics { mean, variance })
}

fn affine(h: Array, gamma: Option<&Array>, beta: Option<&Array>) -> Result<Array> {
    let y = match gamma {
        Some(gamma) => h.broadcast_mul(gamma)?,
        None => h,
    };
    Ok(match beta {
        Some(beta) => y.broadcast_add(beta)?,
        None => y,
    })
}

/// Channels normalised with these statistics.
pub fn batch(
    x: &Array,
    gamma: Option<&Array>,
    beta: Option<&Array>,
    epsilon: f64,
    statistics: &Statistics,
) -> Result<Array> {
    let deviation = (&statistics.variance + epsilon)?.sqrt()?;
    affine(x.broadcast_sub(&statistics.mean)?.broadcast_div(&deviation)?, gamma, beta)
}

/// The gradients of x, gamma and beta.
pub fn batch_gradient(
    x: &Array,
    gamma: Option<&Array>,
    dy: &Array,
    epsilon: f64,
    statistics: &Statistics,
    uses_batch: bool,
) -> Result<(Array, Array, Array)> {
    let (rows, of_rows) = (flat(x)?, flat(dy)?);
    let deviation = (&statistics.variance + epsilon)?.sqrt()?;
    let h = rows.broadcast_sub(&statistics.mean)?.broadcast_div(&deviation)?;
    let g = affine(of_rows.clone(), gamma, None)?;
    let centred = match uses_batch {
        true => g.broadcast_sub(&g.mean(0)?)?.sub(&h.broadcast_mul(&(&g * &h)?.mean(0)?)?)?,
        false => g,
    };
    let dx = centred.broadcast_div(&deviation)?.reshape(x.dims())?;
    Ok((dx, (&of_rows * &h)?.sum(0)?, of_rows.sum(0)?))
}

/// `h` of each row, and its deviation.
fn normalized(x: &Array, epsilon: f64) -> Result<(Array, Array)> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + epsilon)?.sqrt()?;
    Ok((centred.broadcast_div(&deviation)?, deviation))
}

/// Rows normalised by themselves.
pub fn layer(
    x: &Array,
    gamma: Option<&Array>,
    beta: Option<&Array>,
    epsilon: f64,
) -> Result<Array> {
    affine(normalized(x, epsilon)?.0, gamma, beta)
}

/// The gradients of x, gamma and beta.
pub fn layer_gradient(
    x: &Array,
    gamma: Option<&Array>,
    dy: &Array,
    epsilon: f64,
) -> Result<(Array, Array, Array)> {
    let (rows, of_rows) = (flat(x)?, flat(dy)?);
    let (h, deviation) = normalized(&rows, epsilon)?;
    let g = affine(of_rows.clone(), gamma, None)?;
    let centred = g
        .broadcast_sub(&g.mean_keepdim(1)?)?
        .sub(&h.broadcast_mul(&(&g * &h)?.mean_keepdim(1)?)?)?;
    let dx = centred.broadcast_div(&deviation)?.reshape(x.dims())?;
    Ok((dx, (&of_rows * &h)?.sum(0)?, of_rows.sum(0)?))
}
