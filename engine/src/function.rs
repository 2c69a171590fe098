//! Functions of the user inside the engine: activations, losses, schedules, callbacks, `Lambda` layers.

use crate::config::{Arg, Field};
use crate::error::{Error, Result};
use crate::tensor::Tensor;
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
}

/// A function of the user.
pub trait Callable {
    /// Its name, for configs and logs.
    fn name(&self) -> String;

    /// Its value.
    fn call(&self, operands: Vec<Operand>) -> Result<Operand>;

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
            Operand::Tensors(_) => {
                Err(Error::type_error(format!("{}() must return a number", self.name())))
            }
        }
    }
}

impl Field for Function {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Made(crate::catalog::Made::Function(function)) => Ok(function.clone()),
            other => Err(crate::config::mismatch::<Self>(other)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(crate::catalog::Made::Function(self.clone()))
    }

    fn kind() -> String {
        "a function".to_owned()
    }
}
