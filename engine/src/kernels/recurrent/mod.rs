//! Sequences through a recurrent cell: LSTM, GRU, simple. Gates stand side by side in Keras' order.
//!
//! Shapes: x `[batch, time, features]`, kernel `[features, g u]`, recurrent kernel `[u, g u]`, bias `[g u]` (GRU with
//! `reset_after`: `[2, g u]`), states `[batch, u]`; u units, g gates.
//! LSTM (i, f, c, o; Hochreiter and Schmidhuber, 1997): `c = f c' + i a(z_c); h = o a(c)`.
//! GRU (z, r, h; Cho et al., 2014, arXiv:1406.1078): `h = z h' + (1 - z) a(x_h + r (h' U_h + b))`, or with the reset
//! before the product `a(x_h + (r h') U_h)`.
//! Simple (Elman, 1990): `h = a(x_h + h' U)`.
//! One loop through time serves all of them (`cpu.rs`): both products of a step go into the same sums, the weights being
//! laid out once, and each cell has its arithmetic of the gates (`gates.rs`); each thread goes through all steps of its
//! part of the batch. Backwards it is one loop too, then large products.
//! Of inputs that are entries of a table (an embedding's), the product of each entry is made once.
//! A masked step keeps the states and repeats the last output (zeros before the first).

mod cpu;
mod functions;
mod gates;
pub mod reference;
mod steps;

use super::dense;
use super::slices::is_cpu_f32;
use crate::activations::Activation;
use crate::error::Result;
use crate::ops;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use functions::Function;
pub use steps::reverse_time;

/// Which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Gates i, f, c, o; states h and c.
    Lstm,
    /// Gates z, r, h; whether the reset gate acts after the recurrent product.
    Gru {
        /// Keras' default; with two rows of bias.
        reset_after: bool,
    },
    /// No gates.
    Simple,
}

impl Cell {
    /// Gates side by side in the kernels.
    pub fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru { .. } => 3,
            Cell::Simple => 1,
        }
    }

    /// Number of states.
    pub fn states(self) -> usize {
        if self == Cell::Lstm { 2 } else { 1 }
    }
}

/// What a sequence is run with.
pub struct Sequence<'a> {
    /// The cell.
    pub cell: Cell,
    /// Of the candidate and, in an LSTM, of the result.
    pub activation: &'a Activation,
    /// Of the gates.
    pub recurrent_activation: &'a Activation,
    /// `[features, g u]`
    pub kernel: &'a Tensor,
    /// `[u, g u]`
    pub recurrent_kernel: &'a Tensor,
    /// `[g u]`, for a GRU with `reset_after` `[2, g u]`
    pub bias: Option<&'a Tensor>,
    /// First states `[batch, u]`.
    pub states: &'a [Tensor],
    /// `[batch, time]`, 0 where a step does not count.
    pub mask: Option<&'a Array>,
    /// `[batch, u]`: what the previous output is multiplied by before the recurrent product (dropout).
    pub factors: Option<Array>,
}

/// Outputs of all steps `[batch, time, u]`, and the last states.
pub fn run(x: &Tensor, sequence: &Sequence<'_>) -> Result<(Tensor, Vec<Tensor>)> {
    let inner = Function::of(sequence.activation);
    let outer = match sequence.cell {
        Cell::Simple => inner,
        _ => Function::of(sequence.recurrent_activation),
    };
    match (inner, outer) {
        (Some(inner), Some(outer)) if is_cpu_f32(x.array()) => fused(x, sequence, [inner, outer]),
        _ => reference::run(&project(x, sequence)?, sequence),
    }
}

/// The sizes of `[batch, time, features]`.
fn check_input(x: &Tensor) -> Result<[usize; 3]> {
    <[usize; 3]>::try_from(x.shape()).map_err(|_| {
        crate::Error::value("a recurrent layer takes [batch, time, features]")
            .received(format!("{:?}", x.shape()))
    })
}

/// Refuses states that are not those of the cell.
fn check_states(sequence: &Sequence<'_>) -> Result<()> {
    let (given, expected) = (sequence.states.len(), sequence.cell.states());
    if given == expected {
        return Ok(());
    }
    Err(crate::Error::value("the cell has another number of states")
        .received(given.to_string())
        .expected(expected.to_string()))
}

/// `x W + b` for all steps: `[batch, time, g u]`.
fn project(x: &Tensor, sequence: &Sequence<'_>) -> Result<Tensor> {
    let [batch, time, features] = check_input(x)?;
    let flat = ops::reshape(x, &[batch * time, features])?;
    let width = sequence.kernel.shape()[1];
    let bias = match sequence.bias {
        // Row 0 is the bias of the input, row 1 that of the recurrent product.
        Some(bias) if bias.shape().len() == 2 => Some(steps::row(bias, 0)?),
        Some(bias) => Some(bias.clone()),
        None => None,
    };
    let z = dense::dense(&flat, sequence.kernel, bias.as_ref())?;
    ops::reshape(&z, &[batch, time, width])
}

