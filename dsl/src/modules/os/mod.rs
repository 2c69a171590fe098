//! `os`: folders, files, the environment, and paths as text.

pub(super) mod path;

use super::Module;
use crate::runtime::object::Items;
use crate::runtime::types::args;
use crate::runtime::types::file::{os_error, path_text};
use crate::runtime::{Arguments, Dict, Exception, Key, Object, PyResult, Value};
use crate::runtime::{attributes, format, hash, iterate, operators, types};
use kerai_engine::disk;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// The separator of folders.
pub(super) const SEPARATOR: &str = std::path::MAIN_SEPARATOR_STR;

pub(super) fn module() -> Module {
    let environment = Value::object(Environment(Rc::new(RefCell::new(
        std::env::vars_os()
            .map(|(name, value)| {
                let text = |t: std::ffi::OsString| Value::str(t.to_string_lossy());
                (Key(text(name)), text(value))
            })
            .collect(),
    ))));
    let for_getenv = environment.clone();
    let module = Module::new("os", "Folders, files and the environment.")
        .submodule("path", path::module)
        .with("environ", environment)
        .with("sep", Value::str(SEPARATOR))
        .with("linesep", Value::str(if cfg!(windows) { "\r\n" } else { "\n" }))
        .with("name", Value::str(if cfg!(windows) { "nt" } else { "posix" }))
        .with("curdir", Value::str("."))
        .with("pardir", Value::str(".."))
        .with("extsep", Value::str("."))
        .with("pathsep", Value::str(if cfg!(windows) { ";" } else { ":" }))
        .with("devnull", Value::str(if cfg!(windows) { "nul" } else { "/dev/null" }))
        .function("getenv", "key, default=None", "A variable of the environment.", move |v| {
            attributes::call_method(&for_getenv, "get", Arguments::positional(v))
        })
        .function("getcwd", "", "The current folder.", |_| {
            let folder = disk::current_dir().map_err(|e| os_error(&e, "."))?;
            Ok(Value::str(folder.to_string_lossy()))
        })
        .function("chdir", "path", "Makes a folder the current one.", |v| {
            on_path(&v[0], |path| disk::set_current_dir(path))
        })
        .function("cpu_count", "", "How many processors there are.", |_| {
            Ok(std::thread::available_parallelism()
                .map_or(Value::None, |n| Value::Int(i64::try_from(n.get()).unwrap_or(1))))
        })
        .function("getpid", "", "The number of the process.", |_| {
            Ok(Value::Int(i64::from(std::process::id())))
        })
        .function("urandom", "size, /", "Random bytes of the system.", |v| {
            let size = usize::try_from(args::index(&v[0])?).unwrap_or(0).min(1 << 20);
            let mut bytes = vec![0; size];
            let read = disk::open("/dev/urandom")
                .and_then(|mut file| io::Read::read_exact(&mut file, &mut bytes));
            read.map_err(|error| os_error(&error, "/dev/urandom"))?;
            Ok(types::bytes::value(bytes))
        })
        .function("system", "command", "Refused: kerai runs no other programs.", |_| {
            Err(Exception::not_supported(
                "os.system runs other programs, and kerai does not",
                "os and shutil have functions for files: os.makedirs, os.remove, shutil.copy, shutil.rmtree",
            ))
        });
    files(module)
}

fn on_path(path: &Value, work: impl Fn(&str) -> io::Result<()>) -> PyResult<Value> {
    let path = path_text(path)?;
    work(&path).map_err(|error| os_error(&error, &path))?;
    Ok(Value::None)
}

fn files(module: Module) -> Module {
    module
        .function("listdir", "path='.'", "The names in a folder.", |v| {
            let folder = if v[0].is_none() { ".".to_owned() } else { path_text(&v[0])? };
            Ok(Value::list(names_in(&folder)?.into_iter().map(Value::str).collect()))
        })
        .function("scandir", "path='.'", "The entries of a folder.", |v| {
            let folder = path_text(&v[0])?;
            let entries: Vec<Value> = names_in(&folder)?
                .into_iter()
                .map(|name| {
                    let full = path::join(&folder, &name);
                    Value::object(Entry { name, path: full })
                })
                .collect();
            iterate::iter(&Value::list(entries))
        })
        .function("mkdir", "path, mode=511", "Makes a folder.", |v| {
            on_path(&v[0], |path| disk::create_dir(path))
        })
        .function(
            "makedirs",
            "name, mode=511, exist_ok=False",
            "Makes a folder and those above it.",
            |v| {
                let may_exist = operators::truth(&v[2])?;
                on_path(&v[0], |path| {
                    if disk::is_dir(path) && !may_exist {
                        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
                    }
                    disk::create_dir_all(path)
                })
            },
        )
        .function("remove", "path", "Deletes a file.", |v| on_path(&v[0], |p| disk::remove_file(p)))
        .function("unlink", "path", "Deletes a file.", |v| on_path(&v[0], |p| disk::remove_file(p)))
        .function("rmdir", "path", "Deletes an empty folder.", |v| {
            on_path(&v[0], |path| disk::remove_dir(path))
        })
        .function("rename", "src, dst", "Renames a file or folder.", |v| {
            let (from, to) = (path_text(&v[0])?, path_text(&v[1])?);
            disk::rename(&from, &to).map_err(|error| os_error(&error, &from))?;
            Ok(Value::None)
        })
        .function("replace", "src, dst", "Renames a file, replacing another.", |v| {
            let (from, to) = (path_text(&v[0])?, path_text(&v[1])?);
            disk::rename(&from, &to).map_err(|error| os_error(&error, &from))?;
            Ok(Value::None)
        })
        .function("stat", "path", "Size and times of a file.", |v| stat(&path_text(&v[0])?))
        .function("fspath", "path", "The text of a path.", |v| path_text(&v[0]).map(Value::str))
        .function(
            "walk",
            "top, topdown=True",
            "Folder, folders and files in it, and so on below.",
            |v| {
                let mut rows = Vec::new();
                walk(&path_text(&v[0])?, operators::truth(&v[1])?, &mut rows);
                iterate::iter(&Value::list(rows))
            },
        )
}

