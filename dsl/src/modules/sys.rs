//! `sys`: arguments, streams, and what is known about the program.

use super::Module;
use crate::runtime::types::file::Stream;
use crate::runtime::{Exception, Object, PyResult, Value};
use crate::runtime::{context, format, types};

/// What `sys.platform` says.
pub(super) fn platform() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

pub(super) fn module() -> Module {
    Module::new("sys", "The program and what it runs on.")
        .lazy("argv", || Ok(Value::list(context::arguments().iter().map(Value::str).collect())))
        .with("stdout", Value::object(Stream { is_error: false }))
        .with("__stdout__", Value::object(Stream { is_error: false }))
        .with("stderr", Value::object(Stream { is_error: true }))
        .with("stdin", Value::object(Input))
        .with("version", Value::str("3.11.0 (kerai)"))
        .with("version_info", Value::object(Version))
        .with("platform", Value::str(platform()))
        .with("maxsize", Value::Int(i64::MAX))
        .with("maxunicode", Value::Int(0x10_ffff))
        .with("byteorder", Value::str("little"))
        .with("executable", executable())
        .with("path", Value::list(vec![Value::str("")]))
        .lazy("modules", || {
            let loaded = super::loaded().into_iter();
            Ok(Value::dict(loaded))
        })
        .with(
            "float_info",
            Value::object(Facts {
                name: "sys.float_info",
                facts: &[
                    ("max", f64::MAX),
                    ("min", f64::MIN_POSITIVE),
                    ("epsilon", f64::EPSILON),
                    ("dig", 15.0),
                    ("mant_dig", 53.0),
                ],
            }),
        )
        .function("exit", "status=None, /", "Ends the program.", |v| exit(&v[0]))
        .function("getrecursionlimit", "", "How deep calls may nest.", |_| Ok(Value::Int(1000)))
        .function("setrecursionlimit", "limit, /", "Accepted; the depth is fixed.", |v| {
            types::args::index(&v[0]).map(|_| Value::None)
        })
        .function("getsizeof", "object, default=0", "About how many bytes an object takes.", |v| {
            Ok(Value::Int(size_of(&v[0])))
        })
        .function("getdefaultencoding", "", "The encoding of texts.", |_| Ok(Value::str("utf-8")))
        .function("intern", "string, /", "The same text.", |v| Ok(v[0].clone()))
}

fn executable() -> Value {
    let path = std::env::current_exe();
    path.map_or(Value::None, |path| Value::str(path.to_string_lossy()))
}

/// `sys.exit(status)`, also `exit` and `quit`.
pub(crate) fn exit(status: &Value) -> PyResult<Value> {
    let text = match status {
        Value::None => String::new(),
        other => format::str(other)?,
    };
    let mut error = Exception::new("SystemExit", text);
    error.object = None;
    Err(error)
}

/// CPython's sizes for the common classes.
fn size_of(value: &Value) -> i64 {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    match value {
        Value::None => 16,
        Value::Bool(_) | Value::Int(_) => 28,
        Value::Float(_) => 24,
        Value::Str(text) => 49 + count(text.len()),
        Value::List(list) => 56 + 8 * count(list.borrow().len()),
        Value::Tuple(items) => 40 + 8 * count(items.len()),
        Value::Dict(dict) => 64 + 100 * count(dict.borrow().len()),
        Value::Set(set) => 216 + 64 * count(set.borrow().len()),
        Value::Object(_) => 56,
    }
}

/// `sys.version_info`: compares as the tuple (3, 11, 0, 'final', 0).
struct Version;

impl Version {
    fn tuple() -> Value {
        let mut parts: Vec<Value> = [3, 11, 0].into_iter().map(Value::Int).collect();
        parts.extend([Value::str("final"), Value::Int(0)]);
        Value::tuple(parts)
    }
}

impl Object for Version {
    fn type_name(&self) -> String {
        "sys.version_info".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("sys.version_info(major=3, minor=11, micro=0, releaselevel='final', serial=0)"
            .to_owned())
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "major" => Some(Value::Int(3)),
            "minor" => Some(Value::Int(11)),
            "micro" => Some(Value::Int(0)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["major", "minor", "micro"].map(str::to_owned).to_vec()
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(5))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        crate::runtime::attributes::item(&Version::tuple(), key)
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        Some(crate::runtime::operators::compare(op, &Version::tuple(), other))
    }
}

/// Named numbers, as `sys.float_info`.
struct Facts {
    name: &'static str,
    facts: &'static [(&'static str, f64)],
}

impl Object for Facts {
    fn type_name(&self) -> String {
        self.name.to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let found = self.facts.iter().find(|fact| fact.0 == name);
        Ok(found.map(|(name, number)| {
            if name.contains("dig") { Value::Int(*number as i64) } else { Value::Float(*number) }
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        self.facts.iter().map(|fact| fact.0.to_owned()).collect()
    }
}

/// `sys.stdin`
struct Input;

impl Input {
    fn line() -> PyResult<Option<Value>> {
        match context::read_line("", false) {
            Ok(line) => Ok(Some(Value::str(format!("{line}\n")))),
            Err(error) if error.class == "EOFError" => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Object for Input {
    fn type_name(&self) -> String {
        "TextIOWrapper".to_owned()
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let known = ["readline", "read", "readlines", "isatty"].contains(&name);
        Ok(known.then(|| crate::runtime::attributes::bound(this, name)))
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        _arguments: crate::runtime::Arguments,
    ) -> Option<PyResult<Value>> {
        let all = || -> PyResult<Vec<Value>> {
            let mut lines = Vec::new();
            while let Some(line) = Input::line()? {
                lines.push(line);
            }
            Ok(lines)
        };
        Some(match name {
            "readline" => Input::line().map(|line| line.unwrap_or_else(|| Value::str(""))),
            "readlines" => all().map(Value::list),
            "read" => all().and_then(|lines| {
                let texts: Vec<String> = lines.iter().map(format::str).collect::<PyResult<_>>()?;
                Ok(Value::str(texts.concat()))
            }),
            "isatty" => Ok(Value::Bool(false)),
            _ => return None,
        })
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<crate::runtime::object::Items>> {
        Some(Ok(Box::new(Input::line)))
    }
}
