//! Losses of probabilities.
//!
//! Predictions that come directly from a softmax or sigmoid remember its input (`Notes::logits`); the crossentropy then
//! works on that: exact where probabilities are 0 or 1, and in fewer passes.

use super::regression::{mean_of_last, pair};
use super::{EPSILON, loss};
use crate::error::{Error, Result};
use crate::kernels::broadcast::{Combine, combine};
use crate::kernels::pointwise::{self, functions};
use crate::kernels::slices::{from_values, with_values};
use crate::kernels::softmax_cross_entropy::{Targets, softmax_cross_entropy};
use crate::ops;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::DType;

/// The input of the softmax or sigmoid that made a prediction.
fn logits(prediction: &Tensor, activation: &str) -> Option<Tensor> {
    let logits = prediction.notes()?.logits.as_ref()?;
    (logits.activation == activation && logits.input.shape() == prediction.shape())
        .then(|| logits.input.clone())
}

fn smooth(truth: &Tensor, smoothing: f64, share: f64) -> Result<Tensor> {
    if smoothing == 0.0 {
        Ok(truth.clone())
    } else {
        ops::affine(truth, 1.0 - smoothing, smoothing * share)
    }
}

/// Crossentropy of each element with probabilities `sigmoid(x)`: `max(x, 0) - x z + log(1 + e^-|x|)`.
pub fn sigmoid_crossentropy(truth: &Tensor, x: &Tensor) -> Result<Tensor> {
    let (z, logit) = (truth.array().clone(), x.array().clone());
    let positive = pointwise::values(functions::Relu {}, &logit)?;
    let tail = pointwise::values(functions::Abs {}, &logit)?;
    let tail = pointwise::values(functions::Negative {}, &tail)?;
    let tail = pointwise::values(functions::Softplus {}, &tail)?;
    let straight = combine(Combine::Subtract, &positive, &combine(Combine::Multiply, &logit, &z)?)?;
    let value = combine(Combine::Add, &straight, &tail)?;
    Ok(tape::record("sigmoid_crossentropy", &[x, truth], value, move |dy, needed| {
        let dx = if needed[0] {
            let p = pointwise::values(functions::Sigmoid {}, &logit)?;
            Some(combine(Combine::Multiply, dy, &combine(Combine::Subtract, &p, &z)?)?)
        } else {
            None
        };
        let dz = if needed[1] {
            let minus = pointwise::values(functions::Negative {}, &logit)?;
            Some(combine(Combine::Multiply, dy, &minus)?)
        } else {
            None
        };
        Ok(vec![dx, dz])
    }))
}

/// Crossentropy of each element with these probabilities or logits: Keras' `ops.binary_crossentropy`.
pub fn binary_crossentropy(
    truth: &Tensor,
    prediction: &Tensor,
    from_logits: bool,
) -> Result<Tensor> {
    let known = logits(prediction, "sigmoid");
    if from_logits || known.is_some() {
        let (truth, x) = pair(truth, &known.unwrap_or_else(|| prediction.clone()))?;
        return sigmoid_crossentropy(&truth, &x);
    }
    let (truth, prediction) = pair(truth, prediction)?;
    let p = ops::clip(&prediction, EPSILON, 1.0 - EPSILON)?;
    let one = ops::multiply(&truth, &ops::log(&p)?)?;
    let zero =
        ops::multiply(&ops::affine(&truth, -1.0, 1.0)?, &ops::log(&ops::affine(&p, -1.0, 1.0)?)?)?;
    ops::negative(&ops::add(&one, &zero)?)
}

/// One-hot or soft targets of the predictions' shape.
fn categorical_pair(truth: &Tensor, prediction: &Tensor) -> Result<(Tensor, Tensor)> {
    let prediction = ops::to_float(prediction)?;
    if truth.shape() != prediction.shape() {
        let classes = prediction.shape().last().copied().unwrap_or(0);
        let error = Error::value("categorical crossentropy needs one target per class")
            .received(format!("y_true {:?}, y_pred {:?}", truth.shape(), prediction.shape()))
            .expected(format!("y_true of shape {:?}", prediction.shape()));
        let looks_sparse =
            truth.shape().len() < prediction.shape().len() || truth.shape().last() == Some(&1);
        return Err(if looks_sparse {
            error.hint(format!(
                "integer labels: loss=\"sparse_categorical_crossentropy\", or to_categorical(y, {classes})"
            ))
        } else {
            error.hint("the last layer needs as many units as there are classes")
        });
    }
    Ok((ops::cast(truth, prediction.dtype())?, prediction))
}

