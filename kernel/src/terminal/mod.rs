//! A sink for terminals, files and pipes: text is buffered but prompt, displays are updated in place where the other
//! side is a screen, and figures are shown or saved.

mod figures;
mod graphics;
mod keys;
mod screen;

pub(crate) use graphics::Graphics;
pub(crate) use keys::{TypeAhead, read_secret};

use figures::Figures;
use kerai_dsl::session::Interrupt;
use kerai_dsl::sink::{Bundle, Output, Sink, Style};
use screen::{Screen, rows_of};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Pipes get their output at least this often while a program runs, so that `| tee log` is live.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// Reads a line for `input(prompt)`.
pub(crate) type ReadLine = Box<dyn FnMut(&str, bool) -> Result<String, String>>;

/// Whether colours are wanted on a stream that is (or is not) a terminal.
pub(crate) fn wants_color(is_terminal: bool) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes a line to standard output; a reader that went away is no error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Writes a line to standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Columns and rows of the terminal.
fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((width, height)) if width > 0 && height > 0 => (width, height),
        _ => (80, 24),
    }
}

/// Ends the process from any thread, with the terminal as we found it.
pub(crate) fn leave(status: u8) -> ! {
    if io::stdout().is_terminal() {
        let _ = writeln!(io::stdout());
    }
    let _ = io::stdout().flush();
    std::process::exit(i32::from(status))
}

/// Standard output and error of a session. Cheap to clone: the front end keeps one to flush.
#[derive(Clone)]
pub(crate) struct Terminal(Rc<RefCell<State>>);

struct State {
    out: Box<dyn Write>,
    /// Columns and rows.
    size: fn() -> (u16, u16),
    is_terminal: bool,
    color: bool,
    pending: Vec<u8>,
    last_flush: Instant,
    screen: Screen,
    /// Where on the screen each display stands.
    displays: HashMap<String, Placed>,
    /// Updates that a file or pipe has not seen yet: only the last one of each display is worth a line there.
    unseen: Vec<(String, Bundle)>,
    figures: Figures,
    clear_first: bool,
    /// The reader of a pipe went away.
    closed: bool,
    interrupt: Option<Interrupt>,
}

/// The rows that a display takes on the screen.
struct Placed {
    row: usize,
    rows: usize,
}

impl Terminal {
    /// The process's standard streams.
    pub(crate) fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        Terminal(Rc::new(RefCell::new(State::new(Box::new(io::stdout()), size, is_terminal))))
    }

    /// The sink for a session.
    pub(crate) fn sink(&self, read_line: ReadLine) -> Box<dyn Sink> {
        Box::new(TerminalSink { terminal: self.clone(), read_line })
    }

    /// When the reader of our output goes away, there is nobody to run for.
    pub(crate) fn stop_when_closed(&self, interrupt: Interrupt) {
        self.0.borrow_mut().interrupt = Some(interrupt);
    }

    /// Whether the reader of our output went away.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.borrow().closed
    }

    /// A new cell begins: `clear` and in-place updates do not reach above this point.
    pub(crate) fn begin(&self) {
        let mut state = self.0.borrow_mut();
        state.screen = Screen::default();
        state.displays.clear();
        state.clear_first = false;
    }

    /// A cell ended: everything is out, and the cursor stands at the start of a line if `fresh_line`.
    pub(crate) fn finish(&self, fresh_line: bool) {
        let mut state = self.0.borrow_mut();
        for (_, bundle) in std::mem::take(&mut state.unseen) {
            state.show(&bundle, None);
        }
        if fresh_line && state.is_terminal && state.screen.column > 0 {
            state.write("\n");
        }
        state.flush();
    }

    /// Shows a value as displays are shown.
    pub(crate) fn show(&self, bundle: &Bundle) {
        self.0.borrow_mut().show(bundle, None);
    }
}

