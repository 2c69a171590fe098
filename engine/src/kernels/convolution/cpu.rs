//! Convolution as products of matrices whose left side is the input itself: the windows of a line are rows that overlap,
//! so nothing is laid out but a copy of each sample with its border of zeros. All three products run this way:
//! the result over the taps, the input's gradient over the taps of each phase of the strides, the kernel's over the lines.

use super::winograd;
use crate::kernels::geometry::Geometry;
use crate::kernels::pooling::largest_of_sample;
use crate::kernels::product::{Finish, Left, Matrix, Packed, multiply};
use crate::kernels::recycler::room;
use crate::kernels::scratch::{with_scratch, with_values};
use crate::shape::Window;
use rayon::prelude::*;

/// Below this many multiplications one thread is faster than waking others.
const PARALLEL_FROM: usize = 2 << 20;

/// One convolution on slices.
struct Work<'a> {
    geometry: &'a Geometry,
    groups: usize,
    filters: usize,
    /// Channels of a group.
    each: usize,
    parallel: bool,
}

/// A sample with zeros around it, or as it stands if windows never leave it.
#[derive(Clone, Copy)]
struct Bordered {
    /// Places in front of each axis.
    before: [usize; 3],
    /// Places in all.
    sizes: [usize; 3],
}

impl Bordered {
    /// Room for what lies from `-before` up to `reach` (not included) of each axis.
    fn new(inputs: [usize; 3], before: [usize; 3], reach: [usize; 3]) -> Self {
        let inside = (0..3).all(|axis| before[axis] == 0 && reach[axis] <= inputs[axis]);
        let sizes = match inside {
            true => inputs,
            false => std::array::from_fn(|axis| before[axis] + reach[axis]),
        };
        Bordered { before, sizes }
    }

    /// Where a place (counted with the border) begins.
    fn at(&self, place: [usize; 3], channels: usize) -> usize {
        ((place[0] * self.sizes[1] + place[1]) * self.sizes[2] + place[2]) * channels
    }

    /// Runs `work` on the bordered sample.
    fn with<R>(
        &self,
        x: &[f32],
        inputs: [usize; 3],
        channels: usize,
        work: impl FnOnce(&[f32]) -> R,
    ) -> R {
        if self.sizes == inputs && self.before == [0; 3] {
            return work(x);
        }
        with_scratch(|values| {
            self.fill(x, inputs, channels, values);
            work(values)
        })
    }

    fn fill(&self, x: &[f32], inputs: [usize; 3], channels: usize, values: &mut Vec<f32>) {
        values.clear();
        let [_, height, width] = inputs;
        let line = self.sizes[2] * channels;
        for d in 0..self.sizes[0] {
            for h in 0..self.sizes[1] {
                let end = values.len() + line;
                let source = d.checked_sub(self.before[0]).filter(|d| *d < inputs[0]);
                let source = source.zip(h.checked_sub(self.before[1]).filter(|h| *h < height));
                if let Some((d, h)) = source {
                    values.resize(values.len() + self.before[2] * channels, 0.0);
                    let count = width.min(self.sizes[2] - self.before[2]);
                    let from = (d * height + h) * width * channels;
                    values.extend_from_slice(&x[from..][..count * channels]);
                }
                values.resize(end, 0.0);
            }
        }
    }
}

impl<'a> Work<'a> {
    fn new(geometry: &'a Geometry, groups: usize, filters: usize) -> Self {
        let each = geometry.channels / groups;
        let products = geometry.batch * geometry.outputs() * geometry.taps() * each * filters;
        let parallel = products >= PARALLEL_FROM && rayon::current_num_threads() > 1;
        Work { geometry, groups, filters, each, parallel }
    }

    fn sizes(&self, of: impl Fn(Window) -> usize) -> [usize; 3] {
        self.geometry.windows.map(of)
    }

    /// The input with room for all windows.
    fn bordered(&self) -> Bordered {
        let reach = |w: Window| {
            ((w.output.max(1) - 1) * w.stride + (w.kernel - 1) * w.dilation + 1) - w.before
        };
        let inputs = self.sizes(|w| w.input);
        Bordered::new(inputs, self.sizes(|w| w.before), self.sizes(reach))
    }

