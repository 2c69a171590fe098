//! Keras' losses.

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::Result;
use crate::tensor::Tensor;

/// A loss: ours or the user's.
pub trait Loss {
    /// Its name in logs and strings.
    fn name(&self) -> String;

    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// The reduced loss of a batch, a tracked scalar. `weights` are per sample (or per value).
    fn call(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>)
    -> Result<Tensor>;
}

/// All losses.
pub static ENTRIES: &[&Entry] = &[];
