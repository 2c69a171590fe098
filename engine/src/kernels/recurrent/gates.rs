//! What the cells differ in: one sample's step, from the sums of its gates to its states, and the way back.

use super::Cell;
use super::functions::Function::{self, Sigmoid, Tanh};
use super::functions::{apply, multiply, slopes};
use crate::kernels::simd::simd;

/// The functions of a cell: that of the candidate and of results, and that of the gates.
pub(super) type Functions = [Function; 2];

/// The step: `gates` are sums and become the gates, h (and c) the next states. `product` is the candidate's recurrent
/// product, where it is not in the sums.
pub(super) fn step(
    cell: Cell,
    [inner, outer]: Functions,
    gates: &mut [f32],
    product: &[f32],
    h: &mut [f32],
    c: &mut [f32],
) {
    let u = h.len();
    match cell {
        Cell::Lstm => {
            let (i_and_f, rest) = gates.split_at_mut(2 * u);
            let (candidate, o) = rest.split_at_mut(u);
            apply(i_and_f, outer);
            apply(candidate, inner);
            apply(o, outer);
            next_cell(c, i_and_f, candidate);
            h.copy_from_slice(c);
            apply(h, inner);
            multiply(h, o);
        }
        Cell::Gru { reset_after } => {
            let (z_and_r, candidate) = gates.split_at_mut(2 * u);
            if reset_after {
                apply(z_and_r, outer);
                add_products(candidate, &z_and_r[u..], product);
            }
            apply(candidate, inner);
            blend(h, z_and_r, candidate);
        }
        Cell::Simple => {
            apply(gates, inner);
            h.copy_from_slice(gates);
        }
    }
}

/// What comes first in a GRU with the reset gate before the candidate's product: the gates z and r, and `left`, which
/// the product is made of.
pub(super) fn reset(outer: Function, gates: &mut [f32], before: &[f32], left: &mut [f32]) {
    let u = before.len();
    apply(&mut gates[..2 * u], outer);
    left.copy_from_slice(before);
    multiply(left, &gates[u..2 * u]);
}

/// What the way back needs of a step.
pub(super) struct Past<'a> {
    pub(super) gates: &'a [f32],
    /// An LSTM's c, or the candidate's recurrent product.
    pub(super) aside: &'a [f32],
    /// The previous states; only an LSTM has c.
    pub(super) h: &'a [f32],
    pub(super) c: &'a [f32],
}

/// The step back: `dz` become the gradients of the gates' sums, `of_product` that of the candidate's recurrent product
/// if the reset gate comes after it (if before, [`reset_back`] follows). dh and dc, of the next states, become what goes straight to the previous ones, past the recurrent products.
pub(super) fn step_back(
    cell: Cell,
    [inner, outer]: Functions,
    past: &Past<'_>,
    dz: &mut [f32],
    of_product: &mut [f32],
    dh: &mut [f32],
    dc: &mut [f32],
) {
    let (u, gates) = (dh.len(), past.gates);
    match cell {
        Cell::Lstm => {
            cell_back(dz, dc, dh, gates, past.aside, past.c, [inner, outer]);
            dh.fill(0.0);
        }
        Cell::Gru { reset_after } => {
            let [z, r, candidate] = split_mut(dz, u);
            blend_back(z, candidate, dh, gates, past.h);
            slopes(z, gates, outer);
            slopes(candidate, &gates[2 * u..], inner);
            if reset_after {
                multiply_back(r, of_product, candidate, &gates[u..2 * u], past.aside);
                slopes(r, &gates[u..], outer);
            }
        }
        Cell::Simple => {
            dz.copy_from_slice(dh);
            slopes(dz, gates, inner);
            dh.fill(0.0);
        }
    }
}

/// Back through [`reset`]: the gradient of `left` becomes that of `before`.
pub(super) fn reset_back(
    outer: Function,
    gates: &[f32],
    before: &[f32],
    dz: &mut [f32],
    of_left: &mut [f32],
) {
    let u = before.len();
    let (r, of_r) = (&gates[u..2 * u], &mut dz[u..2 * u]);
    of_r.copy_from_slice(of_left);
    multiply(of_r, before);
    slopes(of_r, r, outer);
    multiply(of_left, r);
}

