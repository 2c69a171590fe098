//! Loops over slices, compiled three times: for AVX-512, for AVX2 and for any machine. The arithmetic has no fused
//! multiply-add, so all three give the same bits.

use super::Pointwise;
use super::real::Real;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::{Level, level};
use rayon::prelude::*;

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 64 << 10;
/// Elements per task: 64 KB of input and of output stay in the second-level cache.
const TASK: usize = 16 << 10;

trait Loop<R>: Sync {
    fn run(&self, a: &[R], b: &[R], y: &mut [R]);
}

struct Value<P>(P);
struct Slope<P>(P);

impl<P: Pointwise, R: Real> Loop<R> for Value<P> {
    #[inline(always)]
    fn run(&self, x: &[R], _: &[R], y: &mut [R]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = self.0.value(*x);
        }
    }
}

/// The function of what stands in `y`.
struct Again<P>(P);

impl<P: Pointwise, R: Real> Loop<R> for Again<P> {
    #[inline(always)]
    fn run(&self, _: &[R], _: &[R], y: &mut [R]) {
        for y in y.iter_mut() {
            *y = self.0.value(*y);
        }
    }
}

/// `dx = dy * slope`: `a` holds what the slope is made from, `b` the gradient of the result.
impl<P: Pointwise, R: Real> Loop<R> for Slope<P> {
    #[inline(always)]
    fn run(&self, saved: &[R], dy: &[R], dx: &mut [R]) {
        for ((dx, saved), dy) in dx.iter_mut().zip(saved).zip(dy) {
            *dx = *dy * self.0.slope(*saved);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
fn run_avx512<R: Real, L: Loop<R>>(work: &L, a: &[R], b: &[R], y: &mut [R]) {
    work.run(a, b, y);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<R: Real, L: Loop<R>>(work: &L, a: &[R], b: &[R], y: &mut [R]) {
    work.run(a, b, y);
}

fn run<R: Real, L: Loop<R>>(work: &L, a: &[R], b: &[R], y: &mut [R]) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` has found every feature that the function is compiled for.
        Level::Avx512 => return unsafe { run_avx512(work, a, b, y) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { run_avx2(work, a, b, y) },
        Level::Basic => {}
    }
    work.run(a, b, y);
}

fn all<R: Real + Default + Send + Sync, L: Loop<R>>(work: &L, a: &[R], b: &[R]) -> Vec<R> {
    let mut y = vec![R::default(); a.len()];
    if a.len() < PARALLEL_FROM {
        run(work, a, b, &mut y);
    } else {
        y.par_chunks_mut(TASK)
            .zip(a.par_chunks(TASK))
            .zip(b.par_chunks(TASK))
            .for_each(|((y, a), b)| run(work, a, b, y));
    }
    y
}

/// The function of each element, where it stands, on this thread.
pub(super) fn in_place<P: Pointwise>(function: P, y: &mut [f32]) {
    run(&Again(function), &[], &[], y);
}

/// The function of each element.
pub(super) fn values<P: Pointwise, R: Real + Default + Send + Sync>(
    function: P,
    x: &[R],
) -> Vec<R> {
    all(&Value(function), x, x)
}

/// The gradient of each element: `dy * slope(saved)`.
pub(super) fn gradients<P: Pointwise, R: Real + Default + Send + Sync>(
    function: P,
    saved: &[R],
    dy: &[R],
) -> Vec<R> {
    all(&Slope(function), saved, dy)
}
