//! One test binary for everything that crosses crates.

mod jupyter;
mod python;
mod session;
mod support;
mod terminal;
