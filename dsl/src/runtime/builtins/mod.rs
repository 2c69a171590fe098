//! The built-in functions and classes. Exceptions, `super`, `property` and their kin belong to classes.

mod introspect;
pub(crate) mod lazy;
mod numbers;
mod output;

use super::{Native, Value, sequence, types};
use indexmap::IndexMap;
use std::cell::RefCell;

/// A table row: name, signature, documentation, code.
type Row = (&'static str, &'static str, &'static str, fn(Vec<Value>) -> super::PyResult<Value>);

thread_local! {
    static FUNCTIONS: RefCell<IndexMap<&'static str, Value>> = RefCell::new(IndexMap::new());
}

fn tables() -> impl Iterator<Item = &'static Row> {
    [introspect::TABLE, lazy::TABLE, numbers::TABLE, output::TABLE].into_iter().flatten()
}

/// The built-in function or class of this name; the same value each time.
pub fn find(name: &str) -> Option<Value> {
    if let Some(class) = types::class(name).filter(|_| name != "NoneType") {
        return Some(class);
    }
    match name {
        "Ellipsis" => return Some(sequence::ellipsis()),
        "NotImplemented" => return Some(sequence::not_implemented()),
        // As in IPython: notebooks show things without an import.
        "display" => return Some(crate::modules::ipython::display()),
        _ => {}
    }
    if let Some(known) = FUNCTIONS.with(|known| known.borrow().get(name).cloned()) {
        return Some(known);
    }
    let made = match name {
        "bin" => types::number::radix("bin", "0b", 'b'),
        "oct" => types::number::radix("oct", "0o", 'o'),
        "hex" => types::number::radix("hex", "0x", 'x'),
        _ => {
            let (name, signature, doc, code) = tables().find(|row| row.0 == name)?;
            Native::value(name, signature, doc, code)
        }
    };
    let interned = tables().map(|row| row.0).chain(["bin", "oct", "hex"]).find(|n| *n == name)?;
    FUNCTIONS.with(|known| known.borrow_mut().insert(interned, made.clone()));
    Some(made)
}

/// The names that `find` knows.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = tables()
        .map(|row| row.0)
        .chain(types::class::names())
        .chain(["bin", "oct", "hex", "Ellipsis", "NotImplemented", "display"])
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}
