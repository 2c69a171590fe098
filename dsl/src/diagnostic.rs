//! What a front end shows when something went wrong: a traceback in Python's form, then what was received, expected and what to try.

use crate::runtime::Exception;
pub use crate::runtime::exception::Frame;

/// An error that reached the end of a cell or file.
#[derive(Debug, Clone, Default)]
pub struct Diagnostic {
    /// Python's class name: Jupyter's `ename`.
    pub class: String,
    /// The message: Jupyter's `evalue`.
    pub message: String,
    /// The calls that led here, outermost first.
    pub frames: Vec<Frame>,
    /// What was received.
    pub received: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What to write instead.
    pub hint: Option<String>,
    /// `Some(status)` if the program asked to end (`sys.exit`).
    pub exit: Option<i32>,
}

impl Diagnostic {
    /// Whether the user interrupted (Ctrl-C, Jupyter's stop button).
    pub fn is_interrupt(&self) -> bool {
        self.class == "KeyboardInterrupt"
    }

    /// The lines that a person reads; with ANSI colours if `color`.
    pub fn render(&self, color: bool) -> String {
        let paint = |code: &str, text: &str| {
            if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
        };
        let mut lines = Vec::new();
        if !self.frames.is_empty() {
            lines.push("Traceback (most recent call last):".to_owned());
        }
        for frame in &self.frames {
            let place =
                format!("  File \"{}\", line {}, in {}", frame.source, frame.line, frame.function);
            lines.push(paint("36", &place));
            let text = frame.text.trim_start();
            if !text.is_empty() {
                lines.push(format!("    {text}"));
            }
        }
        if let Some(last) = self.frames.last() {
            let indent = last.text.len() - last.text.trim_start().len();
            if last.column > indent && !last.text.trim().is_empty() {
                lines.push(paint("31", &format!("    {}^", " ".repeat(last.column - 1 - indent))));
            }
        }
        let head =
            if self.message.is_empty() { String::new() } else { format!(": {}", self.message) };
        lines.push(format!("{}{head}", paint("1;31", &self.class)));
        let facts =
            [("received", &self.received), ("expected", &self.expected), ("try", &self.hint)];
        for (name, text) in facts {
            if let Some(text) = text {
                let label = format!("  = {:<9}", format!("{name}:"));
                lines.push(format!(
                    "{} {}",
                    paint("1;34", &label),
                    text.replace('\n', "\n              ")
                ));
            }
        }
        lines.join("\n")
    }
}

impl From<Exception> for Diagnostic {
    fn from(exception: Exception) -> Self {
        Diagnostic {
            class: exception.class,
            message: exception.message,
            frames: exception.frames,
            received: exception.received,
            expected: exception.expected,
            hint: exception.hint,
            exit: None,
        }
    }
}
