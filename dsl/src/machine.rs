//! What front ends ask about the machine, in plain numbers and sentences.

pub use kerai_engine::kernels::recycler::Recycler;
use kerai_engine::kernels::simd;
use kerai_engine::machine;

/// Reads `KERAI_THREADS` and `KERAI_SIMD`; to be called once, before any session. `Err` says what is wrong with them.
pub fn configure() -> Result<(), String> {
    machine::configure().map_err(|error| error.to_string())
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