/// Crossentropy of rows with these probabilities or logits: Keras' `ops.categorical_crossentropy`.
pub fn categorical_crossentropy(
    truth: &Tensor,
    prediction: &Tensor,
    from_logits: bool,
    axis: i64,
) -> Result<Tensor> {
    let known = logits(prediction, "softmax").filter(|x| {
        axis == -1 || usize::try_from(axis).is_ok_and(|axis| axis + 1 == x.shape().len())
    });
    if from_logits || known.is_some() {
        let (truth, x) = categorical_pair(truth, &known.unwrap_or_else(|| prediction.clone()))?;
        let is_last = axis == -1 || usize::try_from(axis).is_ok_and(|a| a + 1 == x.shape().len());
        if is_last && !tape::is_tracked(&[&truth]) {
            let shares = Targets::Shares { shares: truth.array(), smoothing: 0.0 };
            return softmax_cross_entropy(&x, shares);
        }
        let products = ops::multiply(&truth, &ops::log_softmax(&x, axis)?)?;
        return ops::negative(&ops::sum(&products, Some(&[axis]), false)?);
    }
    let (truth, prediction) = categorical_pair(truth, prediction)?;
    let p = normalized(&prediction, axis)?;
    ops::negative(&ops::sum(&ops::multiply(&truth, &ops::log(&p)?)?, Some(&[axis]), false)?)
}

/// Probabilities that sum to 1, kept away from 0 and 1.
fn normalized(prediction: &Tensor, axis: i64) -> Result<Tensor> {
    let p = ops::divide(prediction, &ops::sum(prediction, Some(&[axis]), true)?)?;
    ops::clip(&p, EPSILON, 1.0 - EPSILON)
}

/// Integer labels as rows need them: without a last axis of size 1, and counted against the classes.
fn labels(truth: &Tensor, prediction: &Tensor, ignore: Option<i64>) -> Result<Vec<Option<usize>>> {
    let rows = &prediction.shape()[..prediction.shape().len().saturating_sub(1)];
    let classes = prediction.shape().last().copied().unwrap_or(0);
    let fits = truth.shape() == rows
        || truth.shape().split_last().is_some_and(|(last, front)| *last == 1 && front == rows);
    if !fits {
        let error = Error::value("sparse crossentropy needs one integer label per prediction")
            .received(format!("y_true {:?}, y_pred {:?}", truth.shape(), prediction.shape()))
            .expected(format!("y_true of shape {rows:?}"));
        return Err(if truth.shape() == prediction.shape() {
            error.hint("one-hot targets: loss=\"categorical_crossentropy\"")
        } else {
            error.hint(
                "the last layer gives one probability per class; y gives one class per sample",
            )
        });
    }
    let values = truth.array().to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    let mut found = Vec::with_capacity(values.len());
    for (position, value) in values.into_iter().enumerate() {
        // Labels are truncated as TensorFlow's cast does.
        let label = value.trunc();
        if ignore.is_some_and(|ignore| label == ignore as f64) {
            found.push(None);
        } else if label >= 0.0 && label < classes as f64 {
            found.push(Some(label as usize));
        } else {
            return Err(Error::value(format!(
                "the label {value} at position {position} is no class"
            ))
            .received(format!("label {value}, {classes} classes"))
            .expected(format!("labels from 0 to {}", classes.saturating_sub(1)))
            .hint(if value == classes as f64 {
                "labels count from 0: subtract 1, or give the last layer one more unit"
            } else {
                "give the last layer as many units as there are classes"
            }));
        }
    }
    Ok(found)
}

