//! The same in plain tensor operations, for shares of all classes.

use crate::error::Result;
use candle_core::{D, Tensor as Array};

/// The loss of each row.
pub fn forward(x: &Array, shares: &Array) -> Result<Array> {
    let max = x.max_keepdim(D::Minus1)?;
    let shifted = x.broadcast_sub(&max)?;
    let log_sum = shifted.exp()?.sum(D::Minus1)?.log()?;
    Ok(((log_sum * shares.sum(D::Minus1)?)? - (shares * shifted)?.sum(D::Minus1)?)?)
}

/// The gradient of x.
pub fn backward(x: &Array, shares: &Array, dy: &Array) -> Result<Array> {
    let exp = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    let softmax = exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)?;
    let difference = (softmax.broadcast_mul(&shares.sum_keepdim(D::Minus1)?)? - shares)?;
    Ok(difference.broadcast_mul(&dy.unsqueeze(D::Minus1)?)?)
}
