//! The same, word by word.

use crate::random::Random;

/// The values that stay are divided by `1 - rate`. Place `i` looks at word `i / 16 % 4` of block `i / 64 * 16 + i % 16`.
pub fn apply(x: &[f32], rate: f64, random: &Random) -> Vec<f32> {
    let scale = (1.0 / (1.0 - rate)) as f32;
    let limit = (rate * 4_294_967_296.0) as u64;
    let value = |(i, x): (usize, &f32)| {
        let block = random.block((i / 64 * 16 + i % 16) as u64);
        if u64::from(block[i / 16 % 4]) >= limit { x * scale } else { 0.0 }
    };
    x.iter().enumerate().map(value).collect()
}
