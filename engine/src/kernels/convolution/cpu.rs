//! Tiles of windows, laid out and multiplied one after the other, samples in parallel.

use crate::kernels::dense::finish_rows;
use crate::kernels::geometry::Geometry;
use crate::kernels::product::{Finish, Matrix, product_part};
use rayon::prelude::*;

/// Values of a tile's windows: 256 KB stay in the second-level cache together with the kernel.
const TILE: usize = 64 << 10;

/// Below this many multiplications one thread is faster than waking others.
const PARALLEL_FROM: usize = 2 << 20;

/// One convolution on slices.
struct Work<'a> {
    geometry: &'a Geometry,
    groups: usize,
    filters: usize,
    /// Channels of a group.
    each: usize,
    /// Rows of the kernel as a matrix.
    inner: usize,
    /// Windows of a tile.
    rows: usize,
    /// Whether windows are columns of the layout: with one channel, their values then come in long runs.
    upright: bool,
}

impl<'a> Work<'a> {
    fn new(geometry: &'a Geometry, groups: usize, filters: usize) -> Self {
        let each = geometry.channels / groups;
        let inner = geometry.taps() * each;
        let rows = (TILE / inner.max(1)).clamp(32, 4096).min(geometry.outputs().max(1));
        Work { geometry, groups, filters, each, inner, rows, upright: geometry.channels == 1 }
    }

    fn is_large(&self) -> bool {
        let products = self.geometry.batch * self.geometry.outputs() * self.inner * self.filters;
        products >= PARALLEL_FROM && rayon::current_num_threads() > 1
    }

    fn tile(&self) -> Vec<f32> {
        vec![0.0; self.rows * self.inner]
    }

    /// Windows `first..first + rows` of a sample as a matrix of a group.
    fn lay_out(&self, x: &[f32], group: usize, first: usize, rows: usize, tile: &mut [f32]) {
        if self.upright {
            return self.lay_out_upright(x, first, rows, tile);
        }
        let Geometry { channels, windows: [_, _, w], .. } = *self.geometry;
        let [depth, height, _] = self.geometry.windows.map(|window| window.kernel);
        let run = w.kernel * self.each;
        let whole = w.dilation == 1 && self.groups == 1;
        for (row, values) in tile.chunks_exact_mut(self.inner).take(rows).enumerate() {
            let start = self.geometry.start(first + row);
            let mut parts = values.chunks_exact_mut(run);
            for tap in (0..depth).flat_map(|d| (0..height).map(move |h| (d, h))) {
                let Some(part) = parts.next() else { break };
                let Some(line) = self.line(start, tap) else {
                    part.fill(0.0);
                    continue;
                };
                if whole {
                    // Taps low..high lie inside the line.
                    let low = (-start[2]).clamp(0, w.kernel as isize) as usize;
                    let high = (w.input as isize - start[2]).clamp(0, w.kernel as isize) as usize;
                    let high = high.max(low);
                    part[..low * channels].fill(0.0);
                    part[high * channels..].fill(0.0);
                    if high > low {
                        let from = line + (start[2] + low as isize) as usize;
                        part[low * channels..high * channels]
                            .copy_from_slice(&x[from * channels..][..(high - low) * channels]);
                    }
                    continue;
                }
                for (tap, part) in part.chunks_exact_mut(self.each).enumerate() {
                    let at = start[2] + (tap * w.dilation) as isize;
                    if at < 0 || at >= w.input as isize {
                        part.fill(0.0);
                    } else {
                        let from = (line + at as usize) * channels + group * self.each;
                        part.copy_from_slice(&x[from..][..self.each]);
                    }
                }
            }
        }
    }

    /// Where the line of a tap's outer axes begins, if it is no padding.
    #[inline]
    fn line(&self, start: [isize; 3], (d, h): (usize, usize)) -> Option<usize> {
        let [a, b, c] = self.geometry.windows;
        let d = start[0] + (d * a.dilation) as isize;
        let h = start[1] + (h * b.dilation) as isize;
        let inside = d >= 0 && d < a.input as isize && h >= 0 && h < b.input as isize;
        inside.then(|| (d as usize * b.input + h as usize) * c.input)
    }

