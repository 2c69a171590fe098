//! Attributes, methods, items and calls of any value.

use super::object::{Doc, UnaryOp};
use super::sequence::{self, Slice};
use super::types::{self, list};
use super::{
    Arguments, BinaryOp, CompareOp, Exception, Native, Object, PyResult, Signature, Value,
};
use super::{format, hash, iterate, operators};
use std::rc::Rc;

/// `v.name`
pub fn get(v: &Value, name: &str) -> PyResult<Value> {
    if let Value::Object(object) = v {
        if let Some(found) = object.attribute(v, name)? {
            return Ok(found);
        }
    } else if let Some(found) = types::property(v, name) {
        return Ok(found);
    } else if types::method_names(v).contains(&name) {
        return Ok(bound(v, name));
    }
    match special(v, name) {
        Some(found) => Ok(found),
        None => Err(missing(v, name)),
    }
}

/// `v.name`, with `None` instead of an `AttributeError`.
pub fn find(v: &Value, name: &str) -> PyResult<Option<Value>> {
    match get(v, name) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.class == "AttributeError" => Ok(None),
        Err(error) => Err(error),
    }
}

/// The `AttributeError` for a name that a value does not have.
pub fn missing(v: &Value, name: &str) -> Box<Exception> {
    let is_class = matches!(v, Value::Object(object) if object.bases().is_some());
    let message = if is_class {
        let class = types::class_name(v);
        format!("type object '{class}' has no attribute '{name}'")
    } else {
        format!("'{}' object has no attribute '{name}'", v.type_name())
    };
    let error = Exception::attribute_error(message);
    let known = names(v);
    match kerai_engine::suggest::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.with_hint(format!("did you mean '{near}'?")),
        None if v.is_none() => error
            .with_hint("the value is None: a function without return, or a method that changes in place, gives None"),
        None => error,
    }
}

/// `v.name = value`
pub fn set(v: &Value, name: &str, value: Value) -> PyResult<()> {
    if let Value::Object(object) = v {
        if object.set_attribute(v, name, value)? {
            return Ok(());
        }
        if object.bases().is_some() {
            return Err(Exception::type_error(format!(
                "cannot set '{name}' attribute of immutable type '{}'",
                types::class_name(v)
            )));
        }
    }
    Err(read_only(v, name))
}

/// `del v.name`
pub fn delete(v: &Value, name: &str) -> PyResult<()> {
    if let Value::Object(object) = v
        && object.delete_attribute(v, name)?
    {
        return Ok(());
    }
    Err(read_only(v, name))
}

fn read_only(v: &Value, name: &str) -> Box<Exception> {
    if names(v).iter().any(|known| known == name) {
        return Exception::attribute_error(format!(
            "'{}' object attribute '{name}' is read-only",
            v.type_name()
        ));
    }
    Exception::attribute_error(format!("'{}' object has no attribute '{name}'", v.type_name()))
}

/// `v.name(...)`
pub fn call_method(v: &Value, name: &str, arguments: Arguments) -> PyResult<Value> {
    if let Value::Object(object) = v {
        if let Some(result) = object.call_method(v, name, arguments.clone()) {
            return result;
        }
        return call(&get(v, name)?, arguments);
    }
    if types::method_names(v).contains(&name) {
        return types::call_method(v, name, arguments);
    }
    call(&get(v, name)?, arguments)
}

pub use super::context::call;

/// The names that `dir(v)` lists, without order or special names.
pub fn names(v: &Value) -> Vec<String> {
    match v {
        Value::Object(object) => object.attribute_names(),
        _ => types::method_names(v)
            .iter()
            .chain(types::property_names(v))
            .map(|name| (*name).to_owned())
            .collect(),
    }
}

