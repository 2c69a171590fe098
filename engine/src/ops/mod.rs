//! Operations on tensors with their derivatives: what users call as `keras.ops`, and what layers are made of.
//!
//! Derivatives follow TensorFlow: `relu'(0) = 0`, `abs'(0) = 0`, the first of equals wins in `maximum`; a function that is
//! flat almost everywhere (floor, comparisons, argmax) gives an untracked result.

mod arithmetic;
mod cast;
mod index;
mod linalg;
mod pointwise;
mod rearrange;
mod reduce;
pub mod shape;
mod softmax;

pub use arithmetic::*;
pub use cast::*;
pub use index::*;
pub use linalg::*;
pub use pointwise::*;
pub use rearrange::*;
pub use reduce::*;
pub use shape::{narrow, reshape, reshape_to, transpose};
pub use softmax::*;

#[cfg(test)]
mod tests;
