//! Tiles of queries over blocks of keys, in float32. A task has a head (with its group of keys), or all heads of a sample.

use super::{Empty, Options, Sizes};
use crate::kernels::lanes::{self, dot, largest, sum};
use crate::kernels::pointwise::exp_of_negative;
use crate::kernels::product::{Finish, Matrix, Packed, multiply, product_part};
use crate::kernels::simd::simd;
use crate::random::Random;
use rayon::prelude::*;

/// Queries of a tile.
const TILE: usize = 64;
/// Keys of a block, a multiple of 64 (dropout draws so many places at once).
const BLOCK: usize = 512;
/// Numbers of the widest vector.
const LANES: usize = 16;
/// What a masked score becomes; scores below a tenth of it count as masked.
const MASKED: f32 = -1e30;

/// The tensors' values.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) q: &'a [f32],
    pub(super) k: &'a [f32],
    pub(super) v: &'a [f32],
    pub(super) mask: Option<Mask<'a>>,
}

/// Where queries may attend; rows are whole, other sizes of 1 stand for all.
#[derive(Clone, Copy)]
pub(super) struct Mask<'a> {
    values: &'a [u8],
    strides: [usize; 3],
}

impl<'a> Mask<'a> {
    /// From values of `[batch, heads, queries, keys]`.
    pub(super) fn new(values: &'a [u8], sizes: &[usize]) -> Self {
        let stride = |axis: usize| match sizes[axis] {
            1 => 0,
            _ => sizes[axis + 1..].iter().product(),
        };
        Mask { values, strides: [stride(0), stride(1), stride(2)] }
    }

    /// The values from a row on, and how far its rows are apart.
    fn rows(&self, batch: usize, head: usize, query: usize) -> (&'a [u8], usize) {
        let [of_batch, of_head, of_query] = self.strides;
        (&self.values[batch * of_batch + head * of_head + query * of_query..], of_query)
    }
}

/// What the loops over the scores of one tile and block need to know.
struct Place<'a> {
    /// The first query and key.
    query: usize,
    key: usize,
    /// Keys of the block.
    width: usize,
    scale: f32,
    causal: bool,
    /// The mask from the first query and key on, and its row stride.
    mask: Option<(&'a [u8], usize)>,
    dropout: Option<Drop<'a>>,
}

/// Which weights are dropped.
#[derive(Clone, Copy)]
struct Drop<'a> {
    random: &'a Random,
    limit: u32,
    scale: f32,
    /// The block of the random stream where the first query's row begins, and blocks of a row.
    first: u64,
    blocks: u64,
}

impl Place<'_> {
    /// From row to row: whole vectors, so that no loop has a rest.
    #[inline(always)]
    fn stride(&self) -> usize {
        self.width.next_multiple_of(LANES)
    }

    /// How many keys of the block the query may see, causality considered.
    #[inline(always)]
    fn seen(&self, row: usize) -> usize {
        if !self.causal {
            return self.width;
        }
        (self.query + row + 1).saturating_sub(self.key).min(self.width)
    }
}

/// Sets scores that do not count to [`MASKED`]: those of the mask, of the future, and those that fill the row up.
#[inline(always)]
fn mask_row(scores: &mut [f32], place: &Place<'_>, row: usize) {
    let seen = place.seen(row);
    if let Some((values, stride)) = place.mask {
        for (score, allowed) in scores[..seen].iter_mut().zip(&values[row * stride..]) {
            *score = if *allowed == 0 { MASKED } else { *score };
        }
    }
    scores[seen..].fill(MASKED);
}

/// Multiplies a row by its factors of dropout.
#[inline(always)]
fn drop_row(values: &mut [f32], drop: &Drop<'_>, place: &Place<'_>, row: usize) {
    let first = drop.first + row as u64 * drop.blocks + (place.key / 4) as u64;
    for (i, values) in values.chunks_mut(64).enumerate() {
        let words = drop.random.blocks::<16>(first + (i * 16) as u64);
        for (values, words) in values.chunks_mut(16).zip(&words) {
            for (value, word) in values.iter_mut().zip(words) {
                *value = if *word >= drop.limit { *value * drop.scale } else { 0.0 };
            }
        }
    }
}

