//! Functions of the user inside the engine: activations, initializers, losses, schedules, ...; and those that files know by
//! a name.

use crate::activations::{Activate, Activation};
use crate::catalog::{self, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::constraints::{Constrain, Constraint};
use crate::error::{Error, Result};
use crate::initializers::{Initialize, Initializer};
use crate::regularizers::{Regularize, Regularizer};
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};
use std::cell::RefCell;
use std::rc::Rc;

/// What goes into a user's function and comes out of it.
#[derive(Clone)]
pub enum Operand {
    /// A plain value.
    Arg(Arg),
    /// A tensor.
    Tensor(Tensor),
    /// Several tensors.
    Tensors(Vec<Tensor>),
    /// The sizes of a tensor.
    Shape(Vec<usize>),
}

/// A function of the user.
pub trait Callable {
    /// Its name, for configs and logs.
    fn name(&self) -> String;

    /// Its value.
    fn call(&self, operands: Vec<Operand>) -> Result<Operand>;

    /// Whether it is the same function as another.
    fn is_same(&self, other: &dyn Callable) -> bool;

    /// The name of the operation that it is, if it is one of `keras.ops`.
    fn operation(&self) -> Option<&'static str> {
        None
    }

    /// Lets the language find its own object again.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A function of the user, shared.
#[derive(Clone)]
pub struct Function(pub Rc<dyn Callable>);

impl Function {
    /// Its name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Its value, whatever it is.
    pub fn call(&self, operands: Vec<Operand>) -> Result<Operand> {
        self.0.call(operands)
    }

    /// Its value, which must be a tensor (a number will do).
    pub fn tensor(&self, operands: Vec<Operand>) -> Result<Tensor> {
        match self.0.call(operands)? {
            Operand::Tensor(tensor) => Ok(tensor),
            Operand::Tensors(mut tensors) if tensors.len() == 1 => Ok(tensors.remove(0)),
            Operand::Arg(arg @ (Arg::Int(_) | Arg::Float(_))) => {
                Tensor::scalar(f64::parse(&arg)? as f32)
            }
            _ => Err(Error::type_error(format!("{}() must return a tensor", self.name()))
                .expected("return ... with a tensor at the end of the function")),
        }
    }

    /// Its value, which must be a number.
    pub fn number(&self, operands: Vec<Operand>) -> Result<f64> {
        match self.0.call(operands)? {
            Operand::Arg(arg) => {
                f64::parse(&arg).map_err(|error| error.within(format!("{}()", self.name())))
            }
            Operand::Tensor(tensor) => tensor.item(),
            Operand::Tensors(_) | Operand::Shape(_) => {
                Err(Error::type_error(format!("{}() must return a number", self.name())))
            }
        }
    }
}

/// What Keras' configs call it when a function has no name.
const NAMELESS: &str = "<lambda>";

thread_local! {
    /// The functions that files know, by name.
    static KNOWN: RefCell<Vec<(String, Function)>> = const { RefCell::new(Vec::new()) };
}

/// From now on files mean this function by a name.
pub fn register(name: String, function: Function) {
    KNOWN.with_borrow_mut(|known| {
        known.retain(|(other, _)| *other != name);
        known.push((name, function));
    });
}

/// No function is known any more.
pub fn forget_registered() {
    KNOWN.take();
}

/// Does work during which more functions are known: `custom_objects`.
pub fn with_known<T>(functions: Vec<(String, Function)>, work: impl FnOnce() -> T) -> T {
    struct End(Vec<(String, Function)>);
    impl Drop for End {
        fn drop(&mut self) {
            KNOWN.set(std::mem::take(&mut self.0));
        }
    }
    let _end = End(KNOWN.with_borrow(Vec::clone));
    for (name, function) in functions {
        register(name, function);
    }
    work()
}

/// The name of a function in a config: `{"class_name": "function", "config": name}`.
fn name_in(config: &Arg) -> Option<&str> {
    match (config.get("class_name")?, config.get("config")?) {
        (Arg::Str(class), Arg::Str(name)) if class == "function" => Some(name),
        _ => None,
    }
}

/// The function that a config means, if it means one that is known.
pub(crate) fn of_config(config: &Arg) -> Option<Function> {
    let name = name_in(config)?;
    KNOWN.with_borrow(|known| {
        known.iter().find(|(known, _)| known == name).map(|(_, function)| function.clone())
    })
}

/// The error of a config's function that nobody knows.
pub(crate) fn unknown(name: &str) -> Error {
    Error::value(format!("the function {name:?} of the file is not known")).hint(format!(
        "load_model(path, custom_objects={{{name:?}: ...}}), or @keras.saving.register_keras_serializable() above its def"
    ))
}

