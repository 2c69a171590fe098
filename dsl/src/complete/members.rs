//! The members of a value, looked at without calling anything of the user's.

use super::Found;
use crate::runtime::{Signature, Value, attributes};

/// Beyond this many members only names are shown: looking at each costs time.
const MAX_DETAILS: usize = 400;

/// Offers the members of a value.
pub(super) fn offer(value: &Value, found: &mut Found<'_>) {
    let names = names(value);
    let look = names.len() <= MAX_DETAILS;
    for name in names {
        let member = if look { attribute(value, &name) } else { None };
        let kind = member.as_ref().map_or("instance", kind_of);
        found.add(1, &name, kind, || member.as_ref().map(detail).unwrap_or_default());
    }
}

/// The names that a value has.
pub(crate) fn names(value: &Value) -> Vec<String> {
    attributes::names(value)
}

/// `value.name`, unless finding it would run the user's code.
pub(crate) fn attribute(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Object(object) => object.peek(value, name),
        _ => attributes::find(value, name).ok().flatten(),
    }
}

/// The word for a value in a menu.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    let Value::Object(object) = value else { return "instance" };
    match object.type_name().as_str() {
        "module" => "module",
        _ if object.bases().is_some() => "class",
        // Layers and models can be called too, but nobody thinks of them as functions.
        name if name.contains("function") || name.contains("method") => "function",
        _ => "instance",
    }
}

/// One line about a value.
pub(crate) fn detail(value: &Value) -> String {
    let doc = match value {
        Value::Object(object) => object.doc(),
        _ => None,
    };
    match doc {
        Some(doc) if !doc.signature.is_empty() => doc.signature,
        Some(doc) if !doc.text.trim().is_empty() => {
            doc.text.trim().lines().next().unwrap_or("").to_owned()
        }
        _ if kind_of(value) == "function" => String::new(),
        _ => value.type_name(),
    }
}

/// The parameters of a callable.
pub(crate) fn signature(value: &Value) -> Option<Signature> {
    match value {
        Value::Object(object) => object.signature(),
        _ => None,
    }
}

/// A default as Python writes it, short.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Str(text) => format!("{text:?}"),
        Value::Tuple(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            let comma = if items.len() == 1 { "," } else { "" };
            format!("({}{comma})", items.join(", "))
        }
        other => other.type_name(),
    }
}
