//! The Jupyter kernel: `install` and its relatives, and `start`, which front ends call with a connection file.
//!
//! ```text
//! heartbeat  echo, for ever
//! control    interrupt, shutdown, kernel_info: answered at once, also while a cell runs
//! shell      reads at once; interrupt and kernel_info are answered at once, the rest queues for the worker
//! worker     one thread with a large stack owns the session and answers requests in order
//! outbound   one task owns IOPub and the shell's answers, so that what is sent keeps the order in which it was made
//! ```

mod cells;
mod channels;
mod connection;
mod front;
mod history;
mod info;
pub(crate) mod install;
mod message;
mod outbound;
mod publish;
mod start;
mod switch;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "windows.rs")]
mod system;

use crate::terminal::complain;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What `kerai jupyter` can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make kerai known to Jupyter (for this user, unless told otherwise).
    Install {
        #[command(flatten)]
        place: Place,
        /// The name that Jupyter knows the kernel by.
        #[arg(long, default_value = "kerai")]
        name: String,
    },
    /// Undo an install.
    Uninstall {
        #[command(flatten)]
        place: Place,
        /// The name that was given at the install.
        #[arg(long, default_value = "kerai")]
        name: String,
    },
    /// Show where kerai is installed for Jupyter and whether that still works.
    Status,
    /// Run the kernel; Jupyter calls this.
    Start {
        /// The file that says where to listen.
        connection_file: PathBuf,
    },
}

/// Where a kernel is installed.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Place {
    /// For this user (the default).
    #[arg(long)]
    user: bool,
    /// Below this folder, in share/jupyter/kernels.
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<PathBuf>,
    /// Into the active virtual or conda environment.
    #[arg(long)]
    sys_prefix: bool,
}

/// Runs a `kerai jupyter` command.
pub(crate) fn main(command: Command) -> ExitCode {
    let done = match command {
        Command::Install { place, name } => install::install(&place, &name),
        Command::Uninstall { place, name } => install::uninstall(&place, &name),
        Command::Status => install::status(),
        Command::Start { connection_file } => start::start(&connection_file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&format!("error: {reason}"));
            ExitCode::FAILURE
        }
    }
}
