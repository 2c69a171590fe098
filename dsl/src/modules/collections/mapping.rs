//! `Counter`, `defaultdict` and `OrderedDict`: objects around a dict.

use crate::runtime::object::Items;
use crate::runtime::types::dict::entries_of;
use crate::runtime::types::{NativeClass, args, class, dict, list};
use crate::runtime::{
    Arguments, BinaryOp, CompareOp, Dict, Exception, Key, Object, PyResult, Value,
};
use crate::runtime::{attributes, context, format, hash, iterate, operators};
use std::cell::RefCell;
use std::rc::Rc;

/// What a mapping adds to a dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Default,
    Ordered,
}

/// A dict with extras.
struct Mapping {
    kind: Kind,
    dict: Rc<RefCell<Dict>>,
    factory: RefCell<Value>,
}

fn instance(value: &Value, kind: Kind) -> bool {
    value.downcast::<Mapping>().is_some_and(|mapping| mapping.kind == kind)
}

/// `collections.Counter`
pub(super) const COUNTER: NativeClass = NativeClass {
    doc: "Counts how often each item occurs.",
    signature: "iterable=None, /, **kwargs",
    bases: &["dict"],
    methods: &["elements", "most_common", "subtract", "total", "update"],
    ..NativeClass::new("Counter", "collections", counter, |v| instance(v, Kind::Counter))
};

/// `collections.defaultdict`
pub(super) const DEFAULT: NativeClass = NativeClass {
    doc: "A dict that makes a value for a missing key.",
    signature: "default_factory=None, /, *args, **kwargs",
    bases: &["dict"],
    methods: dict::METHODS,
    ..NativeClass::new("defaultdict", "collections", default_dict, |v| instance(v, Kind::Default))
};

/// `collections.OrderedDict`
pub(super) const ORDERED: NativeClass = NativeClass {
    doc: "A dict whose entries can be moved to either end.",
    signature: "*args, **kwargs",
    bases: &["dict"],
    methods: &["move_to_end", "popitem"],
    ..NativeClass::new("OrderedDict", "collections", ordered, |v| instance(v, Kind::Ordered))
};

fn make(kind: Kind, entries: Dict, factory: Value) -> Value {
    let dict = Rc::new(RefCell::new(entries));
    Value::object(Mapping { kind, dict, factory: RefCell::new(factory) })
}

fn content(arguments: Arguments) -> PyResult<Dict> {
    match dict::construct(arguments)? {
        Value::Dict(dict) => Ok(dict.borrow().clone()),
        _ => Ok(Dict::new()),
    }
}

fn ordered(arguments: Arguments) -> PyResult<Value> {
    Ok(make(Kind::Ordered, content(arguments)?, Value::None))
}

fn default_dict(mut arguments: Arguments) -> PyResult<Value> {
    let factory =
        if arguments.positional.is_empty() { Value::None } else { arguments.positional.remove(0) };
    let is_callable = matches!(&factory, Value::Object(object) if object.is_callable());
    if !is_callable && !factory.is_none() {
        return Err(Exception::type_error("first argument must be callable or None")
            .with_received(format::repr(&factory)?)
            .with_hint("defaultdict(int), defaultdict(list) or defaultdict(lambda: 0)"));
    }
    Ok(make(Kind::Default, content(arguments)?, factory))
}

fn counter(arguments: Arguments) -> PyResult<Value> {
    let counts = RefCell::new(Dict::new());
    count(&counts, arguments, 1)?;
    Ok(make(Kind::Counter, counts.into_inner(), Value::None))
}

/// Adds counts: from a mapping its numbers, from an iterable one for each item.
fn count(counts: &RefCell<Dict>, arguments: Arguments, sign: i64) -> PyResult<()> {
    let add = |key: Key, amount: Value| -> PyResult<()> {
        let before = counts.borrow().get(&key).cloned().unwrap_or(Value::Int(0));
        let op = if sign > 0 { BinaryOp::Add } else { BinaryOp::Sub };
        let sum = operators::binary(op, &before, &amount)?;
        counts.borrow_mut().insert(key, sum);
        Ok(())
    };
    match arguments.positional.first() {
        None | Some(Value::None) => {}
        Some(source) if dict::shared(source).is_some() => {
            for (key, amount) in entries_of(source)? {
                add(key, amount)?;
            }
        }
        Some(source) => {
            let mut items = iterate::items(source)?;
            while let Some(item) = items()? {
                add(hash::key(&item)?, Value::Int(1))?;
            }
        }
    }
    for (name, amount) in arguments.keywords {
        add(Key(Value::Str(name)), amount)?;
    }
    Ok(())
}

