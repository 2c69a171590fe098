//! BatchNormalization and LayerNormalization.

use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::{Initialize, Initializer};
use crate::kernels::normalization::{Statistics, batch_normalization, layer_normalization};
use crate::layer::{Layer, Pass, WeightSpec};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::rc::Rc;

config! {
    /// Normalises each channel with the mean and variance of the batch while training, and with their moving averages
    /// otherwise or where the layer is frozen (`trainable = False`).
    ///
    /// Shapes: any -> the same; gamma, beta, moving_mean, moving_variance `[channels]`.
    /// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`; `moving = moving momentum + batch (1 - momentum)`.
    /// Ioffe and Szegedy, 2015, arXiv:1502.03167.
    pub struct BatchNormalization("BatchNormalization") {
        /// The axis of channels.
        axis: i64 = -1,
        /// How slowly the moving averages follow.
        momentum: f64 = 0.99,
        /// Added to the variance, against division by zero.
        epsilon: f64 = 1e-3,
        /// Whether beta is added.
        center: bool = true,
        /// Whether the result is multiplied by gamma.
        scale: bool = true,
        /// First values of beta.
        beta_initializer: Initializer = Initializer::named("zeros"),
        /// First values of gamma.
        gamma_initializer: Initializer = Initializer::named("ones"),
        /// First values of the moving mean.
        moving_mean_initializer: Initializer = Initializer::named("zeros"),
        /// First values of the moving variance.
        moving_variance_initializer: Initializer = Initializer::named("ones"),
        /// Charged for beta's size.
        beta_regularizer: Option<Regularizer> = None,
        /// Charged for gamma's size.
        gamma_regularizer: Option<Regularizer> = None,
        /// What beta is held to after each step.
        beta_constraint: Option<Constraint> = None,
        /// What gamma is held to after each step.
        gamma_constraint: Option<Constraint> = None,
        /// Batch renormalisation: training, too, normalises with moving averages, through factors that are held constant.
        ///
        /// `y = gamma ((x - mean) / stddev r + d) + beta`, `r = stddev / renorm_stddev`,
        /// `d = (mean - renorm_mean) / renorm_stddev`. Ioffe, 2017, arXiv:1702.03275.
        renorm: bool = false,
        /// Limits of r and d: a dict with "rmin", "rmax" and "dmax", each of which may be left out.
        renorm_clipping: Arg = Arg::None,
        /// How slowly `renorm_mean` and `renorm_stddev` follow.
        renorm_momentum: f64 = 0.99,
        /// Whether statistics are those of all devices; there is one.
        synchronized: bool = false,
    }
}

/// The row of the table.
pub static BATCH: Entry = Entry::of::<BatchNormalization>(Kind::Layer, &[], |args| {
    let mut layer = BatchNormalization::from_args(args)?;
    if layer.renorm {
        layer.clipping().map_err(|error| error.within("BatchNormalization: renorm_clipping"))?;
        // Keras saves a dict.
        if matches!(layer.renorm_clipping, Arg::None) {
            layer.renorm_clipping = Arg::Map(Vec::new());
        }
    }
    Ok(Made::Layer(Rc::new(layer)))
});

/// The limits of batch renormalisation.
#[derive(Default)]
struct Clipping {
    rmin: Option<f64>,
    rmax: Option<f64>,
    dmax: Option<f64>,
}

/// The roots of another initializer's values.
struct Root(Initializer);

impl Initialize for Root {
    fn class_name(&self) -> String {
        self.0.0.class_name()
    }

    fn config(&self) -> Config {
        self.0.0.config()
    }

    fn make(&self, shape: &[usize]) -> Result<candle_core::Tensor> {
        Ok(self.0.make(shape)?.sqrt()?)
    }
}

fn one_input(inputs: &[Shape]) -> Result<&Shape> {
    match inputs {
        [input] => Ok(input),
        _ => Err(Error::value("takes one input").received(format!("{} inputs", inputs.len()))),
    }
}

fn place(axis: i64, rank: usize) -> Result<usize> {
    let signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let from_front = if axis < 0 { axis + signed } else { axis };
    usize::try_from(from_front).ok().filter(|axis| *axis < rank).ok_or_else(|| {
        Error::value(format!("axis {axis} is not an axis of the input"))
            .received(format!("axis={axis} for {rank} axes"))
            .expected(format!("{}..{}", -signed, signed - 1))
    })
}

impl BatchNormalization {
    fn channels(&self, inputs: &[Shape]) -> Result<usize> {
        let input = one_input(inputs)?;
        let axis = place(self.axis, input.rank())?;
        input.0[axis].ok_or_else(|| {
            Error::value(format!("the size of axis {axis} must be known"))
                .received(input.to_string())
        })
    }
}

