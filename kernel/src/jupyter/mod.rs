//! `kerai jupyter`: the notebook kernel.

use clap::Subcommand;
use std::process::ExitCode;

/// What `kerai jupyter` can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make kerai known to Jupyter
    Install,
    /// Serve one notebook (Jupyter calls this)
    Start {
        /// The file that Jupyter wrote
        connection_file: std::path::PathBuf,
    },
    /// Take kerai out of Jupyter's list
    Uninstall,
}

/// Runs a command.
pub(crate) fn main(_command: Command) -> ExitCode {
    crate::terminal::complain("kerai: this build has no notebook kernel yet");
    ExitCode::FAILURE
}
