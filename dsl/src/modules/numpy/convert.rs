//! From values of the language to arrays and back: nested lists, element types, casts of text.

use std::rc::Rc;

use super::array::Array;
use super::dtype::{DType, promote};
use super::layout::{by_class, class_of, for_each_chunk};
use super::scalar::{Item, Scalar, text_of};
use super::storage::Storage;
use crate::runtime::{Arguments, Exception, PyResult, Value, context};

/// What lies at the bottom of nested sequences.
enum Leaf {
    Value(Value),
    Array(Array),
}

impl Array {
    /// An array from any value: numbers, nested sequences, arrays, tensors (through `__array__`).
    pub fn from_value(value: &Value, dtype: Option<DType>) -> PyResult<Array> {
        if let Some(array) = existing(value)? {
            return match dtype {
                Some(dtype) => {
                    check_fits(value, dtype)?;
                    array.as_type(dtype)
                }
                None => Ok(array),
            };
        }
        let mut walk = Walk { shape: Vec::new(), ndim: None, leaves: Vec::new() };
        if !walk.visit(value, 0)? {
            if dtype == Some(DType::Object)
                && let Some(items) = sequence(value)?
            {
                return Ok(Array::from_storage(&[items.len()], Storage::Object(items.into())));
            }
            return Err(inhomogeneous(value)?);
        }
        let Walk { shape, leaves, .. } = walk;
        let dtype = match dtype {
            Some(dtype) => dtype,
            None => leaves.iter().map(leaf_dtype).reduce(promote).unwrap_or(DType::Float64),
        };
        let mut storage = Storage::with_capacity(dtype, leaves.len());
        for leaf in &leaves {
            push_leaf(&mut storage, dtype, leaf)?;
        }
        Ok(Array::from_storage(&shape, storage))
    }
}

/// An array that a value is or offers without copying element by element.
fn existing(value: &Value) -> PyResult<Option<Array>> {
    let Value::Object(object) = value else { return Ok(None) };
    if let Some(array) = value.downcast::<Array>() {
        return Ok(Some((*array).clone()));
    }
    if let Some(scalar) = value.downcast::<Scalar>() {
        return Ok(Some(scalar.to_array()));
    }
    if let Some(result) = object.call_method(value, "__array__", Arguments::default()) {
        return match result?.downcast::<Array>() {
            Some(array) => Ok(Some((*array).clone())),
            None => Err(Exception::value_error("object __array__ method not producing an array")),
        };
    }
    // Tensors and variables offer it as an attribute.
    if let Ok(Some(method)) = object.attribute(value, "__array__") {
        let result = context::call(&method, Arguments::default())?;
        if let Some(array) = result.downcast::<Array>() {
            return Ok(Some((*array).clone()));
        }
        if let Some(scalar) = result.downcast::<Scalar>() {
            return Ok(Some(scalar.to_array()));
        }
    }
    Ok(None)
}

/// Numbers of the language that do not fit an integer type are refused, as numpy 2 does.
fn check_fits(value: &Value, dtype: DType) -> PyResult<()> {
    match value {
        Value::Int(number) => check_integer(*number, dtype),
        _ => Ok(()),
    }
}

pub(crate) fn check_integer(number: i64, dtype: DType) -> PyResult<()> {
    match dtype.integer_range() {
        Some((low, high)) if !(low..=high).contains(&i128::from(number)) => Err(Exception::new(
            "OverflowError",
            format!("Python integer {number} out of bounds for {dtype}"),
        )),
        _ => Ok(()),
    }
}

/// The items, if a value is a sequence in numpy's sense.
fn sequence(value: &Value) -> PyResult<Option<Vec<Value>>> {
    match value {
        Value::List(items) => Ok(Some(items.borrow().clone())),
        Value::Tuple(items) => Ok(Some(items.to_vec())),
        Value::Object(object) => {
            if object.length().is_none() {
                return Ok(None);
            }
            let Some(items) = object.iterate(value) else { return Ok(None) };
            let mut next = items?;
            let mut out = Vec::new();
            while let Some(item) = next()? {
                out.push(item);
            }
            Ok(Some(out))
        }
        _ => Ok(None),
    }
}

struct Walk {
    shape: Vec<usize>,
    /// Known as soon as the first element was reached.
    ndim: Option<usize>,
    leaves: Vec<Leaf>,
}

