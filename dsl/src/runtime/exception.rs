//! What goes wrong, with Python's class names. The teaching part (received, expected, try) follows the message.

use super::Value;
use std::fmt;

/// Result of anything that can raise.
pub type PyResult<T> = Result<T, Box<Exception>>;

/// A raised exception.
#[derive(Clone)]
pub struct Exception {
    /// The name of the class: `ValueError`, ... or the user's own.
    pub class: String,
    /// The message, as `str(e)` gives it.
    pub message: String,
    /// The exception object that `except ... as e` binds, once there is one (made by `raise` or on demand).
    pub object: Option<Value>,
    /// What was received, if that helps.
    pub received: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What to write instead.
    pub hint: Option<String>,
    /// Where it happened, innermost last: filled in by the session while it unwinds.
    pub frames: Vec<Frame>,
}

/// One line of a traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// File name, or `In[3]`.
    pub source: String,
    /// One-based line.
    pub line: usize,
    /// One-based column.
    pub column: usize,
    /// The function, or `<module>`.
    pub function: String,
    /// The source line.
    pub text: String,
}

impl Exception {
    /// An exception of the given class.
    pub fn new(class: &str, message: impl Into<String>) -> Box<Self> {
        Box::new(Exception {
            class: class.to_owned(),
            message: message.into(),
            object: None,
            received: None,
            expected: None,
            hint: None,
            frames: Vec::new(),
        })
    }

    /// `TypeError`
    pub fn type_error(message: impl Into<String>) -> Box<Self> {
        Self::new("TypeError", message)
    }

    /// `ValueError`
    pub fn value_error(message: impl Into<String>) -> Box<Self> {
        Self::new("ValueError", message)
    }

    /// `IndexError`
    pub fn index_error(message: impl Into<String>) -> Box<Self> {
        Self::new("IndexError", message)
    }

    /// `AttributeError`
    pub fn attribute_error(message: impl Into<String>) -> Box<Self> {
        Self::new("AttributeError", message)
    }

    /// Something that Python or Keras has and kerai does not have yet: refused, never faked.
    pub fn not_supported(what: impl Into<String>, hint: impl Into<String>) -> Box<Self> {
        Self::new("NotImplementedError", what).with_hint(hint)
    }

    /// Adds what was received.
    #[must_use]
    pub fn with_received(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.received = Some(text.into());
        self
    }

    /// Adds what was expected.
    #[must_use]
    pub fn with_expected(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.expected = Some(text.into());
        self
    }

    /// Adds what to try.
    #[must_use]
    pub fn with_hint(mut self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.hint = Some(text.into());
        self
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "{}", self.class)
        } else {
            write!(f, "{}: {}", self.class, self.message)
        }
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Exception {}
