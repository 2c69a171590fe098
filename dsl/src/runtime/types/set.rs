//! `set` and `frozenset`: their order, algebra and methods.

use super::super::object::{BinaryOp, CompareOp, Items};
use super::super::{Arguments, Exception, Key, Object, PyResult, Value};
use super::super::{format, hash, iterate};
use super::args;
use indexmap::IndexSet;
use std::cell::RefCell;
use std::rc::Rc;

/// The methods of `set`.
pub(crate) const METHODS: &[&str] = &[
    "add",
    "clear",
    "copy",
    "difference",
    "difference_update",
    "discard",
    "intersection",
    "intersection_update",
    "isdisjoint",
    "issubset",
    "issuperset",
    "pop",
    "remove",
    "symmetric_difference",
    "symmetric_difference_update",
    "union",
    "update",
];

pub(crate) const FROZEN_METHODS: &[&str] = &[
    "copy",
    "difference",
    "intersection",
    "isdisjoint",
    "issubset",
    "issuperset",
    "symmetric_difference",
    "union",
];

/// `frozenset`
pub struct FrozenSet(pub IndexSet<Key>);

/// A `set` value.
pub(crate) fn value(keys: IndexSet<Key>) -> Value {
    Value::Set(Rc::new(RefCell::new(keys)))
}

/// The keys of an iterable.
pub(crate) fn keys(iterable: &Value) -> PyResult<IndexSet<Key>> {
    if let Some(keys) = content(iterable) {
        return Ok(keys);
    }
    let mut keys = IndexSet::new();
    iterate::check_room(iterable)?;
    let mut items = iterate::items(iterable)?;
    while let Some(item) = items()? {
        keys.insert(hash::key(&item)?);
    }
    Ok(keys)
}

/// The keys, if the value is a set, a frozenset or a view of a dict's keys or items.
pub(crate) fn content(value: &Value) -> Option<IndexSet<Key>> {
    match value {
        Value::Set(set) => Some(set.borrow().clone()),
        Value::Object(_) => match value.downcast::<FrozenSet>() {
            Some(frozen) => Some(frozen.0.clone()),
            None => super::views::keys(value),
        },
        _ => None,
    }
}

/// The key to look an item up with; a set is looked up as a frozenset.
pub(crate) fn lookup_key(item: &Value) -> PyResult<Key> {
    match item {
        Value::Set(set) => Ok(Key(Value::object(FrozenSet(set.borrow().clone())))),
        _ => hash::key(item),
    }
}

/// The items in the order in which Python iterates: for numbers that of CPython's hash table, for others that of
/// insertion (Python salts the hashes of texts, so that no program can rely on their order).
pub(crate) fn order(set: &IndexSet<Key>) -> Vec<Value> {
    let plain = || set.iter().map(|key| key.0.clone()).collect();
    let is_number = |key: &Key| matches!(key.0, Value::Int(_) | Value::Bool(_) | Value::Float(_));
    if set.len() < 2 || !set.iter().all(is_number) {
        return plain();
    }
    let mut table: Vec<Option<(u64, &Key)>> = vec![None; 8];
    for (count, key) in set.iter().enumerate() {
        let Ok(hash) = hash::hash(&key.0) else { return plain() };
        insert(&mut table, hash.cast_unsigned(), key);
        let used = count + 1;
        if used * 5 >= (table.len() - 1) * 3 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            let mut size = 8;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut table, vec![None; size]);
            for (hash, key) in old.into_iter().flatten() {
                insert(&mut table, hash, key);
            }
        }
    }
    table.into_iter().flatten().map(|(_, key)| key.0.clone()).collect()
}

/// CPython's probing: nine neighbours, then a jump.
fn insert<'a>(table: &mut [Option<(u64, &'a Key)>], hash: u64, key: &'a Key) {
    let mask = table.len() as u64 - 1;
    let (mut perturb, mut at) = (hash, hash & mask);
    loop {
        let last = if at + 9 <= mask { at + 9 } else { at };
        for place in at..=last {
            if let Some(slot @ None) = table.get_mut(place as usize) {
                *slot = Some((hash, key));
                return;
            }
        }
        perturb >>= 5;
        at = (at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb)) & mask;
    }
}

/// `a op b` for sets; `None` if they are not.
pub(crate) fn binary(op: BinaryOp, a: &Value, b: &Value) -> Option<PyResult<Value>> {
    let (x, y) = (content(a)?, content(b)?);
    let result = algebra(op, &x, &y)?;
    Some(Ok(match a.downcast::<FrozenSet>() {
        Some(_) => Value::object(FrozenSet(result)),
        None => value(result),
    }))
}

fn algebra(op: BinaryOp, a: &IndexSet<Key>, b: &IndexSet<Key>) -> Option<IndexSet<Key>> {
    Some(match op {
        BinaryOp::Or => a.union(b).cloned().collect(),
        BinaryOp::And if b.len() > a.len() => {
            a.iter().filter(|key| b.contains(*key)).cloned().collect()
        }
        BinaryOp::And => b.iter().filter(|key| a.contains(*key)).cloned().collect(),
        BinaryOp::Sub => a.difference(b).cloned().collect(),
        BinaryOp::Xor => a.symmetric_difference(b).cloned().collect(),
        _ => return None,
    })
}

