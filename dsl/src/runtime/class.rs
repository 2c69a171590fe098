//! Classes written in the language, their instances, `super`, and how classes written in Rust serve as bases.

mod descriptors;
mod instance;
pub mod members;
mod native;
mod superclass;

pub use descriptors::{ClassMethod, Property, StaticMethod};
pub use instance::{Body, Instance};
pub use native::NativeBase;
pub(crate) use superclass::Super;

use super::function::{BoundMethod, Function};
use super::object::Doc;
use super::{Arguments, Exception, Native, Object, PyResult, Signature, Value, operators, types};
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// A class.
pub struct Class {
    me: Weak<Class>,
    /// Its name.
    pub name: String,
    /// Its name with those of the classes and functions around it.
    pub qualified: String,
    /// Its docstring.
    pub doc: Option<String>,
    bases: Vec<Value>,
    /// The classes in which attributes are looked up, this one first; `object` is left out.
    ancestors: RefCell<Vec<Ancestor>>,
    /// What the class body and later assignments bound.
    pub namespace: RefCell<IndexMap<Rc<str>, Value>>,
    /// Whether it derives from `BaseException`.
    pub is_exception: bool,
    is_builtin: bool,
    native: Option<Rc<dyn NativeBase>>,
    abstract_methods: RefCell<Vec<String>>,
    /// The members, if this is an enumeration.
    members: RefCell<Option<members::Members>>,
    /// `class C(Base, name=value)`, for `__init_subclass__`.
    keywords: RefCell<Vec<(Rc<str>, Value)>>,
}

/// A place in the order in which attributes are looked up.
#[derive(Clone)]
pub(crate) enum Ancestor {
    /// The class itself or one written in the language.
    Class(Rc<Class>),
    /// The class itself, whose `Rc` is not finished while it is made.
    Itself,
    /// A class written in Rust.
    Native(Value, Rc<dyn NativeBase>),
}

/// What a look-up in the classes found.
pub(crate) enum Found {
    Value(Value),
    /// Nothing up to this class written in Rust, which must be asked.
    Native(Rc<dyn NativeBase>),
}

impl Class {
    /// The class of a `class` statement, before its body has run.
    pub(crate) fn begin(
        name: &str,
        qualified: &str,
        doc: Option<String>,
        bases: Vec<Value>,
    ) -> PyResult<Rc<Class>> {
        let bases: Vec<Value> = bases.into_iter().filter(|b| !types::class::is_object(b)).collect();
        let ancestors = ancestors(name, &bases)?;
        let is_exception =
            ancestors.iter().any(|a| matches!(a, Ancestor::Class(c) if c.is_exception));
        let native = ancestors.iter().find_map(|a| match a {
            Ancestor::Native(_, native) => Some(native.clone()),
            _ => None,
        });
        Ok(Rc::new_cyclic(|me| Class {
            me: me.clone(),
            name: name.to_owned(),
            qualified: qualified.to_owned(),
            doc,
            bases,
            ancestors: RefCell::new(ancestors),
            namespace: RefCell::new(IndexMap::new()),
            is_exception,
            is_builtin: false,
            native,
            abstract_methods: RefCell::default(),
            keywords: RefCell::default(),
            members: RefCell::default(),
        }))
    }

    /// One of Python's own exception classes.
    pub(crate) fn builtin_exception(name: &str, bases: Vec<Value>) -> Value {
        let ancestors = ancestors(name, &bases).unwrap_or_else(|_| vec![Ancestor::Itself]);
        let class: Rc<Class> = Rc::new_cyclic(|me| Class {
            me: me.clone(),
            name: name.to_owned(),
            qualified: name.to_owned(),
            doc: None,
            bases,
            ancestors: RefCell::new(ancestors),
            namespace: RefCell::new(IndexMap::new()),
            is_exception: true,
            is_builtin: true,
            native: None,
            abstract_methods: RefCell::default(),
            keywords: RefCell::default(),
            members: RefCell::default(),
        });
        Value::Object(class)
    }

