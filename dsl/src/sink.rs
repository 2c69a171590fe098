//! What leaves a session: one ordered stream of [`Output`]s into a [`Sink`] that a front end provides.

use std::sync::Arc;

/// The same thing in several forms; a front end shows the richest that it can.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// Mime type and content, in order of preference (richest first).
    pub forms: Vec<(String, Content)>,
    /// Width and height in CSS pixels of the picture forms, if they are fixed (pictures are drawn at twice that).
    pub size: Option<(u32, u32)>,
}

/// One form of a [`Bundle`].
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text forms: `text/plain`, `text/html`, `text/markdown`, `image/svg+xml`.
    Text(String),
    /// Binary forms: `image/png`, `image/jpeg`.
    Bytes(Arc<[u8]>),
    /// Structured forms: `application/json` and its relatives.
    Json(serde_json::Value),
}

impl Bundle {
    /// Plain text alone.
    pub fn plain(text: impl Into<String>) -> Self {
        Bundle::default().with_text("text/plain", text)
    }

    /// Adds a text form.
    #[must_use]
    pub fn with_text(mut self, mime: &str, text: impl Into<String>) -> Self {
        self.forms.push((mime.to_owned(), Content::Text(text.into())));
        self
    }

    /// Adds a binary form.
    #[must_use]
    pub fn with_bytes(mut self, mime: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        self.forms.push((mime.to_owned(), Content::Bytes(bytes.into())));
        self
    }

    /// Fixes the size in CSS pixels.
    #[must_use]
    pub fn with_size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// The content of one form.
    pub fn form(&self, mime: &str) -> Option<&Content> {
        self.forms.iter().find(|(m, _)| m == mime).map(|(_, content)| content)
    }

    /// The plain text form, empty if there is none.
    pub fn text(&self) -> &str {
        match self.form("text/plain") {
            Some(Content::Text(text)) => text,
            _ => "",
        }
    }
}

/// One thing that a session puts out. The order of outputs is the order of the program.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Standard output, as it is (`\r` and partial lines included).
    Text(String),
    /// Standard error: warnings, and what a program writes to `sys.stderr`.
    Error(String),
    /// A rich display. With an `id` it can be updated later.
    Display {
        /// Under this id `Update` finds it again.
        id: Option<String>,
        /// What to show.
        bundle: Bundle,
    },
    /// Replaces an earlier display in place; front ends that cannot may ignore it.
    Update {
        /// The id that the display was given.
        id: String,
        /// What to show now.
        bundle: Bundle,
    },
    /// Clears what the cell has put out so far; with `wait`, only when the next output comes.
    Clear {
        /// Wait for the next output, so that nothing flickers.
        wait: bool,
    },
}

/// What the other side can show; decides between live displays, carriage returns and plain lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Displays are shown and can be updated in place (Jupyter).
    Notebook,
    /// A terminal of this many columns: carriage returns work; colour if `color`.
    Terminal {
        /// Columns.
        width: u16,
        /// ANSI colours may be used.
        color: bool,
    },
    /// A file or a pipe: whole lines only.
    Plain,
}

/// Where a session's output goes, and where its input comes from. Lives on the session's thread.
pub trait Sink {
    /// Takes one output; must not block for long (training waits for it).
    fn emit(&mut self, output: Output);

    /// What the other side can show.
    fn style(&self) -> Style {
        Style::Plain
    }

    /// Reads one line for `input(prompt)`. `Err` is the reason why there is none (end of file, no keyboard, interrupt).
    fn read_line(&mut self, _prompt: &str, _password: bool) -> Result<String, String> {
        Err("this front end has no standard input".to_owned())
    }
}