impl BatchNormalization {
    fn clipping(&self) -> Result<Clipping> {
        let refuse = |what: &str| Error::value(what).received(self.renorm_clipping.describe());
        let entries = match &self.renorm_clipping {
            Arg::None => &[][..],
            Arg::Map(entries) => entries,
            _ => return Err(refuse("must be a dict").expected("{\"rmax\": 3.0, \"dmax\": 5.0}")),
        };
        let mut limits = Clipping::default();
        for (name, value) in entries {
            let limit = match name.as_str() {
                "rmin" => &mut limits.rmin,
                "rmax" => &mut limits.rmax,
                "dmax" => &mut limits.dmax,
                _ => return Err(refuse("there is no such limit").expected("rmin, rmax, dmax")),
            };
            *limit = <Option<f64>>::parse(value)?;
        }
        if limits.rmin.zip(limits.rmax).is_some_and(|(least, most)| most < least) {
            return Err(refuse("rmax must not be smaller than rmin"));
        }
        if limits.dmax.is_some_and(|dmax| dmax < 0.0) {
            return Err(refuse("dmax must not be negative"));
        }
        Ok(limits)
    }

    /// What batch renormalisation makes of values that were normalised with the batch: gamma and beta with r and d in
    /// them. `states` are renorm_mean and renorm_stddev.
    fn renormalised(
        &self,
        y: &Tensor,
        batch: &Statistics,
        states: [&Tensor; 2],
        gamma: Option<&Tensor>,
        beta: Option<&Tensor>,
    ) -> Result<Tensor> {
        let limits = self.clipping()?;
        let stddev = batch.variance.affine(1.0, self.epsilon)?.sqrt()?;
        let slow = states[1].array().maximum(self.epsilon.sqrt())?;
        let mut r = stddev.div(&slow)?;
        let mut d = batch.mean.sub(states[0].array())?.div(&slow)?;
        if let Some(least) = limits.rmin {
            r = r.maximum(least)?;
        }
        if let Some(most) = limits.rmax {
            r = r.minimum(most)?;
        }
        if let Some(most) = limits.dmax {
            d = d.clamp(-most, most)?;
        }
        // Plain arrays: no gradient goes through r and d.
        let (mut scale, mut offset) = (Tensor::new(r), Tensor::new(d));
        if let Some(gamma) = gamma {
            scale = ops::multiply(&scale, gamma)?;
            offset = ops::multiply(&offset, gamma)?;
        }
        if let Some(beta) = beta {
            offset = ops::add(&offset, beta)?;
        }
        ops::add(&ops::multiply(y, &scale)?, &offset)
    }

    /// With the statistics of what the mask lets count (`[batch, time]`), as Keras' `_moments` takes them; the rest is
    /// normalised with them too.
    fn masked(
        &self,
        x: &Tensor,
        mask: &candle_core::Tensor,
        gamma: Option<&Tensor>,
        beta: Option<&Tensor>,
    ) -> Result<(Tensor, Statistics)> {
        let mask = ops::cast(&Tensor::new(mask.clone()), x.dtype())?;
        let counts = ops::spread(&mask, x.shape())?;
        let axes: Vec<i64> = (0..x.shape().len() as i64 - 1).collect();
        // Keras' epsilon keeps batches without a single real place finite.
        let total = ops::affine(&ops::sum(&counts, Some(&axes), true)?, 1.0, 1e-7)?;
        let mean = |values: &Tensor| -> Result<Tensor> {
            let sum = ops::sum(&ops::multiply(values, &counts)?, Some(&axes), true)?;
            ops::divide(&sum, &total)
        };
        let center = mean(x)?;
        let difference = ops::subtract(x, &center)?;
        let variance = mean(&ops::multiply(&difference, &difference)?)?;
        let inverse = ops::rsqrt(&ops::affine(&variance, 1.0, self.epsilon)?)?;
        let mut y = ops::multiply(&difference, &inverse)?;
        if let Some(gamma) = gamma {
            y = ops::multiply(&y, gamma)?;
        }
        if let Some(beta) = beta {
            y = ops::add(&y, beta)?;
        }
        let flat = |of: &Tensor| -> Result<candle_core::Tensor> { Ok(of.array().flatten_all()?) };
        let batch = Statistics { mean: flat(&center)?, variance: flat(&variance)? };
        // The mask rides on from the layer's own input.
        Ok((y.with_mask(None), batch))
    }
}

