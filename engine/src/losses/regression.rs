//! Losses of numbers.

use super::{EPSILON, loss, same_rank};
use crate::error::{Error, Result};
use crate::ops;
use crate::tensor::Tensor;

/// Truth and prediction in one element type and rank, checked to fit.
pub(crate) fn pair(truth: &Tensor, prediction: &Tensor) -> Result<(Tensor, Tensor)> {
    let prediction = ops::to_float(prediction)?;
    let truth = ops::cast(truth, prediction.dtype())?;
    let (truth, prediction) = same_rank(&truth, &prediction)?;
    if crate::kernels::broadcast::meet(truth.shape(), prediction.shape()).is_err() {
        return Err(Error::value("targets and predictions do not fit together")
            .received(format!("y_true {:?}, y_pred {:?}", truth.shape(), prediction.shape()))
            .expected("equal shapes")
            .hint(match prediction.shape().last() {
                Some(units) if truth.shape().last() != Some(units) => format!(
                    "the last layer has {units} units, the targets have {}",
                    truth.shape().last().copied().unwrap_or(1)
                ),
                _ => "give y the shape of the model's output".to_owned(),
            }));
    }
    Ok((truth, prediction))
}

pub(super) fn mean_of_last(x: &Tensor) -> Result<Tensor> {
    if x.shape().is_empty() { Ok(x.clone()) } else { ops::mean(x, Some(&[-1]), false) }
}

fn difference(truth: &Tensor, prediction: &Tensor) -> Result<Tensor> {
    let (truth, prediction) = pair(truth, prediction)?;
    ops::subtract(&prediction, &truth)
}

loss! {
    "The mean of the squared differences: `mean((y_true - y_pred)^2)`."
    MeanSquaredError("MeanSquaredError", "mean_squared_error") {}
    |this, truth, prediction| mean_of_last(&ops::square(&difference(truth, prediction)?)?)
}

loss! {
    "The mean of the differences' sizes: `mean(|y_true - y_pred|)`."
    MeanAbsoluteError("MeanAbsoluteError", "mean_absolute_error") {}
    |this, truth, prediction| mean_of_last(&ops::absolute(&difference(truth, prediction)?)?)
}

loss! {
    "The mean of the differences' sizes in percent of the targets: `100 mean(|(y_true - y_pred) / y_true|)`."
    MeanAbsolutePercentageError("MeanAbsolutePercentageError", "mean_absolute_percentage_error") {}
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let size = ops::clip(&ops::absolute(&truth)?, EPSILON, f64::INFINITY)?;
        let share = ops::absolute(&ops::divide(&ops::subtract(&truth, &prediction)?, &size)?)?;
        ops::scale(&mean_of_last(&share)?, 100.0)
    }
}

loss! {
    "The mean of the squared differences of `log(1 + y)`: errors of large and small numbers count alike."
    MeanSquaredLogarithmicError("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error") {}
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let log = |x: &Tensor| -> Result<Tensor> {
            let one_more = ops::affine(&ops::clip(x, EPSILON, f64::INFINITY)?, 1.0, 1.0)?;
            ops::log(&one_more)
        };
        mean_of_last(&ops::square(&ops::subtract(&log(&prediction)?, &log(&truth)?)?)?)
    }
}

loss! {
    "Minus the cosine of the angle between target and prediction: -1 where they point the same way."
    CosineSimilarity("CosineSimilarity", "cosine_similarity") {
        /// The axis along which the vectors lie.
        axis: i64 = -1,
    }
    |this, truth, prediction| ops::negative(&cosine(truth, prediction, this.axis)?)
}

/// The cosine of the angle between target and prediction.
pub(crate) fn cosine(truth: &Tensor, prediction: &Tensor, axis: i64) -> Result<Tensor> {
    let (truth, prediction) = pair(truth, prediction)?;
    let unit = |x: &Tensor| ops::l2_normalize(x, &[axis], 1e-12);
    ops::sum(&ops::multiply(&unit(&truth)?, &unit(&prediction)?)?, Some(&[axis]), false)
}

loss! {
    "Half the square of small differences, and straight on for large ones: `delta |d| - delta^2 / 2` where `|d| > delta`."
    Huber("Huber", "huber_loss") {
        /// Where the parabola becomes a line.
        delta: f64 = 1.0,
    }
    |this, truth, prediction| {
        let error = difference(truth, prediction)?;
        // delta |e| - delta^2 / 2 beyond delta is e times its clipped value, less half its square.
        let inside = ops::clip(&error, -this.delta, this.delta)?;
        let clipped = inside.detach();
        let value = ops::subtract(
            &ops::multiply(&error, &clipped)?,
            &ops::scale(&ops::square(&clipped)?, 0.5)?,
        )?;
        mean_of_last(&value)
    }
}

loss! {
    "The logarithm of the hyperbolic cosine of the difference: nearly `d^2 / 2` for small and `|d|` for large ones."
    LogCosh("LogCosh", "log_cosh") {}
    |this, truth, prediction| {
        let d = difference(truth, prediction)?;
        let tail = ops::softplus(&ops::scale(&d, -2.0)?)?;
        mean_of_last(&ops::affine(&ops::add(&d, &tail)?, 1.0, -std::f64::consts::LN_2)?)
    }
}
