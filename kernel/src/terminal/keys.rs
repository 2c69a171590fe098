//! The keyboard between prompts: keys without echo for passwords, and keys that are typed ahead.

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

/// While it lives, keys that are typed while a program runs wait for the next prompt as they were pressed. A terminal
/// left to itself would show them in the middle of the output and make a line feed of Enter, which is another key.
#[cfg(unix)]
pub(crate) struct TypeAhead(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl TypeAhead {
    pub(crate) fn keep() -> Self {
        use rustix::termios::{InputModes, LocalModes, OptionalActions, tcgetattr, tcsetattr};
        // Without a terminal there is nothing to keep.
        let Ok(before) = tcgetattr(std::io::stdin()) else { return TypeAhead(None) };
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        modes.input_modes.remove(InputModes::ICRNL);
        let is_set = tcsetattr(std::io::stdin(), OptionalActions::Now, &modes).is_ok();
        TypeAhead(is_set.then_some(before))
    }
}

#[cfg(unix)]
impl Drop for TypeAhead {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.0 {
            // It fails if the terminal went away.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// Windows keeps keys as they were pressed.
#[cfg(not(unix))]
pub(crate) struct TypeAhead;

#[cfg(not(unix))]
impl TypeAhead {
    pub(crate) fn keep() -> Self {
        TypeAhead
    }
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
