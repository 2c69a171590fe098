//! Rows of float32 with the vectorised exponential.

use super::{Function, reference};
use crate::kernels::lanes::{largest, sum};
use crate::kernels::pointwise::{Real, exp_of_negative};
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 32 << 10;

/// Numbers of a task.
const TASK: usize = 4096;

/// The function of each row.
pub(super) fn forward(function: Function, x: &[f32], columns: usize) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    let columns = columns.max(1);
    if x.len() < PARALLEL_FROM {
        forward_rows(function, x, &mut y, columns);
    } else {
        let task = TASK.div_ceil(columns) * columns;
        let parts = y.par_chunks_mut(task).zip(x.par_chunks(task));
        parts.for_each(|(y, x)| forward_rows(function, x, y, columns));
    }
    y
}

/// The gradient of each row.
pub(super) fn backward(function: Function, y: &[f32], dy: &[f32], columns: usize) -> Vec<f32> {
    let mut dx = vec![0.0; y.len()];
    let columns = columns.max(1);
    if y.len() < PARALLEL_FROM {
        backward_rows(function, y, dy, &mut dx, columns);
    } else {
        let task = TASK.div_ceil(columns) * columns;
        let parts = dx.par_chunks_mut(task).zip(y.par_chunks(task)).zip(dy.par_chunks(task));
        parts.for_each(|((dx, y), dy)| backward_rows(function, y, dy, dx, columns));
    }
    dx
}

simd! {
    fn forward_rows(function: Function, x: &[f32], y: &mut [f32], columns: usize) {
        for (y, x) in y.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            forward_row(function, x, y);
        }
    }
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

simd! {
    fn backward_rows(function: Function, y: &[f32], dy: &[f32], dx: &mut [f32], columns: usize) {
        let given = y.chunks_exact(columns).zip(dy.chunks_exact(columns));
        for (dx, (y, dy)) in dx.chunks_exact_mut(columns).zip(given) {
            backward_row(function, y, dy, dx);
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
