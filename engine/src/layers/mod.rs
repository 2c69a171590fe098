//! The layers, one file per layer or small family. This list is the only one.

pub mod dense;
pub mod input_layer;

use crate::catalog::Entry;

/// All layers, in the order of Keras' documentation.
pub static ENTRIES: &[&Entry] = &[&input_layer::ENTRY, &dense::ENTRY];
