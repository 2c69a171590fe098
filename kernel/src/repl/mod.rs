//! `kerai` alone: the interactive prompt.

use crate::terminal::complain;
use std::path::PathBuf;
use std::process::ExitCode;

/// Starts the prompt.
pub(crate) fn main() -> ExitCode {
    complain("kerai: the prompt is being built; `kerai FILE` and `kerai -c CODE` run programs");
    ExitCode::FAILURE
}

/// Where the lines of earlier sessions are kept: `KERAI_HISTORY`, or the state folder of the XDG standard.
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