    /// As above for one channel: row `tap` of the tile holds that tap's value for each window.
    fn lay_out_upright(&self, x: &[f32], first: usize, rows: usize, tile: &mut [f32]) {
        let w = self.geometry.windows[2];
        for (tap, values) in self.geometry.all_taps().zip(tile.chunks_exact_mut(rows)) {
            let mut done = 0;
            while done < rows {
                // The rest of one line of windows.
                let output = first + done;
                let start = self.geometry.start(output);
                let count = (w.output - output % w.output).min(rows - done);
                let part = &mut values[done..done + count];
                done += count;
                let Some(line) = self.line(start, (tap[0], tap[1])) else {
                    part.fill(0.0);
                    continue;
                };
                let from = start[2] + (tap[2] * w.dilation) as isize;
                let step = w.stride as isize;
                let low = if from < 0 { (-from + step - 1) / step } else { 0 };
                let high = (w.input as isize - from + step - 1).max(0) / step;
                let low = low.clamp(0, count as isize) as usize;
                let high = high.clamp(low as isize, count as isize) as usize;
                part[..low].fill(0.0);
                part[high..].fill(0.0);
                if high > low {
                    let from = line + (from + (low * w.stride) as isize) as usize;
                    let part = &mut part[low..high];
                    if w.stride == 1 {
                        part.copy_from_slice(&x[from..][..part.len()]);
                    } else {
                        let values = x[from..].iter().step_by(w.stride);
                        part.iter_mut().zip(values).for_each(|(part, x)| *part = *x);
                    }
                }
            }
        }
    }

    /// The tile as a matrix of windows.
    fn matrix<'t>(&self, tile: &'t [f32], rows: usize) -> Matrix<'t> {
        match self.upright {
            true => Matrix::rows(&tile[..rows * self.inner], self.inner, rows).transposed(),
            false => Matrix::rows(&tile[..rows * self.inner], rows, self.inner),
        }
    }

    /// The kernel of a group as a matrix.
    fn kernel<'w>(&self, w: &'w [f32], group: usize) -> Matrix<'w> {
        let of_filters = self.filters / self.groups;
        Matrix::part(&w[group * of_filters..], self.inner, of_filters, self.filters)
    }

    /// Adds the gradients of windows to the places that they came from.
    fn spread(&self, tile: &[f32], group: usize, first: usize, rows: usize, dx: &mut [f32]) {
        let Geometry { channels, windows: [_, _, w], .. } = *self.geometry;
        let [depth, height, _] = self.geometry.windows.map(|window| window.kernel);
        let run = w.kernel * self.each;
        let whole = w.dilation == 1 && self.groups == 1;
        for (row, values) in tile.chunks_exact(self.inner).take(rows).enumerate() {
            let start = self.geometry.start(first + row);
            let mut parts = values.chunks_exact(run);
            for tap in (0..depth).flat_map(|d| (0..height).map(move |h| (d, h))) {
                let Some(part) = parts.next() else { break };
                let Some(line) = self.line(start, tap) else { continue };
                if whole {
                    let low = (-start[2]).clamp(0, w.kernel as isize) as usize;
                    let high = (w.input as isize - start[2]).clamp(0, w.kernel as isize) as usize;
                    if high > low {
                        let to = line + (start[2] + low as isize) as usize;
                        let part = &part[low * channels..high * channels];
                        add(&mut dx[to * channels..][..part.len()], part);
                    }
                    continue;
                }
                for (tap, part) in part.chunks_exact(self.each).enumerate() {
                    let at = start[2] + (tap * w.dilation) as isize;
                    if at >= 0 && at < w.input as isize {
                        let to = (line + at as usize) * channels + group * self.each;
                        add(&mut dx[to..][..self.each], part);
                    }
                }
            }
        }
    }
}

