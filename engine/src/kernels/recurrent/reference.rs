//! The same, step by step in tracked operations: any cell, activation, element type and device.

use super::steps::{add, add_row, complement, gates, multiply, row, scaled, stack, unstack};
use super::{Cell, Sequence, check_states};
use crate::error::Result;
use crate::kernels::dense::dense;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// Outputs of all steps and the last states, from the projected input `[batch, time, g u]`.
pub fn run(projected: &Tensor, sequence: &Sequence<'_>) -> Result<(Tensor, Vec<Tensor>)> {
    let mut states = sequence.states.to_vec();
    check_states(sequence)?;
    let after = match (sequence.cell, sequence.bias) {
        (Cell::Gru { reset_after: true }, Some(bias)) => Some(row(bias, 1)?),
        _ => None,
    };
    let mut outputs: Vec<Tensor> = Vec::new();
    for (step, z) in unstack(projected)?.iter().enumerate() {
        let before = match &sequence.factors {
            Some(factors) => scaled(&states[0], factors)?,
            None => states[0].clone(),
        };
        let next = match sequence.cell {
            Cell::Lstm => lstm(z, &before, &states, sequence)?,
            Cell::Gru { reset_after } => {
                vec![gru(z, &before, &states[0], reset_after, after.as_ref(), sequence)?]
            }
            Cell::Simple => {
                let recurrent = dense(&before, sequence.recurrent_kernel, None)?;
                vec![sequence.activation.apply(&add(z, &recurrent)?)?]
            }
        };
        let Some(mask) = sequence.mask else {
            outputs.push(next[0].clone());
            states = next;
            continue;
        };
        let kept = mask.narrow(1, step, 1)?.to_dtype(DType::U8)?.ne(0_u8)?.to_dtype(z.dtype())?;
        let kept = kept.to_device(z.array().device())?;
        let last = outputs.last().cloned();
        outputs.push(choose(&kept, &next[0], last.as_ref())?);
        for (state, next) in states.iter_mut().zip(&next) {
            *state = choose(&kept, next, Some(state))?;
        }
    }
    Ok((stack(&outputs)?, states))
}

/// `yes` where `kept` is 1, else `no` (zeros, if there is none).
fn choose(kept: &Array, yes: &Tensor, no: Option<&Tensor>) -> Result<Tensor> {
    let yes = scaled(yes, kept)?;
    match no {
        Some(no) => add(&yes, &scaled(no, &kept.affine(-1.0, 1.0)?)?),
        None => Ok(yes),
    }
}

fn lstm(
    z: &Tensor,
    before: &Tensor,
    states: &[Tensor],
    sequence: &Sequence<'_>,
) -> Result<Vec<Tensor>> {
    let z = gates(&add(z, &dense(before, sequence.recurrent_kernel, None)?)?, 4)?;
    let gate = |i: usize| sequence.recurrent_activation.apply(&z[i]);
    let candidate = sequence.activation.apply(&z[2])?;
    let c = add(&multiply(&gate(1)?, &states[1])?, &multiply(&gate(0)?, &candidate)?)?;
    let h = multiply(&gate(3)?, &sequence.activation.apply(&c)?)?;
    Ok(vec![h, c])
}

fn gru(
    z: &Tensor,
    before: &Tensor,
    h: &Tensor,
    reset_after: bool,
    bias: Option<&Tensor>,
    sequence: &Sequence<'_>,
) -> Result<Tensor> {
    let x = gates(z, 3)?;
    let kernel = sequence.recurrent_kernel;
    let (update, candidate) = if reset_after {
        let product = dense(before, kernel, None)?;
        let product = match bias {
            Some(bias) => add_row(&product, bias)?,
            None => product,
        };
        let recurrent = gates(&product, 3)?;
        let gate = |i: usize| sequence.recurrent_activation.apply(&add(&x[i], &recurrent[i])?);
        let (update, reset) = (gate(0)?, gate(1)?);
        (update, add(&x[2], &multiply(&reset, &recurrent[2])?)?)
    } else {
        let kernels = gates(kernel, 3)?;
        let gate = |i: usize| {
            let product = dense(before, &kernels[i], None)?;
            sequence.recurrent_activation.apply(&add(&x[i], &product)?)
        };
        let (update, reset) = (gate(0)?, gate(1)?);
        let product = dense(&multiply(&reset, before)?, &kernels[2], None)?;
        (update, add(&x[2], &product)?)
    };
    let candidate = sequence.activation.apply(&candidate)?;
    add(&multiply(&update, h)?, &multiply(&complement(&update)?, &candidate)?)
}
