//! Enumerations: a class that derives from `enum.Enum` turns what its body binds into its members.

use super::super::function::Function;
use super::super::{Arguments, Exception, Object, PyResult, Value, format, operators};
use super::{Class, ClassMethod, Instance, Property, StaticMethod};
use indexmap::IndexMap;
use std::rc::Rc;

/// The members of an enumeration by name.
pub(super) type Members = IndexMap<Rc<str>, Value>;

/// `auto()`: the next number.
struct Auto;

impl Object for Auto {
    fn type_name(&self) -> String {
        "auto".to_owned()
    }

    fn call(&self, this: &Value, _arguments: Arguments) -> PyResult<Value> {
        Ok(this.clone())
    }

    fn is_callable(&self) -> bool {
        true
    }
}

/// What `enum.auto` is.
pub fn auto_class() -> Value {
    Value::object(Auto)
}

/// Makes the members of a class; `None`: it is no enumeration, or one without members, to derive from.
pub(super) fn make(class: &Rc<Class>) -> PyResult<Option<Members>> {
    if class.method("__enum__").is_none() || class.namespace.borrow().contains_key("__enum__") {
        return Ok(None);
    }
    let bound: Vec<(Rc<str>, Value)> = class
        .namespace
        .borrow()
        .iter()
        .filter(|(name, value)| !name.starts_with('_') && !is_method(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut members = Members::new();
    let mut last = 0;
    for (name, value) in bound {
        let value = if value.downcast::<Auto>().is_some() { Value::Int(last + 1) } else { value };
        if let Value::Int(number) = value {
            last = number;
        }
        let mut known = None;
        for member in members.values() {
            if operators::equals(&value_of(member), &value)? {
                known = Some(member.clone());
            }
        }
        let member = match known {
            Some(alias) => alias,
            None => {
                let made = Instance::make(class)?;
                if let Some(instance) = made.downcast::<Instance>() {
                    let mut attributes = instance.attributes.borrow_mut();
                    attributes.insert(Rc::from("_name_"), Value::Str(name.clone()));
                    attributes.insert(Rc::from("_value_"), value.clone());
                    drop(attributes);
                    if class.method("__init__").is_some() {
                        let given = match &value {
                            Value::Tuple(items) => items.to_vec(),
                            other => vec![other.clone()],
                        };
                        instance.initialize(Arguments::positional(given))?;
                    }
                }
                members.insert(name.clone(), made.clone());
                made
            }
        };
        class.namespace.borrow_mut().insert(name, member);
    }
    Ok((!members.is_empty()).then_some(members))
}

fn is_method(value: &Value) -> bool {
    value.downcast::<Function>().is_some()
        || value.downcast::<Property>().is_some()
        || value.downcast::<ClassMethod>().is_some()
        || value.downcast::<StaticMethod>().is_some()
}

fn value_of(member: &Value) -> Value {
    let instance = member.downcast::<Instance>();
    let value = instance.and_then(|i| i.attributes.borrow().get("_value_").cloned());
    value.unwrap_or(Value::None)
}

/// `Color(1)`
pub(super) fn by_value(class: &str, members: &Members, arguments: &Arguments) -> PyResult<Value> {
    let value = arguments.positional.first().cloned().unwrap_or(Value::None);
    for member in members.values() {
        if operators::is_same(member, &value) || operators::equals(&value_of(member), &value)? {
            return Ok(member.clone());
        }
    }
    Err(Exception::value_error(format!("{} is not a valid {class}", format::repr(&value)?)))
}

/// `Color["RED"]`
pub(super) fn by_name(members: &Members, key: &Value) -> PyResult<Value> {
    let name = key.as_str("member name")?;
    match members.get(&*name) {
        Some(member) => Ok(member.clone()),
        None => Err(Exception::new("KeyError", format!("'{name}'"))),
    }
}
