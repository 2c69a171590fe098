//! Embedding: numbers become vectors.

use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::lora::{LoraArguments, without_lora};
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::DType;
use std::rc::Rc;

config! {
    /// Replaces each number by a row of a table that is learned.
    ///
    /// Shapes: integers `[batch, ...]` -> `[batch, ..., output_dim]`; embeddings `[input_dim, output_dim]`.
    pub struct Embedding("Embedding") {
        /// Number of rows: the largest number plus 1.
        input_dim: usize,
        /// Size of the vectors.
        output_dim: usize,
        /// First values of the table.
        embeddings_initializer: Initializer = Initializer::named("uniform"),
        /// Charged for the table's size.
        embeddings_regularizer: Option<Regularizer> = None,
        /// What the table is held to after each step.
        embeddings_constraint: Option<Constraint> = None,
        /// Whether 0 stands for "nothing here": layers behind skip these places.
        mask_zero: bool = false,
        /// First values of the table as an array; use `layer.set_weights([table])` once it is built.
        weights: Arg = Arg::None,
        /// Rank of a trainable correction `a @ b` to a frozen table; `layer.enable_lora(rank)` adds one later.
        ///
        /// Hu et al., 2021, arXiv:2106.09685.
        lora_rank: Option<usize> = None,
        /// The correction is multiplied by `lora_alpha / lora_rank`; `None`: the rank.
        lora_alpha: Option<f64> = None,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<Embedding>(Kind::Layer, &[], |args| {
    // Keras 2 wanted it, Keras 3 takes and ignores it.
    args.take("input_length");
    args.take("quantization_config");
    let layer = Embedding::from_args(args)?;
    if !matches!(layer.weights, Arg::None) {
        return Err(Error::not_implemented(
            "Embedding: weights=... is not here yet",
            "layer.build(None), then layer.set_weights([table])",
        ));
    }
    Ok(Made::Layer(Rc::new(layer)))
});

impl Layer for Embedding {
    fn is_per_sample(&self) -> bool {
        true
    }

    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        let config = without_lora(Configured::config(self));
        config.into_iter().filter(|(name, _)| name != "weights").collect()
    }

    fn weights(&self, _inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let shape = [self.input_dim, self.output_dim];
        Ok(vec![
            WeightSpec::new("embeddings", &shape, &self.embeddings_initializer)
                .with_rules(&self.embeddings_regularizer, &self.embeddings_constraint),
        ])
    }

    fn lora(&self) -> Option<LoraArguments> {
        Some(LoraArguments {
            name: "lora_embeddings",
            rank: self.lora_rank,
            alpha: self.lora_alpha,
            alpha_is_rank: true,
        })
    }

    // Numbers of rows are no values: half precision has no 4097.
    fn autocasts(&self) -> (bool, bool) {
        (false, false)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [input] = inputs else {
            return Err(
                Error::value("takes one input").received(format!("{} inputs", inputs.len()))
            );
        };
        let mut shape = input.clone();
        shape.0.push(Some(self.output_dim));
        Ok(vec![shape])
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        _pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let ids = inputs[0].array();
        let y = kernels::embedding::embedding(ids, &weights[0])?;
        if !self.mask_zero {
            return Ok(vec![y]);
        }
        let mask = ids.to_dtype(DType::I64)?.ne(0_i64)?;
        Ok(vec![y.with_mask(Some(mask))])
    }
}