impl Walk {
    /// `false`: the shape is not regular.
    fn visit(&mut self, value: &Value, depth: usize) -> PyResult<bool> {
        match value {
            Value::List(items) => self.visit_all(&items.borrow(), depth),
            Value::Tuple(items) => self.visit_all(items, depth),
            Value::Object(_) => {
                if let Some(array) = existing(value)? {
                    for (i, &n) in array.shape().iter().enumerate() {
                        if !self.axis(depth + i, n) {
                            return Ok(false);
                        }
                    }
                    if !self.end(depth + array.ndim()) {
                        return Ok(false);
                    }
                    self.leaves.push(Leaf::Array(array));
                    return Ok(true);
                }
                match sequence(value)? {
                    Some(items) => self.visit_all(&items, depth),
                    None => Ok(self.leaf(value, depth)),
                }
            }
            _ => Ok(self.leaf(value, depth)),
        }
    }

    fn visit_all(&mut self, items: &[Value], depth: usize) -> PyResult<bool> {
        if !self.axis(depth, items.len()) {
            return Ok(false);
        }
        if items.is_empty() && !self.end(depth + 1) {
            return Ok(false);
        }
        for item in items {
            if !self.visit(item, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn axis(&mut self, depth: usize, length: usize) -> bool {
        if let Some(&known) = self.shape.get(depth) {
            return known == length;
        }
        if self.ndim.is_some() {
            return false;
        }
        self.shape.push(length);
        true
    }

    fn end(&mut self, depth: usize) -> bool {
        *self.ndim.get_or_insert(depth) == depth && self.shape.len() == depth
    }

    fn leaf(&mut self, value: &Value, depth: usize) -> bool {
        if !self.end(depth) {
            return false;
        }
        self.leaves.push(Leaf::Value(value.clone()));
        true
    }
}

/// numpy's words for nested lists of unequal lengths.
fn inhomogeneous(value: &Value) -> PyResult<Box<Exception>> {
    let mut shape = Vec::new();
    let mut level = vec![value.clone()];
    loop {
        let mut next = Vec::new();
        let mut length = None;
        let mut regular = true;
        for item in &level {
            let items = match existing(item)? {
                Some(array) if array.ndim() > 0 => {
                    (0..array.shape()[0]).map(|i| array.at(0, i).to_value()).collect()
                }
                Some(_) => {
                    regular = false;
                    break;
                }
                None => match sequence(item)? {
                    Some(items) => items,
                    None => {
                        regular = false;
                        break;
                    }
                },
            };
            if *length.get_or_insert(items.len()) != items.len() {
                regular = false;
                break;
            }
            next.extend(items);
        }
        match length {
            Some(length) if regular && !next.is_empty() => shape.push(length),
            _ => break,
        }
        level = next;
    }
    let text = super::shape_text(&shape);
    Ok(Exception::value_error(format!(
        "setting an array element with a sequence. The requested array has an inhomogeneous shape \
         after {} dimensions. The detected shape was {text} + inhomogeneous part.",
        shape.len()
    )))
}

fn leaf_dtype(leaf: &Leaf) -> DType {
    match leaf {
        Leaf::Array(array) => array.dtype(),
        Leaf::Value(Value::Bool(_)) => DType::Bool,
        Leaf::Value(Value::Int(_)) => DType::Int64,
        Leaf::Value(Value::Float(_)) => DType::Float64,
        Leaf::Value(Value::Str(_)) => DType::Str,
        Leaf::Value(_) => DType::Object,
    }
}

fn push_leaf(storage: &mut Storage, dtype: DType, leaf: &Leaf) -> PyResult<()> {
    match leaf {
        Leaf::Value(value) => push_value(storage, dtype, value),
        Leaf::Array(array) if dtype.is_number() && array.dtype().is_number() => {
            by_class!(class_of(dtype), C => {
                for_each_chunk::<C>(array, |chunk| storage.extend_numbers(chunk));
            });
            Ok(())
        }
        Leaf::Array(array) => {
            array.items().iter().try_for_each(|item| push_value(storage, dtype, item))
        }
    }
}

/// Appends one value, converted to the type of the storage.
pub(crate) fn push_value(storage: &mut Storage, dtype: DType, value: &Value) -> PyResult<()> {
    match storage {
        Storage::Object(v) => v.push(value.clone()),
        Storage::Str(v) => v.push(Rc::from(text_of(value))),
        numbers => match value {
            Value::Bool(flag) => numbers.extend_numbers(&[*flag]),
            Value::Int(number) => {
                check_integer(*number, dtype)?;
                numbers.extend_numbers(&[*number]);
            }
            Value::Float(number) => {
                if number.is_nan() && dtype.is_integer() {
                    return Err(Exception::value_error("cannot convert float NaN to integer"));
                }
                numbers.extend_numbers(&[*number]);
            }
            Value::Str(text) => push_parsed(numbers, dtype, text)?,
            Value::None if dtype.is_float() => numbers.extend_numbers(&[f64::NAN]),
            other => match other.downcast::<Scalar>().map(|s| s.item.clone()) {
                Some(Item::Bool(flag)) => numbers.extend_numbers(&[flag]),
                Some(Item::Int(number)) => numbers.extend_numbers(&[number]),
                Some(Item::Unsigned(number)) => numbers.extend_numbers(&[number]),
                Some(Item::Float(number)) => numbers.extend_numbers(&[number]),
                Some(Item::Text(text)) => {
                    push_parsed(numbers, dtype, &text).map_err(|mut error| {
                        // numpy names the scalar here, not the plain text.
                        let plain = super::print::quoted(&text);
                        if let Some(start) = error.message.strip_suffix(plain.as_str()) {
                            error.message = format!("{start}np.str_({plain})");
                        }
                        error
                    })?;
                }
                None => return push_object(numbers, dtype, other),
            },
        },
    }
    Ok(())
}

fn push_object(storage: &mut Storage, dtype: DType, value: &Value) -> PyResult<()> {
    if dtype == DType::Bool {
        storage.extend_numbers(&[super::truth(value)?]);
        return Ok(());
    }
    if let Value::Object(object) = value
        && let Some(plain) = object.as_scalar()
        && !matches!(plain, Value::Object(_))
    {
        return push_value(storage, dtype, &plain);
    }
    let wanted = if dtype.is_float() {
        "float() argument must be a string or a real number"
    } else {
        "int() argument must be a string, a bytes-like object or a real number"
    };
    Err(match value {
        Value::List(_) | Value::Tuple(_) => {
            Exception::value_error("setting an array element with a sequence.")
        }
        other => Exception::type_error(format!("{wanted}, not '{}'", other.type_name())),
    })
}

fn push_parsed(storage: &mut Storage, dtype: DType, text: &str) -> PyResult<()> {
    let plain = text.trim().replace('_', "");
    if dtype == DType::Bool {
        storage.extend_numbers(&[!text.is_empty()]);
    } else if dtype.is_integer() {
        let number: i64 = plain.parse().map_err(|_| {
            Exception::value_error(format!(
                "invalid literal for int() with base 10: {}",
                super::print::quoted(text)
            ))
        })?;
        check_integer(number, dtype)?;
        storage.extend_numbers(&[number]);
    } else {
        storage.extend_numbers(&[parse_float(&plain).ok_or_else(|| {
            Exception::value_error(format!(
                "could not convert string to float: {}",
                super::print::quoted(text)
            ))
        })?]);
    }
    Ok(())
}

/// A float as Python reads it.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let plain = text.trim();
    if plain.is_empty() {
        return None;
    }
    plain.parse().ok()
}

/// Casts from or to text and objects.
pub(crate) fn cast_slowly(array: &Array, dtype: DType) -> PyResult<Array> {
    let mut storage = Storage::with_capacity(dtype, array.size());
    for item in array.items() {
        let item = match (dtype, item.downcast::<Scalar>()) {
            (DType::Object, Some(scalar)) => scalar.plain(),
            _ => item,
        };
        push_value(&mut storage, dtype, &item)?;
    }
    Ok(Array::from_storage(array.shape(), storage))
}

/// `x.tolist()`: nested lists of plain values.
pub(crate) fn to_list(array: &Array) -> Value {
    if array.ndim() == 0 {
        return plain(&array.element(array.offset));
    }
    if array.ndim() == 1 {
        return Value::list(array.items().iter().map(plain).collect());
    }
    Value::list((0..array.shape()[0]).map(|i| to_list(&array.at(0, i))).collect())
}

/// Scalars as values of the language, others as they are.
pub(crate) fn plain(value: &Value) -> Value {
    match value.downcast::<Scalar>() {
        Some(scalar) => scalar.plain(),
        None => value.clone(),
    }
}
