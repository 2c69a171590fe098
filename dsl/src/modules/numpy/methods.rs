//! Attributes and methods of arrays and scalars.

use super::array::Array;
use super::convert;
use super::dtype::DType;
use super::types::{DTypeValue, bind};
use crate::runtime::{Arguments, Exception, Native, PyResult, Value};

const ATTRIBUTES: [&str; 9] =
    ["shape", "ndim", "size", "dtype", "T", "nbytes", "itemsize", "flat", "real"];

/// The names for completion.
pub(crate) fn names() -> Vec<String> {
    ATTRIBUTES.iter().copied().map(str::to_owned).collect()
}

/// `x.name`
pub(crate) fn attribute(this: &Value, array: &Array, name: &str) -> PyResult<Option<Value>> {
    let bytes = match array.dtype() {
        DType::Str => 4 * array.text_width(),
        other => other.item_size(),
    };
    Ok(Some(match name {
        "shape" => Value::tuple(array.shape().iter().map(|&n| Value::Int(n as i64)).collect()),
        "ndim" => Value::Int(array.ndim() as i64),
        "size" => Value::Int(array.size() as i64),
        "dtype" => DTypeValue::of(array),
        "T" => Value::object(array.transposed()),
        "itemsize" => Value::Int(bytes as i64),
        "nbytes" => Value::Int((bytes * array.size()) as i64),
        "real" => this.clone(),
        _ => return Ok(None),
    }))
}

/// `x.name(...)`
pub(crate) fn call(this: &Value, name: &str, arguments: Arguments) -> Option<PyResult<Value>> {
    let array = match Array::from_value(this, None) {
        Ok(array) => array,
        Err(error) => return Some(Err(error)),
    };
    Some(match name {
        "tolist" => Ok(convert::to_list(&array)),
        "copy" => Ok(array.copy().to_value()),
        _ => return None,
    })
}