#[inline]
fn add(sum: &mut [f32], values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

/// The convolution with bias (empty: none) and relu.
pub(super) fn forward(
    x: &[f32],
    w: &[f32],
    b: &[f32],
    geometry: &Geometry,
    groups: usize,
    filters: usize,
    relu: bool,
) -> Vec<f32> {
    let work = Work::new(geometry, groups, filters);
    let (outputs, of_sample) = (geometry.outputs(), geometry.inputs() * geometry.channels);
    let of_filters = filters / groups;
    let mut y = vec![0.0; geometry.batch * outputs * filters];
    let one = |tile: &mut Vec<f32>, x: &[f32], first: usize, y: &mut [f32]| {
        let rows = y.len() / filters;
        for group in 0..groups {
            work.lay_out(x, group, first, rows, tile);
            let y = &mut y[group * of_filters..];
            product_part(
                y,
                filters,
                work.matrix(tile, rows),
                work.kernel(w, group),
                Finish::default(),
            );
        }
        finish_rows(y, b, relu);
    };
    if of_sample == 0 || y.is_empty() {
        return y;
    }
    if work.is_large() {
        // Samples in parallel; the tiles of a sample too, so that a single large image uses all threads.
        y.par_chunks_mut(outputs * filters).zip(x.par_chunks(of_sample)).for_each(|(y, x)| {
            let tiles = y.par_chunks_mut(work.rows * filters).enumerate();
            tiles.for_each_init(|| work.tile(), |tile, (i, y)| one(tile, x, i * work.rows, y));
        });
    } else {
        let mut tile = work.tile();
        for (y, x) in y.chunks_mut(outputs * filters).zip(x.chunks(of_sample)) {
            for (i, y) in y.chunks_mut(work.rows * filters).enumerate() {
                one(&mut tile, x, i * work.rows, y);
            }
        }
    }
    y
}

/// The gradients of x and w, as far as they are needed.
pub(super) fn backward(
    x: &[f32],
    w: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    groups: usize,
    filters: usize,
    needed: &[bool],
) -> (Option<Vec<f32>>, Option<Vec<f32>>) {
    let work = Work::new(geometry, groups, filters);
    let (outputs, of_sample) = (geometry.outputs(), geometry.inputs() * geometry.channels);
    let of_filters = filters / groups;
    let large = work.is_large();
    let tiles = |dy: &[f32]| -> usize { (dy.len() / filters.max(1)).div_ceil(work.rows) };
    if of_sample == 0 || dy.is_empty() {
        let zeros = |n: usize, needed: bool| needed.then(|| vec![0.0; n]);
        return (zeros(x.len(), needed[0]), zeros(w.len(), needed[1]));
    }
    let dx = needed[0].then(|| {
        let mut dx = vec![0.0; x.len()];
        let one = |tile: &mut Vec<f32>, dx: &mut [f32], dy: &[f32]| {
            for i in 0..tiles(dy) {
                let first = i * work.rows;
                let rows = work.rows.min(outputs - first);
                for group in 0..groups {
                    let start = first * filters + group * of_filters;
                    let dy = Matrix::part(&dy[start..], rows, of_filters, filters);
                    let tile = &mut tile[..rows * work.inner];
                    product_part(
                        tile,
                        work.inner,
                        dy,
                        work.kernel(w, group).transposed(),
                        Finish::default(),
                    );
                    work.spread(tile, group, first, rows, dx);
                }
            }
        };
        let pairs = (dx.chunks_mut(of_sample), dy.chunks(outputs * filters));
        if large {
            let pairs: Vec<_> = pairs.0.zip(pairs.1).collect();
            let pairs = pairs.into_par_iter();
            pairs.for_each_init(|| work.tile(), |tile, (dx, dy)| one(tile, dx, dy));
        } else {
            let mut tile = work.tile();
            pairs.0.zip(pairs.1).for_each(|(dx, dy)| one(&mut tile, dx, dy));
        }
        dx
    });
    let dw = needed[1].then(|| {
        let part = |x: &[f32], dy: &[f32]| -> Vec<f32> {
            let (mut dw, mut tile) = (vec![0.0; w.len()], work.tile());
            for (x, dy) in x.chunks(of_sample).zip(dy.chunks(outputs * filters)) {
                for i in 0..tiles(dy) {
                    let first = i * work.rows;
                    let rows = work.rows.min(outputs - first);
                    for group in 0..groups {
                        work.lay_out(x, group, first, rows, &mut tile);
                        let start = first * filters + group * of_filters;
                        let dy = Matrix::part(&dy[start..], rows, of_filters, filters);
                        let windows = work.matrix(&tile, rows).transposed();
                        product_part(
                            &mut dw[group * of_filters..],
                            filters,
                            windows,
                            dy,
                            Finish { add: true, ..Finish::default() },
                        );
                    }
                }
            }
            dw
        };
        // A fixed number of parts, summed in order: the bits do not depend on the number of threads.
        let parts = ((8 << 20) / w.len().max(1)).clamp(2, 8).min(geometry.batch);
        let samples = geometry.batch.div_ceil(parts);
        let (xs, dys) = (samples * of_sample, samples * outputs * filters);
        let parts: Vec<Vec<f32>> = if large {
            x.par_chunks(xs).zip(dy.par_chunks(dys)).map(|(x, dy)| part(x, dy)).collect()
        } else {
            x.chunks(xs).zip(dy.chunks(dys)).map(|(x, dy)| part(x, dy)).collect()
        };
        let mut parts = parts.into_iter();
        let mut sum = parts.next().unwrap_or_else(|| vec![0.0; w.len()]);
        parts.for_each(|part| add(&mut sum, &part));
        sum
    });
    (dx, dw)
}
