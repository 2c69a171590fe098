//! `property`, `staticmethod`, `classmethod`, and classes with `__get__` and `__set__`.

use super::super::function::BoundMethod;
use super::super::{Arguments, Exception, Object, PyResult, Value, context};
use super::{Instance, bind};

/// `property`
#[derive(Clone)]
pub struct Property {
    get: Value,
    set: Value,
    delete: Value,
    doc: Value,
}

impl Property {
    pub(crate) fn new(values: &[Value]) -> Self {
        let value = |i: usize| values.get(i).cloned().unwrap_or(Value::None);
        Property { get: value(0), set: value(1), delete: value(2), doc: value(3) }
    }

    /// The function that reads it.
    pub fn getter(&self) -> Option<Value> {
        (!self.get.is_none()).then(|| self.get.clone())
    }
}

impl Object for Property {
    fn type_name(&self) -> String {
        "property".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let with = |change: fn(&mut Property, Value)| {
            let property = self.clone();
            super::super::Native::value("setter", "function, /", "", move |mut values| {
                let mut property = property.clone();
                change(&mut property, values.remove(0));
                Ok(Value::object(property))
            })
        };
        Ok(Some(match name {
            "getter" => with(|property, function| property.get = function),
            "setter" => with(|property, function| property.set = function),
            "deleter" => with(|property, function| property.delete = function),
            "fget" => self.get.clone(),
            "fset" => self.set.clone(),
            "fdel" => self.delete.clone(),
            "__doc__" if self.doc.is_none() => {
                match super::super::attributes::find(&self.get, "__doc__")? {
                    Some(doc) => doc,
                    None => Value::None,
                }
            }
            "__doc__" => self.doc.clone(),
            _ => return Ok(None),
        }))
    }
}

/// `staticmethod`
pub struct StaticMethod(pub Value);

impl Object for StaticMethod {
    fn type_name(&self) -> String {
        "staticmethod".to_owned()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        context::call(&self.0, arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }
}

/// `classmethod`
pub struct ClassMethod(pub Value);

impl Object for ClassMethod {
    fn type_name(&self) -> String {
        "classmethod".to_owned()
    }
}

/// What `C.name` gives for a value of the class.
pub(super) fn on_class(value: &Value, class: &Value) -> PyResult<Value> {
    if let Some(method) = value.downcast::<StaticMethod>() {
        return Ok(method.0.clone());
    }
    if let Some(method) = value.downcast::<ClassMethod>() {
        let (function, instance) = (method.0.clone(), class.clone());
        return Ok(Value::object(BoundMethod { function, instance }));
    }
    if let Some(get) = value.downcast::<Instance>().and_then(|i| i.special("__get__")) {
        return context::call(&get, Arguments::positional(vec![Value::None, class.clone()]));
    }
    Ok(value.clone())
}

/// What `x.name` gives for a value of `x`'s class.
pub(crate) fn on_instance(value: &Value, this: &Value, class: &Value) -> PyResult<Value> {
    let Value::Object(_) = value else { return Ok(value.clone()) };
    if let Some(property) = value.downcast::<Property>() {
        if property.get.is_none() {
            return Err(Exception::attribute_error("unreadable attribute"));
        }
        return context::call(&property.get, Arguments::positional(vec![this.clone()]));
    }
    if let Some(method) = value.downcast::<StaticMethod>() {
        return Ok(method.0.clone());
    }
    if value.downcast::<ClassMethod>().is_some() {
        return on_class(value, class);
    }
    if let Some(get) = value.downcast::<Instance>().and_then(|i| i.special("__get__")) {
        return context::call(&get, Arguments::positional(vec![this.clone(), class.clone()]));
    }
    Ok(bind(value, this))
}

/// Whether reading a value of the class through an instance runs the program's code.
pub(super) fn runs_code(value: &Value) -> bool {
    value.downcast::<Property>().is_some()
        || value.downcast::<Instance>().is_some_and(|i| i.has_special("__get__"))
}

/// Whether a value of the class decides before the instance's own attributes.
pub(super) fn is_data(value: &Value) -> bool {
    value.downcast::<Property>().is_some()
        || value.downcast::<Instance>().is_some_and(|i| i.has_special("__set__"))
}

/// `x.name = value` through a value of the class; `None`: it does not decide.
pub(super) fn assign(
    descriptor: &Value,
    this: &Value,
    class_name: &str,
    name: &str,
    value: &Value,
) -> Option<PyResult<()>> {
    let arguments = |first: &[Value]| Arguments::positional(first.to_vec());
    if let Some(property) = descriptor.downcast::<Property>() {
        if property.set.is_none() {
            return Some(Err(Exception::attribute_error(format!(
                "property '{name}' of '{class_name}' object has no setter"
            ))));
        }
        let call = arguments(&[this.clone(), value.clone()]);
        return Some(context::call(&property.set, call).map(|_| ()));
    }
    let set = descriptor.downcast::<Instance>()?.special("__set__")?;
    Some(context::call(&set, arguments(&[this.clone(), value.clone()])).map(|_| ()))
}

/// `del x.name` through a property.
pub(super) fn delete(descriptor: &Value, this: &Value) -> Option<PyResult<()>> {
    let property = descriptor.downcast::<Property>()?;
    if property.delete.is_none() {
        return Some(Err(Exception::attribute_error("can't delete attribute")));
    }
    let call = Arguments::positional(vec![this.clone()]);
    Some(context::call(&property.delete, call).map(|_| ()))
}
