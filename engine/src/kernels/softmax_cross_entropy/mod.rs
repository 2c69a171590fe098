//! Softmax and crossentropy in one pass, from logits: stable, and without the probabilities in between.
//!
//! Shapes: x `[..., classes]`, labels `[...]` or targets `[..., classes]`, loss `[...]`.
//! Formula: `loss = log(sum(exp(x))) sum(t) - sum(t x)`, `dx = dloss (softmax(x) sum(t) - t)`; with smoothing s the
//! targets are `t (1 - s) + s / classes`.

mod cpu;
pub mod reference;

use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::{Error, Result};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;

/// What each row should be.
#[derive(Clone, Copy)]
pub enum Targets<'a> {
    /// The number of a class for each row; rows without one have loss 0.
    Labels(&'a [Option<usize>]),
    /// Shares of all classes, in the shape of the logits.
    Shares {
        /// Numbers, in the type of the logits.
        shares: &'a Array,
        /// How much of each share is spread over all classes.
        smoothing: f64,
    },
}

/// The loss of each row, tracked. Targets get no gradient.
pub fn softmax_cross_entropy(logits: &Tensor, targets: Targets<'_>) -> Result<Tensor> {
    let Some((&classes, outer)) = logits.shape().split_last().filter(|(classes, _)| **classes > 0)
    else {
        return Err(Error::value("crossentropy needs an axis of classes")
            .received(format!("shape {:?}", logits.shape())));
    };
    let x = logits.array();
    let targets = match targets {
        Targets::Labels(labels) => Kept::Labels(read_labels(labels, outer, classes)?),
        Targets::Shares { shares, smoothing } => {
            if shares.dims() != x.dims() {
                return Err(Error::value("targets must have the shape of the predictions")
                    .received(format!("{:?}", shares.dims()))
                    .expected(format!("{:?}", x.dims())));
            }
            Kept::Shares(shares.to_dtype(x.dtype())?, smoothing)
        }
    };
    if !is_cpu_f32(x) {
        let shares = targets.dense(x)?;
        let value = reference::forward(x, &shares)?;
        let saved = x.clone();
        return Ok(tape::record("softmax_cross_entropy", &[logits], value, move |dy, _| {
            Ok(vec![Some(reference::backward(&saved, &shares, dy)?)])
        }));
    }
    let loss = with_f32(x, |x| targets.with(|targets| Ok(cpu::forward(x, classes, targets))))?;
    let value = from_f32(loss, outer)?;
    let saved = x.clone();
    Ok(tape::record("softmax_cross_entropy", &[logits], value, move |dy, _| {
        let dx = with_f32(&saved, |x| {
            with_f32(dy, |dy| targets.with(|targets| Ok(cpu::backward(x, classes, targets, dy))))
        })?;
        Ok(vec![Some(from_f32(dx, saved.dims())?)])
    }))
}

/// Targets, checked.
enum Kept {
    /// -1 where nothing counts.
    Labels(Vec<i64>),
    Shares(Array, f64),
}

impl Kept {
    fn with<T>(&self, work: impl FnOnce(cpu::Rows<'_>) -> Result<T>) -> Result<T> {
        match self {
            Kept::Labels(labels) => work(cpu::Rows::Labels(labels)),
            Kept::Shares(shares, smoothing) => {
                with_f32(shares, |shares| work(cpu::Rows::Shares(shares, *smoothing as f32)))
            }
        }
    }

    /// As shares, for the reference.
    fn dense(&self, x: &Array) -> Result<Array> {
        let classes = x.dims().last().copied().unwrap_or(1);
        match self {
            Kept::Labels(labels) => {
                let mut shares = vec![0f32; labels.len() * classes];
                for (row, label) in shares.chunks_exact_mut(classes).zip(labels) {
                    if let Some(share) = usize::try_from(*label).ok().and_then(|i| row.get_mut(i)) {
                        *share = 1.0;
                    }
                }
                let shares = Array::from_vec(shares, x.dims(), x.device())?;
                Ok(shares.to_dtype(x.dtype())?)
            }
            Kept::Shares(shares, smoothing) => {
                Ok(shares.affine(1.0 - smoothing, smoothing / classes as f64)?)
            }
        }
    }
}

fn read_labels(labels: &[Option<usize>], outer: &[usize], classes: usize) -> Result<Vec<i64>> {
    if labels.len() != outer.iter().product::<usize>() {
        return Err(Error::value("there must be one label for each row of predictions")
            .received(format!("{} labels", labels.len()))
            .expected(format!("{outer:?}")));
    }
    let known = |(place, label): (usize, &Option<usize>)| match label {
        Some(label) if *label >= classes => {
            Err(Error::value(format!("label {label} at place {place} names no class"))
                .received(label.to_string())
                .expected(format!("0..{}", classes - 1)))
        }
        Some(label) => Ok(i64::try_from(*label).unwrap_or(-1)),
        None => Ok(-1),
    };
    labels.iter().enumerate().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn value_and_gradient() {
        let x = check::values(&[3, 2, 5], 1);
        let shares = check::values_in(&[3, 2, 5], 2, 0.0, 1.0);
        for labels in [
            [Some(2), Some(0), Some(3), Some(4), Some(1), Some(1)],
            [Some(2), None, Some(3), Some(4), None, Some(1)],
        ] {
            let f = |i: &[Tensor]| softmax_cross_entropy(&i[0], Targets::Labels(&labels));
            check::gradients("labels", f, std::slice::from_ref(&x));
            check::same_in_float32("labels", f, std::slice::from_ref(&x), 1e-6);
        }
        for smoothing in [0.0, 0.3] {
            let f = |i: &[Tensor]| {
                let shares = shares.array();
                softmax_cross_entropy(&i[0], Targets::Shares { shares, smoothing })
            };
            check::gradients("shares", f, std::slice::from_ref(&x));
            check::same_in_float32("shares", f, std::slice::from_ref(&x), 1e-6);
        }
        let error = softmax_cross_entropy(&x, Targets::Labels(&[Some(5); 6])).err().unwrap();
        assert!(error.to_string().contains("label 5 at place 0 names no class"), "{error}");
    }
}
