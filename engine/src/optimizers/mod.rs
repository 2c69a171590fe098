//! Keras' optimizers.

pub mod schedules;

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::Result;
use crate::variable::Variable;
use candle_core::Tensor as Array;
pub use schedules::Schedule;
use std::rc::Rc;

/// An optimizer: ours or the user's. State (slots, step) lives behind `&self`.
pub trait Optimizer {
    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate; refused where a schedule rules.
    fn set_learning_rate(&self, rate: f64) -> Result<()>;

    /// At the end of `fit`: averaged weights take the place of the last ones.
    fn finish(&self, _variables: &[Rc<Variable>]) -> Result<()> {
        Ok(())
    }

    /// One step: changes the variables by their gradients.
    fn apply(&self, gradients: &[Option<Array>], variables: &[Rc<Variable>]) -> Result<()>;
}

/// All optimizers.
pub static ENTRIES: &[&Entry] = &[];
