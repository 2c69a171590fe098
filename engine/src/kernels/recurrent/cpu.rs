//! The LSTM's loop through time on slices. Samples are independent, so the batch is split among threads and each thread
//! goes through all steps of its part.

use crate::activations::Activation;
use crate::error::Result;
use crate::kernels::dense::with_bias;
use crate::kernels::pointwise::Real;
use crate::kernels::product::{self, Finish, Matrix, Packed, product};
use crate::kernels::recycler::room;
use crate::kernels::simd::simd;
use crate::kernels::slices::{from_f32, with_f32};
use candle_core::Tensor as Array;
use rayon::prelude::*;

/// The functions that the loop knows, with derivatives from their results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Linear,
    Sigmoid,
    HardSigmoid,
    Tanh,
    Relu,
}

impl Function {
    /// The function of an activation, if it is one of ours that the loop knows.
    pub(super) fn of(activation: &Activation) -> Option<Self> {
        let all = [
            ("linear", Function::Linear),
            ("sigmoid", Function::Sigmoid),
            ("hard_sigmoid", Function::HardSigmoid),
            ("tanh", Function::Tanh),
            ("relu", Function::Relu),
        ];
        all.into_iter().find(|(name, _)| activation.is(name)).map(|(_, function)| function)
    }

    #[inline(always)]
    pub(super) fn value(self, x: f32) -> f32 {
        match self {
            Function::Linear => x,
            Function::Sigmoid => Real::sigmoid(x),
            Function::HardSigmoid => (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0),
            Function::Tanh => Real::tanh(x),
            Function::Relu if x <= 0.0 => 0.0,
            Function::Relu => x,
        }
    }

    /// The derivative where the result is `y`.
    #[inline(always)]
    pub(super) fn slope(self, y: f32) -> f32 {
        match self {
            Function::Linear => 1.0,
            Function::Sigmoid => y * (1.0 - y),
            Function::HardSigmoid => f32::from(u8::from(y > 0.0 && y < 1.0)) * (1.0 / 6.0),
            Function::Tanh => 1.0 - y * y,
            Function::Relu => f32::from(u8::from(y > 0.0)),
        }
    }
}

/// One run.
pub(super) struct Lstm {
    pub(super) batch: usize,
    pub(super) time: usize,
    pub(super) units: usize,
    pub(super) inner: Function,
    pub(super) outer: Function,
    pub(super) mask: Option<Vec<bool>>,
    pub(super) factors: Option<Vec<f32>>,
}

/// Results, and what the way back needs: gates `[batch, time, 4 u]`, cell states and outputs `[batch, time, u]`.
pub(super) struct Forward {
    pub(super) y: Array,
    pub(super) h: Array,
    pub(super) c: Array,
    pub(super) gates: Vec<f32>,
    pub(super) cells: Vec<f32>,
    /// The states h after each step.
    pub(super) states: Array,
}

simd! {
    /// A function in place.
    fn apply(values: &mut [f32], function: Function) {
        match function {
            Function::Linear => {}
            Function::Sigmoid => values.iter_mut().for_each(|v| *v = Function::Sigmoid.value(*v)),
            Function::HardSigmoid => values.iter_mut().for_each(|v| *v = Function::HardSigmoid.value(*v)),
            Function::Tanh => values.iter_mut().for_each(|v| *v = Function::Tanh.value(*v)),
            Function::Relu => values.iter_mut().for_each(|v| *v = Function::Relu.value(*v)),
        }
    }
}

simd! {
    /// `c = f c + i g`
    fn next_cell(c: &mut [f32], i: &[f32], f: &[f32], g: &[f32]) {
        for (((c, i), f), g) in c.iter_mut().zip(i).zip(f).zip(g) {
            *c = f * *c + i * g;
        }
    }
}

simd! {
    pub(super) fn multiply(y: &mut [f32], a: &[f32]) {
        for (y, a) in y.iter_mut().zip(a) {
            *y *= a;
        }
    }
}

/// Rows of a task: a thread's part of the batch.
pub(super) fn rows_per_task(batch: usize, work: usize) -> usize {
    let threads = rayon::current_num_threads();
    if threads == 1 || work < (1 << 20) {
        return batch.max(1);
    }
    batch.div_ceil(threads).max(1)
}

