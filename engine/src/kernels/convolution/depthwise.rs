//! One filter group per channel: no products of matrices, but loops over channels side by side.

use crate::kernels::dense::finish_rows;
use crate::kernels::geometry::Geometry;
use crate::kernels::simd::simd;
use rayon::prelude::*;

simd! {
    /// `y[c m + j] += x[c] w[c m + j]`
    fn multiply_add(y: &mut [f32], x: &[f32], w: &[f32], multiplier: usize) {
        if multiplier == 1 {
            for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                *y += x * w;
            }
            return;
        }
        let rows = y.chunks_exact_mut(multiplier).zip(w.chunks_exact(multiplier));
        for ((y, w), x) in rows.zip(x) {
            for (y, w) in y.iter_mut().zip(w) {
                *y += x * w;
            }
        }
    }
}

simd! {
    /// `dx[c] += sum over j of dy[c m + j] w[c m + j]`
    fn gather_add(dx: &mut [f32], dy: &[f32], w: &[f32], multiplier: usize) {
        if multiplier == 1 {
            for ((dx, dy), w) in dx.iter_mut().zip(dy).zip(w) {
                *dx += dy * w;
            }
            return;
        }
        let rows = dy.chunks_exact(multiplier).zip(w.chunks_exact(multiplier));
        for ((dy, w), dx) in rows.zip(dx) {
            *dx += dy.iter().zip(w).map(|(dy, w)| dy * w).sum::<f32>();
        }
    }
}

/// The convolution with bias (empty: none) and relu.
pub(super) fn forward(
    x: &[f32],
    w: &[f32],
    b: &[f32],
    geometry: &Geometry,
    filters: usize,
    relu: bool,
) -> Vec<f32> {
    let channels = geometry.channels;
    let multiplier = filters / channels;
    let (outputs, of_sample) = (geometry.outputs(), geometry.inputs() * channels);
    let mut y = vec![0.0; geometry.batch * outputs * filters];
    if y.is_empty() || of_sample == 0 {
        return y;
    }
    y.par_chunks_mut(outputs * filters).zip(x.par_chunks(of_sample)).for_each(|(y, x)| {
        for (output, y) in y.chunks_exact_mut(filters).enumerate() {
            let start = geometry.start(output);
            for (tap, w) in geometry.all_taps().zip(w.chunks_exact(filters)) {
                if let Some(place) = geometry.place(start, tap) {
                    multiply_add(y, &x[place * channels..][..channels], w, multiplier);
                }
            }
        }
        finish_rows(y, b, relu);
    });
    y
}

/// The gradients of x and w, as far as they are needed.
pub(super) fn backward(
    x: &[f32],
    w: &[f32],
    dy: &[f32],
    geometry: &Geometry,
    filters: usize,
    needed: &[bool],
) -> (Option<Vec<f32>>, Option<Vec<f32>>) {
    let channels = geometry.channels;
    let multiplier = filters / channels;
    let (outputs, of_sample) = (geometry.outputs(), geometry.inputs() * channels);
    if dy.is_empty() || of_sample == 0 {
        let zeros = |n: usize, needed: bool| needed.then(|| vec![0.0; n]);
        return (zeros(x.len(), needed[0]), zeros(w.len(), needed[1]));
    }
    let dx = needed[0].then(|| {
        let mut dx = vec![0.0; x.len()];
        let samples = dx.par_chunks_mut(of_sample).zip(dy.par_chunks(outputs * filters));
        samples.for_each(|(dx, dy)| {
            for (output, dy) in dy.chunks_exact(filters).enumerate() {
                let start = geometry.start(output);
                for (tap, w) in geometry.all_taps().zip(w.chunks_exact(filters)) {
                    if let Some(place) = geometry.place(start, tap) {
                        gather_add(&mut dx[place * channels..][..channels], dy, w, multiplier);
                    }
                }
            }
        });
        dx
    });
    let dw = needed[1].then(|| {
        let part = |x: &[f32], dy: &[f32]| -> Vec<f32> {
            let mut dw = vec![0.0; w.len()];
            for (x, dy) in x.chunks(of_sample).zip(dy.chunks(outputs * filters)) {
                for (output, dy) in dy.chunks_exact(filters).enumerate() {
                    let start = geometry.start(output);
                    for (tap, dw) in geometry.all_taps().zip(dw.chunks_exact_mut(filters)) {
                        if let Some(place) = geometry.place(start, tap) {
                            multiply_add(dw, &x[place * channels..][..channels], dy, multiplier);
                        }
                    }
                }
            }
            dw
        };
        let samples = geometry.batch.div_ceil(8);
        let pairs =
            x.par_chunks(samples * of_sample).zip(dy.par_chunks(samples * outputs * filters));
        let parts: Vec<Vec<f32>> = pairs.map(|(x, dy)| part(x, dy)).collect();
        let mut sum = vec![0.0; w.len()];
        for part in parts {
            sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
        sum
    });
    (dx, dw)
}
