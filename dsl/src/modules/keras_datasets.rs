//! `keras.datasets`: bundled and downloadable data.

use super::Module;

/// The module.
pub(super) fn module() -> Module {
    Module::new("keras.datasets", "Data for lessons.")
}
