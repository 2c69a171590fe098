//! Normalisation to mean 0 and variance 1: of channels over a batch, or of rows by themselves.
//!
//! Shapes: x `[..., channels]`, gamma and beta `[channels]`. Formula: `h = (x - mean) / sqrt(variance + epsilon)`,
//! `y = gamma h + beta`; the variance is the biased one (divided by the count).
//! Derivatives, with `g = gamma dy` and means over what was normalised: `dx = (g - mean(g) - h mean(g h)) / deviation`;
//! with given statistics only `dx = g / deviation`; `dgamma = sum(dy h)`, `dbeta = sum(dy)`.

mod cpu;
pub mod reference;

use super::dense::{before_relu, with_bias};
use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;

/// Mean and variance of each channel.
#[derive(Clone)]
pub struct Statistics {
    /// `[channels]`
    pub mean: Array,
    /// `[channels]`
    pub variance: Array,
}

/// Normalises each channel (the last axis) over all other axes, tracked: with given statistics, or with those of `x`,
/// which come back. A relu may follow in the same pass; backwards its mask is made from x again.
pub fn batch_normalization(
    x: &Tensor,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
    epsilon: f64,
    given: Option<Statistics>,
    relu: bool,
) -> Result<(Tensor, Statistics)> {
    let uses_batch = given.is_none();
    let (arrays, fast) = (x.array(), is_cpu_f32(x.array()));
    let channels = x.shape().last().copied().unwrap_or(1);
    let statistics = match given {
        Some(given) => given,
        None if fast => {
            let (mean, variance) = with_f32(arrays, |x| Ok(cpu::statistics(x, channels)))?;
            Statistics {
                mean: from_f32(mean, &[channels])?,
                variance: from_f32(variance, &[channels])?,
            }
        }
        None => reference::statistics(arrays)?,
    };
    let of = |weight: Option<&Tensor>| weight.map(|weight| weight.array().clone());
    let (of_gamma, of_beta) = (of(gamma), of(beta));
    let mut channels_of = None;
    let value = if fast {
        let of = with_channels(&statistics, of_gamma.as_ref(), |mean, variance, gamma| {
            with_bias(of_beta.as_ref(), |beta| {
                Ok(cpu::scale_and_shift(mean, variance, gamma, beta, epsilon, relu))
            })
        })?;
        let y = with_f32(arrays, |x| Ok(cpu::scale_channels(x, &of)))?;
        channels_of = Some(of);
        from_f32(y, x.shape())?
    } else {
        let y =
            reference::batch(arrays, of_gamma.as_ref(), of_beta.as_ref(), epsilon, &statistics)?;
        if relu { y.relu()? } else { y }
    };
    let (has_gamma, has_beta) = (gamma.is_some(), beta.is_some());
    let mut inputs = vec![x];
    inputs.extend(gamma);
    inputs.extend(beta);
    let (saved, kept) = (arrays.clone(), statistics.clone());
    let saved_y = (relu && !fast).then(|| value.clone());
    let y = tape::record("batch_normalization", &inputs, value, move |dy, _| {
        let gamma = of_gamma.as_ref();
        let (dx, dgamma, dbeta) = if let Some(of) = &channels_of {
            let parts = with_channels(&kept, gamma, |mean, variance, gamma| {
                with_f32(&saved, |x| {
                    with_f32(dy, |dy| {
                        let statistics = [mean, variance];
                        Ok(cpu::channels_gradient(
                            x, dy, statistics, gamma, epsilon, uses_batch, of,
                        ))
                    })
                })
            })?;
            let (dx, dgamma, dbeta) = parts;
            let shape = &[channels][..];
            (from_f32(dx, saved.dims())?, from_f32(dgamma, shape)?, from_f32(dbeta, shape)?)
        } else {
            let dy = match &saved_y {
                Some(y) => before_relu(y, dy)?,
                None => dy.clone(),
            };
            reference::batch_gradient(&saved, gamma, &dy, epsilon, &kept, uses_batch)?
        };
        let mut gradients = vec![Some(dx)];
        gradients.extend(has_gamma.then_some(Some(dgamma)));
        gradients.extend(has_beta.then_some(Some(dbeta)));
        Ok(gradients)
    });
    Ok((y, statistics))
}

fn with_channels<T>(
    statistics: &Statistics,
    gamma: Option<&Array>,
    work: impl FnOnce(&[f32], &[f32], &[f32]) -> Result<T>,
) -> Result<T> {
    with_f32(&statistics.mean, |mean| {
        with_f32(&statistics.variance, |variance| {
            with_bias(gamma, |gamma| work(mean, variance, gamma))
        })
    })
}

