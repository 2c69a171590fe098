//! `kerai`: what only kerai has.

use super::Module;
use crate::runtime::Value;

/// The module.
pub(super) fn module() -> Module {
    Module::new("kerai", "What only kerai has: bundled data.")
        .with("__version__", Value::str(env!("CARGO_PKG_VERSION")))
        .submodule("datasets", super::keras_datasets::kerai)
}