    /// Whether the taps of a line, with all their channels, stand side by side.
    fn runs(&self) -> bool {
        self.groups == 1 && self.geometry.windows[2].dilation == 1
    }

    /// Where the segments of a window begin, in the order of the kernel's rows, and their length.
    fn segments(&self, bordered: &Bordered, group: usize) -> (Vec<usize>, usize) {
        let [a, b, c] = self.geometry.windows;
        let channels = self.geometry.channels;
        let (taps, length) =
            if self.runs() { (1, c.kernel * channels) } else { (c.kernel, self.each) };
        let mut segments = Vec::with_capacity(a.kernel * b.kernel * taps);
        for d in 0..a.kernel {
            for h in 0..b.kernel {
                for w in 0..taps {
                    let place = [d * a.dilation, h * b.dilation, w * c.dilation];
                    segments.push(bordered.at(place, channels) + group * self.each);
                }
            }
        }
        (segments, length)
    }

    /// The lines of windows: number of each, and where its first window begins.
    fn lines(&self, bordered: &Bordered) -> Vec<usize> {
        let [a, b, _] = self.geometry.windows;
        let channels = self.geometry.channels;
        let lines = (0..a.output).flat_map(|d| (0..b.output).map(move |h| (d, h)));
        lines.map(|(d, h)| bordered.at([d * a.stride, h * b.stride, 0], channels)).collect()
    }

    fn of_sample(&self) -> usize {
        self.geometry.inputs() * self.geometry.channels
    }

    fn of_result(&self) -> usize {
        self.geometry.outputs() * self.filters
    }

    /// The kernel of a group as a matrix: taps and channels in rows, filters in columns.
    fn kernel<'w>(&self, w: &'w [f32], group: usize) -> Matrix<'w> {
        let of_filters = self.filters / self.groups;
        let inner = self.geometry.taps() * self.each;
        Matrix::part(&w[group * of_filters..], inner, of_filters, self.filters)
    }

    /// Samples one after the other or in parallel.
    fn each_sample(
        &self,
        y: &mut [f32],
        x: &[f32],
        of: [usize; 2],
        one: impl Fn(&mut [f32], &[f32]) + Sync,
    ) {
        let [of_y, of_x] = of;
        if self.parallel && self.geometry.batch > 1 {
            y.par_chunks_mut(of_y).zip(x.par_chunks(of_x)).for_each(|(y, x)| one(y, x));
        } else {
            y.chunks_mut(of_y).zip(x.chunks(of_x)).for_each(|(y, x)| one(y, x));
        }
    }

    /// The sum of what parts of the batch give, `size` values each. A fixed number of parts, summed in order: the bits do
    /// not depend on the number of threads.
    fn sum_of_parts(
        &self,
        x: &[f32],
        dy: &[f32],
        size: usize,
        part: impl Fn(&[f32], &[f32]) -> Vec<f32> + Sync,
    ) -> Vec<f32> {
        let batch = self.geometry.batch;
        let parts = ((8 << 20) / size.max(1)).clamp(2, 8).min(batch);
        let samples = batch.div_ceil(parts);
        let (xs, dys) = (samples * self.of_sample(), samples * self.of_result());
        let parts: Vec<Vec<f32>> = match self.parallel {
            true => x.par_chunks(xs).zip(dy.par_chunks(dys)).map(|(x, dy)| part(x, dy)).collect(),
            false => x.chunks(xs).zip(dy.chunks(dys)).map(|(x, dy)| part(x, dy)).collect(),
        };
        let mut parts = parts.into_iter();
        let mut sum = parts.next().unwrap_or_else(|| vec![0.0; size]);
        for part in parts {
            sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
        sum
    }
}

/// What follows each result: the bias of its filter (empty: none) and a relu.
#[derive(Clone, Copy)]
pub(super) struct After<'a> {
    pub(super) bias: &'a [f32],
    pub(super) relu: bool,
}

