//! The dense layers inside of MultiHeadAttention: `EinsumDense` in Keras, one matrix product here.

use crate::config::Config;
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::dense::dense;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What all projections of a layer share.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) use_bias: bool,
    pub(super) kernel_initializer: Initializer,
    pub(super) bias_initializer: Initializer,
    pub(super) kernel_regularizer: Option<Regularizer>,
    pub(super) bias_regularizer: Option<Regularizer>,
    pub(super) activity_regularizer: Option<Regularizer>,
    pub(super) kernel_constraint: Option<Constraint>,
    pub(super) bias_constraint: Option<Constraint>,
}

/// The last `bound` axes become others: `[..., features]` -> `[..., heads, depth]` and back.
pub(super) struct Projection {
    pub(super) bound: usize,
    /// The new axes; `None`: the features of the second shape that the layer is built for.
    pub(super) units: Option<Vec<usize>>,
    /// Whether a sigmoid follows.
    pub(super) sigmoid: bool,
    pub(super) rules: Rules,
}

impl Projection {
    fn kept<'a>(&self, input: &'a Shape) -> Result<(&'a [Option<usize>], Vec<usize>)> {
        let (kept, bound) = input.0.split_at(input.rank().saturating_sub(self.bound));
        let bound: Option<Vec<usize>> = bound.iter().copied().collect();
        let bound = bound.filter(|bound| bound.len() == self.bound).ok_or_else(|| {
            Error::value("the size of the last axis must be known to make the weights")
                .received(input.to_string())
        })?;
        Ok((kept, bound))
    }
}

impl Layer for Projection {
    fn class_name(&self) -> &str {
        "EinsumDense"
    }

    fn config(&self) -> Config {
        Vec::new()
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let units = match (&self.units, inputs.get(1)) {
            (Some(units), _) => units.clone(),
            (None, Some(like)) => vec![like.features()?],
            (None, None) => return Err(Error::runtime("a projection lacks its size")),
        };
        let rules = &self.rules;
        let (_, bound) = self.kept(&inputs[0])?;
        let shape = [bound, units.clone()].concat();
        let mut weights = vec![
            WeightSpec::new("kernel", &shape, &rules.kernel_initializer)
                .with_rules(&rules.kernel_regularizer, &rules.kernel_constraint),
        ];
        if rules.use_bias {
            weights.push(
                WeightSpec::new("bias", &units, &rules.bias_initializer)
                    .with_rules(&rules.bias_regularizer, &rules.bias_constraint),
            );
        }
        Ok(weights)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (kept, _) = self.kept(&inputs[0])?;
        let units = self.units.iter().flatten().map(|units| Some(*units));
        Ok(vec![Shape(kept.iter().copied().chain(units).collect())])
    }

    fn forward(&self, inputs: &[Tensor], weights: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let (x, kernel) = (&inputs[0], &weights[0]);
        let (from, to) = kernel.shape().split_at(self.bound);
        let (features, units): (usize, usize) = (from.iter().product(), to.iter().product());
        let kept = x.shape().len().saturating_sub(self.bound);
        if x.shape()[kept..] != *from {
            return Err(Error::value("the input does not fit the layer's weights")
                .received(format!("{:?}", x.shape()))
                .expected(format!("[batch, ..., {from:?}]")));
        }
        let rows = x.shape()[..kept].iter().product();
        let shape = [&x.shape()[..kept], to].concat();
        let bias = weights.get(1).map(|bias| ops::reshape(bias, &[units])).transpose()?;
        let y = dense(
            &ops::reshape(x, &[rows, features])?,
            &ops::reshape(kernel, &[features, units])?,
            bias.as_ref(),
        )?;
        let y = ops::reshape(&y, &shape)?;
        Ok(vec![if self.sigmoid { ops::sigmoid(&y)? } else { y }])
    }

    fn activity_regularizer(&self) -> Option<&Regularizer> {
        self.rules.activity_regularizer.as_ref()
    }
}
