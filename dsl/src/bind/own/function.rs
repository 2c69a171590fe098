//! `class Mine(keras.initializers.Initializer)` and the other bases whose instances are functions: regularizers and
//! constraints. Also the native part that losses and metrics share.

use super::{Back, BaseClass, call_own};
use crate::bind::convert::{as_made, to_tensor};
use crate::bind::errors::into_engine;
use crate::bind::made::method;
use crate::bind::tensor::{TensorObject, shape_value};
use crate::runtime::class::NativeBase;
use crate::runtime::{Arguments, Object, PyResult, Value};
use kerai_engine::candle::Tensor as Array;
use kerai_engine::catalog::{Kind, Made};
use kerai_engine::config::Config;
use kerai_engine::constraints::{Constrain, Constraint};
use kerai_engine::initializers::{Initialize, Initializer};
use kerai_engine::regularizers::{Regularize, Regularizer};
use kerai_engine::{Result, Tensor};
use std::any::Any;
use std::rc::Rc;

/// The native part of an instance: an object of the engine that calls the instance.
pub struct MadePart {
    made: Made,
    back: Rc<Back>,
    /// The engine's object as what it is, for bases that need more of it than its trait gives.
    own: Rc<dyn Any>,
}

impl MadePart {
    /// A part around an engine object that points back through `back`.
    pub fn value<T: 'static>(own: &Rc<T>, back: &Rc<Back>, make: fn(Rc<T>) -> Made) -> Value {
        let (weak_own, weak_back) = (Rc::downgrade(own), Rc::downgrade(back));
        let again = move || Some(Self::around(&weak_own.upgrade()?, &weak_back.upgrade()?, make));
        back.set_part(Box::new(again));
        Self::around(own, back, make)
    }

    fn around<T: 'static>(own: &Rc<T>, back: &Rc<Back>, make: fn(Rc<T>) -> Made) -> Value {
        Value::object(MadePart { made: make(own.clone()), back: back.clone(), own: own.clone() })
    }

    /// The engine's object as what it is.
    pub fn own<T: 'static>(&self) -> Option<Rc<T>> {
        self.own.clone().downcast().ok()
    }

    /// The engine's object.
    pub fn made(&self) -> Made {
        self.made.clone()
    }

    /// The instance lives as long as this part.
    pub fn keep(&self) {
        self.back.keep();
    }

    /// Points back at the instance.
    pub fn attach(&self, instance: &Value) {
        self.back.set(instance);
    }
}

impl Object for MadePart {
    fn type_name(&self) -> String {
        "object".to_owned()
    }
}

/// A class that calls back into the program.
struct Own {
    back: Rc<Back>,
    name: String,
}

impl Own {
    fn call(&self, arguments: Vec<Value>) -> Result<Tensor> {
        let this = self.back.engine()?;
        let value = call_own(&this, "__call__", Arguments::positional(arguments))?;
        to_tensor(&value).map_err(into_engine)
    }
}

impl Initialize for Own {
    fn class_name(&self) -> String {
        self.name.clone()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn make(&self, shape: &[usize]) -> Result<Array> {
        let array = self.call(vec![shape_value(shape)])?.into_array();
        Ok(array.to_dtype(kerai_engine::candle::DType::F32)?)
    }
}

impl Regularize for Own {
    fn class_name(&self) -> String {
        self.name.clone()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn penalty(&self, x: &Tensor) -> Result<Tensor> {
        self.call(vec![TensorObject::value(x.clone())])
    }
}

impl Constrain for Own {
    fn class_name(&self) -> String {
        self.name.clone()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn project(&self, weight: &Array) -> Result<Array> {
        Ok(self.call(vec![TensorObject::value(Tensor::new(weight.clone()))])?.into_array())
    }
}

struct FunctionBase(Kind);

/// The class of this name.
pub fn class(name: &str) -> Option<BaseClass> {
    let (kind, name, is_instance): (Kind, &'static str, fn(&Value) -> bool) = match name {
        "Initializer" => (Kind::Initializer, "Initializer", |value| {
            matches!(as_made(value), Some(Made::Initializer(_)))
        }),
        "Regularizer" => (Kind::Regularizer, "Regularizer", |value| {
            matches!(as_made(value), Some(Made::Regularizer(_)))
        }),
        "Constraint" => (Kind::Constraint, "Constraint", |value| {
            matches!(as_made(value), Some(Made::Constraint(_)))
        }),
        _ => return None,
    };
    Some(BaseClass {
        name,
        module: kind.module(),
        doc: "A function with a name: write __call__ in a class of your own.",
        base: Rc::new(FunctionBase(kind)),
        make: |_| super::abstract_class("this base class"),
        is_instance,
    })
}

impl NativeBase for FunctionBase {
    fn create(&self, class: &Value) -> PyResult<Value> {
        let back = Rc::new(Back::default());
        let name = match crate::runtime::attributes::get(class, "__name__") {
            Ok(Value::Str(name)) => name.to_string(),
            _ => String::new(),
        };
        let own = Rc::new(Own { back: back.clone(), name });
        let make: fn(Rc<Own>) -> Made = match self.0 {
            Kind::Initializer => |own| Made::Initializer(Initializer(own)),
            Kind::Regularizer => |own| Made::Regularizer(Regularizer(own)),
            _ => |own| Made::Constraint(Constraint(own)),
        };
        Ok(MadePart::value(&own, &back, make))
    }

    fn initialize(&self, instance: &Value, native: &Value, _arguments: Arguments) -> PyResult<()> {
        attach(instance, native);
        Ok(())
    }

    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        attach(instance, native);
        Ok((name == "get_config").then(|| method("get_config", |_| Ok(Value::dict::<&str>([])))))
    }

    fn set_attribute(
        &self,
        instance: &Value,
        native: &Value,
        _name: &str,
        _value: &Value,
    ) -> PyResult<bool> {
        attach(instance, native);
        Ok(false)
    }
}

/// Points a native part back at its instance. Classes without `super().__init__()` are attached on first use.
pub fn attach(instance: &Value, native: &Value) {
    if let Some(part) = native.downcast::<MadePart>() {
        part.attach(instance);
    }
}