/// A config in which functions that are known stand for themselves.
pub(crate) fn resolved(config: &Arg) -> Arg {
    if let Some(function) = of_config(config) {
        return Arg::Made(Made::Function(function));
    }
    match config {
        Arg::List(items) => Arg::List(items.iter().map(resolved).collect()),
        Arg::Map(map) => {
            Arg::Map(map.iter().map(|(name, item)| (name.clone(), resolved(item))).collect())
        }
        other => other.clone(),
    }
}

/// Refuses a config that holds a function without a name: nothing could read it again.
pub(crate) fn refuse_nameless(config: &Arg) -> Result<()> {
    if name_in(config) == Some(NAMELESS) {
        return Err(Error::value("the model holds a lambda, which no file can keep").hint(
            "write it as a def with @keras.saving.register_keras_serializable(), or keep the weights: model.save_weights(\"model.weights.h5\")",
        ));
    }
    match config {
        Arg::Made(made) => refuse_nameless(&made.to_arg()),
        Arg::List(items) => items.iter().try_for_each(refuse_nameless),
        Arg::Map(map) => map.iter().try_for_each(|(_, item)| refuse_nameless(item)),
        _ => Ok(()),
    }
}

impl Function {
    /// As a config holds it: under the name by which it was registered, else under its own.
    pub fn identifier(&self) -> Arg {
        let registered = KNOWN.with_borrow(|known| {
            known.iter().find(|(_, known)| known.0.is_same(&*self.0)).map(|(name, _)| name.clone())
        });
        Arg::Map(vec![
            ("module".to_owned(), Arg::str("builtins")),
            ("class_name".to_owned(), Arg::str("function")),
            ("config".to_owned(), Arg::Str(registered.unwrap_or_else(|| self.name()))),
            ("registered_name".to_owned(), Arg::str("function")),
        ])
    }

    /// As what is asked for: Keras takes functions as activations, initializers, regularizers and constraints too.
    pub(crate) fn into_kind(self, kind: Kind) -> Result<Made> {
        Ok(match kind {
            Kind::Activation => match self.same_activation() {
                Some(name) => catalog::find(kind, name)?.make(Vec::new())?,
                None => Made::Activation(Activation(Rc::new(self))),
            },
            Kind::Initializer => Made::Initializer(Initializer(Rc::new(self))),
            Kind::Regularizer => Made::Regularizer(Regularizer(Rc::new(self))),
            Kind::Constraint => Made::Constraint(Constraint(Rc::new(self))),
            _ => Made::Function(self),
        })
    }

    /// The activation that an operation is under the same name: kernels know it.
    fn same_activation(&self) -> Option<&'static str> {
        // `keras.ops.gelu` approximates where `keras.activations.gelu` does not.
        let name = self.0.operation().filter(|name| *name != "gelu")?;
        Kind::Activation.entries().iter().map(|entry| entry.name).find(|known| *known == name)
    }

    /// Its value for a weight of this shape.
    fn weight(&self, operands: Vec<Operand>, shape: &[usize]) -> Result<Array> {
        let value = self.tensor(operands)?;
        if value.shape() == shape {
            return Ok(value.into_array());
        }
        Err(Error::value(format!("{}() gives a tensor of another shape", self.name()))
            .received(format!("{:?}", value.shape()))
            .expected(format!("{shape:?}")))
    }
}

impl Activate for Function {
    fn name(&self) -> String {
        self.name()
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.tensor(vec![Operand::Tensor(x.clone())])
    }

    fn function(&self) -> Option<&Function> {
        Some(self)
    }
}

impl Initialize for Function {
    fn class_name(&self) -> String {
        self.name()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn make(&self, shape: &[usize]) -> Result<Array> {
        let operands = vec![Operand::Shape(shape.to_vec()), Operand::Arg(Arg::str("float32"))];
        Ok(self.weight(operands, shape)?.to_dtype(DType::F32)?)
    }

    fn function(&self) -> Option<&Function> {
        Some(self)
    }
}

impl Regularize for Function {
    fn class_name(&self) -> String {
        self.name()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn penalty(&self, x: &Tensor) -> Result<Tensor> {
        self.tensor(vec![Operand::Tensor(x.clone())])
    }

    fn function(&self) -> Option<&Function> {
        Some(self)
    }
}

impl Constrain for Function {
    fn class_name(&self) -> String {
        self.name()
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn project(&self, weight: &Array) -> Result<Array> {
        self.weight(vec![Operand::Tensor(Tensor::new(weight.clone()))], weight.dims())
    }

    fn function(&self) -> Option<&Function> {
        Some(self)
    }
}

impl Field for Function {
    fn parse(arg: &Arg) -> Result<Self> {
        match (arg, name_in(arg)) {
            (Arg::Made(Made::Function(function)), _) => Ok(function.clone()),
            (config, Some(name)) => of_config(config).ok_or_else(|| unknown(name)),
            (other, None) => Err(crate::config::mismatch::<Self>(other)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Function(self.clone()))
    }

    fn kind() -> String {
        "a function".to_owned()
    }
}
