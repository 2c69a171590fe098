//! What the engine takes of this machine: threads and vectors, and how fast they are at best.

use crate::error::{Error, Result};
use crate::kernels::dense;
use crate::kernels::simd;
use crate::random::Random;
use crate::tensor::Tensor;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// More threads than any machine has are a slip of the pen.
const MOST_THREADS: usize = 1024;

/// What `KERAI_THREADS` asks for; nothing, if it is not set.
fn wanted_threads() -> Result<Option<usize>> {
    let Some(text) = std::env::var_os("KERAI_THREADS").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    match text.trim().parse() {
        Ok(count @ 1..=MOST_THREADS) => Ok(Some(count)),
        _ => Err(Error::value("KERAI_THREADS is no number of threads")
            .received(format!("{text:?}"))
            .expected(format!("a whole number from 1 to {MOST_THREADS}"))
            .hint("unset KERAI_THREADS to use all cores")),
    }
}

/// Reads `KERAI_THREADS` and `KERAI_SIMD`: how many threads kernels use (otherwise one per core), and how wide their
/// vectors are at most. The results of a training run do not depend on the threads.
pub fn check() -> Result<()> {
    simd::wanted()?;
    wanted_threads().map(drop)
}

/// Starts the threads of kernels, with this one among them: it does its part instead of waiting for the others, so that
/// small work needs no handing over. To be called once in a process, on the thread that asks for the work and that stays
/// as long as any asks.
pub fn work_here() -> Result<()> {
    let count = wanted_threads()?.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).use_current_thread();
    pool.build_global().map_err(|error| {
        Error::runtime(format!("the threads of kernels cannot be started: {error}"))
            .hint("a smaller KERAI_THREADS, or a higher limit of processes (ulimit -u)")
    })
}

/// How many threads kernels use.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// The best that this machine gives to large, simple work.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Multiplications and additions per second of a large square float32 product.
    pub product: f64,
    /// Bytes per second of `a[i] = b[i]` over arrays larger than the caches, read and written ones counted.
    pub copy: f64,
    /// Bytes per second of `a[i] = b[i] + c * d[i]`.
    pub triad: f64,
}

/// Rows and columns of the product.
pub const PRODUCT_SIZE: usize = 2048;

/// Bytes of each array that is copied.
pub const COPY_BYTES: usize = 256 << 20;

/// Measures [`Rates`] with all threads: about two seconds.
pub fn measure() -> Result<Rates> {
    let n = PRODUCT_SIZE;
    let square = |seed| {
        let mut values = vec![0.0; n * n];
        Random::new(seed, 1).fill_uniform(&mut values);
        Tensor::from_vec(values, &[n, n])
    };
    let (a, b) = (square(1)?, square(2)?);
    let product = shortest(|| dense::dense(&a, &b, None).map(|y| drop(black_box(y))))?;
    let length = COPY_BYTES / size_of::<f32>();
    let (mut y, x, z) = (vec![0.0_f32; length], vec![1.0_f32; length], vec![2.0_f32; length]);
    let chunk = length.div_ceil(threads() * 8);
    let copy = shortest(|| {
        let parts = y.par_chunks_mut(chunk).zip(x.par_chunks(chunk));
        parts.for_each(|(y, x)| y.copy_from_slice(x));
        black_box(&mut y);
        Ok(())
    })?;
    let triad = shortest(|| {
        let parts = y.par_chunks_mut(chunk).zip(x.par_chunks(chunk).zip(z.par_chunks(chunk)));
        parts.for_each(|(y, (x, z))| {
            for (y, (x, z)) in y.iter_mut().zip(x.iter().zip(z)) {
                *y = x + 3.0 * z;
            }
        });
        black_box(&mut y);
        Ok(())
    })?;
    Ok(Rates {
        product: 2.0 * (n * n * n) as f64 / product,
        copy: 2.0 * COPY_BYTES as f64 / copy,
        triad: 3.0 * COPY_BYTES as f64 / triad,
    })
}

/// Seconds of one call: the shortest of about half a second, and of three calls at least.
fn shortest(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    work()?;
    let mut best = f64::INFINITY;
    let start = Instant::now();
    let mut calls = 0;
    while calls < 3 || start.elapsed() < Duration::from_millis(500) {
        let one = Instant::now();
        work()?;
        best = best.min(one.elapsed().as_secs_f64());
        calls += 1;
    }
    Ok(best)
}
