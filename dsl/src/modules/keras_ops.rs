//! `keras.ops`, and most of `tf.*`, `tf.math`, `tf.nn`, `tf.linalg`: the engine's table of operations, bound in one loop.

use super::Module;
use crate::bind::convert::{dtype_name, from_arg, to_arg, to_tensor};
use crate::bind::symbol::{operate, shape_value, symbol_in};
use crate::bind::tensor::{TensorObject, VariableObject};
use crate::modules::numpy::Array;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Object, PyResult, Value, iterate};
use kerai_engine::ops::table;
use kerai_engine::ops::{OpEntry, OpResult, OpValue};

/// `keras.ops`
pub(super) fn module() -> Module {
    named("keras.ops")
}

/// The operations under another module's name.
pub(super) fn named(name: &str) -> Module {
    Module::new(name, "Operations on tensors, with gradients.")
        .function("convert_to_numpy", "x", "A numpy array.", |values| {
            let Some(value) = values.first() else { return Ok(Value::None) };
            Ok(Value::object(crate::bind::convert::to_array(value)?))
        })
        .function("convert_to_tensor", "x, dtype=None, sparse=None", "A tensor.", |values| {
            let Some(value) = values.first() else { return Ok(Value::None) };
            Ok(TensorObject::value(to_tensor(value)?))
        })
        .function("is_tensor", "x", "Whether this is a tensor.", |values| {
            Ok(Value::Bool(
                values.first().is_some_and(|value| value.downcast::<TensorObject>().is_some()),
            ))
        })
        .dynamic(|name| Ok(find(name, false)), names)
}

/// The operation that TensorFlow has under this name.
pub(super) fn find_tensorflow(name: &str) -> PyResult<Option<Value>> {
    Ok(find(name, true))
}

/// The names of the operations.
pub(super) fn names() -> Vec<String> {
    let names = table::entries().map(|entry| entry.name.trim_start_matches("tf."));
    names.filter(|name| !name.contains('.')).map(str::to_owned).collect()
}

fn find(name: &str, tensorflow: bool) -> Option<Value> {
    let entry = if tensorflow { table::find_tensorflow(name) } else { table::find(name) };
    entry.map(|entry| Value::object(Operation { entry, name: name.to_owned() }))
}

/// A function of `keras.ops` by name.
pub(crate) fn operation(name: &str) -> Option<Value> {
    find(name, false)
}

/// The name of the operation that a value is.
pub(crate) fn operation_in(value: &Value) -> Option<&'static str> {
    value.downcast::<Operation>().map(|operation| operation.entry.name)
}

/// An operation as a function.
struct Operation {
    entry: &'static OpEntry,
    /// The name under which it was found: Keras has classes for other names too (`amax`).
    name: String,
}

impl Operation {
    fn name(&self) -> &str {
        match kerai_engine::ops::forms::of_function(&self.name) {
            Some(form) => form.function,
            None => self.entry.name,
        }
    }
}

impl Object for Operation {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<function {}>", self.entry.name))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" => Some(Value::str(self.entry.name.trim_start_matches("tf."))),
            "__doc__" => Some(Value::str(self.entry.doc)),
            _ => None,
        })
    }

    fn call(&self, _this: &Value, mut arguments: Arguments) -> PyResult<Value> {
        // TensorFlow's `name=` says nothing here.
        arguments.take("name");
        if let Some(symbol) = symbol_in(&arguments) {
            return match self.entry.name {
                "shape" => Ok(shape_value(symbol.symbol().shape())),
                "ndim" => {
                    Ok(Value::Int(i64::try_from(symbol.symbol().shape().rank()).unwrap_or(0)))
                }
                _ => operate(self.name(), &arguments),
            };
        }
        let positional = arguments.positional.iter().map(to_op_value).collect::<PyResult<_>>()?;
        let keywords = arguments
            .keywords
            .iter()
            .map(|(name, value)| Ok((name.to_string(), to_op_value(value)?)))
            .collect::<PyResult<_>>()?;
        from_result(self.entry.call(positional, keywords)?)
    }

    fn doc(&self) -> Option<Doc> {
        let name = self.entry.name.trim_start_matches("tf.");
        Some(Doc {
            signature: format!("{name}({})", self.entry.signature),
            text: self.entry.doc.to_owned(),
        })
    }

    fn signature(&self) -> Option<crate::runtime::Signature> {
        Some(crate::runtime::Signature::parse(self.entry.signature))
    }
}

/// Lists of plain numbers stay plain (shapes, axes, and tensors that the operation makes of them).
fn to_op_value(value: &Value) -> PyResult<OpValue> {
    let is_array = |value: &Value| {
        value.downcast::<TensorObject>().is_some()
            || value.downcast::<VariableObject>().is_some()
            || value.downcast::<Array>().is_some()
    };
    if is_array(value) {
        return Ok(OpValue::Tensor(to_tensor(value)?));
    }
    match value {
        Value::List(_) | Value::Tuple(_) => {
            let items = iterate::collect(value)?;
            if items
                .iter()
                .any(|item| is_array(item) || matches!(item, Value::List(_) | Value::Tuple(_)))
            {
                return Ok(OpValue::List(items.iter().map(to_op_value).collect::<PyResult<_>>()?));
            }
            Ok(OpValue::Arg(to_arg(value)?))
        }
        Value::Object(object) if object.as_scalar().is_some() => {
            Ok(OpValue::Tensor(to_tensor(value)?))
        }
        Value::Object(_) => match dtype_name(value) {
            Some(name) => Ok(OpValue::Arg(kerai_engine::config::Arg::Str(name))),
            None => match to_tensor(value) {
                Ok(tensor) => Ok(OpValue::Tensor(tensor)),
                Err(_) => Ok(OpValue::Arg(to_arg(value)?)),
            },
        },
        plain => Ok(OpValue::Arg(to_arg(plain)?)),
    }
}

fn from_result(result: OpResult) -> PyResult<Value> {
    Ok(match result {
        OpResult::Tensor(tensor) => TensorObject::value(tensor),
        OpResult::Truth(tensor) => TensorObject::of_bool(tensor),
        OpResult::Tensors(tensors) => {
            Value::list(tensors.into_iter().map(TensorObject::value).collect())
        }
        OpResult::Arg(arg) => match from_arg(&arg) {
            Value::List(items) => Value::tuple(items.borrow().clone()),
            value => value,
        },
    })
}
