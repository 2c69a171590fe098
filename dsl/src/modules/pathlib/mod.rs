//! `pathlib`: paths as objects.

mod pattern;

pub(super) use pattern::{glob, matches};

use super::Module;
use super::os::path;
use crate::runtime::object::Items;
use crate::runtime::types::file::{self, os_error, path_text};
use crate::runtime::types::{NativeClass, args, bytes, class};
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, Native, Object, PyResult, Value};
use crate::runtime::{attributes, format, hash, iterate, operators};
use kerai_engine::disk::{self, Keep};
use std::fs::OpenOptions;
use std::io;

pub(super) fn module() -> Module {
    let path = class::intern(CLASS);
    Module::new("pathlib", "Paths as objects.")
        .with("Path", path.clone())
        .with("PosixPath", path.clone())
        .with("PurePath", path.clone())
        .with("PurePosixPath", path)
}

const CLASS: NativeClass = NativeClass {
    doc: "A path: Path('data') / 'file.txt'.",
    signature: "*pathsegments",
    member: class_member,
    methods: METHODS,
    ..NativeClass::new("PosixPath", "pathlib", make, |v| v.downcast::<Path>().is_some())
};

const METHODS: &[&str] = &[
    "absolute",
    "as_posix",
    "exists",
    "expanduser",
    "glob",
    "is_absolute",
    "is_dir",
    "is_file",
    "is_symlink",
    "iterdir",
    "joinpath",
    "match",
    "mkdir",
    "open",
    "read_bytes",
    "read_text",
    "relative_to",
    "rename",
    "replace",
    "resolve",
    "rglob",
    "rmdir",
    "samefile",
    "stat",
    "touch",
    "unlink",
    "with_name",
    "with_stem",
    "with_suffix",
    "write_bytes",
    "write_text",
];

const PROPERTIES: &[&str] =
    &["anchor", "name", "parent", "parents", "parts", "root", "stem", "suffix", "suffixes"];

/// `pathlib.Path`
pub(super) struct Path(String);

/// A path value; separators are cleaned up.
pub(super) fn value(text: &str) -> Value {
    Value::object(Path(clean(text)))
}

/// Without double separators and `.` parts; `..` stays, because links may lead elsewhere.
fn clean(text: &str) -> String {
    let root = if text.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = text.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

fn make(arguments: Arguments) -> PyResult<Value> {
    let mut joined = String::new();
    for part in &arguments.positional {
        joined = path::join(&joined, &path_text(part)?);
    }
    Ok(value(&joined))
}

fn class_member(name: &str) -> Option<Value> {
    let here = |name: &'static str, code: fn() -> String| {
        Some(Native::value(name, "", "", move |_| Ok(value(&code()))))
    };
    match name {
        "cwd" => here("cwd", || path::absolute(".")),
        "home" => here("home", || path::expand_user("~")),
        _ => None,
    }
}

impl Path {
    fn name(&self) -> &str {
        match self.0.rsplit('/').next() {
            Some("." | "..") if !self.0.contains('/') && self.0 == "." => "",
            Some(name) => name,
            None => "",
        }
    }

    /// Name without extension, and extension.
    fn stem_and_suffix(&self) -> (&str, &str) {
        let name = self.name();
        match name.rfind('.') {
            Some(dot) if dot > 0 && dot + 1 < name.len() => name.split_at(dot),
            _ => (name, ""),
        }
    }

    fn parent(&self) -> String {
        match self.0.rfind('/') {
            Some(0) => "/".to_owned(),
            Some(place) => self.0.get(..place).unwrap_or("").to_owned(),
            None => ".".to_owned(),
        }
    }

    fn parts(&self) -> Vec<&str> {
        let root = self.0.starts_with('/').then_some("/");
        let rest = self.0.split('/').filter(|part| !part.is_empty() && *part != ".");
        root.into_iter().chain(rest).collect()
    }

    fn with_name(&self, name: &str) -> PyResult<Value> {
        if self.name().is_empty() {
            return Err(Exception::value_error(format!("{} has an empty name", self.shown())));
        }
        Ok(value(&path::join(&self.parent(), name)))
    }

    fn shown(&self) -> String {
        format!("PosixPath({})", format::quote(&self.0))
    }

    fn system_result<T>(&self, result: io::Result<T>) -> PyResult<T> {
        result.map_err(|error| os_error(&error, &self.0))
    }

