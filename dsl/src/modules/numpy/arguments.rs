//! What users write as shapes, axes and flags.

use super::array::Array;
use super::layout::check_axis;
use crate::runtime::{Exception, PyResult, Value};
use kerai_engine::memory;

/// A shape: an int or a sequence of them.
pub(crate) fn shape(value: &Value) -> PyResult<Vec<usize>> {
    let lengths = integers(value)?;
    let mut total = 1_usize;
    for &n in &lengths {
        if n < 0 {
            return Err(Exception::value_error("negative dimensions are not allowed"));
        }
        total = total.saturating_mul((n as usize).max(1));
    }
    check_size(total)?;
    Ok(lengths.into_iter().map(|n| n as usize).collect())
}

/// Refuses sizes that no machine of today holds, before anything is allocated.
pub(crate) fn check_size(elements: usize) -> PyResult<()> {
    // The types may not be known yet: at least a byte each. Storage looks again when it is made.
    if memory::room_for(&[elements], 1).is_err() {
        return Err(Exception::new(
            "MemoryError",
            format!("Unable to allocate an array with {elements} elements"),
        ));
    }
    Ok(())
}

/// An int or a sequence of them.
pub(crate) fn integers(value: &Value) -> PyResult<Vec<i64>> {
    let as_int = |item: &Value| match item {
        Value::Float(_) | Value::Str(_) | Value::None => Err(Exception::type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            item.type_name()
        ))),
        other => other.as_int("an index"),
    };
    match value {
        Value::List(items) => items.borrow().iter().map(as_int).collect(),
        Value::Tuple(items) => items.iter().map(as_int).collect(),
        Value::Object(object) if object.length().is_some() => {
            let array = Array::from_value(value, None)?;
            if array.ndim() > 0 {
                return Ok(array.to_i64_vec());
            }
            Ok(vec![as_int(value)?])
        }
        other => Ok(vec![as_int(other)?]),
    }
}

/// `axis=`: `None` is all of them; sorted, without repetition.
pub(crate) fn axes(value: &Value, ndim: usize) -> PyResult<Vec<usize>> {
    if value.is_none() {
        return Ok((0..ndim).collect());
    }
    let mut axes = Vec::new();
    for axis in integers(value)? {
        let axis = check_axis(axis, ndim)?;
        if axes.contains(&axis) {
            return Err(Exception::value_error("duplicate value in 'axis'"));
        }
        axes.push(axis);
    }
    axes.sort_unstable();
    Ok(axes)
}

/// One axis.
pub(crate) fn axis(value: &Value, ndim: usize) -> PyResult<usize> {
    match value {
        Value::Float(_) | Value::List(_) | Value::Tuple(_) | Value::Str(_) => {
            Err(Exception::type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                value.type_name()
            )))
        }
        other => check_axis(other.as_int("axis")?, ndim),
    }
}

/// One axis, or all elements in one row: the array to work on and its axis.
pub(crate) fn along(array: &Array, value: &Value) -> PyResult<(Array, usize)> {
    if value.is_none() {
        return Ok((array.reshaped(&[array.size()])?, 0));
    }
    let source = if array.ndim() == 0 { array.reshaped(&[1])? } else { array.clone() };
    let axis = axis(value, source.ndim())?;
    Ok((source, axis))
}

/// The items of a list, tuple or array (its first axis).
pub(crate) fn items(value: &Value) -> PyResult<Vec<Value>> {
    match value {
        Value::List(items) => Ok(items.borrow().clone()),
        Value::Tuple(items) => Ok(items.to_vec()),
        Value::Object(object) => {
            let Some(items) = object.iterate(value) else {
                return Err(Exception::type_error(format!(
                    "'{}' object is not iterable",
                    value.type_name()
                )));
            };
            let mut next = items?;
            let mut out = Vec::new();
            while let Some(item) = next()? {
                out.push(item);
            }
            Ok(out)
        }
        other => {
            Err(Exception::type_error(format!("'{}' object is not iterable", other.type_name())))
        }
    }
}

/// The items of a sequence as arrays.
pub(crate) fn arrays(value: &Value) -> PyResult<Vec<Array>> {
    items(value)?.iter().map(|item| Array::from_value(item, None)).collect()
}

/// Whether a flag is set.
pub(crate) fn flag(value: &Value) -> PyResult<bool> {
    super::truth(value)
}
