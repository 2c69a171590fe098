//! Functions of the user, as the engine calls them.

use super::convert::{from_arg, to_arg, to_tensor};
use super::errors::to_engine;
use super::tensor::{TensorObject, shape_value};
use crate::modules::operation_in;
use crate::runtime::{Arguments, PyResult, Value, attributes, context, operators};
use kerai_engine::function::{Callable, Function, Operand};
use std::any::Any;
use std::rc::Rc;

/// A callable value of the language.
pub struct PyFunction(Value);

impl PyFunction {
    /// As the engine takes it.
    pub fn shared(value: Value) -> Function {
        Function(Rc::new(PyFunction(value)))
    }
}

/// The functions in `custom_objects={name: function}`; classes are none.
pub fn known_in(custom_objects: &Value) -> PyResult<Vec<(String, Function)>> {
    let Value::Dict(entries) = custom_objects else { return Ok(Vec::new()) };
    let entries = entries.borrow();
    let functions = entries.iter().filter(|(_, value)| is_function(value));
    functions
        .map(|(name, value)| {
            Ok((
                name.0.as_str("a name in custom_objects")?.to_string(),
                PyFunction::shared(value.clone()),
            ))
        })
        .collect()
}

/// Whether a value can be called and is no class.
pub fn is_function(value: &Value) -> bool {
    matches!(value, Value::Object(object) if object.is_callable() && object.bases().is_none())
}

/// The value behind a function of the engine; functions of the engine's own have none.
pub fn value_of(function: &Function) -> Value {
    let any: &dyn Any = function.0.as_any();
    match any.downcast_ref::<PyFunction>() {
        Some(PyFunction(value)) => value.clone(),
        None => Value::str(function.name()),
    }
}

fn to_value(operand: Operand) -> Value {
    match operand {
        Operand::Arg(arg) => from_arg(&arg),
        Operand::Tensor(tensor) => TensorObject::value(tensor),
        Operand::Shape(sizes) => shape_value(&sizes),
        Operand::Tensors(tensors) => {
            Value::list(tensors.into_iter().map(TensorObject::value).collect())
        }
    }
}

fn to_operand(value: &Value) -> PyResult<Operand> {
    if let Value::List(items) = value {
        let items = items.borrow();
        if items.iter().any(|item| item.downcast::<TensorObject>().is_some()) {
            return Ok(Operand::Tensors(items.iter().map(to_tensor).collect::<PyResult<_>>()?));
        }
    }
    if let Value::Tuple(items) = value
        && items.iter().any(|item| item.downcast::<TensorObject>().is_some())
    {
        return Ok(Operand::Tensors(items.iter().map(to_tensor).collect::<PyResult<_>>()?));
    }
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            Ok(Operand::Arg(to_arg(value)?))
        }
        other => match other.downcast::<TensorObject>() {
            Some(tensor) => Ok(Operand::Tensor(tensor.tensor())),
            None => match to_tensor(other) {
                Ok(tensor) => Ok(Operand::Tensor(tensor)),
                Err(_) => Ok(Operand::Arg(to_arg(other)?)),
            },
        },
    }
}

impl Callable for PyFunction {
    fn name(&self) -> String {
        match attributes::get(&self.0, "__name__") {
            Ok(Value::Str(name)) => name.to_string(),
            _ => self.0.type_name(),
        }
    }

    fn call(&self, operands: Vec<Operand>) -> kerai_engine::Result<Operand> {
        let values: Vec<Value> = operands.into_iter().map(to_value).collect();
        let result = context::call(&self.0, Arguments::positional(values));
        to_engine(result.and_then(|value| to_operand(&value)))
    }

    fn is_same(&self, other: &dyn Callable) -> bool {
        let other = other.as_any().downcast_ref::<PyFunction>();
        other.is_some_and(|other| operators::is_same(&self.0, &other.0))
    }

    fn operation(&self) -> Option<&'static str> {
        operation_in(&self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
