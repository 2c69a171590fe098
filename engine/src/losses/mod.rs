//! Keras' losses.
//!
//! Masks: a prediction's mask (`Tensor::mask`) becomes weights as in Keras (`losses/loss.py: apply_mask`); nobody
//! passes it by hand.

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

    /// The reduced loss of a batch, a tracked scalar (`reduction=None` gives the values). `weights` are per sample (or
    /// per value).
    fn call(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>)
    -> Result<Tensor>;
}

/// All losses.
pub static ENTRIES: &[&Entry] = &[];
