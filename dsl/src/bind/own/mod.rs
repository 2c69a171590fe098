//! The user's own classes: what `class Mine(keras.layers.Layer)` and its relatives derive from.
//!
//! Each base class makes a native part (an engine object that calls back into the program) for every instance.

pub mod callback;
pub mod function;
pub mod layer;
pub mod loss;
pub mod metric;
pub mod model;

use super::convert::as_made;
use super::errors::into_engine;
use crate::runtime::class::{Body, Instance, NativeBase};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value, attributes, context};
use kerai_engine::catalog::Kind;
use kerai_engine::config::Arg;
use kerai_engine::layer::LayerInstance;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// A class that programs derive from.
pub struct BaseClass {
    name: &'static str,
    module: &'static str,
    doc: &'static str,
    base: Rc<dyn NativeBase>,
    /// Makes an instance of the class itself (`keras.Model(inputs, outputs)`).
    make: fn(Arguments) -> PyResult<Value>,
    is_instance: fn(&Value) -> bool,
}

thread_local! {
    static BASES: RefCell<HashMap<&'static str, Value>> = RefCell::new(HashMap::new());
}

/// The one value of a base class.
pub fn base(name: &str) -> Option<Value> {
    if let Some(known) = BASES.with_borrow(|bases| bases.get(name).cloned()) {
        return Some(known);
    }
    let class = match name {
        "Layer" => layer::class(),
        "Model" => model::class(),
        "Loss" => loss::class(),
        "Metric" => metric::class(),
        "Callback" => callback::class(),
        "Initializer" | "Regularizer" | "Constraint" => function::class(name)?,
        _ => return None,
    };
    let name = class.name;
    let value = Value::object(class);
    BASES.with_borrow_mut(|bases| bases.insert(name, value.clone()));
    Some(value)
}

/// The base class of a kind of entries.
pub fn base_of(kind: Kind) -> Option<Value> {
    base(match kind {
        Kind::Layer => "Layer",
        Kind::Loss => "Loss",
        Kind::Metric => "Metric",
        Kind::Callback => "Callback",
        Kind::Initializer => "Initializer",
        Kind::Regularizer => "Regularizer",
        Kind::Constraint => "Constraint",
        Kind::Activation | Kind::Optimizer | Kind::Schedule => return None,
    })
}

impl Object for BaseClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class '{}.{}'>", self.module, self.name))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        (self.make)(arguments)
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(self.name)),
            "__module__" => Some(Value::str(self.module)),
            "__doc__" => Some(Value::str(self.doc)),
            _ => None,
        })
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(self.base.bases())
    }

    fn as_base(&self) -> Option<Rc<dyn NativeBase>> {
        Some(self.base.clone())
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok((self.is_instance)(value)))
    }

    fn doc(&self) -> Option<crate::runtime::object::Doc> {
        Some(crate::runtime::object::Doc {
            signature: self.name.to_owned(),
            text: self.doc.to_owned(),
        })
    }
}

/// Refuses to construct a class that only serves to derive from.
pub fn abstract_class(name: &'static str) -> PyResult<Value> {
    Err(Exception::type_error(format!("{name} is there to derive from: class Mine({name}): ...")))
}

/// The native part of an instance of the program.
pub fn native_part(value: &Value) -> Option<Value> {
    value.downcast::<Instance>()?.native()
}

/// The program's class, which has overridden a method?
pub fn overrides(instance: &Value, name: &str) -> bool {
    instance.downcast::<Instance>().is_some_and(|instance| instance.has_special(name))
}

/// Calls a method that the program overrides; exceptions pass through the engine.
pub fn call_own(instance: &Value, name: &str, arguments: Arguments) -> kerai_engine::Result<Value> {
    attributes::call_method(instance, name, arguments).map_err(into_engine)
}

/// Makes a native part again.
type Part = Box<dyn Fn() -> Option<Value>>;

/// A reference from a native part back to the instance that holds it. It does not keep the instance alive: when the
/// engine holds the part without it (a layer in a Sequential, a loss in compile), it keeps what the instance is made of.
#[derive(Default)]
pub struct Back {
    instance: RefCell<Option<Weak<Instance>>>,
    kept: RefCell<Option<Body>>,
    part: OnceCell<Part>,
}

impl Back {
    /// How the native part is made again for an instance that the program has let go of. What it captures must not own
    /// this `Back`.
    pub fn set_part(&self, part: Part) {
        let _ = self.part.set(part);
    }

    /// Points at an instance.
    pub fn set(&self, value: &Value) {
        *self.instance.borrow_mut() =
            value.downcast::<Instance>().map(|instance| Rc::downgrade(&instance));
    }

    fn alive(&self) -> Option<Rc<Instance>> {
        self.instance.borrow().as_ref().and_then(Weak::upgrade)
    }

    /// From now on there is an instance as long as there is its native part.
    pub fn keep(&self) {
        if let Some(instance) = self.alive() {
            *self.kept.borrow_mut() = Some(instance.body());
        }
    }

    /// The instance.
    pub fn get(&self) -> PyResult<Value> {
        if let Some(instance) = self.alive() {
            return Ok(Value::Object(instance));
        }
        let body = self.kept.borrow().clone();
        match (body, self.part.get().and_then(|part| part())) {
            (Some(body), Some(part)) => {
                let value = body.instance(part);
                self.set(&value);
                Ok(value)
            }
            _ => Err(Exception::new("RuntimeError", "the object is not initialized")
                .with_hint("call super().__init__() first in __init__")),
        }
    }

    /// The instance, for the engine.
    pub fn engine(&self) -> kerai_engine::Result<Value> {
        self.get().map_err(into_engine)
    }
}

/// The engine takes the native part of a value: the instance lives with it.
pub fn keep(value: &Value) {
    let Some(part) = native_part(value) else { return };
    if let Some(part) = part.downcast::<function::MadePart>() {
        function::attach(value, &Value::Object(part.clone()));
        part.keep();
    } else if let Some(kerai_engine::catalog::Made::Instance(instance)) = as_made(&part)
        && let Some(own) = instance.layer_as::<layer::OwnLayer>()
    {
        own.keep();
    }
}

/// The program's value of an engine layer that the program wrote.
pub fn value_of(instance: &Rc<LayerInstance>) -> Option<Value> {
    instance.layer_as::<layer::OwnLayer>()?.value()
}

/// What `compile` takes for the user's own losses, metrics and optimizers.
pub fn as_training_object(value: &Value) -> Option<Arg> {
    let made = as_made(value)?;
    keep(value);
    Some(Arg::Made(made))
}

/// Calls a value with positional arguments, for the engine.
pub fn call_value(callee: &Value, arguments: Vec<Value>) -> kerai_engine::Result<Value> {
    context::call(callee, Arguments::positional(arguments)).map_err(into_engine)
}
