//! The loop through time on slices, for all cells. Samples are independent, so the batch is split among threads and each
//! thread goes through all steps of its part. What a cell does with its gates stands in `gates.rs`.

use super::Cell;
use super::functions::{add, multiply};
use super::gates::{self, Functions, Past};
use crate::error::Result;
use crate::kernels::dense::{sum_rows, with_bias};
use crate::kernels::embedding;
use crate::kernels::product::{self, Finish, Matrix, Packed};
use crate::kernels::recycler::room;
use crate::kernels::slices::{from_f32, with_f32};
use crate::tensor::Entries;
use candle_core::Tensor as Array;
use rayon::prelude::*;

/// Entries whose products a task makes.
const ENTRIES_PER_TASK: usize = 512;

/// One run.
pub(super) struct Work {
    pub(super) cell: Cell,
    pub(super) functions: Functions,
    pub(super) batch: usize,
    pub(super) time: usize,
    pub(super) units: usize,
    pub(super) mask: Option<Vec<bool>>,
    pub(super) factors: Option<Vec<f32>>,
}

/// Tensors that a run reads.
pub(super) struct Given {
    /// `[batch, time, features]`
    pub(super) x: Array,
    /// `[features, g u]`
    pub(super) kernel: Array,
    /// `[u, g u]`
    pub(super) recurrent_kernel: Array,
    /// `[g u]` or `[2, g u]`
    pub(super) bias: Option<Array>,
    /// `[batch, u]`
    pub(super) states: Vec<Array>,
}

/// What the way back needs.
pub(super) struct Saved {
    /// `[batch, time, g u]`
    gates: Vec<f32>,
    /// `[batch, time, u]`: an LSTM's c after each step, or the candidate's recurrent product.
    aside: Vec<f32>,
    /// h after each step, `[batch, time, u]`.
    states: Array,
}

/// The gradients of a run.
pub(super) struct Gradients {
    /// Of `x W + b`: `[batch time, g u]`.
    pub(super) sums: Array,
    pub(super) recurrent_kernel: Option<Array>,
    pub(super) bias: Option<Array>,
    pub(super) states: Vec<Array>,
}

impl Work {
    fn width(&self) -> usize {
        self.cell.gates() * self.units
    }

    /// Columns of the recurrent kernel whose products go into the sums of the gates. The rest is a GRU's candidate:
    /// there the reset gate stands between product and sum, or in front of the product.
    fn direct(&self) -> usize {
        match self.cell {
            Cell::Gru { .. } => 2 * self.units,
            _ => self.width(),
        }
    }

    fn reset_after(&self) -> bool {
        self.cell == Cell::Gru { reset_after: true }
    }

    fn reset_before(&self) -> bool {
        self.cell == Cell::Gru { reset_after: false }
    }

    /// Numbers aside of the gates, per sample and step.
    fn aside(&self) -> usize {
        if self.cell == Cell::Lstm || self.reset_after() { self.units } else { 0 }
    }

    /// Rows of a task: a thread's part of the batch.
    fn rows_per_task(&self) -> usize {
        let threads = rayon::current_num_threads();
        if threads == 1 || self.batch * self.time * self.units * self.width() < (1 << 20) {
            return self.batch.max(1);
        }
        self.batch.div_ceil(threads).max(1)
    }

    /// Whether the step of a sample counts.
    fn counts(&self, row: usize, step: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[row * self.time + step])
    }

    /// States of some samples, from `first` on, times their factors: what the recurrent product is made of.
    fn disturb(&self, states: &mut [f32], first: usize) {
        if let Some(factors) = &self.factors {
            multiply(states, &factors[first * self.units..]);
        }
    }
}

/// The recurrent kernel, or its transpose, laid out once for all steps and tasks.
struct Recurrent {
    direct: Packed,
    /// A GRU's candidate.
    candidate: Option<Packed>,
}

impl Recurrent {
    fn of(work: &Work, kernel: &Array, transposed: bool) -> Result<Self> {
        let (u, width, direct) = (work.units, work.width(), work.direct());
        with_f32(kernel, |values| {
            let pack = |start: usize, columns: usize| {
                let part = Matrix::part(&values[start..], u, columns, width);
                Packed::of(if transposed { part.transposed() } else { part })
            };
            let candidate = (direct < width).then(|| pack(direct, width - direct));
            Ok(Recurrent { direct: pack(0, direct), candidate })
        })
    }
}

