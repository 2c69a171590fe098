//! GRU: a recurrent layer with two gates.

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
    /// Gated recurrent unit: goes through a sequence with one state.
    ///
    /// Shapes: `[batch, time, features]` -> `[batch, units]`, or `[batch, time, units]` with `return_sequences`; kernel
    /// `[features, 3 units]`, recurrent_kernel `[units, 3 units]`, bias `[2, 3 units]` (`[3 units]` with
    /// `reset_after=False`), gates in the order z, r, h.
    /// `h = z h + (1 - z) tanh(..)`. Cho et al., 2014, arXiv:1406.1078.
    Gru("GRU") {
        {
            /// Of the gates.
            recurrent_activation: Activation =
                Activation::named("sigmoid").unwrap_or_else(|_| Activation::linear()),
        } {} {
            /// Whether the reset gate acts after the recurrent product, as in cuDNN.
            reset_after: bool = true,
        }
    }
    |own| cell Cell::Gru { reset_after: own.reset_after };
    gates &own.recurrent_activation;
    bias own.bias_initializer.clone()
}
