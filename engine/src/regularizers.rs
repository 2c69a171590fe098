//! Keras' regularizers: what is charged to the loss for the size of weights or outputs.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::error::Result;
use crate::tensor::Tensor;
use std::rc::Rc;

/// A charge for a tensor's size.
pub trait Regularize {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// The charge: a scalar, tracked.
    fn penalty(&self, x: &Tensor) -> Result<Tensor>;
}

/// A regularizer, shared.
#[derive(Clone)]
pub struct Regularizer(pub Rc<dyn Regularize>);

impl Regularizer {
    /// The charge for a weight.
    pub fn penalty(&self, x: &Tensor) -> Result<Tensor> {
        self.0.penalty(x)
    }

    /// The charge for a layer's output: divided by the batch size, as Keras does.
    pub fn activity_penalty(&self, output: &Tensor) -> Result<Tensor> {
        let batch = output.shape().first().copied().unwrap_or(1).max(1);
        crate::ops::scale(&self.0.penalty(output)?, 1.0 / batch as f64)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        catalog::envelope("keras.regularizers", &self.0.class_name(), self.0.config())
    }
}

impl Field for Regularizer {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Regularizer, arg)? {
            Made::Regularizer(regularizer) => Ok(regularizer),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Regularizer(self.clone()))
    }

    fn kind() -> String {
        "the name of a regularizer or a regularizer".to_owned()
    }
}

/// All regularizers.
pub static ENTRIES: &[&Entry] = &[];
