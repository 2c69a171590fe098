//! The functions of `keras.losses`, `keras.metrics` and `keras.activations` with arguments of their own:
//! `losses.huber(y_true, y_pred, delta=0.5)` gives one value per sample, `activations.relu(x, max_value=6)` a tensor.

use super::convert::to_tensor;
use super::made::to_config;
use super::tensor::TensorObject;
use crate::runtime::{Arguments, Exception, PyResult, Value, context};
use kerai_engine::Tensor;
use kerai_engine::catalog::{Entry, Kind, Made};
use kerai_engine::layer::LayerInstance;
use kerai_engine::ops::{self, shape};
use std::rc::Rc;

/// Calls a loss or metric by its function's name: the value of each sample, before any reduction.
pub fn call(entry: &'static Entry, mut arguments: Arguments) -> PyResult<Value> {
    let mut operand = |name: &str| -> PyResult<Tensor> {
        let value = if arguments.positional.is_empty() {
            arguments.take(name)
        } else {
            Some(arguments.positional.remove(0))
        };
        to_tensor(&value.ok_or_else(|| {
            Exception::type_error(format!("{}() needs y_true and y_pred", entry.name))
        })?)
    };
    let (truth, prediction) = (operand("y_true")?, operand("y_pred")?);
    // A metric such as `mean_squared_error` is the loss of this name.
    let loss = match entry.kind {
        Kind::Metric => Kind::Loss.entries().iter().find(|loss| loss.name == entry.name),
        _ => Some(&entry),
    };
    let entry = loss.copied().unwrap_or(entry);
    let config = to_config(entry, arguments)?;
    match entry.make(config.clone())? {
        Made::Loss(loss) => Ok(TensorObject::value(loss.values(&truth, &prediction)?)),
        Made::Metric(_) => per_sample(entry, config, &truth, &prediction),
        _ => Err(Exception::type_error(format!("{} is no function of two tensors", entry.name))),
    }
}

/// What a metric says of each sample alone.
fn per_sample(
    entry: &Entry,
    config: kerai_engine::config::Config,
    truth: &Tensor,
    prediction: &Tensor,
) -> PyResult<Value> {
    // Of numbers between 0 and 1 each stands for itself.
    if entry.name == "BinaryAccuracy" && prediction.shape().len() > 1 {
        let flat = |tensor: &Tensor| ops::reshape_to(tensor, &[-1, 1]);
        let (truth, guess) = (flat(truth)?, flat(prediction)?);
        return values_of(entry, config, [&truth, &guess], prediction.shape());
    }
    let rows = truth.shape().first().copied().unwrap_or(0);
    values_of(entry, config, [truth, prediction], &[rows])
}

fn values_of(
    entry: &Entry,
    config: kerai_engine::config::Config,
    [truth, prediction]: [&Tensor; 2],
    shape_of_result: &[usize],
) -> PyResult<Value> {
    let rows = truth.shape().first().copied().unwrap_or(0);
    if prediction.shape().first() != Some(&rows) {
        return Err(Exception::value_error("y_true and y_pred have different numbers of samples")
            .with_received(format!("{:?} and {:?}", truth.shape(), prediction.shape())));
    }
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        let Made::Metric(metric) = entry.make(config.clone())? else { continue };
        metric.update(
            &shape::narrow(truth, 0, row, 1)?,
            &shape::narrow(prediction, 0, row, 1)?,
            None,
        )?;
        values.extend(metric.result()?.into_iter().map(|value| value as f32));
    }
    Ok(TensorObject::value(Tensor::from_vec(values, shape_of_result)?))
}

/// Calls an activation with arguments of its own: as the layer or the operation of the same meaning.
pub fn activate(name: &str, mut arguments: Arguments) -> PyResult<Value> {
    // `relu` has a layer with these arguments; the others are operations that take them.
    if name != "relu" {
        return match crate::modules::operation(name) {
            Some(operation) => context::call(&operation, arguments),
            None => Err(Exception::type_error(format!("{name}() takes x alone"))),
        };
    }
    let x = if arguments.positional.is_empty() {
        arguments.take("x")
    } else {
        Some(arguments.positional.remove(0))
    };
    let x = x.ok_or_else(|| Exception::type_error("relu() missing required argument 'x'"))?;
    for (place, own) in ["negative_slope", "max_value", "threshold"].into_iter().enumerate() {
        if let Some(value) = arguments.positional.get(place) {
            arguments.keywords.push((Rc::from(own), value.clone()));
        }
    }
    arguments.positional.clear();
    let entry = kerai_engine::layer::find("ReLU")?;
    let config = to_config(entry, arguments)?;
    let layer = Rc::new(LayerInstance::make(entry, config)?);
    super::layer::call(&layer, Arguments::positional(vec![x]))
}
