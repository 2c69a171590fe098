//! Names: globals, locals that may be unbound, cells, imports.

use super::super::function::{self, CellRef};
use super::super::interpreter::{globals, value_of};
use super::super::{Exception, PyResult, Value};
use super::{mistake, native, number, text};
use crate::modules;
use rhai::{Dynamic, Engine};
use std::cell::RefCell;
use std::rc::Rc;

/// What a local variable holds before it is bound.
#[derive(Clone)]
struct Unbound;

fn cell(dynamic: &Dynamic) -> PyResult<CellRef> {
    match dynamic.read_lock::<CellRef>() {
        Some(cell) => Ok(cell.clone()),
        None => Err(mistake("a cell")),
    }
}

pub(super) fn register(engine: &mut Engine) {
    native(engine, "_g", 1, |_, a| globals().get(number(a[0])?).map(Dynamic::from));
    native(engine, "_gset", 2, |_, a| {
        globals().set(number(a[0])?, value_of(a[1]));
        Ok(Dynamic::UNIT)
    });
    native(engine, "_gdel", 2, |_, a| {
        let result = globals().delete(number(a[0])?);
        if a[1].as_bool().unwrap_or(false) {
            Ok(Dynamic::UNIT)
        } else {
            result.map(|()| Dynamic::UNIT)
        }
    });
    native(engine, "_unbound", 0, |_, _| Ok(Dynamic::from(Unbound)));
    native(engine, "_local", 2, |_, a| {
        if a[0].is::<Unbound>() {
            return Err(function::unbound(&text(a[1])?, false));
        }
        Ok(a[0].clone())
    });
    native(engine, "_cell", 0, |_, _| Ok(Dynamic::from(CellRef::default())));
    native(engine, "_cell_of", 1, |_, a| {
        Ok(Dynamic::from(CellRef(Rc::new(RefCell::new(Some(value_of(a[0])))))))
    });
    native(engine, "_load", 2, |_, a| {
        let value = cell(a[0])?.0.borrow().clone();
        match value {
            Some(value) => Ok(Dynamic::from(value)),
            None => Err(function::unbound(&text(a[1])?, true)),
        }
    });
    native(engine, "_save", 2, |_, a| {
        let before = cell(a[0])?.0.replace(Some(value_of(a[1])));
        drop(before);
        Ok(Dynamic::UNIT)
    });
    native(engine, "_cell_del", 3, |_, a| {
        let before = cell(a[0])?.0.replace(None);
        if before.is_none() && !a[2].as_bool().unwrap_or(false) {
            return Err(function::unbound(&text(a[1])?, true));
        }
        Ok(Dynamic::UNIT)
    });
    native(engine, "_import", 1, |_, a| modules::import(&text(a[0])?).map(Dynamic::from));
    native(engine, "_import_from", 2, |_, a| {
        modules::import_from(&text(a[0])?, &text(a[1])?).map(Dynamic::from)
    });
    native(engine, "_import_all", 1, |_, a| {
        import_all(&text(a[0])?)?;
        Ok(Dynamic::UNIT)
    });
}

/// `from module import *`
fn import_all(path: &str) -> PyResult<()> {
    let module = modules::import(path)?;
    let Value::Object(object) = &module else {
        return Err(Exception::new("ImportError", format!("{path} is not a module")));
    };
    for name in object.attribute_names() {
        if !name.starts_with('_') {
            // Members that cannot be made (not there yet) are left out, as they would be missing by name.
            if let Ok(Some(value)) = object.attribute(&module, &name) {
                globals().bind(&name, value);
            }
        }
    }
    Ok(())
}
