//! Text of values: `repr`, `str`, `format` with its mini language, `%` and `str.format`.

pub mod float;
mod percent;
mod spec;
mod template;
mod text;

pub use percent::percent;
pub use spec::format;
pub use template::{format_map, format_template};
pub(crate) use text::is_printable;
pub(crate) use text::quote_bytes;
pub use text::{ascii, quote};

use super::{PyResult, Value};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The containers that are being written, so that one that holds itself ends as `[...]`.
    static OPEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// `repr(v)`
pub fn repr(v: &Value) -> PyResult<String> {
    let mut out = String::new();
    write_repr(&mut out, v)?;
    Ok(out)
}

/// `str(v)`
pub fn str(v: &Value) -> PyResult<String> {
    match v {
        Value::Str(text) => Ok(text.to_string()),
        Value::Object(object) => object.to_str(),
        other => repr(other),
    }
}

fn write_repr(out: &mut String, v: &Value) -> PyResult<()> {
    match v {
        Value::None => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float::repr(*number)),
        Value::Str(text) => out.push_str(&quote(text)),
        Value::List(list) => {
            let address = Rc::as_ptr(list).addr();
            guarded(out, address, "[...]", |out| {
                out.push('[');
                let mut i = 0;
                loop {
                    let Some(item) = list.borrow().get(i).cloned() else { break };
                    separate(out, i);
                    write_repr(out, &item)?;
                    i += 1;
                }
                out.push(']');
                Ok(())
            })?;
        }
        Value::Tuple(items) => {
            let address = Rc::as_ptr(items).cast::<()>().addr();
            guarded(out, address, "(...)", |out| write_tuple(out, items))?;
        }
        Value::Dict(dict) => {
            let address = Rc::as_ptr(dict).addr();
            guarded(out, address, "{...}", |out| {
                out.push('{');
                let pairs: Vec<_> =
                    dict.borrow().iter().map(|(k, v)| (k.0.clone(), v.clone())).collect();
                for (i, (key, value)) in pairs.iter().enumerate() {
                    separate(out, i);
                    write_repr(out, key)?;
                    out.push_str(": ");
                    write_repr(out, value)?;
                }
                out.push('}');
                Ok(())
            })?;
        }
        Value::Set(set) => {
            let items = super::types::set::order(&set.borrow());
            if items.is_empty() {
                out.push_str("set()");
                return Ok(());
            }
            out.push('{');
            write_items(out, &items)?;
            out.push('}');
        }
        Value::Object(object) => {
            // A reference keeps the thin address, whatever the type behind it.
            let address = Rc::as_ptr(object).cast::<()>().addr();
            guarded(out, address, "...", |out| {
                out.push_str(&object.repr()?);
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn write_items(out: &mut String, items: &[Value]) -> PyResult<()> {
    for (i, item) in items.iter().enumerate() {
        separate(out, i);
        write_repr(out, item)?;
    }
    Ok(())
}

fn write_tuple(out: &mut String, items: &[Value]) -> PyResult<()> {
    out.push('(');
    write_items(out, items)?;
    out.push_str(if items.len() == 1 { ",)" } else { ")" });
    Ok(())
}

/// The items as `repr` writes them, between commas.
pub(crate) fn repr_items(items: &[Value]) -> PyResult<String> {
    let mut out = String::new();
    write_items(&mut out, items)?;
    Ok(out)
}

fn guarded(
    out: &mut String,
    address: usize,
    recursive: &str,
    write: impl FnOnce(&mut String) -> PyResult<()>,
) -> PyResult<()> {
    if OPEN.with(|open| open.borrow().contains(&address)) {
        out.push_str(recursive);
        return Ok(());
    }
    OPEN.with(|open| open.borrow_mut().push(address));
    let result = write(out);
    OPEN.with(|open| open.borrow_mut().pop());
    result
}

/// The address of an object as `repr` shows it.
pub(crate) fn address<T: ?Sized>(object: &T) -> String {
    format!("{:#014x}", std::ptr::from_ref(object).cast::<()>().addr())
}
