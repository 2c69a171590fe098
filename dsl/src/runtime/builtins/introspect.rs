//! Built-in functions that ask about values: `isinstance`, `getattr`, `dir`, `hash`, `repr`, ...

use super::super::{Dict, Exception, Key, PyResult, Value};
use super::super::{attributes, format, hash, operators, types};
use super::Row;
use std::rc::Rc;

pub(super) const TABLE: &[Row] = &[
    (
        "help",
        "object=None, /",
        "Prints the documentation of a value, or of a name in quotes.",
        |v| crate::inspect::help(&v[0]),
    ),
    (
        "isinstance",
        "obj, class_or_tuple, /",
        "Whether an object is of a class, or of one of several.",
        |v| types::is_instance(&v[0], &v[1]).map(Value::Bool),
    ),
    ("issubclass", "cls, class_or_tuple, /", "Whether a class derives from another.", |v| {
        types::is_subclass(&v[0], &v[1]).map(Value::Bool)
    }),
    ("callable", "obj, /", "Whether an object can be called.", |v| {
        Ok(Value::Bool(matches!(&v[0], Value::Object(object) if object.is_callable())))
    }),
    ("hasattr", "obj, name, /", "Whether an object has an attribute.", |v| {
        let name = attribute_name(&v[1], "hasattr")?;
        attributes::find(&v[0], &name).map(|found| Value::Bool(found.is_some()))
    }),
    (
        "getattr",
        "obj, name, /, *default",
        "An attribute by its name, or the default.",
        get_attribute,
    ),
    ("setattr", "obj, name, value, /", "Sets an attribute by its name.", |v| {
        let name = attribute_name(&v[1], "setattr")?;
        attributes::set(&v[0], &name, v[2].clone()).map(|()| Value::None)
    }),
    ("delattr", "obj, name, /", "Deletes an attribute by its name.", |v| {
        let name = attribute_name(&v[1], "delattr")?;
        attributes::delete(&v[0], &name).map(|()| Value::None)
    }),
    ("dir", "object, /", "The names of the attributes of an object.", |v| {
        let mut names = attributes::names(&v[0]);
        names.sort();
        names.dedup();
        Ok(Value::list(names.into_iter().map(Value::str).collect()))
    }),
    ("vars", "object, /", "The attributes of an object as a dict.", variables),
    ("id", "obj, /", "A number that tells objects apart.", |v| Ok(Value::Int(identity(&v[0])))),
    ("hash", "obj, /", "The number under which a dict finds a key.", |v| {
        hash::hash(&v[0]).map(Value::Int)
    }),
    ("repr", "obj, /", "The text of a value as a program would write it.", |v| {
        format::repr(&v[0]).map(Value::str)
    }),
    ("ascii", "obj, /", "As repr, with everything beyond ASCII escaped.", |v| {
        Ok(Value::str(format::ascii(&format::repr(&v[0])?)))
    }),
    ("format", "value, format_spec='', /", "A value in a format, as in f\"{value:spec}\".", |v| {
        let spec = v[1].as_str("format() argument 2")?;
        format::format(&v[0], &spec).map(Value::str)
    }),
];

fn attribute_name(value: &Value, function: &str) -> PyResult<Rc<str>> {
    match value {
        Value::Str(name) => Ok(name.clone()),
        _ if function == "hasattr" => {
            Err(Exception::type_error("hasattr(): attribute name must be string"))
        }
        other => Err(Exception::type_error(format!(
            "attribute name must be string, not '{}'",
            other.type_name()
        ))),
    }
}

fn get_attribute(values: Vec<Value>) -> PyResult<Value> {
    let [object, name, Value::Tuple(default)] = &values[..] else { return Ok(Value::None) };
    let name = attribute_name(name, "getattr")?;
    match default.first() {
        None => attributes::get(object, &name),
        Some(default) => Ok(attributes::find(object, &name)?.unwrap_or_else(|| default.clone())),
    }
}

fn variables(values: Vec<Value>) -> PyResult<Value> {
    let object = &values[0];
    if let Some(dict) = attributes::find(object, "__dict__")? {
        return Ok(dict);
    }
    if object.type_name() == "module" {
        let mut entries = Dict::new();
        for name in attributes::names(object) {
            entries.insert(Key(Value::str(&name)), attributes::get(object, &name)?);
        }
        return Ok(types::dict::value(entries));
    }
    Err(Exception::type_error("vars() argument must have __dict__ attribute"))
}

/// `id(value)`: the address of what is shared, a mixed number for what is not.
fn identity(value: &Value) -> i64 {
    const SHIFT: i64 = 0x7f00_0000_0000;
    let address = match value {
        Value::List(list) => Rc::as_ptr(list).addr(),
        Value::Dict(dict) => Rc::as_ptr(dict).addr(),
        Value::Set(set) => Rc::as_ptr(set).addr(),
        Value::Tuple(items) => Rc::as_ptr(items).cast::<()>().addr(),
        Value::Object(object) => operators::address(object),
        Value::None => return SHIFT,
        other => {
            let hash = hash::hash(other).unwrap_or(0);
            return SHIFT + (hash & 0xff_ffff) * 32 + 16;
        }
    };
    i64::try_from(address).unwrap_or(i64::MAX)
}
