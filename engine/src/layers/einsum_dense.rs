//! EinsumDense: a dense layer whose product is written as an equation.

use crate::activations::Activation;
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::layer::{Layer, Pass, WeightSpec};
use crate::lora::{LoraArguments, without_lora};
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::rc::Rc;

config! {
    /// A dense layer between axes of your choice: `activation(einsum(equation, inputs, kernel) + bias)`.
    ///
    /// Shapes: as the equation says. `"ab,bc->ac"` is Dense; `"...x,xy->...y"` keeps all other axes.
    pub struct EinsumDense("EinsumDense") {
        /// Letters of the input, the kernel and the output: `"abc,cde->abde"`.
        equation: String,
        /// The output's axes without the batch; `None` for those that the input tells.
        output_shape: Arg,
        /// Applied to the result; `None` leaves it as it is.
        activation: Activation = Activation::linear(),
        /// The output's letters along which a bias is added; `None`: no bias.
        bias_axes: Option<String> = None,
        /// First values of the kernel.
        kernel_initializer: Initializer = Initializer::named("glorot_uniform"),
        /// First values of the bias.
        bias_initializer: Initializer = Initializer::named("zeros"),
        /// Charged for the kernel's size.
        kernel_regularizer: Option<Regularizer> = None,
        /// Charged for the bias' size.
        bias_regularizer: Option<Regularizer> = None,
        /// Charged for the output's size.
        activity_regularizer: Option<Regularizer> = None,
        /// What the kernel is held to after each step.
        kernel_constraint: Option<Constraint> = None,
        /// What the bias is held to after each step.
        bias_constraint: Option<Constraint> = None,
        /// Rank of a trainable correction `a @ b` to a frozen kernel; `layer.enable_lora(rank)` adds one later.
        ///
        /// Hu et al., 2021, arXiv:2106.09685.
        lora_rank: Option<usize> = None,
        /// The correction is multiplied by `lora_alpha / lora_rank`; `None`: the rank.
        lora_alpha: Option<f64> = None,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<EinsumDense>(Kind::Layer, &[], |args| {
    args.take("quantization_config");
    let layer = EinsumDense::from_args(args)?;
    layer.terms()?;
    Ok(Made::Layer(Rc::new(layer)))
});

/// The letters of the equation, and on which side other axes may stand.
struct Terms {
    input: Vec<char>,
    kernel: Vec<char>,
    output: Vec<char>,
    elided: Elided,
}

#[derive(Clone, Copy, PartialEq)]
enum Elided {
    Nothing,
    Left,
    Right,
}

/// The shapes that an input leads to.
struct Shapes {
    kernel: Vec<usize>,
    bias: Vec<usize>,
    output: Shape,
}

impl EinsumDense {
    fn terms(&self) -> Result<Terms> {
        let refuse = || {
            Error::value("the equation has none of the forms that a layer can have")
                .received(format!("{:?}", self.equation))
                .expected("\"ab,bc->ac\", \"...ab,bc->...ac\" or \"ab...,bc->ac...\"")
        };
        let text: String = self.equation.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, output) = text.split_once("->").ok_or_else(refuse)?;
        let (input, kernel) = left.split_once(',').ok_or_else(refuse)?;
        let elided = match (input, output) {
            (i, o) if i.starts_with("...") && o.starts_with("...") => Elided::Left,
            (i, o) if i.ends_with("...") && o.ends_with("...") => Elided::Right,
            _ => Elided::Nothing,
        };
        let letters = |term: &str| -> Vec<char> { term.replace("...", "").chars().collect() };
        let terms = Terms {
            input: letters(input),
            kernel: letters(kernel),
            output: letters(output),
            elided,
        };
        let all = [&terms.input, &terms.kernel, &terms.output];
        let is_fine = all.iter().all(|t| !t.is_empty() && t.iter().all(char::is_ascii_alphabetic));
        if is_fine { Ok(terms) } else { Err(refuse()) }
    }

    fn shapes(&self, input: &Shape) -> Result<Shapes> {
        let terms = self.terms()?;
        let rank = input.rank();
        let named = terms.input.len();
        let refuse = |what: String| Error::value(what).received(input.to_string());
        if rank < named || (rank > named && terms.elided == Elided::Nothing) {
            return Err(refuse(format!(
                "the equation {:?} does not fit an input of {rank} axes",
                self.equation
            )));
        }
        let extra = rank - named;
        let size = |arg: &Arg| match arg {
            Arg::None => Ok(None),
            arg => usize::parse(arg).map(Some),
        };
        let mut output: Vec<Option<usize>> = match &self.output_shape {
            Arg::List(sizes) => sizes.iter().map(size).collect::<Result<_>>()?,
            one => vec![size(one)?],
        };
        output.insert(0, input.0[0]);
        let (shift_in, shift_out) = match terms.elided {
            Elided::Left => {
                for axis in 1..extra {
                    output.insert(axis, input.0[axis]);
                }
                (extra, extra)
            }
            Elided::Right => {
                output.extend(&input.0[rank - extra..]);
                (0, 0)
            }
            Elided::Nothing => (0, 0),
        };
        let of_input = |letter: char| {
            terms.input.iter().position(|c| *c == letter).map(|i| input.0[i + shift_in])
        };
        let place =
            |letter: char| terms.output.iter().position(|c| *c == letter).map(|i| i + shift_out);
        if output.len() != terms.output.len() + extra {
            return Err(refuse("output_shape does not fit the equation".to_owned())
                .received(self.output_shape.describe())
                .expected(format!("{:?} without the batch", self.equation)));
        }
        for letter in &terms.output {
            if let (Some(place), Some(size)) = (place(*letter), of_input(*letter))
                && output[place].is_none()
            {
                output[place] = size;
            }
        }
        let sized = |letter: char| -> Result<usize> {
            let size = match of_input(letter) {
                Some(size) => size,
                None => place(letter).and_then(|place| output[place]),
            };
            size.ok_or_else(|| {
                refuse(format!("the size of {letter} must be known to make the weights"))
            })
        };
        let kernel = terms.kernel.iter().map(|c| sized(*c)).collect::<Result<Vec<_>>>()?;
        let mut bias = Vec::new();
        if let Some(axes) = &self.bias_axes {
            let first =
                axes.chars().filter_map(|c| terms.output.iter().position(|o| *o == c)).min();
            let first = first.ok_or_else(|| {
                Error::value("bias_axes must be letters of the output")
                    .received(format!("{axes:?}"))
            })?;
            for letter in &terms.output[first..] {
                let size = place(*letter).and_then(|place| output[place]);
                bias.push(match axes.contains(*letter) {
                    true => {
                        size.ok_or_else(|| refuse(format!("the size of {letter} must be known")))?
                    }
                    false => 1,
                });
            }
            if terms.elided == Elided::Right {
                bias.extend(std::iter::repeat_n(1, extra));
            }
        }
        Ok(Shapes { kernel, bias, output: Shape(output) })
    }
}

impl Layer for EinsumDense {
    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        without_lora(Configured::config(self))
    }

    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        let shapes = self.shapes(&inputs[0])?;
        let mut weights = vec![
            WeightSpec::new("kernel", &shapes.kernel, &self.kernel_initializer)
                .with_rules(&self.kernel_regularizer, &self.kernel_constraint),
        ];
        if self.bias_axes.is_some() {
            weights.push(
                WeightSpec::new("bias", &shapes.bias, &self.bias_initializer)
                    .with_rules(&self.bias_regularizer, &self.bias_constraint),
            );
        }
        Ok(weights)
    }

    fn lora(&self) -> Option<LoraArguments> {
        Some(LoraArguments::of_kernel(self.lora_rank, self.lora_alpha))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        match inputs {
            [input] => Ok(vec![self.shapes(input)?.output]),
            _ => Err(Error::value("takes one input").received(format!("{} inputs", inputs.len()))),
        }
    }

    fn forward(&self, inputs: &[Tensor], weights: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        let mut y = ops::einsum(&self.equation, &[inputs[0].clone(), weights[0].clone()])?;
        if let Some(bias) = weights.get(1) {
            y = ops::add(&y, bias)?;
        }
        Ok(vec![self.activation.apply(&y)?])
    }

    fn activity_regularizer(&self) -> Option<&Regularizer> {
        self.activity_regularizer.as_ref()
    }
}
