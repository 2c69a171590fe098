//! `string`: sets of characters, and templates.

use super::Module;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value};
use crate::runtime::{attributes, format};

pub(super) fn module() -> Module {
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const MARKS: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    const SPACES: &str = " \t\n\r\x0b\x0c";
    Module::new("string", "Sets of characters, and templates.")
        .with("ascii_lowercase", Value::str(LOWER))
        .with("ascii_uppercase", Value::str(UPPER))
        .with("ascii_letters", Value::str(format!("{LOWER}{UPPER}")))
        .with("digits", Value::str("0123456789"))
        .with("hexdigits", Value::str("0123456789abcdefABCDEF"))
        .with("octdigits", Value::str("01234567"))
        .with("punctuation", Value::str(MARKS))
        .with("whitespace", Value::str(SPACES))
        .with("printable", Value::str(format!("0123456789{LOWER}{UPPER}{MARKS}{SPACES}")))
        .with("Template", class::intern(TEMPLATE))
        .function("capwords", "s, sep=None", "Each word with a capital letter.", |v| {
            let text = v[0].clone();
            let split = if v[1].is_none() { vec![] } else { vec![v[1].clone()] };
            let words = attributes::call_method(&text, "split", Arguments::positional(split))?;
            let words: Vec<Value> = crate::runtime::iterate::collect(&words)?
                .iter()
                .map(|word| attributes::call_method(word, "capitalize", Arguments::default()))
                .collect::<PyResult<_>>()?;
            let mark = if v[1].is_none() { Value::str(" ") } else { v[1].clone() };
            attributes::call_method(&mark, "join", Arguments::positional([Value::list(words)]))
        })
}

const TEMPLATE: NativeClass = NativeClass {
    doc: "A text with $names to be filled in.",
    signature: "template",
    ..NativeClass::new(
        "Template",
        "string",
        |arguments| {
            let text = args::one("Template", arguments)?.as_str("template")?;
            Ok(Value::object(Template(text.to_string())))
        },
        |value| value.downcast::<Template>().is_some(),
    )
};

struct Template(String);

impl Template {
    fn fill(&self, values: &Value, safe: bool) -> PyResult<String> {
        let mut out = String::new();
        let mut rest = &*self.0;
        while let Some(at) = rest.find('$') {
            let (head, tail) = rest.split_at(at);
            out.push_str(head);
            let tail = tail.get(1..).unwrap_or("");
            if let Some(after) = tail.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let braced = tail.starts_with('{');
            let body = tail.strip_prefix('{').unwrap_or(tail);
            let end =
                body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(body.len());
            let (name, after) = body.split_at(end);
            let after = if braced { after.strip_prefix('}').unwrap_or(after) } else { after };
            if name.is_empty() {
                if !safe {
                    return Err(Exception::value_error("Invalid placeholder in string"));
                }
                out.push('$');
                rest = tail;
                continue;
            }
            match attributes::item(values, &Value::str(name)) {
                Ok(value) => out.push_str(&format::str(&value)?),
                Err(error) if safe && error.class == "KeyError" => {
                    let length = 1 + tail.len() - after.len();
                    out.push_str(rest.get(at..at + length).unwrap_or(""));
                }
                Err(error) => return Err(error),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

impl Object for Template {
    fn type_name(&self) -> String {
        "string.Template".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(TEMPLATE))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "template" => Some(Value::str(&self.0)),
            "substitute" | "safe_substitute" => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["safe_substitute", "substitute", "template"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        if !matches!(name, "substitute" | "safe_substitute") {
            return None;
        }
        let values = crate::runtime::types::dict::construct(arguments);
        Some(
            values.and_then(|values| self.fill(&values, name == "safe_substitute").map(Value::str)),
        )
    }
}
