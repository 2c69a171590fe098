//! What front ends ask about the machine, in plain numbers and sentences.

pub use kerai_engine::kernels::pages::Pages;
pub use kerai_engine::kernels::recycler::Recycler;
use kerai_engine::kernels::simd;
use kerai_engine::machine;

/// Reads `KERAI_THREADS` and `KERAI_SIMD`. `Err` says what is wrong with them.
pub fn check() -> Result<(), String> {
    machine::check().map_err(|error| error.to_string())
}

/// Starts the engine's threads, with this one among them: once in a process, on the thread of the session.
pub fn work_here() -> Result<(), String> {
    machine::work_here().map_err(|error| error.to_string())
}

/// How many threads the engine uses.
pub fn threads() -> usize {
    machine::threads()
}

/// The vectors that the engine uses, and the widest that the machine has: `basic`, `avx2` or `avx512`.
pub fn vectors() -> (&'static str, &'static str) {
    (simd::level().name(), simd::best().name())
}

/// Measures what the machine gives at best: name and text, a line each.
pub fn measure() -> Result<Vec<(&'static str, String)>, String> {
    let rates = machine::measure().map_err(|error| error.to_string())?;
    let (n, mib) = (machine::PRODUCT_SIZE, machine::COPY_BYTES >> 20);
    Ok(vec![
        ("product", format!("{:.1} GFLOP/s (float32, {n} x {n} x {n})", rates.product / 1e9)),
        ("copy", format!("{:.1} GB/s (two arrays of {mib} MiB)", rates.copy / 1e9)),
        ("triad", format!("{:.1} GB/s (three arrays of {mib} MiB)", rates.triad / 1e9)),
    ])
}
