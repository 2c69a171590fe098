//! The same in plain tensor operations.

use crate::error::Result;
use candle_core::Tensor as Array;

/// The rows, one after the other.
pub fn forward(ids: &[u32], w: &Array) -> Result<Array> {
    Ok(w.contiguous()?.index_select(&Array::new(ids, w.device())?, 0)?)
}

/// The gradient of the table.
pub fn backward(ids: &[u32], dy: &Array, rows: usize, features: usize) -> Result<Array> {
    let dy = dy.contiguous()?.reshape((ids.len(), features))?;
    let zeros = Array::zeros((rows, features), dy.dtype(), dy.device())?;
    Ok(zeros.index_add(&Array::new(ids, dy.device())?, &dy, 0)?)
}