impl State {
    fn new(out: Box<dyn Write>, size: fn() -> (u16, u16), is_terminal: bool) -> Self {
        State {
            out,
            size,
            is_terminal,
            color: wants_color(is_terminal),
            pending: Vec::new(),
            last_flush: Instant::now(),
            screen: Screen::default(),
            displays: HashMap::new(),
            unseen: Vec::new(),
            figures: Figures::new(if is_terminal { Graphics::detect() } else { Graphics::None }),
            clear_first: false,
            closed: false,
            interrupt: None,
        }
    }

    fn emit(&mut self, output: Output) {
        if std::mem::take(&mut self.clear_first) {
            self.clear();
        }
        match output {
            Output::Text(text) => self.write(&text),
            Output::Error(text) => self.write_error(&text),
            Output::Display { id, bundle } => self.show(&bundle, id),
            Output::Update { id, bundle } => self.update(id, bundle),
            Output::Clear { wait: true } => self.clear_first = true,
            Output::Clear { wait: false } => self.clear(),
        }
    }

    fn write(&mut self, text: &str) {
        if self.closed {
            return;
        }
        self.pending.extend_from_slice(text.as_bytes());
        if self.is_terminal {
            self.screen.advance(text, usize::from((self.size)().0));
            // A carriage return without a newline is a progress line: it is meant to be seen now.
            if text.contains(['\n', '\r']) || self.last_flush.elapsed() > FLUSH_EVERY {
                self.flush();
            }
        } else if self.pending.len() > 1 << 16 || self.last_flush.elapsed() > FLUSH_EVERY {
            self.flush();
        }
    }

    fn write_error(&mut self, text: &str) {
        self.flush();
        let mut stream = io::stderr().lock();
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.flush();
        if self.is_terminal && stream.is_terminal() {
            self.screen.advance(text, usize::from((self.size)().0));
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.last_flush = Instant::now();
        if self.closed || pending.is_empty() {
            return;
        }
        let result = self.out.write_all(&pending).and_then(|()| self.out.flush());
        if result.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            self.closed = true;
            if let Some(interrupt) = &self.interrupt {
                interrupt.request();
            }
        }
    }

    fn show(&mut self, bundle: &Bundle, id: Option<String>) {
        let text = self.figures.render(bundle, id.as_deref());
        if self.screen.column > 0 {
            self.write("\n");
        }
        let row = self.screen.row;
        self.write(&text);
        if let (Some(id), true) = (id, self.is_terminal) {
            self.displays.insert(id, Placed { row, rows: self.screen.row - row });
        }
    }

    fn update(&mut self, id: String, bundle: Bundle) {
        if !self.is_terminal {
            self.unseen.retain(|(other, _)| *other != id);
            self.unseen.push((id, bundle));
            return;
        }
        let (width, height) = (self.size)();
        let placed = self.displays.get(&id).map(|placed| (placed.row, placed.rows));
        let text = self.figures.render(&bundle, Some(&id));
        let Some((row, old_rows)) = placed.filter(|(row, _)| {
            self.screen.row - row < usize::from(height) && !self.figures.shows_pictures(&bundle)
        }) else {
            return self.show(&bundle, Some(id));
        };
        let rows = rows_of(&text, usize::from(width));
        let here = (self.screen.row, self.screen.column);
        let is_last = row + old_rows == here.0 && here.1 == 0;
        if !is_last && rows != old_rows {
            return self.show(&bundle, Some(id));
        }
        // One write for the whole redraw: nothing flickers.
        let mut redraw = go_up(here.0 - row);
        for line in text.split_inclusive('\n') {
            redraw.push_str("\x1b[2K");
            redraw.push_str(line);
        }
        if is_last {
            redraw.push_str("\x1b[J");
            self.screen.row = row + rows;
            self.displays.insert(id, Placed { row, rows });
        } else {
            let below = here.0 - row - rows;
            if below > 0 {
                redraw.push_str(&format!("\x1b[{below}B"));
            }
            redraw.push_str(&format!("\x1b[{}G", here.1 + 1));
        }
        self.pending.extend_from_slice(redraw.as_bytes());
        self.flush();
    }

