//! What `import` finds: an explicit list, a file for each module. A module outside the list is refused with what to do instead.

mod abc;
mod argparse;
mod collections;
mod contextlib;
mod copy;
mod dataclasses;
mod datetime;
mod enum_;
mod files;
mod functools;
pub(crate) mod ipython;
mod itertools;
mod json;
mod kerai;
pub mod keras;
mod keras_datasets;
mod keras_ops;
pub(crate) use keras_ops::{operation, operation_in};
mod math;
pub mod matplotlib;
pub mod numpy;
mod operator;
mod os;
mod pathlib;
pub mod random;
mod re;
mod refuse;
mod resource;
mod small;
mod sorting;
mod statistics;
mod string;
pub(crate) mod sys;
mod tensorflow;
mod tensorflow_data;
mod text;
mod time;
mod tqdm;
mod typing;

use crate::runtime::{Exception, Native, Object, PyResult, Value};
use indexmap::IndexMap;
use std::cell::RefCell;

/// The modules that programs can import, by their top-level name.
const MODULES: &[(&str, fn() -> Module)] = &[
    ("__future__", typing::future),
    ("abc", abc::module),
    ("argparse", argparse::module),
    ("atexit", small::atexit),
    ("bisect", sorting::bisect),
    ("IPython", ipython::module),
    ("collections", collections::module),
    ("contextlib", contextlib::module),
    ("copy", copy::module),
    ("dataclasses", dataclasses::module),
    ("datetime", datetime::module),
    ("enum", enum_::module),
    ("fnmatch", files::fnmatch),
    ("functools", functools::module),
    ("gc", small::gc),
    ("glob", files::glob),
    ("heapq", sorting::heapq),
    ("inspect", small::inspect),
    ("io", small::io),
    ("itertools", itertools::module),
    ("json", json::module),
    ("kerai", kerai::module),
    ("keras", keras::module),
    ("math", math::module),
    ("matplotlib", matplotlib::module),
    ("numpy", numpy::module),
    ("operator", operator::module),
    ("os", os::module),
    ("pathlib", pathlib::module),
    ("platform", small::platform),
    ("pprint", text::pprint),
    ("random", random::module),
    ("re", re::module),
    ("regex", re::module),
    ("resource", resource::module),
    ("shutil", files::shutil),
    ("statistics", statistics::module),
    ("string", string::module),
    ("sys", sys::module),
    ("tempfile", files::tempfile),
    ("textwrap", text::textwrap),
    ("tensorflow", tensorflow::module),
    ("time", time::module),
    ("timeit", argparse::timeit),
    ("traceback", small::traceback),
    ("types", small::kinds),
    ("typing", typing::module),
    ("warnings", small::warnings),
    ("tqdm", tqdm::module),
];

/// One member of a module.
enum Member {
    Ready(Value),
    Lazy(Box<dyn Fn() -> PyResult<Value>>),
}

/// How a module answers names that are not in its list.
type Finder = Box<dyn Fn(&str) -> PyResult<Option<Value>>>;

/// A module: its members are made when they are asked for.
pub struct Module {
    name: String,
    doc: &'static str,
    members: RefCell<IndexMap<String, Member>>,
    finder: Option<(Finder, fn() -> Vec<String>)>,
}

