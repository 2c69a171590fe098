//! One filter group per channel: no products of matrices, but sums over taps with channels side by side in vectors.
//!
//! A line of places falls into segments that see the same taps: inside all of them, at the border fewer. So nothing is
//! copied or read beyond the input, whatever padding, strides and dilation are. The input's gradient is the same sum the
//! other way round: each place sees the windows that it is in, the places of each phase of the strides by other taps.
//! With several filters for a channel, a sample is spread first, so that each filter has a channel of its own.

use super::cpu::After;
use crate::kernels::geometry::Geometry;
use crate::kernels::recycler::room;
use crate::kernels::scratch::with_values;
use crate::kernels::simd::simd;
use crate::shape::Window;
use rayon::prelude::*;
use std::ops::Range;

/// Below this many multiplications one thread is faster than waking others.
const PARALLEL_FROM: usize = 1 << 20;

/// Where a place of an axis sees a tap, if it does.
type Seen = fn(&Window, usize, usize) -> Option<usize>;

/// A window sees its taps in the input.
fn tap_of_window(w: &Window, window: usize, tap: usize) -> Option<usize> {
    let place = (window * w.stride + tap * w.dilation).checked_sub(w.before)?;
    (place < w.input).then_some(place)
}

/// A place of the input sees, by each tap, one window or none.
fn window_of_tap(w: &Window, place: usize, tap: usize) -> Option<usize> {
    let start = (place + w.before).checked_sub(tap * w.dilation)?;
    (start.is_multiple_of(w.stride) && start / w.stride < w.output).then_some(start / w.stride)
}

/// Places of an axis that see the same taps.
struct Segment {
    first: usize,
    count: usize,
    /// Taps, and where the first place sees them.
    taps: Vec<(usize, usize)>,
}

/// An axis of places that look at another axis through a kernel.
struct Axis {
    places: usize,
    seen: usize,
    kernel: usize,
    segments: Vec<Segment>,
    /// From one place of a segment to the next, and from what it sees to what that one sees.
    step: usize,
    pace: usize,
    /// The segment of each place, and its number there.
    of_place: Vec<(usize, usize)>,
}

impl Axis {
    fn new(window: &Window, backwards: bool) -> Self {
        let Window { input, kernel, stride, output, .. } = *window;
        let (places, seen, step, pace, see) = match backwards {
            false => (output, input, 1, stride, tap_of_window as Seen),
            true => (input, output, stride, 1, window_of_tap as Seen),
        };
        let mut segments: Vec<Segment> = Vec::new();
        let mut of_place = vec![(0, 0); places];
        for phase in 0..step.min(places) {
            for place in (phase..places).step_by(step) {
                let taps = (0..kernel).filter_map(|tap| Some((tap, see(window, place, tap)?)));
                let taps: Vec<_> = taps.collect();
                let numbers = |taps: &[(usize, usize)]| -> Vec<usize> {
                    taps.iter().map(|(tap, _)| *tap).collect()
                };
                match segments.last_mut() {
                    Some(last) if place > phase && numbers(&last.taps) == numbers(&taps) => {
                        last.count += 1;
                    }
                    _ => segments.push(Segment { first: place, count: 1, taps }),
                }
                let last = segments.len() - 1;
                of_place[place] = (last, segments[last].count - 1);
            }
        }
        Axis { places, seen, kernel, segments, step, pace, of_place }
    }
}

/// All places of a sample, looking at another sample through the kernel.
struct View {
    axes: [Axis; 3],
    filters: usize,
}

/// A segment of a line: which values belong together.
struct Run<'a> {
    /// Of what is seen and of the kernel: where the first place finds its factors.
    taps: &'a [(usize, usize)],
    count: usize,
    /// From one place to the next, and from what it sees to what that one sees.
    step: usize,
    pace: usize,
    filters: usize,
}

impl View {
    fn new(geometry: &Geometry, filters: usize, backwards: bool) -> Self {
        let axes = geometry.windows.each_ref().map(|window| Axis::new(window, backwards));
        View { axes, filters }
    }

    fn lines(&self) -> usize {
        self.axes[0].places * self.axes[1].places
    }

    fn of_line(&self) -> usize {
        self.axes[2].places * self.filters
    }

