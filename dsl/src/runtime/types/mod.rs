//! The built-in classes as values (`int`, `str`, `list`, ...), their methods, and which class a value has.

pub(crate) mod args;
pub mod bytes;
pub mod class;
pub mod dict;

pub mod file;
pub mod list;
pub(crate) mod methods;
pub mod number;
pub mod range;
pub mod set;
mod str;
pub(crate) mod str_test;
pub mod views;

pub use class::{NativeClass, class, class_name, is_instance, is_subclass, of};

use super::{Arguments, PyResult, Value, attributes};

/// The methods of a built-in value.
pub(crate) fn method_names(v: &Value) -> &'static [&'static str] {
    match v {
        Value::None | Value::Object(_) => &[],
        Value::Bool(_) | Value::Int(_) => number::INT_METHODS,
        Value::Float(_) => number::FLOAT_METHODS,
        Value::Str(_) => str::METHODS,
        Value::List(_) => list::METHODS,
        Value::Tuple(_) => list::TUPLE_METHODS,
        Value::Dict(_) => dict::METHODS,
        Value::Set(_) => set::METHODS,
    }
}

/// The plain attributes of a built-in value.
pub(crate) fn property_names(v: &Value) -> &'static [&'static str] {
    match v {
        Value::Bool(_) | Value::Int(_) => &["denominator", "imag", "numerator", "real"],
        Value::Float(_) => &["imag", "real"],
        _ => &[],
    }
}

/// `v.name` for a plain attribute.
pub(crate) fn property(v: &Value, name: &str) -> Option<Value> {
    let plain = match v {
        Value::Bool(flag) => Value::Int(i64::from(*flag)),
        other => other.clone(),
    };
    match (v, name) {
        (Value::Bool(_) | Value::Int(_), "real" | "numerator") | (Value::Float(_), "real") => {
            Some(plain)
        }
        (Value::Bool(_) | Value::Int(_), "imag") => Some(Value::Int(0)),
        (Value::Bool(_) | Value::Int(_), "denominator") => Some(Value::Int(1)),
        (Value::Float(_), "imag") => Some(Value::Float(0.0)),
        _ => None,
    }
}

/// `v.name(...)` for a built-in value.
pub(crate) fn call_method(v: &Value, name: &str, arguments: Arguments) -> PyResult<Value> {
    let result = match v {
        Value::Str(text) => str::call_method(text, name, arguments),
        Value::List(list) => list::call_method(v, list, name, arguments),
        Value::Tuple(_) => list::call_tuple_method(v, name, arguments),
        Value::Dict(dict) => dict::call_method(dict, name, arguments),
        Value::Set(set) => set::call_method(v, set, name, arguments),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => number::call_method(v, name, arguments),
        Value::None | Value::Object(_) => None,
    };
    result.unwrap_or_else(|| Err(attributes::missing(v, name)))
}
