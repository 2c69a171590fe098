//! Sequences through a recurrent cell: LSTM, GRU, simple. Gates stand side by side in Keras' order.
//!
//! Shapes: x `[batch, time, features]`, kernel `[features, g u]`, recurrent kernel `[u, g u]`, bias `[g u]` (GRU with
//! `reset_after`: `[2, g u]`), states `[batch, u]`; u units, g gates.
//! LSTM (i, f, c, o; Hochreiter and Schmidhuber, 1997): `c = f c' + i a(z_c); h = o a(c)`.
//! GRU (z, r, h; Cho et al., 2014, arXiv:1406.1078): `h = z h' + (1 - z) a(x_h + r (h' U_h + b))`, or with the reset
//! before the product `a(x_h + (r h') U_h)`.
//! The loop through time has both products of a step (the weights being laid out once) and one pass over the gates; each
//! thread goes through all steps of its part of the batch. Backwards it is one loop too, then large products.
//! A masked step keeps the states and repeats the last output (zeros before the first).

mod cpu;
mod gru;
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
    let inner = cpu::Function::of(sequence.activation);
    let outer = cpu::Function::of(sequence.recurrent_activation);
    let functions = inner.zip(outer).filter(|_| is_cpu_f32(x.array()));
    match (sequence.cell, functions) {
        (Cell::Lstm, Some((inner, outer))) => {
            check_input(x)?;
            lstm(x, sequence, inner, outer)
        }
        (Cell::Gru { reset_after: true }, Some((inner, outer))) if sequence.mask.is_none() => {
            gru(&project(x, sequence)?, sequence, inner, outer)
        }
        _ => reference::run(&project(x, sequence)?, sequence),
    }
}

/// A recording's first result, and the others.
fn outputs_and_states(results: Vec<Tensor>) -> Result<(Tensor, Vec<Tensor>)> {
    let mut results = results.into_iter();
    let outputs = results.next().ok_or_else(|| crate::Error::runtime("a sequence has outputs"))?;
    Ok((outputs, results.collect()))
}

