//! Values to JSON text.

use crate::runtime::types::dict;
use crate::runtime::{Arguments, Exception, PyResult, Value};
use crate::runtime::{context, format, operators, sequence};
use std::fmt::Write;
use std::rc::Rc;

/// How the text is laid out.
struct Writer {
    ascii: bool,
    allow_nan: bool,
    skip_keys: bool,
    sort_keys: bool,
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    default: Value,
    open: Vec<usize>,
}

/// The text of a value; `options` are bound by the signature of `json.dumps` after `obj`.
pub(super) fn dumps(value: &Value, options: &[Value]) -> PyResult<String> {
    let [skip_keys, ascii, _circular, allow_nan, class, indent, separators, default, sort_keys] =
        options
    else {
        return Ok(String::new());
    };
    if !class.is_none() {
        return Err(Exception::not_supported(
            "json.dumps(cls=...) is not in kerai",
            "default=function does the same: it gets what JSON cannot hold",
        ));
    }
    let indent = match indent {
        Value::None => None,
        Value::Str(text) => Some(text.to_string()),
        other => {
            let width = operators::as_index(other).unwrap_or(0).clamp(0, 1000);
            Some(" ".repeat(usize::try_from(width).unwrap_or(0)))
        }
    };
    let (item_separator, key_separator) = match sequence::tuple_items(separators) {
        Some(pair) if pair.len() == 2 => (format::str(&pair[0])?, format::str(&pair[1])?),
        _ if indent.is_some() => (",".to_owned(), ": ".to_owned()),
        _ => (", ".to_owned(), ": ".to_owned()),
    };
    let mut writer = Writer {
        ascii: operators::truth(ascii)?,
        allow_nan: operators::truth(allow_nan)?,
        skip_keys: operators::truth(skip_keys)?,
        sort_keys: operators::truth(sort_keys)?,
        indent,
        item_separator,
        key_separator,
        default: default.clone(),
        open: Vec::new(),
    };
    let mut out = String::new();
    writer.value(&mut out, value)?;
    Ok(out)
}

impl Writer {
    fn value(&mut self, out: &mut String, value: &Value) -> PyResult<()> {
        match value {
            Value::None => out.push_str("null"),
            Value::Bool(true) => out.push_str("true"),
            Value::Bool(false) => out.push_str("false"),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Float(number) => out.push_str(&self.float(*number)?),
            Value::Str(text) => quote(out, text, self.ascii),
            Value::List(list) => {
                let items = list.borrow().clone();
                self.list(out, Rc::as_ptr(list).addr(), &items)?;
            }
            Value::Dict(entries) => self.dict(out, entries)?,
            other => {
                if let Some(items) = sequence::tuple_items(other) {
                    return self.list(out, 0, &items);
                }
                if let Some(entries) = dict::shared(other) {
                    return self.dict(out, &entries);
                }
                if !self.default.is_none() {
                    let replaced =
                        context::call(&self.default, Arguments::positional([other.clone()]))?;
                    return self.value(out, &replaced);
                }
                let error = Exception::type_error(format!(
                    "Object of type {} is not JSON serializable",
                    other.type_name()
                ));
                return Err(match other {
                    Value::Set(_) => error.with_hint("list(the_set) can be written"),
                    _ => error.with_hint(
                        "float(x) or x.tolist() makes plain numbers; default=str writes anything as text",
                    ),
                });
            }
        }
        Ok(())
    }

    fn float(&self, number: f64) -> PyResult<String> {
        if number.is_finite() {
            return Ok(format::float::repr(number));
        }
        let text = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        if self.allow_nan {
            return Ok(text.to_owned());
        }
        Err(Exception::value_error("Out of range float values are not JSON compliant")
            .with_received(format::float::repr(number)))
    }

    fn nested(
        &mut self,
        out: &mut String,
        address: usize,
        brackets: (char, char),
        write: impl FnOnce(&mut Self, &mut String) -> PyResult<()>,
    ) -> PyResult<()> {
        if address != 0 && self.open.contains(&address) {
            return Err(Exception::value_error("Circular reference detected"));
        }
        self.open.push(address);
        out.push(brackets.0);
        write(self, out)?;
        self.open.pop();
        self.new_line(out);
        out.push(brackets.1);
        Ok(())
    }

    fn new_line(&self, out: &mut String) {
        if let Some(indent) = &self.indent {
            out.push('\n');
            for _ in 0..self.open.len() {
                out.push_str(indent);
            }
        }
    }

    fn list(&mut self, out: &mut String, address: usize, items: &[Value]) -> PyResult<()> {
        if items.is_empty() {
            out.push_str("[]");
            return Ok(());
        }
        self.nested(out, address, ('[', ']'), |writer, out| {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(&writer.item_separator);
                }
                writer.new_line(out);
                writer.value(out, item)?;
            }
            Ok(())
        })
    }

    fn dict(
        &mut self,
        out: &mut String,
        entries: &Rc<std::cell::RefCell<crate::runtime::Dict>>,
    ) -> PyResult<()> {
        let mut pairs: Vec<(Value, Value)> =
            entries.borrow().iter().map(|(key, value)| (key.0.clone(), value.clone())).collect();
        if self.sort_keys {
            let keys = pairs.iter().map(|(key, value)| {
                Value::tuple(vec![key.clone(), Value::tuple(vec![key.clone(), value.clone()])])
            });
            let first = crate::runtime::Native::value("key", "x", "", |v| {
                crate::runtime::attributes::item(&v[0], &Value::Int(0))
            });
            let sorted = crate::runtime::types::list::sorted(keys.collect(), &first, false)?;
            pairs = sorted
                .iter()
                .filter_map(|row| {
                    let row = sequence::tuple_items(row)?;
                    let pair = sequence::tuple_items(row.get(1)?)?;
                    Some((pair.first()?.clone(), pair.get(1)?.clone()))
                })
                .collect();
        }
        if pairs.is_empty() {
            out.push_str("{}");
            return Ok(());
        }
        self.nested(out, Rc::as_ptr(entries).addr(), ('{', '}'), |writer, out| {
            let mut first = true;
            for (key, value) in &pairs {
                let Some(name) = writer.key(key)? else { continue };
                if !first {
                    out.push_str(&writer.item_separator);
                }
                first = false;
                writer.new_line(out);
                quote(out, &name, writer.ascii);
                out.push_str(&writer.key_separator);
                writer.value(out, value)?;
            }
            Ok(())
        })
    }

    fn key(&self, key: &Value) -> PyResult<Option<String>> {
        Ok(Some(match key {
            Value::Str(text) => text.to_string(),
            Value::None => "null".to_owned(),
            Value::Bool(true) => "true".to_owned(),
            Value::Bool(false) => "false".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => self.float(*number)?,
            _ if self.skip_keys => return Ok(None),
            other => {
                return Err(Exception::type_error(format!(
                    "keys must be str, int, float, bool or None, not {}",
                    other.type_name()
                )));
            }
        }))
    }
}

/// A JSON string.
fn quote(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if c < ' ' || (ascii && !(' '..='~').contains(&c)) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