simd! {
    /// Scores become weights against a running maximum: `exp(scale score - maximum)`. Maximum and sum of each row go on;
    /// what the row summed up to before must be multiplied by its factor.
    fn weights(scores: &mut [f32], place: &Place<'_>, maxima: &mut [f32], sums: &mut [f32], factors: &mut [f32]) {
        let running = maxima.iter_mut().zip(sums).zip(factors);
        for (row, (scores, ((maximum, total), factor))) in
            scores.chunks_exact_mut(place.stride()).zip(running).enumerate()
        {
            mask_row(scores, place, row);
            let top = largest(scores);
            if top < 0.1 * MASKED {
                scores.fill(0.0);
                *factor = 1.0;
                continue;
            }
            let before = *maximum;
            let scale = place.scale;
            let now = (top * scale).max(before);
            for score in scores.iter_mut() {
                *score = exp_of_negative(*score * scale - now);
            }
            *factor = exp_of_negative(before - now);
            *total = *total * *factor + sum(scores);
            *maximum = now;
            if let Some(drop) = &place.dropout {
                drop_row(scores, drop, place, row);
            }
        }
    }
}

/// Takes the mean by weights that add up to 1 from the values: what is left of it, being rounded to their size at first.
#[inline(always)]
fn centered(values: &mut [f32], weights: &[f32]) -> f32 {
    let rough = dot(values, weights);
    for value in values.iter_mut() {
        *value -= rough;
    }
    dot(values, weights)
}

simd! {
    /// Scores become weights as they were used (dropout included), `dw` (the weights' gradient) that of the scores.
    /// Without `dots` the block has all keys, and the rows of the scores' gradient add up to 0 but for rounding: what
    /// they add up to is the gradient of what is the same in all keys (a bias), which an adaptive optimizer would blow up.
    fn gradients(scores: &mut [f32], dw: &mut [f32], place: &Place<'_>, logs: &[f32], dots: Option<&[f32]>) {
        let stride = place.stride();
        let rows = scores.chunks_exact_mut(stride).zip(dw.chunks_exact_mut(stride));
        for (row, ((scores, dw), log)) in rows.zip(logs).enumerate() {
            mask_row(scores, place, row);
            if let Some(drop) = &place.dropout {
                drop_row(dw, drop, place, row);
            }
            // Numbers of their own and two loops: otherwise the compiler does not use vectors.
            let (scale, log) = (place.scale, *log);
            for score in scores.iter_mut() {
                *score = exp_of_negative(*score * scale - log);
            }
            let dot = dots.map_or_else(|| centered(dw, scores), |dots| dots[row]);
            for (dw, weight) in dw.iter_mut().zip(&*scores) {
                *dw = weight * (*dw - dot) * scale;
            }
            if let Some(drop) = &place.dropout {
                drop_row(scores, drop, place, row);
            }
        }
    }
}

/// One head of one sample, and where its rows are: slices begin at its first value.
#[derive(Clone, Copy)]
struct Head<'a> {
    sizes: &'a Sizes,
    options: &'a Options,
    parts: &'a Parts<'a>,
    sample: usize,
    head: usize,
}

impl<'a> Head<'a> {
    fn group(&self) -> usize {
        self.head / (self.sizes.heads / self.sizes.groups)
    }

