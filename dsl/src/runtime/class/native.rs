//! Classes written in Rust that programs derive from: `keras.layers.Layer`, `keras.Model`, callbacks, losses, ...

use super::super::{Arguments, PyResult, Signature, Value};
use std::rc::Rc;

/// What a class written in Rust does for the classes of a program that derive from it.
///
/// The value that stands for the class (what `keras.layers.Layer` is) gives this from
/// [`Object::as_base`](super::super::Object::as_base). An instance of `class Mine(Layer)` is an
/// [`Instance`](super::Instance) with a *native part*: the value that [`create`](Self::create) makes before `__init__`
/// runs, and that [`Instance::native`](super::Instance::native) gives back at any time. Natives that take a layer, a
/// model, ... must therefore accept an `Instance` whose native part is one.
///
/// Attributes are looked up in this order: properties of the program's classes, attributes of the instance, methods of
/// the program's classes, [`attribute`](Self::attribute) of the nearest native base. `super().name` goes straight to
/// [`attribute`](Self::attribute), so what it gives must not call the program's override again. Operators, `len`,
/// iteration and the like that the program does not define are asked of the native part.
///
/// To call what the program overrides (`call`, `train_step`, `on_epoch_end`): ask
/// `instance.class.method("call")` whether it exists, then
/// `attributes::call_method(&instance_value, "call", arguments)`.
pub trait NativeBase {
    /// The native part of a new instance, made before `__init__`. `class` is the program's class.
    fn create(&self, class: &Value) -> PyResult<Value>;

    /// `super().__init__(...)`, or the construction of a class without `__init__`.
    fn initialize(&self, instance: &Value, native: &Value, arguments: Arguments) -> PyResult<()>;

    /// An attribute or bound method for an instance. The default asks the native part.
    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        let _ = instance;
        match native {
            Value::Object(object) => object.attribute(native, name),
            _ => Ok(None),
        }
    }

    /// `self.name = value`, before the instance keeps it itself: layers note their sublayers and weights here.
    /// `true`: stored here, the instance keeps nothing.
    fn set_attribute(
        &self,
        instance: &Value,
        native: &Value,
        name: &str,
        value: &Value,
    ) -> PyResult<bool> {
        let _ = (instance, native, name, value);
        Ok(false)
    }

    /// `instance(...)` if the program's class has no `__call__`: a layer builds itself and runs the program's `call`.
    fn call(
        &self,
        instance: &Value,
        native: &Value,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let _ = (instance, native, arguments);
        None
    }

    /// `Mine.name` and `Layer.name(instance, ...)`: class methods and methods that are not bound.
    fn class_attribute(&self, class: &Value, name: &str) -> PyResult<Option<Value>> {
        let _ = (class, name);
        Ok(None)
    }

    /// A class of the program was made from this one.
    fn subclass_made(&self, class: &Value) -> PyResult<()> {
        let _ = class;
        Ok(())
    }

    /// The classes written in Rust that this one derives from, nearest first, all the way up (`Model` is a `Layer`).
    fn bases(&self) -> Vec<Value> {
        Vec::new()
    }

    /// Names for completion and did-you-mean.
    fn attribute_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the constructor takes.
    fn signature(&self) -> Option<Signature> {
        None
    }
}

/// The base that a value is, if programs may derive from it.
pub(super) fn as_base(value: &Value) -> Option<Rc<dyn NativeBase>> {
    match value {
        Value::Object(object) => object.as_base(),
        _ => None,
    }
}
