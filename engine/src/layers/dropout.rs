//! Noise that acts only while training: Dropout, SpatialDropout1D/2D/3D, GaussianDropout, AlphaDropout.

use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field, Fraction};
use crate::error::{Error, Result};
use crate::kernels::dropout::{dropout, factors};
use crate::layer::{Layer, Pass};
use crate::layers::spatial::DataFormat;
use crate::random::Random;
use crate::shape::Shape;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{Device, Tensor as Array};
use std::rc::Rc;

/// The layer's stream: that of the session, under the layer's own seed if it has one.
pub(super) fn stream(pass: &mut Pass, seed: Option<i64>) -> Random {
    let random = pass.random();
    match seed {
        Some(seed) => random.with_seed(seed.cast_unsigned()),
        None => random,
    }
}

/// `x factors + offsets`, of shapes that fit x by broadcasting.
pub(super) fn disturb(
    x: &Tensor,
    factors: Option<Array>,
    offsets: Option<Array>,
) -> Result<Tensor> {
    let to = |array: Array| -> Result<Array> {
        Ok(array.to_dtype(x.dtype())?.to_device(x.array().device())?)
    };
    let factors = factors.map(to).transpose()?;
    let mut value = match &factors {
        Some(factors) => x.array().broadcast_mul(factors)?,
        None => x.array().clone(),
    };
    if let Some(offsets) = offsets {
        value = value.broadcast_add(&to(offsets)?)?;
    }
    Ok(tape::record("noise", &[x], value, move |dy, _| {
        Ok(vec![Some(match &factors {
            Some(factors) => dy.broadcast_mul(factors)?,
            None => dy.clone(),
        })])
    }))
}

fn same_shape(inputs: &[Shape]) -> Result<Vec<Shape>> {
    match inputs {
        [input] => Ok(vec![input.clone()]),
        _ => Err(Error::value("takes one input").received(format!("{} inputs", inputs.len()))),
    }
}

fn normals(shape: &[usize], mean: f32, deviation: f32, mut random: Random) -> Result<Array> {
    let mut values = vec![0.0; shape.iter().product()];
    random.fill_normal(&mut values);
    values.iter_mut().for_each(|value| *value = mean + *value * deviation);
    Ok(Array::from_vec(values, shape, &Device::Cpu)?)
}

/// The shape of the noise: that of the input, where `None` or 1 stand for its size and for sharing.
fn noise_shape(arg: &Arg, shape: &[usize]) -> Result<Option<Vec<usize>>> {
    let Some(items) = arg.items() else { return Ok(None) };
    let wrong = || {
        Error::value("noise_shape does not fit the input")
            .received(format!("noise_shape={}, input {shape:?}", arg.describe()))
            .expected("one entry per axis: its size, None, or 1 to share the noise along it")
    };
    if items.len() != shape.len() {
        return Err(wrong());
    }
    let mut sizes = Vec::with_capacity(shape.len());
    for (item, size) in items.iter().zip(shape) {
        sizes.push(match item {
            Arg::None => *size,
            item => match usize::parse(item)? {
                given if given == 1 || given == *size => given,
                _ => return Err(wrong()),
            },
        });
    }
    Ok(Some(sizes))
}

macro_rules! noise_layer {
    ($name:ident as $entry:ident, off |$own:ident| $is_off:expr, on |$x:ident, $random:ident| $forward:expr $(; { $($more:tt)* })?) => {
        /// The row of the table.
        pub static $entry: Entry = Entry::of::<$name>(Kind::Layer, &[], |args| {
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
                same_shape(inputs)
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                _weights: &[Tensor],
                pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let ($own, $x) = (self, &inputs[0]);
                if !pass.training || $is_off {
                    return Ok(vec![$x.clone()]);
                }
                let $random = stream(pass, self.seed);
                let y: Result<Tensor> = $forward;
                Ok(vec![y?])
            }

            fn passes_mask(&self) -> bool {
                true
            }

            fn build_config(&self, _: &[Shape]) -> Option<Config> {
                None
            }

            $($($more)*)?
        }
    };
}

config! {
    /// Sets a share of the inputs to 0 while training and divides the others by `1 - rate`; otherwise does nothing.
    ///
    /// Shapes: any -> the same. Srivastava et al., 2014.
    pub struct Dropout("Dropout") {
        /// Share of the inputs that become 0.
        rate: Fraction,
        /// One entry per axis: `None` for noise of its own at each place, 1 to share it along the axis.
        noise_shape: Arg = Arg::None,
        /// A seed of its own.
        seed: Option<i64> = None,
    }
}

noise_layer!(
    Dropout as DROPOUT,
    off | own | own.rate.0 == 0.0,
    on | x,
    random | {
        match noise_shape(&own.noise_shape, x.shape())? {
            None => dropout(x, own.rate.0, random),
            Some(shape) => disturb(x, Some(factors(&shape, own.rate.0, &random)?), None),
        }
    }
);