    /// `depth` columns of this head in rows of `[batch, places, heads, depth]`.
    fn rows(
        &self,
        values: &'a [f32],
        (heads, head): (usize, usize),
        (places, depth): (usize, usize),
        (start, count): (usize, usize),
    ) -> Matrix<'a> {
        let first = ((self.sample * places + start) * heads + head) * depth;
        Matrix::part(&values[first..], count, depth, heads * depth)
    }

    fn queries(&self, values: &'a [f32], depth: usize, start: usize, count: usize) -> Matrix<'a> {
        let sizes = self.sizes;
        self.rows(values, (sizes.heads, self.head), (sizes.queries, depth), (start, count))
    }

    fn keys(&self, values: &'a [f32], depth: usize, start: usize, count: usize) -> Matrix<'a> {
        let sizes = self.sizes;
        self.rows(values, (sizes.groups, self.group()), (sizes.keys, depth), (start, count))
    }

    fn place(&self, query: usize, key: usize, width: usize) -> Place<'a> {
        let mask = self.parts.mask.map(|mask| {
            let (values, stride) = mask.rows(self.sample, self.head, query);
            (&values[key..], stride)
        });
        let dropout = self.options.dropout.as_ref().map(|(rate, random)| {
            let blocks = (self.sizes.keys.div_ceil(64) * 16) as u64;
            let row = (self.sample * self.sizes.heads + self.head) * self.sizes.queries + query;
            Drop {
                random,
                limit: (rate * 4_294_967_296.0) as u32,
                scale: (1.0 / (1.0 - rate)) as f32,
                first: row as u64 * blocks,
                blocks,
            }
        });
        let (scale, causal) = (self.options.scale as f32, self.options.causal);
        Place { query, key, width, scale, causal, mask, dropout }
    }

    /// Keys that the queries before `end` may see.
    fn limit(&self, end: usize) -> usize {
        if self.options.causal { end.min(self.sizes.keys) } else { self.sizes.keys }
    }

    /// Each block of keys, or of values, laid out as the right side of products; `turned`: its transpose.
    fn blocks(&self, values: &'a [f32], depth: usize, turned: bool) -> Vec<Packed> {
        let starts = (0..self.sizes.keys).step_by(BLOCK);
        let block = |start| {
            let block = self.keys(values, depth, start, BLOCK.min(self.sizes.keys - start));
            Packed::of(if turned { block.transposed() } else { block })
        };
        starts.map(block).collect()
    }

    /// The result's rows, `stride` apart, and the logarithms of the sums of exponentials (infinite: nothing was seen).
    fn forward(&self, y: &mut [f32], stride: usize, logs: &mut [f32]) {
        let Sizes { queries, keys, depth, value_depth, .. } = *self.sizes;
        let mut scores = vec![0.0; TILE.min(queries) * BLOCK.min(keys).next_multiple_of(LANES)];
        let mut factors = [0.0; TILE];
        let k_blocks = self.blocks(self.parts.k, depth, true);
        let v_blocks = self.blocks(self.parts.v, value_depth, false);
        for query in (0..queries).step_by(TILE) {
            let count = TILE.min(queries - query);
            let q = self.queries(self.parts.q, depth, query, count);
            let y = &mut y[query * stride..];
            let (mut maxima, mut sums) = ([f32::NEG_INFINITY; TILE], [0.0; TILE]);
            for key in (0..self.limit(query + count)).step_by(BLOCK) {
                let width = BLOCK.min(self.limit(query + count) - key);
                let row = width.next_multiple_of(LANES);
                let scores = &mut scores[..count * row];
                let k = self.keys(self.parts.k, depth, key, width).transposed();
                times(scores, row, q, k, &k_blocks[key / BLOCK], false);
                let place = self.place(query, key, width);
                weights(scores, &place, &mut maxima[..count], &mut sums, &mut factors);
                if key > 0 {
                    scale_rows(y, stride, value_depth, &factors[..count]);
                }
                let v = self.keys(self.parts.v, value_depth, key, width);
                let used = Matrix::part(scores, count, width, row);
                times(y, stride, used, v, &v_blocks[key / BLOCK], key > 0);
            }
            for (row, log) in logs[query..query + count].iter_mut().enumerate() {
                let has_seen = sums[row] > 0.0;
                factors[row] = if has_seen { 1.0 / sums[row] } else { 0.0 };
                *log = if has_seen { maxima[row] + sums[row].ln() } else { f32::INFINITY };
            }
            scale_rows(y, stride, value_depth, &factors[..count]);
            for row in (0..count).filter(|row| sums[*row] == 0.0) {
                self.mean_of_values(&mut y[row * stride..][..value_depth]);
            }
        }
    }

    /// What a query gets that saw nothing.
    fn mean_of_values(&self, y: &mut [f32]) {
        y.fill(0.0);
        if self.options.empty == Empty::Zero {
            return;
        }
        let share = 1.0 / self.sizes.keys as f32;
        for key in 0..self.sizes.keys {
            let first = self.place_of_value(key);
            for (y, v) in y.iter_mut().zip(&self.parts.v[first..]) {
                *y += v * share;
            }
        }
    }

    fn place_of_value(&self, key: usize) -> usize {
        let Sizes { keys, groups, value_depth, .. } = *self.sizes;
        ((self.sample * keys + key) * groups + self.group()) * value_depth
    }

    /// Sets the rows of dq and adds to those of dk and dv.
    fn backward(&self, y: &'a [f32], dy: &'a [f32], logs: &[f32], to: &mut Gradients<'_>) {
        let Sizes { queries, keys, heads, depth, value_depth, .. } = *self.sizes;
        let area = TILE.min(queries) * BLOCK.min(keys).next_multiple_of(LANES);
        let (mut scores, mut dw) = (vec![0.0; area], vec![0.0; area]);
        let k_turned = self.blocks(self.parts.k, depth, true);
        let v_turned = self.blocks(self.parts.v, value_depth, true);
        let k_blocks = self.blocks(self.parts.k, depth, false);
        for query in (0..queries).step_by(TILE) {
            let count = TILE.min(queries - query);
            let q = self.queries(self.parts.q, depth, query, count);
            let dy_rows = self.queries(dy, value_depth, query, count);
            let dots = (self.limit(query + count) > BLOCK).then(|| {
                let mut dots = [0.0; TILE];
                for (row, dot) in dots[..count].iter_mut().enumerate() {
                    let first =
                        ((self.sample * queries + query + row) * heads + self.head) * value_depth;
                    let row = first..first + value_depth;
                    *dot = lanes::dot(&y[row.clone()], &dy[row]);
                }
                dots
            });
            let logs = &logs[query..query + count];
            for key in (0..self.limit(query + count)).step_by(BLOCK) {
                let width = BLOCK.min(self.limit(query + count) - key);
                let row = width.next_multiple_of(LANES);
                let (scores, dw) = (&mut scores[..count * row], &mut dw[..count * row]);
                let k = self.keys(self.parts.k, depth, key, width);
                let v = self.keys(self.parts.v, value_depth, key, width);
                let block = key / BLOCK;
                times(scores, row, q, k.transposed(), &k_turned[block], false);
                times(dw, row, dy_rows, v.transposed(), &v_turned[block], false);
                let dots = dots.as_ref().map(|dots| &dots[..count]);
                gradients(scores, dw, &self.place(query, key, width), logs, dots);
                let used = Matrix::part(scores, count, width, row);
                let ds = Matrix::part(dw, count, width, row);
                let (at_k, at_v) = (key * to.strides[1], key * to.strides[2]);
                let add = Finish { add: true, ..Finish::default() };
                product_part(&mut to.dv[at_v..], to.strides[2], used.transposed(), dy_rows, add);
                product_part(&mut to.dk[at_k..], to.strides[1], ds.transposed(), q, add);
                let dq = &mut to.dq[query * to.strides[0]..];
                times(dq, to.strides[0], ds, k, &k_blocks[block], key > 0);
            }
            if self.options.empty == Empty::Mean {
                for row in (0..count).filter(|row| logs[*row] == f32::INFINITY) {
                    let share = 1.0 / keys as f32;
                    let first =
                        ((self.sample * queries + query + row) * heads + self.head) * value_depth;
                    for key in 0..keys {
                        let dv = &mut to.dv[key * to.strides[2]..][..value_depth];
                        for (dv, dy) in dv.iter_mut().zip(&dy[first..]) {
                            *dv += dy * share;
                        }
                    }
                }
            }
        }
    }
}