    /// The end of a `class` statement.
    pub(crate) fn finish(&self) -> PyResult<()> {
        let mut open: Vec<String> = Vec::new();
        let mut seen: Vec<Rc<str>> = Vec::new();
        for class in self.classes() {
            for (name, value) in class.namespace.borrow().iter() {
                if !seen.contains(name) {
                    seen.push(name.clone());
                    if is_abstract(value) {
                        open.push(name.to_string());
                    }
                }
            }
        }
        open.sort();
        *self.abstract_methods.borrow_mut() = open;
        let this = self.this();
        if let Some(me) = self.me.upgrade() {
            let members = members::make(&me)?;
            *self.members.borrow_mut() = members;
        }
        if let Some(native) = &self.native {
            native.subclass_made(&this)?;
        }
        let members: Vec<(Rc<str>, Value)> =
            self.namespace.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in members {
            if let Some(instance) = value.downcast::<Instance>()
                && let Some(set_name) = instance.special("__set_name__")
            {
                let arguments = vec![this.clone(), Value::str(&name)];
                super::context::call(&set_name, Arguments::positional(arguments))?;
            }
        }
        for base in &self.bases {
            if let Some(base) = base.downcast::<Class>()
                && let Some(Found::Value(hook)) = base.find("__init_subclass__")
            {
                let hook = hook.downcast::<ClassMethod>().map_or(hook, |m| m.0.clone());
                let positional = vec![this.clone()];
                let keywords = self.keywords.borrow().clone();
                super::context::call(&hook, Arguments { positional, keywords })?;
                break;
            }
        }
        Ok(())
    }

    /// Notes the keywords of the `class` statement.
    pub(crate) fn set_keywords(&self, keywords: Vec<(Rc<str>, Value)>) {
        *self.keywords.borrow_mut() = keywords;
    }

    /// The class as a value.
    pub fn this(&self) -> Value {
        match self.me.upgrade() {
            Some(class) => Value::Object(class),
            None => Value::None,
        }
    }

    /// The classes of the order of look-up that are written in the language, this one first.
    pub(crate) fn classes(&self) -> Vec<Rc<Class>> {
        self.order()
            .into_iter()
            .filter_map(|a| match a {
                Ancestor::Class(class) => Some(class),
                _ => None,
            })
            .collect()
    }

    /// The order of look-up.
    pub(crate) fn order(&self) -> Vec<Ancestor> {
        self.ancestors
            .borrow()
            .iter()
            .filter_map(|ancestor| match ancestor {
                Ancestor::Itself => self.me.upgrade().map(Ancestor::Class),
                other => Some(other.clone()),
            })
            .collect()
    }

    /// The nearest class written in Rust that this one derives from.
    pub fn native(&self) -> Option<&Rc<dyn NativeBase>> {
        self.native.as_ref()
    }

    /// Whether this class or one that it derives from has the name; for Python's exception classes.
    pub fn derives_from(&self, name: &str) -> bool {
        self.name == name
            || self.ancestors.borrow().iter().any(|ancestor| match ancestor {
                Ancestor::Class(class) => class.is_builtin && class.name == name,
                _ => false,
            })
    }

    /// Looks a name up in the class and those that it derives from.
    pub(crate) fn find(&self, name: &str) -> Option<Found> {
        for ancestor in self.ancestors.borrow().iter() {
            match ancestor {
                Ancestor::Itself => {
                    if let Some(value) = self.namespace.borrow().get(name) {
                        return Some(Found::Value(value.clone()));
                    }
                }
                Ancestor::Class(class) => {
                    if let Some(value) = class.namespace.borrow().get(name) {
                        return Some(Found::Value(value.clone()));
                    }
                }
                Ancestor::Native(_, native) => return Some(Found::Native(native.clone())),
            }
        }
        None
    }

