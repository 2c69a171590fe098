//! Keras' initializers: where the first values of weights come from.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::error::Result;
use candle_core::{Device, Tensor as Array};
use std::rc::Rc;

/// Makes first values.
pub trait Initialize {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// Values of a shape, float32.
    fn make(&self, shape: &[usize]) -> Result<Array>;
}

/// An initializer, shared.
#[derive(Clone)]
pub struct Initializer(pub Rc<dyn Initialize>);

impl Initializer {
    /// An initializer of ours by name.
    pub fn named(name: &'static str) -> Self {
        Self::parse(&Arg::str(name)).unwrap_or_else(|_| Initializer(Rc::new(Zeros)))
    }

    /// Values of a shape.
    pub fn make(&self, shape: &[usize]) -> Result<Array> {
        self.0.make(shape)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        catalog::envelope("keras.initializers", &self.0.class_name(), self.0.config())
    }
}

impl Field for Initializer {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Initializer, arg)? {
            Made::Initializer(initializer) => Ok(initializer),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Initializer(self.clone()))
    }

    fn kind() -> String {
        "the name of an initializer or an initializer".to_owned()
    }
}

/// All zeros.
struct Zeros;

impl Initialize for Zeros {
    fn class_name(&self) -> String {
        "Zeros".to_owned()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn make(&self, shape: &[usize]) -> Result<Array> {
        Ok(Array::zeros(shape, candle_core::DType::F32, &Device::Cpu)?)
    }
}

/// All initializers.
pub static ENTRIES: &[&Entry] = &[&Entry {
    name: "Zeros",
    aliases: &[],
    kind: Kind::Initializer,
    doc: "All zeros.",
    args: &[],
    make: |_| Ok(Made::Initializer(Initializer(Rc::new(Zeros)))),
}];