/// The next values of a slice that is cut up from its front; fewer or none where it ends.
fn cut<'a>(rest: &mut &'a mut [f32], count: usize) -> &'a mut [f32] {
    let count = count.min(rest.len());
    rest.split_off_mut(..count).unwrap_or_default()
}

/// A row of values; empty where there are none.
fn row_of(values: &mut [f32], start: usize, size: usize) -> &mut [f32] {
    values.get_mut(start..start + size).unwrap_or_default()
}

/// What a task writes on the way forward.
struct Part<'a> {
    /// Of the task's samples.
    first: usize,
    rows: usize,
    gates: &'a mut [f32],
    aside: &'a mut [f32],
    y: &'a mut [f32],
    states: &'a mut [f32],
    h: &'a mut [f32],
    c: &'a mut [f32],
}

/// The weights, as the loop reads them.
struct Weights<'a> {
    kernel: Packed,
    recurrent: Recurrent,
    bias: &'a [f32],
    /// Of the candidate's recurrent product.
    candidate_bias: &'a [f32],
}

/// Outputs of all steps and last states. What only the way back needs is kept if asked for.
pub(super) fn forward(
    work: &Work,
    given: &Given,
    entries: Option<&Entries>,
    keep: bool,
) -> Result<(Array, Vec<Array>, Saved)> {
    let (batch, time, u, width) = (work.batch, work.time, work.units, work.width());
    let features = given.kernel.dim(0)?;
    // Without a way back, the gates of one step are enough.
    let kept_steps = if keep { time } else { 1 };
    let mut gates = room(batch * kept_steps * width);
    let mut aside = room(batch * kept_steps * work.aside());
    let mut y = room(batch * time * u);
    // Outputs are the states, except for masked steps before the first that counts.
    let mut states = room(if work.mask.is_some() { batch * time * u } else { 0 });
    let mut last: Vec<Vec<f32>> = given
        .states
        .iter()
        .map(|state| with_f32(state, |s| Ok(s.to_vec())))
        .collect::<Result<_>>()?;
    let mut bias = with_bias(given.bias.as_ref(), |bias| Ok(bias.to_vec()))?;
    let mut candidate_bias = Vec::new();
    if work.reset_after() && !bias.is_empty() {
        // Both biases of z and r are part of the same sums.
        let of_recurrent = bias.split_off(width);
        add(&mut bias[..work.direct()], &of_recurrent);
        candidate_bias.extend_from_slice(&of_recurrent[work.direct()..]);
    }
    let weights = Weights {
        kernel: with_f32(&given.kernel, |w| Ok(Packed::of(Matrix::rows(w, features, width))))?,
        recurrent: Recurrent::of(work, &given.recurrent_kernel, false)?,
        bias: &bias,
        candidate_bias: &candidate_bias,
    };
    let mut parts = Vec::new();
    {
        let (mut gates, mut aside) = (&mut gates[..], &mut aside[..]);
        let (mut y, mut states) = (&mut y[..], &mut states[..]);
        let mut last = last.iter_mut().map(|state| &mut state[..]);
        let mut h = last.next().unwrap_or_default();
        let mut c = last.next().unwrap_or_default();
        let each = work.rows_per_task();
        for first in (0..batch).step_by(each) {
            let rows = each.min(batch - first);
            parts.push(Part {
                first,
                rows,
                gates: cut(&mut gates, rows * kept_steps * width),
                aside: cut(&mut aside, rows * kept_steps * work.aside()),
                y: cut(&mut y, rows * time * u),
                states: cut(&mut states, rows * time * u),
                h: cut(&mut h, rows * u),
                c: cut(&mut c, rows * u),
            });
        }
    }
    with_f32(&given.x, |x| {
        let inputs = Inputs { x, products: entries.and_then(|all| Products::of(x, all, &weights)) };
        parts.into_par_iter().for_each(|part| {
            forward_part(work, &inputs, &weights, kept_steps, part);
        });
        Ok(())
    })?;
    let shape = [batch, time, u];
    let y = from_f32(y, &shape)?;
    let states = if work.mask.is_some() { from_f32(states, &shape)? } else { y.clone() };
    let last = last.into_iter().map(|state| from_f32(state, &[batch, u])).collect::<Result<_>>()?;
    Ok((y, last, Saved { gates, aside, states }))
}

/// The inputs of all steps.
struct Inputs<'a> {
    /// `[batch, time, features]`
    x: &'a [f32],
    products: Option<Products>,
}

