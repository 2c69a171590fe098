//! `kerai check`: a program runs with one batch per `fit` and one pass per training loop, so that every shape meets its
//! layer and nothing is trained; what it writes, only it sees.

use super::Value;
use super::object::Items;
use std::cell::Cell;

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    /// Training steps so far, and whether a loop was ended for them.
    static STEPS: Cell<i64> = const { Cell::new(0) };
    static CUT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a program as a rehearsal.
pub fn rehearse<T>(body: impl FnOnce() -> T) -> T {
    struct End(bool);
    impl Drop for End {
        fn drop(&mut self) {
            ON.set(self.0);
        }
    }
    CUT.set(false);
    let _end = End(ON.replace(true));
    kerai_engine::disk::without_trace(body)
}

/// Whether this is a rehearsal.
pub fn is_on() -> bool {
    ON.get()
}

/// Whether a loop was ended before its time: lists that it fills may be shorter than the program thinks.
pub(crate) fn was_cut() -> bool {
    is_on() && CUT.get()
}

/// Notes a step of a training loop of the program's own: gradients, an update, `train_on_batch`.
pub(crate) fn step() {
    STEPS.set(STEPS.get() + 1);
}

/// The steps so far: a `while` compares them.
pub(crate) fn steps() -> i64 {
    STEPS.get()
}

/// Ends a `while` whose last pass trained.
pub(crate) fn goes_on(before: i64) -> bool {
    let trained = steps() != before;
    if trained {
        CUT.set(true);
    }
    !trained
}

/// The items of a `for` loop, up to the pass that trains: epochs, steps and batches are all alike. The items of a list
/// are not (layers, settings, models), nor are those of other containers.
pub(crate) fn items(of: &Value, mut items: Items) -> Items {
    if !is_on() || !matches!(of, Value::Object(_)) {
        return items;
    }
    let mut before = None;
    Box::new(move || {
        if before.is_some_and(|before| !goes_on(before)) {
            return Ok(None);
        }
        let item = items()?;
        before = Some(steps());
        Ok(item)
    })
}