/// `a op b` for comparisons of sets; `None` if they are not.
pub(crate) fn compare(op: CompareOp, a: &Value, b: &Value) -> Option<bool> {
    let (a, b) = (content(a)?, content(b)?);
    Some(match op {
        CompareOp::Eq => a.len() == b.len() && a.is_subset(&b),
        CompareOp::Ne => a.len() != b.len() || !a.is_subset(&b),
        CompareOp::Le => a.is_subset(&b),
        CompareOp::Lt => a.len() < b.len() && a.is_subset(&b),
        CompareOp::Ge => b.is_subset(&a),
        CompareOp::Gt => b.len() < a.len() && b.is_subset(&a),
    })
}

/// `set.name(...)`; `None`: there is no such method.
pub(crate) fn call_method(
    this: &Value,
    set: &Rc<RefCell<IndexSet<Key>>>,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    let qualified = format!("set.{name}");
    let one = |arguments| args::one(&qualified, arguments);
    let result = match name {
        "add" => one(arguments).and_then(|item| {
            set.borrow_mut().insert(hash::key(&item)?);
            Ok(Value::None)
        }),
        "discard" => one(arguments).and_then(|item| {
            set.borrow_mut().shift_remove(&lookup_key(&item)?);
            Ok(Value::None)
        }),
        "remove" => one(arguments).and_then(|item| {
            if set.borrow_mut().shift_remove(&lookup_key(&item)?) {
                return Ok(Value::None);
            }
            Err(Exception::new("KeyError", format::repr(&item)?)
                .with_hint("discard(item) does nothing if the item is not there"))
        }),
        "pop" => args::none(&qualified, arguments).and_then(|()| {
            let first = order(&set.borrow()).into_iter().next();
            match first {
                Some(item) => {
                    set.borrow_mut().shift_remove(&Key(item.clone()));
                    Ok(item)
                }
                None => Err(Exception::new("KeyError", "'pop from an empty set'")),
            }
        }),
        "clear" => args::none(&qualified, arguments).map(|()| {
            set.borrow_mut().clear();
            Value::None
        }),
        "update" | "difference_update" | "intersection_update" => {
            change(set, name, &arguments).map(|()| Value::None)
        }
        "symmetric_difference_update" => one(arguments).and_then(|other| {
            let other = keys(&other)?;
            let result = set.borrow().symmetric_difference(&other).cloned().collect();
            *set.borrow_mut() = result;
            Ok(Value::None)
        }),
        _ => return query(this, name, arguments),
    };
    Some(result)
}

fn change(set: &RefCell<IndexSet<Key>>, name: &str, arguments: &Arguments) -> PyResult<()> {
    for other in &arguments.positional {
        let other = keys(other)?;
        let mut set = set.borrow_mut();
        match name {
            "update" => set.extend(other),
            "difference_update" => set.retain(|key| !other.contains(key)),
            _ => set.retain(|key| other.contains(key)),
        }
    }
    Ok(())
}

/// The methods that `set` and `frozenset` share.
fn query(this: &Value, name: &str, arguments: Arguments) -> Option<PyResult<Value>> {
    let mine = content(this)?;
    let frozen = this.downcast::<FrozenSet>().is_some();
    let qualified = format!("{}.{name}", if frozen { "frozenset" } else { "set" });
    let wrap = |keys| if frozen { Value::object(FrozenSet(keys)) } else { value(keys) };
    let other = |arguments| args::one(&qualified, arguments).and_then(|value| keys(&value));
    let op = match name {
        "union" => BinaryOp::Or,
        "intersection" => BinaryOp::And,
        "difference" => BinaryOp::Sub,
        "copy" => return Some(args::none(&qualified, arguments).map(|()| wrap(mine))),
        "symmetric_difference" => {
            return Some(
                other(arguments)
                    .map(|other| wrap(algebra(BinaryOp::Xor, &mine, &other).unwrap_or_default())),
            );
        }
        "issubset" => {
            return Some(other(arguments).map(|other| Value::Bool(mine.is_subset(&other))));
        }
        "issuperset" => {
            return Some(other(arguments).map(|other| Value::Bool(other.is_subset(&mine))));
        }
        "isdisjoint" => {
            return Some(other(arguments).map(|other| Value::Bool(mine.is_disjoint(&other))));
        }
        _ => return None,
    };
    let mut result = mine;
    for other in &arguments.positional {
        match keys(other) {
            Ok(other) => result = algebra(op, &result, &other).unwrap_or_default(),
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(wrap(result)))
}

impl Object for FrozenSet {
    fn type_name(&self) -> String {
        "frozenset".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        if self.0.is_empty() {
            return Ok("frozenset()".to_owned());
        }
        Ok(format!("frozenset({{{}}})", format::repr_items(&order(&self.0))?))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let known = FROZEN_METHODS.contains(&name);
        Ok(known.then(|| super::super::attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        FROZEN_METHODS.iter().map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        query(this, name, arguments)
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.0.len()))
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(lookup_key(item).map(|key| self.0.contains(&key)))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let mut items = order(&self.0).into_iter();
        Some(Ok(Box::new(move || Ok(items.next()))))
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if reflected { binary(op, other, this) } else { binary(op, this, other) }
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        compare(op, this, other).map(|result| Ok(Value::Bool(result)))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        let mut sum: u64 = 1_927_868_237;
        for key in &self.0 {
            let hash = hash::hash(&key.0)?.cast_unsigned();
            // Order must not matter, so the mixed hashes are joined with xor.
            sum ^= (hash ^ 89_869_747 ^ (hash << 16)).wrapping_mul(3_644_798_167);
        }
        Ok(Some(sum.wrapping_mul(69_069).wrapping_add(907_133_923)))
    }
}