impl Mapping {
    fn same(&self, entries: Dict) -> Value {
        make(self.kind, entries, self.factory.borrow().clone())
    }

    fn pairs(&self) -> Vec<(Value, Value)> {
        self.dict.borrow().iter().map(|(key, value)| (key.0.clone(), value.clone())).collect()
    }

    /// Entries by their counts, largest first, equal ones in their order.
    fn most_common(&self, limit: Option<usize>) -> PyResult<Vec<Value>> {
        let pairs = self.pairs().into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect();
        let count = crate::runtime::Native::value("count", "pair", "", |v| {
            attributes::item(&v[0], &Value::Int(1))
        });
        let mut sorted = list::sorted(pairs, &count, true)?;
        sorted.truncate(limit.unwrap_or(usize::MAX));
        Ok(sorted)
    }

    fn own_method(&self, name: &str, arguments: Arguments) -> Option<PyResult<Value>> {
        Some(match (self.kind, name) {
            (Kind::Counter, "most_common") => args::bind(name, "n=None", arguments).and_then(|v| {
                let limit = if v[0].is_none() {
                    None
                } else {
                    Some(usize::try_from(args::index(&v[0])?).unwrap_or(0))
                };
                self.most_common(limit).map(Value::list)
            }),
            (Kind::Counter, "update") => count(&self.dict, arguments, 1).map(|()| Value::None),
            (Kind::Counter, "subtract") => count(&self.dict, arguments, -1).map(|()| Value::None),
            (Kind::Counter, "total") => {
                self.pairs().iter().try_fold(Value::Int(0), |total, (_, amount)| {
                    operators::binary(BinaryOp::Add, &total, amount)
                })
            }
            (Kind::Counter, "elements") => {
                let mut all = Vec::new();
                for (item, amount) in self.pairs() {
                    let times = operators::as_index(&amount).unwrap_or(0);
                    all.extend((0..times).map(|_| item.clone()));
                }
                iterate::iter(&Value::list(all))
            }
            (Kind::Ordered, "move_to_end") => {
                args::bind(name, "key, last=True", arguments).and_then(|v| self.move_to_end(&v))
            }
            (Kind::Ordered, "popitem") => args::bind(name, "last=True", arguments).and_then(|v| {
                let last = operators::truth(&v[0])?;
                let mut dict = self.dict.borrow_mut();
                let taken = if last { dict.pop() } else { dict.shift_remove_index(0) };
                match taken {
                    Some((key, value)) => Ok(Value::tuple(vec![key.0, value])),
                    None => Err(Exception::new("KeyError", "'dictionary is empty'")),
                }
            }),
            (_, "copy" | "__copy__") => {
                args::none(name, arguments).map(|()| self.same(self.dict.borrow().clone()))
            }
            _ => return None,
        })
    }

    fn move_to_end(&self, values: &[Value]) -> PyResult<Value> {
        let key = hash::key(&values[0])?;
        let mut dict = self.dict.borrow_mut();
        let Some(place) = dict.get_index_of(&key) else {
            return Err(Exception::new("KeyError", format::repr(&values[0])?));
        };
        let target = if operators::truth(&values[1])? { dict.len() - 1 } else { 0 };
        dict.move_index(place, target);
        Ok(Value::None)
    }

