//! Loops over channels side by side, samples in parallel.

use crate::kernels::geometry::Geometry;
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// Values of a task at least: smaller ones cost more to hand out than to do.
const TASK: usize = 32 << 10;

/// Where windows lie over a sample, and where their taps stand in those that lie inside.
struct Windows<'a> {
    geometry: &'a Geometry,
    offsets: Vec<usize>,
}

impl<'a> Windows<'a> {
    fn new(geometry: &'a Geometry) -> Self {
        let [a, b, c] = geometry.windows;
        let offset = |[d, h, w]: [usize; 3]| {
            (d * a.dilation * b.input + h * b.dilation) * c.input + w * c.dilation
        };
        Windows { geometry, offsets: geometry.all_taps().map(offset).collect() }
    }

    /// Where the windows begin, in their order.
    #[inline(always)]
    fn starts(&self) -> Starts {
        let windows = self.geometry.windows;
        let first = windows.map(|w| -(w.before as isize));
        let steps = windows.map(|w| w.stride as isize);
        let ends = windows.map(|w| (w.output * w.stride) as isize - w.before as isize);
        Starts { now: first, first, steps, ends }
    }

    /// The real places of a window that begins here: the first one, and how far behind it each is.
    #[inline(always)]
    fn places<'p>(
        &'p self,
        start: [isize; 3],
        at_the_border: &'p mut Vec<usize>,
    ) -> (usize, &'p [usize]) {
        let windows = self.geometry.windows;
        let inside = (0..3).all(|axis| {
            let w = windows[axis];
            let end = start[axis] + ((w.kernel - 1) * w.dilation) as isize;
            start[axis] >= 0 && end < w.input as isize
        });
        if inside {
            let [d, h, w] = start.map(|place| place as usize);
            return ((d * windows[1].input + h) * windows[2].input + w, &self.offsets);
        }
        at_the_border.clear();
        at_the_border
            .extend(self.geometry.all_taps().filter_map(|tap| self.geometry.place(start, tap)));
        (0, at_the_border)
    }
}

/// See [`Windows::starts`]. Goes on for ever: the results end first.
struct Starts {
    now: [isize; 3],
    first: [isize; 3],
    steps: [isize; 3],
    ends: [isize; 3],
}

impl Iterator for Starts {
    type Item = [isize; 3];

    #[inline(always)]
    fn next(&mut self) -> Option<[isize; 3]> {
        let start = self.now;
        for axis in [2, 1, 0] {
            self.now[axis] += self.steps[axis];
            if self.now[axis] < self.ends[axis] {
                break;
            }
            self.now[axis] = self.first[axis];
        }
        Some(start)
    }
}

/// Channels are taken this many at a time, so that what belongs to them stays in registers.
const LANES: usize = 16;

fn samples_per_task(of_sample: usize) -> usize {
    (TASK / of_sample.max(1)).max(1)
}

// The loops over channels stand in the functions themselves: a closure would be compiled without their vectors.

/// The first of the largest among a window's places, of channels that lie side by side, and where it is.
#[inline(always)]
fn largest_lanes<const LANES: usize, const KEEP: bool>(
    x: &[f32],
    channels: usize,
    first: usize,
    offsets: &[usize],
) -> ([f32; LANES], [u32; LANES]) {
    let (mut largest, mut winners) = ([0.0; LANES], [0; LANES]);
    let Some((begin, others)) = offsets.split_first() else { return (largest, winners) };
    largest.copy_from_slice(&x[(first + begin) * channels..][..LANES]);
    winners.fill((first + begin) as u32);
    for offset in others {
        let place = first + offset;
        let x = &x[place * channels..][..LANES];
        for lane in 0..LANES {
            // Written so that a NaN wins.
            let stays = x[lane] <= largest[lane];
            largest[lane] = if stays { largest[lane] } else { x[lane] };
            if KEEP {
                winners[lane] = if stays { winners[lane] } else { place as u32 };
            }
        }
    }
    (largest, winners)
}

/// The largest of each window and, if they are kept, their places.
#[inline(always)]
fn largest_of_windows<const KEEP: bool>(
    y: &mut [f32],
    winners: &mut [u32],
    x: &[f32],
    windows: &Windows<'_>,
) {
    let channels = windows.geometry.channels;
    let whole = channels / LANES * LANES;
    let mut border = Vec::with_capacity(windows.offsets.len());
    for (window, (y, start)) in y.chunks_exact_mut(channels).zip(windows.starts()).enumerate() {
        let (first, offsets) = windows.places(start, &mut border);
        let mut at = 0;
        while at < channels {
            if at < whole {
                let (largest, places) =
                    largest_lanes::<LANES, KEEP>(&x[at..], channels, first, offsets);
                y[at..at + LANES].copy_from_slice(&largest);
                if KEEP {
                    winners[window * channels + at..][..LANES].copy_from_slice(&places);
                }
                at += LANES;
            } else {
                let ([largest], [place]) =
                    largest_lanes::<1, KEEP>(&x[at..], channels, first, offsets);
                y[at] = largest;
                if KEEP {
                    winners[window * channels + at] = place;
                }
                at += 1;
            }
        }
    }
}

simd! {
    /// Places are kept if there is room for them.
    fn largest_of_sample(y: &mut [f32], winners: &mut [u32], x: &[f32], windows: &Windows<'_>) {
        match winners.is_empty() {
            true => largest_of_windows::<false>(y, winners, x, windows),
            false => largest_of_windows::<true>(y, winners, x, windows),
        }
    }
}

