//! The values of the language. Scalars travel through Rhai as its own types, everything else as [`Value`] in a `Dynamic`.

use super::object::Object;
use super::{Exception, PyResult, hash, operators};
use indexmap::{IndexMap, IndexSet};
use rhai::Dynamic;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// A Python value. Lists, dicts, sets and objects are references: cloning shares them.
#[derive(Clone)]
pub enum Value {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int`, as far as 64 bits go; overflow is an `OverflowError`, never a wrap.
    Int(i64),
    /// `float`
    Float(f64),
    /// `str`
    Str(Rc<str>),
    /// `list`
    List(Rc<RefCell<Vec<Value>>>),
    /// `tuple`
    Tuple(Rc<[Value]>),
    /// `dict`, in insertion order
    Dict(Rc<RefCell<Dict>>),
    /// `set`
    Set(Rc<RefCell<IndexSet<Key>>>),
    /// Everything else.
    Object(Rc<dyn Object>),
}

/// The content of a `dict`. The key that was first inserted stays, as in Python (`{1: "a"}[1.0]`).
pub type Dict = IndexMap<Key, Value>;

/// A value that can be hashed; equal as Python has it (`1 == 1.0 == True`).
#[derive(Clone)]
pub struct Key(pub Value);

impl Value {
    /// A `str`.
    pub fn str(text: impl AsRef<str>) -> Self {
        Value::Str(Rc::from(text.as_ref()))
    }

    /// A `list`.
    pub fn list(items: Vec<Value>) -> Self {
        Value::List(Rc::new(RefCell::new(items)))
    }

    /// A `tuple`.
    pub fn tuple(items: Vec<Value>) -> Self {
        Value::Tuple(Rc::from(items))
    }

    /// A `dict` with names as keys.
    pub fn dict<S: AsRef<str>>(items: impl IntoIterator<Item = (S, Value)>) -> Self {
        let entries = items.into_iter().map(|(name, value)| (Key(Value::str(name)), value));
        Value::Dict(Rc::new(RefCell::new(entries.collect())))
    }

    /// Any object of the protocol.
    pub fn object(object: impl Object) -> Self {
        Value::Object(Rc::new(object))
    }

    /// The object inside, if it is of this Rust type.
    pub fn downcast<T: Object>(&self) -> Option<Rc<T>> {
        let Value::Object(object) = self else { return None };
        let any: Rc<dyn Any> = object.clone();
        any.downcast::<T>().ok()
    }

    /// Whether this is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The name of the Python class.
    pub fn type_name(&self) -> String {
        let name = match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::Object(object) => return object.type_name(),
        };
        name.to_owned()
    }

    /// The text of a `str`, or a `TypeError` that names `what` was wanted.
    pub fn as_str(&self, what: &str) -> PyResult<Rc<str>> {
        match self {
            Value::Str(text) => Ok(text.clone()),
            other => Err(other.wrong_type(what, "str")),
        }
    }

    /// An `int` (also from `bool`, and from objects that are integers), or a `TypeError`.
    pub fn as_int(&self, what: &str) -> PyResult<i64> {
        match self {
            Value::Int(number) => Ok(*number),
            Value::Bool(flag) => Ok(i64::from(*flag)),
            Value::Object(object) => match object.as_scalar() {
                Some(Value::Int(number)) => Ok(number),
                Some(Value::Bool(flag)) => Ok(i64::from(flag)),
                _ => Err(self.wrong_type(what, "int")),
            },
            other => Err(other.wrong_type(what, "int")),
        }
    }

    /// A `float` (also from `int`, `bool` and scalar objects), or a `TypeError`.
    pub fn as_float(&self, what: &str) -> PyResult<f64> {
        match self {
            Value::Float(number) => Ok(*number),
            Value::Int(number) => Ok(*number as f64),
            Value::Bool(flag) => Ok(f64::from(u8::from(*flag))),
            Value::Object(object) => match object.as_scalar() {
                Some(scalar) if !matches!(scalar, Value::Object(_)) => scalar.as_float(what),
                _ => Err(self.wrong_type(what, "float")),
            },
            other => Err(other.wrong_type(what, "float")),
        }
    }

    /// The error "`what` must be `expected`, not `type`".
    pub fn wrong_type(&self, what: &str, expected: &str) -> Box<Exception> {
        Exception::type_error(format!("{what} must be {expected}, not {}", self.type_name()))
    }
}

impl From<Dynamic> for Value {
    fn from(dynamic: Dynamic) -> Self {
        if dynamic.is_unit() {
            return Value::None;
        }
        if let Ok(flag) = dynamic.as_bool() {
            return Value::Bool(flag);
        }
        if let Ok(number) = dynamic.as_int() {
            return Value::Int(number);
        }
        if let Ok(number) = dynamic.as_float() {
            return Value::Float(number);
        }
        if let Ok(text) = dynamic.as_immutable_string_ref() {
            return Value::str(text.as_str());
        }
        if let Some(value) = dynamic.read_lock::<Value>() {
            return value.clone();
        }
        // What is left are plain Rhai arrays and maps, which the other spelling makes.
        if let Some(items) = dynamic.read_lock::<rhai::Array>() {
            return Value::list(items.iter().cloned().map(Value::from).collect());
        }
        if let Some(map) = dynamic.read_lock::<rhai::Map>() {
            return Value::dict(
                map.iter().map(|(name, item)| (name.as_str(), Value::from(item.clone()))),
            );
        }
        Value::str(dynamic.to_string())
    }
}

impl From<Value> for Dynamic {
    fn from(value: Value) -> Self {
        match value {
            Value::None => Dynamic::UNIT,
            Value::Bool(flag) => Dynamic::from_bool(flag),
            Value::Int(number) => Dynamic::from_int(number),
            Value::Float(number) => Dynamic::from_float(number),
            // Texts stay shared: Rhai's own strings would be copies.
            other => Dynamic::from(other),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::None, Value::None) => true,
            (Value::Tuple(a), Value::Tuple(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|(a, b)| Key(a.clone()) == Key(b.clone()))
            }
            (Value::Object(_), _) | (_, Value::Object(_)) => same_key(&self.0, &other.0),
            (a, b) => match (number(a), number(b)) {
                (Some(x), Some(y)) => x == y,
                _ => false,
            },
        }
    }
}

/// Objects are the same key if they hash alike and say that they are equal (`np.int64(1)` and `1`, equal named tuples).
fn same_key(a: &Value, b: &Value) -> bool {
    operators::is_same(a, b)
        || matches!((hash::hash(a), hash::hash(b)), (Ok(x), Ok(y)) if x == y)
            && operators::equals(a, b).unwrap_or(false)
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Int(number) => hash::hash_int(*number).hash(state),
            // What cannot be hashed is refused before it becomes a key.
            other => hash::hash(other).unwrap_or(0).hash(state),
        }
    }
}

/// A number as a key: integers (and floats that are whole) as `Int`, other floats by their bits.
#[derive(PartialEq)]
enum Number {
    Int(i64),
    Float(u64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(flag) => Some(Number::Int(i64::from(*flag))),
        Value::Int(int) => Some(Number::Int(*int)),
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 9.0e18 => {
            Some(Number::Int(*float as i64))
        }
        Value::Float(float) => Some(Number::Float(float.to_bits())),
        _ => None,
    }
}
