//! The GRU's loop through time on slices, with the reset gate after the recurrent product. The batch is split among
//! threads as for the LSTM.

use super::cpu::{Function, add, multiply, rows_per_task};
use crate::error::Result;
use crate::kernels::dense::{sum_rows, with_bias};
use crate::kernels::product::{self, Finish, Matrix, Packed, product};
use crate::kernels::simd::simd;
use crate::kernels::slices::{from_f32, with_f32};
use candle_core::Tensor as Array;
use rayon::prelude::*;

/// One run.
pub(super) struct Gru {
    pub(super) batch: usize,
    pub(super) time: usize,
    pub(super) units: usize,
    pub(super) inner: Function,
    pub(super) outer: Function,
    pub(super) factors: Option<Vec<f32>>,
}

/// Results, and what the way back needs: gates `[batch, time, 3 u]`, recurrent products of the candidate and states
/// `[batch, time, u]`.
pub(super) struct Forward {
    pub(super) y: Array,
    pub(super) h: Array,
    pub(super) gates: Vec<f32>,
    pub(super) products: Vec<f32>,
    pub(super) states: Vec<f32>,
}

simd! {
    /// One row's step: `gates` become z, r and the candidate; h the next state.
    fn step_row(gates: &mut [f32], recurrent: &[f32], h: &mut [f32], inner: Function, outer: Function) {
        let u = h.len();
        let (z, rest) = gates.split_at_mut(u);
        let (r, candidate) = rest.split_at_mut(u);
        let (of_z, rest) = recurrent.split_at(u);
        let (of_r, of_candidate) = rest.split_at(u);
        for k in 0..u {
            z[k] = outer.value(z[k] + of_z[k]);
            r[k] = outer.value(r[k] + of_r[k]);
            candidate[k] = inner.value(candidate[k] + r[k] * of_candidate[k]);
            h[k] = z[k] * h[k] + (1.0 - z[k]) * candidate[k];
        }
    }
}

simd! {
    /// One row's step back: `gates` become the gradients of their sums, `recurrent` those of the recurrent product, dh
    /// the part that goes straight to the previous state.
    fn back_row(gates: &mut [f32], recurrent: &mut [f32], products: &[f32], before: &[f32], dh: &mut [f32], inner: Function, outer: Function) {
        let u = dh.len();
        let (z, rest) = gates.split_at_mut(u);
        let (r, candidate) = rest.split_at_mut(u);
        let (of_z, rest) = recurrent.split_at_mut(u);
        let (of_r, of_product) = rest.split_at_mut(u);
        for k in 0..u {
            let d = dh[k];
            let to_z = d * (before[k] - candidate[k]) * outer.slope(z[k]);
            let to_candidate = d * (1.0 - z[k]) * inner.slope(candidate[k]);
            let to_r = to_candidate * products[k] * outer.slope(r[k]);
            (of_z[k], of_r[k], of_product[k]) = (to_z, to_r, to_candidate * r[k]);
            dh[k] = d * z[k];
            (z[k], r[k], candidate[k]) = (to_z, to_r, to_candidate);
        }
    }
}

/// `inputs`: projected input, recurrent kernel, first state; `bias` that of the recurrent product.
pub(super) fn forward(work: &Gru, inputs: [&Array; 3], bias: Option<&Array>) -> Result<Forward> {
    let Gru { batch, time, units: u, inner, outer, .. } = *work;
    let [z, kernel, h] = inputs;
    let mut gates = with_f32(z, |z| Ok(z.to_vec()))?;
    let mut products = vec![0.0; batch * time * u];
    let mut states = vec![0.0; batch * time * u];
    let mut last = with_f32(h, |h| Ok(h.to_vec()))?;
    let rows = rows_per_task(batch, batch * time * u * u * 3);
    let kernel = with_f32(kernel, |kernel| Ok(Packed::of(Matrix::rows(kernel, u, 3 * u))))?;
    let bias = with_bias(bias, |bias| Ok(bias.to_vec()))?;
    gates
        .par_chunks_mut((rows * time * 3 * u).max(1))
        .zip(products.par_chunks_mut((rows * time * u).max(1)))
        .zip(states.par_chunks_mut((rows * time * u).max(1)))
        .zip(last.par_chunks_mut((rows * u).max(1)))
        .enumerate()
        .for_each(|(task, (((gates, products), states), h))| {
            let n = h.len() / u;
            let (mut before, mut recurrent) = (vec![0.0; n * u], vec![0.0; n * 3 * u]);
            for step in 0..time {
                before.copy_from_slice(h);
                if let Some(factors) = &work.factors {
                    multiply(&mut before, &factors[task * rows * u..]);
                }
                let of_h = Matrix::rows(&before, n, u);
                let finish = Finish { bias: &bias, ..Finish::default() };
                product::multiply(&mut recurrent, 3 * u, &of_h.left(), &kernel, finish);
                for row in 0..n {
                    let (own, place) = (row * u..(row + 1) * u, row * time + step);
                    let recurrent = &recurrent[row * 3 * u..(row + 1) * 3 * u];
                    let gates = &mut gates[place * 3 * u..(place + 1) * 3 * u];
                    step_row(gates, recurrent, &mut h[own.clone()], inner, outer);
                    products[place * u..(place + 1) * u].copy_from_slice(&recurrent[2 * u..]);
                    states[place * u..(place + 1) * u].copy_from_slice(&h[own]);
                }
            }
        });
    Ok(Forward {
        y: from_f32(states.clone(), &[batch, time, u])?,
        h: from_f32(last, &[batch, u])?,
        gates,
        products,
        states,
    })
}

