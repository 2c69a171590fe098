//! Instances of classes written in the language: attributes, and the special methods behind operators and builtins.

mod protocol;

use super::super::function::{BoundMethod, Function};
use super::super::{
    Arguments, Exception, Object, PyResult, Value, attributes, context, iterate, raise,
};
use super::native::NativeBase;
use super::{Class, Found, descriptors};
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

impl Instance {
    fn not_callable(&self) -> Box<Exception> {
        Exception::type_error(format!("'{}' object is not callable", self.class.name))
    }
}
