//! Rows of float32 with the vectorised exponential.

use crate::kernels::lanes::{largest, sum};
use crate::kernels::pointwise::exp_of_negative;
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// What rows should be: class numbers (-1: does not count), or shares with smoothing.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    Labels(&'a [i64]),
    Shares(&'a [f32], f32),
}

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 32 << 10;
/// Elements of a task.
const TASK: usize = 8 << 10;

simd! {
    /// Rows of logits and the targets from row `first` on.
    fn losses(loss: &mut [f32], x: &[f32], classes: usize, targets: Rows<'_>, first: usize) {
        let mut buffer = vec![0.0; classes];
        for (i, (loss, x)) in loss.iter_mut().zip(x.chunks_exact(classes)).enumerate() {
            let max = largest(x);
            for (e, x) in buffer.iter_mut().zip(x) {
                *e = exp_of_negative(*x - max);
            }
            let log_sum = sum(&buffer).ln();
            *loss = match targets {
                Rows::Labels(labels) => match labels[first + i] {
                    -1 => 0.0,
                    label => log_sum - (x[label as usize] - max),
                },
                Rows::Shares(shares, smoothing) => {
                    let shares = &shares[(first + i) * classes..][..classes];
                    let spread = smoothing / classes as f32;
                    let mut total = 0.0;
                    let mut dot = 0.0;
                    for (t, x) in shares.iter().zip(x) {
                        let t = *t * (1.0 - smoothing) + spread;
                        total += t;
                        dot += t * (*x - max);
                    }
                    log_sum * total - dot
                }
            };
        }
    }
}

simd! {
    fn slopes(dx: &mut [f32], x: &[f32], classes: usize, targets: Rows<'_>, dy: &[f32], first: usize) {
        for (i, (dx, x)) in dx.chunks_exact_mut(classes).zip(x.chunks_exact(classes)).enumerate() {
            let dy = dy[first + i];
            if let Rows::Labels(labels) = targets
                && labels[first + i] == -1
            {
                dx.fill(0.0);
                continue;
            }
            let max = largest(x);
            for (e, x) in dx.iter_mut().zip(x) {
                *e = exp_of_negative(*x - max);
            }
            let total = match targets {
                Rows::Labels(_) => 1.0,
                Rows::Shares(shares, smoothing) => {
                    sum(&shares[(first + i) * classes..][..classes]) * (1.0 - smoothing) + smoothing
                }
            };
            let factor = dy * total / sum(dx);
            for e in dx.iter_mut() {
                *e *= factor;
            }
            match targets {
                Rows::Labels(labels) => dx[labels[first + i] as usize] -= dy,
                Rows::Shares(shares, smoothing) => {
                    let spread = smoothing / classes as f32;
                    for (e, t) in dx.iter_mut().zip(&shares[(first + i) * classes..]) {
                        *e -= dy * (*t * (1.0 - smoothing) + spread);
                    }
                }
            }
        }
    }
}

/// The loss of each row.
pub(super) fn forward(x: &[f32], classes: usize, targets: Rows<'_>) -> Vec<f32> {
    let mut loss = vec![0.0; x.len() / classes];
    if x.len() < PARALLEL_FROM {
        losses(&mut loss, x, classes, targets, 0);
        return loss;
    }
    let rows = (TASK / classes).max(1);
    let parts = loss.par_chunks_mut(rows).zip(x.par_chunks(rows * classes)).enumerate();
    parts.for_each(|(i, (loss, x))| losses(loss, x, classes, targets, i * rows));
    loss
}

/// The gradient of the logits.
pub(super) fn backward(x: &[f32], classes: usize, targets: Rows<'_>, dy: &[f32]) -> Vec<f32> {
    let mut dx = vec![0.0; x.len()];
    if x.len() < PARALLEL_FROM {
        slopes(&mut dx, x, classes, targets, dy, 0);
        return dx;
    }
    let rows = (TASK / classes).max(1);
    let parts = dx.par_chunks_mut(rows * classes).zip(x.par_chunks(rows * classes)).enumerate();
    parts.for_each(|(i, (dx, x))| slopes(dx, x, classes, targets, dy, i * rows));
    dx
}