impl Module {
    /// An empty module; `name` is the full one (`keras.layers`).
    pub fn new(name: &str, doc: &'static str) -> Self {
        Module { name: name.to_owned(), doc, members: RefCell::default(), finder: None }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(self, name: &str, value: Value) -> Self {
        self.members.borrow_mut().insert(name.to_owned(), Member::Ready(value));
        self
    }

    /// Adds a member that is made when it is first asked for (submodules, tables that cost something).
    #[must_use]
    pub fn lazy(self, name: &str, make: impl Fn() -> PyResult<Value> + 'static) -> Self {
        self.members.borrow_mut().insert(name.to_owned(), Member::Lazy(Box::new(make)));
        self
    }

    /// Adds a submodule.
    #[must_use]
    pub fn submodule(self, name: &str, make: fn() -> Module) -> Self {
        self.lazy(name, move || Ok(Value::object(make())))
    }

    /// Adds a function: name, signature as Python writes it, documentation, code over bound values.
    #[must_use]
    pub fn function(
        self,
        name: &str,
        signature: &str,
        doc: &'static str,
        code: impl Fn(Vec<Value>) -> PyResult<Value> + 'static,
    ) -> Self {
        self.with(name, Native::value(name, signature, doc, code))
    }

    /// Answers all other names through a function (a catalog), with the names that it knows.
    #[must_use]
    pub fn dynamic(
        mut self,
        find: impl Fn(&str) -> PyResult<Option<Value>> + 'static,
        names: fn() -> Vec<String>,
    ) -> Self {
        self.finder = Some((Box::new(find), names));
        self
    }

    /// A member; `None` if there is none of this name.
    fn member(&self, name: &str) -> PyResult<Option<Value>> {
        let made = match self.members.borrow().get(name) {
            Some(Member::Ready(value)) => return Ok(Some(value.clone())),
            Some(Member::Lazy(make)) => Some(make()?),
            None => None,
        };
        let found = match (made, &self.finder) {
            (None, Some((find, _))) => find(name)?,
            (made, _) => made,
        };
        if let Some(value) = &found {
            let ready = Member::Ready(value.clone());
            self.members.borrow_mut().insert(name.to_owned(), ready);
        }
        Ok(found)
    }

    fn missing(&self, name: &str) -> Box<Exception> {
        let error =
            Exception::attribute_error(format!("module '{}' has no attribute '{name}'", self.name));
        let known = self.attribute_names();
        let near = kerai_engine::suggest::nearest(name, known.iter().map(String::as_str));
        error.with_hint(match near {
            Some(near) => {
                format!("{}.{name} is not in kerai; did you mean {}.{near}?", self.name, self.name)
            }
            None => {
                format!("{}.{name} is not in kerai; dir({}) lists what is", self.name, self.name)
            }
        })
    }
}

impl Object for Module {
    fn type_name(&self) -> String {
        "module".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<module '{}' (built-in)>", self.name))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        match self.member(name)? {
            Some(value) => Ok(Some(value)),
            None => match name {
                "__name__" => Ok(Some(Value::str(&self.name))),
                "__doc__" => Ok(Some(Value::str(self.doc))),
                "__class__" | "__str__" | "__repr__" | "__hash__" | "__eq__" => Ok(None),
                _ => Err(self.missing(name)),
            },
        }
    }

    fn attribute_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.members.borrow().keys().cloned().collect();
        if let Some((_, more)) = &self.finder {
            names.extend(
                more().into_iter().filter(|name| !self.members.borrow().contains_key(name)),
            );
        }
        names
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        self.members.borrow_mut().insert(name.to_owned(), Member::Ready(value));
        Ok(true)
    }

    fn doc(&self) -> Option<crate::runtime::object::Doc> {
        Some(crate::runtime::object::Doc { signature: String::new(), text: self.doc.to_owned() })
    }
}

thread_local! {
    /// The modules that were imported, so that each is made once.
    static LOADED: RefCell<IndexMap<String, Value>> = RefCell::default();
}

/// An exception class that belongs to a module (`json.JSONDecodeError`), made once.
fn exception_class(name: &str, base: &str) -> Value {
    crate::runtime::raise::library_class(name, base)
}

/// The modules that were imported so far.
fn loaded() -> Vec<(String, Value)> {
    LOADED.with(|loaded| loaded.borrow().iter().map(|(n, m)| (n.clone(), m.clone())).collect())
}

/// The names of the modules that can be imported.
pub fn names() -> Vec<String> {
    MODULES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// `import path`: the module of the whole dotted path (`import os.path` binds `os`, which is `import("os")`).
pub fn import(path: &str) -> PyResult<Value> {
    let mut parts = path.split('.');
    let top = parts.next().unwrap_or(path);
    let mut module = top_level(top)?;
    let mut so_far = top.to_owned();
    for part in parts {
        let found = match &module {
            Value::Object(object) => object.attribute(&module, part),
            _ => Ok(None),
        };
        so_far = format!("{so_far}.{part}");
        module = match found {
            Ok(Some(value)) => value,
            Ok(None) => return Err(refuse::unknown(&so_far, &names())),
            Err(error) if error.class == "AttributeError" => {
                let hint = error.hint.unwrap_or_default();
                return Err(Exception::new(
                    "ModuleNotFoundError",
                    format!("No module named '{so_far}'"),
                )
                .with_hint(hint));
            }
            Err(error) => return Err(error),
        };
    }
    Ok(module)
}

/// `from path import name`
pub fn import_from(path: &str, name: &str) -> PyResult<Value> {
    let module = import(path)?;
    match crate::runtime::attributes::get(&module, name) {
        Err(error) if error.class == "AttributeError" => Err(Exception {
            class: "ImportError".to_owned(),
            message: format!("cannot import name '{name}' from '{path}'"),
            ..*error
        }
        .into()),
        other => other,
    }
}

fn top_level(name: &str) -> PyResult<Value> {
    if let Some(module) = LOADED.with(|loaded| loaded.borrow().get(name).cloned()) {
        return Ok(module);
    }
    let Some((_, make)) = MODULES.iter().find(|(known, _)| *known == name) else {
        return Err(refuse::unknown(name, &names()));
    };
    let module = Value::object(make());
    LOADED.with(|loaded| loaded.borrow_mut().insert(name.to_owned(), module.clone()));
    Ok(module)
}
