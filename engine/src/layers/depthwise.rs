//! DepthwiseConv1D/2D and SeparableConv1D/2D: convolutions that do not mix channels, and then mix them.

use crate::activations::Activation;
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Config, Configured};
use crate::constraints::Constraint;
use crate::error::Result;
use crate::initializers::Initializer;
use crate::kernels::convolution::{Motion, convolution};
use crate::layer::{Layer, Pass, WeightSpec};
use crate::layers::convolution::check_motion;
use crate::layers::spatial::{DataFormat, windowed_shape};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::{Padding, Shape};
use crate::tensor::Tensor;
use std::rc::Rc;

/// The kernel `[..., channels, multiplier]` as that of one group per channel: `[..., 1, channels * multiplier]`.
fn grouped(kernel: &Tensor) -> Result<(Tensor, usize)> {
    let mut shape = kernel.shape().to_vec();
    let (multiplier, channels) = (shape.pop().unwrap_or(1), shape.pop().unwrap_or(1));
    shape.extend([1, channels * multiplier]);
    Ok((ops::reshape(kernel, &shape)?, channels))
}

macro_rules! depthwise {
    ($($(#[doc = $doc:literal])* $name:ident($class:literal, $rank:literal) as $entry:ident;)*) => {$(
        config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Size of the kernel along each spatial axis.
                kernel_size: [usize; $rank],
                /// Step between windows along each spatial axis.
                strides: [usize; $rank] = [1; $rank],
                /// What happens at the border: "valid" stays inside, "same" adds zeros so that each place has a window.
                padding: Padding = Padding::Valid,
                /// Number of output channels for each input channel.
                depth_multiplier: usize = 1,
                /// Where the channels stand.
                data_format: DataFormat = DataFormat::ChannelsLast,
                /// Distance between the taps of the kernel.
                dilation_rate: [usize; $rank] = [1; $rank],
                /// Applied to the result; `None` leaves it as it is.
                activation: Activation = Activation::linear(),
                /// Whether a bias is added.
                use_bias: bool = true,
                /// First values of the kernel.
                depthwise_initializer: Initializer = Initializer::named("glorot_uniform"),
                /// First values of the bias.
                bias_initializer: Initializer = Initializer::named("zeros"),
                /// Charged for the kernel's size.
                depthwise_regularizer: Option<Regularizer> = None,
                /// Charged for the bias' size.
                bias_regularizer: Option<Regularizer> = None,
                /// Charged for the output's size.
                activity_regularizer: Option<Regularizer> = None,
                /// What the kernel is held to after each step.
                depthwise_constraint: Option<Constraint> = None,
                /// What the bias is held to after each step.
                bias_constraint: Option<Constraint> = None,
            }
        }

        /// The row of the table.
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[], |args| {
            let layer = $name::from_args(args)?;
            check_motion(&layer.strides, &layer.dilation_rate, layer.padding, false)
                .map_err(|error| error.within($class))?;
            Ok(Made::Layer(Rc::new(layer)))
        });

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                let channels = self.data_format.shape_to_last(inputs, $rank)?.features()?;
                let mut shape = self.kernel_size.to_vec();
                shape.extend([channels, self.depth_multiplier]);
                let mut weights = vec![
                    WeightSpec::new("kernel", &shape, &self.depthwise_initializer)
                        .with_rules(&self.depthwise_regularizer, &self.depthwise_constraint),
                ];
                if self.use_bias {
                    let filters = channels * self.depth_multiplier;
                    weights.push(
                        WeightSpec::new("bias", &[filters], &self.bias_initializer)
                            .with_rules(&self.bias_regularizer, &self.bias_constraint),
                    );
                }
                Ok(weights)
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                let input = self.data_format.shape_to_last(inputs, $rank)?;
                let filters = input.features()? * self.depth_multiplier;
                let shape = windowed_shape(
                    &input,
                    Some(filters),
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
                _pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let x = self.data_format.to_last(&inputs[0])?;
                let (kernel, groups) = grouped(&weights[0])?;
                let motion = Motion {
                    strides: &self.strides,
                    dilation: &self.dilation_rate,
                    padding: self.padding,
                    groups,
                };
                let relu = self.activation.is("relu");
                let y = convolution(&x, &kernel, weights.get(1), motion, relu)?;
                let y = self.data_format.restore(&y)?;
                Ok(vec![if relu { y } else { self.activation.apply(&y)? }])
            }

            fn activity_regularizer(&self) -> Option<&Regularizer> {
                self.activity_regularizer.as_ref()
            }
        }
    )*};
}

