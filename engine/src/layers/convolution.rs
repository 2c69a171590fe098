//! Conv1D, Conv2D, Conv3D: the same small kernel at each place.

use crate::activations::Activation;
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Config, Configured};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::convolution::{Motion, pooled_convolution};
use crate::layer::{Layer, Pass, WeightSpec};
use crate::layers::spatial::{DataFormat, check_padding, windowed_shape};
use crate::lora::{LoraArguments, without_lora};
use crate::regularizers::Regularizer;
use crate::shape::{Padding, Shape};
use crate::tensor::Tensor;
use std::rc::Rc;

/// Refuses what no convolution can do.
pub(super) fn check_motion(
    strides: &[usize],
    dilation: &[usize],
    padding: Padding,
    causal_is_fine: bool,
) -> Result<()> {
    check_padding(padding, causal_is_fine)?;
    if strides.iter().any(|s| *s > 1) && dilation.iter().any(|d| *d > 1) {
        return Err(Error::value("strides and dilation_rate cannot both be above 1")
            .received(format!("strides={strides:?}, dilation_rate={dilation:?}"))
            .hint("set one of them to 1"));
    }
    Ok(())
}

macro_rules! convolutions {
    ($($(#[doc = $doc:literal])* $name:ident($class:literal, $rank:literal) as $entry:ident;)*) => {$(
        config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Number of output channels.
                filters: usize,
                /// Size of the kernel along each spatial axis.
                kernel_size: [usize; $rank],
                /// Step between windows along each spatial axis.
                strides: [usize; $rank] = [1; $rank],
                /// What happens at the border: "valid" stays inside, "same" adds zeros so that each place has a window.
                padding: Padding = Padding::Valid,
                /// Where the channels stand.
                data_format: DataFormat = DataFormat::ChannelsLast,
                /// Distance between the taps of the kernel.
                dilation_rate: [usize; $rank] = [1; $rank],
                /// Parts into which channels and filters are split; each filter sees its part of the channels.
                groups: usize = 1,
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
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[], |args| {
            let layer = $name::from_args(args)?;
            check_motion(&layer.strides, &layer.dilation_rate, layer.padding, $rank == 1)
                .map_err(|error| error.within($class))?;
            if !layer.filters.is_multiple_of(layer.groups) {
                return Err(Error::value(concat!($class, ": filters must be a multiple of groups"))
                    .received(format!("filters={}, groups={}", layer.filters, layer.groups)));
            }
            Ok(Made::Layer(Rc::new(layer)))
        });

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                without_lora(Configured::config(self))
            }

            fn lora(&self) -> Option<LoraArguments> {
                Some(LoraArguments::of_kernel(self.lora_rank, self.lora_alpha))
            }

            fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                let channels = self.data_format.shape_to_last(inputs, $rank)?.features()?;
                let mut shape = self.kernel_size.to_vec();
                shape.extend([channels / self.groups, self.filters]);
                let mut weights = vec![
                    WeightSpec::new("kernel", &shape, &self.kernel_initializer)
                        .with_rules(&self.kernel_regularizer, &self.kernel_constraint),
                ];
                if self.use_bias {
                    weights.push(
                        WeightSpec::new("bias", &[self.filters], &self.bias_initializer)
                            .with_rules(&self.bias_regularizer, &self.bias_constraint),
                    );
                }
                Ok(weights)
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                let input = self.data_format.shape_to_last(inputs, $rank)?;
                let channels = input.features()?;
                if !channels.is_multiple_of(self.groups) {
                    return Err(Error::value("the channels must be a multiple of groups")
                        .received(format!("{channels} channels, groups={}", self.groups)));
                }
                let shape = windowed_shape(
                    &input,
                    Some(self.filters),
                    &self.kernel_size,
                    &self.strides,
                    &self.dilation_rate,
                    self.padding,
                )?;
                Ok(vec![self.data_format.shape_restored(shape)])
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                weights: &[Tensor],
                pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let x = self.data_format.to_last(&inputs[0])?;
                let motion = Motion {
                    strides: &self.strides,
                    dilation: &self.dilation_rate,
                    padding: self.padding,
                    groups: self.groups,
                };
                let relu = self.activation.is("relu") || pass.followers.relu;
                let pooling = pass.followers.pooling.as_ref();
                let y = pooled_convolution(&x, &weights[0], weights.get(1), motion, relu, pooling)?;
                let y = self.data_format.restore(&y)?;
                Ok(vec![if relu { y } else { self.activation.apply(&y)? }])
            }

            fn is_per_sample(&self) -> bool {
                self.activation.0.built_in().is_some()
            }

            fn takes_relu(&self) -> bool {
                self.activation.is_linear()
            }

            fn takes_pooling(&self) -> bool {
                let is_last = self.data_format == DataFormat::ChannelsLast;
                is_last && (self.activation.is_linear() || self.activation.is("relu"))
            }

            fn activity_regularizer(&self) -> Option<&Regularizer> {
                self.activity_regularizer.as_ref()
            }
        }
    )*};
}

convolutions! {
    /// A convolution over time: the same kernel at each step.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, steps, filters]`; kernel `[size, channels / groups, filters]`,
    /// bias `[filters]`. With `padding="causal"` no output sees a later input.
    Conv1D("Conv1D", 1) as CONV1D;
    /// A convolution over images: the same kernel at each place.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, rows, columns, filters]`; kernel
    /// `[height, width, channels / groups, filters]`, bias `[filters]`.
    Conv2D("Conv2D", 2) as CONV2D;
    /// A convolution over volumes: the same kernel at each place.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> `[batch, ..., filters]`; kernel
    /// `[depth, height, width, channels / groups, filters]`, bias `[filters]`.
    Conv3D("Conv3D", 3) as CONV3D;
}
