//! Errors across the border: the engine's become exceptions, and exceptions of the user's code pass through the engine
//! and come out as they went in.

use crate::runtime::{Exception, PyResult};
use kerai_engine::error::{Error, ErrorKind};
use std::cell::{Cell, RefCell};

thread_local! {
    static IN_TRANSIT: RefCell<Vec<(u64, Box<Exception>)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u64> = const { Cell::new(1) };
}

impl From<Error> for Box<Exception> {
    fn from(error: Error) -> Self {
        if let ErrorKind::User(number) = error.kind {
            let found = IN_TRANSIT.with_borrow_mut(|waiting| {
                let position = waiting.iter().position(|(known, _)| *known == number)?;
                Some(waiting.swap_remove(position).1)
            });
            if let Some(exception) = found {
                return exception;
            }
        }
        let class = match error.kind {
            ErrorKind::Value => "ValueError",
            ErrorKind::Type => "TypeError",
            ErrorKind::NotImplemented => "NotImplementedError",
            ErrorKind::FileNotFound => "FileNotFoundError",
            ErrorKind::Io => "OSError",
            ErrorKind::Runtime | ErrorKind::User(_) => "RuntimeError",
            ErrorKind::Memory => "MemoryError",
            ErrorKind::Interrupt => "KeyboardInterrupt",
        };
        let message = if error.kind == ErrorKind::Interrupt { String::new() } else { error.what };
        let mut exception = Exception::new(class, message);
        exception.received = error.received;
        exception.expected = error.expected;
        exception.hint = error.hint;
        exception
    }
}

/// An exception on its way through the engine.
pub fn into_engine(exception: Box<Exception>) -> Error {
    if exception.class == "KeyboardInterrupt" {
        return Error::new(ErrorKind::Interrupt, "");
    }
    let number = NEXT.replace(NEXT.get() + 1);
    let what = exception.to_string();
    IN_TRANSIT.with_borrow_mut(|waiting| {
        // What nobody fetched is old: an engine error took its place.
        if waiting.len() > 64 {
            waiting.remove(0);
        }
        waiting.push((number, exception));
    });
    Error::new(ErrorKind::User(number), what)
}

/// The result of the user's code, for the engine.
pub fn to_engine<T>(result: PyResult<T>) -> kerai_engine::Result<T> {
    result.map_err(into_engine)
}
