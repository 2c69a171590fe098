//! What recurrent layers share: their arguments, weights, shapes, and the way through the kernel.

use crate::activations::Activation;
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::dropout::factors;
use crate::kernels::recurrent::{Cell, Sequence, reverse_time, run};
use crate::layer::{Pass, WeightSpec};
use crate::layers::dropout::{disturb, stream};
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};

/// The arguments that all three have, by reference.
pub(super) struct Common<'a> {
    pub(super) cell: Cell,
    pub(super) units: usize,
    pub(super) activation: &'a Activation,
    pub(super) recurrent_activation: &'a Activation,
    pub(super) dropout: f64,
    pub(super) recurrent_dropout: f64,
    pub(super) seed: Option<i64>,
    pub(super) return_sequences: bool,
    pub(super) return_state: bool,
    pub(super) go_backwards: bool,
    pub(super) stateful: bool,
}

/// Initializer, regularizer and constraint of a weight.
pub(super) type Rules<'a> = (&'a Initializer, &'a Option<Regularizer>, &'a Option<Constraint>);

impl Common<'_> {
    fn input<'s>(&self, inputs: &'s [Shape]) -> Result<&'s Shape> {
        // Initial states may come along as further inputs.
        let Some(input) = inputs.first() else {
            return Err(Error::value("takes a sequence").received("nothing"));
        };
        input.expect_rank(3, "[batch, time, features]").map_err(|error| match input.rank() {
            2 => error
                .hint("x[..., None] gives each step one feature; Embedding makes vectors of ids"),
            _ => error
                .hint("return_sequences=True in the recurrent layer before keeps the axis of time"),
        })?;
        Ok(input)
    }

    pub(super) fn weights(
        &self,
        inputs: &[Shape],
        kernel: Rules<'_>,
        recurrent: Rules<'_>,
        bias: Option<Rules<'_>>,
    ) -> Result<Vec<WeightSpec>> {
        let features = self.input(inputs)?.features()?;
        let width = self.cell.gates() * self.units;
        let spec = |name, shape: &[usize], (initializer, regularizer, constraint): Rules<'_>| {
            WeightSpec::new(name, shape, initializer).with_rules(regularizer, constraint)
        };
        let mut weights = vec![
            spec("kernel", &[features, width], kernel),
            spec("recurrent_kernel", &[self.units, width], recurrent),
        ];
        if let Some(bias) = bias {
            weights.push(match self.cell {
                Cell::Gru { reset_after: true } => spec("bias", &[2, width], bias),
                _ => spec("bias", &[width], bias),
            });
        }
        Ok(weights)
    }

    pub(super) fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let input = self.input(inputs)?;
        let state = Shape(vec![input.0[0], Some(self.units)]);
        let mut shapes = vec![match self.return_sequences {
            true => input.with_features(self.units),
            false => state.clone(),
        }];
        if self.return_state {
            shapes.extend(std::iter::repeat_n(state, self.cell.states()));
        }
        Ok(shapes)
    }

    pub(super) fn kept(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        if !self.stateful {
            return Ok(Vec::new());
        }
        let input = self.input(inputs)?;
        let Some(batch) = input.0[0] else {
            return Err(Error::value(
                "stateful=True needs the size of a batch: each sample has its state",
            )
            .received(input.to_string())
            .expected("a fixed size in front, such as [32, time, features]")
            .hint("keras.Input(batch_shape=(32, 10, 8)), or Input(shape=(10, 8), batch_size=32)"));
        };
        let spec = || {
            WeightSpec::new("rnn_state", &[batch, self.units], &Initializer::named("zeros")).state()
        };
        Ok((0..self.cell.states()).map(|_| spec()).collect())
    }

    fn first_states(&self, inputs: &[Tensor], kept: &[Tensor], pass: &Pass) -> Result<Vec<Tensor>> {
        let x = &inputs[0];
        let shape = [x.shape()[0], self.units];
        let given = pass.named("initial_state").unwrap_or(&inputs[1..]);
        if let Some(state) = kept.first()
            && state.shape() != shape
        {
            return Err(Error::value("a stateful layer takes batches of one size only")
                .received(format!("{:?}", x.shape()))
                .expected(format!("{} samples, as it was built for", state.shape()[0]))
                .hint("batch_size=..., and a number of samples that is a multiple of it"));
        }
        if given.is_empty() && !kept.is_empty() {
            return Ok(kept.iter().map(Tensor::detach).collect());
        }
        if given.is_empty() {
            let zeros = Tensor::new(Array::zeros(&shape, x.dtype(), x.array().device())?);
            return Ok(vec![zeros; self.cell.states()]);
        }
        if given.len() != self.cell.states() {
            return Err(Error::value("initial_state has another number of states than the layer")
                .received(given.len().to_string())
                .expected(match self.cell {
                    Cell::Lstm => "2: [h, c]".to_owned(),
                    _ => "1".to_owned(),
                }));
        }
        for state in given {
            if state.shape() != shape {
                return Err(Error::value("an initial state has another shape than the layer's")
                    .received(format!("{:?}", state.shape()))
                    .expected(format!("{shape:?}")));
            }
        }
        Ok(given.to_vec())
    }

    pub(super) fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let kept = if self.stateful { self.cell.states().min(weights.len()) } else { 0 };
        let (weights, kept) = weights.split_at(weights.len() - kept);
        // A mask of the call itself comes before the one that rides along.
        let given =
            pass.named("mask").and_then(|mask| mask.first()).map(|mask| mask.array().clone());
        let (x, mask) = (&inputs[0], given.or_else(|| inputs[0].mask().cloned()));
        let (batch, time, features) = match *x.shape() {
            [batch, time, features] if time > 0 => (batch, time, features),
            _ => {
                return Err(Error::value("a sequence must have at least one step")
                    .received(format!("{:?}", x.shape()))
                    .expected("[batch, time, features]"));
            }
        };
        if weights[0].shape()[0] != features {
            return Err(Error::value(format!(
                "each step of the sequence must have {} features",
                weights[0].shape()[0]
            ))
            .received(format!("{:?}", x.shape())));
        }
        let states = self.first_states(inputs, kept, pass)?;
        let mut x = x.clone();
        let mut of_states = None;
        if pass.training && self.dropout > 0.0 {
            // The same inputs are dropped at each step.
            let random = stream(pass, self.seed);
            let kept = factors(&[batch, 1, features], self.dropout, &random)?;
            x = disturb(&x, Some(kept), None)?;
        }
        if pass.training && self.recurrent_dropout > 0.0 {
            let random = stream(pass, self.seed);
            of_states = Some(factors(&[batch, self.units], self.recurrent_dropout, &random)?);
        }
        let mask = match (mask, self.go_backwards) {
            (Some(mask), true) => {
                let order = Array::from_iter((0..time as u32).rev(), &Device::Cpu)?;
                Some(mask.to_dtype(DType::U8)?.contiguous()?.index_select(&order, 1)?)
            }
            (mask, _) => mask,
        };
        if self.go_backwards {
            x = reverse_time(&x)?;
        }
        let sequence = Sequence {
            cell: self.cell,
            activation: self.activation,
            recurrent_activation: self.recurrent_activation,
            kernel: &weights[0],
            recurrent_kernel: &weights[1],
            bias: weights.get(2),
            states: &states,
            mask: mask.as_ref(),
            factors: of_states,
        };
        let (outputs, states) = run(&x, &sequence)?;
        for (i, state) in states.iter().enumerate().take(kept.len()) {
            pass.update(weights.len() + i, state.array().clone());
        }
        let mut results = vec![match (self.return_sequences, &mask) {
            (true, _) => outputs,
            (false, None) => states[0].clone(),
            // Before the first step that counts the output is 0, whatever the state is.
            (false, Some(_)) => last_step(&outputs)?,
        }];
        if self.return_state {
            results.extend(states);
        }
        Ok(results)
    }
}