impl Layer for BatchNormalization {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let shape = [self.channels(inputs)?];
        let mut weights = Vec::with_capacity(4);
        if self.scale {
            weights.push(
                WeightSpec::new("gamma", &shape, &self.gamma_initializer)
                    .with_rules(&self.gamma_regularizer, &self.gamma_constraint),
            );
        }
        if self.center {
            weights.push(
                WeightSpec::new("beta", &shape, &self.beta_initializer)
                    .with_rules(&self.beta_regularizer, &self.beta_constraint),
            );
        }
        let variance = &self.moving_variance_initializer;
        weights.push(WeightSpec::new("moving_mean", &shape, &self.moving_mean_initializer).state());
        weights.push(WeightSpec::new("moving_variance", &shape, variance).state());
        if self.renorm {
            let stddev = Initializer(Rc::new(Root(variance.clone())));
            let mean = &self.moving_mean_initializer;
            weights.push(WeightSpec::new("moving_stddev", &shape, &stddev).state());
            weights.push(WeightSpec::new("renorm_mean", &shape, mean).state());
            weights.push(WeightSpec::new("renorm_stddev", &shape, &stddev).state());
        }
        Ok(weights)
    }

    fn autocasts(&self) -> (bool, bool) {
        (true, false)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.channels(inputs)?;
        Ok(vec![one_input(inputs)?.clone()])
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let axis = place(self.axis, x.shape().len())?;
        let last = x.shape().len() - 1;
        let trained = usize::from(self.scale) + usize::from(self.center);
        let [mean, variance, of_renorm @ ..] = &weights[trained..] else {
            return Err(Error::runtime("the moving averages are missing"));
        };
        let uses_batch = pass.training && pass.trainable;
        let gamma = self.scale.then(|| &weights[0]);
        let beta = self.center.then(|| &weights[usize::from(self.scale)]);
        let renorms = self.renorm && uses_batch;
        // Batch renormalisation applies gamma and beta itself, and a relu comes last.
        let (gamma_now, beta_now) = if renorms { (None, None) } else { (gamma, beta) };
        let relu_now = pass.followers.relu && !renorms;
        let given = (!uses_batch)
            .then(|| Statistics { mean: mean.array().clone(), variance: variance.array().clone() });
        let moved = if axis == last { x.clone() } else { ops::shape::swap(x, axis, last)? };
        let (y, batch) = match x.mask().filter(|_| uses_batch) {
            Some(mask) if axis == last => {
                let (y, batch) = self.masked(x, mask, gamma_now, beta_now)?;
                (if relu_now { ops::relu(&y)? } else { y }, batch)
            }
            Some(_) => {
                return Err(Error::not_implemented(
                    "BatchNormalization takes a mask while training only with axis=-1",
                    "axis=-1, or Embedding(mask_zero=False)",
                ));
            }
            None => {
                batch_normalization(&moved, gamma_now, beta_now, self.epsilon, given, relu_now)?
            }
        };
        let follow = |moving: &Tensor, batch: &candle_core::Tensor, momentum: f64| {
            moving.array().affine(momentum, 0.0)? + batch.affine(1.0 - momentum, 0.0)?
        };
        let y = match of_renorm {
            [stddev, slow_mean, slow_stddev] if renorms => {
                let y = self.renormalised(&y, &batch, [slow_mean, slow_stddev], gamma, beta)?;
                let of_batch = batch.variance.affine(1.0, self.epsilon)?.sqrt()?;
                let next = follow(stddev, &of_batch, self.momentum)?;
                let next_variance = next.sqr()?.affine(1.0, -self.epsilon)?.relu()?;
                pass.update(trained, follow(mean, &batch.mean, self.momentum)?);
                pass.update(trained + 1, next_variance);
                pass.update(trained + 2, next);
                let momentum = self.renorm_momentum;
                pass.update(trained + 3, follow(slow_mean, &batch.mean, momentum)?);
                pass.update(trained + 4, follow(slow_stddev, &of_batch, momentum)?);
                if pass.followers.relu { ops::relu(&y)? } else { y }
            }
            _ if uses_batch => {
                pass.update(trained, follow(mean, &batch.mean, self.momentum)?);
                pass.update(trained + 1, follow(variance, &batch.variance, self.momentum)?);
                y
            }
            _ => y,
        };
        Ok(vec![if axis == last { y } else { ops::shape::swap(&y, axis, last)? }])
    }

    fn is_per_sample(&self) -> bool {
        true
    }

    fn takes_relu(&self) -> bool {
        true
    }

    fn passes_mask(&self) -> bool {
        true
    }
}

