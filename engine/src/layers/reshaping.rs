//! Layers that move values, scale them or mask them, without weights.

use crate::catalog::Entry;
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::error::{Error, Result};
use crate::layer::{Layer, Pass};
use crate::ops;
use crate::random::Random;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};

config! {
    /// Puts all values of a sample in one row.
    ///
    /// Shapes: `[batch, ...]` -> `[batch, product]`.
    pub struct Flatten("Flatten") {
        /// `"channels_last"`, or `"channels_first"` to move the channels behind first.
        data_format: Option<DataFormat> = None,
    }
}

crate::choices! {
    /// Where the channels stand.
    pub enum DataFormat {
        ChannelsLast = "channels_last",
        ChannelsFirst = "channels_first",
    }
}

config! {
    /// The same values in another shape.
    ///
    /// Shapes: `[batch, ...]` -> `[batch] + target_shape`.
    pub struct Reshape("Reshape") {
        /// Sizes without the batch; one of them may be -1: what is left.
        target_shape: Vec<i64>,
    }
}

config! {
    /// The axes of a sample in another order.
    ///
    /// Shapes: `[batch, a, b]` -> `[batch, b, a]` for `dims=(2, 1)`.
    pub struct Permute("Permute") {
        /// The axes in their new order, counted from 1.
        dims: Vec<usize>,
    }
}

config! {
    /// The input n times.
    ///
    /// Shapes: `[batch, features]` -> `[batch, n, features]`.
    pub struct RepeatVector("RepeatVector") {
        /// How many times.
        n: usize,
    }
}

config! {
    /// `x * scale + offset`.
    ///
    /// Shapes: any -> the same.
    pub struct Rescaling("Rescaling") {
        /// The factor: a number, or one per channel.
        scale: Arg,
        /// What is added: a number, or one per channel.
        offset: Arg = Arg::Float(0.0),
    }
}

config! {
    /// The input as it is.
    ///
    /// Shapes: any -> the same.
    pub struct Identity("Identity") {}
}

config! {
    /// Marks steps whose values are all `mask_value`; layers behind it leave them out.
    ///
    /// Shapes: `[batch, time, features]` -> the same, with a mask `[batch, time]`.
    pub struct Masking("Masking") {
        /// The value that marks.
        mask_value: f64 = 0.0,
    }
}

config! {
    /// Adds normal noise while training.
    ///
    /// Shapes: any -> the same.
    pub struct GaussianNoise("GaussianNoise") {
        /// The noise's standard deviation.
        stddev: f64,
        /// Makes the noise a function of this number.
        seed: Option<i64> = None,
    }
}

config! {
    /// Charges the input's size to the loss and passes it on.
    ///
    /// Shapes: any -> the same.
    pub struct ActivityRegularization("ActivityRegularization") {
        /// The price of sizes.
        l1: f64 = 0.0,
        /// The price of squares.
        l2: f64 = 0.0,
    }
}

config! {
    /// Scales each sample to norm 1 along an axis.
    ///
    /// Shapes: any -> the same.
    pub struct UnitNormalization("UnitNormalization") {
        /// The axes of the norm.
        axis: Arg = Arg::Int(-1),
    }
}

/// Flatten.
pub static FLATTEN: Entry = Entry::layer::<Flatten>();
/// Reshape.
pub static RESHAPE: Entry = Entry::layer::<Reshape>();
/// Permute.
pub static PERMUTE: Entry = Entry::layer::<Permute>();
/// RepeatVector.
pub static REPEAT_VECTOR: Entry = Entry::layer::<RepeatVector>();
/// Rescaling.
pub static RESCALING: Entry = Entry::layer::<Rescaling>();
/// Identity.
pub static IDENTITY: Entry = Entry::layer::<Identity>();
/// Masking.
pub static MASKING: Entry = Entry::layer::<Masking>();
/// GaussianNoise.
pub static GAUSSIAN_NOISE: Entry = Entry::layer::<GaussianNoise>();
/// ActivityRegularization.
pub static ACTIVITY_REGULARIZATION: Entry = Entry::layer::<ActivityRegularization>();
/// UnitNormalization.
pub static UNIT_NORMALIZATION: Entry = Entry::layer::<UnitNormalization>();