    fn open(&self, mut arguments: Arguments) -> PyResult<Value> {
        arguments.positional.insert(0, Value::str(&self.0));
        file::open(args::bind("open", file::OPEN_SIGNATURE, arguments)?)
    }

    fn property(&self, name: &str) -> Option<Value> {
        let (stem, suffix) = self.stem_and_suffix();
        Some(match name {
            "name" => Value::str(self.name()),
            "stem" => Value::str(stem),
            "suffix" => Value::str(suffix),
            "suffixes" => {
                let name = self.name().trim_start_matches('.');
                let parts = name.split('.').skip(1).map(|part| Value::str(format!(".{part}")));
                Value::list(parts.collect())
            }
            "parent" => value(&self.parent()),
            "parents" => {
                let mut all = Vec::new();
                let mut path = Path(self.0.clone());
                loop {
                    let parent = path.parent();
                    if parent == path.0 {
                        break;
                    }
                    all.push(value(&parent));
                    path = Path(parent);
                }
                Value::tuple(all)
            }
            "parts" => Value::tuple(self.parts().into_iter().map(Value::str).collect()),
            "root" | "anchor" => Value::str(if self.0.starts_with('/') { "/" } else { "" }),
            _ => return None,
        })
    }

    fn method(&self, name: &str, arguments: Arguments) -> PyResult<Value> {
        let text = |value: &Value| path_text(value);
        match name {
            "open" => return self.open(arguments),
            "read_text" => {
                let values = args::bind(name, "encoding=None, errors=None", arguments)?;
                let keywords = Arguments::default()
                    .with("encoding", values[0].clone())
                    .with("errors", values[1].clone());
                let file = self.open(keywords)?;
                return attributes::call_method(&file, "read", Arguments::default());
            }
            "write_text" => {
                let values =
                    args::bind(name, "data, encoding=None, errors=None, newline=None", arguments)?;
                let keywords =
                    Arguments::positional([Value::str("w")]).with("encoding", values[1].clone());
                let file = self.open(keywords)?;
                let count = attributes::call_method(
                    &file,
                    "write",
                    Arguments::positional([values[0].clone()]),
                )?;
                attributes::call_method(&file, "close", Arguments::default())?;
                return Ok(count);
            }
            "read_bytes" => {
                args::none(name, arguments)?;
                return self.system_result(disk::read(&self.0)).map(bytes::value);
            }
            "write_bytes" => {
                let data = bytes::expect(&args::one(name, arguments)?)?;
                self.system_result(disk::write(&self.0, &data))?;
                return Ok(Value::Int(i64::try_from(data.len()).unwrap_or(i64::MAX)));
            }
            "mkdir" => return self.make_folder(arguments),
            "touch" => {
                args::bind(name, "mode=438, exist_ok=True", arguments)?;
                let made = disk::open_to_write(
                    &self.0,
                    OpenOptions::new().append(true).create(true),
                    Keep::Content,
                );
                self.system_result(made)?;
            }
            "unlink" => {
                let values = args::bind(name, "missing_ok=False", arguments)?;
                if operators::truth(&values[0])? && !disk::exists(&self.0) {
                    return Ok(Value::None);
                }
                self.system_result(disk::remove_file(&self.0))?;
            }
            "rmdir" => self.system_result(disk::remove_dir(&self.0))?,
            "rename" | "replace" => {
                let target = text(&args::one(name, arguments)?)?;
                self.system_result(disk::rename(&self.0, &target))?;
                return Ok(value(&target));
            }
            "iterdir" => {
                let names = super::os::names_in(&self.0)?;
                let paths = names.iter().map(|name| value(&path::join(&self.0, name))).collect();
                return iterate::iter(&Value::list(paths));
            }
            "glob" | "rglob" => {
                let wanted = text(&args::one(name, arguments)?)?;
                let wanted = if name == "rglob" { format!("**/{wanted}") } else { wanted };
                let found = glob(&self.0, &wanted).iter().map(|path| value(path)).collect();
                return iterate::iter(&Value::list(found));
            }
            "joinpath" => {
                let mut joined = self.0.clone();
                for part in &arguments.positional {
                    joined = path::join(&joined, &text(part)?);
                }
                return Ok(value(&joined));
            }
            "with_name" => return self.with_name(&text(&args::one(name, arguments)?)?),
            "with_stem" => {
                let stem = text(&args::one(name, arguments)?)?;
                return self.with_name(&format!("{stem}{}", self.stem_and_suffix().1));
            }
            "with_suffix" => {
                let suffix = text(&args::one(name, arguments)?)?;
                if !suffix.is_empty() && (!suffix.starts_with('.') || suffix == ".") {
                    return Err(Exception::value_error(format!(
                        "Invalid suffix {}",
                        format::quote(&suffix)
                    )));
                }
                return self.with_name(&format!("{}{suffix}", self.stem_and_suffix().0));
            }
            "relative_to" => {
                let other = clean(&text(&args::one(name, arguments)?)?);
                let (mine, theirs) = (self.parts(), Path(other.clone()));
                let theirs = theirs.parts();
                if mine.len() < theirs.len() || mine.get(..theirs.len()) != Some(&theirs[..]) {
                    return Err(Exception::value_error(format!(
                        "{} is not in the subpath of {} OR one path is relative and the other is absolute.",
                        format::quote(&self.0),
                        format::quote(&other)
                    )));
                }
                return Ok(value(&mine.get(theirs.len()..).unwrap_or(&[]).join("/")));
            }
            "match" => {
                let wanted = text(&args::one(name, arguments)?)?;
                return Ok(Value::Bool(matches(self.name(), &wanted)));
            }
            "samefile" => {
                let other = text(&args::one(name, arguments)?)?;
                let mine = self.system_result(disk::canonicalize(&self.0))?;
                let theirs = disk::canonicalize(&other).map_err(|e| os_error(&e, &other))?;
                return Ok(Value::Bool(mine == theirs));
            }
            _ => return self.question(name),
        }
        Ok(Value::None)
    }