config! {
    /// Multiplies by normal noise of mean 1 and deviation `sqrt(rate / (1 - rate))` while training.
    ///
    /// Shapes: any -> the same. Srivastava et al., 2014, section 10.
    pub struct GaussianDropout("GaussianDropout") {
        /// As strong as Dropout with this rate.
        rate: Fraction,
        /// A seed of its own.
        seed: Option<i64> = None,
    }
}

noise_layer!(
    GaussianDropout as GAUSSIAN_DROPOUT,
    off | own | own.rate.0 == 0.0,
    on | x,
    random | {
        let deviation = (own.rate.0 / (1.0 - own.rate.0)).sqrt() as f32;
        disturb(x, Some(normals(x.shape(), 1.0, deviation, random)?), None)
    }
);

config! {
    /// Dropout that keeps mean and variance, for networks of `selu`.
    ///
    /// Shapes: any -> the same. Klambauer et al., 2017, arXiv:1706.02515.
    pub struct AlphaDropout("AlphaDropout") {
        /// Share of the inputs that are set to selu's lowest value.
        rate: Fraction,
        /// One entry per axis: `None` for noise of its own at each place, 1 to share it along the axis.
        noise_shape: Arg = Arg::None,
        /// A seed of its own.
        seed: Option<i64> = None,
    }
}

noise_layer!(
    AlphaDropout as ALPHA_DROPOUT,
    off | own | own.rate.0 == 0.0,
    on | x,
    random | {
        let rate = own.rate.0;
        let shape = noise_shape(&own.noise_shape, x.shape())?;
        let shape = shape.unwrap_or_else(|| x.shape().to_vec());
        // -scale * alpha of selu.
        let lowest = -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5;
        let a = ((1.0 - rate) * (1.0 + rate * lowest * lowest)).powf(-0.5);
        let b = -a * lowest * rate;
        // 1 where a value stays, 0 elsewhere.
        let kept = (factors(&shape, rate, &random)? * (1.0 - rate))?.round()?;
        let offsets = kept.affine(-lowest * a, lowest * a + b)?;
        disturb(x, Some((kept * a)?), Some(offsets))
    }
);

macro_rules! spatial_dropouts {
    ($($(#[doc = $doc:literal])* $name:ident($class:literal, $rank:literal) as $entry:ident { $($format:tt)* })*) => {$(
        config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Share of the channels that become 0.
                rate: Fraction,
                $($format)*
                /// A seed of its own.
                seed: Option<i64> = None,
            }
        }

        noise_layer!($name as $entry, off |own| own.rate.0 == 0.0, on |x, random| {
            let format = own.format();
            if x.shape().len() != $rank + 2 {
                return Err(Error::value(format!("the input must have {} axes", $rank + 2))
                    .received(format!("{:?}", x.shape())));
            }
            let channels = if format == DataFormat::ChannelsLast { $rank + 1 } else { 1 };
            let size = |(axis, size): (usize, &usize)| {
                if axis == 0 || axis == channels { *size } else { 1 }
            };
            let shape: Vec<usize> = x.shape().iter().enumerate().map(size).collect();
            disturb(x, Some(factors(&shape, own.rate.0, &random)?), None)
        }; {
            // Keras' constructor knows neither `trainable` nor a policy.
            fn common_config(&self, name: &str, _trainable: bool) -> Config {
                vec![("name".to_owned(), Arg::str(name)), ("dtype".to_owned(), Arg::str("float32"))]
            }
        });
    )*};
}

spatial_dropouts! {
    /// Sets whole channels to 0 while training.
    ///
    /// Shapes: `[batch, time, channels]` -> the same. Tompson et al., 2014, arXiv:1411.4280.
    SpatialDropout1D("SpatialDropout1D", 1) as SPATIAL1D {}
    /// Sets whole channels to 0 while training.
    ///
    /// Shapes: `[batch, height, width, channels]` -> the same. Tompson et al., 2014, arXiv:1411.4280.
    SpatialDropout2D("SpatialDropout2D", 2) as SPATIAL2D {
        /// Where the channels stand.
        data_format: DataFormat = DataFormat::ChannelsLast,
    }
    /// Sets whole channels to 0 while training.
    ///
    /// Shapes: `[batch, depth, height, width, channels]` -> the same. Tompson et al., 2014, arXiv:1411.4280.
    SpatialDropout3D("SpatialDropout3D", 3) as SPATIAL3D {
        /// Where the channels stand.
        data_format: DataFormat = DataFormat::ChannelsLast,
    }
}

impl SpatialDropout1D {
    fn format(&self) -> DataFormat {
        DataFormat::ChannelsLast
    }
}

impl SpatialDropout2D {
    fn format(&self) -> DataFormat {
        self.data_format
    }
}

impl SpatialDropout3D {
    fn format(&self) -> DataFormat {
        self.data_format
    }
}
