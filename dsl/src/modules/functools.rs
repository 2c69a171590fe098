//! `functools`: functions of functions.

use super::Module;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, Exception, Key, Native, Object, PyResult, Value};
use crate::runtime::{attributes, context, format, hash, iterate, operators};
use indexmap::IndexMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(super) fn module() -> Module {
    Module::new("functools", "Functions of functions.")
        .with("partial", class::intern(PARTIAL))
        .function(
            "reduce",
            "function, iterable, *initial",
            "One result of all items, two at a time.",
            reduce,
        )
        .function("cache", "user_function, /", "Remembers the results of a function.", |v| {
            Ok(remember(&v[0], None))
        })
        .function(
            "lru_cache",
            "maxsize=128, typed=False",
            "Remembers the latest results of a function.",
            |v| match &v[0] {
                Value::Object(_) => Ok(remember(&v[0], Some(128))),
                Value::None => Ok(decorator(|function| remember(function, None))),
                size => {
                    let size = usize::try_from(args::index(size)?).unwrap_or(0);
                    Ok(decorator(move |function| remember(function, Some(size))))
                }
            },
        )
        .function(
            "wraps",
            "wrapped, assigned=None, updated=None",
            "Gives a function the name and text of another.",
            |v| {
                let wrapped = v[0].clone();
                Ok(Native::value("wraps", "wrapper", "", move |v| update(&v[0], &wrapped)))
            },
        )
        .function(
            "update_wrapper",
            "wrapper, wrapped, assigned=None, updated=None",
            "Gives a function the name and text of another.",
            |v| update(&v[0], &v[1]),
        )
        .function("cmp_to_key", "mycmp", "A sort key of a function that compares two.", |v| {
            let function = v[0].clone();
            Ok(Native::value("cmp_to_key", "obj", "", move |v| {
                Ok(Value::object(Compared { function: function.clone(), value: v[0].clone() }))
            }))
        })
        .function("total_ordering", "cls", "Adds the missing comparisons to a class.", |v| {
            total_ordering(&v[0])
        })
}

fn decorator(make: impl Fn(&Value) -> Value + 'static) -> Value {
    Native::value("decorator", "function, /", "", move |v| Ok(make(&v[0])))
}

fn reduce(values: Vec<Value>) -> PyResult<Value> {
    let initial = iterate::collect(&values[2])?;
    let mut items = iterate::items(&values[1])?;
    let mut total = match initial.into_iter().next() {
        Some(initial) => initial,
        None => items()?.ok_or_else(|| {
            Exception::type_error("reduce() of empty iterable with no initial value")
        })?,
    };
    while let Some(item) = items()? {
        total = context::call(&values[0], Arguments::positional([total, item]))?;
    }
    Ok(total)
}

/// Copies name and documentation; functions that cannot take them stay as they are.
fn update(wrapper: &Value, wrapped: &Value) -> PyResult<Value> {
    for name in ["__module__", "__name__", "__qualname__", "__doc__"] {
        if let Ok(Some(value)) = attributes::find(wrapped, name) {
            let _ = attributes::set(wrapper, name, value);
        }
    }
    let _ = attributes::set(wrapper, "__wrapped__", wrapped.clone());
    Ok(wrapper.clone())
}

fn total_ordering(class: &Value) -> PyResult<Value> {
    const NAMES: [&str; 4] = ["__lt__", "__le__", "__gt__", "__ge__"];
    // Only what the program wrote counts, and that is what a class keeps in its `__dict__`.
    let own = attributes::find(class, "__dict__")?;
    let has = |name: &str| match &own {
        Some(own) => operators::contains(own, &Value::str(name)).unwrap_or(false),
        None => false,
    };
    let Some(root) = NAMES.into_iter().find(|name| has(name)) else {
        return Err(Exception::value_error(
            "must define at least one ordering operation: < > <= >=",
        ));
    };
    for name in NAMES.into_iter().filter(|name| !has(name)) {
        let code = move |v: Vec<Value>| {
            let (a, b) = (&v[0], &v[1]);
            let given = Arguments::positional([b.clone()]);
            let holds = operators::truth(&attributes::call_method(a, root, given)?)?;
            let same = operators::equals(a, b)?;
            // The one comparison that exists and equality decide all others.
            let (less, greater) = match root {
                "__lt__" => (holds, !holds && !same),
                "__le__" => (holds && !same, !holds),
                "__gt__" => (!holds && !same, holds),
                _ => (!holds, holds && !same),
            };
            Ok(Value::Bool(match name {
                "__lt__" => less,
                "__le__" => less || same,
                "__gt__" => greater,
                _ => greater || same,
            }))
        };
        attributes::set(
            class,
            name,
            Native::method(name, crate::runtime::Signature::parse("self, other, /"), code),
        )?;
    }
    Ok(class.clone())
}

const PARTIAL: NativeClass = NativeClass {
    doc: "A function with some of its arguments filled in.",
    signature: "func, /, *args, **keywords",
    ..NativeClass::new(
        "partial",
        "functools",
        |mut arguments| {
            if arguments.positional.is_empty() {
                return Err(Exception::type_error("type 'partial' takes at least one argument"));
            }
            let function = arguments.positional.remove(0);
            if !matches!(&function, Value::Object(object) if object.is_callable()) {
                return Err(Exception::type_error("the first argument must be callable"));
            }
            Ok(Value::object(Partial { function, given: arguments }))
        },
        |value| value.downcast::<Partial>().is_some(),
    )
};

