//! Rows of float32 with the vectorised exponential.

use super::{Function, reference};
use crate::kernels::pointwise::{Real, exp_of_negative};
use rayon::prelude::*;

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 32 << 10;

/// The function of each row.
pub(super) fn forward(function: Function, x: &[f32], columns: usize) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    let columns = columns.max(1);
    let row = |y: &mut [f32], x: &[f32]| dispatch(|| forward_row(function, x, y));
    if x.len() < PARALLEL_FROM {
        y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)).for_each(|(y, x)| row(y, x));
    } else {
        y.par_chunks_exact_mut(columns)
            .zip(x.par_chunks_exact(columns))
            .with_min_len(4096_usize.div_ceil(columns))
            .for_each(|(y, x)| row(y, x));
    }
    y
}

/// The gradient of each row.
pub(super) fn backward(function: Function, y: &[f32], dy: &[f32], columns: usize) -> Vec<f32> {
    let mut dx = vec![0.0; y.len()];
    let columns = columns.max(1);
    let rows = |dx: &mut [f32], (y, dy): (&[f32], &[f32])| {
        dispatch(|| backward_row(function, y, dy, dx));
    };
    if y.len() < PARALLEL_FROM {
        let pairs = y.chunks_exact(columns).zip(dy.chunks_exact(columns));
        dx.chunks_exact_mut(columns).zip(pairs).for_each(|(dx, pair)| rows(dx, pair));
    } else {
        let pairs = y.par_chunks_exact(columns).zip(dy.par_chunks_exact(columns));
        dx.par_chunks_exact_mut(columns)
            .zip(pairs)
            .with_min_len(4096_usize.div_ceil(columns))
            .for_each(|(dx, pair)| rows(dx, pair));
    }
    dx
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(work: impl FnOnce()) {
    work();
}

fn dispatch(work: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature, as just asked.
        return unsafe { with_avx2(work) };
    }
    work();
}

#[inline(always)]
fn forward_row(function: Function, x: &[f32], y: &mut [f32]) {
    if function == Function::Sparsemax {
        let row: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
        let tau = reference::threshold(&row) as f32;
        for (y, x) in y.iter_mut().zip(x) {
            *y = (x - tau).max(0.0);
        }
        return;
    }
    let max = largest(x);
    for (y, x) in y.iter_mut().zip(x) {
        *y = exp_of_negative(x - max);
    }
    let sum = sum(y);
    if function == Function::Softmax {
        let factor = 1.0 / sum;
        for y in y.iter_mut() {
            *y *= factor;
        }
    } else {
        let log = Real::ln(sum);
        for (y, x) in y.iter_mut().zip(x) {
            *y = x - max - log;
        }
    }
}

#[inline(always)]
fn backward_row(function: Function, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    match function {
        Function::Softmax => {
            for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = y * dy;
            }
            let dot = sum(dx);
            for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = y * (dy - dot);
            }
        }
        Function::LogSoftmax => {
            let sum = sum(dy);
            for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = dy - Real::exp(*y) * sum;
            }
        }
        Function::Sparsemax => {
            let kept = y.iter().filter(|y| **y > 0.0).count().max(1) as f32;
            let sum: f32 = y.iter().zip(dy).filter(|(y, _)| **y > 0.0).map(|(_, dy)| dy).sum();
            for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = if *y > 0.0 { dy - sum / kept } else { 0.0 };
            }
        }
    }
}

/// The largest; sixteen at a time, so that the compiler uses vectors.
#[inline(always)]
pub(in crate::kernels) fn largest(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = x.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    rest.iter().chain(&lanes).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// The sum, in sixteen lanes.
#[inline(always)]
pub(in crate::kernels) fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let chunks = x.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().sum::<f32>() + rest
}