/// `v[key]`
pub fn item(v: &Value, key: &Value) -> PyResult<Value> {
    match (v, key) {
        (Value::List(list), Value::Int(index)) => {
            let list = list.borrow();
            return match sequence::place(*index, list.len()).and_then(|i| list.get(i)) {
                Some(item) => Ok(item.clone()),
                None => Err(out_of_range("list", *index, list.len())),
            };
        }
        (Value::Tuple(items), Value::Int(index)) => {
            return match sequence::place(*index, items.len()).and_then(|i| items.get(i)) {
                Some(item) => Ok(item.clone()),
                None => Err(out_of_range("tuple", *index, items.len())),
            };
        }
        (Value::Dict(dict), _) => {
            let hashed = hash::key(key)?;
            return match dict.borrow().get(&hashed) {
                Some(value) => Ok(value.clone()),
                None => Err(key_error(key, dict.borrow().keys().map(|k| &k.0))),
            };
        }
        (Value::Object(object), _) => return object.item(v, key),
        _ => {}
    }
    if !matches!(v, Value::List(_) | Value::Tuple(_) | Value::Str(_)) {
        return Err(Exception::type_error(format!(
            "'{}' object is not subscriptable",
            v.type_name()
        )));
    }
    if let Some(slice) = key.downcast::<Slice>() {
        return Ok(match v {
            Value::List(list) => {
                let list = list.borrow();
                Value::list(slice.span(list.len())?.pick(&list))
            }
            Value::Tuple(items) => Value::tuple(slice.span(items.len())?.pick(items)),
            Value::Str(text) => Value::str(slice_text(text, &slice)?),
            _ => Value::None,
        });
    }
    let Some(index) = operators::as_index(key) else {
        return Err(index_type(v, key));
    };
    match v {
        Value::Str(text) => {
            let found = if text.is_ascii() {
                let byte = sequence::place(index, text.len()).and_then(|i| text.as_bytes().get(i));
                byte.map(|&b| char::from(b))
            } else {
                let length = text.chars().count();
                sequence::place(index, length).and_then(|i| text.chars().nth(i))
            };
            match found {
                Some(c) => Ok(iterate::character(c)),
                None => Err(out_of_range("string", index, text.chars().count())),
            }
        }
        _ => item(v, &Value::Int(index)),
    }
}

fn slice_text(text: &str, slice: &Slice) -> PyResult<String> {
    if text.is_ascii() {
        let span = slice.span(text.len())?;
        if span.step == 1 {
            let start = usize::try_from(span.start).unwrap_or(0);
            return Ok(text.get(start..start + span.count).unwrap_or("").to_owned());
        }
        return Ok(span.pick(text.as_bytes()).into_iter().map(char::from).collect());
    }
    let chars: Vec<char> = text.chars().collect();
    Ok(slice.span(chars.len())?.pick(&chars).into_iter().collect())
}

fn out_of_range(kind: &str, index: i64, length: usize) -> Box<Exception> {
    let error = Exception::index_error(format!("{kind} index out of range"));
    let valid = match length {
        0 => format!("the {kind} is empty"),
        _ => format!("0 to {}, or -{length} to -1 from the end", length - 1),
    };
    error.with_received(index.to_string()).with_expected(valid)
}

fn index_type(v: &Value, key: &Value) -> Box<Exception> {
    let given = key.type_name();
    Exception::type_error(match v {
        Value::Str(_) => format!("string indices must be integers, not '{given}'"),
        Value::Tuple(_) => format!("tuple indices must be integers or slices, not {given}"),
        _ => format!("list indices must be integers or slices, not {given}"),
    })
}

/// The `KeyError` for a missing key, with the nearest of the known ones.
pub(crate) fn key_error<'a>(key: &Value, known: impl Iterator<Item = &'a Value>) -> Box<Exception> {
    let text = format::repr(key).unwrap_or_default();
    let error = Exception::new("KeyError", text);
    let Value::Str(wanted) = key else { return error };
    let known: Vec<Rc<str>> = known
        .filter_map(|k| if let Value::Str(text) = k { Some(text.clone()) } else { None })
        .take(1000)
        .collect();
    match kerai_engine::suggest::nearest(wanted, known.iter().map(|k| &**k)) {
        Some(near) => error.with_hint(format!("did you mean {}?", format::quote(near))),
        None => error,
    }
}

/// `v[key] = value`
pub fn set_item(v: &Value, key: &Value, value: Value) -> PyResult<()> {
    match v {
        Value::List(list) => {
            if let Some(slice) = key.downcast::<Slice>() {
                return list::assign_slice(list, &slice, &value);
            }
            let Some(index) = operators::as_index(key) else { return Err(index_type(v, key)) };
            let mut list = list.borrow_mut();
            let length = list.len();
            match sequence::place(index, length).and_then(|i| list.get_mut(i)) {
                Some(slot) => {
                    *slot = value;
                    Ok(())
                }
                None => Err(out_of_range("list assignment", index, length)
                    .with_hint("append(value) makes a list longer")),
            }
        }
        Value::Dict(dict) => {
            let key = hash::key(key)?;
            dict.borrow_mut().insert(key, value);
            Ok(())
        }
        Value::Object(object) => object.set_item(key, value),
        other => Err(Exception::type_error(format!(
            "'{}' object does not support item assignment",
            other.type_name()
        ))),
    }
}