/// The gradients of the projected input, the recurrent kernel, the first state and the bias.
pub(super) fn backward(
    work: &Gru,
    inputs: [&Array; 2],
    saved: [&[f32]; 3],
    dy: &[Option<Array>],
    needed: &[bool],
) -> Result<Vec<Option<Array>>> {
    let Gru { batch, time, units: u, inner, outer, .. } = *work;
    let [kernel, h] = inputs;
    let [gates, products, states] = saved;
    let read = |dy: &Option<Array>| match dy {
        Some(dy) => with_f32(dy, |dy| Ok(dy.to_vec())),
        None => Ok(Vec::new()),
    };
    let of_y = read(&dy[0])?;
    let mut dh = read(&dy[1])?;
    dh.resize(batch * u, 0.0);
    let first = with_f32(h, |h| Ok(h.to_vec()))?;
    let mut dz = gates.to_vec();
    let mut recurrent = vec![0.0; batch * time * 3 * u];
    let rows = rows_per_task(batch, batch * time * u * u * 3);
    let kernel =
        with_f32(kernel, |kernel| Ok(Packed::of(Matrix::rows(kernel, u, 3 * u).transposed())))?;
    let part = (rows * time * 3 * u).max(1);
    dz.par_chunks_mut(part)
        .zip(recurrent.par_chunks_mut(part))
        .zip(dh.par_chunks_mut((rows * u).max(1)))
        .enumerate()
        .for_each(|(task, ((dz, recurrent), dh))| {
            let n = dh.len() / u;
            let mut of_h = vec![0.0; n * u];
            for step in (0..time).rev() {
                for row in 0..n {
                    let local = (row * time + step) * 3 * u;
                    let place = (task * rows + row) * time + step;
                    let at = place * u..(place + 1) * u;
                    let dh = &mut dh[row * u..(row + 1) * u];
                    if let Some(of_y) = of_y.get(at.clone()) {
                        add(dh, of_y);
                    }
                    let before = match step {
                        0 => &first[(task * rows + row) * u..][..u],
                        _ => &states[at.start - u..at.start],
                    };
                    let (dz, recurrent) =
                        (&mut dz[local..local + 3 * u], &mut recurrent[local..local + 3 * u]);
                    back_row(dz, recurrent, &products[at], before, dh, inner, outer);
                }
                let of_step = Matrix::part(&recurrent[step * 3 * u..], n, 3 * u, time * 3 * u);
                product::multiply(&mut of_h, u, &of_step.left(), &kernel, Finish::default());
                if let Some(factors) = &work.factors {
                    multiply(&mut of_h, &factors[task * rows * u..]);
                }
                add(dh, &of_h);
            }
        });
    let mut gradients = vec![None; needed.len()];
    if needed[1] {
        let mut before = vec![0.0; batch * time * u];
        for (row, before) in before.chunks_mut((time * u).max(1)).enumerate() {
            before[..u].copy_from_slice(&first[row * u..][..u]);
            before[u..].copy_from_slice(&states[row * time * u..][..(time - 1) * u]);
            if let Some(factors) = &work.factors {
                before.chunks_mut(u).for_each(|before| multiply(before, &factors[row * u..][..u]));
            }
        }
        let mut of_kernel = vec![0.0; u * 3 * u];
        let before = Matrix::rows(&before, batch * time, u).transposed();
        product(
            &mut of_kernel,
            before,
            Matrix::rows(&recurrent, batch * time, 3 * u),
            Finish::default(),
        );
        gradients[1] = Some(from_f32(of_kernel, &[u, 3 * u])?);
    }
    if needed.get(3) == Some(&true) {
        gradients[3] = Some(from_f32(sum_rows(&recurrent, 3 * u), &[3 * u])?);
    }
    if needed[0] {
        gradients[0] = Some(from_f32(dz, &[batch, time, 3 * u])?);
    }
    if needed[2] {
        gradients[2] = Some(from_f32(dh, &[batch, u])?);
    }
    Ok(gradients)
}
