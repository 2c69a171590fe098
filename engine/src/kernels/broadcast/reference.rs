//! The same by candle's operations, for the functions that it has.

use super::Combine;
use crate::error::{Error, Result};
use candle_core::Tensor as Array;

/// `f(a, b)`
pub fn combine(function: Combine, a: &Array, b: &Array) -> Result<Array> {
    Ok(match function {
        Combine::Add => a.broadcast_add(b)?,
        Combine::Subtract => a.broadcast_sub(b)?,
        Combine::Multiply => a.broadcast_mul(b)?,
        Combine::Divide => a.broadcast_div(b)?,
        Combine::Maximum => a.broadcast_maximum(b)?,
        Combine::Minimum => a.broadcast_minimum(b)?,
        other => return Err(Error::not_implemented(format!("no reference for {other:?}"), "")),
    })
}