/// One row's step: gates from sums in place, the next c and h.
#[inline]
fn step_row(work: &Lstm, z: &mut [f32], c: &mut [f32], h: &mut [f32]) {
    let u = work.units;
    let (i_and_f, rest) = z.split_at_mut(2 * u);
    let (g, o) = rest.split_at_mut(u);
    apply(i_and_f, work.outer);
    apply(g, work.inner);
    apply(o, work.outer);
    next_cell(c, &i_and_f[..u], &i_and_f[u..], g);
    h.copy_from_slice(c);
    apply(h, work.inner);
    multiply(h, o);
}

/// What the loop reads.
pub(super) struct Given<'a> {
    /// `[batch, time, features]`
    pub(super) x: &'a Array,
    /// `[features, 4 u]`
    pub(super) kernel: &'a Array,
    pub(super) bias: Option<&'a Array>,
    /// `[u, 4 u]`
    pub(super) recurrent_kernel: &'a Array,
    pub(super) h: &'a Array,
    pub(super) c: &'a Array,
}

/// Parts of values for all tasks; where there are no values, each task gets an empty part.
fn parts(values: &mut [f32], size: usize, tasks: usize) -> Vec<&mut [f32]> {
    let mut parts: Vec<&mut [f32]> = values.chunks_mut(size.max(1)).collect();
    parts.resize_with(tasks, Default::default);
    parts
}

/// Runs all steps. What only the way back needs is kept if asked for.
pub(super) fn forward(work: &Lstm, given: &Given<'_>, keep: bool) -> Result<Forward> {
    let Lstm { batch, time, units: u, .. } = *work;
    let features = given.kernel.dim(0)?;
    // Without a way back, the gates of one step are enough.
    let kept_steps = if keep { time } else { 1 };
    let mut gates = room(batch * kept_steps * 4 * u);
    let mut cells = room(if keep { batch * time * u } else { 0 });
    let mut y = room(batch * time * u);
    let mut states = vec![0.0; if work.mask.is_some() { batch * time * u } else { 0 }];
    let mut last_h = with_f32(given.h, |h| Ok(h.to_vec()))?;
    let mut last_c = with_f32(given.c, |c| Ok(c.to_vec()))?;
    let rows = rows_per_task(batch, batch * time * u * u * 4);
    let tasks = batch.div_ceil(rows);
    // Laid out once for all steps and tasks.
    let kernel = with_f32(given.kernel, |w| Ok(Packed::of(Matrix::rows(w, features, 4 * u))))?;
    let recurrent =
        with_f32(given.recurrent_kernel, |w| Ok(Packed::of(Matrix::rows(w, u, 4 * u))))?;
    let mut run = |x: &[f32], bias: &[f32]| {
        let of_states = rows * time * u;
        parts(&mut gates, rows * kept_steps * 4 * u, tasks)
            .into_par_iter()
            .zip(parts(&mut cells, of_states, tasks))
            .zip(parts(&mut y, of_states, tasks))
            .zip(parts(&mut states, of_states, tasks))
            .zip(parts(&mut last_h, rows * u, tasks))
            .zip(parts(&mut last_c, rows * u, tasks))
            .enumerate()
            .for_each(|(task, (((((gates, cells), y), states), h), c))| {
                let n = h.len() / u.max(1);
                let x = &x[task * rows * time * features..];
                let mut before = vec![0.0; n * u];
                for step in 0..time {
                    before.copy_from_slice(h);
                    if let Some(factors) = &work.factors {
                        multiply(&mut before, &factors[task * rows * u..]);
                    }
                    let kept_step = if keep { step } else { 0 };
                    let z = &mut gates[kept_step * 4 * u..];
                    let stride = kept_steps * 4 * u;
                    let now = Matrix::part(&x[step * features..], n, features, time * features);
                    let finish = Finish { bias, ..Finish::default() };
                    product::multiply(z, stride, &now.left(), &kernel, finish);
                    let finish = Finish { add: true, ..Finish::default() };
                    let before = Matrix::rows(&before, n, u);
                    product::multiply(z, stride, &before.left(), &recurrent, finish);
                    for row in 0..n {
                        let place = row * time + step;
                        let own = row * u..(row + 1) * u;
                        let at = place * u..(place + 1) * u;
                        let mask = work.mask.as_ref().map(|mask| mask[task * rows * time + place]);
                        if mask == Some(false) {
                            match step {
                                0 => y[at.clone()].fill(0.0),
                                _ => y.copy_within((place - 1) * u..place * u, at.start),
                            }
                        } else {
                            let z = &mut z[row * stride..][..4 * u];
                            step_row(work, z, &mut c[own.clone()], &mut h[own.clone()]);
                            y[at.clone()].copy_from_slice(&h[own.clone()]);
                        }
                        if keep {
                            cells[at.clone()].copy_from_slice(&c[own.clone()]);
                        }
                        if mask.is_some() {
                            states[at].copy_from_slice(&h[own]);
                        }
                    }
                }
            });
        Ok(())
    };
    with_f32(given.x, |x| with_bias(given.bias, |bias| run(x, bias)))?;
    let y = from_f32(y, &[batch, time, u])?;
    let states = match work.mask {
        Some(_) => from_f32(states, &[batch, time, u])?,
        None => y.clone(),
    };
    Ok(Forward {
        y,
        h: from_f32(last_h, &[batch, u])?,
        c: from_f32(last_c, &[batch, u])?,
        gates,
        cells,
        states,
    })
}

