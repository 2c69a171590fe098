//! `shutil`, `glob` and `tempfile`: files and folders as wholes.

use super::Module;
use super::os::path;
use super::pathlib;
use crate::runtime::types::file::{os_error, path_text};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value};
use crate::runtime::{attributes, format, iterate, operators};
use kerai_engine::disk;
use std::cell::Cell;
use std::io;

/// `shutil`
pub(super) fn shutil() -> Module {
    let copy = |v: Vec<Value>| {
        let (from, to) = (path_text(&v[0])?, path_text(&v[1])?);
        copy_file(&from, &to).map(Value::str)
    };
    Module::new("shutil", "Files and folders as wholes.")
        .with("Error", super::exception_class("Error", "OSError"))
        .function("copy", "src, dst", "Copies a file to a file or into a folder.", copy)
        .function("copy2", "src, dst", "Copies a file to a file or into a folder.", copy)
        .function("copyfile", "src, dst", "Copies a file to a file.", copy)
        .function(
            "copytree",
            "src, dst, dirs_exist_ok=False",
            "Copies a folder with what is in it.",
            |v| {
                let (from, to) = (path_text(&v[0])?, path_text(&v[1])?);
                if disk::exists(&to) && !operators::truth(&v[2])? {
                    return Err(os_error(&io::Error::from(io::ErrorKind::AlreadyExists), &to));
                }
                copy_tree(&from, &to)?;
                Ok(Value::str(to))
            },
        )
        .function(
            "rmtree",
            "path, ignore_errors=False",
            "Deletes a folder with what is in it.",
            |v| {
                let path = path_text(&v[0])?;
                match disk::remove_dir_all(&path) {
                    Err(error) if !operators::truth(&v[1])? => Err(os_error(&error, &path)),
                    _ => Ok(Value::None),
                }
            },
        )
        .function("move", "src, dst", "Moves a file or folder.", |v| {
            let (from, to) = (path_text(&v[0])?, path_text(&v[1])?);
            let to = if disk::is_dir(&to) { path::join(&to, path::split(&from).1) } else { to };
            if disk::rename(&from, &to).is_err() {
                // Another disk: copied, then deleted.
                if disk::is_dir(&from) {
                    copy_tree(&from, &to)?;
                    disk::remove_dir_all(&from).map_err(|error| os_error(&error, &from))?;
                } else {
                    copy_file(&from, &to)?;
                    disk::remove_file(&from).map_err(|error| os_error(&error, &from))?;
                }
            }
            Ok(Value::str(to))
        })
        .function("which", "cmd", "Where a program lies.", |v| {
            let name = path_text(&v[0])?;
            let folders = super::os::variable("PATH").unwrap_or_default();
            let found = folders.split(':').map(|folder| path::join(folder, &name));
            let found = found.into_iter().find(|path| disk::is_file(path));
            Ok(found.map_or(Value::None, Value::str))
        })
        .function("get_terminal_size", "fallback=(80, 24)", "Columns and lines.", |v| {
            match crate::runtime::context::style() {
                crate::sink::Style::Terminal { width, .. } => {
                    Ok(Value::tuple(vec![Value::Int(i64::from(width)), Value::Int(24)]))
                }
                _ => Ok(v[0].clone()),
            }
        })
}

fn copy_file(from: &str, to: &str) -> PyResult<String> {
    let to = if disk::is_dir(to) { path::join(to, path::split(from).1) } else { to.to_owned() };
    if !disk::is_file(from) {
        let kind =
            if disk::is_dir(from) { io::ErrorKind::IsADirectory } else { io::ErrorKind::NotFound };
        return Err(os_error(&io::Error::from(kind), from));
    }
    disk::copy(from, &to).map_err(|error| os_error(&error, &to))?;
    Ok(to)
}

fn copy_tree(from: &str, to: &str) -> PyResult<()> {
    disk::create_dir_all(to).map_err(|error| os_error(&error, to))?;
    for name in super::os::names_in(from)? {
        let (source, target) = (path::join(from, &name), path::join(to, &name));
        if disk::is_dir(&source) {
            copy_tree(&source, &target)?;
        } else {
            copy_file(&source, &target)?;
        }
    }
    Ok(())
}

