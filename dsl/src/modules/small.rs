//! Small modules: `warnings`, `gc`, `traceback`, `atexit`, `platform`, `io`, `types`, `inspect`.

use super::Module;
use crate::runtime::{Exception, Native, Object, PyResult, Value};
use crate::runtime::{attributes, context, format, operators, raise, types};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// `warnings`
pub(super) fn warnings() -> Module {
    let filter = |v: Vec<Value>| {
        SILENT.set(matches!(&v[0], Value::Str(action) if &**action == "ignore"));
        Ok(Value::None)
    };
    Module::new("warnings", "Notes to standard error.")
        .function(
            "warn",
            "message, category=None, stacklevel=1, source=None",
            "Writes a note.",
            |v| {
                let text = format::str(&v[0])?;
                let class = match &v[1] {
                    Value::None if raise::is_exception(&v[0]) => v[0].type_name(),
                    Value::None => "UserWarning".to_owned(),
                    class => types::class_name(class),
                };
                let line = format!("{class}: {text}");
                let fresh = SEEN.with(|seen| !seen.borrow().contains(&line));
                if fresh && !SILENT.get() {
                    SEEN.with(|seen| seen.borrow_mut().push(line.clone()));
                    context::error_text(&format!("{line}\n"));
                }
                Ok(Value::None)
            },
        )
        .function(
            "filterwarnings",
            "action, message='', category=None, module='', lineno=0, append=False",
            "'ignore' keeps notes away.",
            filter,
        )
        .function(
            "simplefilter",
            "action, category=None, lineno=0, append=False",
            "'ignore' keeps notes away.",
            filter,
        )
        .function("resetwarnings", "", "Shows notes again.", |_| {
            SILENT.set(false);
            Ok(Value::None)
        })
        .function(
            "catch_warnings",
            "*, record=False, action=None",
            "Keeps the settings inside with.",
            |v| {
                if operators::truth(&v[0])? {
                    return Err(Exception::not_supported(
                        "catch_warnings(record=True) is not in kerai",
                        "warnings.simplefilter('ignore') keeps them away",
                    ));
                }
                Ok(Value::object(Catch(Cell::new(false))))
            },
        )
}

struct Catch(Cell<bool>);

impl Object for Catch {
    fn type_name(&self) -> String {
        "catch_warnings".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        self.0.set(SILENT.get());
        Some(Ok(Value::None))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        SILENT.set(self.0.get());
        Ok(false)
    }
}

/// `gc`: memory is freed at once here, so there is nothing to collect.
pub(super) fn gc() -> Module {
    Module::new("gc", "Memory is freed at once; there is nothing to collect.")
        .function("collect", "generation=2", "Does nothing.", |_| Ok(Value::Int(0)))
        .function("enable", "", "Does nothing.", |_| Ok(Value::None))
        .function("disable", "", "Does nothing.", |_| Ok(Value::None))
}

/// `traceback`
pub(super) fn traceback() -> Module {
    let shown = || -> PyResult<String> {
        Ok(match raise::last() {
            Some(error) => {
                let text = format::str(&error)?;
                let colon = if text.is_empty() { "" } else { ": " };
                format!("{}{colon}{text}\n", error.type_name())
            }
            None => "NoneType: None\n".to_owned(),
        })
    };
    Module::new("traceback", "What went wrong, as text.")
        .function(
            "print_exc",
            "limit=None, file=None, chain=True",
            "Writes the last exception.",
            move |_| {
                context::error_text(&shown()?);
                Ok(Value::None)
            },
        )
        .function(
            "format_exc",
            "limit=None, chain=True",
            "The text of the last exception.",
            move |_| shown().map(Value::str),
        )
}

/// `atexit`
pub(super) fn atexit() -> Module {
    Module::new("atexit", "Functions for the end of a program.").function(
        "register",
        "func, *args, **kwargs",
        "Refused.",
        |_| {
            Err(Exception::not_supported(
                "atexit.register is not in kerai",
                "try: ... finally: ... runs code at the end",
            ))
        },
    )
}

