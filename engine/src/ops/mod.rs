//! Operations on tensors with their derivatives: what users call as `keras.ops`, and what layers are made of.
//!
//! Derivatives follow TensorFlow: `relu'(0) = 0`, `abs'(0) = 0`, the first of equals wins in `maximum`; a function that is
//! flat almost everywhere (floor, comparisons, argmax) gives an untracked result.

mod arithmetic;
mod cast;
mod create;
mod einsum;
mod entries;
mod entries_more;
pub mod forms;
mod index;
mod linalg;
mod pointwise;
mod rearrange;
mod reduce;
mod scan;
pub mod shape;
mod softmax;
pub mod table;

pub use arithmetic::*;
pub use cast::*;
pub use create::*;
pub use einsum::einsum;
pub use entries::ENTRIES;
pub use index::*;
pub use linalg::*;
pub use pointwise::*;
pub use rearrange::*;
pub use reduce::*;
pub use scan::*;
pub use shape::{narrow, permute, reshape, reshape_to, transpose};
pub use softmax::*;
pub use table::{OpArgs, OpEntry, OpResult, OpValue};

#[cfg(test)]
mod tests;
