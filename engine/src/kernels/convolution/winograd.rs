//! 3 x 3 convolutions with 16 multiplications where there were 36: a tile of 2 x 2 results is made from a patch of 4 x 4
//! places. Patch and kernel are transformed by additions, multiplied place by place (over all tiles, channels and filters:
//! 16 products of matrices), and the sums transformed back. Lavin and Gray, 2015, arXiv:1509.09308, F(2x2, 3x3).
//!
//! With `t(a, b, c, d) = (a - c, b + c, c - b, b - d)` along both axes of the patch,
//! `k(a, b, c) = (a, (a + b + c) / 2, (a - b + c) / 2, c)` along those of the kernel and
//! `r(a, b, c, d) = (a + b + c, b - c - d)` along those of the sums: `y = r(t(x) k(w))`.
//! The input's gradient is such a convolution of dy; that of the kernel is `k'(sum over tiles of t(x) r'(dy))`.

use super::cpu::After;
use crate::kernels::geometry::Geometry;
use crate::kernels::product::{Finish, Left, Matrix, Packed, TASKS, multiply, product_part};
use crate::kernels::recycler::room;
use crate::kernels::scratch::with_values;
use crate::kernels::simd::simd;
use rayon::prelude::*;
use std::ops::Range;

/// Places of a patch, and of what is transformed.
const PLACES: usize = 16;

/// Channels and filters are taken this many at a time.
const LANES: usize = 16;

type Lanes = [f32; LANES];

/// Between the tiles of a block, so that rows of a product do not share a set of the cache.
const GAP: usize = 16;

/// Values of a block of transformed patches and sums: they stay in the second-level cache.
const BLOCK: usize = 48 << 10;

/// A convolution as seen from one side.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    batch: usize,
    input: [usize; 2],
    output: [usize; 2],
    before: [usize; 2],
    channels: usize,
    filters: usize,
}

impl Shape {
    /// The shape, if the convolution is of the kind that is faster this way. The batch has no say: samples give the same
    /// bits alone and together.
    pub(super) fn of(geometry: &Geometry, groups: usize, filters: usize) -> Option<Self> {
        let [depth, height, width] = geometry.windows;
        let fits = groups == 1
            && depth.input == 1
            && depth.kernel == 1
            && depth.output == 1
            && [height, width].iter().all(|w| w.kernel == 3 && w.stride == 1 && w.dilation == 1)
            && [geometry.channels, filters].iter().all(|n| n.is_multiple_of(LANES) && *n > 0);
        fits.then_some(Shape {
            batch: geometry.batch,
            input: [height.input, width.input],
            output: [height.output, width.output],
            before: [height.before, width.before],
            channels: geometry.channels,
            filters,
        })
    }

    /// The convolution of dy that gives the input's gradient.
    fn turned(self) -> Self {
        Shape {
            input: self.output,
            output: self.input,
            before: self.before.map(|before| 2 - before.min(2)),
            channels: self.filters,
            filters: self.channels,
            ..self
        }
    }

    fn tiles(&self) -> [usize; 2] {
        self.output.map(|n| n.div_ceil(2))
    }

    fn of_sample(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    fn of_result(&self) -> usize {
        self.output[0] * self.output[1] * self.filters
    }

    /// Where a sample's line of tiles begins in the results.
    fn line(&self, sample: usize, line: usize) -> usize {
        sample * self.of_result() + 2 * line * self.output[1] * self.filters
    }

    /// Values of a transformed patch and of a tile's sums, with the gaps behind them.
    fn of_tile(&self) -> (usize, usize) {
        (PLACES * self.channels + GAP, PLACES * self.filters + GAP)
    }

    /// Tiles of a block: many rows per product, but no more than the cache holds.
    fn of_block(&self) -> usize {
        (BLOCK / (PLACES * (self.channels + self.filters))).clamp(24, 96) / 12 * 12
    }

    /// Some of all tiles.
    fn some(&self, tiles: Range<usize>) -> Tiles {
        let [down, across] = self.tiles();
        let first = tiles.start;
        let place = [first / (down * across), first / across % down, first % across];
        Tiles { left: tiles.len(), place, down, across }
    }

    /// The 16 right sides of the products.
    fn kernels(&self, w: &[f32]) -> Vec<Packed> {
        let count = self.channels * self.filters;
        with_values(PLACES * count, |all| {
            transform_kernel(w, all);
            let of_places = all.chunks_exact(count);
            of_places
                .map(|of_place| Packed::of(Matrix::rows(of_place, self.channels, self.filters)))
                .collect()
        })
    }
}

/// Where tiles stand: the sample, and the place among its tiles.
#[derive(Clone, Copy)]
struct Tiles {
    left: usize,
    place: [usize; 3],
    down: usize,
    across: usize,
}

impl Iterator for Tiles {
    type Item = [usize; 3];

