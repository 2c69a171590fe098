//! One test binary for everything that crosses crates.

mod jupyter;
mod python;
mod support;
mod terminal;
