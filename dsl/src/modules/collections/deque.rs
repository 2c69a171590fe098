//! `collections.deque`: a queue with two ends, of limited length if wanted.

use crate::runtime::object::Items;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, Value};
use crate::runtime::{attributes, format, iterate, operators, sequence};
use std::cell::RefCell;
use std::collections::VecDeque;

const METHODS: &[&str] = &[
    "append",
    "appendleft",
    "clear",
    "copy",
    "count",
    "extend",
    "extendleft",
    "index",
    "insert",
    "pop",
    "popleft",
    "remove",
    "reverse",
    "rotate",
];

/// `collections.deque`
pub(super) const CLASS: NativeClass = NativeClass {
    doc: "A queue with two ends.",
    signature: "iterable=(), maxlen=None",
    methods: METHODS,
    ..NativeClass::new("deque", "collections", make, |v| v.downcast::<Deque>().is_some())
};

struct Deque {
    items: RefCell<VecDeque<Value>>,
    limit: Option<usize>,
}

fn make(arguments: Arguments) -> PyResult<Value> {
    let values = args::bind("deque", "iterable=(), maxlen=None", arguments)?;
    let limit = match &values[1] {
        Value::None => None,
        limit => Some(
            usize::try_from(args::index(limit)?)
                .map_err(|_| Exception::value_error("maxlen must be non-negative"))?,
        ),
    };
    let deque = Deque { items: RefCell::default(), limit };
    deque.extend(&values[0], false)?;
    Ok(Value::object(deque))
}

impl Deque {
    fn push(&self, item: Value, left: bool) {
        let mut items = self.items.borrow_mut();
        if left {
            items.push_front(item);
        } else {
            items.push_back(item);
        }
        if self.limit.is_some_and(|limit| items.len() > limit) {
            if left {
                items.pop_back();
            } else {
                items.pop_front();
            }
        }
    }

    fn extend(&self, source: &Value, left: bool) -> PyResult<()> {
        for item in iterate::collect(source)? {
            self.push(item, left);
        }
        Ok(())
    }

    fn list(&self) -> Value {
        Value::list(self.items.borrow().iter().cloned().collect())
    }

    fn place(&self, key: &Value) -> PyResult<usize> {
        let index = operators::as_index(key).ok_or_else(|| {
            Exception::type_error(format!(
                "sequence index must be integer, not '{}'",
                key.type_name()
            ))
        })?;
        sequence::place(index, self.items.borrow().len())
            .ok_or_else(|| Exception::index_error("deque index out of range"))
    }

    fn method(&self, name: &str, arguments: Arguments) -> PyResult<Value> {
        let qualified = format!("deque.{name}");
        let empty = || Exception::index_error("pop from an empty deque");
        match name {
            "append" | "appendleft" => {
                self.push(args::one(&qualified, arguments)?, name == "appendleft");
            }
            "extend" | "extendleft" => {
                self.extend(&args::one(&qualified, arguments)?, name == "extendleft")?;
            }
            "pop" => {
                args::none(&qualified, arguments)?;
                let last = self.items.borrow_mut().pop_back();
                return last.ok_or_else(empty);
            }
            "popleft" => {
                args::none(&qualified, arguments)?;
                let first = self.items.borrow_mut().pop_front();
                return first.ok_or_else(empty);
            }
            "clear" => {
                args::none(&qualified, arguments)?;
                self.items.borrow_mut().clear();
            }
            "copy" => {
                args::none(&qualified, arguments)?;
                let items = self.items.borrow().clone();
                return Ok(Value::object(Deque { items: RefCell::new(items), limit: self.limit }));
            }
            "rotate" => {
                let values = args::between(&qualified, 0, 1, arguments)?;
                let steps = values.first().map_or(Ok(1), args::index)?;
                let mut items = self.items.borrow_mut();
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                if length > 0 {
                    let steps = usize::try_from(steps.rem_euclid(length)).unwrap_or(0);
                    items.rotate_right(steps);
                }
            }
            "reverse" => {
                args::none(&qualified, arguments)?;
                self.items.borrow_mut().make_contiguous().reverse();
            }
            "remove" => {
                let item = args::one(&qualified, arguments)?;
                let all = self.items.borrow().clone();
                for (i, candidate) in all.iter().enumerate() {
                    if operators::equals(candidate, &item)? {
                        self.items.borrow_mut().remove(i);
                        return Ok(Value::None);
                    }
                }
                return Err(Exception::value_error("deque.remove(x): x not in deque"));
            }
            "insert" => {
                let values = args::between(&qualified, 2, 2, arguments)?;
                let mut items = self.items.borrow_mut();
                if self.limit.is_some_and(|limit| items.len() >= limit) {
                    return Err(Exception::index_error("deque already at its maximum size"));
                }
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let index = args::index(&values[0])?;
                let index = if index < 0 { (index + length).max(0) } else { index.min(length) };
                items.insert(usize::try_from(index).unwrap_or(0), values[1].clone());
            }
            // `count` and `index` ask nothing of the ends.
            _ => return attributes::call_method(&self.list(), name, arguments),
        }
        Ok(Value::None)
    }
}