    #[inline(always)]
    fn next(&mut self) -> Option<[usize; 3]> {
        self.left = self.left.checked_sub(1)?;
        let place = self.place;
        let [sample, i, j] = &mut self.place;
        *j += 1;
        if *j == self.across {
            (*i, *j) = (*i + 1, 0);
        }
        if *i == self.down {
            (*sample, *i) = (*sample + 1, 0);
        }
        Some(place)
    }
}

#[inline(always)]
fn lanes(from: &[f32], at: usize) -> Lanes {
    let mut values = [0.0; LANES];
    values.copy_from_slice(&from[at..at + LANES]);
    values
}

#[inline(always)]
fn plus(a: Lanes, b: Lanes) -> Lanes {
    let mut sum = a;
    for i in 0..LANES {
        sum[i] += b[i];
    }
    sum
}

#[inline(always)]
fn minus(a: Lanes, b: Lanes) -> Lanes {
    let mut difference = a;
    for i in 0..LANES {
        difference[i] -= b[i];
    }
    difference
}

#[inline(always)]
fn half(a: Lanes) -> Lanes {
    let mut halves = a;
    for half in &mut halves {
        *half *= 0.5;
    }
    halves
}

/// t of the module's formula.
#[inline(always)]
fn of_patch([a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
    [minus(a, c), plus(b, c), minus(c, b), minus(b, d)]
}

/// k of the module's formula.
#[inline(always)]
fn of_kernel([a, b, c]: [Lanes; 3]) -> [Lanes; 4] {
    let outer = plus(a, c);
    [a, half(plus(outer, b)), half(minus(outer, b)), c]
}

/// The other way round: what k gives to each of its arguments.
#[inline(always)]
fn to_kernel([a, b, c, d]: [Lanes; 4]) -> [Lanes; 3] {
    let (sum, difference) = (half(plus(b, c)), half(minus(b, c)));
    [plus(a, sum), difference, plus(sum, d)]
}

/// r of the module's formula.
#[inline(always)]
fn to_result([a, b, c, d]: [Lanes; 4]) -> [Lanes; 2] {
    [plus(plus(a, b), c), minus(minus(b, c), d)]
}

/// The other way round: what r takes from each of its arguments.
#[inline(always)]
fn of_result([a, b]: [Lanes; 2]) -> [Lanes; 4] {
    [a, plus(a, b), minus(a, b), minus([0.0; LANES], b)]
}

/// Some channels of a patch, given by its columns, transformed.
#[inline(always)]
fn transform_patch(columns: [[Lanes; 4]; 4], to: &mut [f32], channels: usize, first: usize) {
    let [a, b, c, d] = columns;
    let [a, b, c, d] = [of_patch(a), of_patch(b), of_patch(c), of_patch(d)];
    for i in 0..4 {
        for (j, value) in of_patch([a[i], b[i], c[i], d[i]]).iter().enumerate() {
            to[(4 * i + j) * channels + first..][..LANES].copy_from_slice(value);
        }
    }
}

simd! {
    /// Transforms the patches of tiles; `outside` is what padding holds, for all channels.
    fn take_patches(shape: &Shape, x: &[f32], outside: &[f32], tiles: Tiles, to: &mut [f32]) {
        let channels = shape.channels;
        let [height, width] = shape.input;
        for ([sample, i, j], to) in tiles.zip(to.chunks_exact_mut(shape.of_tile().0)) {
            let to = &mut to[..PLACES * channels];
            let x = &x[sample * shape.of_sample()..][..shape.of_sample()];
            // The first place; counted with the padding it may lie in front of the input.
            let top = (2 * i).wrapping_sub(shape.before[0]);
            let left = (2 * j).wrapping_sub(shape.before[1]);
            let inside = top < height && left < width && top + 4 <= height && left + 4 <= width;
            if inside {
                let line = |h: usize| &x[((top + h) * width + left) * channels..][..4 * channels];
                let rows = [line(0), line(1), line(2), line(3)];
                for first in (0..channels).step_by(LANES) {
                    let mut columns = [[[0.0; LANES]; 4]; 4];
                    for (e, column) in columns.iter_mut().enumerate() {
                        for (d, value) in column.iter_mut().enumerate() {
                            *value = lanes(rows[d], e * channels + first);
                        }
                    }
                    transform_patch(columns, to, channels, first);
                }
                continue;
            }
            let mut places = [[outside; 4]; 4];
            for (e, column) in places.iter_mut().enumerate() {
                for (d, place) in column.iter_mut().enumerate() {
                    let (h, w) = (top.wrapping_add(d), left.wrapping_add(e));
                    if h < height && w < width {
                        *place = &x[(h * width + w) * channels..][..channels];
                    }
                }
            }
            for first in (0..channels).step_by(LANES) {
                let mut columns = [[[0.0; LANES]; 4]; 4];
                for (e, column) in columns.iter_mut().enumerate() {
                    for (d, value) in column.iter_mut().enumerate() {
                        *value = lanes(places[e][d], first);
                    }
                }
                transform_patch(columns, to, channels, first);
            }
        }
    }
}

simd! {
    /// The sums of a tile to its 2 x 2 results, with bias (empty: none) and relu.
    fn transform_sums(sums: &[f32], filters: usize, after: After<'_>, rows: [&mut [f32]; 2]) {
        let After { bias, relu } = after;
        let sums = &sums[..PLACES * filters];
        let [top, bottom] = rows;
        let (top, bottom) = (&mut top[..2 * filters], &mut bottom[..2 * filters]);
        for first in (0..filters).step_by(LANES) {
            let mut columns = [[[0.0; LANES]; 2]; 4];
            for (j, column) in columns.iter_mut().enumerate() {
                let mut of_column = [[0.0; LANES]; 4];
                for (i, value) in of_column.iter_mut().enumerate() {
                    *value = lanes(sums, (4 * i + j) * filters + first);
                }
                *column = to_result(of_column);
            }
            let bias = if bias.is_empty() { [0.0; LANES] } else { lanes(bias, first) };
            for (i, to) in [&mut *top, &mut *bottom].into_iter().enumerate() {
                let row = to_result([columns[0][i], columns[1][i], columns[2][i], columns[3][i]]);
                for (j, value) in row.into_iter().enumerate() {
                    let mut value = plus(value, bias);
                    if relu {
                        for value in &mut value {
                            *value = if *value <= 0.0 { 0.0 } else { *value };
                        }
                    }
                    to[j * filters + first..][..LANES].copy_from_slice(&value);
                }
            }
        }
    }
}

simd! {
    /// The gradients of 2 x 2 results, given as two rows, to those of the sums.
    fn spread_results(rows: [&[f32]; 2], filters: usize, to: &mut [f32]) {
        let [top, bottom] = rows.map(|row| &row[..2 * filters]);
        let to = &mut to[..PLACES * filters];
        for first in (0..filters).step_by(LANES) {
            let left = of_result([lanes(top, first), lanes(bottom, first)]);
            let right = of_result([lanes(top, filters + first), lanes(bottom, filters + first)]);
            for i in 0..4 {
                for (j, value) in of_result([left[i], right[i]]).iter().enumerate() {
                    to[(4 * i + j) * filters + first..][..LANES].copy_from_slice(value);
                }
            }
        }
    }
}

simd! {
    /// `[3, 3, channels, filters]` to `[16, channels, filters]`.
    fn transform_kernel(w: &[f32], to: &mut [f32]) {
        let count = w.len() / 9;
        for first in (0..count).step_by(LANES) {
            let mut columns = [[[0.0; LANES]; 4]; 3];
            for (j, column) in columns.iter_mut().enumerate() {
                let taps = [j, 3 + j, 6 + j].map(|tap| tap * count + first);
                *column = of_kernel([lanes(w, taps[0]), lanes(w, taps[1]), lanes(w, taps[2])]);
            }
            for i in 0..4 {
                let row = of_kernel([columns[0][i], columns[1][i], columns[2][i]]);
                for (j, value) in row.iter().enumerate() {
                    to[(4 * i + j) * count + first..][..LANES].copy_from_slice(value);
                }
            }
        }
    }
}

simd! {
    /// The gradient of the transformed kernel to that of the kernel, which it is added to.
    fn gather_kernel(from: &[f32], dw: &mut [f32]) {
        let count = from.len() / PLACES;
        for first in (0..count).step_by(LANES) {
            let mut columns = [[[0.0; LANES]; 3]; 4];
            for (j, column) in columns.iter_mut().enumerate() {
                let mut of_column = [[0.0; LANES]; 4];
                for (i, value) in of_column.iter_mut().enumerate() {
                    *value = lanes(from, (4 * i + j) * count + first);
                }
                *column = to_kernel(of_column);
            }
            for i in 0..3 {
                let row = to_kernel([columns[0][i], columns[1][i], columns[2][i], columns[3][i]]);
                for (j, value) in row.into_iter().enumerate() {
                    let to = &mut dw[(3 * i + j) * count + first..][..LANES];
                    for (to, value) in to.iter_mut().zip(value) {
                        *to += value;
                    }
                }
            }
        }
    }
}

/// Transforms the sums of a tile into its place in the results `y`, which begin with the tile's line.
fn give_results(shape: &Shape, sums: &[f32], after: After<'_>, y: &mut [f32], [i, j]: [usize; 2]) {
    let filters = shape.filters;
    let [height, width] = shape.output;
    let (top, bottom) = y.split_at_mut(width * filters);
    let at = 2 * j * filters;
    let (has_bottom, has_right) = (2 * i + 1 < height, 2 * j + 1 < width);
    if has_bottom && has_right {
        return transform_sums(sums, filters, after, [&mut top[at..], &mut bottom[at..]]);
    }
    with_values(4 * filters, |tile| {
        let (tile_top, tile_bottom) = tile.split_at_mut(2 * filters);
        transform_sums(sums, filters, after, [&mut *tile_top, &mut *tile_bottom]);
        let count = if has_right { 2 * filters } else { filters };
        top[at..at + count].copy_from_slice(&tile_top[..count]);
        if has_bottom {
            bottom[at..at + count].copy_from_slice(&tile_bottom[..count]);
        }
    });
}

/// Transforms the gradients of a tile's results.
fn take_results(shape: &Shape, dy: &[f32], [sample, i, j]: [usize; 3], to: &mut [f32]) {
    let filters = shape.filters;
    let [height, width] = shape.output;
    let of_line = width * filters;
    let dy = &dy[shape.line(sample, i)..];
    let at = 2 * j * filters;
    let (has_bottom, has_right) = (2 * i + 1 < height, 2 * j + 1 < width);
    if has_bottom && has_right {
        return spread_results([&dy[at..], &dy[of_line + at..]], filters, to);
    }
    with_values(4 * filters, |tile| {
        tile.fill(0.0);
        let (top, bottom) = tile.split_at_mut(2 * filters);
        let count = if has_right { 2 * filters } else { filters };
        top[..count].copy_from_slice(&dy[at..][..count]);
        if has_bottom {
            bottom[..count].copy_from_slice(&dy[of_line + at..][..count]);
        }
        spread_results([top, bottom], filters, to);
    });
}

/// What a convolution does on its way: the kernel's 16 right sides, what follows, and the shape.
pub(super) struct Run<'a> {
    shape: Shape,
    kernels: Vec<Packed>,
    after: After<'a>,
}

impl<'a> Run<'a> {
    pub(super) fn new(shape: Shape, w: &[f32], after: After<'a>) -> Self {
        Run { shape, kernels: shape.kernels(w), after }
    }