    /// `a op b` of two counters: only counts above zero stay.
    fn counter_binary(&self, op: BinaryOp, other: &Dict) -> Option<PyResult<Value>> {
        let zero = Value::Int(0);
        let mine = self.dict.borrow().clone();
        let mut keys: Vec<Key> = mine.keys().cloned().collect();
        keys.extend(other.keys().filter(|key| !mine.contains_key(*key)).cloned());
        let mut result = Dict::new();
        for key in keys {
            let (a, b) = (mine.get(&key).unwrap_or(&zero), other.get(&key).unwrap_or(&zero));
            let smaller = operators::compare(CompareOp::Lt, a, b);
            let amount = match (op, smaller) {
                (BinaryOp::Add | BinaryOp::Sub, _) => operators::binary(op, a, b),
                (BinaryOp::And, Ok(Value::Bool(true))) | (BinaryOp::Or, Ok(Value::Bool(false))) => {
                    Ok(a.clone())
                }
                (BinaryOp::And | BinaryOp::Or, _) => Ok(b.clone()),
                _ => return None,
            };
            match amount.and_then(|n| Ok((operators::compare(CompareOp::Gt, &n, &zero)?, n))) {
                Ok((Value::Bool(true), amount)) => {
                    result.insert(key, amount);
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(self.same(result)))
    }
}

impl Object for Mapping {
    fn type_name(&self) -> String {
        match self.kind {
            Kind::Counter => "Counter",
            Kind::Default => "collections.defaultdict",
            Kind::Ordered => "collections.OrderedDict",
        }
        .to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(match self.kind {
            Kind::Counter => COUNTER,
            Kind::Default => DEFAULT,
            Kind::Ordered => ORDERED,
        }))
    }

    fn repr(&self) -> PyResult<String> {
        let inner = Value::Dict(self.dict.clone());
        match self.kind {
            Kind::Counter if self.dict.borrow().is_empty() => Ok("Counter()".to_owned()),
            Kind::Counter => {
                let mut parts = Vec::new();
                for pair in self.most_common(None)? {
                    let pair = iterate::collect(&pair)?;
                    let texts: Vec<String> =
                        pair.iter().map(format::repr).collect::<PyResult<_>>()?;
                    parts.push(texts.join(": "));
                }
                Ok(format!("Counter({{{}}})", parts.join(", ")))
            }
            Kind::Default => Ok(format!(
                "defaultdict({}, {})",
                format::repr(&self.factory.borrow())?,
                format::repr(&inner)?
            )),
            Kind::Ordered if self.dict.borrow().is_empty() => Ok("OrderedDict()".to_owned()),
            Kind::Ordered => {
                let pairs: Vec<Value> =
                    self.pairs().into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect();
                Ok(format!("OrderedDict([{}])", format::repr_items(&pairs)?))
            }
        }
    }

    fn as_dict(&self) -> Option<Rc<RefCell<Dict>>> {
        Some(self.dict.clone())
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "default_factory" && self.kind == Kind::Default {
            return Ok(Some(self.factory.borrow().clone()));
        }
        let known = self.attribute_names().iter().any(|known| known == name) || name == "__copy__";
        Ok(known.then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        let own: &[&str] = match self.kind {
            Kind::Counter => COUNTER.methods,
            Kind::Default => &[],
            Kind::Ordered => ORDERED.methods,
        };
        own.iter().chain(dict::METHODS).map(|name| (*name).to_owned()).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        let settable = name == "default_factory" && self.kind == Kind::Default;
        if settable {
            *self.factory.borrow_mut() = value;
        }
        Ok(settable)
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        // Tried on a copy, because the arguments are gone afterwards.
        match self.own_method(name, arguments.clone()) {
            Some(result) => Some(result),
            None => dict::call_method(&self.dict, name, arguments),
        }
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.dict.borrow().len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        let hashed = hash::key(key)?;
        if let Some(found) = self.dict.borrow().get(&hashed) {
            return Ok(found.clone());
        }
        match self.kind {
            Kind::Counter => Ok(Value::Int(0)),
            Kind::Default if !self.factory.borrow().is_none() => {
                let factory = self.factory.borrow().clone();
                let made = context::call(&factory, Arguments::default())?;
                self.dict.borrow_mut().insert(hashed, made.clone());
                Ok(made)
            }
            _ => attributes::item(&Value::Dict(self.dict.clone()), key),
        }
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        let key = hash::key(key)?;
        self.dict.borrow_mut().insert(key, value);
        Ok(())
    }

    fn delete_item(&self, key: &Value) -> PyResult<()> {
        if self.kind == Kind::Counter {
            let key = hash::key(key)?;
            self.dict.borrow_mut().shift_remove(&key);
            return Ok(());
        }
        attributes::delete_item(&Value::Dict(self.dict.clone()), key)
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(hash::key(item).map(|key| self.dict.borrow().contains_key(&key)))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(iterate::items(&Value::Dict(self.dict.clone())))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        let other = dict::shared(other)?;
        let other = other.borrow().clone();
        if self.kind == Kind::Counter && !reflected {
            return self.counter_binary(op, &other);
        }
        if op != BinaryOp::Or {
            return None;
        }
        let mine = self.dict.borrow().clone();
        let (mut first, second) = if reflected { (other, mine) } else { (mine, other) };
        first.extend(second);
        Some(Ok(self.same(first)))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let shared = dict::shared(other)?;
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return None;
        }
        if self.kind == Kind::Ordered && instance(other, Kind::Ordered) {
            let same_order =
                self.dict.borrow().keys().zip(shared.borrow().keys()).all(|(a, b)| a == b);
            if !same_order {
                return Some(Ok(Value::Bool(op == CompareOp::Ne)));
            }
        }
        Some(operators::compare(op, &Value::Dict(self.dict.clone()), &Value::Dict(shared)))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Err(Exception::type_error(format!("unhashable type: '{}'", self.type_name())))
    }
}
