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

#[cfg(test)]
mod tests {
    use super::super::super::{Object, attributes, context};
    use super::super::Instance;
    use super::*;
    use crate::session::{Session, Source, Spelling};
    use crate::sink::{Output, Sink};
    use std::cell::RefCell;

    /// A layer in miniature: it has a name, builds itself before its first call, and runs the program's `call`.
    struct Layer;

    #[derive(Default)]
    struct Part {
        name: RefCell<String>,
        tracked: RefCell<Vec<String>>,
    }

    impl Object for Part {
        fn type_name(&self) -> String {
            "Layer".to_owned()
        }

        fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
            Ok(match name {
                "name" => Some(Value::str(&*self.name.borrow())),
                "tracked" => {
                    Some(Value::list(self.tracked.borrow().iter().map(Value::str).collect()))
                }
                _ => None,
            })
        }
    }

    impl NativeBase for Layer {
        fn create(&self, _class: &Value) -> PyResult<Value> {
            Ok(Value::object(Part::default()))
        }

        fn initialize(
            &self,
            _instance: &Value,
            native: &Value,
            arguments: Arguments,
        ) -> PyResult<()> {
            let bound = Signature::parse("name='layer'").bind("Layer.__init__", arguments)?;
            let part = native.downcast::<Part>().expect("create made it");
            *part.name.borrow_mut() = bound[0].as_str("name")?.to_string();
            Ok(())
        }

        fn set_attribute(
            &self,
            _instance: &Value,
            native: &Value,
            name: &str,
            value: &Value,
        ) -> PyResult<bool> {
            if value.downcast::<Instance>().is_some() {
                let part = native.downcast::<Part>().expect("create made it");
                part.tracked.borrow_mut().push(name.to_owned());
            }
            Ok(false)
        }

        fn call(
            &self,
            instance: &Value,
            _native: &Value,
            arguments: Arguments,
        ) -> Option<PyResult<Value>> {
            Some(attributes::call_method(instance, "call", arguments))
        }
    }

    struct LayerClass;

    impl Object for LayerClass {
        fn type_name(&self) -> String {
            "type".to_owned()
        }

        fn as_base(&self) -> Option<Rc<dyn NativeBase>> {
            Some(Rc::new(Layer))
        }

        fn bases(&self) -> Option<Vec<Value>> {
            Some(Vec::new())
        }
    }

    #[derive(Clone, Default)]
    struct Capture(std::sync::Arc<std::sync::Mutex<String>>);

    impl Sink for Capture {
        fn emit(&mut self, output: Output) {
            if let Output::Text(text) = output {
                self.0.lock().unwrap().push_str(&text);
            }
        }
    }

    const PROGRAM: &str = "
class Scale(Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
    def call(self, x):
        return x * self.factor
class Pair(Scale):
    def __init__(self):
        super().__init__(10, name='pair')
        self.inner = Scale(2)
    def call(self, x):
        return super().call(x) + self.inner(x)
scale, pair = Scale(3, name='triple'), Pair()
print(scale.name, scale(5), pair.name, pair(1), pair.tracked, isinstance(pair, Layer), scale.inner.name if hasattr(scale, 'inner') else None)
try:
    Scale(1, nam='x')
except TypeError as error:
    print(error)
try:
    scale.missing
except AttributeError as error:
    print(error)
";

    #[test]
    fn programs_derive_from_classes_written_in_rust() {
        let run = || {
            let capture = Capture::default();
            let mut session = Session::new(Box::new(capture.clone()));
            session.globals().bind("Layer", Value::object(LayerClass));
            let source = Source { name: "t", text: PROGRAM, spelling: Spelling::Python };
            if let Err(error) = session.eval(source) {
                panic!("{}", error.render(false));
            }
            let _ = context::arguments();
            capture.0.lock().unwrap().clone()
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
        assert_eq!(
            thread.join().unwrap(),
            "triple 15 pair 12 ['inner'] True None\n\
             Layer.__init__() got an unexpected keyword argument 'nam'\n\
             'Scale' object has no attribute 'missing'\n"
        );
    }
}