    /// The results of one sample.
    pub(super) fn sample(&self, x: &[f32], y: &mut [f32]) {
        let [down, _] = self.shape.tiles();
        self.lines(x, y, 0..down);
    }

    /// Where one of all lines of tiles begins in the results.
    fn start(&self, line: usize) -> usize {
        let [down, _] = self.shape.tiles();
        self.shape.line(line / down, line % down)
    }

    /// The results of some lines of tiles; `y` holds just them.
    fn lines(&self, x: &[f32], y: &mut [f32], lines: Range<usize>) {
        let shape = &self.shape;
        let [_, across] = shape.tiles();
        let (of_patch, of_sums) = shape.of_tile();
        let most = shape.of_block();
        let first_value = self.start(lines.start);
        let outside = vec![0.0; shape.channels];
        with_values(most * (of_patch + of_sums), |block| {
            let (patches, sums) = block.split_at_mut(most * of_patch);
            for tiles in blocks(lines.start * across..lines.end * across, most) {
                let count = tiles.len();
                take_patches(shape, x, &outside, shape.some(tiles.clone()), patches);
                for (place, kernel) in self.kernels.iter().enumerate() {
                    let left = Left {
                        values: &patches[place * shape.channels..],
                        rows: count,
                        row_stride: of_patch,
                        step: 1,
                        segments: &[0],
                        length: shape.channels,
                    };
                    let to = &mut sums[place * shape.filters..];
                    multiply(to, of_sums, &left, kernel, Finish::default());
                }
                let of_tiles = shape.some(tiles).zip(sums.chunks_exact(of_sums));
                for ([sample, i, j], sums) in of_tiles {
                    let y = &mut y[shape.line(sample, i) - first_value..];
                    give_results(shape, sums, self.after, y, [i, j]);
                }
            }
        });
    }

