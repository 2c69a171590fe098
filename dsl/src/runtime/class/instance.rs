//! Instances of classes written in the language: attributes, and the special methods behind operators and builtins.

use super::super::function::{BoundMethod, Function};
use super::super::object::{Doc, Items};
use super::super::{
    Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value, attributes,
    context, format, iterate, operators, raise, sequence, types,
};
use super::native::NativeBase;
use super::{Class, Found, descriptors};
use crate::sink::Bundle;
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// An instance.
pub struct Instance {
    me: Weak<Instance>,
    /// Its class.
    pub class: Rc<Class>,
    /// What the program stored in it.
    pub attributes: Rc<RefCell<IndexMap<Rc<str>, Value>>>,
    native: RefCell<Option<Value>>,
    /// For exceptions: the arguments of the constructor.
    arguments: RefCell<Vec<Value>>,
    /// For exceptions: the facts and the traceback of the last time it was raised.
    kept: RefCell<Option<Box<Exception>>>,
}

/// An instance without its native part. Who holds this can make the instance again when the program has let go of it:
/// a native part that held the instance itself would never be freed, nor would the instance.
#[derive(Clone)]
pub struct Body {
    class: Rc<Class>,
    attributes: Rc<RefCell<IndexMap<Rc<str>, Value>>>,
}

impl Body {
    /// The instance, around its native part.
    pub fn instance(self, native: Value) -> Value {
        Instance::around(self, Some(native), Vec::new())
    }
}

fn answered(result: PyResult<Value>) -> Option<PyResult<Value>> {
    match result {
        Ok(value) if sequence::is_not_implemented(&value) => None,
        result => Some(result),
    }
}

impl Instance {
    fn value(class: &Rc<Class>, native: Option<Value>, arguments: Vec<Value>) -> Value {
        let body = Body { class: class.clone(), attributes: Rc::default() };
        Self::around(body, native, arguments)
    }

    fn around(body: Body, native: Option<Value>, arguments: Vec<Value>) -> Value {
        let instance: Rc<Instance> = Rc::new_cyclic(|me| Instance {
            me: me.clone(),
            class: body.class,
            attributes: body.attributes,
            native: RefCell::new(native),
            arguments: RefCell::new(arguments),
            kept: RefCell::new(None),
        });
        Value::Object(instance)
    }

    /// A new instance with its native part, before `__init__`.
    pub(super) fn make(class: &Rc<Class>) -> PyResult<Value> {
        let native = match class.native() {
            Some(native) => Some(native.create(&class.this())?),
            None => None,
        };
        Ok(Self::value(class, native, Vec::new()))
    }

    /// A new exception object.
    pub(crate) fn of_exception(class: &Rc<Class>, arguments: Vec<Value>) -> Value {
        Self::value(class, None, arguments)
    }

    /// An instance of the same class without attributes, for `copy`.
    pub(crate) fn duplicate(&self) -> PyResult<Value> {
        if self.native().is_some() {
            return Err(Exception::not_supported(
                format!("copy of a {}", self.class.name),
                "keras.models.clone_model(model) copies a model; layer.from_config(layer.get_config()) a layer",
            ));
        }
        Ok(Self::value(&self.class, None, self.arguments()))
    }

    fn this(&self) -> Value {
        match self.me.upgrade() {
            Some(instance) => Value::Object(instance),
            None => Value::None,
        }
    }

    /// The instance without its native part.
    pub fn body(&self) -> Body {
        Body { class: self.class.clone(), attributes: self.attributes.clone() }
    }

    /// The part that the class written in Rust made, if the class derives from one.
    pub fn native(&self) -> Option<Value> {
        self.native.borrow().clone()
    }

    /// Replaces the native part: for bases that can only make it when `__init__` gives the arguments.
    pub fn set_native(&self, native: Value) {
        *self.native.borrow_mut() = Some(native);
    }

    pub(crate) fn arguments(&self) -> Vec<Value> {
        self.arguments.borrow().clone()
    }

    pub(crate) fn set_arguments(&self, arguments: Vec<Value>) {
        *self.arguments.borrow_mut() = arguments;
    }

