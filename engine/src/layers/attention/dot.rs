//! Attention and AdditiveAttention: one head, without projections.

use super::{and, by_place, shaped};
use crate::catalog::Entry;
use crate::config;
use crate::config::{Arg, Config, Configured, Fraction};
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::dropout::dropout;
use crate::layer::{self, Layer, Pass, WeightSpec};
use crate::layers::dropout::stream;
use crate::ops;
use crate::shape::Shape;
use crate::tensor::Tensor;

crate::choices! {
    /// How well a query fits a key.
    pub enum ScoreMode { Dot = "dot", Concat = "concat" }
}

config! {
    /// Attention by the product of query and key (Luong et al., 2015, arXiv:1508.04025).
    ///
    /// Shapes: a list of query `[batch, queries, features]`, value `[batch, keys, features]` and, if it is not the value,
    /// key -> `[batch, queries, features]`. Called with `mask=[query_mask, value_mask]`, `use_causal_mask`,
    /// `return_attention_scores`. `softmax(q k') v`, without a division by the root of the size.
    pub struct Attention("Attention") {
        /// Whether the scores are multiplied by a number that is learned.
        use_scale: bool = false,
        /// `"dot"`: the product; `"concat"`: the sum of `tanh(query + key)`, times a number that is learned.
        score_mode: ScoreMode = ScoreMode::Dot,
        /// Share of the weights that become 0 while training.
        dropout: Fraction = Fraction(0.0),
        /// A seed of its own for dropout.
        seed: Option<i64> = None,
    }
}

config! {
    /// Attention by `sum(scale * tanh(query + key))` (Bahdanau et al., 2015, arXiv:1409.0473).
    ///
    /// Shapes: a list of query `[batch, queries, features]`, value `[batch, keys, features]` and, if it is not the value,
    /// key -> `[batch, queries, features]`.
    pub struct AdditiveAttention("AdditiveAttention") {
        /// Whether the features are weighted by numbers that are learned.
        use_scale: bool = true,
        /// Share of the weights that become 0 while training.
        dropout: Fraction = Fraction(0.0),
        /// A seed of its own for dropout.
        seed: Option<i64> = None,
    }
}

/// The row of Attention.
pub static ATTENTION: Entry = Entry::layer::<Attention>();
/// The row of AdditiveAttention.
pub static ADDITIVE: Entry = Entry::layer::<AdditiveAttention>();

fn check(inputs: &[Shape]) -> Result<()> {
    let shapes = || inputs.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
    if !(2..=3).contains(&inputs.len()) {
        return Err(Error::value("attention takes a list of query, value and, optionally, key")
            .received(format!("{} inputs", inputs.len()))
            .hint("layer([query, value])"));
    }
    if inputs.iter().any(|input| input.rank() != 3) {
        return Err(Error::value("query, value and key must have three axes")
            .received(shapes())
            .expected("[batch, places, features] each"));
    }
    Ok(())
}

fn output_shape(inputs: &[Shape]) -> Result<Vec<Shape>> {
    check(inputs)?;
    let mut shape = inputs[0].clone();
    shape.0[2] = inputs[1].0[2];
    Ok(vec![shape])
}

fn shapes_of_call(inputs: &[Shape], constants: &Config) -> Result<Vec<Shape>> {
    let mut shapes = output_shape(inputs)?;
    if layer::is_true(constants, "return_attention_scores") {
        shapes.push(Shape(vec![inputs[0].0[0], inputs[0].0[1], inputs[1].0[1]]));
    }
    Ok(shapes)
}

