//! `.keras` files: the archive, the configs in it, the weights.

use crate::config::{Arg, Config};
use crate::error::{Error, Result};
use crate::graph::{Functional, Sequential};
use crate::layer::LayerInstance;
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
