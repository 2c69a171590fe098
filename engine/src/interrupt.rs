//! The flag that stops long work: polled once per batch at most.

use crate::error::{Error, ErrorKind, Result};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Makes long work on this thread stop when the flag is set.
pub fn listen_to(flag: Arc<AtomicBool>) {
    FLAG.set(Some(flag));
}

/// Whether a stop was asked for; the request stays.
pub fn is_requested() -> bool {
    FLAG.with_borrow(|flag| flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// An error of kind `Interrupt` if a stop was asked for; takes the request.
pub fn check() -> Result<()> {
    let taken = FLAG
        .with_borrow(|flag| flag.as_ref().is_some_and(|flag| flag.swap(false, Ordering::Relaxed)));
    if taken { Err(Error::new(ErrorKind::Interrupt, "the run was interrupted")) } else { Ok(()) }
}