/// The sizes of `[batch, time, features]`.
fn check_input(x: &Tensor) -> Result<[usize; 3]> {
    <[usize; 3]>::try_from(x.shape()).map_err(|_| {
        crate::Error::value("a recurrent layer takes [batch, time, features]")
            .received(format!("{:?}", x.shape()))
    })
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

/// The fused GRU, from the projected input.
fn gru(
    z: &Tensor,
    sequence: &Sequence<'_>,
    inner: cpu::Function,
    outer: cpu::Function,
) -> Result<(Tensor, Vec<Tensor>)> {
    let u = sequence.recurrent_kernel;
    let [h] = sequence.states else {
        return Err(crate::Error::value("a GRU has one state")
            .received(format!("{}", sequence.states.len())));
    };
    let bias = sequence.bias.map(|bias| steps::row(bias, 1)).transpose()?;
    let mut inputs = vec![z, u, h];
    inputs.extend(&bias);
    let work = gru::Gru {
        batch: z.shape()[0],
        time: z.shape()[1],
        units: u.shape()[0],
        inner,
        outer,
        factors: sequence.factors.as_ref().map(steps::read).transpose()?,
    };
    let arrays = [z.array(), u.array(), h.array()];
    let forward = gru::forward(&work, arrays, bias.as_ref().map(Tensor::array))?;
    let (saved_u, saved_h) = (u.array().clone(), h.array().clone());
    let (gates, products, states) = (forward.gates, forward.products, forward.states);
    let values = vec![forward.y, forward.h];
    let results = tape::record_many("GRU", &inputs, values, move |dy, needed| {
        gru::backward(&work, [&saved_u, &saved_h], [&gates, &products, &states], dy, needed)
    });
    outputs_and_states(results)
}

/// The fused LSTM: input and recurrent products of a step go into the same sums.
fn lstm(
    x: &Tensor,
    sequence: &Sequence<'_>,
    inner: cpu::Function,
    outer: cpu::Function,
) -> Result<(Tensor, Vec<Tensor>)> {
    let (w, u) = (sequence.kernel, sequence.recurrent_kernel);
    let [h, c] = sequence.states else {
        return Err(crate::Error::value("an LSTM has two states")
            .received(format!("{}", sequence.states.len())));
    };
    let mut inputs = vec![x, w, u, h, c];
    inputs.extend(sequence.bias);
    let work = cpu::Lstm {
        batch: x.shape()[0],
        time: x.shape()[1],
        units: u.shape()[0],
        inner,
        outer,
        mask: sequence.mask.map(steps::read_mask).transpose()?,
        factors: sequence.factors.as_ref().map(steps::read).transpose()?,
    };
    let given = cpu::Given {
        x: x.array(),
        kernel: w.array(),
        bias: sequence.bias.map(Tensor::array),
        recurrent_kernel: u.array(),
        h: h.array(),
        c: c.array(),
    };
    let is_tracked = tape::is_tracked(&inputs);
    let forward = cpu::forward(&work, &given, is_tracked)?;
    let values = vec![forward.y, forward.h, forward.c];
    let [saved_x, saved_w, saved_u, saved_h, saved_c] =
        [x, w, u, h, c].map(|input| input.array().clone());
    let (gates, cells, states) = (forward.gates, forward.cells, forward.states);
    let results = tape::record_many("LSTM", &inputs, values, move |dy, needed| {
        let saved = [&saved_u, &saved_h, &saved_c, &states];
        let (dz, of_u, [of_h, of_c]) =
            cpu::backward(&work, saved, [&gates, &cells], dy, needed[2])?;
        let (rows, features) = (work.batch * work.time, saved_w.dim(0)?);
        let flat = saved_x.reshape((rows, features))?;
        let of_bias = needed.get(5).copied().unwrap_or(false);
        let wanted = [needed[0], needed[1], of_bias];
        let mut of_input = dense::backward(&flat, &saved_w, &dz, &wanted)?.into_iter();
        let mut next = || of_input.next().flatten();
        let of_x = next().map(|dx| dx.reshape(saved_x.dims())).transpose()?;
        let (of_w, of_bias) = (next(), next());
        let mut gradients = vec![of_x, of_w, of_u, Some(of_h), Some(of_c), of_bias];
        gradients.truncate(needed.len());
        Ok(gradients)
    });
    outputs_and_states(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use candle_core::Device;

    /// All outputs and last states in one tensor, so that one check sees all of them.
    fn joined(x: &Tensor, sequence: &Sequence<'_>) -> Result<Tensor> {
        let (y, states) = run(x, sequence)?;
        let rows = y.shape()[0];
        let mut all = ops::reshape(&y, &[rows, y.array().elem_count() / rows])?;
        for state in &states {
            all = steps::beside(&all, state)?;
        }
        Ok(all)
    }

    #[test]
    fn value_and_gradient() {
        let cells = [
            (Cell::Lstm, "tanh", "sigmoid"),
            (Cell::Lstm, "relu", "hard_sigmoid"),
            (Cell::Lstm, "softsign", "sigmoid"),
            (Cell::Gru { reset_after: true }, "tanh", "sigmoid"),
            (Cell::Gru { reset_after: false }, "tanh", "sigmoid"),
            (Cell::Simple, "tanh", "sigmoid"),
        ];
        let mask =
            Array::new(&[[0_u8, 1, 1, 0, 1], [1, 1, 0, 0, 1], [1, 1, 1, 1, 0]], &Device::Cpu)
                .unwrap();
        for (cell, inner, outer) in cells {
            for masked in [false, true] {
                let (batch, time, features, u) = (3, 5, 2, 3);
                let width = cell.gates() * u;
                let bias: &[usize] =
                    if cell == (Cell::Gru { reset_after: true }) { &[2, width] } else { &[width] };
                let mut inputs = vec![
                    check::values(&[batch, time, features], 1),
                    check::values(&[features, width], 2),
                    check::values(&[u, width], 3),
                    check::values(bias, 4),
                    check::values(&[batch, u], 5),
                ];
                if cell == Cell::Lstm {
                    inputs.push(check::values(&[batch, u], 6));
                }
                let (activation, recurrent) =
                    (Activation::named(inner).unwrap(), Activation::named(outer).unwrap());
                let f = |i: &[Tensor]| {
                    let factors = check::values_in(&[batch, u], 9, 0.5, 1.5).into_array();
                    joined(
                        &i[0],
                        &Sequence {
                            cell,
                            activation: &activation,
                            recurrent_activation: &recurrent,
                            kernel: &i[1],
                            recurrent_kernel: &i[2],
                            bias: Some(&i[3]),
                            states: &i[4..],
                            mask: masked.then_some(&mask),
                            factors: (outer == "sigmoid")
                                .then(|| factors.to_dtype(i[0].dtype()).unwrap()),
                        },
                    )
                };
                let name = format!("{cell:?} {inner} {outer} masked={masked}");
                check::gradients_within(&name, f, &inputs, 1e-5);
                check::same_in_float32(&name, f, &inputs, 1e-5);
            }
        }
    }

    #[test]
    fn a_large_lstm_agrees_too() {
        let (batch, time, features, u) = (37, 11, 19, 33);
        let inputs = [
            check::values(&[batch, time, features], 1),
            check::values_in(&[features, 4 * u], 2, -0.3, 0.3),
            check::values_in(&[u, 4 * u], 3, -0.3, 0.3),
            check::values(&[4 * u], 4),
            check::values(&[batch, u], 5),
            check::values(&[batch, u], 6),
        ];
        let (tanh, sigmoid) =
            (Activation::named("tanh").unwrap(), Activation::named("sigmoid").unwrap());
        let f = |i: &[Tensor]| {
            joined(
                &i[0],
                &Sequence {
                    cell: Cell::Lstm,
                    activation: &tanh,
                    recurrent_activation: &sigmoid,
                    kernel: &i[1],
                    recurrent_kernel: &i[2],
                    bias: Some(&i[3]),
                    states: &i[4..],
                    mask: None,
                    factors: None,
                },
            )
        };
        check::same_in_float32("LSTM", f, &inputs, 2e-5);
    }
}
