//! `copy`: copies of one level, or of everything.

use super::Module;
use crate::runtime::class::Instance;
use crate::runtime::types::{dict, set};
use crate::runtime::{Arguments, Dict, Exception, PyResult, Value};
use crate::runtime::{attributes, operators};
use std::cell::RefCell;
use std::rc::Rc;

pub(super) fn module() -> Module {
    Module::new("copy", "Copies of one level, or of everything.")
        .with("Error", super::exception_class("Error", "Exception"))
        .function("copy", "x", "A copy that shares what is inside.", |v| shallow(&v[0]))
        .function("deepcopy", "x, memo=None", "A copy of everything inside as well.", |v| {
            deep_copy(&v[0])
        })
}

/// A method that the object has for this, called.
fn own(value: &Value, name: &str, arguments: Vec<Value>) -> Option<PyResult<Value>> {
    let Value::Object(object) = value else { return None };
    match object.attribute(value, name) {
        Ok(Some(method)) => Some(attributes::call(&method, Arguments::positional(arguments))),
        _ => None,
    }
}

fn shallow(value: &Value) -> PyResult<Value> {
    Ok(match value {
        Value::List(list) => Value::list(list.borrow().clone()),
        Value::Dict(dict) => dict::value(dict.borrow().clone()),
        Value::Set(keys) => set::value(keys.borrow().clone()),
        Value::Object(object) => {
            if let Some(result) = own(value, "__copy__", vec![]) {
                return result;
            }
            if let Some(instance) = value.downcast::<Instance>() {
                let copied = instance.duplicate()?;
                if let Some(fresh) = copied.downcast::<Instance>() {
                    *fresh.attributes.borrow_mut() = instance.attributes.borrow().clone();
                }
                return Ok(copied);
            }
            if (object.bases().is_some() || object.is_callable() || object.class().is_none())
                && let Some(result) = own(value, "copy", vec![])
            {
                return result;
            }
            if matches!(&*value.type_name(), "collections.deque") {
                return attributes::call_method(value, "copy", Arguments::default());
            }
            value.clone()
        }
        other => other.clone(),
    })
}

/// `copy.deepcopy(value)`
pub(super) fn deep_copy(value: &Value) -> PyResult<Value> {
    deep(value, &mut Vec::new())
}

/// The copies that were made, so that what is shared stays shared.
type Made = Vec<(Value, Value)>;

fn deep(value: &Value, made: &mut Made) -> PyResult<Value> {
    if let Some((_, copy)) = made.iter().find(|(known, _)| operators::is_same(known, value))
        && !matches!(value, Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bool(_))
    {
        return Ok(copy.clone());
    }
    Ok(match value {
        Value::List(list) => {
            let copy = Rc::new(RefCell::new(Vec::new()));
            made.push((value.clone(), Value::List(copy.clone())));
            let items = list.borrow().clone();
            for item in &items {
                let item = deep(item, made)?;
                copy.borrow_mut().push(item);
            }
            Value::List(copy)
        }
        Value::Tuple(items) => {
            let copies: Vec<Value> =
                items.iter().map(|item| deep(item, made)).collect::<PyResult<_>>()?;
            // A tuple of things that cannot change is its own copy.
            let same = copies.iter().zip(items.iter()).all(|(a, b)| operators::is_same(a, b));
            if same { value.clone() } else { Value::tuple(copies) }
        }
        Value::Dict(entries) => {
            let copy = Rc::new(RefCell::new(Dict::new()));
            made.push((value.clone(), Value::Dict(copy.clone())));
            let entries = entries.borrow().clone();
            for (key, item) in entries {
                let item = deep(&item, made)?;
                copy.borrow_mut().insert(key, item);
            }
            Value::Dict(copy)
        }
        Value::Set(keys) => set::value(keys.borrow().clone()),
        Value::Object(object) => {
            if let Some(result) = own(value, "__deepcopy__", vec![dict::value(Dict::new())]) {
                return result;
            }
            if let Some(instance) = value.downcast::<Instance>() {
                let copied = instance.duplicate()?;
                made.push((value.clone(), copied.clone()));
                if let Some(fresh) = copied.downcast::<Instance>() {
                    let attributes = instance.attributes.borrow().clone();
                    for (name, item) in attributes {
                        let item = deep(&item, made)?;
                        fresh.attributes.borrow_mut().insert(name, item);
                    }
                }
                return Ok(copied);
            }
            if let Some(entries) = object.as_dict() {
                let copied = attributes::call_method(value, "copy", Arguments::default())?;
                let entries = entries.borrow().clone();
                for (key, item) in entries {
                    attributes::set_item(&copied, &key.0, deep(&item, made)?)?;
                }
                return Ok(copied);
            }
            if value.type_name() == "generator" || object.is_iterator() {
                return Err(Exception::type_error(format!(
                    "cannot pickle '{}' object",
                    value.type_name()
                )));
            }
            if value.type_name() == "collections.deque" {
                let copied = attributes::call_method(value, "copy", Arguments::default())?;
                let length = attributes::length(value).unwrap_or(Ok(0))?;
                for i in 0..length {
                    let at = Value::Int(i64::try_from(i).unwrap_or(0));
                    let item = deep(&attributes::item(value, &at)?, made)?;
                    attributes::set_item(&copied, &at, item)?;
                }
                return Ok(copied);
            }
            return shallow(value);
        }
        other => other.clone(),
    })
}