/// `x W + b` of the entries that the inputs are.
struct Products {
    /// One row per entry that occurs.
    rows: Vec<f32>,
    /// Which row each input has, `[batch, time]`.
    places: Vec<u32>,
}

impl Products {
    /// Nothing if too few entries occur again.
    fn of(x: &[f32], entries: &Entries, weights: &Weights<'_>) -> Option<Self> {
        let (features, width) = (weights.kernel.inner(), weights.kernel.columns());
        let inputs = entries.numbers.len();
        if x.is_empty() || inputs * features != x.len() || entries.count > 64 * inputs {
            return None;
        }
        let mut place_of = vec![u32::MAX; entries.count];
        let mut places = Vec::with_capacity(inputs);
        let mut found = Vec::new();
        for (input, number) in entries.numbers.iter().enumerate() {
            let place = place_of.get_mut(*number as usize)?;
            if *place == u32::MAX {
                *place = u32::try_from(found.len()).ok()?;
                found.push(u32::try_from(input).ok()?);
            }
            places.push(*place);
        }
        if 4 * found.len() > 3 * inputs {
            return None;
        }
        let mut rows = room(found.len() * width);
        let inputs = embedding::rows(&found, x, features);
        let inputs = inputs.par_chunks(ENTRIES_PER_TASK * features);
        rows.par_chunks_mut(ENTRIES_PER_TASK * width).zip(inputs).for_each(|(rows, inputs)| {
            let left = Matrix::rows(inputs, rows.len() / width, features).left();
            let finish = Finish { bias: weights.bias, ..Finish::default() };
            product::multiply(rows, width, &left, &weights.kernel, finish);
        });
        Some(Products { rows, places })
    }
}

fn forward_part(
    work: &Work,
    inputs: &Inputs<'_>,
    weights: &Weights<'_>,
    kept_steps: usize,
    part: Part<'_>,
) {
    let (time, u, width, direct) = (work.time, work.units, work.width(), work.direct());
    let Part { first, rows, gates, aside, y, states, h, c } = part;
    let features = weights.kernel.inner();
    let x = &inputs.x[first * time * features..];
    let recurrent = &weights.recurrent;
    // From one sample to the next.
    let (stride, aside_stride) = (kept_steps * width, kept_steps * work.aside());
    let mut before = vec![0.0; rows * u];
    let mut reset = vec![0.0; if work.reset_before() { rows * u } else { 0 }];
    for step in 0..time {
        let kept = step.min(kept_steps - 1);
        let (z, aside_start) = (&mut gates[kept * width..], kept * work.aside());
        before.copy_from_slice(h);
        work.disturb(&mut before, first);
        if let Some(products) = &inputs.products {
            for row in 0..rows {
                let place = products.places[(first + row) * time + step] as usize;
                let product = &products.rows[place * width..(place + 1) * width];
                z[row * stride..][..width].copy_from_slice(product);
            }
        } else {
            let now = Matrix::part(&x[step * features..], rows, features, time * features);
            let finish = Finish { bias: weights.bias, ..Finish::default() };
            product::multiply(z, stride, &now.left(), &weights.kernel, finish);
        }
        let finish = Finish { add: true, ..Finish::default() };
        let left = Matrix::rows(&before, rows, u).left();
        product::multiply(z, stride, &left, &recurrent.direct, finish);
        match &recurrent.candidate {
            Some(kernel) if work.reset_after() => {
                let finish = Finish { bias: weights.candidate_bias, ..Finish::default() };
                product::multiply(&mut aside[aside_start..], aside_stride, &left, kernel, finish);
            }
            Some(kernel) => {
                for row in 0..rows {
                    let (own, z) = (row * u..(row + 1) * u, &mut z[row * stride..][..width]);
                    gates::reset(work.functions[1], z, &before[own.clone()], &mut reset[own]);
                }
                let left = Matrix::rows(&reset, rows, u).left();
                product::multiply(&mut z[direct..], stride, &left, kernel, finish);
            }
            None => {}
        }
        for row in 0..rows {
            let (own, place) = (row * u..(row + 1) * u, row * time + step);
            let at = place * u..(place + 1) * u;
            let (h, c) = (&mut h[own.clone()], row_of(c, own.start, u));
            let aside = row_of(aside, row * aside_stride + aside_start, work.aside());
            if work.counts(first + row, step) {
                let z = &mut z[row * stride..][..width];
                gates::step(work.cell, work.functions, z, aside, h, c);
                y[at.clone()].copy_from_slice(h);
            } else if step == 0 {
                y[at.clone()].fill(0.0);
            } else {
                y.copy_within(at.start - u..at.start, at.start);
            }
            if !c.is_empty() {
                aside.copy_from_slice(c);
            }
            if let Some(states) = states.get_mut(at) {
                states.copy_from_slice(h);
            }
        }
    }
}

