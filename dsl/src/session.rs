//! One verb for each thing that a front end asks. A session lives on one thread (with a large stack); front ends hold
//! an [`Interrupt`] and talk to that thread.

mod evaluate;

use crate::complete;
use crate::diagnostic::Diagnostic;
use crate::runtime::Value;
use crate::runtime::context::Context;
use crate::runtime::globals::Globals;
use crate::runtime::{interpreter, raise};
use crate::sink::{Bundle, Sink};
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops the running program from another thread: within milliseconds for a loop, after the current batch for training.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks the running program to stop; it raises `KeyboardInterrupt`.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for and not yet taken.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for the engine's long work.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    /// Takes the request.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Which spelling a source is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Keras' spelling: Python's grammar. Cells that start with `%%rhai` switch by themselves.
    Python,
    /// Plain Rhai.
    Rhai,
}

/// A piece of source: a notebook cell, a line of the REPL, a file.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// What tracebacks call it: `In[3]`, `lesson.py`.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its spelling.
    pub spelling: Spelling,
}

/// Whether a text is a whole program yet.
#[derive(Debug, Clone)]
pub enum Status {
    /// Ready to run.
    Complete,
    /// More must follow; the next line starts with this indentation.
    Incomplete {
        /// Spaces.
        indent: String,
    },
    /// No continuation can make it right.
    Invalid(Diagnostic),
}

/// What completion offers at a place.
#[derive(Debug, Clone, Default)]
pub struct Completions {
    /// The bytes of the text that a choice replaces.
    pub replace: Range<usize>,
    /// The choices, best first.
    pub items: Vec<Completion>,
}

/// One choice of a completion.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    /// What is put in.
    pub text: String,
    /// `function`, `class`, `module`, `keyword`, `argument`, `instance`, `choice`, `magic`.
    pub kind: &'static str,
    /// One line about it, for a menu.
    pub detail: String,
}

/// How a piece of source is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Token {
    Plain,
    Keyword,
    Builtin,
    Function,
    Class,
    Number,
    Text,
    Comment,
    Operator,
    Decorator,
    Magic,
}

/// A session: its variables, its modules, its output.
pub struct Session {
    interrupt: Interrupt,
    context: Rc<Context>,
    globals: Rc<Globals>,
    /// Whether the last cell failed, until it is finished.
    unfinished: Cell<Option<bool>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        // What the variables still do when they go (generators run their `finally`) needs the session around them.
        self.context.enter(|| {
            interpreter::with_globals(&self.globals, || {
                self.globals.clear();
                raise::forget();
            });
            kerai_engine::function::forget_registered();
        });
    }
}

impl Session {
    /// A fresh session whose outputs go to `sink`. Call it on the thread that will own it, with a stack of at least 256 MiB.
    pub fn new(sink: Box<dyn Sink>) -> Self {
        let interrupt = Interrupt::default();
        let context = Rc::new(Context::new(sink, interrupt.clone()));
        let globals = Rc::new(Globals::default());
        globals.bind("__name__", Value::str("__main__"));
        Session { interrupt, context, globals, unfinished: Cell::new(None) }
    }

    /// The handle that stops what runs here.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// What `sys.argv` holds.
    pub fn set_arguments(&mut self, arguments: Vec<String>) {
        self.context.set_arguments(arguments);
    }

    /// The variables of the program, for completion and inspection.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Runs a source. The result is how the value of its last expression is shown (`None` for `None`, and for sources
    /// that end in a statement or a `;`). Variables survive errors, interrupts and panics.
    pub fn eval(&mut self, source: Source<'_>) -> Result<Option<Bundle>, Diagnostic> {
        self.finish_cell();
        let result = evaluate::eval(&self.context, &self.globals, &source);
        self.unfinished.set(Some(result.is_err()));
        result
    }

    /// What a cell puts out after its result: a notebook's open figures, as IPython shows them. The front end calls it
    /// when it has shown what [`Session::eval`] gave; the next cell does otherwise.
    pub fn finish_cell(&mut self) {
        if let Some(failed) = self.unfinished.take() {
            evaluate::finish(&self.context, &self.globals, failed);
        }
    }

    /// Parses a source and checks the shapes of the models it builds, without training.
    pub fn check(&mut self, source: Source<'_>) -> Result<(), Diagnostic> {
        evaluate::check(&self.context, &self.globals, &source)
    }

    /// The choices at a byte offset of a text. Nothing of the user's is called.
    pub fn complete(&self, text: &str, cursor: usize) -> Completions {
        self.look(|world| complete::complete(world, text, cursor)).unwrap_or_else(|| {
            let cursor = complete::floor_boundary(text, cursor);
            Completions { replace: cursor..cursor, items: Vec::new() }
        })
    }

    /// Documentation of the name at a byte offset; `detail` 1 asks for the long form.
    pub fn inspect(&self, text: &str, cursor: usize, detail: u8) -> Option<Bundle> {
        self.look(|world| crate::inspect::inspect(world, text, cursor, detail)).flatten()
    }

    /// Looks at the session without changing it; a mistake of ours in that is no answer rather than an end.
    fn look<R>(&self, ask: impl FnOnce(&dyn complete::World) -> R) -> Option<R> {
        let look = || self.context.enter(|| ask(&complete::Live(&self.globals)));
        catch_unwind(AssertUnwindSafe(look)).ok()
    }

    /// Whether a text is a whole program; needs no session, so that an editor can ask on any thread.
    pub fn status(text: &str) -> Status {
        crate::status::status(text)
    }

    /// The colours of a text, as adjoining ranges that cover it; never fails, whatever the text.
    pub fn highlight(text: &str) -> Vec<(Range<usize>, Token)> {
        crate::highlight::highlight(text)
    }
}