    /// Keeps the facts and the traceback of a raised exception.
    pub(crate) fn keep(&self, exception: &Exception) {
        let mut kept = Box::new(exception.clone());
        kept.object = None;
        *self.kept.borrow_mut() = Some(kept);
    }

    pub(crate) fn kept(&self) -> Option<Box<Exception>> {
        self.kept.borrow().clone()
    }

    /// The message of an exception that Rust raised, whose arguments do not tell it.
    pub(crate) fn kept_message(&self) -> Option<String> {
        let kept = self.kept.borrow();
        let kept = kept.as_ref()?;
        (!kept.message.is_empty() && self.class.is_builtin).then(|| kept.message.clone())
    }

    /// `__init__`, or what stands for it.
    pub(super) fn initialize(&self, arguments: Arguments) -> PyResult<()> {
        let this = self.this();
        match self.class.find("__init__") {
            Some(Found::Value(init)) => {
                let mut all = arguments;
                all.positional.insert(0, this);
                let result = context::call(&init, all)?;
                if !result.is_none() {
                    return Err(Exception::type_error(format!(
                        "__init__() should return None, not '{}'",
                        result.type_name()
                    )));
                }
                Ok(())
            }
            Some(Found::Native(native)) => match self.native() {
                Some(part) => native.initialize(&this, &part, arguments),
                None => Ok(()),
            },
            None if self.class.is_exception => {
                for (name, value) in arguments.keywords {
                    self.attributes.borrow_mut().insert(name, value);
                }
                Ok(())
            }
            None if arguments.positional.is_empty() && arguments.keywords.is_empty() => Ok(()),
            None if self.class.find("__new__").is_some() => Ok(()),
            None => Err(Exception::type_error(format!("{}() takes no arguments", self.class.name))),
        }
    }

    /// `super().__init__` of a class written in Rust.
    pub(super) fn native_initializer(&self, native: Rc<dyn NativeBase>) -> Value {
        Value::object(NativeInit { instance: self.this(), native })
    }

    /// A special method of the classes of the program, bound.
    pub fn special(&self, name: &str) -> Option<Value> {
        match self.class.find(name) {
            Some(Found::Value(value)) if !value.is_none() => {
                let class = self.class.this();
                descriptors::on_instance(&value, &self.this(), &class).ok()
            }
            _ => None,
        }
    }

    /// Whether the classes of the program have a special method.
    pub fn has_special(&self, name: &str) -> bool {
        matches!(self.class.find(name), Some(Found::Value(value)) if !value.is_none())
    }

    fn call_special(&self, name: &str, arguments: &[Value]) -> Option<PyResult<Value>> {
        let Some(Found::Value(method)) = self.class.find(name) else { return None };
        if method.is_none() {
            return None;
        }
        if method.downcast::<Function>().is_some() {
            let mut all = Vec::with_capacity(arguments.len() + 1);
            all.push(self.this());
            all.extend_from_slice(arguments);
            return Some(context::call(&method, Arguments::positional(all)));
        }
        let bound = self.special(name)?;
        Some(context::call(&bound, Arguments::positional(arguments.to_vec())))
    }

    /// The native part, if it is an object that answers operators and the like.
    fn part(&self) -> Option<(Rc<dyn Object>, Value)> {
        match self.native() {
            Some(Value::Object(object)) => Some((object.clone(), Value::Object(object))),
            _ => None,
        }
    }

