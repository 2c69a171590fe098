//! What everything that runs in a session may ask for without being handed a session: output, input, the interrupt
//! flag, the arguments, and calls of any callable value. One thread runs one program at a time; the session makes its
//! [`Context`] the current one while it evaluates. Outside a session (unit tests) output is dropped.

use super::{Arguments, Exception, PyResult, Value};
use crate::session::Interrupt;
use crate::sink::{Output, Sink, Style};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A session's doors to the outside.
pub struct Context {
    sink: RefCell<Box<dyn Sink>>,
    interrupt: Interrupt,
    arguments: RefCell<Vec<String>>,
    line_is_open: Cell<bool>,
}

struct NoSink;

impl Sink for NoSink {
    fn emit(&mut self, _output: Output) {}
}

thread_local! {
    static CURRENT: RefCell<Rc<Context>> =
        RefCell::new(Rc::new(Context::new(Box::new(NoSink), Interrupt::default())));
}

impl Context {
    /// Doors that lead to `sink`.
    pub fn new(sink: Box<dyn Sink>, interrupt: Interrupt) -> Self {
        Context {
            sink: RefCell::new(sink),
            interrupt,
            arguments: RefCell::new(vec![String::new()]),
            line_is_open: Cell::new(false),
        }
    }

    /// The handle that stops what runs here.
    pub fn interrupt_handle(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// What `sys.argv` holds.
    pub fn set_arguments(&self, arguments: Vec<String>) {
        *self.arguments.borrow_mut() = arguments;
    }

    /// Runs `body` with these doors as the thread's current ones.
    pub fn enter<R>(self: &Rc<Self>, body: impl FnOnce() -> R) -> R {
        struct Restore(Option<Rc<Context>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                if let Some(before) = self.0.take() {
                    CURRENT.with(|current| *current.borrow_mut() = before);
                }
            }
        }
        let before = CURRENT.with(|current| current.replace(self.clone()));
        let _restore = Restore(Some(before));
        body()
    }
}

fn current() -> Rc<Context> {
    CURRENT.with(|current| current.borrow().clone())
}

/// Puts one output into the stream.
pub fn emit(output: Output) {
    let context = current();
    if let Output::Text(text) = &output
        && let Some(last) = text.chars().last()
    {
        context.line_is_open.set(last != '\n');
    }
    context.sink.borrow_mut().emit(output);
}

/// Standard output.
pub fn text(text: &str) {
    if !text.is_empty() {
        emit(Output::Text(text.to_owned()));
    }
}

/// Standard error.
pub fn error_text(text: &str) {
    if !text.is_empty() {
        emit(Output::Error(text.to_owned()));
    }
}

/// What the other side can show.
pub fn style() -> Style {
    current().sink.borrow().style()
}

/// Whether standard output ended in the middle of a line.
pub fn line_is_open() -> bool {
    current().line_is_open.get()
}

/// One line of input, without its line end; `EOFError` if there is none, `KeyboardInterrupt` if the user stopped.
pub fn read_line(prompt: &str, password: bool) -> PyResult<String> {
    let context = current();
    let line = context.sink.borrow_mut().read_line(prompt, password);
    check_interrupt()?;
    line.map_err(|reason| Exception::new("EOFError", reason))
}

/// Raises `KeyboardInterrupt` if the user asked to stop. Long loops in Rust call this every few milliseconds.
pub fn check_interrupt() -> PyResult<()> {
    let requested = CURRENT.with(|current| {
        let current = current.borrow();
        current.interrupt.is_requested() && current.interrupt.take()
    });
    if requested { Err(Exception::new("KeyboardInterrupt", "")) } else { Ok(()) }
}

/// The interrupt handle of the running session, for engine loops that poll it themselves.
pub fn interrupt() -> Interrupt {
    current().interrupt.clone()
}

/// `sys.argv`
pub fn arguments() -> Vec<String> {
    current().arguments.borrow().clone()
}

/// Calls any callable value (a Python function, a class, a layer, a builtin), at any depth: from inside a native that
/// the program called, as a sort key, as a callback.
pub fn call(callee: &Value, arguments: Arguments) -> PyResult<Value> {
    match callee {
        Value::Object(object) => object.call(callee, arguments),
        other => {
            Err(Exception::type_error(format!("'{}' object is not callable", other.type_name())))
        }
    }
}
