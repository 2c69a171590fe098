//! `keras.ops` (and most of `tf.*`): the engine's table of operations, bound in one loop.

use super::Module;
use crate::runtime::{PyResult, Value};

/// The module.
pub(super) fn module() -> Module {
    Module::new("keras.ops", "Operations on tensors, with gradients.")
}

/// The operation that TensorFlow has under this name.
pub(super) fn find_tensorflow(_name: &str) -> PyResult<Option<Value>> {
    Ok(None)
}

/// The names of the operations.
pub(super) fn names() -> Vec<String> {
    Vec::new()
}
