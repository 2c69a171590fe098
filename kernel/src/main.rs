//! The program `kerai`: a REPL, a script runner, a checker, a Jupyter kernel.
//!
//! | where | what |
//! |---|---|
//! | `main` | the command line |
//! | `worker` | the thread with the large stack that a session lives on, and Ctrl-C |
//! | `terminal` | a sink for terminals, files and pipes; figures |
//! | `script` | `kerai FILE`, `kerai run`, `kerai -c`, `kerai check` |
//! | `repl/` | `kerai`: the interactive prompt |
//! | `jupyter/` | `kerai jupyter`: the notebook kernel |
//! | `doctor` | what this machine offers |
//!
//! This crate names no type of the engine: it sees sessions, outputs, bundles and diagnostics.
#![forbid(unsafe_code)]

mod doctor;
mod jupyter;
mod repl;
mod script;
mod terminal;
mod worker;

use clap::{Args, CommandFactory, Parser, Subcommand};
use kerai_dsl::machine::{Pages, Recycler};
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

/// Big tensors come and go at every step: their memory is kept for the next one.
#[global_allocator]
static ALLOCATOR: Recycler<Pages<mimalloc::MiMalloc>> =
    Recycler::over(Pages::over(mimalloc::MiMalloc));

/// Keras in one binary, without Python.
#[derive(Parser)]
#[command(
    name = "kerai",
    version,
    about,
    after_help = "\
`kerai` alone starts the prompt; `kerai lesson.py` is short for `kerai run lesson.py`.

Environment:
  KERAS_HOME      where data sets and weights are kept (~/.keras)
  KERAI_THREADS   how many threads to use (all cores); the results are the same
  KERAI_SIMD      the widest vectors to use: basic, avx2 or avx512 (the machine's)
  KERAI_HISTORY   the prompt's history file; empty: none
  KERAI_GRAPHICS  how figures are shown in a terminal: kitty, iterm or none (saved as files)
  NO_COLOR        set: no colours"
)]
struct Cli {
    /// Run this code and end; what follows is `sys.argv[1:]`
    #[arg(short = 'c', value_name = "CODE", num_args = 1.., allow_hyphen_values = true)]
    code: Option<Vec<String>>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the interactive prompt
    Repl,
    /// Run a program (`-` reads it from standard input)
    Run(RunArguments),
    /// Parse a program and check the shapes of its models, without training
    Check {
        /// The programs; `-` is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Serve notebooks: install, start, uninstall
    #[command(subcommand)]
    Jupyter(jupyter::Command),
    /// Say what this machine offers, and what is installed
    Doctor {
        /// Measure instead how fast it is at best: products and memory
        #[arg(long)]
        measure: bool,
    },
}

#[derive(Args)]
struct RunArguments {
    /// The program: `.py` (Keras' spelling), `.rhai`, or `-`
    file: String,
    /// `sys.argv[1:]`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse_from(with_shorthand(std::env::args_os().collect()));
    if let Err(message) = kerai_dsl::machine::check() {
        terminal::complain(&format!("kerai: {message}"));
        return ExitCode::from(2);
    }
    if let Some(code) = cli.code {
        return script::run_code(code);
    }
    match cli.command {
        Some(Command::Run(run)) => script::run_file(&run.file, run.arguments),
        Some(Command::Check { files }) => script::check(&files),
        Some(Command::Jupyter(command)) => jupyter::main(command),
        Some(Command::Doctor { measure }) => doctor::main(measure),
        Some(Command::Repl) => repl::main(),
        // As other interpreters do: a program that is piped in is run.
        None if !std::io::stdin().is_terminal() => script::run_file("-", Vec::new()),
        None => repl::main(),
    }
}

/// `kerai FILE ...` means `kerai run FILE ...`, unless the first word is a command or an option.
fn with_shorthand(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(first) = arguments.get(1) else { return arguments };
    let word = first.to_string_lossy();
    let is_option = word.starts_with('-') && word != "-";
    let is_command =
        word == "help" || Cli::command().get_subcommands().any(|c| c.get_name() == word);
    let looks_like_file = word == "-"
        || [".py", ".rhai"].iter().any(|ending| word.ends_with(ending))
        || std::path::Path::new(first).is_file();
    if !is_option && !is_command && looks_like_file {
        arguments.insert(1, "run".into());
    }
    arguments
}

/// The text of a program, and what tracebacks call it; or the message for standard error.
fn read_program(file: &str) -> Result<(String, String), String> {
    let (name, bytes) = if file == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        ("<stdin>".to_owned(), read.map(|_| bytes))
    } else {
        (file.to_owned(), std::fs::read(file))
    };
    let bytes = bytes.map_err(|error| format!("kerai: cannot read '{name}': {}", plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("kerai: '{name}' is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())
    })?;
    Ok((name, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

/// The operating system's message without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(message, _)| message.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::with_shorthand;

    #[test]
    fn a_file_as_first_word_is_run_and_commands_stay() {
        let words =
            |line: &str| line.split(' ').map(Into::into).collect::<Vec<std::ffi::OsString>>();
        for (given, meant) in [
            ("kerai a.py -x", "kerai run a.py -x"),
            ("kerai - 1", "kerai run - 1"),
            ("kerai run a.py", "kerai run a.py"),
            ("kerai check a.py", "kerai check a.py"),
            ("kerai -c a.py", "kerai -c a.py"),
            ("kerai rnu", "kerai rnu"),
            ("kerai", "kerai"),
        ] {
            assert_eq!(with_shorthand(words(given)), words(meant), "{given}");
        }
    }
}
