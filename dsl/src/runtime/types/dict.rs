//! `dict`: construction and methods.

use super::super::{Arguments, Dict, Exception, Key, PyResult, Value};
use super::super::{attributes, hash, iterate};
use super::args;
use super::views::{self, Kind};
use std::cell::RefCell;
use std::rc::Rc;

type Shared = Rc<RefCell<Dict>>;

/// The methods of `dict`.
pub(crate) const METHODS: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// A `dict` value.
pub(crate) fn value(entries: Dict) -> Value {
    Value::Dict(Rc::new(RefCell::new(entries)))
}

/// `dict(...)`
pub(crate) fn construct(arguments: Arguments) -> PyResult<Value> {
    let Arguments { positional, keywords } = arguments;
    let given = positional.len();
    let mut entries = match &positional[..] {
        [] => Dict::new(),
        [source] => entries_of(source)?,
        _ => {
            return Err(Exception::type_error(format!(
                "dict expected at most 1 argument, got {given}"
            )));
        }
    };
    entries.extend(keywords.into_iter().map(|(name, value)| (Key(Value::Str(name)), value)));
    Ok(value(entries))
}

/// The dict behind a value: a `dict` or an object that is one (`Counter`, `defaultdict`, ...).
pub fn shared(value: &Value) -> Option<Shared> {
    match value {
        Value::Dict(dict) => Some(dict.clone()),
        Value::Object(object) => object.as_dict(),
        _ => None,
    }
}

/// The entries of a mapping or of an iterable of pairs.
pub(crate) fn entries_of(source: &Value) -> PyResult<Dict> {
    if let Some(dict) = shared(source) {
        return Ok(dict.borrow().clone());
    }
    if let Value::Object(object) = source
        && let Some(keys) = object.attribute(source, "keys")?
    {
        let mut entries = Dict::new();
        for key in iterate::collect(&attributes::call(&keys, Arguments::default())?)? {
            entries.insert(hash::key(&key)?, attributes::item(source, &key)?);
        }
        return Ok(entries);
    }
    let mut entries = Dict::new();
    let mut items = iterate::items(source)?;
    let mut place = 0;
    while let Some(item) = items()? {
        let pair = iterate::collect(&item).map_err(|_| {
            Exception::type_error(format!(
                "cannot convert dictionary update sequence element #{place} to a sequence"
            ))
        })?;
        let [key, value] = &pair[..] else {
            return Err(Exception::value_error(format!(
                "dictionary update sequence element #{place} has length {}; 2 is required",
                pair.len()
            )));
        };
        entries.insert(hash::key(key)?, value.clone());
        place += 1;
    }
    Ok(entries)
}

/// The entries for `dict |= source`.
pub(crate) fn entries(source: &Value) -> PyResult<Dict> {
    entries_of(source)
}

/// `dict.name(...)`; `None`: there is no such method.
pub(crate) fn call_method(
    dict: &Shared,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    let none = |name: &str, arguments| args::none(name, arguments);
    Some(match name {
        "get" => args::between("dict.get", 1, 2, arguments).and_then(|mut values| {
            let default = if values.len() > 1 { values.remove(1) } else { Value::None };
            let key = hash::key(&values[0])?;
            Ok(dict.borrow().get(&key).cloned().unwrap_or(default))
        }),
        "keys" => none("dict.keys", arguments).map(|()| views::value(dict, Kind::Keys)),
        "values" => none("dict.values", arguments).map(|()| views::value(dict, Kind::Values)),
        "items" => none("dict.items", arguments).map(|()| views::value(dict, Kind::Items)),
        "copy" => none("dict.copy", arguments).map(|()| value(dict.borrow().clone())),
        "clear" => none("dict.clear", arguments).map(|()| {
            dict.borrow_mut().clear();
            Value::None
        }),
        "pop" => args::between("dict.pop", 1, 2, arguments).and_then(|mut values| {
            let default = if values.len() > 1 { Some(values.remove(1)) } else { None };
            let key = hash::key(&values[0])?;
            let removed = dict.borrow_mut().shift_remove(&key);
            match removed.or(default) {
                Some(value) => Ok(value),
                None => Err(attributes::key_error(&key.0, dict.borrow().keys().map(|k| &k.0))),
            }
        }),
        "popitem" => none("dict.popitem", arguments).and_then(|()| {
            let last = dict.borrow_mut().pop();
            match last {
                Some((key, value)) => Ok(Value::tuple(vec![key.0, value])),
                None => Err(Exception::new("KeyError", "'popitem(): dictionary is empty'")),
            }
        }),
        "setdefault" => args::between("dict.setdefault", 1, 2, arguments).and_then(|mut values| {
            let default = if values.len() > 1 { values.remove(1) } else { Value::None };
            let key = hash::key(&values[0])?;
            Ok(dict.borrow_mut().entry(key).or_insert(default).clone())
        }),
        "update" => update(dict, arguments),
        "fromkeys" => from_keys(arguments),
        _ => return None,
    })
}

fn update(dict: &Shared, arguments: Arguments) -> PyResult<Value> {
    let Arguments { positional, keywords } = arguments;
    let given = positional.len();
    let entries = match &positional[..] {
        [] => Dict::new(),
        [source] => entries_of(source)?,
        _ => {
            return Err(Exception::type_error(format!(
                "update expected at most 1 argument, got {given}"
            )));
        }
    };
    let mut dict = dict.borrow_mut();
    dict.extend(entries);
    dict.extend(keywords.into_iter().map(|(name, value)| (Key(Value::Str(name)), value)));
    Ok(Value::None)
}

/// `dict.fromkeys(iterable, value=None)`
pub(crate) fn from_keys(arguments: Arguments) -> PyResult<Value> {
    let values = args::between("dict.fromkeys", 1, 2, arguments)?;
    let filler = values.get(1).cloned().unwrap_or(Value::None);
    let mut entries = Dict::new();
    for key in iterate::collect(&values[0])? {
        entries.insert(hash::key(&key)?, filler.clone());
    }
    Ok(value(entries))
}