/// `functools.partial(function, ...)`
struct Partial {
    function: Value,
    given: Arguments,
}

impl Object for Partial {
    fn type_name(&self) -> String {
        "functools.partial".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(PARTIAL))
    }

    fn repr(&self) -> PyResult<String> {
        let mut parts = vec![format::repr(&self.function)?];
        for value in &self.given.positional {
            parts.push(format::repr(value)?);
        }
        for (name, value) in &self.given.keywords {
            parts.push(format!("{name}={}", format::repr(value)?));
        }
        Ok(format!("functools.partial({})", parts.join(", ")))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "func" => Some(self.function.clone()),
            "args" => Some(Value::tuple(self.given.positional.clone())),
            "keywords" => Some(Value::dict(self.given.keywords.iter().cloned())),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["args", "func", "keywords"].map(str::to_owned).to_vec()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let mut all = self.given.clone();
        all.positional.extend(arguments.positional);
        for (name, value) in arguments.keywords {
            match all.keywords.iter_mut().find(|(known, _)| *known == name) {
                Some(slot) => slot.1 = value,
                None => all.keywords.push((name, value)),
            }
        }
        context::call(&self.function, all)
    }

    fn is_callable(&self) -> bool {
        true
    }
}

fn remember(function: &Value, limit: Option<usize>) -> Value {
    Value::object(Remembering {
        function: function.clone(),
        limit,
        known: RefCell::default(),
        hits: Cell::new(0),
        misses: Cell::new(0),
    })
}

/// A function that remembers its results.
struct Remembering {
    function: Value,
    limit: Option<usize>,
    known: RefCell<IndexMap<Key, Value>>,
    hits: Cell<i64>,
    misses: Cell<i64>,
}

impl Object for Remembering {
    fn type_name(&self) -> String {
        "functools._lru_cache_wrapper".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let address = format::address(self);
        Ok(format!("<functools._lru_cache_wrapper object at {address}>"))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "cache_info" | "cache_clear" => Ok(Some(attributes::bound(this, name))),
            "__wrapped__" => Ok(Some(self.function.clone())),
            "__name__" | "__doc__" | "__qualname__" => attributes::find(&self.function, name),
            _ => Ok(None),
        }
    }

    fn attribute_names(&self) -> Vec<String> {
        ["cache_clear", "cache_info"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        _arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        match name {
            "cache_clear" => {
                self.known.borrow_mut().clear();
                self.hits.set(0);
                self.misses.set(0);
                Some(Ok(Value::None))
            }
            "cache_info" => {
                let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
                let limit = self.limit.map_or(Value::None, count);
                let made = super::import("collections").and_then(|module| {
                    let make = attributes::get(&module, "namedtuple")?;
                    let fields = Value::str("hits misses maxsize currsize");
                    let class = context::call(
                        &make,
                        Arguments::positional([Value::str("CacheInfo"), fields]),
                    )?;
                    let size = count(self.known.borrow().len());
                    let facts =
                        [Value::Int(self.hits.get()), Value::Int(self.misses.get()), limit, size];
                    context::call(&class, Arguments::positional(facts))
                });
                Some(made)
            }
            _ => None,
        }
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let mut parts = arguments.positional.clone();
        if !arguments.keywords.is_empty() {
            parts.push(Value::str("\0keywords"));
            for (name, value) in &arguments.keywords {
                parts.extend([Value::Str(name.clone()), value.clone()]);
            }
        }
        let key = hash::key(&Value::tuple(parts))?;
        let found = self.known.borrow().get(&key).cloned();
        if let Some(found) = found {
            self.hits.set(self.hits.get() + 1);
            if self.limit.is_some() {
                let mut known = self.known.borrow_mut();
                if let Some(place) = known.get_index_of(&key) {
                    let last = known.len() - 1;
                    known.move_index(place, last);
                }
            }
            return Ok(found);
        }
        self.misses.set(self.misses.get() + 1);
        let result = context::call(&self.function, arguments)?;
        let mut known = self.known.borrow_mut();
        if self.limit != Some(0) {
            known.insert(key, result.clone());
        }
        if self.limit.is_some_and(|limit| known.len() > limit) {
            known.shift_remove_index(0);
        }
        Ok(result)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn binds(&self) -> bool {
        true
    }

    fn signature(&self) -> Option<crate::runtime::Signature> {
        match &self.function {
            Value::Object(object) => object.signature(),
            _ => None,
        }
    }
}

/// A value that is compared through a function of two.
struct Compared {
    function: Value,
    value: Value,
}

impl Object for Compared {
    fn type_name(&self) -> String {
        "functools.KeyWrapper".to_owned()
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let other: Rc<Compared> = other.downcast::<Compared>()?;
        let given = Arguments::positional([self.value.clone(), other.value.clone()]);
        let order = context::call(&self.function, given);
        Some(order.and_then(|order| operators::compare(op, &order, &Value::Int(0))))
    }
}
