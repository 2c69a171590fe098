//! The same in plain tensor operations: windows are gathered and weighted; the weights carry the gradient back.

use super::Pool;
use crate::error::Result;
use crate::kernels::geometry::Geometry;
use candle_core::{DType, Tensor as Array};

/// The pooled values `[batch, outputs, channels]` and each tap's weight `[batch, outputs, taps, channels]` in them.
pub fn forward(x: &Array, pool: Pool, geometry: &Geometry) -> Result<(Array, Array)> {
    let Geometry { batch, channels, .. } = *geometry;
    let (outputs, taps) = (geometry.outputs(), geometry.taps());
    let flat = x.contiguous()?.reshape((batch, geometry.inputs(), channels))?;
    let places = geometry.places()?.to_device(x.device())?;
    let real =
        places.lt(geometry.inputs() as i64)?.to_dtype(x.dtype())?.reshape((1, outputs, taps, 1))?;
    let padded = flat.pad_with_zeros(1, 0, 1)?.contiguous()?;
    let windows = padded.index_select(&places, 1)?.reshape((batch, outputs, taps, channels))?;
    if pool == Pool::Average {
        let weights = real.broadcast_div(&real.sum_keepdim(2)?)?;
        let weights = weights.broadcast_as(windows.dims())?.contiguous()?;
        return Ok(((windows * &weights)?.sum(2)?, weights));
    }
    let lowest = real.affine(1e30, -1e30)?;
    let winner = windows.broadcast_add(&lowest)?.argmax_keepdim(2)?;
    let value = windows.gather(&winner, 2)?.squeeze(2)?;
    let ones = Array::ones(winner.dims(), x.dtype(), x.device())?;
    let weights = windows.zeros_like()?.scatter_add(&winner.to_dtype(DType::U32)?, &ones, 2)?;
    Ok((value, weights))
}

/// The gradient of x: `[batch, inputs, channels]`.
pub fn backward(dy: &Array, weights: &Array, geometry: &Geometry) -> Result<Array> {
    let Geometry { batch, channels, .. } = *geometry;
    let (outputs, taps) = (geometry.outputs(), geometry.taps());
    let dy = dy.contiguous()?.reshape((batch, outputs, 1, channels))?;
    let spread = weights.broadcast_mul(&dy)?.reshape((batch, outputs * taps, channels))?;
    let places = geometry.places()?.to_device(dy.device())?;
    let zeros = Array::zeros((batch, geometry.inputs() + 1, channels), dy.dtype(), dy.device())?;
    Ok(zeros.index_add(&places, &spread, 1)?.narrow(1, 0, geometry.inputs())?.contiguous()?)
}
