//! `abc`: abstract classes. A class with an abstract method left cannot be instantiated.

use super::Module;
use crate::runtime::class::Class;
use crate::runtime::{PyResult, Value, attributes};

pub(super) fn module() -> Module {
    Module::new("abc", "Abstract base classes.")
        .lazy("ABC", || Class::begin("ABC", "ABC", None, Vec::new()).map(|class| class.this()))
        .lazy("ABCMeta", || Class::begin("ABCMeta", "ABCMeta", None, Vec::new()).map(|c| c.this()))
        .function(
            "abstractmethod",
            "function, /",
            "Marks a method that classes which can be instantiated must define.",
            |values| abstract_method(&values[0]),
        )
}

fn abstract_method(function: &Value) -> PyResult<Value> {
    attributes::set(function, "__isabstractmethod__", Value::Bool(true))?;
    Ok(function.clone())
}
