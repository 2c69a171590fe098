//! Running one source: panics become reports, `SystemExit` becomes a status, values become bundles.

use super::{Source, Spelling};
use crate::diagnostic::Diagnostic;
use crate::modules::matplotlib;
use crate::runtime::context::{self, Context};
use crate::runtime::globals::Globals;
use crate::runtime::natives::magic as magics;
use crate::runtime::{
    Exception, PyResult, Value, class, format, interpreter, raise, rehearsal, rhai_spelling,
};
use crate::sink::{Bundle, Output, Sink};
use kerai_engine::memory::NoRoom;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

/// Parses and lowers a source without running it.
pub(super) fn check(
    context: &Rc<Context>,
    globals: &Rc<Globals>,
    source: &Source<'_>,
) -> Result<(), Diagnostic> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        context.enter(|| {
            interpreter::with_globals(globals, || {
                match (source.spelling, cell_magic(source.text)) {
                    (Spelling::Python, None) => {
                        interpreter::compile(source.name, source.text).map(|_| ()).map_err(diagnose)
                    }
                    _ => Ok(()),
                }
            })
        })
    }));
    result.unwrap_or_else(|panic| Err(report(source, &*panic)))?;
    // The program runs with nothing to see and with one batch per fit: every shape meets its layer, nothing is trained.
    let silent = Rc::new(Context::new(Box::new(Silent), context.interrupt_handle()));
    rehearsal::rehearse(|| eval(&silent, globals, source)).map(|_| ())
}

/// Where the outputs of a check go.
struct Silent;

impl Sink for Silent {
    fn emit(&mut self, _output: Output) {}
}

pub(super) fn eval(
    context: &Rc<Context>,
    globals: &Rc<Globals>,
    source: &Source<'_>,
) -> Result<Option<Bundle>, Diagnostic> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        context.enter(|| interpreter::with_globals(globals, || run(source).map_err(diagnose)))
    }));
    result.unwrap_or_else(|panic| Err(report(source, &*panic)))
}

/// Figures that were not shown appear below the result of their cell, also when it failed.
pub(super) fn finish(context: &Rc<Context>, globals: &Rc<Globals>, failed: bool) {
    let show = || {
        context.enter(|| interpreter::with_globals(globals, || matplotlib::end_of_cell(failed)));
    };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(show)) {
        let source = Source { name: "figures", text: "", spelling: Spelling::Python };
        let text = report(&source, &*panic).render(false);
        context.enter(|| context::emit(Output::Error(format!("{text}\n"))));
    }
}

/// A cell magic in the first line, and the text without it; lines keep their numbers.
fn cell_magic(text: &str) -> Option<(&str, String)> {
    let start = text.len() - text.trim_start().len();
    let rest = text[start..].strip_prefix("%%")?;
    let (magic, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let lines_before = text[..start].matches('\n').count() + 1;
    Some((magic.trim(), "\n".repeat(lines_before) + body))
}

fn run(source: &Source<'_>) -> PyResult<Option<Bundle>> {
    raise::forget();
    if source.spelling == Spelling::Rhai {
        return result_of_rhai(source.name, source.text);
    }
    let Some((magic, body)) = cell_magic(source.text) else {
        return run_python(source.name, source.text);
    };
    match magic.split_whitespace().next().unwrap_or("") {
        "rhai" => result_of_rhai(source.name, &body),
        "time" => {
            let start = Instant::now();
            let result = run_python(source.name, &body);
            context::text(&format!("Wall time: {:.3} s\n", start.elapsed().as_secs_f64()));
            result
        }
        "timeit" => magics::time_repeatedly(source.name, &body).map(|()| None),
        "capture" | "python" | "python3" => run_python(source.name, &body),
        other => Err(Exception::not_supported(
            format!("the cell magic %%{other} is not in kerai"),
            "there are %%rhai, %%time and %%timeit",
        )),
    }
}

fn result_of_rhai(name: &str, text: &str) -> PyResult<Option<Bundle>> {
    let value = rhai_spelling::run(name, text)?;
    if value.is_none() {
        return Ok(None);
    }
    show(&value).map(Some)
}

fn run_python(name: &str, text: &str) -> PyResult<Option<Bundle>> {
    let program = interpreter::compile(name, text)?;
    let value = interpreter::run(&program)?;
    if !program.has_value || value.is_none() {
        return Ok(None);
    }
    interpreter::globals().bind("_", value.clone());
    show(&value).map(Some)
}

/// How a value is shown as the result of a cell.
fn show(value: &Value) -> PyResult<Bundle> {
    if let Value::Object(object) = value
        && let Some(bundle) = object.display()
    {
        return Ok(bundle);
    }
    Ok(Bundle::plain(format::repr(value)?))
}

fn diagnose(exception: Box<Exception>) -> Diagnostic {
    let exit = raise::is(&exception, "SystemExit").then(|| exit_status(&exception));
    let exception = raise::finish(exception);
    Diagnostic { exit, ..Diagnostic::from(*exception) }
}

/// What `sys.exit(...)` asks for: a number, or a text that is written to standard error.
fn exit_status(exception: &Exception) -> i32 {
    let object = exception.object.as_ref().and_then(|o| o.downcast::<class::Instance>());
    let code =
        object.and_then(|instance| raise::attribute(&instance, exception.object.as_ref()?, "code"));
    match code {
        None | Some(Value::None) => match exception.message.parse() {
            Ok(status) => status,
            Err(_) if exception.message.is_empty() => 0,
            Err(_) => {
                context::error_text(&format!("{}\n", exception.message));
                1
            }
        },
        Some(Value::Int(status)) => i32::try_from(status).unwrap_or(1),
        Some(Value::Bool(flag)) => i32::from(flag),
        Some(other) => {
            context::error_text(&format!("{}\n", format::str(&other).unwrap_or_default()));
            1
        }
    }
}

/// A panic is our mistake, never the user's.
fn report(source: &Source<'_>, panic: &(dyn std::any::Any + Send)) -> Diagnostic {
    if let Some(NoRoom(error)) = panic.downcast_ref::<NoRoom>() {
        return diagnose(error.clone().into());
    }
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Diagnostic {
        class: "InternalError".to_owned(),
        message: format!("this is a bug in kerai, not in your program: {text}"),
        received: Some(format!("{} with {} lines", source.name, source.text.lines().count())),
        hint: Some(
            "your variables are kept; please report this with the cell that caused it".to_owned(),
        ),
        ..Diagnostic::default()
    }
}
