//! One test binary for everything that crosses crates.

mod jupyter;
mod numpy;
mod python;
mod readme;
mod session;
mod support;
mod terminal;
mod tidy;
