//! Exceptions as objects: Python's hierarchy, what `raise` makes of a value, what `except` matches.

use super::class::{Class, Instance};
use super::{Arguments, Exception, PyResult, Value, format, types};
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Python's exception classes, each with its base.
const CLASSES: &[(&str, &str)] = &[
    ("BaseException", ""),
    ("SystemExit", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("GeneratorExit", "BaseException"),
    ("Exception", "BaseException"),
    ("StopIteration", "Exception"),
    ("StopAsyncIteration", "Exception"),
    ("ArithmeticError", "Exception"),
    ("FloatingPointError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("BufferError", "Exception"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("MemoryError", "Exception"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("BlockingIOError", "OSError"),
    ("ConnectionError", "OSError"),
    ("BrokenPipeError", "ConnectionError"),
    ("ConnectionAbortedError", "ConnectionError"),
    ("ConnectionRefusedError", "ConnectionError"),
    ("ConnectionResetError", "ConnectionError"),
    ("FileExistsError", "OSError"),
    ("FileNotFoundError", "OSError"),
    ("InterruptedError", "OSError"),
    ("IsADirectoryError", "OSError"),
    ("NotADirectoryError", "OSError"),
    ("PermissionError", "OSError"),
    ("TimeoutError", "OSError"),
    ("ReferenceError", "Exception"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("SyntaxError", "Exception"),
    ("IndentationError", "SyntaxError"),
    ("TabError", "IndentationError"),
    ("SystemError", "Exception"),
    ("TypeError", "Exception"),
    ("ValueError", "Exception"),
    // numpy's own.
    ("AxisError", "ValueError"),
    ("LinAlgError", "ValueError"),
    ("UFuncTypeError", "TypeError"),
    ("UnicodeError", "ValueError"),
    ("UnicodeDecodeError", "UnicodeError"),
    ("UnicodeEncodeError", "UnicodeError"),
    ("Warning", "Exception"),
    ("BytesWarning", "Warning"),
    ("DeprecationWarning", "Warning"),
    ("FutureWarning", "Warning"),
    ("ImportWarning", "Warning"),
    ("PendingDeprecationWarning", "Warning"),
    ("ResourceWarning", "Warning"),
    ("RuntimeWarning", "Warning"),
    ("SyntaxWarning", "Warning"),
    ("UnicodeWarning", "Warning"),
    ("UserWarning", "Warning"),
];

thread_local! {
    static KNOWN: RefCell<IndexMap<String, Value>> = RefCell::new(IndexMap::new());
    static LAST: RefCell<Option<Value>> = const { RefCell::new(None) };
}

/// The names of Python's exception classes.
pub fn names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(name, _)| *name)
}

/// One of Python's exception classes by its name.
pub fn class(name: &str) -> Option<Value> {
    let known = KNOWN.with(|known| known.borrow().get(name).cloned());
    if known.is_some() {
        return known;
    }
    let name = match name {
        "IOError" | "EnvironmentError" => "OSError",
        name => name,
    };
    let (name, base) = CLASSES.iter().find(|(known, _)| *known == name)?;
    Some(make(name, base))
}

/// The class of an exception that Rust raised; names that Python does not have derive from `Exception`.
fn class_of(name: &str) -> Value {
    class(name).unwrap_or_else(|| make(name, "Exception"))
}

/// An exception class of a module, known to `except` and to what Rust raises from then on.
pub(crate) fn library_class(name: &str, base: &str) -> Value {
    let known = KNOWN.with(|known| known.borrow().get(name).cloned());
    known.unwrap_or_else(|| make(name, base))
}

fn make(name: &str, base: &str) -> Value {
    let bases = if base.is_empty() { Vec::new() } else { class(base).into_iter().collect() };
    let value = Class::builtin_exception(name, bases);
    KNOWN.with(|known| known.borrow_mut().insert(name.to_owned(), value.clone()));
    value
}

/// Whether a value is an exception object.
pub fn is_exception(value: &Value) -> bool {
    value.downcast::<Instance>().is_some_and(|instance| instance.class.is_exception)
}

/// The exception object of a raised exception; made on demand for those that Rust raised.
pub fn object(exception: &mut Exception) -> Value {
    if let Some(object) = &exception.object {
        return object.clone();
    }
    let arguments = match exception.class.as_str() {
        _ if exception.message.is_empty() => Vec::new(),
        "KeyError" => vec![Value::str(unquote(&exception.message))],
        _ => vec![Value::str(&exception.message)],
    };
    let class = class_of(&exception.class);
    let Some(class) = class.downcast::<Class>() else { return Value::None };
    let object = Instance::of_exception(&class, arguments);
    if let Some(instance) = object.downcast::<Instance>() {
        instance.keep(exception);
    }
    exception.object = Some(object.clone());
    object
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(text)
}

/// The exception object that `except` and `finally` hold, with its traceback so far.
pub(crate) fn hold(mut exception: Box<Exception>) -> Value {
    let value = object(&mut exception);
    if let Some(instance) = value.downcast::<Instance>() {
        instance.keep(&exception);
    }
    LAST.with(|last| *last.borrow_mut() = Some(value.clone()));
    value
}

/// The exception that was caught last: `sys.exc_info()[1]`, `traceback.print_exc()`.
pub fn last() -> Option<Value> {
    LAST.with(|last| last.borrow().clone())
}

/// The end of a handler; `outer` is what the handler around it caught, or `None`.
pub(crate) fn handled(outer: Value) {
    LAST.with(|last| *last.borrow_mut() = (!outer.is_none()).then_some(outer));
}

/// Forgets what was caught last, at the start of a cell.
pub(crate) fn forget() {
    LAST.with(|last| *last.borrow_mut() = None);
}

/// `raise value`
pub fn raised(value: &Value) -> Box<Exception> {
    let object = if let Some(class) = value.downcast::<Class>() {
        if !class.is_exception {
            return not_an_exception();
        }
        match super::context::call(value, Arguments::default()) {
            Ok(object) => object,
            Err(error) => return error,
        }
    } else {
        value.clone()
    };
    let Some(instance) = object.downcast::<Instance>().filter(|i| i.class.is_exception) else {
        return not_an_exception();
    };
    let mut exception = match instance.kept() {
        Some(kept) => kept,
        None => Exception::new(&instance.class.name, ""),
    };
    exception.object = Some(object);
    exception
}

fn not_an_exception() -> Box<Exception> {
    Exception::type_error("exceptions must derive from BaseException")
        .with_hint("raise ValueError(\"what is wrong\")")
}

/// The message of an exception, as `str(e)` gives it, asked when it is shown.
pub(crate) fn finish(mut exception: Box<Exception>) -> Box<Exception> {
    if let Some(object) = exception.object.clone() {
        exception.message = match format::str(&object) {
            Ok(text) => text,
            Err(_) => "<exception str() failed>".to_owned(),
        };
        if let Some(instance) = object.downcast::<Instance>() {
            let notes = instance.attributes.borrow().get("__notes__").cloned();
            if let Some(Value::List(notes)) = notes {
                for note in notes.borrow().iter() {
                    if let Value::Str(note) = note {
                        exception.message.push('\n');
                        exception.message.push_str(note);
                    }
                }
            }
        }
    }
    exception
}

/// Whether `except class` catches an exception object.
pub fn matches(exception: &Value, class: &Value) -> PyResult<bool> {
    let is_class = |c: &Value| c.downcast::<Class>().is_some_and(|c| c.is_exception);
    let all = match class {
        Value::Tuple(classes) => classes.iter().all(is_class),
        class => is_class(class),
    };
    if !all {
        return Err(Exception::type_error(
            "catching classes that do not inherit from BaseException is not allowed",
        ));
    }
    types::is_instance(exception, class)
}

/// `str(e)`
pub(crate) fn text(instance: &Instance) -> PyResult<String> {
    if let Some(kept) = instance.kept_message() {
        return Ok(kept);
    }
    let arguments = instance.arguments();
    match &arguments[..] {
        [] => Ok(String::new()),
        [one] if instance.class.derives_from("KeyError") => format::repr(one),
        [errno, text] if instance.class.derives_from("OSError") => {
            Ok(format!("[Errno {}] {}", format::str(errno)?, format::str(text)?))
        }
        [one] => format::str(one),
        _ => format::repr(&Value::tuple(arguments)),
    }
}

/// `repr(e)`
pub(crate) fn shown(instance: &Instance) -> PyResult<String> {
    let parts: Vec<String> =
        instance.arguments().iter().map(format::repr).collect::<PyResult<_>>()?;
    Ok(format!("{}({})", instance.class.name, parts.join(", ")))
}

/// What an exception object has besides its own attributes.
pub(crate) fn attribute(instance: &Instance, this: &Value, name: &str) -> Option<Value> {
    let arguments = instance.arguments();
    let argument = |i: usize| arguments.get(i).cloned().unwrap_or(Value::None);
    Some(match name {
        "args" => Value::tuple(arguments),
        "__cause__" | "__context__" | "__traceback__" => Value::None,
        "__suppress_context__" => Value::Bool(false),
        "value" if instance.class.derives_from("StopIteration") => argument(0),
        "code" if instance.class.derives_from("SystemExit") => argument(0),
        "errno" if instance.class.derives_from("OSError") => argument(0),
        "strerror" if instance.class.derives_from("OSError") => argument(1),
        "filename" if instance.class.derives_from("OSError") => argument(2),
        "with_traceback" => {
            let this = this.clone();
            super::Native::value("with_traceback", "tb, /", "", move |_| Ok(this.clone()))
        }
        "add_note" => {
            let this = this.clone();
            super::Native::value("add_note", "note, /", "", move |values| {
                let Some(instance) = this.downcast::<Instance>() else { return Ok(Value::None) };
                let mut attributes = instance.attributes.borrow_mut();
                let notes =
                    attributes.entry(Rc::from("__notes__")).or_insert_with(|| Value::list(vec![]));
                if let Value::List(notes) = notes {
                    notes.borrow_mut().extend(values);
                }
                Ok(Value::None)
            })
        }
        _ => return None,
    })
}

/// Whether a raised exception is of this class or of one derived from it.
pub fn is(exception: &Exception, class_name: &str) -> bool {
    if exception.class == class_name {
        return true;
    }
    let class = match exception.object.as_ref().and_then(|o| o.downcast::<Instance>()) {
        Some(instance) => instance.class.clone(),
        None => match class_of(&exception.class).downcast::<Class>() {
            Some(class) => class,
            None => return false,
        },
    };
    class.derives_from(class_name)
}

/// The value of a `StopIteration` that ends an iterator, or the exception itself.
pub(crate) fn end_of_iteration(exception: Box<Exception>) -> PyResult<()> {
    if is(&exception, "StopIteration") { Ok(()) } else { Err(exception) }
}

/// `raise value from cause`
pub(crate) fn raised_from(value: &Value, cause: &Value) -> Box<Exception> {
    let exception = raised(value);
    let cause = match cause.downcast::<Class>() {
        Some(_) => super::context::call(cause, Arguments::default()).unwrap_or(Value::None),
        None => cause.clone(),
    };
    if !cause.is_none() && !is_exception(&cause) {
        return Exception::type_error("exception causes must derive from BaseException");
    }
    if let Some(instance) = exception.object.as_ref().and_then(|o| o.downcast::<Instance>()) {
        instance.attributes.borrow_mut().insert(Rc::from("__cause__"), cause);
    }
    exception
}
