//! SimpleRNN: a recurrent layer without gates.

use super::run::{Common, recurrent};
use crate::activations::Activation;
use crate::catalog::{Entry, Kind, Made};
use crate::config::{Config, Configured, Fraction};
use crate::constraints::Constraint;
use crate::error::Result;
use crate::initializers::Initializer;
use crate::kernels::recurrent::Cell;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::rc::Rc;

recurrent! {
    /// Goes through a sequence; each output is fed back at the next step.
    ///
    /// Shapes: `[batch, time, features]` -> `[batch, units]`, or `[batch, time, units]` with `return_sequences`; kernel
    /// `[features, units]`, recurrent_kernel `[units, units]`, bias `[units]`. `h = tanh(x kernel + h recurrent_kernel + bias)`.
    SimpleRnn("SimpleRNN") { {} {} {} }
    |own| cell Cell::Simple; gates &own.activation; bias own.bias_initializer.clone()
}
