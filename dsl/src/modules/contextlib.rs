//! `contextlib`: things for `with`.

use super::Module;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Value};
use crate::runtime::{attributes, context, iterate, raise};
use std::cell::RefCell;

pub(super) fn module() -> Module {
    Module::new("contextlib", "Things for with.")
        .function(
            "contextmanager",
            "func",
            "A context manager of a generator with one yield.",
            |v| Ok(Value::object(Factory(v[0].clone()))),
        )
        .function("suppress", "*exceptions", "Passes over exceptions.", |v| {
            Ok(Value::object(Suppress(v[0].clone())))
        })
        .function("nullcontext", "enter_result=None", "Does nothing.", |v| {
            Ok(Value::object(Plain { value: v[0].clone(), close: false }))
        })
        .function("closing", "thing", "Closes a thing at the end.", |v| {
            Ok(Value::object(Plain { value: v[0].clone(), close: true }))
        })
        .function("redirect_stdout", "new_target", "Refused.", |_| {
            Err(Exception::not_supported(
                "redirect_stdout is not in kerai",
                "print(..., file=buffer) writes into io.StringIO()",
            ))
        })
        .with("ContextDecorator", crate::runtime::types::class("object").unwrap_or(Value::None))
        .with(
            "AbstractContextManager",
            crate::runtime::types::class("object").unwrap_or(Value::None),
        )
}

/// A function that `contextmanager` decorates.
struct Factory(Value);

impl Object for Factory {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "__wrapped__" => Ok(Some(self.0.clone())),
            "__name__" | "__doc__" | "__qualname__" => attributes::find(&self.0, name),
            _ => Ok(None),
        }
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let generator = context::call(&self.0, arguments)?;
        Ok(Value::object(Manager { generator: RefCell::new(generator) }))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn binds(&self) -> bool {
        true
    }
}

struct Manager {
    generator: RefCell<Value>,
}

impl Object for Manager {
    fn type_name(&self) -> String {
        "_GeneratorContextManager".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        let generator = self.generator.borrow().clone();
        Some(match iterate::next(&generator) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(Exception::new("RuntimeError", "generator didn't yield")),
            Err(error) => Err(error),
        })
    }

    fn exit(&self, _this: &Value, error: Option<&Exception>) -> PyResult<bool> {
        let generator = self.generator.borrow().clone();
        let Some(error) = error else {
            return match iterate::next(&generator)? {
                None => Ok(false),
                Some(_) => Err(Exception::new("RuntimeError", "generator didn't stop")),
            };
        };
        let mut raised = error.clone();
        let object = raise::object(&mut raised);
        let thrown =
            attributes::call_method(&generator, "throw", Arguments::positional([object.clone()]));
        match thrown {
            Ok(_) => Err(Exception::new("RuntimeError", "generator didn't stop after throw()")),
            Err(ended) if raise::is(&ended, "StopIteration") => Ok(true),
            Err(mut other) => {
                // The same exception coming back is not a new one.
                if crate::runtime::operators::is_same(&raise::object(&mut other), &object) {
                    return Ok(false);
                }
                Err(other)
            }
        }
    }

    /// As a decorator.
    fn call(&self, this: &Value, arguments: Arguments) -> PyResult<Value> {
        let (this, function) = (this.clone(), arguments.positional.first().cloned());
        let function = function.unwrap_or(Value::None);
        Ok(Native::value("wrapper", "*args, **kwds", "", move |v| {
            let Value::Object(manager) = &this else { return Ok(Value::None) };
            if let Some(entered) = manager.enter(&this) {
                entered?;
            }
            let mut given = Arguments::positional(iterate::collect(&v[0])?);
            if let Value::Dict(named) = &v[1] {
                for (name, value) in named.borrow().iter() {
                    given.keywords.push((name.0.as_str("keyword")?, value.clone()));
                }
            }
            match context::call(&function, given) {
                Ok(result) => manager.exit(&this, None).map(|_| result),
                Err(error) if manager.exit(&this, Some(&error))? => Ok(Value::None),
                Err(error) => Err(error),
            }
        }))
    }
}

/// `contextlib.suppress(...)`
struct Suppress(Value);

impl Object for Suppress {
    fn type_name(&self) -> String {
        "suppress".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(Value::None))
    }

    fn exit(&self, _this: &Value, error: Option<&Exception>) -> PyResult<bool> {
        let Some(error) = error else { return Ok(false) };
        if error.class == "KeyboardInterrupt" && error.object.is_none() {
            return Ok(false);
        }
        let mut raised = error.clone();
        raise::matches(&raise::object(&mut raised), &self.0)
    }
}

/// `contextlib.nullcontext` and `contextlib.closing`
struct Plain {
    value: Value,
    close: bool,
}

impl Object for Plain {
    fn type_name(&self) -> String {
        if self.close { "closing" } else { "nullcontext" }.to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(self.value.clone()))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        if self.close {
            attributes::call_method(&self.value, "close", Arguments::default())?;
        }
        Ok(false)
    }
}
