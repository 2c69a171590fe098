//! Memory for what a kernel lays out on its way, kept by each thread for the next one.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` with a vector of this thread, whatever it holds. Work inside of work gets another one.
pub fn with_scratch<R>(work: impl FnOnce(&mut Vec<f32>) -> R) -> R {
    let mut values = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
    let result = work(&mut values);
    KEPT.with_borrow_mut(|kept| kept.push(values));
    result
}

/// As [`with_scratch`], with this many values.
pub fn with_values<R>(count: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    with_scratch(|values| {
        if values.len() < count {
            values.resize(count, 0.0);
        }
        work(&mut values[..count])
    })
}