macro_rules! separable {
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
                /// Number of channels between the two steps for each input channel.
                depth_multiplier: usize = 1,
                /// Applied to the result; `None` leaves it as it is.
                activation: Activation = Activation::linear(),
                /// Whether a bias is added.
                use_bias: bool = true,
                /// First values of the kernel of the first step.
                depthwise_initializer: Initializer = Initializer::named("glorot_uniform"),
                /// First values of the kernel of the second step.
                pointwise_initializer: Initializer = Initializer::named("glorot_uniform"),
                /// First values of the bias.
                bias_initializer: Initializer = Initializer::named("zeros"),
                /// Charged for the size of the first kernel.
                depthwise_regularizer: Option<Regularizer> = None,
                /// Charged for the size of the second kernel.
                pointwise_regularizer: Option<Regularizer> = None,
                /// Charged for the bias' size.
                bias_regularizer: Option<Regularizer> = None,
                /// Charged for the output's size.
                activity_regularizer: Option<Regularizer> = None,
                /// What the first kernel is held to after each step.
                depthwise_constraint: Option<Constraint> = None,
                /// What the second kernel is held to after each step.
                pointwise_constraint: Option<Constraint> = None,
                /// What the bias is held to after each step.
                bias_constraint: Option<Constraint> = None,
            }
        }

        /// The row of the table.
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[], |args| {
            let layer = $name::from_args(args)?;
            check_motion(&layer.strides, &layer.dilation_rate, layer.padding, false)
                .map_err(|error| error.within($class))?;
            Ok(Made::Layer(Rc::new(layer)))
        });

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                let channels = self.data_format.shape_to_last(inputs, $rank)?.features()?;
                let mut depthwise = self.kernel_size.to_vec();
                depthwise.extend([channels, self.depth_multiplier]);
                let mut pointwise = vec![1; $rank];
                pointwise.extend([channels * self.depth_multiplier, self.filters]);
                let mut weights = vec![
                    WeightSpec::new("depthwise_kernel", &depthwise, &self.depthwise_initializer)
                        .with_rules(&self.depthwise_regularizer, &self.depthwise_constraint),
                    WeightSpec::new("pointwise_kernel", &pointwise, &self.pointwise_initializer)
                        .with_rules(&self.pointwise_regularizer, &self.pointwise_constraint),
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
                input.features()?;
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
                _pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let x = self.data_format.to_last(&inputs[0])?;
                let (kernel, groups) = grouped(&weights[0])?;
                let motion = Motion {
                    strides: &self.strides,
                    dilation: &self.dilation_rate,
                    padding: self.padding,
                    groups,
                };
                let between = convolution(&x, &kernel, None, motion, false)?;
                let mix = Motion {
                    strides: &[1; $rank],
                    dilation: &[1; $rank],
                    padding: Padding::Valid,
                    groups: 1,
                };
                let relu = self.activation.is("relu");
                let y = convolution(&between, &weights[1], weights.get(2), mix, relu)?;
                let y = self.data_format.restore(&y)?;
                Ok(vec![if relu { y } else { self.activation.apply(&y)? }])
            }

            fn activity_regularizer(&self) -> Option<&Regularizer> {
                self.activity_regularizer.as_ref()
            }
        }
    )*};
}

depthwise! {
    /// A convolution over time that keeps channels apart.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, steps, channels * depth_multiplier]`; kernel
    /// `[size, channels, depth_multiplier]`. Output channel `c * depth_multiplier + m` comes from input channel `c`.
    DepthwiseConv1D("DepthwiseConv1D", 1) as DEPTHWISE1D;
    /// A convolution over images that keeps channels apart.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, rows, columns, channels * depth_multiplier]`; kernel
    /// `[height, width, channels, depth_multiplier]`. Output channel `c * depth_multiplier + m` comes from input channel `c`.
    DepthwiseConv2D("DepthwiseConv2D", 2) as DEPTHWISE2D;
}

separable! {
    /// A convolution over time in two steps: each channel by itself, then a mix of channels at each step.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, steps, filters]`.
    SeparableConv1D("SeparableConv1D", 1) as SEPARABLE1D;
    /// A convolution over images in two steps: each channel by itself, then a mix of channels at each place.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, rows, columns, filters]`. Chollet, 2016, arXiv:1610.02357.
    SeparableConv2D("SeparableConv2D", 2) as SEPARABLE2D;
}
