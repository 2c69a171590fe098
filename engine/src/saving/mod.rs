//! `.keras` files: the archive, the configs in it, the weights.

use crate::config::{Arg, Config};
use crate::error::{Error, Result};
use crate::graph::{Functional, Sequential};
use crate::layer::LayerInstance;
use crate::model::Model;
use std::path::Path;
use std::rc::Rc;

/// A layer from its envelope.
pub fn layer_from_config(envelope: &Arg) -> Result<Rc<LayerInstance>> {
    Err(Error::not_implemented("layers cannot be read from configs yet", "build the model in code")
        .received(envelope.describe()))
}

/// The config of a functional model.
pub fn functional_config(_model: &Functional) -> Config {
    Vec::new()
}

/// The config of a sequential model.
pub fn sequential_config(_model: &Sequential) -> Config {
    Vec::new()
}

/// Writes a model to a `.keras` file.
pub fn save_model(_model: &Model, path: &Path) -> Result<()> {
    Err(Error::not_implemented("models cannot be saved yet", "keep the session open")
        .received(path.display().to_string()))
}

/// Writes a model's weights to a `.weights.h5` file.
pub fn save_weights(_model: &Model, path: &Path) -> Result<()> {
    Err(Error::not_implemented("weights cannot be saved yet", "keep the session open")
        .received(path.display().to_string()))
}
