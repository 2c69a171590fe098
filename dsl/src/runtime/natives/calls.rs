//! Calls of values and methods.

use super::super::class::Super;
use super::super::interpreter::value_of;
use super::super::{Arguments, Exception, PyResult, Value, attributes, context, format};
use super::operations::{elements, mapping};
use super::{Spread, array, mistake, native, simple};
use crate::source::lower::DIRECT;
use rhai::{Dynamic, Engine};
use std::rc::Rc;

pub(super) fn register(engine: &mut Engine) {
    for count in 0..=DIRECT {
        native(engine, "_call", count + 1, |_, a| {
            let arguments: Vec<Value> = a[1..].iter().map(|a| value_of(a)).collect();
            context::call(&value_of(a[0]), Arguments::positional(arguments)).map(Dynamic::from)
        });
        native(engine, "_method", count + 2, |_, a| {
            let arguments: Vec<Value> = a[2..].iter().map(|a| value_of(a)).collect();
            let Ok(name) = a[1].as_immutable_string_ref() else { return Err(mistake("a text")) };
            attributes::call_method(&value_of(a[0]), &name, Arguments::positional(arguments))
                .map(Dynamic::from)
        });
    }
    native(engine, "_call_with", 3, |_, a| {
        let callee = value_of(a[0]);
        let arguments = arguments(&callee, a[1], a[2])?;
        context::call(&callee, arguments).map(Dynamic::from)
    });
    native(engine, "_method_with", 4, |_, a| {
        let receiver = value_of(a[0]);
        let Ok(name) = a[1].as_immutable_string_ref() else { return Err(mistake("a text")) };
        let name = name.clone();
        let arguments = arguments(&receiver, a[2], a[3])?;
        attributes::call_method(&receiver, &name, arguments).map(Dynamic::from)
    });
    simple(engine, "_super", 2, |v| Super::value(&v[0], &v[1]));
    simple(engine, "_no_super", 0, |_| {
        Err(Exception::new("RuntimeError", "super(): no arguments")
            .with_hint("super() belongs into a method, a def inside a class with self"))
    });
}

fn arguments(callee: &Value, positional: &Dynamic, keywords: &Dynamic) -> PyResult<Arguments> {
    let positional = elements(positional)?;
    let mut named: Vec<(Rc<str>, Value)> = Vec::new();
    let mut add = |name: Rc<str>, value: Value| {
        if named.iter().any(|(known, _)| *known == name) {
            let what = called(callee);
            return Err(Exception::type_error(format!(
                "{what} got multiple values for keyword argument '{name}'"
            )));
        }
        named.push((name, value));
        Ok(())
    };
    for pair in array(keywords)?.chunks(2) {
        let [name, value] = pair else { return Err(mistake("pairs")) };
        if let Some(spread) = name.read_lock::<Spread>() {
            for (name, value) in mapping(&spread.0)? {
                let Value::Str(name) = name else {
                    return Err(Exception::type_error("keywords must be strings"));
                };
                add(name, value)?;
            }
            continue;
        }
        let Ok(name) = name.as_immutable_string_ref() else { return Err(mistake("a text")) };
        add(Rc::from(name.as_str()), value_of(value))?;
    }
    Ok(Arguments { positional, keywords: named })
}

fn called(callee: &Value) -> String {
    match attributes::find(callee, "__qualname__") {
        Ok(Some(Value::Str(name))) => format!("{name}()"),
        _ => format::repr(callee).unwrap_or_else(|_| callee.type_name()),
    }
}
