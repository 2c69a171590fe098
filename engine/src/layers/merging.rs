//! Layers that put several tensors together.

use crate::catalog::Entry;
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::error::{Error, Result};
use crate::kernels;
use crate::layer::{Layer, Pass};
use crate::ops;
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;

config! {
    /// The sum of several tensors.
    ///
    /// Shapes: a list of tensors of one shape (or sizes of 1) -> that shape.
    pub struct Add("Add") {}
}

config! {
    /// The difference of two tensors.
    ///
    /// Shapes: two tensors of one shape (or sizes of 1) -> that shape.
    pub struct Subtract("Subtract") {}
}

config! {
    /// The product of several tensors, element by element.
    ///
    /// Shapes: a list of tensors of one shape (or sizes of 1) -> that shape.
    pub struct Multiply("Multiply") {}
}

config! {
    /// The mean of several tensors.
    ///
    /// Shapes: a list of tensors of one shape (or sizes of 1) -> that shape.
    pub struct Average("Average") {}
}

config! {
    /// The largest of several tensors, element by element.
    ///
    /// Shapes: a list of tensors of one shape (or sizes of 1) -> that shape.
    pub struct Maximum("Maximum") {}
}

config! {
    /// The smallest of several tensors, element by element.
    ///
    /// Shapes: a list of tensors of one shape (or sizes of 1) -> that shape.
    pub struct Minimum("Minimum") {}
}

config! {
    /// Tensors one behind the other along an axis.
    ///
    /// Shapes: a list of tensors that are equal off the axis -> sizes along it are added.
    pub struct Concatenate("Concatenate") {
        /// The axis.
        axis: i64 = -1,
    }
}

config! {
    /// Sums of products of two tensors along an axis of each, sample by sample.
    ///
    /// Shapes: `[batch, n]` and `[batch, n]` -> `[batch, 1]` for `axes=1`.
    pub struct Dot("Dot") {
        /// The axis of both, or a pair of axes.
        axes: Arg,
        /// Whether both are scaled to norm 1 first, which gives the cosine.
        normalize: bool = false,
    }
}

/// Add.
pub static ADD: Entry = Entry::layer::<Add>();
/// Subtract.
pub static SUBTRACT: Entry = Entry::layer::<Subtract>();
/// Multiply.
pub static MULTIPLY: Entry = Entry::layer::<Multiply>();
/// Average.
pub static AVERAGE: Entry = Entry::layer::<Average>();
/// Maximum.
pub static MAXIMUM: Entry = Entry::layer::<Maximum>();
/// Minimum.
pub static MINIMUM: Entry = Entry::layer::<Minimum>();
/// Concatenate.
pub static CONCATENATE: Entry = Entry::layer::<Concatenate>();
/// Dot.
pub static DOT: Entry = Entry::layer::<Dot>();

fn listed(shapes: &[Shape]) -> String {
    shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ")
}

/// The shape in which these meet: shorter ones get axes of size 1 behind the batch.
fn merged(inputs: &[Shape]) -> Result<Shape> {
    if inputs.len() < 2 {
        return Err(Error::value("a merge layer needs at least two inputs")
            .received(format!("{} input: {}", inputs.len(), listed(inputs)))
            .expected("a list: layer([a, b])"));
    }
    let rank = inputs.iter().map(Shape::rank).max().unwrap_or(0);
    let mut shape: Vec<Option<usize>> = vec![Some(1); rank];
    for input in inputs {
        let mut axes = input.0.clone();
        while axes.len() < rank {
            axes.insert(1.min(axes.len()), Some(1));
        }
        for (size, own) in shape.iter_mut().zip(axes) {
            *size = match (*size, own) {
                (Some(1), own) => own,
                (size, Some(1)) => size,
                (None, _) | (_, None) => None,
                (Some(a), Some(b)) if a == b => Some(a),
                _ => {
                    return Err(Error::value("the inputs differ in shape")
                        .received(listed(inputs))
                        .expected("equal sizes, or 1")
                        .hint("a Dense layer or a 1x1 convolution on one branch changes its last axis"));
                }
            };
        }
    }
    Ok(Shape(shape))
}

/// All inputs with the same number of axes.
fn levelled(inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let rank = inputs.iter().map(|x| x.shape().len()).max().unwrap_or(0);
    let level = |x: &Tensor| -> Result<Tensor> {
        let mut x = x.clone();
        while x.shape().len() < rank {
            x = ops::expand_dims(&x, 1)?;
        }
        Ok(x)
    };
    inputs.iter().map(level).collect()
}

