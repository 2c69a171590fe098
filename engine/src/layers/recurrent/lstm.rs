//! LSTM: a recurrent layer with a state that only gates change.

use super::run::{Common, recurrent};
use crate::activations::Activation;
use crate::catalog::{Entry, Kind, Made};
use crate::config::{Config, Configured, Fraction};
use crate::constraints::Constraint;
use crate::error::Result;
use crate::initializers::Initialize;
use crate::initializers::Initializer;
use crate::kernels::recurrent::Cell;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use std::rc::Rc;

recurrent! {
    /// Long short-term memory: goes through a sequence with an output and a cell state.
    ///
    /// Shapes: `[batch, time, features]` -> `[batch, units]`, or `[batch, time, units]` with `return_sequences`; kernel
    /// `[features, 4 units]`, recurrent_kernel `[units, 4 units]`, bias `[4 units]`, gates in the order i, f, c, o.
    /// `c = f c + i tanh(..); h = o tanh(c)`. Hochreiter and Schmidhuber, 1997.
    Lstm("LSTM") {
        {
            /// Of the gates.
            recurrent_activation: Activation =
                Activation::named("sigmoid").unwrap_or_else(|_| Activation::linear()),
        } {
            /// Whether the bias of the forget gate starts at 1.
            unit_forget_bias: bool = true,
        } {}
    }
    |own| cell Cell::Lstm; gates &own.recurrent_activation; bias match own.unit_forget_bias {
        true => Initializer(Rc::new(ForgetBias(own.bias_initializer.clone()))),
        false => own.bias_initializer.clone(),
    }
}

/// A bias whose second quarter, that of the forget gate, is 1.
struct ForgetBias(Initializer);

impl Initialize for ForgetBias {
    fn class_name(&self) -> String {
        self.0.0.class_name()
    }

    fn config(&self) -> Config {
        self.0.0.config()
    }

    fn make(&self, shape: &[usize]) -> Result<Array> {
        let quarter = shape[0] / 4;
        let first = self.0.make(&[quarter])?;
        let rest = self.0.make(&[2 * quarter])?;
        Ok(Array::cat(&[&first, &first.ones_like()?, &rest], 0)?)
    }
}