/// All steps in one kernel: input and recurrent products of a step go into the same sums.
fn fused(
    x: &Tensor,
    sequence: &Sequence<'_>,
    functions: [Function; 2],
) -> Result<(Tensor, Vec<Tensor>)> {
    let [batch, time, features] = check_input(x)?;
    let cell = sequence.cell;
    check_states(sequence)?;
    let array = |tensor: &Tensor| tensor.array().clone();
    let given = cpu::Given {
        x: array(x),
        kernel: array(sequence.kernel),
        recurrent_kernel: array(sequence.recurrent_kernel),
        bias: sequence.bias.map(array),
        states: sequence.states.iter().map(array).collect(),
    };
    let work = cpu::Work {
        cell,
        functions,
        batch,
        time,
        units: sequence.recurrent_kernel.shape()[0],
        mask: sequence.mask.map(steps::read_mask).transpose()?,
        factors: sequence.factors.as_ref().map(steps::read).transpose()?,
    };
    let mut inputs = vec![x, sequence.kernel, sequence.recurrent_kernel];
    inputs.extend(sequence.states);
    inputs.extend(sequence.bias);
    let entries = x.notes().and_then(|notes| notes.entries.clone());
    let keep = tape::is_tracked(&inputs);
    let (outputs, last, saved) = cpu::forward(&work, &given, entries.as_deref(), keep)?;
    let mut values = vec![outputs];
    values.extend(last);
    let results = tape::record_many("recurrence", &inputs, values, move |dy, needed| {
        let of_bias = needed.get(3 + cell.states()).copied().unwrap_or(false);
        let found = cpu::backward(&work, &given, &saved, dy, [needed[2], of_bias])?;
        let flat = given.x.reshape((batch * time, features))?;
        let mut gradients = dense::backward(&flat, &given.kernel, &found.sums, &needed[..2])?;
        if let Some(of_x) = &mut gradients[0] {
            *of_x = of_x.reshape(given.x.dims())?;
        }
        gradients.push(found.recurrent_kernel);
        gradients.extend(found.states.into_iter().map(Some));
        gradients.push(found.bias);
        gradients.truncate(needed.len());
        Ok(gradients)
    });
    let mut results = results.into_iter();
    let outputs = results.next().ok_or_else(|| crate::Error::runtime("a sequence has outputs"))?;
    Ok((outputs, results.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use candle_core::{DType, Device};

    const CELLS: [Cell; 4] = [
        Cell::Lstm,
        Cell::Gru { reset_after: true },
        Cell::Gru { reset_after: false },
        Cell::Simple,
    ];

    /// One case: sizes `[batch, time, features, units]`, names of the functions, what disturbs.
    struct Case {
        cell: Cell,
        sizes: [usize; 4],
        functions: [&'static str; 2],
        masked: bool,
        dropped: bool,
        biased: bool,
    }

    impl Case {
        fn name(&self) -> String {
            let Case { cell, sizes, functions, masked, dropped, biased } = self;
            format!("{cell:?} {sizes:?} {functions:?} {masked} {dropped} {biased}")
        }

        /// x, both kernels, states that are not 0, and the bias.
        fn inputs(&self) -> Vec<Tensor> {
            let [batch, time, features, u] = self.sizes;
            let width = self.cell.gates() * u;
            let spread = 1.0 / (u as f64).sqrt();
            let mut inputs = vec![
                check::values(&[batch, time, features], 1),
                check::values_in(&[features, width], 2, -spread, spread),
                check::values_in(&[u, width], 3, -spread, spread),
            ];
            for state in 0..self.cell.states() {
                inputs.push(check::values(&[batch, u], 5 + state as u64));
            }
            let bias: &[usize] = match self.cell {
                Cell::Gru { reset_after: true } => &[2, width],
                _ => &[width],
            };
            inputs.extend(self.biased.then(|| check::values(bias, 4)));
            inputs
        }

        /// All outputs and last states in one tensor, so that one check sees all of them.
        fn run(&self, inputs: &[Tensor]) -> Result<Tensor> {
            let [batch, time, _, u] = self.sizes;
            let [activation, recurrent_activation] =
                self.functions.map(|name| Activation::named(name).unwrap());
            // Masked steps in front, in between and at the end, and a sample that has no others.
            let counts = |i: usize| i / time != 2 && ![0, 1, 6].contains(&(i % 7));
            let flags: Vec<u8> = (0..batch * time).map(|i| u8::from(counts(i))).collect();
            let mask = Array::from_vec(flags, (batch, time), &Device::Cpu)?;
            let factors = check::values_in(&[batch, u], 9, 0.5, 1.5).into_array();
            let states = 3..3 + self.cell.states();
            let sequence = Sequence {
                cell: self.cell,
                activation: &activation,
                recurrent_activation: &recurrent_activation,
                kernel: &inputs[1],
                recurrent_kernel: &inputs[2],
                bias: inputs.get(states.end),
                states: &inputs[states],
                mask: self.masked.then_some(&mask),
                factors: self.dropped.then(|| factors.to_dtype(inputs[0].dtype()).unwrap()),
            };
            let (y, states) = run(&inputs[0], &sequence)?;
            let mut all = ops::reshape(&y, &[batch, time * u])?;
            for state in &states {
                all = steps::beside(&all, state)?;
            }
            Ok(all)
        }
    }

    fn all_cases(work: impl Fn(Case)) {
        for cell in CELLS {
            for sizes in [[3, 5, 2, 3], [1, 1, 3, 1], [37, 11, 19, 33]] {
                for functions in [
                    ["tanh", "sigmoid"],
                    ["relu", "hard_sigmoid"],
                    ["linear", "sigmoid"],
                    ["softsign", "sigmoid"],
                ] {
                    // Large ones take long, mostly in the reference.
                    let step = if sizes[0] > 3 { 7 } else { 1 };
                    for bits in (0..8).step_by(step) {
                        let [masked, dropped, biased] = [1, 2, 4].map(|bit| bits & bit != 0);
                        work(Case { cell, sizes, functions, masked, dropped, biased });
                    }
                }
            }
        }
    }

    #[test]
    fn values_and_gradients() {
        all_cases(|case| {
            let inputs = case.inputs();
            if case.sizes[3] < 10 {
                check::gradients_within(&case.name(), |i| case.run(i), &inputs, 1e-5);
            }
            check::same_in_float32(&case.name(), |i| case.run(i), &inputs, 2e-5);
        });
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let bits = |cell, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let functions = ["tanh", "sigmoid"];
                let sizes = [37, 29, 19, 33];
                let case =
                    Case { cell, sizes, functions, masked: true, dropped: true, biased: true };
                let tape = tape::Tape::start();
                let inputs = case.inputs().into_iter().map(|input| {
                    tape.watch(&Tensor::new(input.array().to_dtype(DType::F32).unwrap()))
                });
                let inputs: Vec<Tensor> = inputs.collect();
                let y = case.run(&inputs).unwrap();
                tape.stop();
                let found = tape.gradient(&y, &inputs.iter().collect::<Vec<_>>()).unwrap();
                let mut bits = check::numbers(y.array());
                for gradient in found.iter().flatten() {
                    bits.extend(check::numbers(gradient));
                }
                bits
            })
        };
        for cell in CELLS {
            let alone = bits(cell, 1);
            for threads in [2, 5] {
                assert!(alone == bits(cell, threads), "{cell:?} with {threads} threads");
            }
        }
    }

    #[test]
    fn products_of_entries_change_no_bit() -> Result<()> {
        use crate::kernels::embedding::embedding;
        for cell in CELLS {
            let (batch, time, u) = (37, 12, 20);
            let width = cell.gates() * u;
            let table = ops::cast(&check::values(&[50, 24], 1), DType::F32)?;
            let numbers: Vec<i64> =
                (0..batch * time).map(|i| (i * i + 3 * i) as i64 % 50).collect();
            let x = embedding(&Array::from_vec(numbers, (batch, time), &Device::Cpu)?, &table)?;
            let entries = x.notes().and_then(|notes| notes.entries.as_ref());
            assert_eq!(entries.map(|entries| entries.numbers.len()), Some(batch * time));
            let bias: &[usize] =
                if width == 3 * u && cell == CELLS[1] { &[2, width] } else { &[width] };
            let [kernel, recurrent_kernel, bias] = [&[24, width][..], &[u, width], bias]
                .map(|shape| check::values_in(shape, 2, -0.3, 0.3));
            let [kernel, recurrent_kernel, bias] = [
                ops::cast(&kernel, DType::F32)?,
                ops::cast(&recurrent_kernel, DType::F32)?,
                ops::cast(&bias, DType::F32)?,
            ];
            let states =
                vec![ops::cast(&check::values(&[batch, u], 5), DType::F32)?; cell.states()];
            let (activation, recurrent_activation) =
                (Activation::named("tanh")?, Activation::named("sigmoid")?);
            let outputs = |x: &Tensor| -> Result<Vec<f64>> {
                let sequence = Sequence {
                    cell,
                    activation: &activation,
                    recurrent_activation: &recurrent_activation,
                    kernel: &kernel,
                    recurrent_kernel: &recurrent_kernel,
                    bias: Some(&bias),
                    states: &states,
                    mask: None,
                    factors: None,
                };
                Ok(check::numbers(run(x, &sequence)?.0.array()))
            };
            assert_eq!(outputs(&x)?, outputs(&Tensor::new(x.array().clone()))?, "{cell:?}");
        }
        Ok(())
    }
}