/// The gradients of one head: slices begin at its first value, rows are `strides` apart (dq, dk, dv).
struct Gradients<'a> {
    dq: &'a mut [f32],
    dk: &'a mut [f32],
    dv: &'a mut [f32],
    strides: [usize; 3],
}

/// `y = a b` (or `+=`); `packed` is b, if all of its block is needed.
fn times(y: &mut [f32], stride: usize, a: Matrix<'_>, b: Matrix<'_>, packed: &Packed, add: bool) {
    let finish = Finish { add, ..Finish::default() };
    let left = a.left();
    let is_whole = packed.inner() == left.length && packed.columns() == b.left().length;
    match is_whole {
        true => multiply(y, stride, &left, packed, finish),
        false => product_part(y, stride, a, b, finish),
    }
}

fn scale_rows(y: &mut [f32], stride: usize, columns: usize, factors: &[f32]) {
    for (row, factor) in factors.iter().enumerate() {
        for y in &mut y[row * stride..][..columns] {
            *y *= factor;
        }
    }
}

/// Whether samples are tasks enough; otherwise heads are.
fn by_sample(sizes: &Sizes) -> bool {
    sizes.batch >= 4 * rayon::current_num_threads() || sizes.groups == 1
}

/// `[batch, heads, places, depth]` as `[batch, places, heads, depth]`.
fn heads_inside(values: Vec<f32>, heads: usize, places: usize, depth: usize) -> Vec<f32> {
    let sample = heads * places * depth;
    if heads == 1 || sample == 0 {
        return values;
    }
    let mut moved = vec![0.0; values.len()];
    moved.par_chunks_mut(sample).zip(values.par_chunks(sample)).for_each(|(moved, values)| {
        for (head, values) in values.chunks_exact(places * depth).enumerate() {
            for (place, row) in values.chunks_exact(depth).enumerate() {
                moved[(place * heads + head) * depth..][..depth].copy_from_slice(row);
            }
        }
    });
    moved
}