/// `platform`
pub(super) fn platform() -> Module {
    let text = |text: &'static str| move |_: Vec<Value>| Ok(Value::str(text));
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        "windows" => "Windows",
        other => other,
    };
    Module::new("platform", "What the program runs on.")
        .function("system", "", "The operating system.", text(system))
        .function("machine", "", "The kind of processor.", text(std::env::consts::ARCH))
        .function("processor", "", "The kind of processor.", text(std::env::consts::ARCH))
        .function("python_version", "", "The version of the language.", text("3.11.0"))
        .function("python_implementation", "", "What runs the language.", text("kerai"))
        .function("platform", "", "System and processor.", move |_| {
            Ok(Value::str(format!("{system}-{}", std::env::consts::ARCH)))
        })
}

/// `io`
pub(super) fn io() -> Module {
    let open = crate::runtime::builtins::find("open").unwrap_or(Value::None);
    Module::new("io", "Files, also in memory.")
        .with("open", open)
        .with("UnsupportedOperation", super::exception_class("UnsupportedOperation", "OSError"))
        .function("StringIO", "initial_value='', newline='\\n'", "A text file in memory.", |v| {
            let text = if v[0].is_none() { "".into() } else { v[0].as_str("initial_value")? };
            Ok(types::file::memory(text.as_bytes().to_vec(), true))
        })
        .function("BytesIO", "initial_bytes=None", "A file of bytes in memory.", |v| {
            let data = if v[0].is_none() { Vec::new() } else { types::bytes::expect(&v[0])? };
            Ok(types::file::memory(data, false))
        })
}

/// `types`
pub(super) fn kinds() -> Module {
    let class_of = |value: Value| types::of(&value);
    let function = Native::value("f", "", "", |_| Ok(Value::None));
    Module::new("types", "Classes without names of their own.")
        .with("NoneType", class_of(Value::None))
        .with("BuiltinFunctionType", class_of(function))
        .with("ModuleType", class_of(Value::object(Module::new("m", ""))))
        .function("SimpleNamespace", "**kwargs", "An object with these attributes.", |v| {
            let Value::Dict(entries) = &v[0] else { return Ok(Value::None) };
            Ok(Value::object(Namespace(Rc::new(RefCell::new(entries.borrow().clone())))))
        })
}

/// `types.SimpleNamespace(...)` and what `argparse` gives.
pub(super) struct Namespace(pub(super) Rc<RefCell<crate::runtime::Dict>>);

impl Object for Namespace {
    fn type_name(&self) -> String {
        "namespace".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let mut parts = Vec::new();
        for (name, value) in self.0.borrow().iter() {
            parts.push(format!("{}={}", format::str(&name.0)?, format::repr(value)?));
        }
        Ok(format!("namespace({})", parts.join(", ")))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "__dict__" {
            return Ok(Some(Value::Dict(self.0.clone())));
        }
        Ok(self.0.borrow().get(&crate::runtime::Key(Value::str(name))).cloned())
    }

    fn attribute_names(&self) -> Vec<String> {
        self.0.borrow().keys().filter_map(|key| format::str(&key.0).ok()).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        self.0.borrow_mut().insert(crate::runtime::Key(Value::str(name)), value);
        Ok(true)
    }

    fn delete_attribute(&self, _this: &Value, name: &str) -> PyResult<bool> {
        let key = crate::runtime::Key(Value::str(name));
        Ok(self.0.borrow_mut().shift_remove(&key).is_some())
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let other = other.downcast::<Namespace>()?;
        Some(operators::compare(op, &Value::Dict(self.0.clone()), &Value::Dict(other.0.clone())))
    }
}

/// `inspect`, as far as programs ask it about functions.
pub(super) fn inspect() -> Module {
    Module::new("inspect", "Questions about functions and classes.")
        .function("isclass", "object", "Whether it is a class.", |v| {
            Ok(Value::Bool(matches!(&v[0], Value::Object(o) if o.bases().is_some())))
        })
        .function("isfunction", "object", "Whether it is a function.", |v| {
            Ok(Value::Bool(v[0].type_name() == "function"))
        })
        .function("ismethod", "object", "Whether it is a bound method.", |v| {
            Ok(Value::Bool(v[0].type_name() == "method"))
        })
        .function("getdoc", "object", "The documentation.", |v| attributes::get(&v[0], "__doc__"))
        .function("signature", "callable", "The parameters as text.", |v| match &v[0] {
            Value::Object(object) => match object.signature() {
                Some(signature) => Ok(Value::str(format!("({signature})"))),
                None => Err(Exception::value_error("no signature found")),
            },
            other => Err(Exception::type_error(format!(
                "{} is not a callable object",
                format::repr(other)?
            ))),
        })
}