/// A place counts if it counts in one of the inputs; without a mask on each input there is none.
fn either_mask(inputs: &[Tensor]) -> Result<Option<Array>> {
    let mut masks = inputs.iter().map(Tensor::mask);
    let Some(Some(first)) = masks.next() else { return Ok(None) };
    let mut found = Tensor::new(first.clone());
    for mask in masks {
        let Some(mask) = mask else { return Ok(None) };
        found = ops::logical_or(&found, &Tensor::new(mask.clone()))?;
    }
    Ok(Some(found.into_array()))
}

fn fold(inputs: &[Tensor], f: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    let mask = either_mask(inputs)?;
    let levelled = levelled(inputs)?;
    let Some((first, rest)) = levelled.split_first() else {
        return Err(Error::value("a merge layer needs at least two inputs"));
    };
    let y = rest.iter().try_fold(first.clone(), |sum, x| f(&sum, x))?;
    Ok(vec![y.with_mask(mask)])
}

/// The first of what may be there.
macro_rules! first {
    () => {
        None
    };
    ($first:path) => {
        Some($first)
    };
}

macro_rules! merge_layer {
    ($name:ident, |$inputs:ident| $value:expr $(, with_relu: $with_relu:path)?) => {
        impl $name {
            /// How it is made together with the relu that follows.
            const WITH_RELU: Option<fn(&[Tensor]) -> Result<Vec<Tensor>>> = first!($($with_relu)?);
        }

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                Ok(vec![merged(inputs)?])
            }

            fn forward(
                &self,
                $inputs: &[Tensor],
                _: &[Tensor],
                pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                match Self::WITH_RELU {
                    Some(with_relu) if pass.followers.relu => with_relu($inputs),
                    _ => $value,
                }
            }

            fn is_per_sample(&self) -> bool {
                true
            }

            fn takes_relu(&self) -> bool {
                Self::WITH_RELU.is_some()
            }

            fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
                shapes_config(inputs)
            }
        }
    };
}

fn shapes_config(inputs: &[Shape]) -> Option<Config> {
    let shapes = inputs.iter().map(crate::layer::shape_to_arg).collect();
    Some(vec![("input_shape".to_owned(), Arg::List(shapes))])
}

merge_layer!(Add, |inputs| fold(inputs, ops::add), with_relu: add_relu);

/// The sum with the relu that follows it.
fn add_relu(inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    if let [a, b] = inputs
        && a.shape() == b.shape()
        && a.dtype() == b.dtype()
        && a.mask().is_none()
        && b.mask().is_none()
    {
        return Ok(vec![kernels::add::add_relu(a, b)?]);
    }
    let sum = fold(inputs, ops::add)?.remove(0);
    let mask = sum.mask().cloned();
    Ok(vec![ops::relu(&sum)?.with_mask(mask)])
}

merge_layer!(Multiply, |inputs| fold(inputs, ops::multiply));
merge_layer!(Maximum, |inputs| fold(inputs, ops::maximum));
merge_layer!(Minimum, |inputs| fold(inputs, ops::minimum));
merge_layer!(Subtract, |inputs| {
    if inputs.len() != 2 {
        return Err(
            Error::value("Subtract takes two inputs").received(format!("{} inputs", inputs.len()))
        );
    }
    fold(inputs, ops::subtract)
});
merge_layer!(Average, |inputs| {
    let sum = fold(inputs, ops::add)?.remove(0);
    let mask = sum.mask().cloned();
    Ok(vec![ops::scale(&sum, 1.0 / inputs.len() as f64)?.with_mask(mask)])
});

impl Concatenate {
    fn axis_in(&self, rank: usize) -> Result<usize> {
        ops::shape::axis_of(self.axis, &vec![0; rank]).map_err(|error| {
            error.received(format!("axis={} for inputs with {rank} axes", self.axis))
        })
    }
}

