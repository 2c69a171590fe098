//! Classes written in Rust as values: called to construct, asked by `isinstance`, printed as `<class 'int'>`.

use super::super::{Arguments, BinaryOp, Exception, Object, PyResult, Value};
use super::super::{attributes, iterate, operators, sequence};
use super::{args, bytes, dict, list, number, range, set, str};
use indexmap::IndexMap;
use std::cell::RefCell;

/// A class written in Rust.
#[derive(Clone, Copy)]
pub struct NativeClass {
    /// `int`, `Counter`
    pub name: &'static str,
    /// `collections`; empty for builtins.
    pub module: &'static str,
    /// For `help()`.
    pub doc: &'static str,
    /// For `help()`: what `make` takes.
    pub signature: &'static str,
    /// The names of the classes it derives from (`object` need not be named).
    pub bases: &'static [&'static str],
    /// `C(...)`
    pub make: fn(Arguments) -> PyResult<Value>,
    /// Whether a value is an instance of exactly this class or of one derived from it in Rust.
    pub is_instance: fn(&Value) -> bool,
    /// What the class itself has: constants and class methods.
    pub member: fn(&str) -> Option<Value>,
    /// The methods of its instances.
    pub methods: &'static [&'static str],
}

impl NativeClass {
    /// A class that only serves to be named: it constructs nothing.
    pub const fn new(
        name: &'static str,
        module: &'static str,
        make: fn(Arguments) -> PyResult<Value>,
        is_instance: fn(&Value) -> bool,
    ) -> Self {
        NativeClass {
            name,
            module,
            doc: "",
            signature: "*args, **kwargs",
            bases: &[],
            make,
            is_instance,
            member: |_| None,
            methods: &[],
        }
    }

    fn qualified(&self) -> String {
        if self.module.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}.{}", self.module, self.name)
        }
    }
}

thread_local! {
    /// The one value of each class, so that `type(x) is int` holds.
    static CLASSES: RefCell<IndexMap<String, Value>> = RefCell::new(IndexMap::new());
}

/// The one value of a class that is described in Rust.
pub fn intern(class: NativeClass) -> Value {
    let name = class.qualified();
    let known = CLASSES.with(|classes| classes.borrow().get(&name).cloned());
    known.unwrap_or_else(|| {
        let value = Value::object(class);
        CLASSES.with(|classes| classes.borrow_mut().insert(name, value.clone()));
        value
    })
}

/// A built-in class by its name.
pub fn class(name: &str) -> Option<Value> {
    BUILTIN.iter().find(|class| class.name == name).map(|class| intern(*class))
}

/// The names of the built-in classes that programs can name.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|class| class.name).filter(|name| *name != "NoneType")
}

/// `type(v)`
pub fn of(v: &Value) -> Value {
    if let Value::Object(object) = v {
        if let Some(class) = object.class() {
            return class;
        }
        if object.bases().is_some() {
            return class("type").unwrap_or(Value::None);
        }
    }
    let name = v.type_name();
    class(&name).unwrap_or_else(|| opaque(&name))
}

/// A class that is known by its name alone: `function`, `module`, ...
fn opaque(name: &str) -> Value {
    let known = CLASSES.with(|classes| classes.borrow().get(name).cloned());
    known.unwrap_or_else(|| {
        let value = Value::object(Opaque(name.to_owned()));
        CLASSES.with(|classes| classes.borrow_mut().insert(name.to_owned(), value.clone()));
        value
    })
}

/// The `__name__` of a class.
pub fn class_name(class: &Value) -> String {
    match attributes::get(class, "__name__") {
        Ok(Value::Str(name)) => name.to_string(),
        _ => class.type_name(),
    }
}

