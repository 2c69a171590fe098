//! Reductions of a row of float32: sixteen lanes side by side, so that the compiler uses vectors, then halves are joined
//! until one number is left. The order is fixed, so the bits are the same on every machine.

use std::array::from_fn;

/// The sum.
#[inline(always)]
pub fn sum(x: &[f32]) -> f32 {
    fold(x, 0.0, |a, b| a + b)
}

/// The largest; without numbers, negative infinity.
#[inline(always)]
pub fn largest(x: &[f32]) -> f32 {
    fold(x, f32::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

/// The sum of the products of two rows of the same length.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest = a.remainder().iter().zip(b.remainder());
    for (a, b) in a.zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    rest.fold(joined(lanes, |a, b| a + b), |sum, (a, b)| sum + a * b)
}

/// The sum of the values of all places below `count`.
#[inline(always)]
pub fn sum_of(count: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let whole = count / 16 * 16;
    for start in (0..whole).step_by(16) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += value(start + lane);
        }
    }
    (whole..count).map(value).fold(joined(lanes, |a, b| a + b), |a, b| a + b)
}

#[inline(always)]
fn fold(x: &[f32], first: f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [first; 16];
    let chunks = x.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, *x);
        }
    }
    rest.iter().fold(joined(lanes, &join), |a, b| join(a, *b))
}

/// One of sixteen, in four steps. Spelled out: lanes that a loop counts would live in memory.
#[inline(always)]
fn joined(lanes: [f32; 16], join: impl Fn(f32, f32) -> f32) -> f32 {
    let eight: [f32; 8] = from_fn(|i| join(lanes[i], lanes[i + 8]));
    let four: [f32; 4] = from_fn(|i| join(eight[i], eight[i + 4]));
    join(join(four[0], four[2]), join(four[1], four[3]))
}
