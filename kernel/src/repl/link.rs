//! The wire between the keyboard's thread and the session's.

use crate::script::report;
use crate::terminal::Terminal;
use crate::worker::{self, SecondPress};
use kerai_dsl::session::{Completions, Interrupt, Session, Source, Spelling};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What `input()` is told when Ctrl-C was pressed instead of an answer.
pub(super) const INTERRUPTED: &str = "interrupted";

/// A completion that takes longer is not worth waiting for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the session's thread is asked.
pub(super) enum Request {
    Eval(String),
    Complete { text: String, cursor: usize, reply: Sender<Completions> },
}

/// What it says while it evaluates.
pub(super) enum Event {
    /// The evaluation ended; `Some`: and the program asked to leave with this status.
    Done(Option<u8>),
    /// `input(prompt)`
    Input { prompt: String, password: bool },
}

/// The keyboard's end.
pub(super) struct Link {
    requests: Sender<Request>,
    events: Receiver<Event>,
    answers: Sender<Result<String, String>>,
}

impl Link {
    /// Starts the session's thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let (requests, requested) = channel();
        let (happened, events) = channel();
        let (answers, answered) = channel();
        worker::spawn("session", move || serve(&requested, happened, answered))?;
        Ok(Link { requests, events, answers })
    }

    /// Starts an evaluation; its events follow.
    pub(super) fn eval(&self, text: String) {
        let _ = self.requests.send(Request::Eval(text));
    }

    /// The next event of the evaluation. A session that ended answers as one that is done.
    pub(super) fn next(&self) -> Event {
        self.events.recv().unwrap_or(Event::Done(Some(1)))
    }

    /// Answers an [`Event::Input`].
    pub(super) fn answer(&self, line: Result<String, String>) {
        let _ = self.answers.send(line);
    }

    /// A handle for completions.
    pub(super) fn completions(&self) -> CompletionLink {
        CompletionLink(self.requests.clone())
    }
}

/// Asks the session for completions.
pub(super) struct CompletionLink(Sender<Request>);

impl CompletionLink {
    pub(super) fn complete(&self, text: &str, cursor: usize) -> Completions {
        let (reply, answer) = channel();
        let _ = self.0.send(Request::Complete { text: text.to_owned(), cursor, reply });
        answer.recv_timeout(PATIENCE).unwrap_or_default()
    }
}

/// The session's end: answers requests until the keyboard's end is gone.
fn serve(
    requests: &Receiver<Request>,
    events: Sender<Event>,
    answers: Receiver<Result<String, String>>,
) {
    let terminal = Terminal::new();
    let interrupt = Rc::new(RefCell::new(Interrupt::default()));
    let (asking, flag) = (events.clone(), interrupt.clone());
    let read_line = move |prompt: &str, password: bool| {
        let _ = asking.send(Event::Input { prompt: prompt.to_owned(), password });
        let line = answers.recv().unwrap_or_else(|_| Err("the prompt is gone".to_owned()));
        if line.as_ref().is_err_and(|reason| reason == INTERRUPTED) {
            flag.borrow().request();
        }
        line
    };
    let mut session = Session::new(terminal.sink(Box::new(read_line)));
    *interrupt.borrow_mut() = session.interrupt();
    worker::on_ctrl_c(session.interrupt(), SecondPress::Wait);
    let mut count = 0;
    for request in requests {
        match request {
            Request::Complete { text, cursor, reply } => {
                let _ = reply.send(session.complete(&text, cursor));
            }
            Request::Eval(text) => {
                count += 1;
                let status = eval(&mut session, &terminal, &text, count);
                if events.send(Event::Done(status)).is_err() {
                    return;
                }
            }
        }
    }
}

fn eval(session: &mut Session, terminal: &Terminal, text: &str, count: usize) -> Option<u8> {
    terminal.begin();
    // A Ctrl-C that came while nothing ran is not meant for this line.
    session.interrupt().take();
    let name = format!("<input-{count}>");
    let result = session.eval(Source { name: &name, text, spelling: Spelling::Python });
    if let Ok(Some(bundle)) = &result {
        terminal.show(bundle);
    }
    session.finish_cell();
    terminal.finish(true);
    let diagnostic = result.err()?;
    let status = report(&diagnostic);
    diagnostic.exit.map(|_| status)
}
