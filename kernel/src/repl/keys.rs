//! Keys that know Python: Enter indents, Backspace takes an indentation at once, Tab indents at the start of a line.
//!
//! Reedline's edit modes see keys but not the text; the highlighter sees the text at every repaint and leaves it in
//! [`Seen`]. Keys that come before the next repaint (a paste without brackets) find nothing there and are taken as
//! they are, which is right: pasted lines bring their indentation along.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use kerai_dsl::session::{Session, Status};
use reedline::{
    EditCommand, EditMode, Emacs, Keybindings, PromptEditMode, ReedlineEvent, ReedlineRawEvent,
};
use std::sync::{Arc, Mutex};

const INDENT: &str = "    ";

/// The text and cursor that are on the screen, until the next key changes them.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Option<(String, usize)>>>);

impl Seen {
    pub(super) fn set(&self, text: &str, cursor: usize) {
        if let Ok(mut seen) = self.0.lock() {
            *seen = Some((text.to_owned(), cursor));
        }
    }

    fn take(&self) -> Option<(String, usize)> {
        let (text, cursor) = self.0.lock().ok()?.take()?;
        text.is_char_boundary(cursor).then_some((text, cursor))
    }
}

/// Adds the keys that need no knowledge of the text.
pub(super) fn bind(bindings: &mut Keybindings, menu: &str) {
    bindings.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(vec![
            ReedlineEvent::Menu(menu.to_owned()),
            ReedlineEvent::MenuNext,
        ]),
    );
    bindings.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    // A new line wherever the cursor is, whatever stands there.
    bindings.add_binding(
        KeyModifiers::ALT,
        KeyCode::Enter,
        ReedlineEvent::Edit(vec![EditCommand::InsertNewline]),
    );
}

/// Emacs' keys, and ours.
pub(super) struct Keys {
    emacs: Emacs,
    seen: Seen,
}

impl Keys {
    pub(super) fn new(bindings: Keybindings, seen: Seen) -> Self {
        Keys { emacs: Emacs::new(bindings), seen }
    }
}

impl EditMode for Keys {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let event: Event = event.into();
        let seen = self.seen.take();
        if let (
            Event::Key(KeyEvent { code, modifiers: KeyModifiers::NONE, .. }),
            Some((text, cursor)),
        ) = (&event, seen)
        {
            let (before, after) = text.split_at(cursor);
            let ours = match code {
                KeyCode::Enter => enter(&text, before, after),
                KeyCode::Backspace => backspace(before),
                KeyCode::Tab => tab(before),
                _ => None,
            };
            if let Some(ours) = ours {
                return ours;
            }
        }
        match ReedlineRawEvent::try_from(event) {
            Ok(event) => self.emacs.parse_event(event),
            Err(()) => ReedlineEvent::None,
        }
    }

    fn edit_mode(&self) -> PromptEditMode {
        self.emacs.edit_mode()
    }
}

/// The blanks before the cursor, if there is nothing else on its line.
fn blanks_before(before: &str) -> Option<&str> {
    let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    line.bytes().all(|byte| byte == b' ').then_some(line)
}

fn enter(text: &str, before: &str, after: &str) -> Option<ReedlineEvent> {
    // Inside a text of several lines Enter adds one; at its end it runs the text if it is whole.
    let indent = match Session::status(if after.contains('\n') { before } else { text }) {
        Status::Incomplete { indent } => indent,
        _ if after.contains('\n') => {
            let line = before.rsplit('\n').next().unwrap_or("");
            line.chars().take_while(|c| *c == ' ').collect()
        }
        _ => return None,
    };
    let newline = EditCommand::InsertString(format!("\n{indent}"));
    Some(ReedlineEvent::UntilFound(vec![
        ReedlineEvent::MenuAccept,
        ReedlineEvent::Edit(vec![newline]),
    ]))
}

fn backspace(before: &str) -> Option<ReedlineEvent> {
    let blanks = blanks_before(before)?.len();
    // Back to the step before, so that a crooked indentation becomes a straight one.
    let count = if blanks % INDENT.len() == 0 { INDENT.len() } else { blanks % INDENT.len() };
    (blanks > 1).then(|| ReedlineEvent::Edit(vec![EditCommand::Backspace; count]))
}

fn tab(before: &str) -> Option<ReedlineEvent> {
    let blanks = blanks_before(before)?.len();
    let step = INDENT.len() - blanks % INDENT.len();
    Some(ReedlineEvent::UntilFound(vec![
        ReedlineEvent::MenuNext,
        ReedlineEvent::Edit(vec![EditCommand::InsertString(" ".repeat(step))]),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(event: Option<ReedlineEvent>) -> String {
        match event {
            None => "default".to_owned(),
            Some(event) => format!("{event:?}"),
        }
    }

    #[test]
    fn enter_runs_or_indents() {
        for (text, expected) in [
            ("x = 1|", "default"),
            ("def f():|", "\\n    "),
            ("def f():\n    return 1|", "\\n\""),
            ("def f():\n    x = 1\n    |", "default"),
            ("f(|)", "default"),
            ("f(|", "\\n    "),
            ("def f():|\n    return 1", "\\n    "),
            ("a = [\n    1,|\n    2]", "\\n    "),
        ] {
            let (before, after) = text.split_once('|').unwrap();
            let found = edits(enter(&format!("{before}{after}"), before, after));
            assert!(found.contains(expected), "{text:?}: {found}");
        }
    }

    #[test]
    fn backspace_takes_a_step_of_indentation() {
        for (before, expected) in
            [("        ", 4), ("x\n    ", 4), ("      ", 2), ("x    ", 0), ("", 0)]
        {
            let found = edits(backspace(before)).matches("Backspace").count();
            assert_eq!(found, expected, "{before:?}");
        }
    }
}
