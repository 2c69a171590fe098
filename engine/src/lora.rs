//! LoRA: a kernel is frozen, and the product of two small matrices that is added to it learns instead
//! (Hu et al., 2021, arXiv:2106.09685). Layers say which weight takes part ([`crate::layer::Layer::lora`]); instances do
//! the rest.

use crate::config::{Arg, Config};
use crate::error::Result;
use crate::ops;
use crate::tensor::Tensor;

/// What a layer that can have a correction says of it. Its first weight is the one that is corrected.
pub struct LoraArguments {
    /// What the matrices' names begin with: `lora_kernel`.
    pub name: &'static str,
    /// The rank that was asked for when the layer was made.
    pub rank: Option<usize>,
    /// The weight that was asked for.
    pub alpha: Option<f64>,
    /// Keras' Dense and Embedding take the rank for alpha when they are built, whatever was given.
    pub alpha_is_rank: bool,
}

impl LoraArguments {
    /// Of a layer whose first weight is a kernel.
    pub(crate) fn of_kernel(rank: Option<usize>, alpha: Option<f64>) -> Self {
        LoraArguments { name: "lora_kernel", rank, alpha, alpha_is_rank: false }
    }

    /// The arguments as Keras' configs have them: only where there is a rank.
    pub(crate) fn config(&self) -> Config {
        self.rank.map_or_else(Vec::new, |rank| {
            Lora { rank, alpha: self.alpha.unwrap_or(rank as f64) }.config()
        })
    }
}

/// A correction that is in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lora {
    /// Columns of `a` and rows of `b`.
    pub rank: usize,
    /// The product is multiplied by `alpha / rank`.
    pub alpha: f64,
}

impl Lora {
    /// `kernel + alpha / rank * a @ b`; kernel `[..., n]`, a `[..., rank]`, b `[rank, n]`.
    pub(crate) fn corrected(&self, kernel: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let rows = a.array().elem_count() / self.rank.max(1);
        let product = ops::matmul(&ops::reshape(a, &[rows, self.rank])?, b)?;
        let product = ops::reshape(&product, kernel.shape())?;
        ops::add(kernel, &ops::scale(&product, self.alpha / self.rank as f64)?)
    }

    /// The arguments as Keras' configs have them.
    pub(crate) fn config(&self) -> Config {
        let whole = self.alpha.fract() == 0.0 && self.alpha.abs() < 9e15;
        let alpha = if whole { Arg::Int(self.alpha as i64) } else { Arg::Float(self.alpha) };
        let rank = Arg::Int(i64::try_from(self.rank).unwrap_or(i64::MAX));
        vec![("lora_rank".to_owned(), rank), ("lora_alpha".to_owned(), alpha)]
    }
}

/// A layer's config without the arguments of LoRA, which stand in it only where there is a rank.
pub(crate) fn without_lora(config: Config) -> Config {
    config.into_iter().filter(|(name, _)| !name.starts_with("lora_")).collect()
}

#[cfg(test)]
mod tests {
    use crate::check;
    use crate::config::Arg;
    use crate::layer::{self, Inputs, LayerInstance, Pass};
    use crate::lora::Lora;
    use crate::ops;
    use crate::shape::Shape;
    use crate::tape::Tape;
    use crate::tensor::Tensor;

    #[test]
    fn gradients_are_right() {
        let lora = Lora { rank: 2, alpha: 3.0 };
        let inputs =
            [check::values(&[2, 3, 4], 1), check::values(&[2, 3, 2], 2), check::values(&[2, 4], 3)];
        check::gradients("lora", |i| lora.corrected(&i[0], &i[1], &i[2]), &inputs);
    }

    #[test]
    fn the_kernel_is_frozen_and_two_matrices_learn_in_its_place() {
        let cases: [(&str, &[(&str, Arg)], &[usize], &[&str], f64); 4] = [
            ("Dense", &[("units", Arg::Int(3))], &[2, 4], &["bias", "kernel_a", "kernel_b"], 2.0),
            (
                "EinsumDense",
                &[("equation", Arg::Str(String::new())), ("output_shape", Arg::Int(3))],
                &[2, 4],
                &["kernel_a", "kernel_b"],
                6.0,
            ),
            (
                "Conv2D",
                &[("filters", Arg::Int(3)), ("kernel_size", Arg::Int(2))],
                &[1, 3, 3, 2],
                &["bias", "kernel_a", "kernel_b"],
                6.0,
            ),
            (
                "Embedding",
                &[("input_dim", Arg::Int(5)), ("output_dim", Arg::Int(3))],
                &[2, 4],
                &["embeddings_a", "embeddings_b"],
                2.0,
            ),
        ];
        for (class, arguments, shape, learning, alpha) in cases {
            let mut given: Vec<_> =
                arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            if class == "EinsumDense" {
                given[0].1 = Arg::str("ab,bc->ac");
            }
            given.push(("lora_rank".to_owned(), Arg::Int(2)));
            given.push(("lora_alpha".to_owned(), Arg::Int(6)));
            let layer = LayerInstance::make(layer::find(class).unwrap(), given).unwrap();
            layer.build(&[Shape::known(shape)]).unwrap();
            let names: Vec<String> = layer
                .trainable_variables()
                .iter()
                .map(|variable| variable.name().trim_start_matches("lora_").to_owned())
                .collect();
            assert_eq!(names, learning, "{class}");
            // The frozen kernel keeps its place among the weights.
            assert!(!layer.variables()[0].is_trainable(), "{class}");
            assert_eq!(layer.lora().unwrap().alpha, alpha, "{class}");
            // The corrected kernel is what the layer computes with, and b's gradient arrives.
            for variable in layer.trainable_variables() {
                let values = check::values(&variable.shape(), 5);
                variable.assign(values.array()).unwrap();
            }
            let x = match class {
                "Embedding" => Tensor::from_vec(vec![0_i64, 3, 4, 1, 2, 2, 0, 1], shape).unwrap(),
                _ => ops::cast(&check::values(shape, 6), candle_core::DType::F32).unwrap(),
            };
            let tape = Tape::start();
            let y = layer.call(Inputs::of(vec![x.clone()]), &mut Pass::training()).unwrap();
            tape.stop();
            let list = y[0].node().unwrap().list_id();
            let nodes: Vec<_> =
                layer.trainable_variables().iter().map(|v| v.node_on(list)).collect();
            let gradients = tape.gradient_of_nodes(&y[0], &nodes, None).unwrap();
            assert!(gradients.iter().all(Option::is_some), "{class}");
            let plain = LayerInstance::make(
                layer::find(class).unwrap(),
                layer.config_arguments().into_iter().filter(|(n, _)| n != "lora_rank").collect(),
            )
            .unwrap();
            plain.build(&[Shape::known(shape)]).unwrap();
            for (to, from) in plain.variables().iter().zip(layer.merged_variables().unwrap()) {
                to.assign(&from).unwrap();
            }
            let z = plain.call(Inputs::of(vec![x]), &mut Pass::inference()).unwrap();
            let gap = check::numbers(y[0].array())
                .iter()
                .zip(check::numbers(z[0].array()))
                .fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
            assert!(gap < 1e-5, "{class}: {gap}");
        }
    }
}
