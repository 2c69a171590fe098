//! The same in plain tensor operations.

use crate::error::Result;
use candle_core::Tensor as Array;

/// `x w + b`
pub fn forward(x: &Array, w: &Array, b: Option<&Array>) -> Result<Array> {
    let y = x.matmul(w)?;
    Ok(match b {
        Some(b) => y.broadcast_add(b)?,
        None => y,
    })
}

/// The gradients of x, w and (if there are three) b.
pub fn backward(x: &Array, w: &Array, dy: &Array, needed: &[bool]) -> Result<Vec<Option<Array>>> {
    let mut gradients = Vec::with_capacity(needed.len());
    gradients.push(if needed[0] { Some(dy.matmul(&w.t()?)?) } else { None });
    gradients.push(if needed[1] { Some(x.t()?.matmul(dy)?) } else { None });
    if let Some(needed) = needed.get(2) {
        gradients.push(if *needed { Some(dy.sum(0)?) } else { None });
    }
    Ok(gradients)
}
