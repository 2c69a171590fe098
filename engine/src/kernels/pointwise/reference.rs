//! The same one element at a time in float64: the oracle, and the way of element types that have no loop of their own.

use super::Pointwise;

/// The function of each element.
pub fn values(function: impl Pointwise, x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| function.value(*x)).collect()
}

/// The gradient of each element; `saved` is what the function says it needs, its input or its result.
pub fn gradients(function: impl Pointwise, saved: &[f64], dy: &[f64]) -> Vec<f64> {
    saved.iter().zip(dy).map(|(saved, dy)| dy * function.slope(*saved)).collect()
}
