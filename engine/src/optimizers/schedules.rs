//! Learning rates that change with the step.

use crate::catalog::Entry;
use crate::config::Arg;

/// A learning rate as a function of the step.
pub trait Schedule {
    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// The rate at a step, counted from 0.
    fn rate(&self, step: u64) -> f64;
}

/// All schedules.
pub static ENTRIES: &[&Entry] = &[];