config! {
    /// Normalises each sample by itself, over the last axis or over several.
    ///
    /// Shapes: any -> the same; gamma and beta have the sizes of the axes.
    /// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`. Ba et al., 2016, arXiv:1607.06450.
    pub struct LayerNormalization("LayerNormalization") {
        /// The axis or axes that are normalised together.
        axis: Arg = Arg::Int(-1),
        /// Added to the variance, against division by zero.
        epsilon: f64 = 1e-3,
        /// Whether beta is added.
        center: bool = true,
        /// Whether the result is multiplied by gamma.
        scale: bool = true,
        /// First values of beta.
        beta_initializer: Initializer = Initializer::named("zeros"),
        /// First values of gamma.
        gamma_initializer: Initializer = Initializer::named("ones"),
        /// Charged for beta's size.
        beta_regularizer: Option<Regularizer> = None,
        /// Charged for gamma's size.
        gamma_regularizer: Option<Regularizer> = None,
        /// What beta is held to after each step.
        beta_constraint: Option<Constraint> = None,
        /// What gamma is held to after each step.
        gamma_constraint: Option<Constraint> = None,
    }
}

/// The row of the table.
pub static LAYER: Entry = Entry::layer::<LayerNormalization>();

impl LayerNormalization {
    /// The axes, in the order in which they were given (gamma has their sizes in this order).
    fn axes(&self, rank: usize) -> Result<Vec<usize>> {
        let axes = <Vec<i64> as crate::config::Field>::parse(&self.axis)?;
        let mut places = Vec::with_capacity(axes.len());
        for axis in axes {
            let axis = place(axis, rank)?;
            if places.contains(&axis) {
                return Err(Error::value(format!("axis {axis} is given twice"))
                    .received(self.axis.describe()));
            }
            places.push(axis);
        }
        if places.is_empty() {
            return Err(
                Error::value("there must be an axis to normalise").received(self.axis.describe())
            );
        }
        Ok(places)
    }
}

impl Layer for LayerNormalization {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let input = one_input(inputs)?;
        let mut shape = Vec::new();
        for axis in self.axes(input.rank())? {
            shape.push(input.0[axis].ok_or_else(|| {
                Error::value(format!("the size of axis {axis} must be known"))
                    .received(input.to_string())
            })?);
        }
        let mut weights = Vec::with_capacity(2);
        if self.scale {
            weights.push(
                WeightSpec::new("gamma", &shape, &self.gamma_initializer)
                    .with_rules(&self.gamma_regularizer, &self.gamma_constraint),
            );
        }
        if self.center {
            weights.push(
                WeightSpec::new("beta", &shape, &self.beta_initializer)
                    .with_rules(&self.beta_regularizer, &self.beta_constraint),
            );
        }
        Ok(weights)
    }

    fn autocasts(&self) -> (bool, bool) {
        (false, false)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = one_input(inputs)?;
        self.axes(input.rank())?;
        Ok(vec![input.clone()])
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        _pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let rank = x.shape().len();
        let axes = self.axes(rank)?;
        // The normalised axes go last, as one.
        let mut order: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
        order.extend(&axes);
        let in_order = order.iter().enumerate().all(|(i, axis)| i == *axis);
        let moved = if in_order { x.clone() } else { ops::permute(x, &order)? };
        let features: usize = axes.iter().map(|axis| x.shape()[*axis]).product();
        let rows = x.array().elem_count() / features.max(1);
        let flat = |tensor: &Tensor, shape: &[usize]| match tensor.shape() == shape {
            true => Ok(tensor.clone()),
            false => ops::reshape(tensor, shape),
        };
        let weights = weights.iter().map(|weight| flat(weight, &[features]));
        let weights = weights.collect::<Result<Vec<_>>>()?;
        let gamma = weights.first().filter(|_| self.scale);
        let beta = weights.get(usize::from(self.scale)).filter(|_| self.center);
        let y = match axes.len() == 1 {
            true => layer_normalization(&moved, gamma, beta, self.epsilon)?,
            false => {
                let y = layer_normalization(
                    &flat(&moved, &[rows, features])?,
                    gamma,
                    beta,
                    self.epsilon,
                )?;
                ops::reshape(&y, moved.shape())?
            }
        };
        if in_order {
            return Ok(vec![y]);
        }
        let mut back = vec![0; rank];
        for (i, axis) in order.iter().enumerate() {
            back[*axis] = i;
        }
        Ok(vec![ops::permute(&y, &back)?])
    }

    fn is_per_sample(&self) -> bool {
        true
    }

    fn passes_mask(&self) -> bool {
        true
    }
}
