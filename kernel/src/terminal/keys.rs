//! Reading keys without echo, for passwords.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::Write;

/// Reads a line that the screen does not show.
pub(crate) fn read_secret() -> Result<String, String> {
    enable_raw_mode().map_err(|error| crate::plain(&error))?;
    let line = read_keys();
    let _ = disable_raw_mode();
    let _ = writeln!(std::io::stdout());
    line
}

fn read_keys() -> Result<String, String> {
    let mut line = String::new();
    loop {
        let event = read().map_err(|error| crate::plain(&error))?;
        let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { continue };
        if kind == KeyEventKind::Release {
            continue;
        }
        let control = modifiers.contains(KeyModifiers::CONTROL);
        match code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Char('c') if control => return Err("interrupted".to_owned()),
            KeyCode::Char('d') if control && line.is_empty() => {
                return Err("EOF when reading a line".to_owned());
            }
            KeyCode::Char('u') if control => line.clear(),
            KeyCode::Char(c) if !control => line.push(c),
            KeyCode::Backspace => {
                line.pop();
            }
            _ => {}
        }
    }
}
