//! Iterating: lazily from Rust ([`items`]), at once ([`collect`]), and iterator objects (`iter(x)`, `zip(..)`).

use super::object::Items;
use super::{Exception, Object, PyResult, Value};
use kerai_engine::memory;
use std::cell::RefCell;
use std::rc::Rc;

/// The items of an iterable, one after the other.
pub fn items(value: &Value) -> PyResult<Items> {
    Ok(match value {
        Value::List(list) => {
            let (list, mut next) = (list.clone(), 0);
            Box::new(move || {
                let item = list.borrow().get(next).cloned();
                next += usize::from(item.is_some());
                Ok(item)
            })
        }
        Value::Tuple(items) => {
            let (items, mut next) = (items.clone(), 0);
            Box::new(move || {
                let item = items.get(next).cloned();
                next += 1;
                Ok(item)
            })
        }
        Value::Str(text) => {
            let (text, mut at) = (text.clone(), 0);
            Box::new(move || {
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                    return Ok(None);
                };
                at += c.len_utf8();
                Ok(Some(character(c)))
            })
        }
        Value::Dict(dict) => {
            let (dict, mut next) = (dict.clone(), 0);
            let length = dict.borrow().len();
            Box::new(move || {
                let dict = dict.borrow();
                if dict.len() != length {
                    return Err(changed_size("dictionary"));
                }
                next += 1;
                Ok(dict.get_index(next - 1).map(|(key, _)| key.0.clone()))
            })
        }
        Value::Set(set) => {
            let order = super::types::set::order(&set.borrow());
            let (set, length, mut order) = (set.clone(), order.len(), order.into_iter());
            Box::new(move || {
                if set.borrow().len() != length {
                    return Err(changed_size("Set"));
                }
                Ok(order.next())
            })
        }
        Value::Object(object) => match object.iterate(value) {
            Some(items) => return items,
            None => return Err(not_iterable(value)),
        },
        _ => return Err(not_iterable(value)),
    })
}

pub(crate) fn changed_size(what: &str) -> Box<Exception> {
    Exception::new("RuntimeError", format!("{what} changed size during iteration"))
        .with_hint("iterate over a copy: for key in list(the_container):")
}

fn not_iterable(value: &Value) -> Box<Exception> {
    let error = Exception::type_error(format!("'{}' object is not iterable", value.type_name()));
    match value {
        Value::Int(number) => error.with_hint(format!("range({number}) counts from 0")),
        _ => error,
    }
}

/// A text of one character; the ASCII ones are shared.
pub(crate) fn character(c: char) -> Value {
    thread_local! {
        static ASCII: Vec<Rc<str>> =
            (0..128_u8).map(|b| Rc::from(char::from(b).to_string())).collect();
    }
    ASCII.with(|table| match table.get(c as usize) {
        Some(text) => Value::Str(text.clone()),
        None => Value::str(c.encode_utf8(&mut [0; 4])),
    })
}

/// All items of an iterable.
pub fn collect(value: &Value) -> PyResult<Vec<Value>> {
    match value {
        Value::List(list) => Ok(list.borrow().clone()),
        Value::Tuple(items) => Ok(items.to_vec()),
        Value::Set(set) => Ok(super::types::set::order(&set.borrow())),
        Value::Dict(dict) => Ok(dict.borrow().keys().map(|key| key.0.clone()).collect()),
        _ => {
            check_room(value)?;
            drain(items(value)?)
        }
    }
}

/// Refuses to collect what says that it has more items than fit into memory (`range(10**12)`).
pub(crate) fn check_room(value: &Value) -> PyResult<()> {
    let Value::Object(object) = value else { return Ok(()) };
    // A length that fails is no reason not to iterate.
    let Some(Ok(count)) = object.length() else { return Ok(()) };
    match memory::room_for(&[count], size_of::<Value>()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Exception::new("MemoryError", "")),
    }
}

/// All items that are left.
pub fn drain(mut items: Items) -> PyResult<Vec<Value>> {
    let mut all = Vec::new();
    while let Some(item) = items()? {
        all.push(item);
    }
    Ok(all)
}

/// As `collect`, with a message of its own for a value that is not iterable at all.
pub(crate) fn collect_or(value: &Value, message: &str) -> PyResult<Vec<Value>> {
    let items = items(value).map_err(|error| {
        if error.class == "TypeError" && error.message.ends_with("object is not iterable") {
            Exception::type_error(message)
        } else {
            error
        }
    })?;
    drain(items)
}

/// An iterator: gives its items once.
pub struct Iter {
    class: &'static str,
    items: RefCell<Option<Items>>,
}

/// An iterator object of the given class name (`list_iterator`, `zip`, `map`, ...).
pub fn iterator(class: &'static str, items: Items) -> Value {
    Value::object(Iter { class, items: RefCell::new(Some(items)) })
}

impl Iter {
    fn advance(&self) -> PyResult<Option<Value>> {
        // Taken out while it runs, because the items may come from code that asks this iterator again.
        let taken = self.items.borrow_mut().take();
        let Some(mut items) = taken else { return Ok(None) };
        let result = items();
        if !matches!(result, Ok(None)) {
            *self.items.borrow_mut() = Some(items);
        }
        result
    }
}

impl Object for Iter {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<{} object at {}>", self.class, super::format::address(self)))
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let this = this.clone();
        Some(Ok(Box::new(move || match this.downcast::<Iter>() {
            Some(iterator) => iterator.advance(),
            None => Ok(None),
        })))
    }

    fn next(&self, _this: &Value) -> Option<PyResult<Option<Value>>> {
        Some(self.advance())
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

/// `iter(value)`
pub fn iter(value: &Value) -> PyResult<Value> {
    let class = match value {
        Value::List(_) => "list_iterator",
        Value::Tuple(_) => "tuple_iterator",
        Value::Str(_) => "str_iterator",
        Value::Dict(_) => "dict_keyiterator",
        Value::Set(_) => "set_iterator",
        Value::Object(object) if object.is_iterator() => return Ok(value.clone()),
        _ => "iterator",
    };
    Ok(iterator(class, items(value)?))
}

/// `next(value)`; `None` at the end.
pub fn next(value: &Value) -> PyResult<Option<Value>> {
    if let Value::Object(object) = value
        && let Some(result) = object.next(value)
    {
        return result;
    }
    let error = Exception::type_error(format!("'{}' object is not an iterator", value.type_name()));
    Err(error.with_hint("iter(x) makes an iterator: it = iter(x); next(it)"))
}
