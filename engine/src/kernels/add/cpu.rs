//! One pass over slices.

use crate::kernels::recycler::room;
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// Values per task where each is touched once.
const TASK: usize = 64 << 10;

simd! {
    fn part(y: &mut [f32], a: &[f32], b: &[f32], relu: bool) {
        for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
            let sum = a + b;
            // Not max(): nan must stay nan, as in Keras.
            *y = if relu && sum <= 0.0 { 0.0 } else { sum };
        }
    }
}

pub(super) fn sum(a: &[f32], b: &[f32], relu: bool) -> Vec<f32> {
    let mut y = room(a.len());
    if y.len() <= TASK {
        part(&mut y, a, b, relu);
    } else {
        let given = a.par_chunks(TASK).zip(b.par_chunks(TASK));
        y.par_chunks_mut(TASK).zip(given).for_each(|(y, (a, b))| part(y, a, b, relu));
    }
    y
}