/// The names in a folder, sorted (Python leaves the order to the system).
pub(super) fn names_in(folder: &str) -> PyResult<Vec<String>> {
    let folder = if folder.is_empty() { "." } else { folder };
    let names = disk::names(folder).map_err(|error| os_error(&error, folder))?;
    Ok(names.iter().map(|name| name.to_string_lossy().into_owned()).collect())
}

fn walk(folder: &str, top_down: bool, rows: &mut Vec<Value>) {
    // As in Python, a folder that cannot be read is passed over.
    let Ok(names) = names_in(folder) else { return };
    let (folders, files): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| disk::is_dir(path::join(folder, name)));
    let texts = |names: &[String]| Value::list(names.iter().map(Value::str).collect());
    let row = Value::tuple(vec![Value::str(folder), texts(&folders), texts(&files)]);
    if top_down {
        rows.push(row.clone());
    }
    for name in &folders {
        let below = path::join(folder, name);
        if !disk::is_symlink(&below) {
            walk(&below, top_down, rows);
        }
    }
    if !top_down {
        rows.push(row);
    }
}

/// `os.stat(path)`
pub(super) fn stat(path: &str) -> PyResult<Value> {
    let facts = disk::metadata(path).map_err(|error| os_error(&error, path))?;
    let seconds = |time: io::Result<std::time::SystemTime>| {
        let since = time.ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or(0.0, |d| d.as_secs_f64())
    };
    Ok(Value::object(Stat {
        size: i64::try_from(facts.len()).unwrap_or(i64::MAX),
        modified: seconds(facts.modified()),
        accessed: seconds(facts.accessed()),
        created: seconds(facts.created()),
    }))
}

struct Stat {
    size: i64,
    modified: f64,
    accessed: f64,
    created: f64,
}

impl Object for Stat {
    fn type_name(&self) -> String {
        "os.stat_result".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "st_size" => Some(Value::Int(self.size)),
            "st_mtime" => Some(Value::Float(self.modified)),
            "st_atime" => Some(Value::Float(self.accessed)),
            "st_ctime" => Some(Value::Float(self.created)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["st_atime", "st_ctime", "st_mtime", "st_size"].map(str::to_owned).to_vec()
    }
}

/// What `os.scandir` gives.
struct Entry {
    name: String,
    path: String,
}

impl Object for Entry {
    fn type_name(&self) -> String {
        "posix.DirEntry".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<DirEntry {}>", format::quote(&self.name)))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.name)),
            "path" => Some(Value::str(&self.path)),
            "is_dir" | "is_file" | "stat" | "__fspath__" => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["is_dir", "is_file", "name", "path", "stat"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        _arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(match name {
            "is_dir" => Ok(Value::Bool(disk::is_dir(&self.path))),
            "is_file" => Ok(Value::Bool(disk::is_file(&self.path))),
            "__fspath__" => Ok(Value::str(&self.path)),
            "stat" => stat(&self.path),
            _ => return None,
        })
    }
}

/// `os.environ`: the variables as they were at the start; changes are seen by this program only.
struct Environment(Rc<RefCell<Dict>>);

impl Environment {
    fn text(value: &Value) -> PyResult<Value> {
        match value {
            Value::Str(_) => Ok(value.clone()),
            other => Err(Exception::type_error(format!("str expected, not {}", other.type_name()))),
        }
    }
}

impl Object for Environment {
    fn type_name(&self) -> String {
        "_Environ".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("environ({})", format::repr(&Value::Dict(self.0.clone()))?))
    }

    fn as_dict(&self) -> Option<Rc<RefCell<Dict>>> {
        Some(self.0.clone())
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(types::dict::METHODS.contains(&name).then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        types::dict::METHODS.iter().map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        types::dict::call_method(&self.0, name, arguments)
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.0.borrow().len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        attributes::item(&Value::Dict(self.0.clone()), &Environment::text(key)?)
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        let (key, value) = (Environment::text(key)?, Environment::text(&value)?);
        self.0.borrow_mut().insert(Key(key), value);
        Ok(())
    }

    fn delete_item(&self, key: &Value) -> PyResult<()> {
        attributes::delete_item(&Value::Dict(self.0.clone()), key)
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(hash::key(item).map(|key| self.0.borrow().contains_key(&key)))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(iterate::items(&Value::Dict(self.0.clone())))
    }
}

/// A variable of the environment as the program sees it.
pub(super) fn variable(name: &str) -> Option<String> {
    let module = super::import("os").ok()?;
    let environment = attributes::get(&module, "environ").ok()?;
    match attributes::item(&environment, &Value::str(name)).ok()? {
        Value::Str(text) => Some(text.to_string()),
        _ => None,
    }
}
