//! numpy's scalars (`np.float64(0.5)`): what indexing and reductions give.

use std::rc::Rc;

use super::array::Array;
use super::dtype::DType;
use super::storage::{Number, Storage};
use super::types::DTypeValue;
use super::{methods, print, ufunc};
use crate::runtime::object::Items;
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value};

/// A number (or text) that remembers its dtype.
#[derive(Clone)]
pub struct Scalar {
    /// Its type.
    pub dtype: DType,
    /// Its value.
    pub item: Item,
}

/// What a scalar holds. Floats of fewer bits are exact in 64.
#[derive(Clone)]
#[expect(missing_docs, reason = "one per kind of dtype")]
pub enum Item {
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(Rc<str>),
}

impl Scalar {
    /// The value of the language that is nearest: what `x.item()` gives.
    pub fn plain(&self) -> Value {
        match &self.item {
            Item::Bool(flag) => Value::Bool(*flag),
            Item::Int(number) => Value::Int(*number),
            Item::Unsigned(number) => match i64::try_from(*number) {
                Ok(small) => Value::Int(small),
                Err(_) => Value::Float(*number as f64),
            },
            Item::Float(number) => Value::Float(*number),
            Item::Text(text) => Value::Str(text.clone()),
        }
    }

    /// An array without axes.
    pub fn to_array(&self) -> Array {
        let storage = match &self.item {
            Item::Text(text) => Storage::Str(vec![text.clone()].into()),
            item => {
                let mut storage = Storage::with_capacity(self.dtype, 1);
                match item {
                    Item::Bool(flag) => storage.extend_numbers(&[*flag]),
                    Item::Int(number) => storage.extend_numbers(&[*number]),
                    Item::Unsigned(number) => storage.extend_numbers(&[*number]),
                    Item::Float(number) => storage.extend_numbers(&[*number]),
                    Item::Text(_) => {}
                }
                storage
            }
        };
        Array::from_storage(&[], storage)
    }

    /// `str(x)`
    pub fn text(&self) -> String {
        match &self.item {
            Item::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
            Item::Int(number) => number.to_string(),
            Item::Unsigned(number) => number.to_string(),
            Item::Float(number) => print::scalar_text(*number, self.dtype),
            Item::Text(text) => text.to_string(),
        }
    }
}

/// The element at a position of a storage.
pub(crate) fn from_storage(storage: &Storage, position: usize) -> Value {
    let dtype = storage.dtype();
    let item = match storage {
        Storage::Bool(v) => Item::Bool(v[position]),
        Storage::Int8(v) => Item::Int(v[position].to_i64()),
        Storage::Int16(v) => Item::Int(v[position].to_i64()),
        Storage::Int32(v) => Item::Int(v[position].to_i64()),
        Storage::Int64(v) => Item::Int(v[position]),
        Storage::UInt8(v) => Item::Int(v[position].to_i64()),
        Storage::UInt16(v) => Item::Int(v[position].to_i64()),
        Storage::UInt32(v) => Item::Int(v[position].to_i64()),
        Storage::UInt64(v) => Item::Unsigned(v[position]),
        Storage::Float16(v) => Item::Float(Number::to_f64(v[position])),
        Storage::BFloat16(v) => Item::Float(Number::to_f64(v[position])),
        Storage::Float32(v) => Item::Float(Number::to_f64(v[position])),
        Storage::Float64(v) => Item::Float(v[position]),
        Storage::Str(v) => Item::Text(v[position].clone()),
        Storage::Object(v) => return v[position].clone(),
    };
    Value::object(Scalar { dtype, item })
}

/// A float64 scalar.
pub(crate) fn float64(number: f64) -> Value {
    Value::object(Scalar { dtype: DType::Float64, item: Item::Float(number) })
}

/// An int64 scalar.
pub(crate) fn int64(number: i64) -> Value {
    Value::object(Scalar { dtype: DType::Int64, item: Item::Int(number) })
}

