//! `kerai` alone: the interactive prompt.
//!
//! The main thread owns the keyboard (reedline), a worker thread owns the session. While a line runs the main thread
//! waits; the worker writes to the terminal itself, and asks back only for `input()`.

mod completer;
mod history;
mod keys;
mod link;
mod plain;
mod prompt;

pub(crate) use history::history_file;

use crate::terminal::{TypeAhead, complain, read_secret, say};
use link::{Event, Link};
use reedline::{
    DefaultHinter, IdeMenu, MenuBuilder, Reedline, ReedlineMenu, Signal, default_emacs_keybindings,
};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Starts the prompt.
pub(crate) fn main() -> ExitCode {
    let link = match Link::start() {
        Ok(link) => link,
        Err(error) => {
            complain(&format!("kerai: no thread for the session: {error}"));
            return ExitCode::FAILURE;
        }
    };
    say(&banner());
    // An editor's shell window has no cursor to move, nor has `kerai | tee log`.
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty())
        || !std::io::stdout().is_terminal();
    let status = if is_dumb { plain::run(&link) } else { run(&link) };
    ExitCode::from(status)
}

fn banner() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let plural = if cores == 1 { "" } else { "s" };
    format!(
        "kerai {}, Keras without Python, on {cores} core{plural}\n\
         Tab completes, name? explains, Ctrl-C stops what runs, Ctrl-D leaves.",
        env!("CARGO_PKG_VERSION")
    )
}

fn run(link: &Link) -> u8 {
    let typed_ahead = TypeAhead::keep();
    let mut editor = editor(link);
    let prompt = prompt::Prompt;
    loop {
        let line = match editor.read_line(&prompt) {
            Ok(Signal::Success(line)) => line,
            Ok(Signal::CtrlD) => return 0,
            Ok(_) => continue,
            // The terminal went away, or is none that can be edited in.
            Err(error) => {
                complain(&format!("kerai: {}", crate::plain(&error)));
                drop(typed_ahead);
                return plain::run(link);
            }
        };
        // A line of a session that crashes or is killed is kept.
        let _ = editor.sync_history();
        if let Some(status) = run_line(link, line, &read_line) {
            return status;
        }
    }
}

/// Runs what was entered. `Some`: the program asked to end with this status.
fn run_line(
    link: &Link,
    line: String,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Option<u8> {
    match line.trim() {
        "" => return None,
        "exit" | "quit" | "exit()" | "quit()" => return Some(0),
        _ => {}
    }
    link.eval(line);
    loop {
        match link.next() {
            Event::Done(status) => return status,
            Event::Input { prompt, password: true } => {
                let mut out = std::io::stdout();
                let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
                link.answer(read_secret());
            }
            Event::Input { prompt, password: false } => link.answer(read(&prompt)),
        }
    }
}

/// One line for `input(prompt)`, with editing.
fn read_line(prompt: &str) -> Result<String, String> {
    match Reedline::create().read_line(&prompt::Question(prompt.to_owned())) {
        Ok(Signal::Success(line)) => Ok(line),
        Ok(Signal::CtrlD) => Err("EOF when reading a line".to_owned()),
        Ok(_) => Err(link::INTERRUPTED.to_owned()),
        Err(error) => Err(crate::plain(&error)),
    }
}

const MENU: &str = "completions";

fn editor(link: &Link) -> Reedline {
    let mut bindings = default_emacs_keybindings();
    keys::bind(&mut bindings, MENU);
    let seen = keys::Seen::default();
    let menu = IdeMenu::default()
        .with_name(MENU)
        .with_marker(">>> ")
        .with_default_border()
        .with_max_completion_height(12)
        .with_max_description_width(60)
        .with_max_description_height(12);
    let hint_style = nu_ansi_term::Style::new().fg(nu_ansi_term::Color::DarkGray);
    Reedline::create()
        .use_bracketed_paste(true)
        .with_ansi_colors(crate::terminal::wants_color(true))
        .with_highlighter(Box::new(prompt::Highlighter::new(seen.clone())))
        .with_validator(Box::new(prompt::Validator))
        .with_completer(Box::new(completer::Completer::new(link)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_hinter(Box::new(DefaultHinter::default().with_style(hint_style)))
        .with_history(history::open())
        .with_edit_mode(Box::new(keys::Keys::new(bindings, seen)))
}
