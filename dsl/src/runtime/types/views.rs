//! `dict.keys()`, `dict.values()` and `dict.items()`: windows that follow the dict.

use super::super::object::{BinaryOp, CompareOp, Items};
use super::super::{Dict, Key, Object, PyResult, Value};
use super::super::{format, hash, iterate, operators};
use super::set;
use indexmap::IndexSet;
use std::cell::RefCell;
use std::rc::Rc;

/// What a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Keys,
    Values,
    Items,
}

/// A view of a dict.
pub(crate) struct View {
    dict: Rc<RefCell<Dict>>,
    kind: Kind,
}

/// A view value.
pub(crate) fn value(dict: &Rc<RefCell<Dict>>, kind: Kind) -> Value {
    Value::object(View { dict: dict.clone(), kind })
}

/// The keys or items as a set, if the value is such a view and its items can be hashed.
pub(crate) fn keys(value: &Value) -> Option<IndexSet<Key>> {
    let view = value.downcast::<View>()?;
    match view.kind {
        Kind::Keys => Some(view.dict.borrow().keys().cloned().collect()),
        Kind::Items => view.all().iter().map(hash::key).collect::<PyResult<IndexSet<Key>>>().ok(),
        Kind::Values => None,
    }
}

fn entry(kind: Kind, key: &Key, value: &Value) -> Value {
    match kind {
        Kind::Keys => key.0.clone(),
        Kind::Values => value.clone(),
        Kind::Items => Value::tuple(vec![key.0.clone(), value.clone()]),
    }
}

/// The entries one after the other; a change of size meanwhile is an error.
pub(crate) fn items(dict: &Rc<RefCell<Dict>>, kind: Kind, reversed: bool) -> Items {
    let (dict, length, mut next) = (dict.clone(), dict.borrow().len(), 0);
    Box::new(move || {
        let dict = dict.borrow();
        if dict.len() != length {
            return Err(iterate::changed_size("dictionary"));
        }
        let place = if reversed { length.wrapping_sub(next + 1) } else { next };
        next += 1;
        Ok(dict.get_index(place).map(|(key, value)| entry(kind, key, value)))
    })
}

impl View {
    fn all(&self) -> Vec<Value> {
        self.dict.borrow().iter().map(|(key, value)| entry(self.kind, key, value)).collect()
    }

    /// The dict and the kind, for `reversed`.
    pub(crate) fn parts(&self) -> (&Rc<RefCell<Dict>>, Kind) {
        (&self.dict, self.kind)
    }
}

impl Object for View {
    fn type_name(&self) -> String {
        match self.kind {
            Kind::Keys => "dict_keys",
            Kind::Values => "dict_values",
            Kind::Items => "dict_items",
        }
        .to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("{}([{}])", self.type_name(), format::repr_items(&self.all())?))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name != "isdisjoint" || self.kind == Kind::Values {
            return Ok(None);
        }
        let mine = keys(this).unwrap_or_default();
        Ok(Some(super::super::Native::value("isdisjoint", "other, /", "", move |arguments| {
            let other = set::keys(arguments.first().unwrap_or(&Value::None))?;
            Ok(Value::Bool(mine.is_disjoint(&other)))
        })))
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.dict.borrow().len()))
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        match self.kind {
            Kind::Keys => Some(hash::key(item).map(|key| self.dict.borrow().contains_key(&key))),
            Kind::Values => None,
            Kind::Items => {
                let Value::Tuple(pair) = item else { return Some(Ok(false)) };
                let [key, value] = &pair[..] else { return Some(Ok(false)) };
                Some(hash::key(key).and_then(|key| {
                    let found = self.dict.borrow().get(&key).cloned();
                    found.map_or(Ok(false), |found| operators::equals(&found, value))
                }))
            }
        }
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(Ok(items(&self.dict, self.kind, false)))
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if self.kind == Kind::Values || !is_set_operator(op) {
            return None;
        }
        let mine = set::value(keys(this)?);
        let other = match set::keys(other) {
            Ok(other) => set::value(other),
            Err(error) => return Some(Err(error)),
        };
        if reflected { set::binary(op, &other, &mine) } else { set::binary(op, &mine, &other) }
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        set::compare(op, this, other).map(|result| Ok(Value::Bool(result)))
    }
}

fn is_set_operator(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Sub | BinaryOp::Xor)
}
