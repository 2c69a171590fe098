//! Functions and classes as they are defined; `yield`.

use super::super::class::Class;
use super::super::function::{CellRef, Function};
use super::super::interpreter::{self, globals, value_of};
use super::super::{Exception, PyResult, Value, generator, iterate};
use super::operations::elements;
use super::{array, mistake, native, number, text};
use rhai::{Dynamic, Engine};
use std::rc::Rc;

pub(super) fn register(engine: &mut Engine) {
    native(engine, "_function", 3, |_, a| {
        let Some(code) = interpreter::function_code(number(a[0])?) else {
            return Err(mistake("a known function"));
        };
        let defaults = array(a[1])?.iter().map(value_of).collect();
        let cells = array(a[2])?
            .iter()
            .map(|c| c.read_lock::<CellRef>().map(|c| c.clone()).ok_or_else(|| mistake("cells")))
            .collect::<PyResult<_>>()?;
        Ok(Dynamic::from(Value::object(Function::new(code, defaults, cells))))
    });
    native(engine, "_class", 5, |_, a| {
        let doc = if a[2].is_unit() { None } else { Some(text(a[2])?) };
        let class = Class::begin(&text(a[0])?, &text(a[1])?, doc, elements(a[3])?)?;
        let mut keywords = Vec::new();
        for pair in array(a[4])?.chunks(2) {
            let [name, value] = pair else { return Err(mistake("pairs")) };
            keywords.push((Rc::from(text(name)?.as_str()), value_of(value)));
        }
        class.set_keywords(keywords);
        Ok(Dynamic::from(class.this()))
    });
    native(engine, "_class_set", 3, |_, a| {
        let before =
            class(a[0])?.namespace.borrow_mut().insert(Rc::from(text(a[1])?), value_of(a[2]));
        drop(before);
        Ok(Dynamic::UNIT)
    });
    native(engine, "_class_get", 3, |_, a| {
        let name = text(a[1])?;
        if let Some(value) = class(a[0])?.namespace.borrow().get(&*name) {
            return Ok(Dynamic::from(value.clone()));
        }
        globals().get(number(a[2])?).map(Dynamic::from)
    });
    native(engine, "_class_del", 3, |_, a| {
        let name = text(a[1])?;
        let before = class(a[0])?.namespace.borrow_mut().shift_remove(&*name);
        if before.is_none() && !a[2].as_bool().unwrap_or(false) {
            return Err(Exception::new("NameError", format!("name '{name}' is not defined")));
        }
        Ok(Dynamic::UNIT)
    });
    native(engine, "_class_annotate", 3, |_, a| {
        let (name, annotation) = (text(a[1])?, text(a[2])?);
        let class = class(a[0])?;
        let mut namespace = class.namespace.borrow_mut();
        let known =
            namespace.entry(Rc::from("__annotations__")).or_insert_with(|| Value::dict::<&str>([]));
        if let Value::Dict(known) = known {
            let key = super::super::Key(Value::str(name));
            known.borrow_mut().insert(key, Value::str(annotation));
        }
        Ok(Dynamic::UNIT)
    });
    native(engine, "_class_end", 1, |_, a| {
        class(a[0])?.finish()?;
        Ok(a[0].clone())
    });
    native(engine, "_lazy", 2, |_, a| {
        let Some(function) = value_of(a[0]).downcast::<Function>() else {
            return Err(mistake("a function"));
        };
        let items = iterate::items(&value_of(a[1]))?;
        Ok(Dynamic::from(generator::Lazy::value(function, items)))
    });
    native(engine, "_skip", 0, |_, _| Ok(Dynamic::from(generator::Skip)));
    native(engine, "_yield", 1, |_, a| generator::suspend(value_of(a[0])).map(Dynamic::from));
    native(engine, "_yield_from", 1, |_, a| {
        generator::delegate(&value_of(a[0])).map(Dynamic::from)
    });
    native(engine, "_collect", 1, |_, a| {
        iterate::collect(&value_of(a[0])).map(|items| Dynamic::from(Value::list(items)))
    });
}

fn class(dynamic: &Dynamic) -> PyResult<Rc<Class>> {
    value_of(dynamic).downcast::<Class>().ok_or_else(|| mistake("a class"))
}