/// A convolution as products of lines of windows, with its kernels laid out.
struct Lines<'a> {
    work: &'a Work<'a>,
    bordered: Bordered,
    starts: Vec<usize>,
    /// Of each group: where the segments of a window begin, their length, and the right side.
    groups: Vec<(Vec<usize>, usize, Packed)>,
    after: After<'a>,
}

impl<'a> Lines<'a> {
    fn new(work: &'a Work<'a>, w: &[f32], after: After<'a>) -> Self {
        let bordered = work.bordered();
        let starts = work.lines(&bordered);
        let group = |group| {
            let (segments, length) = work.segments(&bordered, group);
            (segments, length, Packed::of(work.kernel(w, group)))
        };
        let groups = (0..work.groups).map(group).collect();
        Lines { work, bordered, starts, groups, after }
    }

    /// One line of results, given the bordered sample.
    fn line(&self, x: &[f32], start: usize, y: &mut [f32]) {
        let Work { geometry, filters, groups, .. } = *self.work;
        let across = geometry.windows[2];
        let of_filters = filters / groups;
        for (group, (segments, length, kernel)) in self.groups.iter().enumerate() {
            let left = Left {
                values: &x[start..],
                rows: across.output,
                row_stride: across.stride * geometry.channels,
                step: 1,
                segments,
                length: *length,
            };
            let own = group * of_filters;
            let After { bias, relu } = self.after;
            let bias = if bias.is_empty() { bias } else { &bias[own..own + of_filters] };
            let finish = Finish { bias, relu, ..Finish::default() };
            multiply(&mut y[own..], filters, &left, kernel, finish);
        }
    }

    /// The results of a sample, its lines one after the other or in parallel.
    fn sample(&self, x: &[f32], y: &mut [f32], in_parallel: bool) {
        let geometry = self.work.geometry;
        let of_line = geometry.windows[2].output * self.work.filters;
        let inputs = self.work.sizes(|w| w.input);
        self.bordered.with(x, inputs, geometry.channels, |x| {
            if in_parallel {
                let lines = y.par_chunks_mut(of_line).zip(&self.starts);
                lines.for_each(|(y, start)| self.line(x, *start, y));
            } else {
                let lines = y.chunks_mut(of_line).zip(&self.starts);
                lines.for_each(|(y, start)| self.line(x, *start, y));
            }
        });
    }
}

/// The convolution.
pub(super) fn forward(
    x: &[f32],
    w: &[f32],
    geometry: &Geometry,
    groups: usize,
    filters: usize,
    after: After<'_>,
) -> Vec<f32> {
    let work = Work::new(geometry, groups, filters);
    let count = geometry.batch * work.of_result();
    if work.of_sample() == 0 || count == 0 {
        return vec![0.0; count];
    }
    if let Some(shape) = winograd::Shape::of(geometry, groups, filters) {
        return winograd::Run::new(shape, w, after).all(x, work.parallel);
    }
    let mut y = room(count);
    let lines = Lines::new(&work, w, after);
    // A single large sample is split by lines.
    let by_lines = work.parallel && geometry.batch < rayon::current_num_threads();
    work.each_sample(&mut y, x, [work.of_result(), work.of_sample()], |y, x| {
        lines.sample(x, y, by_lines);
    });
    y
}

/// The convolution of one group with max pooling behind it, sample by sample; where the largest were if they are kept.
pub(super) fn pooled(
    x: &[f32],
    w: &[f32],
    geometry: &Geometry,
    filters: usize,
    after: After<'_>,
    windows: &Geometry,
    keep: bool,
) -> (Vec<f32>, Vec<u32>) {
    let work = Work::new(geometry, 1, filters);
    let of_pooled = windows.outputs() * filters;
    let count = geometry.batch * of_pooled;
    let mut winners = vec![0; if keep { count } else { 0 }];
    if work.of_sample() == 0 || work.of_result() == 0 || count == 0 {
        return (vec![0.0; count], winners);
    }
    let largest = largest_of_sample(windows);
    let one: Box<dyn Fn(&[f32], &mut [f32]) + Sync> =
        match winograd::Shape::of(geometry, 1, filters) {
            Some(shape) => {
                let run = winograd::Run::new(shape, w, after);
                Box::new(move |x, y| run.sample(x, y))
            }
            None => {
                let lines = Lines::new(&work, w, after);
                Box::new(move |x, y| lines.sample(x, y, false))
            }
        };
    let mut y = room(count);
    let mut places = winners.chunks_mut(of_pooled);
    let results = y.chunks_mut(of_pooled).map(|y| (y, places.next().unwrap_or_default()));
    let results: Vec<(&mut [f32], &mut [u32])> = results.collect();
    results.into_par_iter().zip(x.par_chunks(work.of_sample())).for_each(|((y, winners), x)| {
        with_values(work.of_result(), |between| {
            one(x, between);
            largest(y, winners, between);
        });
    });
    (y, winners)
}

