//! The same in plain tensor operations.

use crate::error::Result;
use candle_core::Tensor as Array;

/// `a + b`, with a relu if asked for.
pub fn sum(a: &Array, b: &Array, relu: bool) -> Result<Array> {
    let sum = (a + b)?;
    Ok(if relu { sum.relu()? } else { sum })
}
