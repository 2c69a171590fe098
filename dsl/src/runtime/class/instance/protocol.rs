//! What the special methods of a class make of its instances: operators, calls, items, iteration, printing.

use super::Instance;
use crate::runtime::class::{Found, descriptors};
use crate::runtime::function::Function;
use crate::runtime::object::{Doc, Items};
use crate::runtime::{
    Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value, attributes,
    context, format, iterate, operators, raise, sequence, types,
};
use crate::sink::Bundle;

fn answered(result: PyResult<Value>) -> Option<PyResult<Value>> {
    match result {
        Ok(value) if sequence::is_not_implemented(&value) => None,
        result => Some(result),
    }
}

/// The special methods of an operator: plain, reflected, in place.
fn names(op: BinaryOp) -> (&'static str, &'static str, &'static str) {
    match op {
        BinaryOp::Add => ("__add__", "__radd__", "__iadd__"),
        BinaryOp::Sub => ("__sub__", "__rsub__", "__isub__"),
        BinaryOp::Mul => ("__mul__", "__rmul__", "__imul__"),
        BinaryOp::Div => ("__truediv__", "__rtruediv__", "__itruediv__"),
        BinaryOp::FloorDiv => ("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
        BinaryOp::Mod => ("__mod__", "__rmod__", "__imod__"),
        BinaryOp::Pow => ("__pow__", "__rpow__", "__ipow__"),
        BinaryOp::MatMul => ("__matmul__", "__rmatmul__", "__imatmul__"),
        BinaryOp::And => ("__and__", "__rand__", "__iand__"),
        BinaryOp::Or => ("__or__", "__ror__", "__ior__"),
        BinaryOp::Xor => ("__xor__", "__rxor__", "__ixor__"),
        BinaryOp::ShiftLeft => ("__lshift__", "__rlshift__", "__ilshift__"),
        BinaryOp::ShiftRight => ("__rshift__", "__rrshift__", "__irshift__"),
    }
}

impl Object for Instance {
    fn type_name(&self) -> String {
        self.class.name.clone()
    }

    fn class(&self) -> Option<Value> {
        Some(self.class.this())
    }

    fn repr(&self) -> PyResult<String> {
        match self.call_special("__repr__", &[]) {
            Some(result) => self.text_of("__repr__", result),
            None => self.default_repr(),
        }
    }

    fn to_str(&self) -> PyResult<String> {
        match self.call_special("__str__", &[]) {
            Some(result) => self.text_of("__str__", result),
            None => self.default_str(),
        }
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        match self.call_special("__format__", &[Value::str(spec)]) {
            Some(result) => self.text_of("__format__", result).map(Some),
            None if spec.is_empty() => Ok(None),
            None => Err(Exception::type_error(format!(
                "unsupported format string passed to {}.__format__",
                self.class.name
            ))),
        }
    }

    fn truth(&self) -> PyResult<bool> {
        match self.call_special("__bool__", &[]) {
            Some(result) => match result? {
                Value::Bool(flag) => Ok(flag),
                other => Err(Exception::type_error(format!(
                    "__bool__ should return bool, returned {}",
                    other.type_name()
                ))),
            },
            None => match self.length() {
                Some(length) => Ok(length? > 0),
                None => Ok(true),
            },
        }
    }

    fn as_scalar(&self) -> Option<Value> {
        for name in ["__index__", "__int__", "__float__"] {
            if let Some(Ok(value)) = self.call_special(name, &[]) {
                return Some(value);
            }
        }
        self.part().and_then(|(part, _)| part.as_scalar())
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(result) = self.call_special("__getattribute__", &[Value::str(name)]) {
            return match result {
                Err(error) if raise::is(&error, "AttributeError") => {
                    match self.call_special("__getattr__", &[Value::str(name)]) {
                        Some(result) => result.map(Some),
                        None => Err(error),
                    }
                }
                result => result.map(Some),
            };
        }
        match self.own_attribute(this, name) {
            Ok(Some(value)) => Ok(Some(value)),
            Ok(None) => self.call_special("__getattr__", &[Value::str(name)]).transpose(),
            Err(error) if raise::is(&error, "AttributeError") => {
                match self.call_special("__getattr__", &[Value::str(name)]) {
                    Some(result) => result.map(Some),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn peek(&self, this: &Value, name: &str) -> Option<Value> {
        if let Some(value) = self.attributes.borrow().get(name) {
            return Some(value.clone());
        }
        match self.class.find(name)? {
            Found::Value(value) if descriptors::runs_code(&value) => None,
            Found::Value(value) => descriptors::on_instance(&value, this, &self.class.this()).ok(),
            Found::Native(native) => native.attribute(this, &self.native()?, name).ok().flatten(),
        }
    }

    fn attribute_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.attributes.borrow().keys().map(ToString::to_string).collect();
        for name in self.class.attribute_names() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn set_attribute(&self, this: &Value, name: &str, value: Value) -> PyResult<bool> {
        match self.call_special("__setattr__", &[Value::str(name), value.clone()]) {
            Some(result) => result.map(|_| true),
            None => self.store(this, name, value).map(|()| true),
        }
    }

    fn delete_attribute(&self, this: &Value, name: &str) -> PyResult<bool> {
        if let Some(Found::Value(descriptor)) = self.class.find(name)
            && let Some(result) = descriptors::delete(&descriptor, this)
        {
            return result.map(|()| true);
        }
        let before = self.attributes.borrow_mut().shift_remove(name);
        if before.is_none() {
            return Err(attributes::missing(this, name));
        }
        Ok(true)
    }

    fn call(&self, this: &Value, arguments: Arguments) -> PyResult<Value> {
        match self.class.find("__call__") {
            Some(Found::Value(method)) => {
                let mut all = arguments;
                all.positional.insert(0, this.clone());
                context::call(&method, all)
            }
            Some(Found::Native(native)) => {
                let part = self.native().unwrap_or(Value::None);
                native.call(this, &part, arguments).unwrap_or_else(|| Err(self.not_callable()))
            }
            None => Err(self.not_callable()),
        }
    }

    fn is_callable(&self) -> bool {
        match self.class.find("__call__") {
            Some(Found::Value(_)) => true,
            Some(Found::Native(_)) => self.part().is_some_and(|(part, _)| part.is_callable()),
            None => false,
        }
    }

    fn call_method(
        &self,
        this: &Value,
        name: &str,
        mut arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        // Saves the bound method for what is by far the most frequent.
        if self.attributes.borrow().contains_key(name) || self.has_special("__getattribute__") {
            return None;
        }
        let Some(Found::Value(method)) = self.class.find(name) else { return None };
        let function = method.downcast::<Function>()?;
        arguments.positional.insert(0, this.clone());
        Some(function.invoke(arguments))
    }

    fn length(&self) -> Option<PyResult<usize>> {
        match self.call_special("__len__", &[]) {
            Some(Ok(Value::Int(length))) => Some(
                usize::try_from(length)
                    .map_err(|_| Exception::value_error("__len__() should return >= 0")),
            ),
            Some(Ok(Value::Bool(flag))) => Some(Ok(usize::from(flag))),
            Some(Ok(other)) => Some(Err(Exception::type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                other.type_name()
            )))),
            Some(Err(error)) => Some(Err(error)),
            None => self.part().and_then(|(part, _)| part.length()),
        }
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        if let Some(result) = self.call_special("__getitem__", std::slice::from_ref(key)) {
            return result;
        }
        if let Some((part, value)) = self.part() {
            return part.item(&value, key);
        }
        let name = &self.class.name;
        Err(Exception::type_error(format!("'{name}' object is not subscriptable")))
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        if let Some(result) = self.call_special("__setitem__", &[key.clone(), value.clone()]) {
            return result.map(|_| ());
        }
        if let Some((part, _)) = self.part() {
            return part.set_item(key, value);
        }
        let name = &self.class.name;
        Err(Exception::type_error(format!("'{name}' object does not support item assignment")))
    }

    fn delete_item(&self, key: &Value) -> PyResult<()> {
        if let Some(result) = self.call_special("__delitem__", std::slice::from_ref(key)) {
            return result.map(|_| ());
        }
        if let Some((part, _)) = self.part() {
            return part.delete_item(key);
        }
        let name = &self.class.name;
        Err(Exception::type_error(format!("'{name}' object doesn't support item deletion")))
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        if let Some(result) = self.call_special("__contains__", std::slice::from_ref(item)) {
            return Some(result.and_then(|value| operators::truth(&value)));
        }
        self.part().and_then(|(part, _)| part.contains(item))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        if let Some(result) = self.call_special("__iter__", &[]) {
            return Some(result.and_then(|iterator| {
                let is_iterator = match &iterator {
                    Value::Object(object) => object.is_iterator(),
                    _ => false,
                };
                if !is_iterator {
                    return Err(Exception::type_error(format!(
                        "iter() returned non-iterator of type '{}'",
                        iterator.type_name()
                    )));
                }
                let items: Items = Box::new(move || iterate::next(&iterator));
                Ok(items)
            }));
        }
        if self.has_special("__getitem__") {
            let this = self.this();
            let mut position = 0;
            return Some(Ok(Box::new(move || {
                let item = attributes::item(&this, &Value::Int(position));
                position += 1;
                match item {
                    Ok(value) => Ok(Some(value)),
                    Err(error) if raise::is(&error, "IndexError") => Ok(None),
                    Err(error) => raise::end_of_iteration(error).map(|()| None),
                }
            })));
        }
        self.part().and_then(|(part, value)| part.iterate(&value))
    }

    fn next(&self, _this: &Value) -> Option<PyResult<Option<Value>>> {
        match self.call_special("__next__", &[])? {
            Ok(value) => Some(Ok(Some(value))),
            Err(error) => Some(raise::end_of_iteration(error).map(|()| None)),
        }
    }

    fn is_iterator(&self) -> bool {
        self.has_special("__next__")
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        let (plain, mirrored, _) = names(op);
        let name = if reflected { mirrored } else { plain };
        if let Some(result) = self.call_special(name, std::slice::from_ref(other)) {
            return answered(result);
        }
        let (part, value) = self.part()?;
        part.binary(&value, op, other, reflected)
    }

    fn binary_in_place(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let result = self.call_special(names(op).2, std::slice::from_ref(other))?;
        answered(result)
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let name = match op {
            CompareOp::Eq => "__eq__",
            CompareOp::Ne => "__ne__",
            CompareOp::Lt => "__lt__",
            CompareOp::Le => "__le__",
            CompareOp::Gt => "__gt__",
            CompareOp::Ge => "__ge__",
        };
        if let Some(result) = self.call_special(name, std::slice::from_ref(other)) {
            return answered(result);
        }
        if op == CompareOp::Ne
            && let Some(result) = self.call_special("__eq__", std::slice::from_ref(other))
        {
            return answered(result).map(|result| {
                result.and_then(|value| Ok(Value::Bool(!operators::truth(&value)?)))
            });
        }
        let (part, value) = self.part()?;
        part.compare(&value, op, other)
    }

    fn unary(&self, _this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        let name = match op {
            UnaryOp::Neg => "__neg__",
            UnaryOp::Pos => "__pos__",
            UnaryOp::Invert => "__invert__",
            UnaryOp::Abs => "__abs__",
        };
        if let Some(result) = self.call_special(name, &[]) {
            return Some(result);
        }
        let (part, value) = self.part()?;
        part.unary(&value, op)
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        if let Some(result) = self.call_special("__hash__", &[]) {
            return match result? {
                Value::Int(hash) => Ok(Some(hash as u64)),
                Value::Bool(flag) => Ok(Some(u64::from(flag))),
                _ => Err(Exception::type_error("__hash__ method should return an integer")),
            };
        }
        if self.has_special("__eq__") {
            return Err(Exception::type_error(format!("unhashable type: '{}'", self.class.name)));
        }
        Ok(None)
    }

    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        if !self.has_special("__exit__") && self.native().is_none() {
            return None;
        }
        match self.call_special("__enter__", &[]) {
            Some(result) => Some(result),
            None => self.part().and_then(|(part, value)| {
                part.enter(&value).map(|result| result.map(|_| this.clone()))
            }),
        }
    }

    fn exit(&self, _this: &Value, error: Option<&Exception>) -> PyResult<bool> {
        let arguments = match error {
            None => vec![Value::None, Value::None, Value::None],
            Some(error) => {
                let mut error = error.clone();
                let object = raise::object(&mut error);
                vec![types::of(&object), object, Value::None]
            }
        };
        match self.call_special("__exit__", &arguments) {
            Some(result) => operators::truth(&result?),
            None => match self.part() {
                Some((part, value)) => part.exit(&value, error),
                None => Ok(false),
            },
        }
    }

    fn display(&self) -> Option<Bundle> {
        if let Some(Ok(Value::Str(html))) = self.call_special("_repr_html_", &[]) {
            let plain = format::repr(&self.this()).unwrap_or_default();
            return Some(
                Bundle::default().with_text("text/html", &*html).with_text("text/plain", plain),
            );
        }
        if self.has_special("__repr__") {
            return None;
        }
        self.part().and_then(|(part, _)| part.display())
    }

    fn doc(&self) -> Option<Doc> {
        self.class.doc.as_ref().map(|text| Doc { signature: String::new(), text: text.clone() })
    }
}