simd! {
    /// One row's step back: `dz` becomes the gradients of the gates' sums, `dc` that of the previous c.
    fn back_row(dz: &mut [f32], gates: &[f32], c: &[f32], before: &[f32], dh: &[f32], dc: &mut [f32], functions: [Function; 2]) {
        match functions {
            // Known functions let the compiler use vectors.
            [Function::Tanh, Function::Sigmoid] => back(dz, gates, c, before, dh, dc, [Function::Tanh, Function::Sigmoid]),
            functions => back(dz, gates, c, before, dh, dc, functions),
        }
    }
}

#[inline(always)]
fn back(
    dz: &mut [f32],
    gates: &[f32],
    c: &[f32],
    before: &[f32],
    dh: &[f32],
    dc: &mut [f32],
    functions: [Function; 2],
) {
    let [inner, outer] = functions;
    let u = c.len();
    let (i, rest) = gates.split_at(u);
    let (f, rest) = rest.split_at(u);
    let (g, o) = rest.split_at(u);
    let (to_i, rest) = dz.split_at_mut(u);
    let (to_f, rest) = rest.split_at_mut(u);
    let (to_g, to_o) = rest.split_at_mut(u);
    let (i, f, g, o) = (&i[..u], &f[..u], &g[..u], &o[..u]);
    let (to_i, to_f) = (&mut to_i[..u], &mut to_f[..u]);
    let (to_g, to_o) = (&mut to_g[..u], &mut to_o[..u]);
    let before = &before[..u];
    let (dh, dc) = (&dh[..u], &mut dc[..u]);
    for k in 0..u {
        let a = inner.value(c[k]);
        let of_c = dc[k] + dh[k] * o[k] * inner.slope(a);
        let of_o = dh[k] * a * outer.slope(o[k]);
        let of_i = of_c * g[k] * outer.slope(i[k]);
        let of_f = of_c * before[k] * outer.slope(f[k]);
        let of_g = of_c * i[k] * inner.slope(g[k]);
        dc[k] = of_c * f[k];
        (to_i[k], to_f[k], to_g[k], to_o[k]) = (of_i, of_f, of_g, of_o);
    }
}

