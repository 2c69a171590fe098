//! Keras' optimizers: what makes weights follow their gradients.
//!
//! `adam.rs`, `rmsprop.rs`, ... hold arguments and pick a rule of `kernels::optimizer_step`; `run.rs` is what all share:
//! clipping, weight decay, averages, accumulation, slots, state in Keras' saved order.

mod adafactor;
mod adagrad;
mod adam;
mod lion;
mod loss_scale;
mod multi;
mod muon;
mod rate;
mod rmsprop;
mod run;
mod schedule_free;
pub mod schedules;
mod sgd;
#[cfg(test)]
mod tests;

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::{Error, Result};
use crate::variable::Variable;
use candle_core::Tensor as Array;
pub use rate::LearningRate;
pub use schedules::Schedule;
use std::rc::Rc;

/// An optimizer: ours or the user's. State (slots, step) lives behind `&self`.
pub trait Optimizer {
    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// Makes the slots for these variables; the first [`Optimizer::apply`] does it otherwise.
    fn build(&self, _variables: &[Rc<Variable>]) -> Result<()> {
        Ok(())
    }

    /// One step: changes the variables by their gradients, then holds them to their constraints. A variable without a
    /// gradient stays as it is.
    fn apply(&self, gradients: &[Option<Array>], variables: &[Rc<Variable>]) -> Result<()>;

    /// Number of updates so far.
    fn iterations(&self) -> u64;

    /// The rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the rate; refused if a schedule sets it.
    fn set_learning_rate(&self, rate: f64) -> Result<()>;

    /// The loss must be multiplied by this before gradients are taken.
    fn loss_scale(&self) -> Option<f64> {
        None
    }

    /// Another factor for the loss, or none: whoever wraps an optimizer scales the loss itself.
    fn set_loss_scale(&self, _scale: Option<f64>) {}

    /// No weight decay for variables whose name contains one of these words, or that are listed.
    fn exclude_from_weight_decay(&self, _words: &[String], _listed: &[Rc<Variable>]) -> Result<()> {
        Err(Error::not_implemented(
            "this optimizer has no weight decay to exclude variables from",
            "AdamW or an optimizer with weight_decay=...",
        ))
    }

    /// The optimizers that it wraps, with the paths under which a file has them.
    fn wrapped(&self) -> Vec<(String, Rc<dyn Optimizer>)> {
        Vec::new()
    }

    /// Everything that it keeps (name and copy), in the order in which Keras saves it: iteration, learning_rate, slots.
    fn variables(&self) -> Result<Vec<(String, Array)>>;

    /// Restores what [`Optimizer::variables`] gave; it must have been built for the same variables, unless nothing
    /// but iteration and learning rate is given.
    fn set_variables(&self, values: &[Array]) -> Result<()>;

    /// Exchanges weights and their averages (`use_ema`).
    fn swap_averages(&self) -> Result<()> {
        Err(without_averages())
    }

    /// Sets the averages to the present weights (`use_ema`).
    fn set_averages(&self) -> Result<()> {
        Err(without_averages())
    }

    /// The end of a training run: averages replace the weights, if they are kept (`use_ema`).
    fn finish(&self, _variables: &[Rc<Variable>]) -> Result<()> {
        Ok(())
    }
}

/// An optimizer with a loss that is scaled as Keras' LossScaleOptimizer does by itself.
pub(crate) fn with_loss_scale(inner: Rc<dyn Optimizer>) -> Rc<dyn Optimizer> {
    let name = Some("loss_scale_optimizer".to_owned());
    Rc::new(loss_scale::LossScale::new(inner, 32768.0, 2000, name))
}

/// The error of an optimizer that keeps no averages.
fn without_averages() -> Error {
    Error::value("the optimizer keeps no averages of the weights")
        .expected("an optimizer with use_ema=True that has begun to train")
        .hint("model.compile(optimizer=keras.optimizers.SGD(use_ema=True), ...), then fit")
}

/// All optimizers.
pub static ENTRIES: &[&Entry] = &[
    &sgd::ENTRY,
    &rmsprop::ENTRY,
    &adam::ADAM,
    &adam::ADAMW,
    &adagrad::ADADELTA,
    &adagrad::ADAGRAD,
    &adam::ADAMAX,
    &adam::NADAM,
    &adagrad::FTRL,
    &lion::ENTRY,
    &adam::LAMB,
    &adafactor::ENTRY,
    &muon::ENTRY,
    &schedule_free::ENTRY,
    &loss_scale::ENTRY,
    &multi::ENTRY,
];
