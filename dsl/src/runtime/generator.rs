//! Generators: functions with `yield`.

use super::interpreter::FunctionCode;
use super::{Exception, PyResult, Value};
use rhai::Dynamic;
use std::rc::Rc;

/// A generator object.
pub struct Generator {}

impl Generator {
    pub(crate) fn value(_code: Rc<FunctionCode>, _arguments: Vec<Dynamic>) -> Value {
        Value::None
    }
}

/// `yield value`, inside a running generator.
pub(crate) fn suspend(_value: Value) -> PyResult<Value> {
    Err(Exception::not_supported("generators are not in this build yet", "use a list"))
}

/// `yield from iterable`
pub(crate) fn delegate(_iterable: &Value) -> PyResult<Value> {
    suspend(Value::None)
}