    /// Calls `work` for each segment of some lines, with its beginning in these lines and what its line sees.
    fn each_run(&self, lines: Range<usize>, mut work: impl FnMut(usize, usize, &Run<'_>)) {
        let ([deep, high, across], filters) = (&self.axes, self.filters);
        let mut known = None;
        let mut taps = vec![Vec::new(); across.segments.len()];
        for (line, place) in lines.enumerate() {
            let (d, in_d) = deep.of_place[place / high.places];
            let (h, in_h) = high.of_place[place % high.places];
            // Most lines see the taps of the line before.
            if known != Some((d, h)) {
                known = Some((d, h));
                for (taps, segment) in taps.iter_mut().zip(&across.segments) {
                    taps.clear();
                    for (i, x) in &deep.segments[d].taps {
                        for (j, y) in &high.segments[h].taps {
                            for (k, z) in &segment.taps {
                                let seen = (x * high.seen + y) * across.seen + z;
                                let tap = (i * high.kernel + j) * across.kernel + k;
                                taps.push((seen * filters, tap * filters));
                            }
                        }
                    }
                }
            }
            let seen_line = in_d * deep.pace * high.seen + in_h * high.pace;
            for (taps, segment) in taps.iter().zip(&across.segments) {
                let run = Run {
                    taps,
                    count: segment.count,
                    step: across.step * filters,
                    pace: across.pace * filters,
                    filters,
                };
                let start = line * self.of_line() + segment.first * filters;
                work(start, seen_line * across.seen * filters, &run);
            }
        }
    }

    /// `y = sum over taps of x w`, then bias and relu, for some lines.
    fn gather(&self, lines: Range<usize>, y: &mut [f32], x: &[f32], w: &[f32], after: After<'_>) {
        self.each_run(lines, |start, seen, run| {
            // Beyond the end where a segment sees nothing.
            let x = x.get(seen..).unwrap_or_default();
            gather(&mut y[start..], x, w, after.bias, after.relu, run);
        });
    }
}

impl Run<'_> {
    /// Panics where a factor would lie outside the values.
    fn check(&self, places: usize, seen: usize, kernel: usize) {
        let last = self.count - 1;
        assert!(last * self.step + self.filters <= places, "places of a segment");
        for (of_seen, of_kernel) in self.taps {
            assert!(of_seen + last * self.pace + self.filters <= seen, "what a segment sees");
            assert!(of_kernel + self.filters <= kernel, "taps of a segment");
        }
    }
}

/// Runs a function for the channels from `$f` on in blocks of 16, then what is left in smaller ones.
macro_rules! blocks {
    ($filters:expr, |$f:ident| $name:ident::<_>($($arg:expr),*)) => {{
        let mut $f = 0;
        while $f + 16 <= $filters {
            $name::<16>($($arg),*);
            $f += 16;
        }
        if $f + 8 <= $filters {
            $name::<8>($($arg),*);
            $f += 8;
        }
        if $f + 4 <= $filters {
            $name::<4>($($arg),*);
            $f += 4;
        }
        while $f < $filters {
            $name::<1>($($arg),*);
            $f += 1;
        }
    }};
}

simd! {
    fn gather(y: &mut [f32], x: &[f32], w: &[f32], bias: &[f32], relu: bool, run: &Run<'_>) {
        assert!(bias.is_empty() || bias.len() == run.filters, "a bias for each filter");
        run.check(y.len(), x.len(), w.len());
        let to = [y.as_mut_ptr()];
        let from = [x.as_ptr(), w.as_ptr()];
        // SAFETY: `check` has seen that all places of the run, at each of its channels, are inside the slices; y is
        // borrowed exclusively.
        unsafe { blocks!(run.filters, |f| gather_block::<_>(to, from, bias, relu, run, f)) }
    }
}

/// The sums of all places of a run, of B channels from `f` on.
///
/// # Safety
/// The run has been checked against the slices behind the pointers.
#[inline(always)]
unsafe fn gather_block<const B: usize>(
    [y]: [*mut f32; 1],
    [x, w]: [*const f32; 2],
    bias: &[f32],
    relu: bool,
    run: &Run<'_>,
    f: usize,
) {
    let bias = bias.get(f..).and_then(|bias| bias.first_chunk()).copied().unwrap_or([0.0; B]);
    // SAFETY: the caller's; f + B is at most the number of filters, and places are below `run.count`.
    unsafe {
        let (y, x, w) = (y.add(f), x.add(f), w.add(f));
        if run.count < 4 {
            for place in 0..run.count {
                gather_places::<B, 1>(y, x, w, &bias, relu, run, place);
            }
            return;
        }
        let mut place = 0;
        loop {
            gather_places::<B, 4>(y, x, w, &bias, relu, run, place);
            if place + 4 >= run.count {
                return;
            }
            // The last four may be some of those before once more.
            place = (place + 4).min(run.count - 4);
        }
    }
}