/// The windows that a place of the input belongs to, for the places of one axis that share a phase of the stride.
struct Phase {
    /// First place, and how many; they are a stride apart.
    first: usize,
    count: usize,
    /// The window that the first place belongs to with tap 0 (if that tap belongs to the phase).
    window: usize,
    /// Taps of this phase, and how many windows before that one each reaches.
    taps: Vec<(usize, usize)>,
}

fn phases(w: Window) -> Vec<Phase> {
    let phase = |p: usize| {
        let first = (p + w.stride - w.before % w.stride) % w.stride;
        let count = w.input.saturating_sub(first).div_ceil(w.stride);
        let window = (first + w.before - p) / w.stride;
        let own = |tap: usize| {
            let place = tap * w.dilation;
            (place % w.stride == p).then(|| (tap, (place - p) / w.stride))
        };
        // Later taps reach earlier windows: in this order the windows stand in memory.
        let taps = (0..w.kernel).rev().filter_map(own).collect();
        Phase { first, count, window, taps }
    };
    (0..w.stride).map(phase).filter(|phase| phase.count > 0).collect()
}

/// The products of one phase of each axis and one group.
struct Job<'a> {
    phases: [&'a Phase; 3],
    group: usize,
    /// Where the taps' windows stand, relative to the line's first.
    segments: Vec<usize>,
    kernel: Packed,
}

/// The gradient of x.
pub(super) fn input_gradient(
    w: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    groups: usize,
    filters: usize,
) -> Vec<f32> {
    let work = Work::new(geometry, groups, filters);
    let size = geometry.batch * work.of_sample();
    if size == 0 || dy.is_empty() {
        return vec![0.0; size];
    }
    if let Some(shape) = winograd::Shape::of(geometry, groups, filters) {
        return winograd::input_gradient(shape, w, dy, work.parallel);
    }
    let mut dx = vec![0.0; size];
    let channels = geometry.channels;
    let of_filters = filters / groups;
    let axes = geometry.windows.map(phases);
    // How far the windows asked for lie outside of those that are there.
    let [mut before, mut reach] = [[0; 3]; 2];
    for (axis, phases) in axes.iter().enumerate() {
        for phase in phases {
            for (_, back) in &phase.taps {
                before[axis] = before[axis].max(back.saturating_sub(phase.window));
                reach[axis] = reach[axis].max((phase.window + phase.count).saturating_sub(*back));
            }
        }
    }
    let outputs = work.sizes(|w| w.output);
    let bordered = Bordered::new(outputs, before, reach);
    let runs = work.runs() && geometry.windows[2].stride == 1;
    let [depth, height, width] = &axes;
    let mut jobs = Vec::new();
    for d in depth {
        for h in height {
            for w_phase in width {
                if d.taps.is_empty() || h.taps.is_empty() || w_phase.taps.is_empty() {
                    continue;
                }
                for group in 0..groups {
                    let (mut segments, mut turned) = (Vec::new(), Vec::new());
                    for (tap_d, back_d) in &d.taps {
                        for (tap_h, back_h) in &h.taps {
                            for (i, (tap_w, back_w)) in w_phase.taps.iter().enumerate() {
                                let place = |axis: usize, phase: &Phase, back: usize| {
                                    bordered.before[axis] + phase.window - back
                                };
                                let place = [
                                    place(0, d, *back_d),
                                    place(1, h, *back_h),
                                    place(2, w_phase, *back_w),
                                ];
                                if i == 0 || !runs {
                                    let start = bordered.at(place, filters);
                                    segments.push(start + group * of_filters);
                                }
                                let [_, b, c] = geometry.windows.map(|window| window.kernel);
                                let tap = (tap_d * b + tap_h) * c + tap_w;
                                // Rows of filters, columns of channels.
                                let block = &w[tap * work.each * filters..][..work.each * filters];
                                for f in group * of_filters..(group + 1) * of_filters {
                                    turned.extend(block[f..].iter().step_by(filters));
                                }
                            }
                        }
                    }
                    let rows = turned.len() / work.each;
                    let kernel = Packed::of(Matrix::rows(&turned, rows, work.each));
                    jobs.push(Job { phases: [d, h, w_phase], group, segments, kernel });
                }
            }
        }
    }
    let [_, in_height, in_width] = work.sizes(|w| w.input);
    let strides = work.sizes(|w| w.stride);
    work.each_sample(&mut dx, dy, [work.of_sample(), work.of_result()], |dx, dy| {
        bordered.with(dy, outputs, filters, |dy| {
            for job in &jobs {
                let [d, h, w] = job.phases;
                let length = job.kernel.inner() / job.segments.len();
                for i in 0..d.count {
                    for j in 0..h.count {
                        let left = Left {
                            values: &dy[bordered.at([i, j, 0], filters)..],
                            rows: w.count,
                            row_stride: filters,
                            step: 1,
                            segments: &job.segments,
                            length,
                        };
                        let line =
                            (d.first + i * strides[0]) * in_height + h.first + j * strides[1];
                        let start = (line * in_width + w.first) * channels + job.group * work.each;
                        let stride = strides[2] * channels;
                        multiply(&mut dx[start..], stride, &left, &job.kernel, Finish::default());
                    }
                }
            }
        });
    });
    dx
}

