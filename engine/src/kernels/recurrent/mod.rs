//! Sequences through a recurrent cell: LSTM, GRU, simple. Gates stand side by side in Keras' order.
//!
//! Shapes: x `[batch, time, features]`, kernel `[features, g u]`, recurrent kernel `[u, g u]`, bias `[g u]` (GRU with
//! `reset_after`: `[2, g u]`), states `[batch, u]`; u units, g gates.
//! LSTM (i, f, c, o; Hochreiter and Schmidhuber, 1997): `c = f c' + i a(z_c); h = o a(c)`.
//! GRU (z, r, h; Cho et al., 2014, arXiv:1406.1078): `h = z h' + (1 - z) a(x_h + r (h' U_h + b))`, or with the reset
//! before the product `a(x_h + (r h') U_h)`.
//! The products of the input are made for all steps at once; the loop through time has the recurrent product and one
//! pass over the gates. Backwards it is one loop too, then three large products.
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
    let projected = project(x, sequence)?;
    let inner = cpu::Function::of(sequence.activation);
    let outer = cpu::Function::of(sequence.recurrent_activation);
    let (Some(inner), Some(outer), true) = (inner, outer, is_cpu_f32(x.array())) else {
        return reference::run(&projected, sequence);
    };
    match sequence.cell {
        Cell::Lstm => lstm(&projected, sequence, inner, outer),
        Cell::Gru { reset_after: true } if sequence.mask.is_none() => {
            gru(&projected, sequence, inner, outer)
        }
        _ => reference::run(&projected, sequence),
    }
}

/// `x W + b` for all steps: `[batch, time, g u]`.
fn project(x: &Tensor, sequence: &Sequence<'_>) -> Result<Tensor> {
    let [batch, time, features] = x.shape() else {
        return Err(crate::Error::value("a recurrent layer takes [batch, time, features]")
            .received(format!("{:?}", x.shape())));
    };
    let flat = ops::reshape(x, &[batch * time, *features])?;
    let width = sequence.kernel.shape()[1];
    let bias = match sequence.bias {
        // Row 0 is the bias of the input, row 1 that of the recurrent product.
        Some(bias) if bias.shape().len() == 2 => Some(steps::row(bias, 0)?),
        Some(bias) => Some(bias.clone()),
        None => None,
    };
    let z = dense::dense(&flat, sequence.kernel, bias.as_ref())?;
    ops::reshape(&z, &[*batch, *time, width])
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
    let mut results = tape::record_many("GRU", &inputs, values, move |dy, needed| {
        gru::backward(&work, [&saved_u, &saved_h], [&gates, &products, &states], dy, needed)
    });
    let states = results.split_off(1);
    let first = results.pop().ok_or_else(|| crate::Error::runtime("a GRU has outputs"))?;
    Ok((first, states))
}

/// The fused LSTM, from the projected input.
fn lstm(
    z: &Tensor,
    sequence: &Sequence<'_>,
    inner: cpu::Function,
    outer: cpu::Function,
) -> Result<(Tensor, Vec<Tensor>)> {
    let u = sequence.recurrent_kernel;
    let [h, c] = sequence.states else {
        return Err(crate::Error::value("an LSTM has two states")
            .received(format!("{}", sequence.states.len())));
    };
    let inputs = [z, u, h, c];
    let work = cpu::Lstm {
        batch: z.shape()[0],
        time: z.shape()[1],
        units: u.shape()[0],
        inner,
        outer,
        mask: sequence.mask.map(steps::read_mask).transpose()?,
        factors: sequence.factors.as_ref().map(steps::read).transpose()?,
    };
    let forward = cpu::forward(&work, inputs.map(Tensor::array))?;
    let values = vec![forward.y, forward.h, forward.c];
    if !tape::is_tracked(&inputs) {
        let mut results = values.into_iter().map(Tensor::new);
        let first = results.next().ok_or_else(|| crate::Error::runtime("an LSTM has outputs"))?;
        return Ok((first, results.collect()));
    }
    let (saved_u, saved_h, saved_c) = (u.array().clone(), h.array().clone(), c.array().clone());
    let (gates, cells, states) = (forward.gates, forward.cells, forward.states);
    let mut results = tape::record_many("LSTM", &inputs, values, move |dy, needed| {
        cpu::backward(&work, [&saved_u, &saved_h, &saved_c, &states], [&gates, &cells], dy, needed)
    });
    let states = results.split_off(1);
    let first = results.pop().ok_or_else(|| crate::Error::runtime("an LSTM has outputs"))?;
    Ok((first, states))
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