    /// Takes what this cell has put out off the screen, as far as it is still on it.
    fn clear(&mut self) {
        if !self.is_terminal {
            return;
        }
        let up = self.screen.row.min(usize::from((self.size)().1).saturating_sub(1));
        let erase = format!("{}\x1b[J", go_up(up));
        self.pending.extend_from_slice(erase.as_bytes());
        self.flush();
        self.screen = Screen::default();
        self.displays.clear();
    }
}

/// Moves the cursor to the first column, some rows higher.
fn go_up(rows: usize) -> String {
    if rows == 0 { "\r".to_owned() } else { format!("\r\x1b[{rows}A") }
}

struct TerminalSink {
    terminal: Terminal,
    read_line: ReadLine,
}

impl Sink for TerminalSink {
    fn emit(&mut self, output: Output) {
        self.terminal.0.borrow_mut().emit(output);
    }

    fn style(&self) -> Style {
        let state = self.terminal.0.borrow();
        if state.is_terminal {
            Style::Terminal { width: (state.size)().0, color: state.color }
        } else {
            Style::Plain
        }
    }

    fn read_line(&mut self, prompt: &str, password: bool) -> Result<String, String> {
        self.terminal.0.borrow_mut().flush();
        let line = (self.read_line)(prompt, password);
        // What was typed ended with the Enter key.
        let mut state = self.terminal.0.borrow_mut();
        state.screen.row += 1;
        state.screen.column = 0;
        line
    }
}

impl Drop for TerminalSink {
    fn drop(&mut self) {
        self.terminal.0.borrow_mut().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written for some outputs: `text`, `#id text` (a display), `=id text` (an update), `!` (clear).
    fn written(is_terminal: bool, outputs: &[&str]) -> String {
        let written = Written::default();
        let mut state = State::new(Box::new(written.clone()), || (20, 10), is_terminal);
        for output in outputs {
            let named = |rest: &str| {
                let (id, text) = rest.split_once(' ').unwrap();
                (id.to_owned(), Bundle::plain(text))
            };
            state.emit(match output.split_at(1) {
                ("#", rest) => {
                    let (id, bundle) = named(rest);
                    Output::Display { id: Some(id), bundle }
                }
                ("=", rest) => {
                    let (id, bundle) = named(rest);
                    Output::Update { id, bundle }
                }
                ("!", _) => Output::Clear { wait: false },
                _ => Output::Text((*output).to_owned()),
            });
        }
        Terminal(Rc::new(RefCell::new(state))).finish(false);
        String::from_utf8(written.0.borrow().clone()).unwrap()
    }

    #[test]
    fn displays_are_redrawn_where_they_stand() {
        for (outputs, expected) in [
            (&["#a one", "=a two"][..], "one\n\r\x1b[1A\x1b[2Ktwo\n\x1b[J"),
            (&["x", "#a one\nmore", "=a 2"], "x\none\nmore\n\r\x1b[2A\x1b[2K2\n\x1b[J"),
            // Something follows: the same number of rows is replaced, and the cursor goes back.
            (&["#a one", "yz", "=a two"], "one\nyz\r\x1b[1A\x1b[2Ktwo\n\x1b[3G"),
            (&["#a one", "y\n", "=a two"], "one\ny\n\r\x1b[2A\x1b[2Ktwo\n\x1b[1B\x1b[1G"),
            // Another number of rows would push it: shown again.
            (&["#a one", "y\n", "=a 1\n2"], "one\ny\n1\n2\n"),
            (&["a\nb", "!", "c"], "a\nb\r\x1b[1A\x1b[Jc"),
        ] {
            assert_eq!(written(true, outputs), expected, "{outputs:?}");
        }
    }

    #[test]
    fn a_pipe_gets_the_last_state_of_a_display_once() {
        assert_eq!(
            written(false, &["#a one", "=a two", "=a three", "!", "x\n"]),
            "one\nx\nthree\n"
        );
    }
}
