//! Keras' activations: functions of a tensor, found by name.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::error::Result;
use crate::tensor::Tensor;
use std::rc::Rc;

/// A function of a tensor, ours or the user's.
pub trait Activate {
    /// Its name, as a config holds it.
    fn name(&self) -> String;

    /// Its value.
    fn apply(&self, x: &Tensor) -> Result<Tensor>;
}

/// An activation, shared.
#[derive(Clone)]
pub struct Activation(pub Rc<dyn Activate>);

struct Builtin {
    name: &'static str,
    apply: fn(&Tensor) -> Result<Tensor>,
}

impl Activate for Builtin {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        (self.apply)(x)
    }
}

impl Activation {
    /// The identity: what `activation=None` means.
    pub fn linear() -> Self {
        Activation(Rc::new(Builtin { name: "linear", apply: |x| Ok(x.clone()) }))
    }

    /// An activation of ours by name.
    pub fn named(name: &'static str) -> Result<Self> {
        Self::parse(&Arg::str(name))
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Whether it is the identity, so that nothing needs computing.
    pub fn is_linear(&self) -> bool {
        self.name() == "linear"
    }

    /// Its value.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.0.apply(x)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        Arg::Str(self.name())
    }
}

impl Field for Activation {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::None => Ok(Activation::linear()),
            arg => match catalog::get(Kind::Activation, arg)? {
                Made::Activation(activation) => Ok(activation),
                _ => Err(crate::config::mismatch::<Self>(arg)),
            },
        }
    }

    fn to_arg(&self) -> Arg {
        self.identifier()
    }

    fn kind() -> String {
        "the name of an activation or a function of a tensor".to_owned()
    }
}

macro_rules! activation {
    ($name:literal, $apply:expr, $doc:literal) => {
        &Entry {
            name: $name,
            aliases: &[],
            kind: Kind::Activation,
            doc: $doc,
            args: &[],
            make: |_| {
                Ok(Made::Activation(Activation(Rc::new(Builtin { name: $name, apply: $apply }))))
            },
        }
    };
}

/// All activations.
pub static ENTRIES: &[&Entry] = &[activation!("linear", |x| Ok(x.clone()), "The identity: `x`.")];

/// Config of something without arguments.
pub fn no_config() -> Config {
    Vec::new()
}