/// A bool scalar.
pub(crate) fn boolean(flag: bool) -> Value {
    Value::object(Scalar { dtype: DType::Bool, item: Item::Bool(flag) })
}

/// `str(value)` for what arrays can hold.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => print::scalar_text(*number, DType::Float64),
        Value::Str(text) => text.to_string(),
        Value::Object(object) => object.to_str().unwrap_or_else(|_| super::describe(value)),
        other => super::describe(other),
    }
}

impl Object for Scalar {
    fn type_name(&self) -> String {
        if self.dtype == DType::Str { "str_" } else { self.dtype.name() }.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(match &self.item {
            Item::Bool(flag) => if *flag { "np.True_" } else { "np.False_" }.to_owned(),
            Item::Text(text) => format!("np.str_({})", print::quoted(text)),
            _ if self.dtype == DType::BFloat16 => self.text(),
            _ => format!("np.{}({})", self.dtype, self.text()),
        })
    }

    fn to_str(&self) -> PyResult<String> {
        Ok(self.text())
    }

    fn class(&self) -> Option<Value> {
        Some(super::types::ScalarType::value(self.dtype))
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(match &self.item {
            Item::Bool(flag) => *flag,
            Item::Int(number) => *number != 0,
            Item::Unsigned(number) => *number != 0,
            Item::Float(number) => *number != 0.0,
            Item::Text(text) => !text.is_empty(),
        })
    }

    fn as_scalar(&self) -> Option<Value> {
        Some(self.plain())
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "dtype" && self.dtype != DType::Str {
            return Ok(Some(DTypeValue::value(self.dtype)));
        }
        methods::attribute(this, &self.to_array(), name)
    }

    fn attribute_names(&self) -> Vec<String> {
        methods::names()
    }

    fn call_method(
        &self,
        this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        if name == "item" && arguments.positional.is_empty() {
            return Some(Ok(self.plain()));
        }
        methods::call(this, name, arguments)
    }

    fn length(&self) -> Option<PyResult<usize>> {
        match &self.item {
            Item::Text(text) => Some(Ok(text.chars().count())),
            _ => None,
        }
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        match key {
            Value::Tuple(items) if items.is_empty() => Ok(Value::object(self.clone())),
            Value::None => super::index::get(&self.to_array(), key),
            _ if super::index::is_ellipsis(key) => Ok(Value::object(self.to_array())),
            _ if matches!(self.item, Item::Text(_)) => Err(Exception::type_error(
                "str_ scalars of arrays cannot be indexed here; use str(x)[i]",
            )),
            _ => Err(Exception::index_error("invalid index to scalar variable.")),
        }
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let Item::Text(text) = &self.item else { return None };
        let mut characters = text.chars().collect::<Vec<_>>().into_iter();
        Some(Ok(Box::new(move || Ok(characters.next().map(|c| Value::str(c.to_string()))))))
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if let (Item::Text(text), Value::Str(other)) = (&self.item, other)
            && op == BinaryOp::Add
        {
            let joined =
                if reflected { format!("{other}{text}") } else { format!("{text}{other}") };
            return Some(Ok(Value::str(joined)));
        }
        ufunc::operator(this, op, other, reflected)
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        if let (Item::Text(text), Value::Str(other)) = (&self.item, other) {
            return Some(Ok(Value::Bool(ufunc::holds(op, text.cmp(other)))));
        }
        ufunc::comparison(this, op, other)
    }

    fn unary(&self, this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        ufunc::unary_operator(this, op)
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(match &self.item {
            Item::Bool(flag) => u64::from(*flag),
            Item::Int(number) => *number as u64,
            Item::Unsigned(number) => *number,
            Item::Float(number) if number.fract() == 0.0 && number.abs() < 9e18 => {
                *number as i64 as u64
            }
            Item::Float(number) => number.to_bits(),
            Item::Text(text) => {
                text.bytes().fold(14_695, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(1_099_511))
            }
        }))
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        // The language formats the plain value; an empty specification is `str`.
        if spec.is_empty() { Ok(Some(self.text())) } else { Ok(None) }
    }
}
