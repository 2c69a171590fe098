//! What goes with products: biases and relus of rows, their gradients, sums over rows.

use crate::kernels::recycler::room;
use crate::kernels::simd::simd;
use rayon::prelude::*;

simd! {
    /// Adds a bias (empty: none) to each row, and cuts below 0 if asked to.
    pub fn finish_rows(y: &mut [f32], bias: &[f32], relu: bool) {
        if bias.is_empty() {
            if relu {
                for y in y {
                    // Not max(): nan must stay nan, as in Keras.
                    *y = if *y <= 0.0 { 0.0 } else { *y };
                }
            }
            return;
        }
        for row in y.chunks_exact_mut(bias.len()) {
            if relu {
                for (y, b) in row.iter_mut().zip(bias) {
                    let sum = *y + b;
                    *y = if sum <= 0.0 { 0.0 } else { sum };
                }
            } else {
                for (y, b) in row.iter_mut().zip(bias) {
                    *y += b;
                }
            }
        }
    }
}

simd! {
    /// Adds rows to their sums; the last row may be cut short.
    pub fn add_rows(sums: &mut [f32], values: &[f32]) {
        for row in values.chunks(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

simd! {
    fn mask_part(dx: &mut [f32], y: &[f32], dy: &[f32]) {
        for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = if *y > 0.0 { *dy } else { 0.0 };
        }
    }
}

/// Values per task where each is touched once.
const TASK: usize = 64 << 10;

/// The gradient in front of a relu: `dy` where `y > 0`, else 0.
pub fn relu_gradient(y: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = room(y.len());
    if y.len() <= TASK {
        mask_part(&mut dx, y, dy);
    } else {
        let parts = y.par_chunks(TASK).zip(dy.par_chunks(TASK));
        dx.par_chunks_mut(TASK).zip(parts).for_each(|(dx, (y, dy))| mask_part(dx, y, dy));
    }
    dx
}

/// The sum over rows. Large ones in tasks of a fixed size, so that the bits do not depend on the number of threads.
pub fn sum_rows(values: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    if columns == 0 {
        return sums;
    }
    let rows = (TASK / columns).max(1);
    if values.len() <= rows * columns {
        add_rows(&mut sums, values);
        return sums;
    }
    let parts = values.par_chunks(rows * columns).map(|part| {
        let mut sums = vec![0.0; columns];
        add_rows(&mut sums, part);
        sums
    });
    for part in parts.collect::<Vec<_>>() {
        add_rows(&mut sums, &part);
    }
    sums
}
