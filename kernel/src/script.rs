//! Runs whole programs: a file, standard input, or the text after `-c`.

use crate::terminal::{ReadLine, Terminal, complain, read_secret, say, wants_color};
use crate::worker::{self, INTERRUPTED, SecondPress};
use kerai_dsl::diagnostic::Diagnostic;
use kerai_dsl::session::{Interrupt, Session, Source, Spelling};
use std::cell::OnceCell;
use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The status of programs that a closed pipe ended, as shells have it: 128 + SIGPIPE.
const PIPE_CLOSED: u8 = 141;

/// `kerai run FILE [ARGUMENTS]`
pub(crate) fn run_file(file: &str, arguments: Vec<String>) -> ExitCode {
    match crate::read_program(file) {
        Ok((name, text)) => {
            let spelling = spelling_of(file);
            run(name, text, spelling, [vec![file.to_owned()], arguments].concat())
        }
        Err(message) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

/// `kerai -c CODE [ARGUMENTS]`
pub(crate) fn run_code(mut words: Vec<String>) -> ExitCode {
    let code = if words.is_empty() { String::new() } else { words.remove(0) };
    words.insert(0, "-c".to_owned());
    run("<string>".to_owned(), code, Spelling::Python, words)
}

/// `kerai check FILE...`
pub(crate) fn check(files: &[String]) -> ExitCode {
    let files = files.to_vec();
    let work = move || {
        let mut failed = false;
        for file in &files {
            match check_one(file) {
                Ok(None) => say(&format!("{file}: ok")),
                Ok(Some(diagnostic)) if diagnostic.is_interrupt() => return report(&diagnostic),
                Ok(Some(diagnostic)) => {
                    failed = true;
                    complain(&rendered(&diagnostic));
                }
                Err(message) => {
                    failed = true;
                    complain(&message);
                }
            }
        }
        u8::from(failed)
    };
    on_a_thread("check", work)
}

/// What is wrong with a program, if it can be read.
fn check_one(file: &str) -> Result<Option<Diagnostic>, String> {
    let (name, text) = crate::read_program(file)?;
    let terminal = Terminal::new();
    let mut session = Session::new(terminal.sink(Box::new(no_input)));
    worker::on_ctrl_c(session.interrupt(), SecondPress::Exit);
    let source = Source { name: &name, text: &text, spelling: spelling_of(file) };
    Ok(session.check(source).err())
}

/// Does the session's work on its thread: the exit status.
fn on_a_thread(name: &str, work: impl FnOnce() -> u8 + Send + 'static) -> ExitCode {
    match worker::spawn(name, work).map(std::thread::JoinHandle::join) {
        Ok(Ok(status)) => ExitCode::from(status),
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("kerai: no thread for the program: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn no_input(_prompt: &str, _password: bool) -> Result<String, String> {
    Err("nothing is read while a program is checked".to_owned())
}

fn rendered(diagnostic: &Diagnostic) -> String {
    diagnostic.render(wants_color(std::io::stderr().is_terminal()))
}

fn spelling_of(file: &str) -> Spelling {
    if file.ends_with(".rhai") { Spelling::Rhai } else { Spelling::Python }
}

fn run(name: String, text: String, spelling: Spelling, arguments: Vec<String>) -> ExitCode {
    let work = move || {
        let terminal = Terminal::new();
        let interrupt = Rc::new(OnceCell::new());
        let mut session = Session::new(terminal.sink(keyboard(interrupt.clone())));
        let _ = interrupt.set(session.interrupt());
        worker::on_ctrl_c(session.interrupt(), SecondPress::Exit);
        terminal.stop_when_closed(session.interrupt());
        session.set_arguments(arguments);
        let result = session.eval(Source { name: &name, text: &text, spelling });
        terminal.finish(result.is_err());
        let status = match result {
            _ if terminal.is_closed() => PIPE_CLOSED,
            Ok(_) => 0,
            Err(diagnostic) => report(&diagnostic),
        };
        // Files that the program left open are written when their values go.
        drop(session);
        terminal.finish(false);
        status
    };
    on_a_thread("program", work)
}

/// Says on standard error why a program ended, and gives its exit status.
pub(crate) fn report(diagnostic: &Diagnostic) -> u8 {
    if let Some(status) = diagnostic.exit {
        // Only the low eight bits of a status reach the parent process.
        return u8::try_from(status & 0xff).unwrap_or(1);
    }
    complain(&rendered(diagnostic));
    if diagnostic.is_interrupt() { INTERRUPTED } else { 1 }
}

/// Reads lines for `input()`. A thread does the reading, so that Ctrl-C also ends a wait for the keyboard.
fn keyboard(interrupt: Rc<OnceCell<Interrupt>>) -> ReadLine {
    let mut reader: Option<(Sender<()>, Receiver<std::io::Result<String>>)> = None;
    let mut is_waiting = false;
    Box::new(move |prompt, password| {
        let mut out = std::io::stdout();
        let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
        if password && std::io::stdin().is_terminal() {
            return read_secret();
        }
        let (ask, lines) = reader.get_or_insert_with(start_reader);
        // An interrupted wait left a request behind; its line is the next one.
        if !is_waiting {
            let _ = ask.send(());
            is_waiting = true;
        }
        loop {
            match lines.recv_timeout(Duration::from_millis(20)) {
                Ok(line) => {
                    is_waiting = false;
                    let line = line.map_err(|error| crate::plain(&error))?;
                    if line.is_empty() {
                        return Err("EOF when reading a line".to_owned());
                    }
                    return Ok(line.trim_end_matches(['\n', '\r']).to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {
                    if interrupt.get().is_some_and(Interrupt::is_requested) {
                        return Err("interrupted".to_owned());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("EOF when reading a line".to_owned());
                }
            }
        }
    })
}

fn start_reader() -> (Sender<()>, Receiver<std::io::Result<String>>) {
    let (ask, requests) = channel::<()>();
    let (answer, lines) = channel();
    let read = move || {
        for () in requests {
            let mut line = String::new();
            let result = std::io::stdin().lock().read_line(&mut line).map(|_| line);
            if answer.send(result).is_err() {
                return;
            }
        }
    };
    // Without the thread the channel is closed, which reads as end of file.
    let _ = std::thread::Builder::new().name("keyboard".to_owned()).spawn(read);
    (ask, lines)
}