    /// `x.name` without `__getattr__`.
    pub(super) fn own_attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let found = self.class.find(name);
        if let Some(Found::Value(value)) = &found
            && descriptors::is_data(value)
        {
            return descriptors::on_instance(value, this, &self.class.this()).map(Some);
        }
        if let Some(value) = self.attributes.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        match found {
            Some(Found::Value(value)) => {
                return descriptors::on_instance(&value, this, &self.class.this()).map(Some);
            }
            Some(Found::Native(native)) => {
                if name == "__init__" {
                    return Ok(Some(self.native_initializer(native)));
                }
                if let Some(part) = self.native()
                    && let Some(value) = native.attribute(this, &part, name)?
                {
                    return Ok(Some(value));
                }
            }
            None => {}
        }
        if self.class.is_exception
            && let Some(value) = raise::attribute(self, this, name)
        {
            return Ok(Some(value));
        }
        Ok(match name {
            "__class__" => Some(self.class.this()),
            "__dict__" => {
                let attributes = self.attributes.borrow();
                Some(Value::dict(attributes.iter().map(|(n, v)| (n.clone(), v.clone()))))
            }
            "__doc__" => Some(self.class.doc.as_ref().map_or(Value::None, Value::str)),
            "__module__" => Some(Value::str("__main__")),
            "__init__" | "__repr__" | "__str__" | "__eq__" | "__hash__" | "__setattr__"
            | "__getattribute__" | "__delattr__" => {
                super::superclass::object_method(name).map(|method| {
                    Value::object(BoundMethod { function: method, instance: this.clone() })
                })
            }
            _ => None,
        })
    }

    /// `x.name = value` without `__setattr__`.
    pub(super) fn store(&self, this: &Value, name: &str, value: Value) -> PyResult<()> {
        match self.class.find(name) {
            Some(Found::Value(descriptor)) => {
                if let Some(result) =
                    descriptors::assign(&descriptor, this, &self.class.name, name, &value)
                {
                    return result;
                }
            }
            _ => {
                if let Some(slots) = self.slots()
                    && !slots.iter().any(|slot| slot == name)
                {
                    return Err(attributes::missing(this, name));
                }
            }
        }
        if let Some(native) = self.class.native()
            && let Some(part) = self.native()
            && native.set_attribute(this, &part, name, &value)?
        {
            return Ok(());
        }
        if name == "args" && self.class.is_exception {
            self.set_arguments(iterate::collect(&value)?);
            return Ok(());
        }
        if name == "__class__" {
            return Err(Exception::not_supported(
                "the class of an object cannot be changed in kerai",
                "make a new object",
            ));
        }
        let before = self.attributes.borrow_mut().insert(Rc::from(name), value);
        drop(before);
        Ok(())
    }

    /// The names in `__slots__`, if every class of the program restricts them.
    fn slots(&self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for class in self.class.classes() {
            let slots = class.namespace.borrow().get("__slots__").cloned()?;
            match &slots {
                Value::Str(name) => all.push(name.to_string()),
                other => {
                    for name in iterate::collect(other).ok()? {
                        if let Value::Str(name) = name {
                            all.push(name.to_string());
                        }
                    }
                }
            }
        }
        Some(all)
    }

    pub(super) fn default_repr(&self) -> PyResult<String> {
        if self.class.is_exception {
            return raise::shown(self);
        }
        if let Some((part, _)) = self.part() {
            return part.repr();
        }
        let address = std::ptr::from_ref(self).addr();
        Ok(format!("<__main__.{} object at {address:#x}>", self.class.qualified))
    }

    pub(super) fn default_str(&self) -> PyResult<String> {
        if self.class.is_exception {
            return raise::text(self);
        }
        Object::repr(self)
    }

    fn text_of(&self, name: &str, result: PyResult<Value>) -> PyResult<String> {
        match result? {
            Value::Str(text) => Ok(text.to_string()),
            other => Err(Exception::type_error(format!(
                "{name} returned non-string (type {})",
                other.type_name()
            ))),
        }
    }
}

/// `super().__init__` that ends in a class written in Rust.
struct NativeInit {
    instance: Value,
    native: Rc<dyn NativeBase>,
}

impl Object for NativeInit {
    fn type_name(&self) -> String {
        "method-wrapper".to_owned()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let part = self.instance.downcast::<Instance>().and_then(|instance| instance.native());
        self.native.initialize(&self.instance, &part.unwrap_or(Value::None), arguments)?;
        Ok(Value::None)
    }

    fn is_callable(&self) -> bool {
        true
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

impl Instance {
    fn not_callable(&self) -> Box<Exception> {
        Exception::type_error(format!("'{}' object is not callable", self.class.name))
    }
}
