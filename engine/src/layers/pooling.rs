//! Pooling: MaxPooling1D/2D/3D, AveragePooling1D/2D/3D and the global ones.

use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Config, Configured, Field};
use crate::error::{Error, Result};
use crate::kernels::pooling::{MaxPooling, Pool, pool};
use crate::layer::{Layer, Pass};
use crate::layers::spatial::{DataFormat, check_padding, windowed_shape};
use crate::ops;
use crate::shape::{Padding, Shape};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use std::rc::Rc;

macro_rules! poolings {
    ($($(#[doc = $doc:literal])* $name:ident($class:literal, $alias:literal, $rank:literal, $pool:expr $(, $default:literal)?) as $entry:ident;)*) => {$(
        config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Size of the window along each spatial axis.
                pool_size: [usize; $rank] $(= [$default; $rank])?,
                /// Step between windows; `None`: windows lie side by side.
                strides: Option<[usize; $rank]> = None,
                /// What happens at the border: "valid" stays inside, "same" lets windows hang over. Only real places count.
                padding: Padding = Padding::Valid,
                /// Where the channels stand.
                data_format: DataFormat = DataFormat::ChannelsLast,
            }
        }

        /// The row of the table.
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[$alias], |args| {
            let layer = $name::from_args(args)?;
            check_padding(layer.padding, false).map_err(|error| error.within($class))?;
            Ok(Made::Layer(Rc::new(layer)))
        });

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                let mut config = Configured::config(self);
                if let Some((_, strides)) = config.iter_mut().find(|(name, _)| name == "strides") {
                    // Keras saves the step that is meant.
                    *strides = self.strides.unwrap_or(self.pool_size).to_arg();
                }
                config
            }

            fn is_per_sample(&self) -> bool {
                true
            }

            fn max_pooling(&self) -> Option<MaxPooling> {
                let is_last = self.data_format == DataFormat::ChannelsLast;
                ($pool == Pool::Max && is_last).then(|| MaxPooling {
                    size: self.pool_size.to_vec(),
                    strides: self.strides.unwrap_or(self.pool_size).to_vec(),
                    padding: self.padding,
                })
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                let input = self.data_format.shape_to_last(inputs, $rank)?;
                let strides = self.strides.unwrap_or(self.pool_size);
                let channels = input.0[$rank + 1];
                let shape = windowed_shape(
                    &input,
                    channels,
                    &self.pool_size,
                    &strides,
                    &[1; $rank],
                    self.padding,
                )?;
                Ok(vec![self.data_format.shape_restored(shape)])
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                _weights: &[Tensor],
                _pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let x = self.data_format.to_last(&inputs[0])?;
                let strides = self.strides.unwrap_or(self.pool_size);
                let y = pool(&x, $pool, &self.pool_size, &strides, self.padding)?;
                Ok(vec![self.data_format.restore(&y)?])
            }
        }
    )*};
}

poolings! {
    /// The largest of each window over time.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, windows, channels]`.
    MaxPooling1D("MaxPooling1D", "MaxPool1D", 1, Pool::Max, 2) as MAX1D;
    /// The largest of each window over images.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, rows, columns, channels]`.
    MaxPooling2D("MaxPooling2D", "MaxPool2D", 2, Pool::Max, 2) as MAX2D;
    /// The largest of each window over volumes.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> `[batch, ..., channels]`.
    MaxPooling3D("MaxPooling3D", "MaxPool3D", 3, Pool::Max, 2) as MAX3D;
    /// The mean of each window over time.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, windows, channels]`.
    AveragePooling1D("AveragePooling1D", "AvgPool1D", 1, Pool::Average) as AVERAGE1D;
    /// The mean of each window over images.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, rows, columns, channels]`.
    AveragePooling2D("AveragePooling2D", "AvgPool2D", 2, Pool::Average) as AVERAGE2D;
    /// The mean of each window over volumes.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> `[batch, ..., channels]`.
    AveragePooling3D("AveragePooling3D", "AvgPool3D", 3, Pool::Average) as AVERAGE3D;
}

