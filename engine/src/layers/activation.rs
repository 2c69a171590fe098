//! Activations as layers.

use crate::activations;
use crate::catalog::Entry;
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;

config! {
    /// Applies an activation function.
    ///
    /// Shapes: any -> the same.
    pub struct Activation("Activation") {
        /// The function: a name or a function of a tensor.
        activation: activations::Activation,
    }
}

config! {
    /// `max(x, 0)`, or with other arguments: `max_value` from there on, `negative_slope * (x - threshold)` below `threshold`.
    ///
    /// Shapes: any -> the same.
    pub struct ReLU("ReLU") {
        /// The largest result.
        max_value: Option<f64> = None,
        /// Slope below the threshold.
        negative_slope: f64 = 0.0,
        /// From where on `x` passes.
        threshold: f64 = 0.0,
    }
}

config! {
    /// `x` above 0, `negative_slope * x` below.
    ///
    /// Shapes: any -> the same.
    pub struct LeakyReLU("LeakyReLU") {
        /// Slope below 0.
        negative_slope: f64 = 0.3,
    }
}

config! {
    /// `x` above 0, `alpha * x` below, where `alpha` is learned (He et al., 2015, arXiv:1502.01852).
    ///
    /// Shapes: any -> the same; alpha has the shape of a sample, with size 1 along `shared_axes`.
    pub struct PReLU("PReLU") {
        /// First values of alpha.
        alpha_initializer: Initializer = Initializer::named("zeros"),
        /// Charged for alpha's size.
        alpha_regularizer: Option<Regularizer> = None,
        /// What alpha is held to after each step.
        alpha_constraint: Option<Constraint> = None,
        /// Axes (counted from 1) along which alpha is one number: `[1, 2]` for one per channel of images.
        shared_axes: Option<Vec<i64>> = None,
    }
}

config! {
    /// `x` above 0, `alpha * (e^x - 1)` below (Clevert et al., 2016, arXiv:1511.07289).
    ///
    /// Shapes: any -> the same.
    pub struct ELU("ELU") {
        /// How far below 0 it goes.
        alpha: f64 = 1.0,
    }
}

config! {
    /// `e^x / sum(e^x)` along an axis. Called with `mask=...`, masked places get 0.
    ///
    /// Shapes: any -> the same.
    pub struct Softmax("Softmax") {
        /// The axis, or a list of axes that are taken together.
        axis: Arg = Arg::Int(-1),
    }
}

/// A layer that keeps shape and mask and has no weights.
macro_rules! pointwise_layer {
    ($name:ident, |$this:ident, $x:ident| $value:expr, per_sample: $per_sample:expr $(, relu: $relu:expr)?) => {
        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                Ok(inputs.to_vec())
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                _: &[Tensor],
                _: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let $this = self;
                inputs.iter().map(|$x| $value).collect()
            }

            fn is_per_sample(&self) -> bool {
                #[allow(unused_variables, reason = "some need not look")]
                let $this = self;
                $per_sample
            }

            $(fn is_relu(&self) -> bool {
                let $this = self;
                $relu
            })?

            fn passes_mask(&self) -> bool {
                true
            }

            fn build_config(&self, _: &[Shape]) -> Option<Config> {
                None
            }
        }
    };
}

pointwise_layer!(Activation, |this, x| this.activation.apply(x), per_sample: this.activation.0.built_in().is_some(), relu: this.activation.is("relu"));
pointwise_layer!(
    ReLU,
    |this, x| ops::bounded_relu(x, this.negative_slope, this.max_value, this.threshold),
    per_sample: true,
    relu: this.max_value.is_none() && this.negative_slope == 0.0 && this.threshold == 0.0
);
pointwise_layer!(LeakyReLU, |this, x| ops::leaky_relu(x, this.negative_slope), per_sample: true);
pointwise_layer!(ELU, |this, x| ops::elu(x, this.alpha), per_sample: true);

/// The rows of the table.
pub static ACTIVATION: Entry = Entry::layer::<Activation>();
/// ReLU.
pub static RELU: Entry = Entry::layer::<ReLU>();
/// LeakyReLU.
pub static LEAKY_RELU: Entry = Entry::layer::<LeakyReLU>();
/// PReLU.
pub static PRELU: Entry = Entry::layer::<PReLU>();
/// ELU.
pub static ELU_ENTRY: Entry = Entry::layer::<ELU>();
/// Softmax.
pub static SOFTMAX: Entry = Entry::layer::<Softmax>();

impl Layer for PReLU {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let input = &inputs[0];
        let mut shape = Vec::new();
        for (axis, size) in input.0.iter().enumerate().skip(1) {
            let rank = i64::try_from(input.rank()).unwrap_or(0);
            let shared = self.shared_axes.iter().flatten().any(|shared| {
                let counted = if *shared < 0 { *shared + rank } else { *shared };
                usize::try_from(counted) == Ok(axis)
            });
            shape.push(match (shared, size) {
                (true, _) => 1,
                (false, Some(size)) => *size,
                (false, None) => {
                    return Err(Error::value(format!(
                        "the size of axis {axis} must be known to make alpha"
                    ))
                    .received(input.to_string())
                    .hint(format!("shared_axes=[{axis}] shares alpha along it")));
                }
            });
        }
        Ok(vec![
            WeightSpec::new("alpha", &shape, &self.alpha_initializer)
                .with_rules(&self.alpha_regularizer, &self.alpha_constraint),
        ])
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(inputs.to_vec())
    }

    fn forward(&self, inputs: &[Tensor], weights: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let below = ops::relu(&ops::negative(x)?)?;
        Ok(vec![ops::subtract(&ops::relu(x)?, &ops::multiply(&weights[0], &below)?)?])
    }

    fn passes_mask(&self) -> bool {
        true
    }
}

impl Layer for Softmax {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        <Vec<i64>>::parse(&self.axis)?;
        Ok(inputs.to_vec())
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        let axes = <Vec<i64>>::parse(&self.axis)?;
        let mask = pass.named("mask").and_then(|mask| mask.first()).cloned();
        let mut x = inputs[0].clone();
        if let Some(mask) = &mask {
            x = ops::where_(mask, &x, &ops::full(&[], -1e9, x.dtype())?)?;
        }
        let y = match &axes[..] {
            [axis] => ops::softmax(&x, *axis)?,
            _ => ops::exp(&ops::subtract(&x, &ops::logsumexp(&x, Some(&axes), true)?)?)?,
        };
        Ok(vec![match &mask {
            // A row that is masked as a whole gives 0, not even shares.
            Some(mask) => ops::where_(mask, &y, &ops::full(&[], 0.0, y.dtype())?)?,
            None => y,
        }])
    }

    fn passes_mask(&self) -> bool {
        true
    }

    fn build_config(&self, _: &[Shape]) -> Option<Config> {
        None
    }
}
