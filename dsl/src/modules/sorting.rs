//! `bisect` and `heapq`: sorted lists and heaps.

use super::Module;
use crate::runtime::types::{args, list};
use crate::runtime::{Arguments, CompareOp, Exception, PyResult, Value};
use crate::runtime::{attributes, context, iterate, operators};
use std::cell::RefCell;
use std::rc::Rc;

fn less(a: &Value, b: &Value) -> PyResult<bool> {
    operators::truth(&operators::compare(CompareOp::Lt, a, b)?)
}

/// `bisect`
pub(super) fn bisect() -> Module {
    const SIGNATURE: &str = "a, x, lo=0, hi=None, *, key=None";
    let find = |right: bool| {
        move |v: Vec<Value>| Ok(Value::Int(i64::try_from(place(&v, right)?).unwrap_or(i64::MAX)))
    };
    let put = |right: bool| {
        move |mut v: Vec<Value>| {
            let item = v[1].clone();
            if !v[4].is_none() {
                v[1] = context::call(&v[4], Arguments::positional([item.clone()]))?;
            }
            let at = Value::Int(i64::try_from(place(&v, right)?).unwrap_or(i64::MAX));
            attributes::call_method(&v[0], "insert", Arguments::positional([at, item]))
        }
    };
    Module::new("bisect", "Places in sorted lists.")
        .function("bisect_left", SIGNATURE, "The place before equal items.", find(false))
        .function("bisect_right", SIGNATURE, "The place behind equal items.", find(true))
        .function("bisect", SIGNATURE, "The place behind equal items.", find(true))
        .function("insort_left", SIGNATURE, "Puts an item into a sorted list.", put(false))
        .function("insort_right", SIGNATURE, "Puts an item into a sorted list.", put(true))
        .function("insort", SIGNATURE, "Puts an item into a sorted list.", put(true))
}

fn place(v: &[Value], right: bool) -> PyResult<usize> {
    let low = args::index(&v[2])?;
    let mut low =
        usize::try_from(low).map_err(|_| Exception::value_error("lo must be non-negative"))?;
    let length = attributes::length(&v[0]).unwrap_or(Ok(0))?;
    let mut high =
        if v[3].is_none() { length } else { usize::try_from(args::index(&v[3])?).unwrap_or(0) };
    while low < high {
        let middle = low + (high - low) / 2;
        let at = Value::Int(i64::try_from(middle).unwrap_or(i64::MAX));
        let mut item = attributes::item(&v[0], &at)?;
        if !v[4].is_none() {
            item = context::call(&v[4], Arguments::positional([item]))?;
        }
        let go_right = if right { !less(&v[1], &item)? } else { less(&item, &v[1])? };
        if go_right {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The items of a heap, taken out while they are compared (which may run code of the program) and put back at the end.
struct Taken {
    heap: Rc<RefCell<Vec<Value>>>,
    items: Vec<Value>,
}

impl Taken {
    fn of(value: &Value) -> PyResult<Self> {
        match value {
            Value::List(list) => {
                let items = std::mem::take(&mut *list.borrow_mut());
                Ok(Taken { heap: list.clone(), items })
            }
            other => Err(Exception::type_error(format!(
                "heap argument must be a list, not {}",
                other.type_name()
            ))),
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.heap.borrow_mut() = std::mem::take(&mut self.items);
    }
}

/// `heapq`
pub(super) fn heapq() -> Module {
    Module::new("heapq", "Lists whose first item is the smallest.")
        .function("heapify", "heap, /", "Makes a heap of a list.", |v| {
            let mut taken = Taken::of(&v[0])?;
            for at in (0..taken.items.len() / 2).rev() {
                sink(&mut taken.items, at)?;
            }
            Ok(Value::None)
        })
        .function("heappush", "heap, item, /", "Puts an item into a heap.", |v| {
            let mut taken = Taken::of(&v[0])?;
            taken.items.push(v[1].clone());
            let last = taken.items.len() - 1;
            rise(&mut taken.items, 0, last)?;
            Ok(Value::None)
        })
        .function("heappop", "heap, /", "Takes the smallest item.", |v| {
            let mut taken = Taken::of(&v[0])?;
            let Some(last) = taken.items.pop() else {
                return Err(Exception::index_error("index out of range"));
            };
            let Some(slot) = taken.items.first_mut() else { return Ok(last) };
            let first = std::mem::replace(slot, last);
            sink(&mut taken.items, 0)?;
            Ok(first)
        })
        .function(
            "heapreplace",
            "heap, item, /",
            "Takes the smallest item, then puts one in.",
            |v| {
                let mut taken = Taken::of(&v[0])?;
                let Some(slot) = taken.items.first_mut() else {
                    return Err(Exception::index_error("index out of range"));
                };
                let first = std::mem::replace(slot, v[1].clone());
                sink(&mut taken.items, 0)?;
                Ok(first)
            },
        )
        .function(
            "heappushpop",
            "heap, item, /",
            "Puts an item in, then takes the smallest.",
            |v| {
                let mut taken = Taken::of(&v[0])?;
                match taken.items.first_mut() {
                    Some(slot) if less(slot, &v[1])? => {
                        let first = std::mem::replace(slot, v[1].clone());
                        sink(&mut taken.items, 0)?;
                        Ok(first)
                    }
                    _ => Ok(v[1].clone()),
                }
            },
        )
        .function("nlargest", "n, iterable, key=None", "The n largest items, largest first.", |v| {
            some(&v, true)
        })
        .function(
            "nsmallest",
            "n, iterable, key=None",
            "The n smallest items, smallest first.",
            |v| some(&v, false),
        )
        .function("merge", "*iterables, key=None, reverse=False", "Sorted iterables as one.", |v| {
            let mut all = Vec::new();
            for iterable in iterate::collect(&v[0])? {
                all.extend(iterate::collect(&iterable)?);
            }
            iterate::iter(&Value::list(list::sorted(all, &v[1], operators::truth(&v[2])?)?))
        })
}

fn some(v: &[Value], largest: bool) -> PyResult<Value> {
    let mut items = list::sorted(iterate::collect(&v[1])?, &v[2], largest)?;
    items.truncate(usize::try_from(args::index(&v[0])?).unwrap_or(0));
    Ok(Value::list(items))
}

/// Lets the item at a place rise to where it belongs, not above `top`.
fn rise(items: &mut [Value], top: usize, mut at: usize) -> PyResult<()> {
    while at > top {
        let parent = (at - 1) / 2;
        if !less(&items[at], &items[parent])? {
            break;
        }
        items.swap(at, parent);
        at = parent;
    }
    Ok(())
}

/// CPython's way down: the smaller child moves up until the bottom, then the item rises.
fn sink(items: &mut [Value], top: usize) -> PyResult<()> {
    let mut at = top;
    loop {
        let left = 2 * at + 1;
        if left >= items.len() {
            break;
        }
        let right = left + 1;
        let child =
            if right < items.len() && !less(&items[left], &items[right])? { right } else { left };
        items.swap(at, child);
        at = child;
    }
    rise(items, top, at)
}