    /// Methods that only ask.
    fn question(&self, name: &str) -> PyResult<Value> {
        Ok(match name {
            "exists" => Value::Bool(disk::exists(&self.0)),
            "is_file" => Value::Bool(disk::is_file(&self.0)),
            "is_dir" => Value::Bool(disk::is_dir(&self.0)),
            "is_symlink" => Value::Bool(disk::is_symlink(&self.0)),
            "is_absolute" => Value::Bool(std::path::Path::new(&self.0).is_absolute()),
            "absolute" => value(&path::join(&path::absolute("."), &self.0)),
            "resolve" => match disk::canonicalize(&self.0) {
                Ok(path) => value(&path.to_string_lossy()),
                Err(_) => value(&path::absolute(&self.0)),
            },
            "expanduser" => value(&path::expand_user(&self.0)),
            "stat" => return super::os::stat(&self.0),
            _ => Value::str(&self.0),
        })
    }

    fn make_folder(&self, arguments: Arguments) -> PyResult<Value> {
        let values = args::bind("mkdir", "mode=511, parents=False, exist_ok=False", arguments)?;
        let (parents, may_exist) = (operators::truth(&values[1])?, operators::truth(&values[2])?);
        if disk::is_dir(&self.0) {
            if may_exist {
                return Ok(Value::None);
            }
            return Err(os_error(&io::Error::from(io::ErrorKind::AlreadyExists), &self.0)
                .with_hint("mkdir(exist_ok=True) accepts a folder that is there"));
        }
        let result =
            if parents { disk::create_dir_all(&self.0) } else { disk::create_dir(&self.0) };
        self.system_result(result).map(|()| Value::None)
    }
}

impl Object for Path {
    fn type_name(&self) -> String {
        "PosixPath".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(CLASS))
    }

    fn repr(&self) -> PyResult<String> {
        Ok(self.shown())
    }

    fn to_str(&self) -> PyResult<String> {
        Ok(self.0.clone())
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        if spec.is_empty() {
            Ok(None)
        } else {
            Ok(Some(format::format(&Value::str(&self.0), spec)?))
        }
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(found) = self.property(name) {
            return Ok(Some(found));
        }
        if let Some(found) = class_member(name) {
            return Ok(Some(found));
        }
        let known = METHODS.contains(&name) || name == "__fspath__";
        Ok(known.then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        METHODS.iter().chain(PROPERTIES).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let known = METHODS.contains(&name) || name == "__fspath__";
        known.then(|| self.method(name, arguments))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if op != BinaryOp::Div {
            return None;
        }
        let other = path_text(other).ok()?;
        Some(Ok(value(&if reflected {
            path::join(&other, &self.0)
        } else {
            path::join(&self.0, &other)
        })))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<Path>()?;
        let order = self.parts().cmp(&other.parts());
        Some(Ok(Value::Bool(operators::holds(op, order))))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        hash::hash(&Value::str(&self.0)).map(|hash| Some(hash.cast_unsigned()))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        None
    }
}