impl Object for Deque {
    fn type_name(&self) -> String {
        "collections.deque".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(CLASS))
    }

    fn repr(&self) -> PyResult<String> {
        let items = format::repr(&self.list())?;
        Ok(match self.limit {
            Some(limit) => format!("deque({items}, maxlen={limit})"),
            None => format!("deque({items})"),
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "maxlen" => Some(
                self.limit
                    .and_then(|limit| i64::try_from(limit).ok())
                    .map_or(Value::None, Value::Int),
            ),
            _ => METHODS.contains(&name).then(|| attributes::bound(this, name)),
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        METHODS.iter().chain(&["maxlen"]).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        METHODS.contains(&name).then(|| self.method(name, arguments))
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.items.borrow().len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        let place = self.place(key)?;
        Ok(self.items.borrow().get(place).cloned().unwrap_or(Value::None))
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        let place = self.place(key)?;
        if let Some(slot) = self.items.borrow_mut().get_mut(place) {
            *slot = value;
        }
        Ok(())
    }

    fn delete_item(&self, key: &Value) -> PyResult<()> {
        let place = self.place(key)?;
        self.items.borrow_mut().remove(place);
        Ok(())
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let deque = this.downcast::<Deque>()?;
        let (length, mut next) = (self.items.borrow().len(), 0);
        Some(Ok(Box::new(move || {
            let items = deque.items.borrow();
            if items.len() != length {
                return Err(Exception::new("RuntimeError", "deque mutated during iteration"));
            }
            next += 1;
            Ok(items.get(next - 1).cloned())
        })))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        _reflected: bool,
    ) -> Option<PyResult<Value>> {
        let items: VecDeque<Value> = match (op, other) {
            (BinaryOp::Add, _) => {
                let other = other.downcast::<Deque>()?;
                self.items.borrow().iter().chain(other.items.borrow().iter()).cloned().collect()
            }
            (BinaryOp::Mul, Value::Int(times)) => {
                let items: Vec<Value> = self.items.borrow().iter().cloned().collect();
                match sequence::repeat(&items, *times) {
                    Ok(items) => items.into(),
                    Err(error) => return Some(Err(error)),
                }
            }
            _ => return None,
        };
        Some(Ok(Value::object(Deque { items: RefCell::new(items), limit: self.limit })))
    }

    fn binary_in_place(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        (op == BinaryOp::Add).then(|| self.extend(other, false).map(|()| this.clone()))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<Deque>()?;
        Some(operators::compare(op, &self.list(), &other.list()))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Err(Exception::type_error("unhashable type: 'collections.deque'"))
    }
}
