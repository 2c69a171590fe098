//! Keras' constraints: what weights are held to after each step.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::error::Result;
use candle_core::Tensor as Array;
use std::rc::Rc;

/// A projection of a weight.
pub trait Constrain {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// The allowed value nearest to this one.
    fn project(&self, weight: &Array) -> Result<Array>;
}

/// A constraint, shared.
#[derive(Clone)]
pub struct Constraint(pub Rc<dyn Constrain>);

impl Constraint {
    /// The allowed value nearest to this one.
    pub fn project(&self, weight: &Array) -> Result<Array> {
        self.0.project(weight)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        catalog::envelope("keras.constraints", &self.0.class_name(), self.0.config())
    }
}

impl Field for Constraint {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Constraint, arg)? {
            Made::Constraint(constraint) => Ok(constraint),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Constraint(self.clone()))
    }

    fn kind() -> String {
        "the name of a constraint or a constraint".to_owned()
    }
}

/// All constraints.
pub static ENTRIES: &[&Entry] = &[];
