//! `keras.ops`, and most of `tf.*`, `tf.math`, `tf.nn`, `tf.linalg`: the engine's table of operations, bound in one loop.

use super::Module;
use crate::bind::convert::{dtype_name, from_arg, to_arg, to_tensor};
use crate::bind::symbol::SymbolObject;
use crate::bind::tensor::{TensorObject, VariableObject};
use crate::modules::numpy::Array;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Object, PyResult, Value, iterate};
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
    table::entries().map(|entry| entry.name.trim_start_matches("tf.").to_owned()).collect()
}

fn find(name: &str, tensorflow: bool) -> Option<Value> {
    let entry = if tensorflow { table::find_tensorflow(name) } else { table::find(name) };
    entry.map(|entry| Value::object(Operation(entry)))
}

/// An operation as a function.
struct Operation(&'static OpEntry);

impl Object for Operation {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<function {}>", self.0.name))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" => Some(Value::str(self.0.name.trim_start_matches("tf."))),
            "__doc__" => Some(Value::str(self.0.doc)),
            _ => None,
        })
    }

    fn call(&self, _this: &Value, mut arguments: Arguments) -> PyResult<Value> {
        // TensorFlow's `name=` says nothing here.
        arguments.take("name");
        let symbol = arguments
            .positional
            .iter()
            .chain(arguments.keywords.iter().map(|(_, value)| value))
            .find_map(symbol_in);
        if let Some(symbol) = symbol {
            return self.on_symbol(&symbol);
        }
        let positional = arguments.positional.iter().map(to_op_value).collect::<PyResult<_>>()?;
        let keywords = arguments
            .keywords
            .iter()
            .map(|(name, value)| Ok((name.to_string(), to_op_value(value)?)))
            .collect::<PyResult<_>>()?;
        from_result(self.0.call(positional, keywords)?)
    }

    fn doc(&self) -> Option<Doc> {
        let name = self.0.name.trim_start_matches("tf.");
        Some(Doc {
            signature: format!("{name}({})", self.0.signature),
            text: self.0.doc.to_owned(),
        })
    }

    fn signature(&self) -> Option<crate::runtime::Signature> {
        Some(crate::runtime::Signature::parse(self.0.signature))
    }
}

impl Operation {
    /// On promises, an activation is its layer; other raw operations are refused by name.
    fn on_symbol(&self, symbol: &SymbolObject) -> PyResult<Value> {
        use kerai_engine::catalog::{self, Kind, Made};
        if let Ok(Made::Activation(activation)) =
            catalog::find(Kind::Activation, self.0.name).and_then(|entry| entry.make(Vec::new()))
        {
            return crate::bind::symbol::apply_activation(&activation, symbol);
        }
        Err(Exception::not_supported(
            format!("ops.{} on promised tensors is not in kerai yet", self.0.name),
            "put it into a layer of your own: class Mine(keras.layers.Layer) with a call method",
        ))
    }
}

fn symbol_in(value: &Value) -> Option<std::rc::Rc<SymbolObject>> {
    match value {
        Value::List(items) => items.borrow().iter().find_map(symbol_in),
        Value::Tuple(items) => items.iter().find_map(symbol_in),
        other => other.downcast::<SymbolObject>(),
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