macro_rules! global_poolings {
    ($($(#[doc = $doc:literal])* $name:ident($class:literal, $alias:literal, $rank:literal, $pool:expr, $masked:literal) as $entry:ident;)*) => {$(
        config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Where the channels stand.
                data_format: DataFormat = DataFormat::ChannelsLast,
                /// Whether the spatial axes stay, with size 1.
                keepdims: bool = false,
            }
        }

        /// The row of the table.
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[$alias], |args| {
            Ok(Made::Layer(Rc::new($name::from_args(args)?)))
        });

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn is_per_sample(&self) -> bool {
                true
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                let input = self.data_format.shape_to_last(inputs, $rank)?;
                let (batch, channels) = (input.0[0], input.0[$rank + 1]);
                if !self.keepdims {
                    return Ok(vec![Shape(vec![batch, channels])]);
                }
                let mut axes = vec![batch];
                axes.extend([Some(1); $rank]);
                axes.push(channels);
                Ok(vec![self.data_format.shape_restored(Shape(axes))])
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                _weights: &[Tensor],
                _pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let x = self.data_format.to_last(&inputs[0])?;
                let mask = inputs[0].mask().filter(|_| $masked);
                let y = global(&x, $pool, mask)?;
                if !self.keepdims {
                    return Ok(vec![y]);
                }
                let mut axes = vec![y.shape()[0]];
                axes.extend([1; $rank]);
                axes.push(y.shape()[1]);
                Ok(vec![self.data_format.restore(&ops::reshape(&y, &axes)?)?])
            }
        }
    )*};
}

/// Pools all places: `[batch, ..., channels]` -> `[batch, channels]`.
fn global(x: &Tensor, kind: Pool, mask: Option<&Array>) -> Result<Tensor> {
    let (batch, channels) = (x.shape()[0], x.shape()[x.shape().len() - 1]);
    let places: usize = x.shape()[1..x.shape().len() - 1].iter().product();
    if places == 0 {
        return Err(Error::value("there is nothing to pool").received(format!("{:?}", x.shape())));
    }
    let mut flat = ops::reshape(x, &[batch, places, channels])?;
    let mut share = None;
    if let Some(mask) = mask {
        let mask = mask.to_dtype(x.dtype())?.reshape((batch, places, 1))?;
        // The mean over all places, with the masked ones at 0, times places / kept.
        share = Some((mask.sum(1)?.recip()? * places as f64)?);
        flat = weigh(&flat, mask)?;
    }
    let y = pool(&flat, kind, &[places], &[1], Padding::Valid)?;
    let y = ops::reshape(&y, &[batch, channels])?;
    match share {
        Some(share) => weigh(&y, share),
        None => Ok(y),
    }
}

/// The product with fixed numbers.
fn weigh(x: &Tensor, weights: Array) -> Result<Tensor> {
    let value = x.array().broadcast_mul(&weights)?;
    Ok(tape::record("mask", &[x], value, move |dy, _| Ok(vec![Some(dy.broadcast_mul(&weights)?)])))
}

global_poolings! {
    /// The mean over all steps; masked ones do not count.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, channels]`.
    GlobalAveragePooling1D("GlobalAveragePooling1D", "GlobalAvgPool1D", 1, Pool::Average, true) as GLOBAL_AVERAGE1D;
    /// The mean over all places of an image.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, channels]`.
    GlobalAveragePooling2D("GlobalAveragePooling2D", "GlobalAvgPool2D", 2, Pool::Average, false) as GLOBAL_AVERAGE2D;
    /// The mean over all places of a volume.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> `[batch, channels]`.
    GlobalAveragePooling3D("GlobalAveragePooling3D", "GlobalAvgPool3D", 3, Pool::Average, false) as GLOBAL_AVERAGE3D;
    /// The largest over all steps.
    ///
    /// Shapes: `[batch, time, channels]` -> `[batch, channels]`.
    GlobalMaxPooling1D("GlobalMaxPooling1D", "GlobalMaxPool1D", 1, Pool::Max, false) as GLOBAL_MAX1D;
    /// The largest over all places of an image.
    ///
    /// Shapes: `[batch, height, width, channels]` -> `[batch, channels]`.
    GlobalMaxPooling2D("GlobalMaxPooling2D", "GlobalMaxPool2D", 2, Pool::Max, false) as GLOBAL_MAX2D;
    /// The largest over all places of a volume.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> `[batch, channels]`.
    GlobalMaxPooling3D("GlobalMaxPooling3D", "GlobalMaxPool3D", 3, Pool::Max, false) as GLOBAL_MAX3D;
}
