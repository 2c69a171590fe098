//! The stop button. It stops what runs and nothing else: pressed between two cells it must not stop the next one.

use kerai_dsl::session::Interrupt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stops the running cell from any thread. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Switch(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    interrupt: Interrupt,
    is_running: bool,
}

impl Switch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a new session.
    pub(super) fn connect(&self, interrupt: Interrupt) {
        self.state().interrupt = interrupt;
    }

    /// A cell starts.
    pub(super) fn start(&self) {
        let mut state = self.state();
        state.interrupt.take();
        state.is_running = true;
    }

    /// The cell ended.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.is_running = false;
        state.interrupt.take();
    }

    /// Stops the cell that runs, if any.
    pub(super) fn interrupt(&self) {
        let state = self.state();
        if state.is_running {
            state.interrupt.request();
        }
    }

    /// Whether the cell was asked to stop.
    pub(super) fn is_requested(&self) -> bool {
        self.state().interrupt.is_requested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_between_cells_stops_nothing() {
        let switch = Switch::default();
        switch.interrupt();
        switch.start();
        assert!(!switch.is_requested());
        switch.interrupt();
        assert!(switch.is_requested());
        switch.stop();
        assert!(!switch.is_requested());
    }
}
