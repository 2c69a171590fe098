//! `list` and `tuple`: their methods, and assignment to slices.

use super::super::sequence::{self, Slice};
use super::super::{Arguments, CompareOp, Exception, PyResult, Value};
use super::super::{attributes, iterate, operators};
use super::args;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

type List = Rc<RefCell<Vec<Value>>>;

/// The methods of `list`.
pub(crate) const METHODS: &[&str] = &[
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];

/// The methods of `tuple`.
pub(crate) const TUPLE_METHODS: &[&str] = &["count", "index"];

/// `list.name(...)`; `None`: there is no such method.
pub(crate) fn call_method(
    this: &Value,
    list: &List,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    Some(match name {
        "append" => args::one("list.append", arguments).map(|item| {
            list.borrow_mut().push(item);
            Value::None
        }),
        "extend" => args::one("list.extend", arguments).and_then(|items| {
            let items = iterate::collect(&items)?;
            list.borrow_mut().extend(items);
            Ok(Value::None)
        }),
        "insert" => args::between("list.insert", 2, 2, arguments).and_then(|values| {
            let [index, item] = &values[..] else { return Ok(Value::None) };
            let index = args::index(index)?;
            let mut list = list.borrow_mut();
            let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
            let at = if index < 0 { (index + length).max(0) } else { index.min(length) };
            list.insert(usize::try_from(at).unwrap_or(0), item.clone());
            Ok(Value::None)
        }),
        "pop" => pop(list, arguments),
        "remove" => args::one("list.remove", arguments).and_then(|item| {
            match position(this, &item, 0, usize::MAX)? {
                Some(i) => {
                    list.borrow_mut().remove(i);
                    Ok(Value::None)
                }
                None => Err(Exception::value_error("list.remove(x): x not in list")),
            }
        }),
        "clear" => args::none("list.clear", arguments).map(|()| {
            list.borrow_mut().clear();
            Value::None
        }),
        "copy" => args::none("list.copy", arguments).map(|()| Value::list(list.borrow().clone())),
        "reverse" => args::none("list.reverse", arguments).map(|()| {
            list.borrow_mut().reverse();
            Value::None
        }),
        "sort" if !arguments.positional.is_empty() => {
            Err(Exception::type_error("sort() takes no positional arguments"))
        }
        "sort" => args::bind("sort", "*, key=None, reverse=False", arguments).and_then(|values| {
            let [key, reverse] = &values[..] else { return Ok(Value::None) };
            // The list is empty while keys are computed, so that a key function cannot disturb the sorting.
            let items = std::mem::take(&mut *list.borrow_mut());
            let backup = items.clone();
            let sorted = sorted(items, key, operators::truth(reverse)?);
            let disturbed = !list.borrow().is_empty();
            match sorted {
                Ok(items) => *list.borrow_mut() = items,
                Err(error) => {
                    *list.borrow_mut() = backup;
                    return Err(error);
                }
            }
            if disturbed {
                return Err(Exception::value_error("list modified during sort"));
            }
            Ok(Value::None)
        }),
        "count" => args::one("list.count", arguments).and_then(|item| count(this, &item)),
        "index" => index(this, "list", arguments),
        _ => return None,
    })
}

/// `tuple.name(...)`; `None`: there is no such method.
pub(crate) fn call_tuple_method(
    this: &Value,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    Some(match name {
        "count" => args::one("tuple.count", arguments).and_then(|item| count(this, &item)),
        "index" => index(this, "tuple", arguments),
        _ => return None,
    })
}

fn pop(list: &List, arguments: Arguments) -> PyResult<Value> {
    let values = args::between("list.pop", 0, 1, arguments)?;
    let index = values.first().map_or(Ok(-1), args::index)?;
    let mut list = list.borrow_mut();
    if list.is_empty() {
        return Err(Exception::index_error("pop from empty list"));
    }
    match sequence::place(index, list.len()) {
        Some(i) => Ok(list.remove(i)),
        None => Err(Exception::index_error("pop index out of range")),
    }
}

fn count(sequence: &Value, item: &Value) -> PyResult<Value> {
    let (mut found, mut i) = (0, 0);
    while let Some(candidate) = sequence::peek(sequence, i) {
        found += i64::from(operators::equals(&candidate, item)?);
        i += 1;
    }
    Ok(Value::Int(found))
}