/// The gradient of w.
pub(super) fn kernel_gradient(
    x: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    groups: usize,
    filters: usize,
) -> Vec<f32> {
    let work = Work::new(geometry, groups, filters);
    let of_filters = filters / groups;
    let size = geometry.taps() * work.each * filters;
    if work.of_sample() == 0 || dy.is_empty() {
        return vec![0.0; size];
    }
    if let Some(shape) = winograd::Shape::of(geometry, groups, filters) {
        let part = |x: &[f32], dy: &[f32]| winograd::kernel_gradient(shape, x, dy);
        return work.sum_of_parts(x, dy, size, part);
    }
    let bordered = work.bordered();
    let lines = work.lines(&bordered);
    let across = geometry.windows[2];
    let inputs = work.sizes(|w| w.input);
    // Rows of the kernel that one product makes.
    let rows = if work.runs() { across.kernel * geometry.channels } else { work.each };
    let outputs = geometry.outputs();
    let segments: Vec<Vec<usize>> =
        (0..groups).map(|group| work.segments(&bordered, group).0).collect();
    let part = |x: &[f32], dy: &[f32]| -> Vec<f32> {
        let mut dw = vec![0.0; size];
        let mut right = Packed::of(Matrix::rows(&[], 0, 0));
        for (x, dy) in x.chunks(work.of_sample()).zip(dy.chunks(work.of_result())) {
            bordered.with(x, inputs, geometry.channels, |x| {
                for (group, segments) in segments.iter().enumerate() {
                    let own = group * of_filters;
                    right.refill(Matrix::part(&dy[own..], outputs, of_filters, filters));
                    for (segment, dw) in segments.iter().zip(dw.chunks_mut(rows * filters)) {
                        let left = Left {
                            values: &x[*segment..],
                            rows,
                            row_stride: 1,
                            step: across.stride * geometry.channels,
                            segments: &lines,
                            length: across.output,
                        };
                        let finish = Finish { add: true, ..Finish::default() };
                        multiply(&mut dw[own..], filters, &left, &right, finish);
                    }
                }
            });
        }
        dw
    };
    work.sum_of_parts(x, dy, size, part)
}
