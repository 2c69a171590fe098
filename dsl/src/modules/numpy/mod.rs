//! `numpy` as far as lessons and Keras programs use it, with the results, dtypes, texts and messages of numpy 2.
//!
//! `array` (views over shared storage), `storage` and `layout` (memory and passes over it), `dtype`, `types`, `scalar`
//! carry the values; `ufunc`, `reduce`, `index`, `shaping`, `sorting`, `statistics`, `linalg`, `random` calculate;
//! `print` writes as numpy does; `functions` and `methods` are the tables of what users can call.

pub mod array;
pub mod dtype;
pub mod scalar;
pub mod storage;
pub mod types;

mod arguments;
mod arith;
mod convert;
mod functions;
mod index;
mod layout;
mod linalg;
mod methods;
mod object;
mod print;
mod ufunc;

pub use array::Array;
pub use dtype::DType;
pub use scalar::Scalar;

use crate::runtime::{PyResult, Value};

/// A shape as a tuple of Python: `(3,)`, `(2, 3)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => {
            let texts: Vec<String> = many.iter().map(usize::to_string).collect();
            format!("({})", texts.join(", "))
        }
    }
}

/// `repr` of a value, as far as arrays need it in their own texts.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => scalar::text_of(value),
        Value::Str(text) => print::quoted(text),
        Value::List(items) => {
            let texts: Vec<String> = items.borrow().iter().map(describe).collect();
            format!("[{}]", texts.join(", "))
        }
        Value::Tuple(items) => {
            let texts: Vec<String> = items.iter().map(describe).collect();
            let comma = if texts.len() == 1 { "," } else { "" };
            format!("({}{comma})", texts.join(", "))
        }
        Value::Dict(entries) => {
            let texts: Vec<String> = entries
                .borrow()
                .iter()
                .map(|(key, value)| format!("{}: {}", describe(&key.0), describe(value)))
                .collect();
            format!("{{{}}}", texts.join(", "))
        }
        Value::Set(items) => {
            let texts: Vec<String> = items.borrow().iter().map(|key| describe(&key.0)).collect();
            format!("{{{}}}", texts.join(", "))
        }
        Value::Object(object) => {
            object.repr().unwrap_or_else(|_| format!("<{} object>", object.type_name()))
        }
    }
}

/// `bool(value)`
pub(crate) fn truth(value: &Value) -> PyResult<bool> {
    Ok(match value {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::List(items) => !items.borrow().is_empty(),
        Value::Tuple(items) => !items.is_empty(),
        Value::Dict(entries) => !entries.borrow().is_empty(),
        Value::Set(items) => !items.borrow().is_empty(),
        Value::Object(object) => object.truth()?,
    })
}
