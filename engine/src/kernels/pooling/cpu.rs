//! Loops over channels side by side, samples in parallel.

use crate::kernels::geometry::Geometry;
use crate::kernels::simd::simd;
use crate::shape::Window;
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
    fn starts(&self) -> impl Iterator<Item = [isize; 3]> {
        let [a, b, c] = self.geometry.windows;
        let begin = |w: Window, output: usize| (output * w.stride) as isize - w.before as isize;
        let lines = (0..a.output).flat_map(move |d| (0..b.output).map(move |h| (d, h)));
        lines.flat_map(move |(d, h)| {
            (0..c.output).map(move |w| [begin(a, d), begin(b, h), begin(c, w)])
        })
    }

    /// The real places of a window that begins here.
    #[inline(always)]
    fn places(&self, start: [isize; 3], places: &mut Vec<usize>) {
        places.clear();
        let windows = self.geometry.windows;
        let inside = (0..3).all(|axis| {
            let w = windows[axis];
            let end = start[axis] + ((w.kernel - 1) * w.dilation) as isize;
            start[axis] >= 0 && end < w.input as isize
        });
        if inside {
            let [d, h, w] = start.map(|place| place as usize);
            let first = (d * windows[1].input + h) * windows[2].input + w;
            places.extend(self.offsets.iter().map(|offset| first + offset));
        } else {
            places
                .extend(self.geometry.all_taps().filter_map(|tap| self.geometry.place(start, tap)));
        }
    }
}

fn samples_per_task(of_sample: usize) -> usize {
    (TASK / of_sample.max(1)).max(1)
}

// The loops over channels stand in the functions themselves: a closure would be compiled without their vectors.

simd! {
    fn largest_of_sample(y: &mut [f32], x: &[f32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut places = Vec::with_capacity(windows.offsets.len());
        for (y, start) in y.chunks_exact_mut(channels).zip(windows.starts()) {
            windows.places(start, &mut places);
            for (i, place) in places.iter().enumerate() {
                let x = &x[place * channels..][..channels];
                if i == 0 {
                    y.copy_from_slice(x);
                    continue;
                }
                for (y, x) in y.iter_mut().zip(x) {
                    // Written so that a NaN wins.
                    *y = if *x <= *y { *y } else { *x };
                }
            }
        }
    }
}

simd! {
    fn largest_and_places_of_sample(y: &mut [f32], winners: &mut [u32], x: &[f32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut places = Vec::with_capacity(windows.offsets.len());
        let results = y.chunks_exact_mut(channels).zip(winners.chunks_exact_mut(channels));
        for ((y, winners), start) in results.zip(windows.starts()) {
            windows.places(start, &mut places);
            for (i, place) in places.iter().enumerate() {
                let x = &x[place * channels..][..channels];
                let place = *place as u32;
                if i == 0 {
                    y.copy_from_slice(x);
                    winners.fill(place);
                    continue;
                }
                for ((y, winner), x) in y.iter_mut().zip(winners.iter_mut()).zip(x) {
                    let wins = !(*x <= *y);
                    *y = if wins { *x } else { *y };
                    *winner = if wins { place } else { *winner };
                }
            }
        }
    }
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
                largest_of_sample(y, x, windows);
            }
        });
        return (y, winners);
    }
    let results = tasks.zip(winners.par_chunks_mut(samples * of_y));
    results.zip(x.par_chunks(samples * of_x)).for_each(|((y, winners), x)| {
        let results = y.chunks_exact_mut(of_y).zip(winners.chunks_exact_mut(of_y));
        for ((y, winners), x) in results.zip(x.chunks_exact(of_x)) {
            largest_and_places_of_sample(y, winners, x, windows);
        }
    });
    (y, winners)
}

simd! {
    /// Each place of a window is asked whether it was the largest: vectors do so faster than single numbers go to places.
    fn give_to_winners(dx: &mut [f32], dy: &[f32], winners: &[u32], windows: &Windows<'_>) {
        let channels = windows.geometry.channels;
        let mut places = Vec::with_capacity(windows.offsets.len());
        let given = dy.chunks_exact(channels).zip(winners.chunks_exact(channels));
        for ((dy, winners), start) in given.zip(windows.starts()) {
            windows.places(start, &mut places);
            for place in &places {
                let dx = &mut dx[place * channels..][..channels];
                for ((dx, dy), winner) in dx.iter_mut().zip(dy).zip(winners) {
                    *dx += if *winner == *place as u32 { *dy } else { 0.0 };
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
        let mut places = Vec::with_capacity(windows.offsets.len());
        for (y, start) in y.chunks_exact_mut(channels).zip(windows.starts()) {
            windows.places(start, &mut places);
            let factor = 1.0 / places.len().max(1) as f32;
            for place in &places {
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
        let mut places = Vec::with_capacity(windows.offsets.len());
        for (dy, start) in dy.chunks_exact(channels).zip(windows.starts()) {
            windows.places(start, &mut places);
            let factor = 1.0 / places.len().max(1) as f32;
            for place in &places {
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
