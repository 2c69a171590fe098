//! The same by candle's operations.

use super::Reduce;
use crate::error::{Error, Result};
use candle_core::Tensor as Array;

/// Reduces axes; they are gone from the result.
pub fn reduce(function: Reduce, x: &Array, axes: &[usize]) -> Result<Array> {
    let mut y = x.clone();
    for axis in axes.iter().rev() {
        y = match function {
            Reduce::Sum => y.sum(*axis)?,
            Reduce::Max => y.max(*axis)?,
            Reduce::Min => y.min(*axis)?,
            Reduce::Product => return Err(Error::not_implemented("no reference of products", "")),
        };
    }
    Ok(y)
}