/// # Safety
/// As [`gather_block`]; the run has the places `place..place + N`.
#[inline(always)]
unsafe fn gather_places<const B: usize, const N: usize>(
    y: *mut f32,
    x: *const f32,
    w: *const f32,
    bias: &[f32; B],
    relu: bool,
    run: &Run<'_>,
    place: usize,
) {
    let mut sums = [[0.0_f32; B]; N];
    for (seen, tap) in run.taps {
        // SAFETY: the caller's; arrays are read without an alignment of their own.
        let w = unsafe { w.add(*tap).cast::<[f32; B]>().read_unaligned() };
        for (n, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let x =
                unsafe { x.add(seen + (place + n) * run.pace).cast::<[f32; B]>().read_unaligned() };
            for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
                *sum += x * w;
            }
        }
    }
    for (n, sums) in sums.iter_mut().enumerate() {
        for (sum, bias) in sums.iter_mut().zip(bias) {
            let value = *sum + bias;
            // Not max(): nan must stay nan, as in Keras.
            *sum = if relu && value <= 0.0 { 0.0 } else { value };
        }
        // SAFETY: as above.
        unsafe { y.add((place + n) * run.step).cast::<[f32; B]>().write_unaligned(*sums) };
    }
}

simd! {
    /// `dw += sum over places of x dy`, for each tap.
    fn add_taps(dw: &mut [f32], x: &[f32], dy: &[f32], run: &Run<'_>) {
        run.check(dy.len(), x.len(), dw.len());
        let to = [dw.as_mut_ptr()];
        let from = [x.as_ptr(), dy.as_ptr()];
        // SAFETY: `check` has seen that all places of the run, at each of its channels, are inside the slices; dw is
        // borrowed exclusively.
        unsafe { blocks!(run.filters, |f| add_taps_block::<_>(to, from, run, f)) }
    }
}

/// The sums of all taps of a run, of B channels from `f` on.
///
/// # Safety
/// As [`gather_block`].
#[inline(always)]
unsafe fn add_taps_block<const B: usize>(
    [dw]: [*mut f32; 1],
    [x, dy]: [*const f32; 2],
    run: &Run<'_>,
    f: usize,
) {
    let (threes, others) = run.taps.as_chunks::<3>();
    // SAFETY: the caller's; f + B is at most the number of filters.
    unsafe {
        let (dw, x, dy) = (dw.add(f), x.add(f), dy.add(f));
        for taps in threes {
            add_some_taps::<B, 3>(dw, x, dy, taps, run);
        }
        for tap in others {
            add_some_taps::<B, 1>(dw, x, dy, &[*tap], run);
        }
    }
}

/// # Safety
/// As [`gather_block`]; the taps are some of the run's.
#[inline(always)]
unsafe fn add_some_taps<const B: usize, const N: usize>(
    dw: *mut f32,
    x: *const f32,
    dy: *const f32,
    taps: &[(usize, usize); N],
    run: &Run<'_>,
) {
    let mut sums = [[0.0_f32; B]; N];
    for place in 0..run.count {
        // SAFETY: the caller's; arrays are read without an alignment of their own.
        let dy = unsafe { dy.add(place * run.step).cast::<[f32; B]>().read_unaligned() };
        for (sums, (seen, _)) in sums.iter_mut().zip(taps) {
            // SAFETY: as above.
            let x = unsafe { x.add(seen + place * run.pace).cast::<[f32; B]>().read_unaligned() };
            for ((sum, x), dy) in sums.iter_mut().zip(x).zip(dy) {
                *sum += x * dy;
            }
        }
    }
    for (sums, (_, tap)) in sums.iter().zip(taps) {
        // SAFETY: as above; nobody else writes to dw.
        unsafe {
            let dw = dw.add(*tap).cast::<[f32; B]>();
            let mut all = dw.read_unaligned();
            all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
            dw.write_unaligned(all);
        }
    }
}

simd! {
    /// Each value `multiplier` times.
    fn spread(to: &mut [f32], from: &[f32], multiplier: usize) {
        for (to, from) in to.chunks_exact_mut(multiplier).zip(from) {
            to.fill(*from);
        }
    }
}

simd! {
    /// The sum of each `multiplier` values.
    fn gathered(to: &mut [f32], from: &[f32], multiplier: usize) {
        for (to, from) in to.iter_mut().zip(from.chunks_exact(multiplier)) {
            *to = from.iter().sum();
        }
    }
}

/// One depthwise convolution on slices.
struct Work<'a> {
    geometry: &'a Geometry,
    filters: usize,
    multiplier: usize,
    parallel: bool,
}

