//! Running one source: panics become reports, `SystemExit` becomes a status, values become bundles.

use super::Source;
use crate::diagnostic::Diagnostic;
use crate::runtime::context::{self, Context};
use crate::runtime::globals::Globals;
use crate::runtime::{Exception, PyResult, Value, class, format, interpreter, raise};
use crate::sink::Bundle;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

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

fn run(source: &Source<'_>) -> PyResult<Option<Bundle>> {
    raise::forget();
    let program = interpreter::compile(source.name, source.text)?;
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
            Err(_) => 1,
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
