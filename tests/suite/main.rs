//! One test binary for everything that crosses crates.

mod jupyter;
mod support;
mod terminal;
