//! Keras' metrics: they gather over batches and give a result.
//!
//! Masks: a prediction's mask (`Tensor::mask`) counts as weights of 0 and 1, as in Keras; nobody passes it by hand.

mod function;
mod resolve;

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
pub use resolve::resolve;

/// A metric: ours or the user's. State lives behind `&self`, since users share metrics.
pub trait Metric {
    /// Its name in logs.
    fn name(&self) -> String;

    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// Takes a batch in. `weights` are per sample (or per value).
    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()>;

    /// Takes plain values in: `Mean`, `Sum` and their like, which know neither truth nor prediction.
    fn update_values(&self, _values: &Tensor, _weights: Option<&Tensor>) -> Result<()> {
        Err(Error::type_error(format!("{} compares two tensors", self.name()))
            .received("one tensor")
            .expected("update_state(y_true, y_pred)"))
    }

    /// The value so far: one number, or several (a list per class or threshold).
    fn result(&self) -> Result<Vec<f64>>;

    /// Whether [`Metric::result`] is a list even if it has one entry.
    fn is_vector(&self) -> bool {
        false
    }

    /// Forgets everything.
    fn reset(&self);

    /// What it has gathered, in the order of Keras' variables (`Mean`: total, count), so that a run can be resumed.
    fn state(&self) -> Vec<Vec<f64>>;

    /// Restores what [`Metric::state`] gave.
    fn set_state(&self, state: &[Vec<f64>]) -> Result<()>;
}

/// All metrics.
pub static ENTRIES: &[&Entry] = &[];