/// `x[row, label]` for each row; 0 where there is no label.
fn pick(x: &Tensor, labels: Vec<Option<usize>>) -> Result<Tensor> {
    let shape = x.shape().to_vec();
    let classes = shape.last().copied().unwrap_or(1);
    let rows = &shape[..shape.len() - 1];
    let picked: Vec<f64> = match x.dtype() {
        DType::F32 => with_values(x.array(), |x: &[f32]| {
            Ok(x.chunks_exact(classes)
                .zip(&labels)
                .map(|(row, label)| label.map_or(0.0, |label| f64::from(row[label])))
                .collect())
        })?,
        _ => with_values(&x.array().to_dtype(DType::F64)?, |x: &[f64]| {
            Ok(x.chunks_exact(classes)
                .zip(&labels)
                .map(|(row, label)| label.map_or(0.0, |label| row[label]))
                .collect())
        })?,
    };
    let value = from_values(picked, rows, x.array())?.to_dtype(x.dtype())?;
    let dtype = x.dtype();
    Ok(tape::record("pick", &[x], value, move |dy, _| {
        let dy_values = dy.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
        let place = |dx: &mut dyn FnMut(usize, f64)| {
            for (row, (label, dy)) in labels.iter().zip(&dy_values).enumerate() {
                if let Some(label) = label {
                    dx(row * classes + label, *dy);
                }
            }
        };
        let n = shape.iter().product();
        Ok(vec![Some(if dtype == DType::F32 {
            let mut dx = vec![0.0_f32; n];
            place(&mut |i, dy| dx[i] = dy as f32);
            from_values(dx, &shape, dy)?
        } else {
            let mut dx = vec![0.0_f64; n];
            place(&mut |i, dy| dx[i] = dy);
            from_values(dx, &shape, dy)?.to_dtype(dtype)?
        })])
    }))
}

/// Crossentropy of rows with integer labels: Keras' `ops.sparse_categorical_crossentropy`. Rows whose label is ignored
/// have 0, and a mask says so.
pub fn sparse_categorical_crossentropy(
    truth: &Tensor,
    prediction: &Tensor,
    from_logits: bool,
    ignore: Option<i64>,
) -> Result<Tensor> {
    let prediction = ops::to_float(prediction)?;
    if prediction.shape().is_empty() {
        return Err(Error::value("sparse crossentropy needs one prediction per class"));
    }
    let labels = labels(truth, &prediction, ignore)?;
    let kept: Vec<u8> = labels.iter().map(|label| u8::from(label.is_some())).collect();
    let known = logits(&prediction, "softmax");
    // Without logits Keras takes the logarithms of the clipped probabilities as logits.
    let x = match known {
        Some(x) => x,
        None if from_logits => prediction.clone(),
        None => ops::log(&ops::clip(&prediction, EPSILON, 1.0 - EPSILON)?)?,
    };
    let value = softmax_cross_entropy(&x, Targets::Labels(&labels))?;
    if ignore.is_none() {
        return Ok(value);
    }
    let mask = from_values(kept, value.shape(), value.array())?;
    Ok(value.with_mask(Some(mask)))
}

loss! {
    "Crossentropy of yes/no labels: `-(y log p + (1 - y) log(1 - p))`, the mean over the last axis."
    BinaryCrossentropy("BinaryCrossentropy", "binary_crossentropy") {
        /// Whether predictions are logits (no sigmoid yet).
        from_logits: bool = false,
        /// How much labels are drawn towards 0.5.
        label_smoothing: f64 = 0.0,
        /// The axis over which the mean is taken.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let truth = ops::cast(truth, ops::to_float(prediction)?.dtype())?;
        let truth = smooth(&truth, this.label_smoothing, 0.5)?;
        let values = binary_crossentropy(&truth, prediction, this.from_logits)?;
        if values.shape().is_empty() { Ok(values) } else { ops::mean(&values, Some(&[this.axis]), false) }
    }
}

loss! {
    "Binary crossentropy in which easy samples count less: times `(1 - p)^gamma` (Lin et al., 2017, arXiv:1708.02002)."
    BinaryFocalCrossentropy("BinaryFocalCrossentropy", "binary_focal_crossentropy") {
        /// Whether the classes are weighted by alpha and 1 - alpha.
        apply_class_balancing: bool = false,
        /// Weight of class 1.
        alpha: f64 = 0.25,
        /// How much easy samples are damped.
        gamma: f64 = 2.0,
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How much labels are drawn towards 0.5.
        label_smoothing: f64 = 0.0,
        /// The axis over which the mean is taken.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let prediction = if this.from_logits { ops::sigmoid(prediction)? } else { prediction.clone() };
        let crossentropy = |truth: &Tensor| binary_crossentropy(truth, &prediction, false);
        let truth = ops::cast(truth, prediction.dtype())?;
        let truth = smooth(&truth, this.label_smoothing, 0.5)?;
        let values = crossentropy(&truth)?;
        let (truth, p) = pair(&truth, &prediction)?;
        let not = |x: &Tensor| ops::affine(x, -1.0, 1.0);
        let right = ops::add(
            &ops::multiply(&truth, &p)?,
            &ops::multiply(&not(&truth)?, &not(&p)?)?,
        )?;
        let factor = ops::power_scalar(&not(&right)?, this.gamma)?;
        let mut values = ops::multiply(&factor, &values)?;
        if this.apply_class_balancing {
            let weight = ops::affine(&truth, 2.0 * this.alpha - 1.0, 1.0 - this.alpha)?;
            values = ops::multiply(&weight, &values)?;
        }
        ops::mean(&values, Some(&[this.axis]), false)
    }
}

