//! One test binary for everything that crosses crates.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and tells what went wrong"
)]

mod jupyter;
mod keras;
mod machine;
mod python;
mod readme;
mod recorded;
mod saving;
mod session;
mod support;
mod terminal;
mod tidy;
