//! Arguments of built-in functions and methods, with CPython's messages for a wrong number of them.

use super::super::{Arguments, Exception, PyResult, Signature, Value};
use std::cell::RefCell;
use std::collections::HashMap;

fn no_keywords(name: &str, arguments: &Arguments) -> PyResult<()> {
    if arguments.keywords.is_empty() {
        return Ok(());
    }
    Err(Exception::type_error(format!("{name}() takes no keyword arguments")))
}

/// No arguments; `name` is qualified: `str.upper`.
pub(crate) fn none(name: &str, arguments: Arguments) -> PyResult<()> {
    no_keywords(name, &arguments)?;
    match arguments.positional.len() {
        0 => Ok(()),
        given => Err(Exception::type_error(format!("{name}() takes no arguments ({given} given)"))),
    }
}

/// Exactly one argument; `name` is qualified.
pub(crate) fn one(name: &str, arguments: Arguments) -> PyResult<Value> {
    no_keywords(name, &arguments)?;
    let given = arguments.positional.len();
    let mut values = arguments.positional.into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Exception::type_error(format!(
            "{name}() takes exactly one argument ({given} given)"
        ))),
    }
}

/// From `least` to `most` arguments by position.
pub(crate) fn between(
    name: &str,
    least: usize,
    most: usize,
    arguments: Arguments,
) -> PyResult<Vec<Value>> {
    no_keywords(name, &arguments)?;
    let given = arguments.positional.len();
    if (least..=most).contains(&given) {
        return Ok(arguments.positional);
    }
    let short = name.rsplit('.').next().unwrap_or(name);
    let (bound, limit) = match (least == most, given < least) {
        (true, _) => ("", least),
        (false, true) => ("at least ", least),
        (false, false) => ("at most ", most),
    };
    let plural = if limit == 1 { "" } else { "s" };
    Err(Exception::type_error(format!(
        "{short} expected {bound}{limit} argument{plural}, got {given}"
    )))
}

/// The arguments in the order of a signature, which is parsed once.
pub(crate) fn bind(
    name: &str,
    signature: &'static str,
    arguments: Arguments,
) -> PyResult<Vec<Value>> {
    thread_local! {
        static PARSED: RefCell<HashMap<&'static str, std::rc::Rc<Signature>>> =
            RefCell::new(HashMap::new());
    }
    let parsed = PARSED.with(|table| {
        table
            .borrow_mut()
            .entry(signature)
            .or_insert_with(|| std::rc::Rc::new(Signature::parse(signature)))
            .clone()
    });
    parsed.bind(name, arguments)
}

/// An integer argument, with the message that CPython has for others.
pub(crate) fn index(value: &Value) -> PyResult<i64> {
    super::super::operators::as_index(value).ok_or_else(|| {
        Exception::type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            value.type_name()
        ))
    })
}