/// The result, and the weights if they are asked for.
fn attend(
    scores: Tensor,
    inputs: &[Tensor],
    rate: f64,
    seed: Option<i64>,
    pass: &mut Pass,
) -> Result<Vec<Tensor>> {
    let value = &inputs[1];
    let (queries, keys) = (scores.shape()[1], scores.shape()[2]);
    let batch = scores.shape()[0];
    let named = pass.named("mask").unwrap_or(&[]);
    let riding = |i: usize| inputs[i].mask().cloned().map(Tensor::new);
    // A list of one: the query's mask is None.
    let (query_mask, value_mask) = match named {
        [query, value] => (Some(query.clone()), Some(value.clone())),
        [one] => (None, Some(one.clone())),
        _ => (riding(0), riding(1)),
    };
    let value_mask = value_mask.map(|mask| shaped("the value's mask", &mask, &[batch, 1, keys]));
    let causal = match pass.flag("use_causal_mask") {
        true => Some(ops::reshape(&by_place(queries, keys, |q, k| q >= k)?, &[1, queries, keys])?),
        false => None,
    };
    let mut scores = scores;
    if let Some(allowed) = and(value_mask.transpose()?, causal)? {
        let low = ops::affine(&scores, 1.0, -1e9)?;
        scores = ops::where_(&allowed, &scores, &low)?;
    }
    let mut weights = ops::softmax(&scores, -1)?;
    if pass.training && rate > 0.0 {
        weights = dropout(&weights, rate, stream(pass, seed))?;
    }
    let mut y = ops::matmul(&weights, value)?;
    if let Some(mask) = query_mask {
        let mask = shaped("the query's mask", &mask, &[batch, queries, 1])?;
        y = ops::where_(&mask, &y, &ops::full(&[], 0.0, y.dtype())?)?;
    }
    Ok(if pass.flag("return_attention_scores") { vec![y, weights] } else { vec![y] })
}

/// `tanh(query + key)` for each pair: `[batch, queries, keys, features]`.
fn pairs(query: &Tensor, key: &Tensor, scale: Option<&Tensor>) -> Result<Tensor> {
    let sums = ops::add(&ops::expand_dims(query, -2)?, &ops::expand_dims(key, -3)?)?;
    ops::tanh(&match scale {
        Some(scale) => ops::multiply(&sums, scale)?,
        None => sums,
    })
}

fn build_shapes(inputs: &[Shape]) -> Option<Config> {
    let shapes = inputs.iter().map(layer::shape_to_arg).collect();
    Some(vec![("input_shape".to_owned(), Arg::List(shapes))])
}

macro_rules! attention_layer {
    ($name:ident, |$own:ident, $inputs:ident| $specs:expr, |$this:ident, $q:ident, $k:ident, $w:ident| $scores:expr) => {
        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                Configured::config(self)
            }

            fn weights(&self, $inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                check($inputs)?;
                let $own = self;
                $specs
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                output_shape(inputs)
            }

            fn call_shapes(&self, inputs: &[Shape], constants: &Config) -> Result<Vec<Shape>> {
                shapes_of_call(inputs, constants)
            }

            fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
                build_shapes(inputs)
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                $w: &[Tensor],
                pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                let shapes: Vec<Shape> = inputs.iter().map(|x| Shape::known(x.shape())).collect();
                check(&shapes)?;
                let $this = self;
                let ($q, $k) = (&inputs[0], inputs.get(2).unwrap_or(&inputs[1]));
                attend($scores?, inputs, self.dropout.0, self.seed, pass)
            }

            fn passes_mask(&self) -> bool {
                true
            }
        }
    };
}

attention_layer!(
    Attention,
    |own, _inputs| {
        let ones = Initializer::named("ones");
        let scale = own.use_scale.then(|| WeightSpec::new("scale", &[], &ones));
        let concat = own.score_mode == ScoreMode::Concat;
        let weight = concat.then(|| WeightSpec::new("concat_score_weight", &[], &ones));
        Ok(scale.into_iter().chain(weight).collect())
    },
    |own, query, key, weights| {
        let scale = weights.first().filter(|_| own.use_scale);
        match (own.score_mode, scale) {
            (ScoreMode::Concat, scale) => {
                let sums = ops::sum(&pairs(query, key, scale)?, Some(&[-1]), false)?;
                match weights.last() {
                    Some(weight) => ops::multiply(&sums, weight),
                    None => Ok(sums),
                }
            }
            (ScoreMode::Dot, scale) => {
                let scores = ops::matmul(query, &ops::shape::swap(key, 1, 2)?)?;
                match scale {
                    Some(scale) => ops::multiply(&scores, scale),
                    None => Ok(scores),
                }
            }
        }
    }
);

attention_layer!(
    AdditiveAttention,
    |own, inputs| {
        let features = inputs[0].features()?;
        let uniform = Initializer::named("glorot_uniform");
        let scale = own.use_scale.then(|| WeightSpec::new("scale", &[features], &uniform));
        Ok(scale.into_iter().collect())
    },
    |_own, query, key, weights| {
        let pairs = pairs(query, key, None)?;
        let weighted = match weights.first() {
            Some(scale) => ops::multiply(&pairs, scale)?,
            None => pairs,
        };
        ops::sum(&weighted, Some(&[-1]), false)
    }
);