/// `del v[key]`
pub fn delete_item(v: &Value, key: &Value) -> PyResult<()> {
    match v {
        Value::List(list) => {
            if let Some(slice) = key.downcast::<Slice>() {
                return list::delete_slice(list, &slice);
            }
            let Some(index) = operators::as_index(key) else { return Err(index_type(v, key)) };
            let mut list = list.borrow_mut();
            match sequence::place(index, list.len()) {
                Some(i) => {
                    list.remove(i);
                    Ok(())
                }
                None => Err(out_of_range("list assignment", index, list.len())),
            }
        }
        Value::Dict(dict) => {
            let hashed = hash::key(key)?;
            let removed = dict.borrow_mut().shift_remove(&hashed);
            match removed {
                Some(_) => Ok(()),
                None => Err(key_error(key, dict.borrow().keys().map(|k| &k.0))),
            }
        }
        Value::Object(object) => object.delete_item(key),
        other => Err(Exception::type_error(format!(
            "'{}' object doesn't support item deletion",
            other.type_name()
        ))),
    }
}

/// `len(v)`; `None`: it has no length.
pub fn length(v: &Value) -> Option<PyResult<usize>> {
    Some(Ok(match v {
        Value::Str(text) if text.is_ascii() => text.len(),
        Value::Str(text) => text.chars().count(),
        Value::List(list) => list.borrow().len(),
        Value::Tuple(items) => items.len(),
        Value::Dict(dict) => dict.borrow().len(),
        Value::Set(set) => set.borrow().len(),
        Value::Object(object) => return object.length(),
        _ => return None,
    }))
}

/// A method of a built-in value, bound to it: `f = items.append`.
struct BoundMethod {
    receiver: Value,
    name: String,
}

/// `v.name` for a method that `call_method` knows.
pub(crate) fn bound(v: &Value, name: &str) -> Value {
    Value::object(BoundMethod { receiver: v.clone(), name: name.to_owned() })
}

impl BoundMethod {
    fn about(&self) -> Option<types::methods::About> {
        let class = self.receiver.type_name();
        types::methods::about(class.rsplit('.').next().unwrap_or(&class), &self.name)
    }
}

impl Object for BoundMethod {
    fn type_name(&self) -> String {
        "builtin_function_or_method".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let class = self.receiver.type_name();
        let address = format::address(self);
        Ok(format!("<built-in method {} of {class} object at {address}>", self.name))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" => Some(Value::str(&self.name)),
            "__qualname__" => {
                Some(Value::str(format!("{}.{}", self.receiver.type_name(), self.name)))
            }
            "__self__" => Some(self.receiver.clone()),
            _ => None,
        })
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        match &self.receiver {
            Value::Object(object) => object
                .call_method(&self.receiver, &self.name, arguments)
                .unwrap_or_else(|| Err(missing(&self.receiver, &self.name))),
            receiver => types::call_method(receiver, &self.name, arguments),
        }
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn doc(&self) -> Option<Doc> {
        let about = self.about()?;
        let signature = format!("{}({})", self.name, about.signature);
        Some(Doc { signature, text: about.doc.to_owned() })
    }

    fn signature(&self) -> Option<Signature> {
        Some(Signature::parse(self.about()?.signature))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<BoundMethod>()?;
        let same = operators::is_same(&self.receiver, &other.receiver) && self.name == other.name;
        match op {
            CompareOp::Eq => Some(Ok(Value::Bool(same))),
            CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }
}

