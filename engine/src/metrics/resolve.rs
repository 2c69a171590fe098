//! From what `compile(metrics=...)` was given to a metric, once the shapes are known.

use super::Metric;
use super::function::FunctionMetric;
use crate::catalog::{self, Kind, Made};
use crate::config::Arg;
use crate::error::{Error, Result};
use std::rc::Rc;

/// A metric for targets and predictions of these shapes: "accuracy" and "crossentropy" mean what fits them, as in Keras
/// (`trainers/compile_utils.py: get_metric`).
pub fn resolve(identifier: &Arg, truth: &[usize], prediction: &[usize]) -> Result<Rc<dyn Metric>> {
    let named = match identifier {
        Arg::Str(name) => class_by_shape(name, truth, prediction),
        _ => None,
    };
    let Some(class) = named else {
        return made(catalog::get(Kind::Metric, identifier)?, identifier);
    };
    made(catalog::find(Kind::Metric, class)?.make(Vec::new())?, identifier)
}

fn made(made: Made, identifier: &Arg) -> Result<Rc<dyn Metric>> {
    match made {
        Made::Metric(metric) => Ok(metric),
        Made::Function(function) => Ok(Rc::new(FunctionMetric::of_function(function))),
        Made::Loss(loss) => Ok(Rc::new(FunctionMetric::of_loss(loss))),
        _ => Err(Error::type_error(format!("{} is no metric", identifier.describe()))
            .received(identifier.describe())),
    }
}

/// Whether a name means what fits the shapes.
pub fn goes_by_shape(kind: Kind, name: &str) -> bool {
    match name.to_lowercase().as_str() {
        "crossentropy" | "ce" => true,
        "accuracy" | "acc" => kind == Kind::Metric,
        _ => false,
    }
}

/// The class that "accuracy" or "crossentropy" means for these shapes; `None` for other names.
pub fn class_by_shape(name: &str, truth: &[usize], prediction: &[usize]) -> Option<&'static str> {
    let binary = prediction.last() == Some(&1) || prediction.len() < 2;
    let sparse = truth.len() < prediction.len() || truth.last() == Some(&1);
    let classes = match name.to_lowercase().as_str() {
        "accuracy" | "acc" => {
            ["BinaryAccuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy"]
        }
        "crossentropy" | "ce" => {
            ["BinaryCrossentropy", "SparseCategoricalCrossentropy", "CategoricalCrossentropy"]
        }
        _ => return None,
    };
    Some(if binary {
        classes[0]
    } else if sparse {
        classes[1]
    } else {
        classes[2]
    })
}