impl<'a> Work<'a> {
    fn new(geometry: &'a Geometry, filters: usize) -> Self {
        let products = geometry.batch * geometry.outputs() * geometry.taps() * filters;
        let parallel = products >= PARALLEL_FROM && rayon::current_num_threads() > 1;
        Work { geometry, filters, multiplier: filters / geometry.channels, parallel }
    }

    fn of_sample(&self) -> usize {
        self.geometry.inputs() * self.geometry.channels
    }

    fn of_result(&self) -> usize {
        self.geometry.outputs() * self.filters
    }

    /// Samples that stay with one thread at least.
    fn together(&self) -> usize {
        if self.parallel { 1 } else { self.geometry.batch }
    }

    /// Runs `work` on a sample of which each filter has a channel.
    fn with_spread<R>(&self, x: &[f32], work: impl FnOnce(&[f32]) -> R) -> R {
        if self.multiplier == 1 {
            return work(x);
        }
        with_values(x.len() * self.multiplier, |values| {
            spread(values, x, self.multiplier);
            work(values)
        })
    }

    /// The sums of all places of a sample.
    fn gather(&self, view: &View, y: &mut [f32], x: &[f32], w: &[f32], after: After<'_>) {
        let lines = view.lines();
        // Lines of a few samples are split among threads, too.
        let alone = self.parallel && self.geometry.batch < rayon::current_num_threads();
        let each = if alone { lines.div_ceil(4 * rayon::current_num_threads()) } else { lines };
        let parts = y.par_chunks_mut(each * view.of_line()).enumerate();
        parts.for_each(|(part, y)| {
            view.gather(part * each..lines.min((part + 1) * each), y, x, w, after);
        });
    }
}

/// The convolution with what follows.
pub(super) fn forward(
    x: &[f32],
    w: &[f32],
    geometry: &Geometry,
    filters: usize,
    after: After<'_>,
) -> Vec<f32> {
    let work = Work::new(geometry, filters);
    let count = geometry.batch * work.of_result();
    if count == 0 || work.of_sample() == 0 {
        return vec![0.0; count];
    }
    let view = View::new(geometry, filters, false);
    let mut y = room(count);
    let samples = y.par_chunks_mut(work.of_result()).zip(x.par_chunks(work.of_sample()));
    samples.with_min_len(work.together()).for_each(|(y, x)| {
        work.with_spread(x, |x| work.gather(&view, y, x, w, after));
    });
    y
}

/// The gradient of x.
pub(super) fn input_gradient(
    w: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    filters: usize,
) -> Vec<f32> {
    let work = Work::new(geometry, filters);
    let count = geometry.batch * work.of_sample();
    if count == 0 || dy.is_empty() {
        return vec![0.0; count];
    }
    let view = View::new(geometry, filters, true);
    let after = After { bias: &[], relu: false };
    let mut dx = room(count);
    let samples = dx.par_chunks_mut(work.of_sample()).zip(dy.par_chunks(work.of_result()));
    samples.with_min_len(work.together()).for_each(|(dx, dy)| {
        if work.multiplier == 1 {
            return work.gather(&view, dx, dy, w, after);
        }
        with_values(dx.len() * work.multiplier, |values| {
            work.gather(&view, values, dy, w, after);
            gathered(dx, values, work.multiplier);
        });
    });
    dx
}

/// The gradient of the kernel: the sum of what parts of the batch give, a fixed number of them, in order, so that the
/// bits do not depend on the number of threads.
pub(super) fn kernel_gradient(
    x: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    filters: usize,
) -> Vec<f32> {
    let work = Work::new(geometry, filters);
    let size = geometry.taps() * filters;
    if dy.is_empty() || x.is_empty() {
        return vec![0.0; size];
    }
    let view = View::new(geometry, filters, false);
    let samples = geometry.batch.div_ceil(8);
    let (of_x, of_y) = (samples * work.of_sample(), samples * work.of_result());
    let parts = x.par_chunks(of_x).zip(dy.par_chunks(of_y)).with_min_len(work.together());
    let parts = parts.map(|(x, dy)| {
        let mut dw = vec![0.0; size];
        for (x, dy) in x.chunks(work.of_sample()).zip(dy.chunks(work.of_result())) {
            work.with_spread(x, |x| {
                view.each_run(0..view.lines(), |start, seen, run| {
                    let x = x.get(seen..).unwrap_or_default();
                    add_taps(&mut dw, x, &dy[start..], run);
                });
            });
        }
        dw
    });
    let parts: Vec<Vec<f32>> = parts.collect();
    let mut parts = parts.into_iter();
    let mut sum = parts.next().unwrap_or_default();
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sum
}
