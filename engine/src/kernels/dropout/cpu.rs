//! Sixteen blocks of random words at a time.

use crate::kernels::recycler::room;
use crate::kernels::simd::simd;
use crate::random::Random;
use rayon::prelude::*;

/// Blocks side by side.
const LANES: usize = 16;
/// Values of a task, a multiple of four times the lanes.
const TASK: usize = 32 << 10;

simd! {
    fn part(y: &mut [f32], x: &[f32], first: u64, limit: u32, scale: f32, random: &Random) {
        let groups = y.chunks_mut(4 * LANES).zip(x.chunks(4 * LANES));
        for (i, (y, x)) in groups.enumerate() {
            let words = random.blocks::<LANES>(first + (i * LANES) as u64);
            for ((y, x), words) in y.chunks_mut(LANES).zip(x.chunks(LANES)).zip(&words) {
                for ((y, x), word) in y.iter_mut().zip(x).zip(words) {
                    *y = if *word >= limit { *x * scale } else { 0.0 };
                }
            }
        }
    }
}

/// The values that stay, divided by `1 - rate`.
pub(super) fn apply(x: &[f32], rate: f64, random: &Random) -> Vec<f32> {
    if rate >= 1.0 {
        return vec![0.0; x.len()];
    }
    let mut y = room(x.len());
    let scale = (1.0 / (1.0 - rate)) as f32;
    let limit = (rate * 4_294_967_296.0) as u32;
    if x.len() <= TASK {
        part(&mut y, x, 0, limit, scale, random);
        return y;
    }
    let parts = y.par_chunks_mut(TASK).zip(x.par_chunks(TASK)).enumerate();
    parts.for_each(|(i, (y, x))| {
        part(y, x, (i * (TASK / 4)) as u64, limit, scale, random);
    });
    y
}