    /// A method of the language, so that natives can ask whether a program overrides one of theirs.
    pub fn method(&self, name: &str) -> Option<Value> {
        match self.find(name) {
            Some(Found::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn construct(&self, arguments: Arguments) -> PyResult<Value> {
        let members = self.members.borrow().clone();
        if let Some(members) = members {
            return members::by_value(&self.name, &members, &arguments);
        }
        let open = self.abstract_methods.borrow();
        if !open.is_empty() {
            let plural = if open.len() == 1 { "" } else { "s" };
            return Err(Exception::type_error(format!(
                "Can't instantiate abstract class {} with abstract method{plural} {}",
                self.name,
                open.join(", ")
            )));
        }
        drop(open);
        if let Some(Found::Value(new)) = self.find("__new__") {
            let new = new.downcast::<StaticMethod>().map_or(new, |m| m.0.clone());
            let mut all = arguments.clone();
            all.positional.insert(0, self.this());
            let made = super::context::call(&new, all)?;
            return match made.downcast::<Instance>() {
                Some(instance) if instance.class.is_subclass_of(self) => {
                    instance.initialize(arguments)?;
                    Ok(made)
                }
                _ => Ok(made),
            };
        }
        let made = self.allocate(&arguments)?;
        if let Some(instance) = made.downcast::<Instance>() {
            instance.initialize(arguments)?;
        }
        Ok(made)
    }

    /// A new instance, before `__init__`.
    pub(crate) fn allocate(&self, arguments: &Arguments) -> PyResult<Value> {
        let Some(me) = self.me.upgrade() else { return Ok(Value::None) };
        if self.is_exception {
            return Ok(Instance::of_exception(&me, arguments.positional.clone()));
        }
        Instance::make(&me)
    }

    pub(crate) fn is_subclass_of(&self, other: &Class) -> bool {
        std::ptr::eq(self, other)
            || self.ancestors.borrow().iter().any(
                |a| matches!(a, Ancestor::Class(class) if std::ptr::eq(&raw const **class, other)),
            )
    }

    /// The attribute of a class: what `C.name` gives.
    fn class_attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        match self.find(name) {
            Some(Found::Value(value)) => return descriptors::on_class(&value, this).map(Some),
            Some(Found::Native(native)) => {
                if let Some(value) = native.class_attribute(this, name)? {
                    return Ok(Some(value));
                }
            }
            None => {}
        }
        Ok(Some(match name {
            "__name__" => Value::str(&self.name),
            "__qualname__" => Value::str(&self.qualified),
            "__module__" => Value::str(if self.is_builtin { "builtins" } else { "__main__" }),
            "__doc__" => self.doc.as_ref().map_or(Value::None, Value::str),
            "__bases__" => Value::tuple(self.bases().unwrap_or_default()),
            "__base__" => self.bases().and_then(|b| b.first().cloned()).unwrap_or(Value::None),
            "__mro__" => Value::tuple(self.mro()),
            "__members__" if self.members.borrow().is_some() => {
                let members = self.members.borrow();
                Value::dict(members.iter().flatten().map(|(n, v)| (n.clone(), v.clone())))
            }
            "mro" => {
                let order = self.mro();
                Native::value("mro", "", "", move |_| Ok(Value::list(order.clone())))
            }
            "__dict__" => {
                let namespace = self.namespace.borrow();
                Value::dict(namespace.iter().map(|(n, v)| (n.clone(), v.clone())))
            }
            "__class__" => types::class("type").unwrap_or(Value::None),
            "__annotations__" => Value::dict::<&str>([]),
            "__subclasses__" => return Ok(None),
            _ => match superclass::object_method(name) {
                Some(value) => value,
                None => return Ok(None),
            },
        }))
    }

    fn mro(&self) -> Vec<Value> {
        let mut order: Vec<Value> = self
            .order()
            .into_iter()
            .filter_map(|a| match a {
                Ancestor::Class(class) => Some(class.this()),
                Ancestor::Native(value, _) => Some(value),
                Ancestor::Itself => None,
            })
            .collect();
        order.extend(types::class("object"));
        order
    }
}

impl Object for Class {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let module = if self.is_builtin { "" } else { "__main__." };
        Ok(format!("<class '{module}{}'>", self.qualified))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        self.class_attribute(this, name)
    }

    fn attribute_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for ancestor in self.order() {
            let more: Vec<String> = match ancestor {
                Ancestor::Class(class) => {
                    class.namespace.borrow().keys().map(ToString::to_string).collect()
                }
                Ancestor::Native(_, native) => native.attribute_names(),
                Ancestor::Itself => Vec::new(),
            };
            for name in more {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        if self.is_builtin {
            return Ok(false);
        }
        self.namespace.borrow_mut().insert(Rc::from(name), value);
        Ok(true)
    }

    fn delete_attribute(&self, _this: &Value, name: &str) -> PyResult<bool> {
        Ok(self.namespace.borrow_mut().shift_remove(name).is_some())
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        self.construct(arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn class(&self) -> Option<Value> {
        types::class("type")
    }

    fn bases(&self) -> Option<Vec<Value>> {
        if self.bases.is_empty() {
            return Some(types::class("object").into_iter().collect());
        }
        Some(self.bases.clone())
    }

    fn length(&self) -> Option<PyResult<usize>> {
        self.members.borrow().as_ref().map(|members| Ok(members.len()))
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(true)
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<super::object::Items>> {
        let members = self.members.borrow().clone()?;
        let mut members = members.into_values();
        Some(Ok(Box::new(move || Ok(members.next()))))
    }

    fn item(&self, this: &Value, key: &Value) -> PyResult<Value> {
        let members = self.members.borrow().clone();
        if let Some(members) = members {
            return members::by_name(&members, key);
        }
        match self.find("__class_getitem__") {
            Some(Found::Value(hook)) => {
                let hook = hook.downcast::<ClassMethod>().map_or(hook, |m| m.0.clone());
                let arguments = Arguments::positional(vec![this.clone(), key.clone()]);
                super::context::call(&hook, arguments)
            }
            _ => Err(Exception::type_error(format!("type '{}' is not subscriptable", self.name))),
        }
    }

    fn doc(&self) -> Option<Doc> {
        let signature =
            self.signature().map_or_else(|| self.name.clone(), |s| format!("{}({s})", self.name));
        Some(Doc { signature, text: self.doc.clone().unwrap_or_default() })
    }

    fn signature(&self) -> Option<Signature> {
        let Some(Found::Value(init)) = self.find("__init__") else {
            return self.native.as_ref().and_then(|native| native.signature());
        };
        let Value::Object(init) = init else { return None };
        let mut signature = init.signature()?;
        if !signature.parameters.is_empty() {
            signature.parameters.remove(0);
        }
        Some(signature)
    }
}

/// Whether a function (or the getter of a property) is marked by `@abstractmethod`.
fn is_abstract(value: &Value) -> bool {
    if let Some(property) = value.downcast::<Property>() {
        return property.getter().is_some_and(|getter| is_abstract(&getter));
    }
    if let Some(method) = value.downcast::<ClassMethod>() {
        return is_abstract(&method.0);
    }
    if let Some(method) = value.downcast::<StaticMethod>() {
        return is_abstract(&method.0);
    }
    let Some(function) = value.downcast::<Function>() else { return false };
    matches!(function.attribute(value, "__isabstractmethod__"), Ok(Some(Value::Bool(true))))
}

/// The order of look-up of a new class: C3, as in Python.
fn ancestors(name: &str, bases: &[Value]) -> PyResult<Vec<Ancestor>> {
    let mut sequences: Vec<Vec<Ancestor>> = Vec::new();
    let mut direct = Vec::new();
    for base in bases {
        if let Some(class) = base.downcast::<Class>() {
            sequences.push(class.order());
            direct.push(Ancestor::Class(class));
        } else if let Some(native) = native::as_base(base) {
            let mut order = vec![Ancestor::Native(base.clone(), native.clone())];
            for outer in native.bases() {
                if let Some(native) = native::as_base(&outer) {
                    order.push(Ancestor::Native(outer, native));
                }
            }
            sequences.push(order);
            direct.push(Ancestor::Native(base.clone(), native));
        } else {
            let what = types::class_name(base);
            let hint = format!("keep a {what} in an attribute: self.items = {what}()");
            return Err(Exception::not_supported(
                format!("a class cannot derive from '{what}' in kerai"),
                hint,
            ));
        }
    }
    sequences.push(direct);
    let mut order = vec![Ancestor::Itself];
    loop {
        sequences.retain(|sequence| !sequence.is_empty());
        if sequences.is_empty() {
            return Ok(order);
        }
        let next = sequences.iter().map(|sequence| &sequence[0]).find(|head| {
            !sequences.iter().any(|s| s[1..].iter().any(|other| is_same(head, other)))
        });
        let Some(next) = next.cloned() else {
            let names: Vec<String> = bases.iter().map(types::class_name).collect();
            return Err(Exception::type_error(format!(
                "Cannot create a consistent method resolution\norder (MRO) for bases {}",
                names.join(", ")
            ))
            .with_received(format!("class {name}({})", names.join(", "))));
        };
        for sequence in &mut sequences {
            if is_same(&sequence[0], &next) {
                sequence.remove(0);
            }
        }
        order.push(next);
    }
}

fn is_same(a: &Ancestor, b: &Ancestor) -> bool {
    match (a, b) {
        (Ancestor::Class(a), Ancestor::Class(b)) => Rc::ptr_eq(a, b),
        (Ancestor::Native(a, _), Ancestor::Native(b, _)) => operators::is_same(a, b),
        _ => false,
    }
}

/// The builtins that belong to classes.
pub(crate) fn builtin(name: &str) -> Option<Value> {
    Some(match name {
        "property" => Native::value(
            "property",
            "fget=None, fset=None, fdel=None, doc=None",
            "A method that is read like an attribute.",
            |values| Ok(Value::object(Property::new(&values))),
        ),
        "staticmethod" => Native::value(
            "staticmethod",
            "function, /",
            "A method that gets neither the instance nor the class.",
            |values| Ok(Value::object(StaticMethod(values[0].clone()))),
        ),
        "classmethod" => Native::value(
            "classmethod",
            "function, /",
            "A method that gets the class instead of the instance.",
            |values| Ok(Value::object(ClassMethod(values[0].clone()))),
        ),
        "super" => Native::value(
            "super",
            "type, object_or_type, /",
            "The attributes of the classes after `type` in the order of look-up.",
            |values| Super::value(&values[0], &values[1]),
        ),
        _ => return None,
    })
}

/// A method bound to an instance, or the value as it is if it does not bind.
pub(crate) fn bind(value: &Value, instance: &Value) -> Value {
    let binds = matches!(value, Value::Object(object) if object.binds());
    if binds || value.downcast::<Function>().is_some() {
        return Value::object(BoundMethod { function: value.clone(), instance: instance.clone() });
    }
    value.clone()
}
