//! Loops over channels side by side, samples in parallel.

use crate::kernels::geometry::Geometry;
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// Values of a task at least: smaller ones cost more to hand out than to do.
const TASK: usize = 32 << 10;

simd! {
    fn take_larger(y: &mut [f32], winners: &mut [u32], x: &[f32], place: u32) {
        for ((y, winner), x) in y.iter_mut().zip(winners).zip(x) {
            // Written so that a NaN wins.
            let wins = !(*x <= *y);
            *y = if wins { *x } else { *y };
            *winner = if wins { place } else { *winner };
        }
    }
}

simd! {
    fn take_larger_value(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = if *x <= *y { *y } else { *x };
        }
    }
}

simd! {
    fn add_scaled(y: &mut [f32], x: &[f32], factor: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x * factor;
        }
    }
}

fn samples_per_task(of_sample: usize) -> usize {
    (TASK / of_sample.max(1)).max(1)
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
    let samples = samples_per_task(of_x);
    if !keep {
        y.par_chunks_mut(samples * of_y).zip(x.par_chunks(samples * of_x)).for_each(|(y, x)| {
            for (y, x) in y.chunks_exact_mut(of_y).zip(x.chunks_exact(of_x)) {
                for (output, y) in y.chunks_exact_mut(channels).enumerate() {
                    each_place(geometry, output, |place, is_first| {
                        let x = &x[place * channels..][..channels];
                        match is_first {
                            true => y.copy_from_slice(x),
                            false => take_larger_value(y, x),
                        }
                    });
                }
            }
        });
        return (y, winners);
    }
    let results = y.par_chunks_mut(samples * of_y).zip(winners.par_chunks_mut(samples * of_y));
    results.zip(x.par_chunks(samples * of_x)).for_each(|((y, winners), x)| {
        let results = y.chunks_exact_mut(of_y).zip(winners.chunks_exact_mut(of_y));
        for ((y, winners), x) in results.zip(x.chunks_exact(of_x)) {
            let results = y.chunks_exact_mut(channels).zip(winners.chunks_exact_mut(channels));
            for (output, (y, winners)) in results.enumerate() {
                each_place(geometry, output, |place, is_first| {
                    let x = &x[place * channels..][..channels];
                    if is_first {
                        y.copy_from_slice(x);
                        winners.fill(place as u32);
                    } else {
                        take_larger(y, winners, x, place as u32);
                    }
                });
            }
        }
    });
    (y, winners)
}

/// Visits the real places of a window.
#[inline]
fn each_place(geometry: &Geometry, output: usize, mut visit: impl FnMut(usize, bool)) {
    let start = geometry.start(output);
    let mut is_first = true;
    for tap in geometry.all_taps() {
        if let Some(place) = geometry.place(start, tap) {
            visit(place, is_first);
            is_first = false;
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
    let samples = samples_per_task(of_x);
    let given = dy.par_chunks(samples * of_y).zip(winners.par_chunks(samples * of_y));
    dx.par_chunks_mut(samples * of_x).zip(given).for_each(|(dx, (dy, winners))| {
        let given = dy.chunks_exact(of_y).zip(winners.chunks_exact(of_y));
        for (dx, (dy, winners)) in dx.chunks_exact_mut(of_x).zip(given) {
            for (dy, winners) in dy.chunks_exact(channels).zip(winners.chunks_exact(channels)) {
                for (channel, (dy, winner)) in dy.iter().zip(winners).enumerate() {
                    dx[*winner as usize * channels + channel] += dy;
                }
            }
        }
    });
    dx
}

/// The mean of each window.
pub(super) fn average(x: &[f32], geometry: &Geometry) -> Vec<f32> {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut y = vec![0.0; geometry.batch * of_y];
    if of_x == 0 || y.is_empty() {
        return y;
    }
    let samples = samples_per_task(of_x);
    y.par_chunks_mut(samples * of_y).zip(x.par_chunks(samples * of_x)).for_each(|(y, x)| {
        for (y, x) in y.chunks_exact_mut(of_y).zip(x.chunks_exact(of_x)) {
            for (output, y) in y.chunks_exact_mut(channels).enumerate() {
                let factor = factor(geometry, output);
                each_place(geometry, output, |place, _| {
                    add_scaled(y, &x[place * channels..][..channels], factor);
                });
            }
        }
    });
    y
}

fn factor(geometry: &Geometry, output: usize) -> f32 {
    let mut places = 0;
    each_place(geometry, output, |_, _| places += 1);
    1.0 / places.max(1) as f32
}

/// The gradient is spread evenly over each window.
pub(super) fn average_gradient(dy: &[f32], geometry: &Geometry) -> Vec<f32> {
    let channels = geometry.channels;
    let (of_x, of_y) = (geometry.inputs() * channels, geometry.outputs() * channels);
    let mut dx = vec![0.0; geometry.batch * of_x];
    if of_x == 0 || dy.is_empty() {
        return dx;
    }
    let samples = samples_per_task(of_x);
    dx.par_chunks_mut(samples * of_x).zip(dy.par_chunks(samples * of_y)).for_each(|(dx, dy)| {
        for (dx, dy) in dx.chunks_exact_mut(of_x).zip(dy.chunks_exact(of_y)) {
            for (output, dy) in dy.chunks_exact(channels).enumerate() {
                let factor = factor(geometry, output);
                each_place(geometry, output, |place, _| {
                    add_scaled(&mut dx[place * channels..][..channels], dy, factor);
                });
            }
        }
    });
    dx
}