/// `isinstance(v, class)`; `class` may be a tuple of classes.
pub fn is_instance(v: &Value, class: &Value) -> PyResult<bool> {
    if let Value::Tuple(classes) = class {
        for class in classes.iter() {
            if is_instance(v, class)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Value::Object(object) = class {
        if let Some(answer) = object.instance_check(class, v) {
            return answer;
        }
        if object.bases().is_some() {
            return is_subclass(&of(v), class);
        }
    }
    Err(Exception::type_error("isinstance() arg 2 must be a type, a tuple of types, or a union"))
}

/// `issubclass(class, target)`
pub fn is_subclass(class: &Value, target: &Value) -> PyResult<bool> {
    if let Value::Tuple(targets) = target {
        for target in targets.iter() {
            if is_subclass(class, target)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Value::Object(object) = target
        && let Some(answer) = object.subclass_check(target, class)
    {
        return answer;
    }
    if operators::is_same(class, target) || is_object(target) {
        return Ok(true);
    }
    let Value::Object(object) = class else {
        return Err(Exception::type_error("issubclass() arg 1 must be a class"));
    };
    let Some(bases) = object.bases() else {
        return Err(Exception::type_error("issubclass() arg 1 must be a class"));
    };
    for base in &bases {
        if is_subclass(base, target)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this is the class `object`.
pub fn is_object(class: &Value) -> bool {
    class.downcast::<NativeClass>().is_some_and(|c| c.name == "object" && c.module.is_empty())
}

impl Object for NativeClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class '{}'>", self.qualified()))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(found) = (self.member)(name) {
            return Ok(Some(found));
        }
        if self.methods.contains(&name) {
            return Ok(Some(Value::object(Unbound { class: this.clone(), name: name.to_owned() })));
        }
        Ok(Some(match name {
            "__name__" | "__qualname__" => Value::str(self.name),
            "__module__" if self.module.is_empty() => Value::str("builtins"),
            "__module__" => Value::str(self.module),
            "__doc__" => Value::str(self.doc),
            "__bases__" => Value::tuple(self.bases().unwrap_or_default()),
            "__mro__" => {
                let mut classes = vec![this.clone()];
                classes.extend(self.bases().unwrap_or_default());
                Value::tuple(classes)
            }
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        self.methods.iter().map(|name| (*name).to_owned()).collect()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        (self.make)(arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn bases(&self) -> Option<Vec<Value>> {
        if self.bases.is_empty() && self.name != "object" {
            return Some(class("object").into_iter().collect());
        }
        let find = |name: &&str| {
            let interned = CLASSES.with(|classes| classes.borrow().get(*name).cloned());
            interned.or_else(|| class(name))
        };
        Some(self.bases.iter().filter_map(find).collect())
    }

    fn instance_check(&self, this: &Value, value: &Value) -> Option<PyResult<bool>> {
        if (self.is_instance)(value) {
            return Some(Ok(true));
        }
        // Classes of the program may derive from this one.
        match value {
            Value::Object(object) => {
                object.class().map(|class| is_subclass(&class, this)).or(Some(Ok(false)))
            }
            _ => Some(Ok(false)),
        }
    }

    /// `list[int]` in annotations means the class.
    fn item(&self, this: &Value, _key: &Value) -> PyResult<Value> {
        Ok(this.clone())
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        union(this, op, other, reflected)
    }

    fn doc(&self) -> Option<super::super::object::Doc> {
        Some(super::super::object::Doc {
            signature: format!("{}({})", self.name, self.signature),
            text: self.doc.to_owned(),
        })
    }
}

/// `int | str`
fn union(this: &Value, op: BinaryOp, other: &Value, reflected: bool) -> Option<PyResult<Value>> {
    let is_class = other.is_none() || matches!(other, Value::Object(o) if o.bases().is_some());
    if op != BinaryOp::Or || !is_class {
        return None;
    }
    let (a, b) = if reflected { (other, this) } else { (this, other) };
    Some(Ok(Value::object(Union(vec![a.clone(), b.clone()]))))
}

/// `int | str`, as `isinstance` and annotations take it.
struct Union(Vec<Value>);

impl Object for Union {
    fn type_name(&self) -> String {
        "UnionType".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let names: Vec<String> = self
            .0
            .iter()
            .map(|class| if class.is_none() { "None".to_owned() } else { class_name(class) })
            .collect();
        Ok(names.join(" | "))
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(self.0.iter().try_fold(false, |found, class| {
            Ok(found || if class.is_none() { value.is_none() } else { is_instance(value, class)? })
        }))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        _reflected: bool,
    ) -> Option<PyResult<Value>> {
        let mut classes = self.0.clone();
        classes.push(other.clone());
        (op == BinaryOp::Or).then(|| Ok(Value::object(Union(classes))))
    }
}

/// A class without anything but its name.
struct Opaque(String);

impl Object for Opaque {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class '{}'>", self.0))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => {
                Some(Value::str(self.0.rsplit('.').next().unwrap_or(&self.0)))
            }
            _ => None,
        })
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(class("object").into_iter().collect())
    }

    fn instance_check(&self, this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok(operators::is_same(&of(value), this)))
    }

    fn call(&self, _this: &Value, _arguments: Arguments) -> PyResult<Value> {
        Err(Exception::type_error(format!("cannot create '{}' instances", self.0)))
    }

    fn is_callable(&self) -> bool {
        true
    }
}

/// A method looked up on its class: `str.upper`, as `map` takes it.
struct Unbound {
    class: Value,
    name: String,
}

impl Object for Unbound {
    fn type_name(&self) -> String {
        "method_descriptor".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<method '{}' of '{}' objects>", self.name, class_name(&self.class)))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" => Some(Value::str(&self.name)),
            "__qualname__" => {
                Some(Value::str(format!("{}.{}", class_name(&self.class), self.name)))
            }
            _ => None,
        })
    }

    fn call(&self, _this: &Value, mut arguments: Arguments) -> PyResult<Value> {
        let class = class_name(&self.class);
        if arguments.positional.is_empty() {
            return Err(Exception::type_error(format!(
                "unbound method {class}.{}() needs an argument",
                self.name
            )));
        }
        let receiver = arguments.positional.remove(0);
        if !is_instance(&receiver, &self.class)? {
            return Err(Exception::type_error(format!(
                "descriptor '{}' for '{class}' objects doesn't apply to a '{}' object",
                self.name,
                receiver.type_name()
            )));
        }
        attributes::call_method(&receiver, &self.name, arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }
}

/// `object()`
struct Plain;

impl Object for Plain {
    fn type_name(&self) -> String {
        "object".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<object object at {}>", super::super::format::address(self)))
    }
}

fn named(v: &Value, name: &str) -> bool {
    matches!(v, Value::Object(object) if object.type_name() == name)
}

const fn builtin(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    make: fn(Arguments) -> PyResult<Value>,
    is_instance: fn(&Value) -> bool,
    methods: &'static [&'static str],
) -> NativeClass {
    NativeClass {
        name,
        module: "",
        doc,
        signature,
        bases: &[],
        make,
        is_instance,
        member: |_| None,
        methods,
    }
}

/// The built-in classes.
const BUILTIN: &[NativeClass] = &[
    builtin(
        "int",
        "x=0, /, base=10",
        "A whole number, made of a number (cut towards zero) or a text.",
        number::make_int,
        |v| matches!(v, Value::Int(_) | Value::Bool(_)),
        number::INT_METHODS,
    ),
    builtin(
        "float",
        "x=0, /",
        "A floating point number of 64 bits, made of a number or a text.",
        number::make_float,
        |v| matches!(v, Value::Float(_)),
        number::FLOAT_METHODS,
    ),
    NativeClass {
        bases: &["int"],
        ..builtin(
            "bool",
            "x=False, /",
            "Whether a value counts as true.",
            number::make_bool,
            |v| matches!(v, Value::Bool(_)),
            number::INT_METHODS,
        )
    },
    NativeClass {
        member: str::class_member,
        ..builtin(
            "str",
            "object='', encoding='utf-8', errors='strict'",
            "The text of a value.",
            str::construct,
            |v| matches!(v, Value::Str(_)),
            str::METHODS,
        )
    },
    builtin(
        "list",
        "iterable=(), /",
        "A list of the items of an iterable.",
        |arguments| {
            let values = args::between("list", 0, 1, arguments)?;
            Ok(Value::list(values.first().map_or(Ok(Vec::new()), iterate::collect)?))
        },
        |v| matches!(v, Value::List(_)),
        list::METHODS,
    ),
    builtin(
        "tuple",
        "iterable=(), /",
        "A tuple of the items of an iterable: a list that cannot change.",
        |arguments| {
            let values = args::between("tuple", 0, 1, arguments)?;
            match values.first() {
                Some(tuple @ Value::Tuple(_)) => Ok(tuple.clone()),
                Some(other) => Ok(Value::tuple(iterate::collect(other)?)),
                None => Ok(Value::tuple(Vec::new())),
            }
        },
        |v| sequence::tuple_items(v).is_some(),
        list::TUPLE_METHODS,
    ),
    NativeClass {
        member: |name| {
            (name == "fromkeys").then(|| {
                super::super::Native::value(
                    "fromkeys",
                    "iterable, value=None, /",
                    "A dict with these keys and one value for all.",
                    |values| dict::from_keys(Arguments::positional(values)),
                )
            })
        },
        ..builtin(
            "dict",
            "**kwargs",
            "A dict of a mapping, of pairs, or of names.",
            dict::construct,
            |v| dict::shared(v).is_some(),
            dict::METHODS,
        )
    },
    builtin(
        "set",
        "iterable=(), /",
        "A set: unordered, each item once.",
        |arguments| {
            let values = args::between("set", 0, 1, arguments)?;
            Ok(set::value(values.first().map_or(Ok(Default::default()), set::keys)?))
        },
        |v| matches!(v, Value::Set(_)),
        set::METHODS,
    ),
    builtin(
        "frozenset",
        "iterable=(), /",
        "A set that cannot change and can be a key.",
        |arguments| {
            let values = args::between("frozenset", 0, 1, arguments)?;
            let keys = values.first().map_or(Ok(Default::default()), set::keys)?;
            Ok(Value::object(set::FrozenSet(keys)))
        },
        |v| v.downcast::<set::FrozenSet>().is_some(),
        set::FROZEN_METHODS,
    ),
    NativeClass {
        member: bytes::class_member,
        ..builtin(
            "bytes",
            "source=b'', encoding='utf-8', errors='strict'",
            "Bytes: numbers from 0 to 255.",
            bytes::construct,
            |v| v.downcast::<bytes::Bytes>().is_some(),
            bytes::METHODS,
        )
    },
    builtin(
        "range",
        "start, stop, step=1, /",
        "The whole numbers from start to before stop.",
        range::construct,
        |v| v.downcast::<range::Range>().is_some(),
        range::METHODS,
    ),
    builtin(
        "slice",
        "start, stop, step=None, /",
        "What x[start:stop:step] asks for.",
        |arguments| {
            let values = args::between("slice", 1, 3, arguments)?;
            let at = |i: usize| values.get(i).cloned().unwrap_or(Value::None);
            Ok(if values.len() == 1 {
                sequence::Slice::value(Value::None, at(0), Value::None)
            } else {
                sequence::Slice::value(at(0), at(1), at(2))
            })
        },
        |v| v.downcast::<sequence::Slice>().is_some(),
        &[],
    ),
    builtin(
        "object",
        "",
        "The base of all classes.",
        |arguments| args::none("object", arguments).map(|()| Value::object(Plain)),
        |_| true,
        &[],
    ),
    builtin(
        "type",
        "object, /",
        "The class of a value.",
        |arguments| match &arguments.positional[..] {
            [value] => Ok(of(value)),
            [_, _, _] => Err(Exception::not_supported(
                "type() with three arguments is not in kerai",
                "write a class statement",
            )),
            _ => Err(Exception::type_error("type() takes 1 or 3 arguments")),
        },
        |v| matches!(v, Value::Object(object) if object.bases().is_some()),
        &[],
    ),
    builtin(
        "enumerate",
        "iterable, start=0",
        "Pairs of a counter and an item.",
        super::super::builtins::lazy::enumerate,
        |v| named(v, "enumerate"),
        &[],
    ),
    builtin(
        "zip",
        "*iterables, strict=False",
        "Tuples of the first items, the second ones, ...",
        super::super::builtins::lazy::zip,
        |v| named(v, "zip"),
        &[],
    ),
    builtin(
        "map",
        "function, *iterables",
        "The results of a function for each item.",
        super::super::builtins::lazy::map,
        |v| named(v, "map"),
        &[],
    ),
    builtin(
        "filter",
        "function, iterable, /",
        "The items for which a function is true.",
        super::super::builtins::lazy::filter,
        |v| named(v, "filter"),
        &[],
    ),
    builtin(
        "reversed",
        "sequence, /",
        "The items from the last to the first.",
        super::super::builtins::lazy::reversed,
        |v| named(v, "reversed"),
        &[],
    ),
    builtin("NoneType", "", "The class of None.", |_| Ok(Value::None), Value::is_none, &[]),
];
