//! One test binary for everything that crosses crates.