/// What a task writes on the way back.
struct PartBack<'a> {
    /// Of the task's samples.
    first: usize,
    rows: usize,
    dz: &'a mut [f32],
    of_product: &'a mut [f32],
    before: &'a mut [f32],
    dh: &'a mut [f32],
    dc: &'a mut [f32],
}

/// What the loop back reads; outputs without a gradient have an empty one.
struct Seen<'a> {
    saved: &'a Saved,
    states: &'a [f32],
    first_h: &'a [f32],
    first_c: &'a [f32],
    of_y: &'a [f32],
    recurrent: &'a Recurrent,
}

/// The gradients, from those of the outputs and the last states. Those of the recurrent kernel and of the bias are made
/// if they are needed.
pub(super) fn backward(
    work: &Work,
    given: &Given,
    saved: &Saved,
    dy: &[Option<Array>],
    [needs_kernel, needs_bias]: [bool; 2],
) -> Result<Gradients> {
    let (batch, time, u, width) = (work.batch, work.time, work.units, work.width());
    let (direct, steps) = (work.direct(), batch * time);
    let read = |array: &Array| with_f32(array, |values| Ok(values.to_vec()));
    let mut of_last = Vec::new();
    for i in 0..work.cell.states() {
        let dy = dy.get(i + 1).and_then(Option::as_ref);
        of_last.push(dy.map_or_else(|| Ok(vec![0.0; batch * u]), read)?);
    }
    let mut dz = room(steps * width);
    // Of the candidate's recurrent product, where that is not the one of its sum.
    let mut of_product = room(if work.reset_after() { steps * u } else { 0 });
    // What the recurrent products were made of.
    let mut before = room(steps * u);
    let mut parts = Vec::new();
    {
        let (mut dz, mut of_product) = (&mut dz[..], &mut of_product[..]);
        let mut before = &mut before[..];
        let mut of_last = of_last.iter_mut().map(|state| &mut state[..]);
        let mut dh = of_last.next().unwrap_or_default();
        let mut dc = of_last.next().unwrap_or_default();
        let each = work.rows_per_task();
        for first in (0..batch).step_by(each) {
            let rows = each.min(batch - first);
            parts.push(PartBack {
                first,
                rows,
                dz: cut(&mut dz, rows * time * width),
                of_product: cut(&mut of_product, rows * time * u),
                before: cut(&mut before, rows * time * u),
                dh: cut(&mut dh, rows * u),
                dc: cut(&mut dc, rows * u),
            });
        }
    }
    let recurrent = Recurrent::of(work, &given.recurrent_kernel, true)?;
    let first: Vec<Vec<f32>> = given.states.iter().map(read).collect::<Result<_>>()?;
    let [first_h, first_c] = [0, 1].map(|i| first.get(i).map_or(&[][..], |state| state));
    with_f32(&saved.states, |states| {
        with_bias(dy[0].as_ref(), |of_y| {
            let recurrent = &recurrent;
            let seen = Seen { saved, states, first_h, first_c, of_y, recurrent };
            parts.into_par_iter().for_each(|part| backward_part(work, &seen, part));
            Ok(())
        })
    })?;
    let mut recurrent_kernel = None;
    if needs_kernel {
        let mut dw = room(u * width);
        let left = Matrix::rows(&before, steps, u).transposed();
        let of_direct = Matrix::part(&dz, steps, direct, width);
        product::product_in(&mut dw, width, left, of_direct, Finish::default());
        if direct < width {
            if work.reset_before() {
                for (before, gates) in before.chunks_mut(u).zip(saved.gates.chunks(width)) {
                    multiply(before, &gates[u..]);
                }
            }
            let left = Matrix::rows(&before, steps, u).transposed();
            let of_candidate = match work.reset_after() {
                true => Matrix::rows(&of_product, steps, u),
                false => Matrix::part(&dz[direct..], steps, u, width),
            };
            product::product_in(&mut dw[direct..], width, left, of_candidate, Finish::default());
        }
        recurrent_kernel = Some(from_f32(dw, &[u, width])?);
    }
    let mut bias = None;
    if let Some(like) = given.bias.as_ref().filter(|_| needs_bias) {
        let mut sums = sum_rows(&dz, width);
        if work.reset_after() {
            sums.extend_from_within(..direct);
            sums.extend(sum_rows(&of_product, u));
        }
        bias = Some(from_f32(sums, like.dims())?);
    }
    let states = of_last.into_iter().map(|state| from_f32(state, &[batch, u]));
    let states = states.collect::<Result<_>>()?;
    Ok(Gradients { sums: from_f32(dz, &[steps, width])?, recurrent_kernel, bias, states })
}

