//! One test binary for everything that crosses crates.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and tells what went wrong"
)]

mod jupyter;
mod keras;
mod python;
mod saving;
mod readme;
mod recorded;
mod session;
mod support;
mod terminal;
mod tidy;