fn one(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [input] => Ok(input),
        _ => Err(Error::value("takes one input").received(format!("{} inputs", inputs.len()))),
    }
}

/// `class_name`, `config` and no `build_config`: the same for all layers here.
macro_rules! described {
    () => {
        fn class_name(&self) -> &str {
            Self::NAME
        }

        fn config(&self) -> Config {
            Configured::config(self)
        }

        fn build_config(&self, _: &[Shape]) -> Option<Config> {
            None
        }
    };
    (keeps shape and mask) => {
        described!();

        fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
            one(inputs)?;
            Ok(inputs.to_vec())
        }

        fn passes_mask(&self) -> bool {
            true
        }
    };
}

fn batch_of(x: &Tensor) -> usize {
    x.shape().first().copied().unwrap_or(1)
}

impl Layer for Flatten {
    fn is_per_sample(&self) -> bool {
        true
    }

    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        let format = self.data_format.unwrap_or(DataFormat::ChannelsLast);
        vec![("data_format".to_owned(), format.to_arg())]
    }

    fn build_config(&self, _: &[Shape]) -> Option<Config> {
        None
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one(inputs)?;
        let batch = input.0.first().copied().flatten();
        let features = input.0.iter().skip(1).copied().product::<Option<usize>>();
        Ok(vec![Shape(vec![batch, features])])
    }

    fn output_dtype(&self, input: DType) -> DType {
        input
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let mut x = inputs[0].clone();
        if self.data_format == Some(DataFormat::ChannelsFirst) && x.shape().len() > 2 {
            let order: Vec<usize> =
                std::iter::once(0).chain(2..x.shape().len()).chain(std::iter::once(1)).collect();
            x = ops::permute(&x, &order)?;
        }
        let features: usize = x.shape().iter().skip(1).product();
        Ok(vec![ops::reshape(&x, &[batch_of(&x), features])?])
    }
}

impl Layer for Reshape {
    fn is_per_sample(&self) -> bool {
        true
    }

    described!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one(inputs)?;
        let mut shape = vec![input.0.first().copied().flatten()];
        match input.sample() {
            Some(sample) => {
                let sizes = ops::shape::fill_unknown(sample.iter().product(), &self.target_shape)
                    .map_err(|_| {
                    Error::value("the values of a sample do not fit the target shape")
                        .received(format!("{input} to {:?}", self.target_shape))
                        .expected(format!("{} values", sample.iter().product::<usize>()))
                })?;
                shape.extend(sizes.into_iter().map(Some));
            }
            None => shape.extend(self.target_shape.iter().map(|size| usize::try_from(*size).ok())),
        }
        Ok(vec![Shape(shape)])
    }

    fn output_dtype(&self, input: DType) -> DType {
        input
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let count = x.shape().iter().skip(1).product();
        let mut shape = vec![batch_of(x)];
        shape.extend(ops::shape::fill_unknown(count, &self.target_shape)?);
        Ok(vec![ops::reshape(x, &shape)?])
    }
}

impl Permute {
    fn order(&self, rank: usize) -> Result<Vec<usize>> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if sorted != (1..rank).collect::<Vec<_>>() {
            return Err(Error::value("dims must name each axis behind the batch once")
                .received(format!("{:?} for {rank} axes", self.dims))
                .expected(format!("an order of {:?}", (1..rank).collect::<Vec<_>>())));
        }
        Ok(std::iter::once(0).chain(self.dims.iter().copied()).collect())
    }
}

