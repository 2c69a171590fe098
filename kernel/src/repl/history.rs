//! The lines of earlier sessions.

use crate::terminal::complain;
use reedline::{FileBackedHistory, History};
use std::path::PathBuf;

const MAX_LINES: usize = 10_000;

/// Where the lines of earlier sessions are kept: `KERAI_HISTORY` (empty: nowhere), or the state folder of the XDG
/// standard.
pub(crate) fn history_file() -> Option<PathBuf> {
    match std::env::var_os("KERAI_HISTORY") {
        Some(path) if path.is_empty() => return None,
        Some(path) => return Some(PathBuf::from(path)),
        None => {}
    }
    let state = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty());
    let state = match state {
        Some(path) => PathBuf::from(path),
        None => std::env::home_dir()?.join(".local/state"),
    };
    Some(state.join("kerai").join("history"))
}

/// The history, kept in memory alone where its file cannot be used.
pub(super) fn open() -> Box<dyn History> {
    if let Some(file) = history_file() {
        match FileBackedHistory::with_file(MAX_LINES, file.clone()) {
            Ok(history) => return Box::new(history),
            Err(error) => complain(&format!("kerai: no history in {}: {error}", file.display())),
        }
    }
    Box::new(FileBackedHistory::default())
}