simd! {
    pub(super) fn add(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

/// The gradients of the sums of the gates `[batch time, 4 u]`, the recurrent kernel (if needed) and the first states.
pub(super) fn backward(
    work: &Lstm,
    inputs: [&Array; 4],
    saved: [&[f32]; 2],
    dy: &[Option<Array>],
    of_kernel: bool,
) -> Result<(Array, Option<Array>, [Array; 2])> {
    let Lstm { batch, time, units: u, inner, outer, .. } = *work;
    let [kernel, h, c, states] = inputs;
    let [gates, cells] = saved;
    let read = |dy: &Option<Array>| match dy {
        Some(dy) => with_f32(dy, |dy| Ok(dy.to_vec())),
        None => Ok(Vec::new()),
    };
    let or_zeros = |values: Vec<f32>| if values.is_empty() { vec![0.0; batch * u] } else { values };
    let of_y = read(&dy[0])?;
    let (mut dh, mut dc) = (or_zeros(read(&dy[1])?), or_zeros(read(&dy[2])?));
    let first_h = with_f32(h, |h| Ok(h.to_vec()))?;
    let first_c = with_f32(c, |c| Ok(c.to_vec()))?;
    let mut dz = vec![0.0; batch * time * 4 * u];
    let rows = rows_per_task(batch, batch * time * u * u * 4);
    with_f32(kernel, |kernel| {
        let kernel = Packed::of(Matrix::rows(kernel, u, 4 * u).transposed());
        dz.par_chunks_mut((rows * time * 4 * u).max(1))
            .zip(dh.par_chunks_mut((rows * u).max(1)))
            .zip(dc.par_chunks_mut((rows * u).max(1)))
            .enumerate()
            .for_each(|(task, ((dz, dh), dc))| {
                let first = task * rows;
                let n = dh.len() / u;
                let mut of_h = vec![0.0; n * u];
                // What masked steps owe to the output that they repeat.
                let mut repeated = vec![0.0; if work.mask.is_some() { n * u } else { 0 }];
                for step in (0..time).rev() {
                    for row in 0..n {
                        let own = row * u..(row + 1) * u;
                        let place = (first + row) * time + step;
                        let at = place * u..(place + 1) * u;
                        let z = (row * time + step) * 4 * u;
                        let z = &mut dz[z..z + 4 * u];
                        let gates = &gates[place * 4 * u..][..4 * u];
                        let of_y = of_y.get(at.clone());
                        if let Some(mask) = &work.mask {
                            let repeated = &mut repeated[own.clone()];
                            if let Some(of_y) = of_y {
                                add(repeated, of_y);
                            }
                            if !mask[place] {
                                continue;
                            }
                            add(&mut dh[own.clone()], repeated);
                            repeated.fill(0.0);
                        } else if let Some(of_y) = of_y {
                            add(&mut dh[own.clone()], of_y);
                        }
                        let before = match step {
                            0 => &first_c[(first + row) * u..][..u],
                            _ => &cells[at.start - u..at.start],
                        };
                        let (dh, dc) = (&dh[own.clone()], &mut dc[own]);
                        back_row(z, gates, &cells[at], before, dh, dc, [inner, outer]);
                    }
                    let z = Matrix::part(&dz[step * 4 * u..], n, 4 * u, time * 4 * u);
                    product::multiply(&mut of_h, u, &z.left(), &kernel, Finish::default());
                    if let Some(factors) = &work.factors {
                        multiply(&mut of_h, &factors[first * u..]);
                    }
                    match &work.mask {
                        None => dh.copy_from_slice(&of_h),
                        Some(mask) => {
                            for row in 0..n {
                                if mask[(first + row) * time + step] {
                                    let own = row * u..(row + 1) * u;
                                    dh[own.clone()].copy_from_slice(&of_h[own]);
                                }
                            }
                        }
                    }
                }
            });
        Ok(())
    })?;
    let kernel = match of_kernel {
        true => {
            let mut before = room(batch * time * u);
            with_f32(states, |states| {
                for (row, before) in before.chunks_mut((time * u).max(1)).enumerate() {
                    before[..u].copy_from_slice(&first_h[row * u..][..u]);
                    before[u..].copy_from_slice(&states[row * time * u..][..(time - 1) * u]);
                    if let Some(factors) = &work.factors {
                        for before in before.chunks_mut(u) {
                            multiply(before, &factors[row * u..][..u]);
                        }
                    }
                }
                Ok(())
            })?;
            let mut dw = room(u * 4 * u);
            let before = Matrix::rows(&before, batch * time, u).transposed();
            product(&mut dw, before, Matrix::rows(&dz, batch * time, 4 * u), Finish::default());
            Some(from_f32(dw, &[u, 4 * u])?)
        }
        false => None,
    };
    let dz = from_f32(dz, &[batch * time, 4 * u])?;
    Ok((dz, kernel, [from_f32(dh, &[batch, u])?, from_f32(dc, &[batch, u])?]))
}
