//! A prompt for terminals without a cursor (`TERM=dumb`: an editor's shell window): lines in, lines out.

use super::link::Link;
use crate::terminal::say;
use kerai_dsl::session::{Session, Status};
use std::io::{BufRead, Write};

/// Runs lines until the input ends. The result is the exit status.
pub(super) fn run(link: &Link) -> u8 {
    let mut text = String::new();
    loop {
        let prompt = if text.is_empty() { ">>> " } else { "... " };
        let Ok(line) = read(prompt) else {
            say("");
            return 0;
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
        if matches!(Session::status(&text), Status::Incomplete { .. }) {
            continue;
        }
        if let Some(status) = super::run_line(link, std::mem::take(&mut text), &read) {
            return status;
        }
    }
}

fn read(prompt: &str) -> Result<String, String> {
    let mut out = std::io::stdout();
    let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err("EOF when reading a line".to_owned()),
        Ok(_) => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(crate::plain(&error)),
    }
}
