//! Data for pictures, from whatever the program has: lists, ranges, arrays, tensors, anything that can be iterated.

use super::state::Target;
use crate::modules::numpy::{Array, DType};
use crate::runtime::{Exception, PyResult, Value, rehearsal};

/// Any value as an array.
pub(super) fn array(value: &Value) -> PyResult<Array> {
    if let Some(array) = value.downcast::<Array>() {
        return Ok((*array).clone());
    }
    match value {
        Value::Dict(entries) => {
            let keys: Vec<Value> = entries.borrow().keys().map(|k| k.0.clone()).collect();
            Array::from_value(&Value::list(keys), None)
        }
        Value::Set(items) => {
            let items: Vec<Value> = items.borrow().iter().map(|k| k.0.clone()).collect();
            Array::from_value(&Value::list(items), None)
        }
        Value::Object(object) if object.length().is_none() && object.as_scalar().is_none() => {
            match object.iterate(value) {
                Some(items) => Array::from_value(&Value::list(collect(items?)?), None),
                None => Array::from_value(value, None),
            }
        }
        _ => Array::from_value(value, None),
    }
}

fn collect(mut items: crate::runtime::object::Items) -> PyResult<Vec<Value>> {
    let mut all = Vec::new();
    while let Some(item) = items()? {
        all.push(item);
    }
    Ok(all)
}

/// Numbers, flattened. `what` names the argument in errors.
pub(super) fn numbers(value: &Value, what: &str) -> PyResult<Vec<f64>> {
    let array = array(value)?;
    floats(&array, value, what)
}

fn floats(array: &Array, value: &Value, what: &str) -> PyResult<Vec<f64>> {
    match array.dtype() {
        DType::Object => {
            // `None` leaves a gap, as in matplotlib.
            let items = array.items();
            let number = |v: &Value| if v.is_none() { Ok(f64::NAN) } else { v.as_float(what) };
            items.iter().map(number).collect()
        }
        dtype if dtype.is_number() || dtype == DType::Bool => Ok(array.to_f64_vec()),
        dtype => Err(Exception::type_error(format!("{what} must be numbers, not {dtype}"))
            .with_received(value.type_name())
            .with_hint("names can stand on the x axis of bar, plot and scatter")),
    }
}

/// A single number or one per item.
pub(super) fn shape(value: &Value) -> PyResult<Vec<usize>> {
    Ok(array(value)?.shape().to_vec())
}

/// Rows, columns and numbers of a table.
pub(super) fn matrix(value: &Value, what: &str) -> PyResult<(usize, usize, Vec<f64>)> {
    let array = array(value)?;
    let shape = array.shape().to_vec();
    // Axes of length one at either end are what batches of one image have.
    let (rows, columns) = match shape[..] {
        [rows, columns] => (rows, columns),
        [rows, columns, 1] => (rows, columns),
        _ => {
            return Err(Exception::type_error(format!(
                "{what} must be two-dimensional, but its shape is {}",
                crate::modules::numpy::shape_text(&shape)
            ))
            .with_hint("index one image of a batch: images[0]"));
        }
    };
    Ok((rows, columns, floats(&array, value, what)?))
}

/// The names in a value, if it is one name or a sequence of names.
pub(super) fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Str(text) => Some(vec![text.to_string()]),
        Value::List(items) => all_names(&items.borrow()),
        Value::Tuple(items) => all_names(items),
        Value::Dict(entries) => {
            let keys: Vec<Value> = entries.borrow().keys().map(|k| k.0.clone()).collect();
            all_names(&keys)
        }
        Value::Object(_) => {
            let array = array(value).ok()?;
            let text = matches!(array.dtype(), DType::Str);
            if text { all_names(&array.items()) } else { None }
        }
        _ => None,
    }
}

fn all_names(items: &[Value]) -> Option<Vec<String>> {
    if items.is_empty() {
        return None;
    }
    items
        .iter()
        .map(|item| match item {
            Value::Str(text) => Some(text.to_string()),
            Value::Object(object) => match object.as_scalar() {
                Some(Value::Str(text)) => Some(text.to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// Places on an axis: numbers, or names that get the places 0, 1, 2, ... in the order in which they come.
pub(super) fn places(target: &Target, x: bool, value: &Value, what: &str) -> PyResult<Vec<f64>> {
    // Reading a value may run the program's code, so that comes before the axes are held.
    let Some(names) = names(value) else { return numbers(value, what) };
    target.with(|axes| {
        let axis = if x { &mut axes.x } else { &mut axes.y };
        Ok(names
            .into_iter()
            .map(|name| {
                let known = axis.categories.iter().position(|c| *c == name);
                let index = known.unwrap_or_else(|| {
                    axis.categories.push(name);
                    axis.categories.len() - 1
                });
                index as f64
            })
            .collect())
    })
}

/// The values of a list, tuple or anything else that can be iterated.
pub(super) fn items(value: &Value) -> PyResult<Vec<Value>> {
    match value {
        Value::List(items) => Ok(items.borrow().clone()),
        Value::Tuple(items) => Ok(items.to_vec()),
        Value::Object(object) => match object.iterate(value) {
            Some(items) => collect(items?),
            None => Ok(vec![value.clone()]),
        },
        other => Ok(vec![other.clone()]),
    }
}

/// `x` and `y` of equal length, or numpy's complaint.
pub(super) fn same_length(x: &[f64], y: &[f64]) -> PyResult<()> {
    if x.len() == y.len() || rehearsal::was_cut() {
        return Ok(());
    }
    Err(Exception::value_error(format!(
        "x and y must have same first dimension, but have shapes ({},) and ({},)",
        x.len(),
        y.len()
    )))
}

/// Numbers as a numpy array.
pub(super) fn vector(numbers: Vec<f64>) -> Value {
    Array::from_vec(&[numbers.len()], numbers).to_value()
}