fn last_step(outputs: &Tensor) -> Result<Tensor> {
    let time = outputs.shape()[1];
    let value = outputs.array().narrow(1, time - 1, 1)?.squeeze(1)?.contiguous()?;
    Ok(crate::tape::record("last step", &[outputs], value, move |dy, _| {
        Ok(vec![Some(dy.unsqueeze(1)?.pad_with_zeros(1, time - 1, 0)?)])
    }))
}

macro_rules! recurrent {
    (
        $(#[doc = $doc:literal])*
        $name:ident($class:literal) {
            { $($head:tt)* } { $($middle:tt)* } { $($tail:tt)* }
        }
        |$own:ident| cell $cell:expr; gates $gates:expr; bias $bias:expr
    ) => {
        $crate::config! {
            $(#[doc = $doc])*
            pub struct $name($class) {
                /// Size of the output and of each state.
                units: usize,
                /// Of the result (and of an LSTM's cell state on its way out).
                activation: Activation = Activation::named("tanh").unwrap_or_else(|_| Activation::linear()),
                $($head)*
                /// Whether a bias is added.
                use_bias: bool = true,
                /// First values of the kernel.
                kernel_initializer: Initializer = Initializer::named("glorot_uniform"),
                /// First values of the recurrent kernel.
                recurrent_initializer: Initializer = Initializer::named("orthogonal"),
                /// First values of the bias.
                bias_initializer: Initializer = Initializer::named("zeros"),
                $($middle)*
                /// Charged for the kernel's size.
                kernel_regularizer: Option<Regularizer> = None,
                /// Charged for the recurrent kernel's size.
                recurrent_regularizer: Option<Regularizer> = None,
                /// Charged for the bias' size.
                bias_regularizer: Option<Regularizer> = None,
                /// Charged for the output's size.
                activity_regularizer: Option<Regularizer> = None,
                /// What the kernel is held to after each step.
                kernel_constraint: Option<Constraint> = None,
                /// What the recurrent kernel is held to after each step.
                recurrent_constraint: Option<Constraint> = None,
                /// What the bias is held to after each step.
                bias_constraint: Option<Constraint> = None,
                /// Share of the inputs that become 0 while training, the same ones at each step.
                dropout: Fraction = Fraction(0.0),
                /// Share of the previous output that becomes 0 while training, the same ones at each step.
                recurrent_dropout: Fraction = Fraction(0.0),
                /// A seed of its own for dropout.
                seed: Option<i64> = None,
                /// Whether the outputs of all steps come back, or that of the last one.
                return_sequences: bool = false,
                /// Whether the last states come back too.
                return_state: bool = false,
                /// Whether the sequence is read from its end; outputs stay in the order of reading.
                go_backwards: bool = false,
                /// Whether the states that a batch ends with are those that the next one begins with; needs batches of one
                /// fixed size. `reset_states()` begins anew.
                stateful: bool = false,
                /// Accepted; the loop is always one kernel.
                unroll: bool = false,
                $($tail)*
            }
        }

        /// The row of the table.
        pub static ENTRY: Entry = Entry::of::<$name>(Kind::Layer, &[], |args| {
            // What other versions of Keras write.
            args.take("zero_output_for_mask");
            args.take("implementation");
            args.take("use_cudnn");
            args.take("time_major");
            Ok(Made::Layer(Rc::new($name::from_args(args)?)))
        });

        impl $name {
            fn common(&self) -> Common<'_> {
                let $own = self;
                Common {
                    cell: $cell,
                    units: self.units,
                    activation: &self.activation,
                    recurrent_activation: $gates,
                    dropout: self.dropout.0,
                    recurrent_dropout: self.recurrent_dropout.0,
                    seed: self.seed,
                    return_sequences: self.return_sequences,
                    return_state: self.return_state,
                    go_backwards: self.go_backwards,
                    stateful: self.stateful,
                }
            }
        }

        impl Layer for $name {
            fn class_name(&self) -> &str {
                Self::NAME
            }

            fn config(&self) -> Config {
                let mut config = Configured::config(self);
                config.push(("zero_output_for_mask".to_owned(), crate::config::Arg::Bool(false)));
                config
            }

            fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                let $own = self;
                let of_bias: Initializer = $bias;
                self.common().weights(
                    inputs,
                    (&self.kernel_initializer, &self.kernel_regularizer, &self.kernel_constraint),
                    (
                        &self.recurrent_initializer,
                        &self.recurrent_regularizer,
                        &self.recurrent_constraint,
                    ),
                    self.use_bias.then_some((
                        &of_bias,
                        &self.bias_regularizer,
                        &self.bias_constraint,
                    )),
                )
            }

            fn kept(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
                self.common().kept(inputs)
            }

            fn is_stateful(&self) -> bool {
                self.stateful
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                self.common().output_shapes(inputs)
            }

            fn forward(
                &self,
                inputs: &[Tensor],
                weights: &[Tensor],
                pass: &mut Pass,
            ) -> Result<Vec<Tensor>> {
                self.common().forward(inputs, weights, pass)
            }

            fn tensor_arguments(&self) -> &'static [&'static str] {
                &["sequences"]
            }

            fn weights_group(&self) -> Option<&'static str> {
                Some("cell")
            }

            fn activity_regularizer(&self) -> Option<&Regularizer> {
                self.activity_regularizer.as_ref()
            }

            fn passes_mask(&self) -> bool {
                self.return_sequences
            }
        }
    };
}
pub(super) use recurrent;
