//! `super()`, and what every object has from `object`.

use super::super::{Arguments, Exception, Native, Object, PyResult, Value, format, operators};
use super::descriptors::on_instance;
use super::{Ancestor, Class, Instance};
use std::rc::Rc;

/// `super()`: the attributes of the classes after one in the order of look-up.
pub(crate) struct Super {
    after: Rc<Class>,
    /// The instance, or the class in class methods.
    receiver: Value,
}

impl Super {
    pub(crate) fn value(class: &Value, receiver: &Value) -> PyResult<Value> {
        let Some(after) = class.downcast::<Class>() else {
            return Err(Exception::type_error("super() argument 1 must be a type"));
        };
        let of = match receiver.downcast::<Instance>() {
            Some(instance) => Some(instance.class.clone()),
            None => receiver.downcast::<Class>(),
        };
        if !of.is_some_and(|of| of.is_subclass_of(&after)) {
            return Err(Exception::type_error(
                "super(type, obj): obj must be an instance or subtype of type",
            ));
        }
        Ok(Value::object(Super { after, receiver: receiver.clone() }))
    }

    fn find(&self, name: &str) -> PyResult<Option<Value>> {
        let instance = self.receiver.downcast::<Instance>();
        let class = match &instance {
            Some(instance) => instance.class.clone(),
            None => match self.receiver.downcast::<Class>() {
                Some(class) => class,
                None => return Ok(None),
            },
        };
        let order = class.order();
        let start = order
            .iter()
            .position(|a| matches!(a, Ancestor::Class(c) if Rc::ptr_eq(c, &self.after)))
            .map_or(0, |at| at + 1);
        let class_value = class.this();
        for ancestor in &order[start..] {
            match ancestor {
                Ancestor::Class(class) => {
                    let found = class.namespace.borrow().get(name).cloned();
                    if let Some(value) = found {
                        if instance.is_some() {
                            return on_instance(&value, &self.receiver, &class_value).map(Some);
                        }
                        return super::descriptors::on_class(&value, &self.receiver).map(Some);
                    }
                }
                Ancestor::Native(_, native) => {
                    let Some(instance) = &instance else {
                        return native.class_attribute(&self.receiver, name);
                    };
                    if name == "__init__" {
                        return Ok(Some(instance.native_initializer(native.clone())));
                    }
                    if let Some(part) = instance.native()
                        && let Some(found) = native.attribute(&self.receiver, &part, name)?
                    {
                        return Ok(Some(found));
                    }
                }
                Ancestor::Itself => {}
            }
        }
        if let Some(instance) = &instance
            && instance.class.is_exception
            && name == "__init__"
        {
            let this = self.receiver.clone();
            return Ok(Some(Native::value("__init__", "*args, **kwargs", "", move |values| {
                if let Some(instance) = this.downcast::<Instance>()
                    && let Some(Value::Tuple(arguments)) = values.first()
                {
                    instance.set_arguments(arguments.to_vec());
                }
                Ok(Value::None)
            })));
        }
        let Some(method) = object_method(name) else { return Ok(None) };
        if name == "__new__" || name == "__init_subclass__" {
            return Ok(Some(method));
        }
        let this = self.receiver.clone();
        Ok(Some(Native::value(name, "*args, **kwargs", "", move |values| {
            let mut all = vec![this.clone()];
            if let Some(Value::Tuple(more)) = values.first() {
                all.extend(more.iter().cloned());
            }
            super::super::context::call(&method, Arguments::positional(all))
        })))
    }
}

impl Object for Super {
    fn type_name(&self) -> String {
        "super".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        self.find(name)
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        match self.find("__getitem__")? {
            Some(method) => {
                super::super::context::call(&method, Arguments::positional(vec![key.clone()]))
            }
            None => Err(Exception::type_error("'super' object is not subscriptable")),
        }
    }
}

/// The methods that every class has from `object`, unbound.
pub(super) fn object_method(name: &str) -> Option<Value> {
    let first = |values: &[Value]| values.first().cloned().unwrap_or(Value::None);
    Some(match name {
        "__init__" => {
            Native::value("__init__", "self, /, *args, **kwargs", "", |values| match &values[1] {
                Value::Tuple(more) if !more.is_empty() => Err(Exception::type_error(
                    "object.__init__() takes exactly one argument (the instance to initialize)",
                )),
                _ => Ok(Value::None),
            })
        }
        "__new__" => Native::value("__new__", "cls, /, *args, **kwargs", "", |values| match values
            [0]
        .downcast::<Class>()
        {
            Some(class) => {
                let given = match &values[1] {
                    Value::Tuple(items) => items.to_vec(),
                    _ => Vec::new(),
                };
                class.allocate(&Arguments::positional(given))
            }
            None => Err(Exception::type_error("object.__new__(X): X is not a type object")),
        }),
        "__init_subclass__" => {
            Native::value("__init_subclass__", "*args, **kwargs", "", |_| Ok(Value::None))
        }
        "__repr__" => Native::value("__repr__", "self, /", "", move |values| {
            let this = first(&values);
            match this.downcast::<Instance>() {
                Some(instance) => instance.default_repr().map(Value::str),
                None => format::repr(&this).map(Value::str),
            }
        }),
        "__str__" => Native::value("__str__", "self, /", "", move |values| {
            let this = first(&values);
            match this.downcast::<Instance>() {
                Some(instance) => instance.default_str().map(Value::str),
                None => format::str(&this).map(Value::str),
            }
        }),
        "__eq__" => Native::value("__eq__", "self, other, /", "", |values| {
            Ok(if operators::is_same(&values[0], &values[1]) {
                Value::Bool(true)
            } else {
                super::super::sequence::not_implemented()
            })
        }),
        "__hash__" => Native::value("__hash__", "self, /", "", |values| {
            Ok(match &values[0] {
                Value::Object(object) => {
                    Value::Int((Rc::as_ptr(object).cast::<()>().addr() >> 4) as i64)
                }
                _ => Value::Int(0),
            })
        }),
        "__setattr__" => Native::value("__setattr__", "self, name, value, /", "", |values| {
            let name = values[1].as_str("attribute name")?;
            match values[0].downcast::<Instance>() {
                Some(instance) => instance.store(&values[0], &name, values[2].clone())?,
                None => super::super::attributes::set(&values[0], &name, values[2].clone())?,
            }
            Ok(Value::None)
        }),
        "__delattr__" => Native::value("__delattr__", "self, name, /", "", |values| {
            let name = values[1].as_str("attribute name")?;
            super::super::attributes::delete(&values[0], &name)?;
            Ok(Value::None)
        }),
        "__getattribute__" => Native::value("__getattribute__", "self, name, /", "", |values| {
            let name = values[1].as_str("attribute name")?;
            match values[0].downcast::<Instance>() {
                Some(instance) => match instance.own_attribute(&values[0], &name)? {
                    Some(value) => Ok(value),
                    None => Err(super::super::attributes::missing(&values[0], &name)),
                },
                None => super::super::attributes::get(&values[0], &name),
            }
        }),
        "__enter__" | "__exit__" | "__call__" => return None,
        _ => return None,
    })
}
