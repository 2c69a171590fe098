//! Work that another thread may do before its result is asked for.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// See the module. Whoever comes first does the work: a thread that had nothing to do, or the one that needs the result.
pub(super) struct Ahead<T>(Arc<Slot<T>>);

struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Waiting(Box<dyn FnOnce() -> T + Send>),
    /// Somebody does it; its result or its panic.
    Begun(Option<thread::Result<T>>),
}

impl<T> Slot<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + 'static> Ahead<T> {
    /// Offers work to the other threads.
    pub(super) fn offer(work: impl FnOnce() -> T + Send + 'static) -> Self {
        let state = Mutex::new(State::Waiting(Box::new(work)));
        let slot = Arc::new(Slot { state, changed: Condvar::new() });
        let offered = slot.clone();
        rayon::spawn(move || {
            let begun = std::mem::replace(&mut *offered.state(), State::Begun(None));
            if let State::Waiting(work) = begun {
                let result = catch_unwind(AssertUnwindSafe(work));
                *offered.state() = State::Begun(Some(result));
                offered.changed.notify_one();
            }
        });
        Ahead(slot)
    }

    /// The result.
    pub(super) fn get(self) -> T {
        let mut state = self.0.state();
        loop {
            match std::mem::replace(&mut *state, State::Begun(None)) {
                State::Waiting(work) => {
                    drop(state);
                    return work();
                }
                State::Begun(Some(result)) => {
                    return result.unwrap_or_else(|panic| resume_unwind(panic));
                }
                State::Begun(None) => {
                    state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_result_comes_whoever_does_the_work() {
        for pause in [0, 5] {
            let all: Vec<_> = (0..50).map(|i| Ahead::offer(move || i * i)).collect();
            thread::sleep(Duration::from_millis(pause));
            for (i, ahead) in all.into_iter().enumerate() {
                assert_eq!(ahead.get(), i * i);
            }
        }
    }

    #[test]
    fn a_panic_comes_out_where_the_result_is_asked_for() {
        for pause in [0, 5] {
            let ahead = Ahead::<()>::offer(|| panic!("in the work"));
            thread::sleep(Duration::from_millis(pause));
            assert!(catch_unwind(AssertUnwindSafe(|| ahead.get())).is_err());
        }
    }
}
