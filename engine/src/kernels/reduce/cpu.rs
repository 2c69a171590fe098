//! Loops over `[outer, n, inner]`.

use super::Reduce;
use crate::kernels::broadcast::Number;
use rayon::prelude::*;

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 64 << 10;
/// Elements whose sum is taken in the tensor's own type before it is added in float64.
const BLOCK: usize = 256;

/// What sums of a type are gathered in.
pub(super) trait Reducible: Number + Send + Sync {
    /// The sum of a short slice.
    fn sum_slice(values: &[Self]) -> Self;

    fn reduce(function: Reduce, x: &[Self], outer: usize, n: usize, inner: usize) -> Vec<Self> {
        match function {
            Reduce::Sum if inner == 1 => rows(x, outer, n, Self::sum_slice),
            Reduce::Sum => columns(x, outer, n, inner),
            Reduce::Product => fold(x, outer, n, inner, Self::from_f64(1.0), Self::times),
            Reduce::Max => fold_first(x, outer, n, inner, Self::larger),
            Reduce::Min => fold_first(x, outer, n, inner, Self::smaller),
        }
    }
}

macro_rules! float {
    ($($type:ty),*) => {$(
        impl Reducible for $type {
            fn sum_slice(values: &[Self]) -> Self {
                let mut total = 0.0_f64;
                for block in values.chunks(BLOCK) {
                    let mut lanes = [0.0; 16];
                    let chunks = block.chunks_exact(16);
                    let rest: $type = chunks.remainder().iter().sum();
                    for chunk in chunks {
                        for (lane, value) in lanes.iter_mut().zip(chunk) {
                            *lane += value;
                        }
                    }
                    total += f64::from(lanes.iter().sum::<$type>() + rest);
                }
                total as $type
            }
        }
    )*};
}
float!(f32, f64);

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Reducible for $type {
            fn sum_slice(values: &[Self]) -> Self {
                values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
            }
        }
    )*};
}
integer!(i32, i64, u8, u32);

fn rows<T: Reducible>(
    x: &[T],
    outer: usize,
    n: usize,
    f: impl Fn(&[T]) -> T + Sync + Send,
) -> Vec<T> {
    if n == 0 {
        return vec![T::default(); outer];
    }
    if outer == 1 && x.len() >= PARALLEL_FROM {
        let parts: Vec<T> = x.par_chunks(16 << 10).map(&f).collect();
        return vec![f(&parts)];
    }
    if x.len() >= PARALLEL_FROM {
        return x.par_chunks_exact(n).with_min_len(4096_usize.div_ceil(n)).map(f).collect();
    }
    x.chunks_exact(n).map(f).collect()
}

/// Sums of columns: rows are added in blocks, and the blocks' sums to the total.
fn columns<T: Reducible>(x: &[T], outer: usize, n: usize, inner: usize) -> Vec<T> {
    let mut y = vec![T::default(); outer * inner];
    if n == 0 || y.is_empty() {
        return y;
    }
    let add = |sum: &mut [T], x: &[T]| {
        for (sum, x) in sum.iter_mut().zip(x) {
            *sum = sum.plus(*x);
        }
    };
    let blocks = |y: &mut [T], x: &[T]| {
        let mut part = vec![T::default(); inner];
        for (i, block) in x.chunks(inner * BLOCK).enumerate() {
            part.fill(T::default());
            let target: &mut [T] = if i == 0 { &mut *y } else { &mut part };
            for row in block.chunks_exact(inner) {
                add(target, row);
            }
            if i > 0 {
                add(y, &part);
            }
        }
    };
    if x.len() < PARALLEL_FROM {
        y.chunks_exact_mut(inner).zip(x.chunks_exact(n * inner)).for_each(|(y, x)| blocks(y, x));
    } else if outer >= 4 {
        y.par_chunks_exact_mut(inner)
            .zip(x.par_chunks_exact(n * inner))
            .for_each(|(y, x)| blocks(y, x));
    } else {
        for (y, x) in y.chunks_exact_mut(inner).zip(x.chunks_exact(n * inner)) {
            // The pieces do not depend on the number of threads, so neither do the bits.
            let rows = n.div_ceil(16).next_multiple_of(BLOCK);
            let parts: Vec<Vec<T>> = x
                .par_chunks(rows * inner)
                .map(|x| {
                    let mut part = vec![T::default(); inner];
                    blocks(&mut part, x);
                    part
                })
                .collect();
            parts.iter().for_each(|part| add(y, part));
        }
    }
    y
}

fn fold<T: Reducible>(
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
    start: T,
    f: impl Fn(T, T) -> T + Sync,
) -> Vec<T> {
    let mut y = vec![start; outer * inner];
    if n == 0 || y.is_empty() {
        return y;
    }
    let work = |(y, x): (&mut [T], &[T])| {
        if let [y] = y {
            *y = x.iter().fold(*y, |y, x| f(y, *x));
            return;
        }
        for row in x.chunks_exact(inner) {
            for (y, x) in y.iter_mut().zip(row) {
                *y = f(*y, *x);
            }
        }
    };
    if x.len() >= PARALLEL_FROM && outer > 1 {
        y.par_chunks_exact_mut(inner)
            .zip(x.par_chunks_exact(n * inner))
            .with_min_len(4096_usize.div_ceil(n * inner))
            .for_each(work);
    } else {
        y.chunks_exact_mut(inner).zip(x.chunks_exact(n * inner)).for_each(work);
    }
    y
}

/// As [`fold`], for functions of which the first element is the start.
fn fold_first<T: Reducible>(
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
    f: impl Fn(T, T) -> T + Sync,
) -> Vec<T> {
    let mut y = Vec::with_capacity(outer * inner);
    for block in x.chunks_exact((n * inner).max(1)) {
        let at = y.len();
        y.extend_from_slice(&block[..inner]);
        for row in block.chunks_exact(inner.max(1)).skip(1) {
            for (y, x) in y[at..].iter_mut().zip(row) {
                *y = f(*y, *x);
            }
        }
    }
    y
}

/// The place of the first largest or smallest.
#[expect(clippy::eq_op, reason = "only a NaN differs from itself")]
pub(super) fn place<T: Reducible>(
    largest: bool,
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
) -> Vec<i64> {
    let mut y = Vec::with_capacity(outer * inner);
    let better = |new: T, old: T| {
        (if largest { new > old } else { new < old }) || (new != new && old == old)
    };
    for block in x.chunks_exact((n * inner).max(1)) {
        for column in 0..inner {
            let mut best = 0;
            for row in 1..n {
                if better(block[row * inner + column], block[best * inner + column]) {
                    best = row;
                }
            }
            y.push(i64::try_from(best).unwrap_or(i64::MAX));
        }
    }
    y
}