loss! {
    "Crossentropy of one-hot (or soft) labels: `-sum(y log p)`."
    CategoricalCrossentropy("CategoricalCrossentropy", "categorical_crossentropy") {
        /// Whether predictions are logits (no softmax yet).
        from_logits: bool = false,
        /// How much labels are drawn towards `1 / classes`.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let (truth, _) = categorical_pair(truth, prediction)?;
        let classes = truth.shape().last().copied().unwrap_or(1) as f64;
        let truth = smooth(&truth, this.label_smoothing, 1.0 / classes)?;
        categorical_crossentropy(&truth, prediction, this.from_logits, this.axis)
    }
}

loss! {
    "Categorical crossentropy in which easy samples count less: times `alpha (1 - p)^gamma` (Lin et al., 2017, arXiv:1708.02002)."
    CategoricalFocalCrossentropy("CategoricalFocalCrossentropy", "categorical_focal_crossentropy") {
        /// Weight of all classes.
        alpha: f64 = 0.25,
        /// How much easy samples are damped.
        gamma: f64 = 2.0,
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How much labels are drawn towards `1 / classes`.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let (truth, prediction) = categorical_pair(truth, prediction)?;
        let classes = truth.shape().last().copied().unwrap_or(1) as f64;
        let truth = smooth(&truth, this.label_smoothing, 1.0 / classes)?;
        let prediction =
            if this.from_logits { ops::softmax(&prediction, this.axis)? } else { prediction };
        let p = normalized(&prediction, this.axis)?;
        let crossentropy = ops::negative(&ops::multiply(&truth, &ops::log(&p)?)?)?;
        let factor = ops::power_scalar(&ops::affine(&p, -1.0, 1.0)?, this.gamma)?;
        let values = ops::scale(&ops::multiply(&factor, &crossentropy)?, this.alpha)?;
        ops::sum(&values, Some(&[this.axis]), false)
    }
}

loss! {
    "Crossentropy of integer labels: `-log p[label]`."
    SparseCategoricalCrossentropy("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy") {
        /// Whether predictions are logits (no softmax yet).
        from_logits: bool = false,
        /// A label whose samples do not count.
        ignore_class: Option<i64> = None,
        /// The axis of the classes; only the last one.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let rank = prediction.shape().len();
        if this.axis != -1 && usize::try_from(this.axis).map_or(true, |axis| axis + 1 != rank) {
            return Err(Error::value("only axis=-1 is known").received(this.axis.to_string()));
        }
        sparse_categorical_crossentropy(truth, prediction, this.from_logits, this.ignore_class)
    }
}

loss! {
    "`(1 - p[label]^q) / q`: between crossentropy (q to 0) and absolute error (q = 1), for noisy labels (Zhang and Sabuncu, 2018, arXiv:1805.07836)."
    CategoricalGeneralizedCrossEntropy("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy") {
        /// How robust it is: from 0 to 1.
        q: f64 = 0.5,
    }
    |this, truth, prediction| {
        let prediction = ops::to_float(prediction)?;
        let p = pick(&prediction, labels(truth, &prediction, None)?)?;
        ops::affine(&ops::power_scalar(&p, this.q)?, -1.0 / this.q, 1.0 / this.q)
    }
}

loss! {
    "The mean of `y_pred - y_true log y_pred`, for counts."
    Poisson("Poisson", "poisson") {}
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let log = ops::log(&ops::affine(&prediction, 1.0, EPSILON)?)?;
        mean_of_last(&ops::subtract(&prediction, &ops::multiply(&truth, &log)?)?)
    }
}

loss! {
    "How much the true distribution differs from the predicted one: `sum(y_true log(y_true / y_pred))`."
    KLDivergence("KLDivergence", "kl_divergence") {}
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let (truth, prediction) = (ops::clip(&truth, EPSILON, 1.0)?, ops::clip(&prediction, EPSILON, 1.0)?);
        let log = ops::log(&ops::divide(&truth, &prediction)?)?;
        ops::sum(&ops::multiply(&truth, &log)?, Some(&[-1]), false)
    }
}
