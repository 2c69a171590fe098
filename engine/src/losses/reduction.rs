//! From a loss' values to one number: weights, masks, reductions (`losses/loss.py` of Keras).

use crate::error::{Error, Result};
use crate::ops;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

crate::choices! {
    /// How a loss' values become one number.
    pub enum Reduction {
        /// Their sum by their number.
        SumOverBatchSize = "sum_over_batch_size",
        /// Their sum.
        Sum = "sum",
        /// The same as `sum_over_batch_size`.
        Mean = "mean",
        /// Their sum by the sum of the weights.
        MeanWithSampleWeight = "mean_with_sample_weight",
        /// They stay as they are.
        None = "none",
    }
}

/// One tensor's last axis is dropped or added where the ranks differ by one (`squeeze_or_expand_to_same_rank`).
pub fn same_rank(a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let (rank_a, rank_b) = (a.shape().len(), b.shape().len());
    let (longer, shorter) = if rank_a > rank_b { (a, b) } else { (b, a) };
    if rank_a.abs_diff(rank_b) != 1 || longer.shape().last() != Some(&1) {
        return Ok((a.clone(), b.clone()));
    }
    let (longer, shorter) = if shorter.shape().len() == 1 {
        (longer.clone(), ops::reshape(shorter, &[shorter.shape()[0], 1])?)
    } else {
        (ops::reshape(longer, &longer.shape()[..longer.shape().len() - 1])?, shorter.clone())
    };
    Ok(if rank_a > rank_b { (longer, shorter) } else { (shorter, longer) })
}

/// The weights of values under a mask: positions that count get `total / valid` for means, 1 otherwise.
fn mask_weights(mask: &Array, dtype: DType, reduction: Reduction) -> Result<Tensor> {
    let zero = mask.zeros_like()?;
    let kept = mask.ne(&zero)?.to_dtype(dtype)?;
    if !matches!(reduction, Reduction::Mean | Reduction::SumOverBatchSize) {
        return Ok(Tensor::new(kept));
    }
    let valid = Tensor::new(kept.sum_all()?).item()?;
    let factor = if valid == 0.0 { 0.0 } else { kept.elem_count() as f64 / valid };
    Ok(Tensor::new(kept.affine(factor, 0.0)?))
}

/// Sample weights and mask as one: Keras' `apply_mask`.
pub fn apply_mask(
    weights: Option<&Tensor>,
    mask: Option<&Array>,
    dtype: DType,
    reduction: Reduction,
) -> Result<Option<Tensor>> {
    let weights = weights.map(|weights| ops::cast(weights, dtype)).transpose()?;
    let Some(mask) = mask else { return Ok(weights) };
    let mask = mask_weights(mask, dtype, reduction)?;
    let Some(weights) = weights else { return Ok(Some(mask)) };
    let (mask, weights) = same_rank(&mask, &weights)?;
    Ok(Some(ops::multiply(&weights, &mask)?))
}

/// The loss of a batch from its values.
pub fn reduce(
    values: &Tensor,
    weights: Option<&Tensor>,
    mask: Option<&Array>,
    reduction: Reduction,
) -> Result<Tensor> {
    let weights = apply_mask(weights, mask, values.dtype(), reduction)?;
    let (values, weights) = match weights {
        Some(weights) => {
            let (values, weights) = same_rank(values, &weights)?;
            // A weight per sample stands in front: `[batch]` for values `[batch, time]`.
            let weights = leading(&weights, values.shape().len())?;
            let weighted = ops::multiply(&values, &weights).map_err(|_| {
                Error::value("the sample weights do not fit the loss' values")
                    .received(format!("weights {:?}, values {:?}", weights.shape(), values.shape()))
                    .expected("one weight per sample (or per value)")
            })?;
            (weighted, Some(weights))
        }
        None => (values.clone(), None),
    };
    if reduction == Reduction::None || values.shape().is_empty() {
        return Ok(values);
    }
    let sum = ops::sum(&values, None, false)?;
    let divisor = match (reduction, &weights) {
        (Reduction::Sum, _) => return Ok(sum),
        (Reduction::MeanWithSampleWeight, Some(weights)) => {
            Tensor::new(weights.array().sum_all()?).item()?
        }
        _ => values.array().elem_count() as f64,
    };
    ops::scale(&sum, if divisor == 0.0 { 0.0 } else { 1.0 / divisor })
}

/// Axes of size 1 behind, up to a rank.
fn leading(weights: &Tensor, rank: usize) -> Result<Tensor> {
    if weights.shape().len() >= rank || weights.shape().is_empty() {
        return Ok(weights.clone());
    }
    let mut shape = weights.shape().to_vec();
    shape.resize(rank, 1);
    ops::reshape(weights, &shape)
}
