//! How often predictions are right.

use super::gather::{Values, mean, numbers};
use crate::error::{Error, Result};
use crate::losses::same_rank;
use crate::tensor::Tensor;
use candle_core::DType;

fn misfit(truth: &Tensor, prediction: &Tensor) -> Error {
    Error::value("targets and predictions do not fit together").received(format!(
        "y_true {:?}, y_pred {:?}",
        truth.shape(),
        prediction.shape()
    ))
}

/// Truth and prediction as numbers of one shape.
fn aligned(truth: &Tensor, prediction: &Tensor) -> Result<(Vec<f64>, Vec<f64>, Vec<usize>)> {
    let (t, p) = same_rank(truth, prediction)?;
    if t.shape() != p.shape() {
        return Err(misfit(truth, prediction).expected("equal shapes"));
    }
    Ok((numbers(&t)?, numbers(&p)?, p.shape().to_vec()))
}

/// The place of the largest of each row, the first of equals.
fn best(x: &Tensor) -> Result<Vec<usize>> {
    let columns = x.shape().last().copied().unwrap_or(1).max(1);
    let place = |row: &[f32]| {
        let mut best = 0;
        for (i, value) in row.iter().enumerate() {
            if *value > row[best] {
                best = i;
            }
        }
        best
    };
    let single = x.array().to_dtype(DType::F32)?;
    crate::kernels::slices::with_values(&single, |x: &[f32]| {
        Ok(x.chunks_exact(columns).map(place).collect())
    })
}

fn rows(prediction: &Tensor) -> Result<&[usize]> {
    match prediction.shape() {
        [rows @ .., _] => Ok(rows),
        [] => Err(Error::value("predictions need an axis of classes").received("a single number")),
    }
}

/// Whether the label of each row is among the `k` best of its row.
fn in_top_k(labels: &[f64], prediction: &Tensor, k: usize) -> Result<Vec<f64>> {
    let classes = prediction.shape().last().copied().unwrap_or(1).max(1);
    let single = prediction.array().to_dtype(DType::F32)?;
    crate::kernels::slices::with_values(&single, |x: &[f32]| {
        let hit = |(row, label): (&[f32], &f64)| {
            if *label < 0.0 || *label >= classes as f64 {
                return 0.0;
            }
            let own = row[*label as usize];
            let better = row.iter().filter(|value| **value > own).count();
            if own.is_finite() && better < k { 1.0 } else { 0.0 }
        };
        Ok(x.chunks_exact(classes).zip(labels).map(hit).collect())
    })
}

/// Integer labels, one per row of predictions.
fn labels(truth: &Tensor, prediction: &Tensor) -> Result<Vec<f64>> {
    let rows = rows(prediction)?;
    let fits = truth.shape() == rows
        || truth.shape().split_last().is_some_and(|(last, front)| *last == 1 && front == rows);
    if !fits {
        return Err(misfit(truth, prediction)
            .expected(format!("one label per prediction: y_true of shape {rows:?}"))
            .hint("one-hot targets need CategoricalAccuracy"));
    }
    numbers(truth)
}

mean! {
    "How often predictions equal the targets."
    Accuracy("Accuracy", "accuracy") {}
    |this, truth, prediction| {
        let (truth, prediction, shape) = aligned(truth, prediction)?;
        let numbers = truth.iter().zip(&prediction).map(|(t, p)| f64::from(t == p)).collect();
        Ok(Values { numbers, shape })
    }
}

mean! {
    "How often predictions above a threshold meet targets of 1, and others targets of 0."
    BinaryAccuracy("BinaryAccuracy", "binary_accuracy") {
        /// From which probability on a prediction means 1.
        threshold: f64 = 0.5,
    }
    |this, truth, prediction| {
        let (truth, prediction, shape) = aligned(truth, prediction)?;
        let threshold = f64::from(this.threshold as f32);
        let right = |(t, p): (&f64, &f64)| f64::from(*t == f64::from(*p > threshold));
        Ok(Values { numbers: truth.iter().zip(&prediction).map(right).collect(), shape })
    }
}

mean! {
    "How often the largest prediction is where the one-hot target is 1."
    CategoricalAccuracy("CategoricalAccuracy", "categorical_accuracy") {}
    |this, truth, prediction| {
        let rows = rows(prediction)?;
        if truth.shape() != prediction.shape() {
            return Err(misfit(truth, prediction)
                .expected("one-hot targets in the shape of the predictions")
                .hint("integer labels need SparseCategoricalAccuracy"));
        }
        let pairs = best(truth)?.into_iter().zip(best(prediction)?);
        Ok(Values { numbers: pairs.map(|(t, p)| f64::from(t == p)).collect(), shape: rows.to_vec() })
    }
}

mean! {
    "How often the largest prediction is at the integer label."
    SparseCategoricalAccuracy("SparseCategoricalAccuracy", "sparse_categorical_accuracy") {}
    |this, truth, prediction| {
        let labels = labels(truth, prediction)?;
        let pairs = labels.iter().zip(best(prediction)?);
        let numbers = pairs.map(|(label, best)| f64::from(*label == best as f64)).collect();
        Ok(Values { numbers, shape: rows(prediction)?.to_vec() })
    }
}

mean! {
    "How often the one-hot target is among the k largest predictions."
    TopKCategoricalAccuracy("TopKCategoricalAccuracy", "top_k_categorical_accuracy") {
        /// How many predictions count.
        k: usize = 5,
    }
    |this, truth, prediction| {
        if truth.shape() != prediction.shape() {
            return Err(misfit(truth, prediction).expected("one-hot targets in the shape of the predictions"));
        }
        let labels: Vec<f64> = best(truth)?.into_iter().map(|label| label as f64).collect();
        let numbers = in_top_k(&labels, prediction, this.k)?;
        Ok(Values { numbers, shape: rows(prediction)?.to_vec() })
    }
}

mean! {
    "How often the integer label is among the k largest predictions."
    SparseTopKCategoricalAccuracy("SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy") {
        /// How many predictions count.
        k: usize = 5,
        /// Whether predictions are class numbers, best first, instead of scores.
        from_sorted_ids: bool = false,
    }
    |this, truth, prediction| {
        let labels = labels(truth, prediction)?;
        let shape = rows(prediction)?.to_vec();
        if this.from_sorted_ids {
            let ids = numbers(prediction)?;
            let columns = prediction.shape().last().copied().unwrap_or(1).max(1);
            let hit = |(row, label): (&[f64], &f64)| f64::from(row.iter().take(this.k).any(|id| id == label));
            Ok(Values { numbers: ids.chunks_exact(columns).zip(&labels).map(hit).collect(), shape })
        } else {
            Ok(Values { numbers: in_top_k(&labels, prediction, this.k)?, shape })
        }
    }
}