/// See [`super::largest_of_sample`].
pub(super) fn largest_of(
    geometry: &Geometry,
) -> impl Fn(&mut [f32], &mut [u32], &[f32]) + Sync + '_ {
    let windows = Windows::new(geometry);
    move |y, winners, x| largest_of_sample(y, winners, x, &windows)
}

/// The largest of each window and, if they are kept, the places inside the sample where it was.
pub(super) fn largest(x: &[f32], geometry: &Geometry, keep: bool) -> (Vec<f32>, Vec<u32>) {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut y = vec![0.0; geometry.batch * of_y];
    let mut winners = vec![0_u32; if keep { y.len() } else { 0 }];
    if of_x == 0 || y.is_empty() {
        return (y, winners);
    }
    let windows = &Windows::new(geometry);
    let samples = samples_per_task(of_x);
    let tasks = y.par_chunks_mut(samples * of_y);
    if !keep {
        tasks.zip(x.par_chunks(samples * of_x)).for_each(|(y, x)| {
            for (y, x) in y.chunks_exact_mut(of_y).zip(x.chunks_exact(of_x)) {
                largest_of_sample(y, &mut [], x, windows);
            }
        });
        return (y, winners);
    }
    let results = tasks.zip(winners.par_chunks_mut(samples * of_y));
    results.zip(x.par_chunks(samples * of_x)).for_each(|((y, winners), x)| {
        let results = y.chunks_exact_mut(of_y).zip(winners.chunks_exact_mut(of_y));
        for ((y, winners), x) in results.zip(x.chunks_exact(of_x)) {
            largest_of_sample(y, winners, x, windows);
        }
    });
    (y, winners)
}

simd! {
    /// Each place of a window is asked whether it was the largest: vectors do so faster than single numbers go to places.
    fn give_to_winners(dx: &mut [f32], dy: &[f32], winners: &[u32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut border = Vec::with_capacity(windows.offsets.len());
        let given = dy.chunks_exact(channels).zip(winners.chunks_exact(channels));
        for ((dy, winners), start) in given.zip(windows.starts()) {
            let (first, offsets) = windows.places(start, &mut border);
            for place in offsets.iter().map(|offset| first + offset) {
                let dx = &mut dx[place * channels..][..channels];
                for ((dx, dy), winner) in dx.iter_mut().zip(dy).zip(winners) {
                    *dx += if *winner == place as u32 { *dy } else { 0.0 };
                }
            }
        }
    }
}

/// The gradient goes where the largest was.
pub(super) fn largest_gradient(dy: &[f32], winners: &[u32], geometry: &Geometry) -> Vec<f32> {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut dx = vec![0.0; geometry.batch * of_x];
    if of_x == 0 || dy.is_empty() {
        return dx;
    }
    let windows = &Windows::new(geometry);
    let samples = samples_per_task(of_x);
    let given = dy.par_chunks(samples * of_y).zip(winners.par_chunks(samples * of_y));
    dx.par_chunks_mut(samples * of_x).zip(given).for_each(|(dx, (dy, winners))| {
        let given = dy.chunks_exact(of_y).zip(winners.chunks_exact(of_y));
        for (dx, (dy, winners)) in dx.chunks_exact_mut(of_x).zip(given) {
            give_to_winners(dx, dy, winners, windows);
        }
    });
    dx
}

simd! {
    fn average_of_sample(y: &mut [f32], x: &[f32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut border = Vec::with_capacity(windows.offsets.len());
        for (y, start) in y.chunks_exact_mut(channels).zip(windows.starts()) {
            let (first, offsets) = windows.places(start, &mut border);
            let factor = 1.0 / offsets.len().max(1) as f32;
            for place in offsets.iter().map(|offset| first + offset) {
                for (y, x) in y.iter_mut().zip(&x[place * channels..][..channels]) {
                    *y += x * factor;
                }
            }
        }
    }
}

simd! {
    fn spread_over_sample(dx: &mut [f32], dy: &[f32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut border = Vec::with_capacity(windows.offsets.len());
        for (dy, start) in dy.chunks_exact(channels).zip(windows.starts()) {
            let (first, offsets) = windows.places(start, &mut border);
            let factor = 1.0 / offsets.len().max(1) as f32;
            for place in offsets.iter().map(|offset| first + offset) {
                for (dx, dy) in dx[place * channels..][..channels].iter_mut().zip(dy) {
                    *dx += dy * factor;
                }
            }
        }
    }
}

/// The mean of each window.
pub(super) fn average(x: &[f32], geometry: &Geometry) -> Vec<f32> {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut y = vec![0.0; geometry.batch * of_y];
    if of_x == 0 || y.is_empty() {
        return y;
    }
    let windows = &Windows::new(geometry);
    let samples = samples_per_task(of_x);
    y.par_chunks_mut(samples * of_y).zip(x.par_chunks(samples * of_x)).for_each(|(y, x)| {
        for (y, x) in y.chunks_exact_mut(of_y).zip(x.chunks_exact(of_x)) {
            average_of_sample(y, x, windows);
        }
    });
    y
}

/// The gradient is spread evenly over each window.
pub(super) fn average_gradient(dy: &[f32], geometry: &Geometry) -> Vec<f32> {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut dx = vec![0.0; geometry.batch * of_x];
    if of_x == 0 || dy.is_empty() {
        return dx;
    }
    let windows = &Windows::new(geometry);
    let samples = samples_per_task(of_x);
    dx.par_chunks_mut(samples * of_x).zip(dy.par_chunks(samples * of_y)).for_each(|(dx, dy)| {
        for (dx, dy) in dx.chunks_exact_mut(of_x).zip(dy.chunks_exact(of_y)) {
            spread_over_sample(dx, dy, windows);
        }
    });
    dx
}
