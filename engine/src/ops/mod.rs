//! Operations on tensors with their derivatives: what users call as `keras.ops`, and what layers are made of.
//!
//! Derivatives follow TensorFlow: `relu'(0) = 0`, `abs'(0) = 0`, the first of equals wins in `maximum`; a function that is
//! flat almost everywhere (floor, comparisons, argmax) gives an untracked result.

mod cast;
mod pointwise;
pub mod shape;
mod softmax;

pub use cast::*;
pub use pointwise::*;
pub use shape::{reshape, reshape_to, transpose};
pub use softmax::*;
