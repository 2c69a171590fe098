//! `raise`, `except`, `with`, `assert`.

use super::super::interpreter::{self, value_of};
use super::super::{Exception, PyResult, Value, raise};
use super::operations::elements;
use super::{native, simple};
use rhai::{Dynamic, Engine, NativeCallContext};
use std::any::TypeId;

pub(super) fn register(engine: &mut Engine) {
    simple(engine, "_raise", 1, |v| Err(raise::raised(&v[0])));
    simple(engine, "_raise_from", 2, |v| Err(raise::raised_from(&v[0], &v[1])));
    native(engine, "_assert", 1, |_, a| {
        let message = elements(a[0])?;
        let class = raise::class("AssertionError").unwrap_or(Value::None);
        let arguments = super::super::Arguments::positional(message);
        let error = super::super::context::call(&class, arguments)?;
        Err(raise::raised(&error))
    });
    // These go on with an exception that has the line it came from already.
    again(engine, "_reraise", |a| raise::raised(&value_of(a)));
    again(engine, "_rethrow", interpreter::caught);
    native(engine, "_reraise_last", 0, |_, _| match raise::last() {
        Some(last) => Err(raise::raised(&last)),
        None => Err(Exception::new("RuntimeError", "No active exception to reraise")),
    });
    native(engine, "_caught", 1, |_, a| Ok(Dynamic::from(raise::hold(interpreter::caught(a[0])))));
    native(engine, "_handled", 1, |_, a| {
        raise::handled(value_of(a[0]));
        Ok(Dynamic::UNIT)
    });
    native(engine, "_matches", 2, |_, a| {
        raise::matches(&value_of(a[0]), &value_of(a[1])).map(Dynamic::from_bool)
    });
    native(engine, "_enter", 1, |_, a| enter(&value_of(a[0])).map(Dynamic::from));
    native(engine, "_exit", 2, |_, a| {
        exit(&value_of(a[0]), &value_of(a[1])).map(Dynamic::from_bool)
    });
}

fn again(engine: &mut Engine, name: &str, exception: fn(&Dynamic) -> Box<Exception>) {
    let types = [TypeId::of::<Dynamic>()];
    engine.register_raw_fn(name, types, move |_: NativeCallContext<'_>, a: &mut [&mut Dynamic]| {
        Err::<Dynamic, _>(interpreter::raise_again(exception(a[0])))
    });
}

fn enter(manager: &Value) -> PyResult<Value> {
    let entered = match manager {
        Value::Object(object) => object.enter(manager),
        _ => None,
    };
    entered.unwrap_or_else(|| {
        Err(Exception::type_error(format!(
            "'{}' object does not support the context manager protocol",
            manager.type_name()
        )))
    })
}

fn exit(manager: &Value, caught: &Value) -> PyResult<bool> {
    let Value::Object(object) = manager else { return Ok(false) };
    if caught.is_none() {
        return object.exit(manager, None);
    }
    object.exit(manager, Some(&*raise::raised(caught)))
}
