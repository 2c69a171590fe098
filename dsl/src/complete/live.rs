//! The world of a session: its variables, the builtins, the modules.

use super::World;
use crate::modules;
use crate::runtime::globals::{self, Globals};
use crate::runtime::{Value, builtins, raise};

/// What can be named in a session.
pub(crate) struct Live<'a>(pub(crate) &'a Globals);

/// The magics, with one line about each.
const MAGICS: &[(&str, &str)] = &[
    ("%time", "How long a statement takes."),
    ("%timeit", "How long a statement takes on average."),
    ("%matplotlib", "Accepted; figures are always shown in place."),
    ("%%time", "How long the cell takes."),
    ("%%timeit", "How long the cell takes on average."),
    ("%%rhai", "The cell is written in Rhai."),
];

/// Builtins that are not in the table of functions.
const OF_CLASSES: &[&str] = &["property", "staticmethod", "classmethod", "super"];

impl World for Live<'_> {
    fn names(&self) -> Vec<String> {
        self.0.variables().into_iter().map(|(name, _)| name.to_string()).collect()
    }

    fn global(&self, name: &str) -> Option<Value> {
        self.0.find(name)
    }

    fn builtin_names(&self) -> Vec<String> {
        let mut names = builtins::names();
        names.extend(OF_CLASSES.iter().copied().chain(raise::names()).map(str::to_owned));
        names
    }

    fn builtin(&self, name: &str) -> Option<Value> {
        globals::builtin(name)
    }

    fn modules(&self) -> Vec<String> {
        modules::names()
    }

    fn module(&self, name: &str) -> Option<Value> {
        modules::import(name).ok()
    }

    fn magics(&self) -> Vec<(String, String)> {
        MAGICS.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned())).collect()
    }
}
