//! The thread that a session lives on, and what Ctrl-C does to it.

use kerai_dsl::session::Interrupt;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Deep recursion of user programs and of nested models runs on this; the system maps only what is touched.
const STACK_BYTES: usize = 512 << 20;

/// Where address space is short (`ulimit -v`), programs of usual depth still run.
const SMALL_STACK_BYTES: usize = 64 << 20;

/// A second Ctrl-C within this time ends a script at once.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// The exit status of a program that was interrupted, as shells have it: 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Starts the thread of the session, with a stack that is large enough; the engine's work is done there too.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    let slot = Arc::new(Mutex::new(Some(work)));
    let attempt = |bytes: usize| {
        let slot = slot.clone();
        Builder::new().name(name.to_owned()).stack_size(bytes).spawn(move || {
            let work = slot.lock().ok().and_then(|mut slot| slot.take());
            if let Err(message) = kerai_dsl::machine::work_here() {
                crate::terminal::complain(&format!("kerai: {message}"));
                crate::terminal::leave(2);
            }
            work.expect("only one attempt starts")()
        })
    };
    attempt(STACK_BYTES).or_else(|_| attempt(SMALL_STACK_BYTES))
}

/// What Ctrl-C does when it is pressed again while the program is still stopping.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondPress {
    /// The process ends.
    Exit,
    /// Nothing more: an impatient press must not cost a whole session.
    Wait,
}

/// What Ctrl-C stops: the session that was named last.
static RUNNING: Mutex<Option<Interrupt>> = Mutex::new(None);

/// From now on Ctrl-C asks `interrupt` to stop.
pub(crate) fn on_ctrl_c(interrupt: Interrupt, second: SecondPress) {
    if let Ok(mut running) = RUNNING.lock() {
        *running = Some(interrupt);
    }
    let mut last: Option<Instant> = None;
    // It fails if there is a handler already, which is this one.
    let _ = ctrlc::set_handler(move || {
        let again = last.is_some_and(|time| time.elapsed() < IMPATIENCE);
        if again && second == SecondPress::Exit {
            crate::terminal::leave(INTERRUPTED);
        }
        last = Some(Instant::now());
        if let Ok(Some(interrupt)) = RUNNING.lock().as_deref() {
            interrupt.request();
        }
    });
}