/// The result, and the logarithms of the sums of exponentials `[batch, heads, queries]`.
pub(super) fn forward(sizes: &Sizes, parts: &Parts<'_>, options: &Options) -> (Vec<f32>, Vec<f32>) {
    let Sizes { batch, queries, heads, value_depth, .. } = *sizes;
    let mut y = vec![0.0; batch * queries * heads * value_depth];
    let mut logs = vec![f32::INFINITY; batch * heads * queries];
    if y.is_empty() || sizes.keys == 0 {
        return (y, logs);
    }
    if by_sample(sizes) {
        let tasks = y.par_chunks_mut(queries * heads * value_depth);
        let tasks = tasks.zip(logs.par_chunks_mut(heads * queries)).enumerate();
        tasks.for_each(|(sample, (y, logs))| {
            for (head, logs) in logs.chunks_exact_mut(queries).enumerate() {
                let task = Head { sizes, options, parts, sample, head };
                task.forward(&mut y[head * value_depth..], heads * value_depth, logs);
            }
        });
        return (y, logs);
    }
    let tasks = y.par_chunks_mut(queries * value_depth).zip(logs.par_chunks_mut(queries));
    tasks.enumerate().for_each(|(i, (y, logs))| {
        let task = Head { sizes, options, parts, sample: i / heads, head: i % heads };
        task.forward(y, value_depth, logs);
    });
    (heads_inside(y, heads, queries, value_depth), logs)
}

/// The gradients of q, k and v.
pub(super) fn backward(
    sizes: &Sizes,
    parts: &Parts<'_>,
    options: &Options,
    y: &[f32],
    dy: &[f32],
    logs: &[f32],
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let Sizes { batch, queries, keys, heads, groups, depth, value_depth } = *sizes;
    let mut dq = vec![0.0; batch * queries * heads * depth];
    let mut dk = vec![0.0; batch * keys * groups * depth];
    let mut dv = vec![0.0; batch * keys * groups * value_depth];
    if dq.is_empty() || dk.is_empty() || dv.is_empty() {
        return (dq, dk, dv);
    }
    let share = heads / groups;
    if by_sample(sizes) {
        let tasks = dq.par_chunks_mut(queries * heads * depth);
        let tasks = tasks.zip(dk.par_chunks_mut(keys * groups * depth));
        let tasks = tasks.zip(dv.par_chunks_mut(keys * groups * value_depth)).enumerate();
        tasks.for_each(|(sample, ((dq, dk), dv))| {
            for head in 0..heads {
                let group = head / share;
                let mut to = Gradients {
                    dq: &mut dq[head * depth..],
                    dk: &mut dk[group * depth..],
                    dv: &mut dv[group * value_depth..],
                    strides: [heads * depth, groups * depth, groups * value_depth],
                };
                let logs = &logs[(sample * heads + head) * queries..][..queries];
                Head { sizes, options, parts, sample, head }.backward(y, dy, logs, &mut to);
            }
        });
        return (dq, dk, dv);
    }
    let tasks = dq.par_chunks_mut(share * queries * depth);
    let tasks = tasks.zip(dk.par_chunks_mut(keys * depth));
    let tasks = tasks.zip(dv.par_chunks_mut(keys * value_depth)).enumerate();
    tasks.for_each(|(i, ((dq, dk), dv))| {
        for (own, dq) in dq.chunks_exact_mut(queries * depth).enumerate() {
            let (sample, head) = (i / groups, i % groups * share + own);
            let mut to = Gradients { dq, dk, dv, strides: [depth, depth, value_depth] };
            let logs = &logs[(sample * heads + head) * queries..][..queries];
            Head { sizes, options, parts, sample, head }.backward(y, dy, logs, &mut to);
        }
    });
    (
        heads_inside(dq, heads, queries, depth),
        heads_inside(dk, groups, keys, depth),
        heads_inside(dv, groups, keys, value_depth),
    )
}
