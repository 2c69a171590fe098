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

/// The mean of a loss' values, each times its weight: Keras' `sum_over_batch_size`.
pub fn reduce_mean(values: &Tensor, weights: Option<&Tensor>) -> Result<Tensor> {
    let count = values.array().elem_count().max(1) as f64;
    let weights = match weights {
        Some(weights) => {
            let mut shape = weights.shape().to_vec();
            shape.resize(values.shape().len(), 1);
            Some(
                weights
                    .array()
                    .reshape(shape)?
                    .to_dtype(values.dtype())?
                    .broadcast_as(values.shape())?
                    .contiguous()?,
            )
        }
        None => None,
    };
    let weighted = match &weights {
        Some(weights) => values.array().mul(weights)?,
        None => values.array().clone(),
    };
    let value = (weighted.sum_all()? / count)?;
    let shape = values.shape().to_vec();
    Ok(crate::tape::record("reduce_mean", &[values], value, move |dy, _| {
        let dy = (dy.broadcast_as(&shape[..])?.contiguous()? / count)?;
        Ok(vec![Some(match &weights {
            Some(weights) => dy.mul(weights)?,
            None => dy,
        })])
    }))
}
