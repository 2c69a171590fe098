//! Dense: every output sees every input.

use crate::activations::Activation;
use crate::catalog::Entry;
use crate::config;
use crate::config::{Config, Configured};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::dense::{End, dense_ending};
use crate::layer::{Layer, Pass, WeightSpec};
use crate::lora::{LoraArguments, without_lora};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;

config! {
    /// A fully connected layer: `activation(inputs @ kernel + bias)`.
    ///
    /// Shapes: `[batch, ..., features]` -> `[batch, ..., units]`; kernel `[features, units]`, bias `[units]`.
    pub struct Dense("Dense") {
        /// Width of the output.
        units: usize,
        /// Applied to the result; `None` leaves it as it is.
        activation: Activation = Activation::linear(),
        /// Whether a bias is added.
        use_bias: bool = true,
        /// First values of the kernel.
        kernel_initializer: Initializer = Initializer::named("glorot_uniform"),
        /// First values of the bias.
        bias_initializer: Initializer = Initializer::named("zeros"),
        /// Charged for the kernel's size.
        kernel_regularizer: Option<Regularizer> = None,
        /// Charged for the bias' size.
        bias_regularizer: Option<Regularizer> = None,
        /// Charged for the output's size.
        activity_regularizer: Option<Regularizer> = None,
        /// What the kernel is held to after each step.
        kernel_constraint: Option<Constraint> = None,
        /// What the bias is held to after each step.
        bias_constraint: Option<Constraint> = None,
        /// Rank of a trainable correction `a @ b` to a frozen kernel; `layer.enable_lora(rank)` adds one later.
        ///
        /// Hu et al., 2021, arXiv:2106.09685.
        lora_rank: Option<usize> = None,
        /// The correction is multiplied by `lora_alpha / lora_rank`; `None`: the rank.
        lora_alpha: Option<f64> = None,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::layer::<Dense>();

impl Layer for Dense {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        without_lora(Configured::config(self))
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let features = inputs[0].features()?;
        let mut weights = vec![
            WeightSpec::new("kernel", &[features, self.units], &self.kernel_initializer)
                .with_rules(&self.kernel_regularizer, &self.kernel_constraint),
        ];
        if self.use_bias {
            weights.push(
                WeightSpec::new("bias", &[self.units], &self.bias_initializer)
                    .with_rules(&self.bias_regularizer, &self.bias_constraint),
            );
        }
        Ok(weights)
    }

    fn lora(&self) -> Option<LoraArguments> {
        let of_kernel = LoraArguments::of_kernel(self.lora_rank, self.lora_alpha);
        Some(LoraArguments { alpha_is_rank: true, ..of_kernel })
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [input] = inputs else {
            return Err(
                Error::value("takes one input").received(format!("{} inputs", inputs.len()))
            );
        };
        if input.rank() < 2 {
            return Err(Error::value("the input needs at least two axes")
                .received(input.to_string())
                .expected("[batch, ..., features]")
                .hint("Input(shape=(1,)) gives each sample one feature"));
        }
        Ok(vec![input.with_features(self.units)])
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let features = weights[0].shape()[0];
        if x.shape().last() != Some(&features) {
            return Err(Error::value(format!(
                "the last axis of the input must have {features} features"
            ))
            .received(format!("{:?}", x.shape()))
            .expected(format!("[batch, ..., {features}]")));
        }
        let rows = x.shape().iter().product::<usize>() / features.max(1);
        let flat =
            if x.shape().len() == 2 { x.clone() } else { ops::reshape(x, &[rows, features])? };
        let end = if pass.followers.relu { End::Relu } else { self.activation.end() };
        let y = dense_ending(&flat, &weights[0], weights.get(1), end)?;
        let y = if x.shape().len() == 2 {
            y
        } else {
            let mut shape = x.shape().to_vec();
            if let Some(last) = shape.last_mut() {
                *last = self.units;
            }
            ops::reshape(&y, &shape)?
        };
        Ok(vec![if matches!(end, End::Plain) { self.activation.apply(&y)? } else { y }])
    }

    fn is_per_sample(&self) -> bool {
        self.activation.0.built_in().is_some()
    }

    fn takes_relu(&self) -> bool {
        self.activation.is_linear()
    }

    fn activity_regularizer(&self) -> Option<&Regularizer> {
        self.activity_regularizer.as_ref()
    }

    fn passes_mask(&self) -> bool {
        true
    }
}
