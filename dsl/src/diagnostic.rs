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
        // How many frames before this one are the same line: of a deep recursion, Python tells three.
        let mut repeated = 0;
        for (index, frame) in self.frames.iter().enumerate() {
            let place_of =
                |frame: &Frame| (frame.source.clone(), frame.line, frame.function.clone());
            let is_like = |other: Option<&Frame>| other.map(place_of) == Some(place_of(frame));
            let before = index.checked_sub(1).and_then(|index| self.frames.get(index));
            repeated = if is_like(before) { repeated + 1 } else { 0 };
            if repeated > 2 {
                if !is_like(self.frames.get(index + 1)) {
                    lines.push(format!("  [Previous line repeated {} more times]", repeated - 2));
                }
                continue;
            }
            let place =
                format!("  File \"{}\", line {}, in {}", frame.source, frame.line, frame.function);
            lines.push(paint("36", &place));
            let text = frame.text.trim_start();
            if !text.is_empty() {
                lines.push(format!("    {text}"));
            }
        }
        if let Some(last) = self.frames.last().filter(|_| repeated < 3) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_recursion_is_told_in_a_few_lines() {
        let frame = |line: usize, function: &str| Frame {
            source: "In[1]".to_owned(),
            line,
            column: 8,
            function: function.to_owned(),
            text: "return f(n + 1)".to_owned(),
        };
        let mut frames = vec![frame(4, "<module>")];
        frames.extend((0..1000).map(|_| frame(2, "f")));
        let diagnostic =
            Diagnostic { class: "RecursionError".to_owned(), frames, ..Default::default() };
        let report = diagnostic.render(false);
        assert_eq!(report.lines().count(), 1 + 2 * 4 + 2, "{report}");
        assert!(report.contains("[Previous line repeated 997 more times]"), "{report}");
    }
}