/// The special names that Python's protocols have, as far as the value answers them.
fn special(v: &Value, name: &str) -> Option<Value> {
    if !(name.starts_with("__") && name.ends_with("__")) {
        return None;
    }
    let native = |signature: &str, code: Box<dyn Fn(&Value, Vec<Value>) -> PyResult<Value>>| {
        let this = v.clone();
        Some(Native::value(name, signature, "", move |arguments| code(&this, arguments)))
    };
    let first = |arguments: &[Value]| arguments.first().cloned().unwrap_or(Value::None);
    let operator = |op: BinaryOp, reflected: bool| {
        native(
            "value, /",
            Box::new(move |v, arguments| {
                let other = first(&arguments);
                if reflected {
                    operators::binary(op, &other, v)
                } else {
                    operators::binary(op, v, &other)
                }
            }),
        )
    };
    let comparison = |op: CompareOp| {
        native(
            "value, /",
            Box::new(move |v, arguments| operators::compare(op, v, &first(&arguments))),
        )
    };
    let sign = |op: UnaryOp| native("", Box::new(move |v, _| operators::unary(op, v)));
    let numeric = operators::as_index(v).is_some()
        || matches!(v, Value::Float(_))
        || matches!(v, Value::Object(o) if o.as_scalar().is_some());
    match name {
        "__class__" => Some(types::of(v)),
        "__doc__" => Some(match v {
            Value::Object(object) => object.doc().map_or(Value::None, |doc| Value::str(doc.text)),
            _ => Value::None,
        }),
        "__len__" => {
            let _ = length(v)?.ok()?;
            native(
                "",
                Box::new(|v, _| match length(v) {
                    Some(length) => Ok(Value::Int(i64::try_from(length?).unwrap_or(i64::MAX))),
                    None => Ok(Value::None),
                }),
            )
        }
        "__iter__" => match v {
            Value::Object(object) if object.iterate(v).is_none() => None,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => None,
            _ => native("", Box::new(|v, _| iterate::iter(v))),
        },
        "__next__" if matches!(v, Value::Object(o) if o.is_iterator()) => native(
            "",
            Box::new(|v, _| iterate::next(v)?.ok_or_else(|| Exception::new("StopIteration", ""))),
        ),
        "__call__" if matches!(v, Value::Object(o) if o.is_callable()) => Some(v.clone()),
        "__contains__" if !numeric && !v.is_none() => native(
            "key, /",
            Box::new(move |v, a| operators::contains(v, &first(&a)).map(Value::Bool)),
        ),
        "__getitem__" if length(v).is_some() => {
            native("key, /", Box::new(move |v, a| item(v, &first(&a))))
        }
        "__setitem__" if matches!(v, Value::List(_) | Value::Dict(_) | Value::Object(_)) => native(
            "key, value, /",
            Box::new(move |v, a| {
                let [key, value] = &a[..] else { return Ok(Value::None) };
                set_item(v, key, value.clone()).map(|()| Value::None)
            }),
        ),
        "__str__" => native("", Box::new(|v, _| format::str(v).map(Value::str))),
        "__repr__" => native("", Box::new(|v, _| format::repr(v).map(Value::str))),
        "__format__" => native(
            "format_spec, /",
            Box::new(move |v, a| {
                let spec = first(&a).as_str("format_spec")?;
                format::format(v, &spec).map(Value::str)
            }),
        ),
        "__hash__" => native("", Box::new(|v, _| hash::hash(v).map(Value::Int))),
        "__bool__" if numeric => native("", Box::new(|v, _| operators::truth(v).map(Value::Bool))),
        "__int__" if numeric => native("", Box::new(|v, _| types::number::to_int(v))),
        "__float__" if numeric => native("", Box::new(|v, _| types::number::to_float(v))),
        "__index__" if operators::as_index(v).is_some() => {
            native("", Box::new(|v, _| Ok(Value::Int(operators::as_index(v).unwrap_or(0)))))
        }
        "__eq__" => comparison(CompareOp::Eq),
        "__ne__" => comparison(CompareOp::Ne),
        "__lt__" => comparison(CompareOp::Lt),
        "__le__" => comparison(CompareOp::Le),
        "__gt__" => comparison(CompareOp::Gt),
        "__ge__" => comparison(CompareOp::Ge),
        "__add__" => operator(BinaryOp::Add, false),
        "__mul__" => operator(BinaryOp::Mul, false),
        "__mod__" => operator(BinaryOp::Mod, false),
        "__radd__" if numeric => operator(BinaryOp::Add, true),
        "__rmul__" => operator(BinaryOp::Mul, true),
        "__sub__" => operator(BinaryOp::Sub, false),
        "__rsub__" => operator(BinaryOp::Sub, true),
        "__truediv__" if numeric => operator(BinaryOp::Div, false),
        "__rtruediv__" if numeric => operator(BinaryOp::Div, true),
        "__floordiv__" if numeric => operator(BinaryOp::FloorDiv, false),
        "__pow__" if numeric => operator(BinaryOp::Pow, false),
        "__and__" => operator(BinaryOp::And, false),
        "__or__" => operator(BinaryOp::Or, false),
        "__xor__" => operator(BinaryOp::Xor, false),
        "__neg__" if numeric => sign(UnaryOp::Neg),
        "__abs__" if numeric => sign(UnaryOp::Abs),
        _ => None,
    }
}