impl Layer for Permute {
    described!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one(inputs)?;
        let order = self.order(input.rank())?;
        Ok(vec![Shape(order.into_iter().map(|axis| input.0[axis]).collect())])
    }

    fn output_dtype(&self, input: DType) -> DType {
        input
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        Ok(vec![ops::permute(&inputs[0], &self.order(inputs[0].shape().len())?)?])
    }
}

impl Layer for RepeatVector {
    described!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one(inputs)?;
        input.expect_rank(2, "[batch, features]")?;
        Ok(vec![Shape(vec![input.0[0], Some(self.n), input.0[1]])])
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        Ok(vec![ops::repeat(&ops::expand_dims(&inputs[0], 1)?, &[self.n], Some(1))?])
    }
}

impl Layer for Rescaling {
    described!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        one(inputs)?;
        <Vec<f64>>::parse(&self.scale)?;
        <Vec<f64>>::parse(&self.offset)?;
        Ok(inputs.to_vec())
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let x = ops::to_float(&inputs[0])?;
        let (scale, offset) = (<Vec<f64>>::parse(&self.scale)?, <Vec<f64>>::parse(&self.offset)?);
        if let ([scale], [offset]) = (&scale[..], &offset[..]) {
            return Ok(vec![ops::affine(&x, *scale, *offset)?]);
        }
        let row = |values: Vec<f64>| -> Result<Tensor> {
            let n = values.len();
            ops::cast(&Tensor::from_vec(values, &[n])?, x.dtype())
        };
        Ok(vec![ops::add(&ops::multiply(&x, &row(scale)?)?, &row(offset)?)?])
    }

    fn passes_mask(&self) -> bool {
        true
    }
}

impl Layer for Identity {
    described!(keeps shape and mask);

    fn output_dtype(&self, input: DType) -> DType {
        input
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        Ok(inputs.to_vec())
    }
}

impl Layer for Masking {
    described!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one(inputs)?;
        if input.rank() < 2 {
            return Err(Error::value("the input needs at least two axes")
                .received(input.to_string())
                .expected("[batch, time, features]"));
        }
        Ok(vec![input.clone()])
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let x = ops::to_float(&inputs[0])?;
        let marked = ops::full(&[], self.mask_value, x.dtype())?;
        let kept = ops::any(&ops::not_equal(&x, &marked)?, Some(&[-1]), true)?;
        let y = ops::where_(&kept, &x, &ops::full(&[], 0.0, x.dtype())?)?;
        let mask = ops::squeeze(&kept, Some(&[-1]))?;
        Ok(vec![y.with_mask(Some(mask.into_array()))])
    }
}

impl Layer for GaussianNoise {
    described!(keeps shape and mask);

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        if !pass.training || self.stddev <= 0.0 {
            return Ok(vec![x.clone()]);
        }
        let mut random = pass.random();
        if let Some(seed) = self.seed {
            // The session's stream still sets each call apart from the one before.
            random = Random::new(seed.cast_unsigned(), u64::from(random.next_block()[0]));
        }
        let mut noise = vec![0.0; x.array().elem_count()];
        random.fill_normal(&mut noise);
        let noise = Array::from_vec(noise, x.shape(), &Device::Cpu)?.to_dtype(x.dtype())?;
        Ok(vec![ops::add(x, &ops::scale(&Tensor::new(noise), self.stddev)?)?])
    }
}

impl Layer for ActivityRegularization {
    described!(keeps shape and mask);

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        let charge = crate::regularizers::L1L2 { l1: self.l1, l2: self.l2 };
        let regularizer = Regularizer(std::rc::Rc::new(charge));
        pass.losses.push(regularizer.activity_penalty(&inputs[0])?);
        Ok(inputs.to_vec())
    }
}

impl Layer for UnitNormalization {
    described!(keeps shape and mask);

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let axes = <Vec<i64>>::parse(&self.axis)?;
        Ok(vec![ops::l2_normalize(&inputs[0], &axes, 1e-12)?])
    }
}
