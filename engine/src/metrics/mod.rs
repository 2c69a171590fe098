//! Keras' metrics: they gather over batches and give a result.

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::Result;
use crate::tensor::Tensor;

/// A metric: ours or the user's. State lives behind `&self`, since users share metrics.
pub trait Metric {
    /// Its name in logs.
    fn name(&self) -> String;

    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// Takes a batch in.
    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()>;

    /// The value so far: one number, or several (a list per class or threshold).
    fn result(&self) -> Result<Vec<f64>>;

    /// Forgets everything.
    fn reset(&self);
}

/// All metrics.
pub static ENTRIES: &[&Entry] = &[];
