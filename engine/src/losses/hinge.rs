//! Losses of margins.

use super::loss;
use super::regression::{mean_of_last, pair};
use crate::error::Result;
use crate::ops;
use crate::tensor::Tensor;

/// Labels of 0 and 1 become -1 and 1, if there are no others.
fn signed(truth: &Tensor) -> Result<Tensor> {
    let values =
        truth.array().to_dtype(candle_core::DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    if values.iter().all(|value| *value == 0.0 || *value == 1.0) {
        ops::affine(truth, 2.0, -1.0)
    } else {
        Ok(truth.clone())
    }
}

/// `max(1 - y_true y_pred, 0)` per element.
fn margin(truth: &Tensor, prediction: &Tensor) -> Result<Tensor> {
    let (truth, prediction) = pair(truth, prediction)?;
    let product = ops::multiply(&signed(&truth)?, &prediction)?;
    ops::relu(&ops::affine(&product, -1.0, 1.0)?)
}

loss! {
    "The mean of `max(1 - y_true y_pred, 0)`; targets are -1 and 1 (or 0 and 1)."
    Hinge("Hinge", "hinge") {}
    |this, truth, prediction| mean_of_last(&margin(truth, prediction)?)
}

loss! {
    "The mean of `max(1 - y_true y_pred, 0)^2`; targets are -1 and 1 (or 0 and 1)."
    SquaredHinge("SquaredHinge", "squared_hinge") {}
    |this, truth, prediction| mean_of_last(&ops::square(&margin(truth, prediction)?)?)
}

loss! {
    "`max(n - p + 1, 0)` with `p = sum(y_true y_pred)` and `n = max((1 - y_true) y_pred)`; targets are one-hot."
    CategoricalHinge("CategoricalHinge", "categorical_hinge") {}
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let positive = ops::sum(&ops::multiply(&truth, &prediction)?, Some(&[-1]), false)?;
        let others = ops::multiply(&ops::affine(&truth, -1.0, 1.0)?, &prediction)?;
        let negative = ops::max(&others, Some(&[-1]), false)?;
        ops::relu(&ops::affine(&ops::subtract(&negative, &positive)?, 1.0, 1.0)?)
    }
}