/// Normalises each row (the last axis) by itself, tracked.
pub fn layer_normalization(
    x: &Tensor,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
    epsilon: f64,
) -> Result<Tensor> {
    let (array, fast) = (x.array(), is_cpu_f32(x.array()));
    let features = x.shape().last().copied().unwrap_or(1);
    let of_gamma = gamma.map(|gamma| gamma.array().clone());
    let of_beta = beta.map(Tensor::array);
    let (value, rows) = if fast {
        let (y, rows) = with_f32(array, |x| {
            with_bias(of_gamma.as_ref(), |gamma| {
                with_bias(of_beta, |beta| Ok(cpu::rows(x, gamma, beta, features, epsilon)))
            })
        })?;
        (from_f32(y, x.shape())?, rows)
    } else {
        (reference::layer(array, of_gamma.as_ref(), of_beta, epsilon)?, Vec::new())
    };
    let (has_gamma, has_beta) = (gamma.is_some(), beta.is_some());
    let mut inputs = vec![x];
    inputs.extend(gamma);
    inputs.extend(beta);
    let saved = array.clone();
    Ok(tape::record("layer_normalization", &inputs, value, move |dy, _| {
        let gamma = of_gamma.as_ref();
        let (dx, dgamma, dbeta) = if fast {
            let (dx, dgamma, dbeta) = with_f32(&saved, |x| {
                with_f32(dy, |dy| {
                    with_bias(gamma, |gamma| Ok(cpu::rows_gradient(x, dy, gamma, &rows, features)))
                })
            })?;
            let shape = &[features][..];
            (from_f32(dx, saved.dims())?, from_f32(dgamma, shape)?, from_f32(dbeta, shape)?)
        } else {
            reference::layer_gradient(&saved, gamma, dy, epsilon)?
        };
        let mut gradients = vec![Some(dx)];
        gradients.extend(has_gamma.then_some(Some(dgamma)));
        gradients.extend(has_beta.then_some(Some(dbeta)));
        Ok(gradients)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn value_and_gradient() {
        for (shape, is_large) in [(&[5, 3][..], false), (&[2, 3, 17], false), (&[40, 60, 67], true)]
        {
            let channels = shape[shape.len() - 1];
            let inputs = [
                check::values(shape, 1),
                check::values(&[channels], 2),
                check::values(&[channels], 3),
            ];
            let both = |i: &[Tensor]| {
                Ok(batch_normalization(&i[0], Some(&i[1]), Some(&i[2]), 1e-3, None, false)?.0)
            };
            let relu = |i: &[Tensor]| {
                Ok(batch_normalization(&i[0], Some(&i[1]), Some(&i[2]), 1e-3, None, true)?.0)
            };
            let plain =
                |i: &[Tensor]| Ok(batch_normalization(&i[0], None, None, 1e-3, None, false)?.0);
            let given = |i: &[Tensor]| {
                let of = |seed| check::values_in(&[channels], seed, 0.5, 1.0).into_array();
                let dtype = i[0].dtype();
                let given =
                    Statistics { mean: of(7).to_dtype(dtype)?, variance: of(8).to_dtype(dtype)? };
                let (gamma, beta) = (Some(&i[1]), Some(&i[2]));
                Ok(batch_normalization(&i[0], gamma, beta, 1e-3, Some(given), false)?.0)
            };
            let rows = |i: &[Tensor]| layer_normalization(&i[0], Some(&i[1]), Some(&i[2]), 1e-3);
            let bare = |i: &[Tensor]| layer_normalization(&i[0], None, None, 1e-3);
            if !is_large {
                check::gradients("batch normalization", both, &inputs);
                check::gradients("batch normalization, relu", relu, &inputs);
                check::gradients("batch normalization, plain", plain, &inputs[..1]);
                check::gradients("batch normalization, given", given, &inputs);
                check::gradients("layer normalization", rows, &inputs);
                check::gradients("layer normalization, plain", bare, &inputs[..1]);
            }
            check::same_in_float32("batch normalization", both, &inputs, 1e-5);
            check::same_in_float32("batch normalization, relu", relu, &inputs, 1e-5);
            check::same_in_float32("batch normalization, plain", plain, &inputs[..1], 1e-5);
            check::same_in_float32("batch normalization, given", given, &inputs, 1e-5);
            check::same_in_float32("layer normalization", rows, &inputs, 1e-5);
            check::same_in_float32("layer normalization, plain", bare, &inputs[..1], 1e-5);
        }
    }
}