fn position(sequence: &Value, item: &Value, start: usize, stop: usize) -> PyResult<Option<usize>> {
    let mut i = start;
    while i < stop {
        let Some(candidate) = sequence::peek(sequence, i) else { break };
        if operators::equals(&candidate, item)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

fn index(sequence: &Value, kind: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::between(&format!("{kind}.index"), 1, 3, arguments)?;
    let length = match attributes::length(sequence) {
        Some(length) => i64::try_from(length?).unwrap_or(i64::MAX),
        None => 0,
    };
    let bound = |i: usize, default: i64| -> PyResult<usize> {
        let index = values.get(i).map_or(Ok(default), args::index)?;
        let index = if index < 0 { (index + length).max(0) } else { index };
        Ok(usize::try_from(index).unwrap_or(0))
    };
    let item = values.first().cloned().unwrap_or(Value::None);
    match position(sequence, &item, bound(1, 0)?, bound(2, i64::MAX)?)? {
        Some(i) => Ok(Value::Int(i64::try_from(i).unwrap_or(i64::MAX))),
        None if kind == "tuple" => Err(Exception::value_error("tuple.index(x): x not in tuple")),
        None => {
            let text = super::super::format::repr(&item)?;
            Err(Exception::value_error(format!("{text} is not in list")))
        }
    }
}

/// The items in order, by their keys if `key` is a function. Equal ones keep their places, also when reversed.
pub(crate) fn sorted(items: Vec<Value>, key: &Value, reverse: bool) -> PyResult<Vec<Value>> {
    if key.is_none() {
        let mut items = items;
        sort_by(&mut items, reverse, |item| item)?;
        return Ok(items);
    }
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let key = attributes::call(key, Arguments::positional([item.clone()]))?;
        keyed.push((key, item));
    }
    sort_by(&mut keyed, reverse, |(key, _)| key)?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn sort_by<T: Clone>(items: &mut [T], reverse: bool, key: impl Fn(&T) -> &Value) -> PyResult<()> {
    if items.len() < 2 {
        return Ok(());
    }
    let all = |test: fn(&Value) -> bool| items.iter().all(|item| test(key(item)));
    if all(|v| matches!(v, Value::Int(_))) {
        items.sort_by(|a, b| match (key(a), key(b)) {
            (Value::Int(x), Value::Int(y)) => {
                if reverse {
                    y.cmp(x)
                } else {
                    x.cmp(y)
                }
            }
            _ => Ordering::Equal,
        });
        return Ok(());
    }
    if all(|v| matches!(v, Value::Str(_))) {
        items.sort_by(|a, b| match (key(a), key(b)) {
            (Value::Str(x), Value::Str(y)) => {
                if reverse {
                    y.cmp(x)
                } else {
                    x.cmp(y)
                }
            }
            _ => Ordering::Equal,
        });
        return Ok(());
    }
    merge_sort(items, &|a, b| {
        let (a, b) = if reverse { (key(a), key(b)) } else { (key(b), key(a)) };
        // Whether the later one must go in front.
        operators::truth(&operators::compare(CompareOp::Lt, a, b)?)
    })
}

/// A stable merge sort whose comparison may fail, and may contradict itself (NaN) without harm.
fn merge_sort<T: Clone>(
    items: &mut [T],
    must_swap: &impl Fn(&T, &T) -> PyResult<bool>,
) -> PyResult<()> {
    const SMALL: usize = 8;
    let length = items.len();
    if length <= SMALL {
        for i in 1..length {
            let mut at = i;
            while at > 0 && must_swap(&items[at - 1], &items[at])? {
                items.swap(at - 1, at);
                at -= 1;
            }
        }
        return Ok(());
    }
    let middle = length / 2;
    let (left, right) = items.split_at_mut(middle);
    merge_sort(left, must_swap)?;
    merge_sort(right, must_swap)?;
    if !must_swap(&items[middle - 1], &items[middle])? {
        return Ok(());
    }
    let left = items[..middle].to_vec();
    let right = items[middle..].to_vec();
    let (mut i, mut j) = (0, 0);
    for slot in items.iter_mut() {
        let from_right = i >= left.len() || (j < right.len() && must_swap(&left[i], &right[j])?);
        if from_right {
            *slot = right[j].clone();
            j += 1;
        } else {
            *slot = left[i].clone();
            i += 1;
        }
    }
    Ok(())
}

/// `list[slice] = values`
pub(crate) fn assign_slice(list: &List, slice: &Slice, values: &Value) -> PyResult<()> {
    let values = iterate::collect_or(values, "can only assign an iterable")?;
    let mut list = list.borrow_mut();
    let span = slice.span(list.len())?;
    if span.step == 1 {
        let start = usize::try_from(span.start).unwrap_or(0).min(list.len());
        list.splice(start..start + span.count, values);
        return Ok(());
    }
    if values.len() != span.count {
        return Err(Exception::value_error(format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            values.len(),
            span.count
        )));
    }
    for (i, value) in span.indices().zip(values) {
        if let Some(slot) = list.get_mut(i) {
            *slot = value;
        }
    }
    Ok(())
}

/// `del list[slice]`
pub(crate) fn delete_slice(list: &List, slice: &Slice) -> PyResult<()> {
    let mut list = list.borrow_mut();
    let span = slice.span(list.len())?;
    let mut gone = vec![false; list.len()];
    for i in span.indices() {
        if let Some(flag) = gone.get_mut(i) {
            *flag = true;
        }
    }
    let mut flags = gone.into_iter();
    list.retain(|_| !flags.next().unwrap_or(false));
    Ok(())
}