/// `glob`
pub(super) fn glob() -> Module {
    let find = |v: &[Value]| -> PyResult<Vec<Value>> {
        let pattern = path_text(&v[0])?;
        let pattern = if operators::truth(&v[1])? { pattern } else { pattern.replace("**", "*") };
        let (folder, pattern) = match pattern.strip_prefix("./") {
            Some(rest) => ("./", rest.to_owned()),
            None => ("", pattern),
        };
        let found = pathlib::glob(if folder.is_empty() { "." } else { folder }, &pattern);
        Ok(found.iter().map(Value::str).collect())
    };
    Module::new("glob", "Files whose names fit a pattern.")
        .function("glob", "pathname, recursive=False", "The paths that fit a pattern.", move |v| {
            find(&v).map(Value::list)
        })
        .function("iglob", "pathname, recursive=False", "The paths that fit a pattern.", move |v| {
            iterate::iter(&Value::list(find(&v)?))
        })
}

/// `fnmatch`
pub(super) fn fnmatch() -> Module {
    Module::new("fnmatch", "Names that fit a pattern.")
        .function("fnmatch", "name, pat", "Whether a name fits a pattern.", |v| {
            let (name, pattern) = (v[0].as_str("name")?, v[1].as_str("pat")?);
            Ok(Value::Bool(pathlib::matches(&name, &pattern)))
        })
        .function("filter", "names, pat", "The names that fit a pattern.", |v| {
            let pattern = v[1].as_str("pat")?;
            let names = iterate::collect(&v[0])?;
            let fits =
                |name: &Value| matches!(name, Value::Str(n) if pathlib::matches(n, &pattern));
            Ok(Value::list(names.into_iter().filter(|name| fits(name)).collect()))
        })
}

/// `tempfile`
pub(super) fn tempfile() -> Module {
    Module::new("tempfile", "Files and folders for a while.")
        .function("gettempdir", "", "The folder for temporary files.", |_| Ok(Value::str(temporary())))
        .function("mkdtemp", "suffix=None, prefix=None, dir=None", "A new folder.", |v| {
            new_folder(&v).map(Value::str)
        })
        .function("mkstemp", "suffix=None, prefix=None, dir=None", "A new file: (number, path).", |v| {
            let path = new_name(&v)?;
            disk::write(&path, b"").map_err(|error| os_error(&error, &path))?;
            Ok(Value::tuple(vec![Value::Int(-1), Value::str(path)]))
        })
        .function(
            "TemporaryDirectory",
            "suffix=None, prefix=None, dir=None",
            "A folder that is deleted at the end of with.",
            |v| Ok(Value::object(TemporaryFolder(new_folder(&v)?))),
        )
        .function(
            "NamedTemporaryFile",
            "mode='w+b', buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, delete=True",
            "A new open file with a name.",
            |v| {
                let path = new_name(&v[4..7])?;
                let open = crate::runtime::builtins::find("open").unwrap_or(Value::None);
                let given = Arguments::positional([Value::str(path), v[0].clone()])
                    .with("encoding", v[2].clone());
                attributes::call(&open, given)
            },
        )
}

fn temporary() -> String {
    std::env::temp_dir().to_string_lossy().trim_end_matches('/').to_owned()
}

/// A path that nothing has yet, of `suffix`, `prefix` and `dir`.
fn new_name(values: &[Value]) -> PyResult<String> {
    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    let text = |i: usize, default: &str| match values.get(i) {
        None | Some(Value::None) => Ok(default.to_owned()),
        Some(value) => path_text(value),
    };
    let (suffix, prefix, folder) = (text(0, "")?, text(1, "tmp")?, text(2, &temporary())?);
    loop {
        COUNT.set(COUNT.get() + 1);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let mixed = now.map_or(0, |d| d.as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (u64::from(std::process::id()) << 20)
            ^ COUNT.get();
        let path = path::join(&folder, &format!("{prefix}{:08x}{suffix}", mixed & 0xffff_ffff));
        if !disk::exists(&path) {
            return Ok(path);
        }
    }
}

fn new_folder(values: &[Value]) -> PyResult<String> {
    let path = new_name(values)?;
    disk::create_dir(&path).map_err(|error| os_error(&error, &path))?;
    Ok(path)
}

/// `tempfile.TemporaryDirectory()`
struct TemporaryFolder(String);

impl TemporaryFolder {
    fn clean(&self) {
        // What is gone already needs no cleaning.
        let _ = disk::remove_dir_all(&self.0);
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        self.clean();
    }
}

impl Object for TemporaryFolder {
    fn type_name(&self) -> String {
        "TemporaryDirectory".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<TemporaryDirectory {}>", format::quote(&self.0)))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.0)),
            "cleanup" => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["cleanup".to_owned(), "name".to_owned()]
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        _arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        (name == "cleanup").then(|| {
            self.clean();
            Ok(Value::None)
        })
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(Value::str(&self.0)))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        self.clean();
        Ok(false)
    }
}
