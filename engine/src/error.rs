//! The one error type: what is wrong, what was received, what was expected, what to try.

use std::fmt;

/// Result of everything in the engine.
pub type Result<T> = std::result::Result<T, Error>;

/// Which kind of mistake it was; the language gives each kind Python's exception class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A value that does not fit: shapes, ranges, unknown names (`ValueError`).
    Value,
    /// A value of the wrong type, or arguments that do not bind (`TypeError`).
    Type,
    /// Something that exists in Keras and not here yet (`NotImplementedError`).
    NotImplemented,
    /// A file that is missing (`FileNotFoundError`).
    FileNotFound,
    /// Reading or writing failed (`OSError`).
    Io,
    /// A state that does not allow the call: not compiled, not built (`RuntimeError`).
    Runtime,
    /// A size for which the machine has no room (`MemoryError`).
    Memory,
    /// The user stopped the run (`KeyboardInterrupt`).
    Interrupt,
    /// Raised by the user's own code inside a callback or layer; the language keeps the exception and finds it by this number.
    User(u64),
}

/// What went wrong, in four facts. Positions are added by the language.
#[derive(Debug, Clone)]
pub struct Error {
    /// Which kind of mistake.
    pub kind: ErrorKind,
    /// What is wrong, as a whole sentence without a full stop.
    pub what: String,
    /// What was received.
    pub received: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What to try instead.
    pub hint: Option<String>,
}

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error { kind, what: what.into(), received: None, expected: None, hint: None }
    }

    /// A value that does not fit.
    pub fn value(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Value, what)
    }

    /// A value of the wrong type.
    pub fn type_error(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Type, what)
    }

    /// What Keras has and kerai does not have yet.
    pub fn not_implemented(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotImplemented, what).hint(hint)
    }

    /// A call that the present state does not allow.
    pub fn runtime(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Runtime, what)
    }

    /// Adds what was received.
    #[must_use]
    pub fn received(mut self, text: impl Into<String>) -> Self {
        self.received = Some(text.into());
        self
    }

    /// Adds what was expected.
    #[must_use]
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    /// Adds what to try.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Puts the place in front of the sentence: `Dense "hidden": ...`.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        if !matches!(self.kind, ErrorKind::Interrupt | ErrorKind::User(_)) {
            self.what = format!("{place}: {}", self.what);
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for (name, text) in
            [("received", &self.received), ("expected", &self.expected), ("try", &self.hint)]
        {
            if let Some(text) = text {
                write!(f, "\n  {name}: {text}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        // Shapes are checked before candle sees them, so what arrives here is ours to explain better next time.
        Error::value(format!("the tensor operation failed: {error}"))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::FileNotFound,
            _ => ErrorKind::Io,
        };
        Error::new(kind, error.to_string())
    }
}