    /// All results.
    pub(super) fn all(&self, x: &[f32], parallel: bool) -> Vec<f32> {
        let mut y = room(self.shape.batch * self.shape.of_result());
        let [down, _] = self.shape.tiles();
        let lines = self.shape.batch * down;
        let tasks = if parallel { TASKS * rayon::current_num_threads() } else { 1 };
        let mut rest = y.as_mut_slice();
        let mut parts = Vec::with_capacity(tasks);
        for lines in blocks(0..lines, lines.div_ceil(tasks).max(1)) {
            let count = self.start(lines.end) - self.start(lines.start);
            let (part, others) = rest.split_at_mut(count);
            parts.push((part, lines));
            rest = others;
        }
        if parallel {
            parts.into_par_iter().for_each(|(y, lines)| self.lines(x, y, lines));
        } else {
            parts.into_iter().for_each(|(y, lines)| self.lines(x, y, lines));
        }
        y
    }
}

/// A range in pieces of at most this length.
fn blocks(all: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let end = all.end;
    all.step_by(most).map(move |start| start..(start + most).min(end))
}

/// The gradient of x.
pub(super) fn input_gradient(shape: Shape, w: &[f32], dy: &[f32], parallel: bool) -> Vec<f32> {
    // The taps the other way round, filters in rows.
    let mut turned = Vec::with_capacity(w.len());
    for tap in w.chunks_exact(shape.channels * shape.filters).rev() {
        for filter in 0..shape.filters {
            turned.extend(tap[filter..].iter().step_by(shape.filters));
        }
    }
    let shape = shape.turned();
    Run::new(shape, &turned, After { bias: &[], relu: false }).all(dy, parallel)
}

/// What some samples add to the gradient of w.
pub(super) fn kernel_gradient(shape: Shape, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let (channels, filters) = (shape.channels, shape.filters);
    let (of_patch, of_sums) = shape.of_tile();
    let most = shape.of_block();
    let [down, across] = shape.tiles();
    let samples = dy.len() / shape.of_result();
    let outside = vec![0.0; channels];
    let mut of_places = vec![0.0; PLACES * channels * filters];
    with_values(most * (of_patch + of_sums), |block| {
        let (patches, sums) = block.split_at_mut(most * of_patch);
        for tiles in blocks(0..samples * down * across, most) {
            let count = tiles.len();
            take_patches(&shape, x, &outside, shape.some(tiles.clone()), patches);
            for (place, sums) in shape.some(tiles).zip(sums.chunks_exact_mut(of_sums)) {
                take_results(&shape, dy, place, sums);
            }
            for (place, to) in of_places.chunks_exact_mut(channels * filters).enumerate() {
                let patches = &patches[place * channels..];
                let left = Matrix::part(patches, count, channels, of_patch).transposed();
                let right = Matrix::part(&sums[place * filters..], count, filters, of_sums);
                let finish = Finish { add: true, ..Finish::default() };
                product_part(to, filters, left, right, finish);
            }
        }
    });
    let mut dw = vec![0.0; 9 * channels * filters];
    gather_kernel(&of_places, &mut dw);
    dw
}