fn backward_part(work: &Work, seen: &Seen<'_>, part: PartBack<'_>) {
    let (time, u, width, direct) = (work.time, work.units, work.width(), work.direct());
    let PartBack { first, rows, dz, of_product, before, dh, dc } = part;
    let recurrent = seen.recurrent;
    // In the order of memory, so not step by step.
    for (row, before) in before.chunks_mut((time * u).max(1)).enumerate() {
        let sample = first + row;
        before[..u].copy_from_slice(&seen.first_h[sample * u..][..u]);
        let later = &seen.states[sample * time * u..][..(time - 1) * u];
        before[u..].copy_from_slice(later);
        before.chunks_mut(u).for_each(|before| work.disturb(before, sample));
    }
    let mut of_before = vec![0.0; rows * u];
    // What masked steps owe to the output that they repeat.
    let mut repeated = vec![0.0; if work.mask.is_some() { rows * u } else { 0 }];
    for step in (0..time).rev() {
        for row in 0..rows {
            let (own, place) = (row * u..(row + 1) * u, row * time + step);
            let sample = first + row;
            let at = (sample * time + step) * u..(sample * time + step + 1) * u;
            let past = Past {
                gates: &seen.saved.gates[(sample * time + step) * width..][..width],
                aside: seen.saved.aside.get(at.clone()).unwrap_or_default(),
                h: previous(seen.first_h, seen.states, sample, step, work),
                c: previous(seen.first_c, &seen.saved.aside, sample, step, work),
            };
            let z = &mut dz[place * width..][..width];
            let of_product = row_of(of_product, place * u, u);
            let (dh, dc) = (&mut dh[own.clone()], row_of(dc, own.start, u));
            let of_y = seen.of_y.get(at).unwrap_or_default();
            if work.mask.is_some() {
                let repeated = &mut repeated[own];
                add(repeated, of_y);
                if !work.counts(sample, step) {
                    z.fill(0.0);
                    of_product.fill(0.0);
                    continue;
                }
                add(dh, repeated);
                repeated.fill(0.0);
            } else {
                add(dh, of_y);
            }
            gates::step_back(work.cell, work.functions, &past, z, of_product, dh, dc);
        }
        if let Some(kernel) = &recurrent.candidate {
            let of_product = match work.reset_after() {
                true => Matrix::part(&of_product[step * u..], rows, u, time * u),
                false => Matrix::part(&dz[step * width + direct..], rows, u, time * width),
            };
            product::multiply(&mut of_before, u, &of_product.left(), kernel, Finish::default());
            if work.reset_before() {
                for row in (0..rows).filter(|row| work.counts(first + row, step)) {
                    let place = row * time + step;
                    let gates = &seen.saved.gates[(first * time + place) * width..][..width];
                    let before = &before[place * u..][..u];
                    let (z, of_before) = (&mut dz[place * width..], &mut of_before[row * u..]);
                    let of_before = &mut of_before[..u];
                    gates::reset_back(work.functions[1], gates, before, z, of_before);
                }
            }
        }
        let of_direct = Matrix::part(&dz[step * width..], rows, direct, time * width);
        let finish = Finish { add: recurrent.candidate.is_some(), ..Finish::default() };
        product::multiply(&mut of_before, u, &of_direct.left(), &recurrent.direct, finish);
        work.disturb(&mut of_before, first);
        // Masked rows add zeros: their states stay what they are.
        add(dh, &of_before);
    }
}

/// The state of a sample before a step: the first one, or that after the step before.
fn previous<'a>(
    first: &'a [f32],
    later: &'a [f32],
    sample: usize,
    step: usize,
    work: &Work,
) -> &'a [f32] {
    let u = work.units;
    let (states, row) = match step {
        0 => (first, sample),
        _ => (later, sample * work.time + step - 1),
    };
    states.get(row * u..(row + 1) * u).unwrap_or_default()
}