impl Layer for Concatenate {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let Some(first) = inputs.first() else {
            return Err(Error::value("Concatenate needs at least one input"));
        };
        let axis = self.axis_in(first.rank())?;
        let mut shape = first.0.clone();
        let mut total = Some(0);
        for input in inputs {
            let fits = input.rank() == first.rank()
                && input
                    .0
                    .iter()
                    .zip(&first.0)
                    .enumerate()
                    .all(|(i, (a, b))| i == axis || a.is_none() || b.is_none() || a == b);
            if !fits {
                return Err(Error::value(format!(
                    "Concatenate needs equal sizes off axis {}",
                    self.axis
                ))
                .received(listed(inputs))
                .expected("equal sizes on all other axes")
                .hint("check the padding and strides of the branches"));
            }
            total = total.zip(input.0[axis]).map(|(total, size)| total + size);
            for (i, size) in input.0.iter().enumerate() {
                shape[i] = shape[i].or(*size);
            }
        }
        shape[axis] = total;
        if axis != 0 {
            shape[0] = first.0[0];
        }
        Ok(vec![Shape(shape)])
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let y = ops::concatenate(inputs, self.axis)?;
        if inputs.iter().all(|input| input.mask().is_none()) {
            return Ok(vec![y]);
        }
        let mut masks = Vec::with_capacity(inputs.len());
        for input in inputs {
            let mask = match input.mask() {
                Some(mask) => Tensor::new(mask.clone()),
                None => ops::full(input.shape(), 1.0, candle_core::DType::U8)?,
            };
            masks.push(ops::spread(&mask, input.shape())?);
        }
        let mask = ops::any(&ops::concatenate(&masks, self.axis)?, Some(&[-1]), false)?;
        Ok(vec![y.with_mask(Some(mask.into_array()))])
    }

    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        shapes_config(inputs)
    }
}

impl Dot {
    /// The axes of both, counted from the front.
    fn axes_in(&self, ranks: [usize; 2]) -> Result<[usize; 2]> {
        let axes = <Vec<i64>>::parse(&self.axes)?;
        let pair = match &axes[..] {
            [axis] => [*axis, *axis],
            [a, b] => [*a, *b],
            _ => {
                return Err(
                    Error::value("Dot: axes is one axis or a pair").received(self.axes.describe())
                );
            }
        };
        let find = |i: usize| ops::shape::axis_of(pair[i], &vec![0; ranks[i]]);
        match [find(0)?, find(1)?] {
            axes if axes.contains(&0) => {
                Err(Error::value("Dot cannot sum over the batch").received(self.axes.describe()))
            }
            axes => Ok(axes),
        }
    }
}

impl Layer for Dot {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [a, b] = inputs else {
            return Err(Error::value("Dot takes two inputs")
                .received(format!("{} inputs", inputs.len()))
                .expected("a list: Dot(axes=1)([a, b])"));
        };
        let axes = self.axes_in([a.rank(), b.rank()])?;
        if let (Some(x), Some(y)) = (a.0[axes[0]], b.0[axes[1]])
            && x != y
        {
            return Err(Error::value("Dot: the axes that are summed differ in size")
                .received(format!("{a} along axis {}, {b} along axis {}", axes[0], axes[1]))
                .expected("equal sizes"));
        }
        let mut shape = a.0.clone();
        shape.remove(axes[0]);
        let mut other = b.0.clone();
        other.remove(axes[1]);
        shape.extend(other.into_iter().skip(1));
        if shape.len() == 1 {
            shape.push(Some(1));
        }
        Ok(vec![Shape(shape)])
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let [a, b] = inputs else {
            return Err(
                Error::value("Dot takes two inputs").received(format!("{} inputs", inputs.len()))
            );
        };
        let axes = self.axes_in([a.shape().len(), b.shape().len()])?;
        let (mut a, mut b) = (a.clone(), b.clone());
        if self.normalize {
            let axis = |axis: usize| [i64::try_from(axis).unwrap_or(-1)];
            a = ops::l2_normalize(&a, &axis(axes[0]), 1e-12)?;
            b = ops::l2_normalize(&b, &axis(axes[1]), 1e-12)?;
        }
        let batch = a.shape().first().copied().unwrap_or(1);
        let k = a.shape()[axes[0]];
        // The summed axis goes to the end of a and behind the batch of b.
        let rest = |x: &Tensor, axis: usize| -> Vec<usize> {
            (1..x.shape().len()).filter(|other| *other != axis).collect()
        };
        let (a_rest, b_rest) = (rest(&a, axes[0]), rest(&b, axes[1]));
        let sizes = |x: &Tensor, axes: &[usize]| -> Vec<usize> {
            axes.iter().map(|axis| x.shape()[*axis]).collect()
        };
        let (a_sizes, b_sizes) = (sizes(&a, &a_rest), sizes(&b, &b_rest));
        let left = ops::permute(&a, &[vec![0], a_rest, vec![axes[0]]].concat())?;
        let right = ops::permute(&b, &[vec![0, axes[1]], b_rest].concat())?;
        let left = ops::reshape(&left, &[batch, a_sizes.iter().product(), k])?;
        let right = ops::reshape(&right, &[batch, k, b_sizes.iter().product()])?;
        let mut shape = [vec![batch], a_sizes, b_sizes].concat();
        if shape.len() == 1 {
            shape.push(1);
        }
        Ok(vec![ops::reshape(&ops::matmul(&left, &right)?, &shape)?])
    }

    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        shapes_config(inputs)
    }
}