/// The gates one by one.
#[inline(always)]
fn split_mut<const N: usize>(gates: &mut [f32], u: usize) -> [&mut [f32]; N] {
    let mut parts = gates.chunks_exact_mut(u.max(1));
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

simd! {
    /// `c = f c + i g`
    fn next_cell(c: &mut [f32], i_and_f: &[f32], candidate: &[f32]) {
        let (i, f) = i_and_f.split_at(c.len());
        for (((c, i), f), g) in c.iter_mut().zip(i).zip(f).zip(candidate) {
            *c = f * *c + i * g;
        }
    }
}

simd! {
    /// All of an LSTM's step back in one pass: the gradients of the gates' sums; dc becomes that of the previous c.
    fn cell_back(dz: &mut [f32], dc: &mut [f32], dh: &[f32], gates: &[f32], c: &[f32], before: &[f32], functions: Functions) {
        match functions {
            // Known functions let the compiler use vectors.
            [Tanh, Sigmoid] => cell_back_by(dz, dc, dh, gates, c, before, [Tanh, Sigmoid]),
            functions => cell_back_by(dz, dc, dh, gates, c, before, functions),
        }
    }
}

#[inline(always)]
fn cell_back_by(
    dz: &mut [f32],
    dc: &mut [f32],
    dh: &[f32],
    gates: &[f32],
    c: &[f32],
    before: &[f32],
    [inner, outer]: Functions,
) {
    let u = dc.len();
    let [of_i, of_f, of_candidate, of_o] = split_mut(dz, u);
    // Lengths that are known leave no bounds to check.
    let (of_i, of_f) = (&mut of_i[..u], &mut of_f[..u]);
    let (of_candidate, of_o) = (&mut of_candidate[..u], &mut of_o[..u]);
    let (i, f) = (&gates[..u], &gates[u..][..u]);
    let (candidate, o) = (&gates[2 * u..][..u], &gates[3 * u..][..u]);
    let (dh, c, before) = (&dh[..u], &c[..u], &before[..u]);
    for k in 0..u {
        let value = inner.value(c[k]);
        let of_c = dc[k] + dh[k] * o[k] * inner.slope(value);
        of_i[k] = of_c * candidate[k] * outer.slope(i[k]);
        of_f[k] = of_c * before[k] * outer.slope(f[k]);
        of_candidate[k] = of_c * i[k] * inner.slope(candidate[k]);
        of_o[k] = dh[k] * value * outer.slope(o[k]);
        dc[k] = of_c * f[k];
    }
}

simd! {
    /// `y += a b`
    fn add_products(y: &mut [f32], a: &[f32], b: &[f32]) {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            *y += a * b;
        }
    }
}

simd! {
    /// `h = z h + (1 - z) candidate`
    fn blend(h: &mut [f32], z: &[f32], candidate: &[f32]) {
        for ((h, z), candidate) in h.iter_mut().zip(z).zip(candidate) {
            *h = z * *h + (1.0 - z) * candidate;
        }
    }
}

simd! {
    /// The gradients of z and the candidate, before their slopes; dh becomes that of the previous h.
    fn blend_back(of_z: &mut [f32], of_candidate: &mut [f32], dh: &mut [f32], gates: &[f32], before: &[f32]) {
        let u = dh.len();
        let (of_z, of_candidate, before) = (&mut of_z[..u], &mut of_candidate[..u], &before[..u]);
        let (z, candidate) = (&gates[..u], &gates[2 * u..][..u]);
        for k in 0..u {
            of_z[k] = dh[k] * (before[k] - candidate[k]);
            of_candidate[k] = dh[k] * (1.0 - z[k]);
            dh[k] *= z[k];
        }
    }
}

simd! {
    /// The gradients of both factors of `y = a b`.
    fn multiply_back(of_a: &mut [f32], of_b: &mut [f32], dy: &[f32], a: &[f32], b: &[f32]) {
        let u = dy.len();
        let (of_a, of_b, a, b) = (&mut of_a[..u], &mut of_b[..u], &a[..u], &b[..u]);
        for k in 0..u {
            of_a[k] = dy[k] * b[k];
            of_b[k] = dy[k] * a[k];
        }
    }
}
