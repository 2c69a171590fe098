//! The global names of a session: numbered slots, so that running programs need no look-up by name.

use super::{Exception, PyResult, Value, builtins, class, interpreter, raise};
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Global names and their values.
#[derive(Default)]
pub struct Globals {
    slots: RefCell<IndexMap<Rc<str>, Slot>>,
}

#[derive(Default)]
struct Slot {
    value: Option<Value>,
    builtin: Option<Value>,
}

impl Globals {
    /// The slot of a name.
    pub fn slot(&self, name: &str) -> usize {
        let mut slots = self.slots.borrow_mut();
        if let Some(slot) = slots.get_index_of(name) {
            return slot;
        }
        slots.insert_full(Rc::from(name), Slot::default()).0
    }

    /// The value of a name, builtins included; `NameError` if there is none.
    pub fn get(&self, slot: usize) -> PyResult<Value> {
        let name = {
            let slots = self.slots.borrow();
            let Some((name, slot)) = slots.get_index(slot) else {
                return Err(Exception::new("InternalError", "a global without a slot"));
            };
            if let Some(value) = slot.value.as_ref().or(slot.builtin.as_ref()) {
                return Ok(value.clone());
            }
            name.clone()
        };
        let Some(value) = builtin(&name) else { return Err(self.undefined(&name)) };
        if let Some((_, slot)) = self.slots.borrow_mut().get_index_mut(slot) {
            slot.builtin = Some(value.clone());
        }
        Ok(value)
    }

    /// Binds a slot.
    pub fn set(&self, slot: usize, value: Value) {
        let before = match self.slots.borrow_mut().get_index_mut(slot) {
            Some((_, slot)) => slot.value.replace(value),
            None => None,
        };
        // The old value goes when no slot is borrowed: its end may run the program's code.
        drop(before);
    }

    /// Unbinds a slot; `NameError` if it was not bound.
    pub fn delete(&self, slot: usize) -> PyResult<()> {
        let (name, before) = match self.slots.borrow_mut().get_index_mut(slot) {
            Some((name, slot)) => (name.clone(), slot.value.take()),
            None => return Ok(()),
        };
        if before.is_none() { Err(self.undefined(&name)) } else { Ok(()) }
    }

    /// Unbinds everything.
    pub fn clear(&self) {
        let values: Vec<Value> =
            self.slots.borrow_mut().values_mut().filter_map(|slot| slot.value.take()).collect();
        drop(values);
    }

    /// A variable of the program by its name.
    pub fn find(&self, name: &str) -> Option<Value> {
        self.slots.borrow().get(name)?.value.clone()
    }

    /// Binds a variable by its name.
    pub fn bind(&self, name: &str, value: Value) {
        let slot = self.slot(name);
        self.set(slot, value);
    }

    /// All variables of the program, in the order of their first mention.
    pub fn variables(&self) -> Vec<(Rc<str>, Value)> {
        let slots = self.slots.borrow();
        slots.iter().filter_map(|(name, slot)| Some((name.clone(), slot.value.clone()?))).collect()
    }

    fn undefined(&self, name: &str) -> Box<Exception> {
        let error = Exception::new("NameError", format!("name '{name}' is not defined"));
        if let Some(hint) = well_known_import(name) {
            return error.with_hint(hint);
        }
        let variables = self.variables();
        let mut known: Vec<String> = variables.iter().map(|(n, _)| n.to_string()).collect();
        known.extend(interpreter::local_names().iter().map(ToString::to_string));
        known.extend(builtins::names());
        match kerai_engine::suggest::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.with_hint(format!("did you mean '{near}'?")),
            None => error,
        }
    }
}

/// A builtin by its name.
pub fn builtin(name: &str) -> Option<Value> {
    if name == "__kerai_panic__" {
        // So that tests can see that a panic in the program is survived.
        return Some(super::Native::value(name, "", "", |_| panic!("a planted panic")));
    }
    class::builtin(name).or_else(|| raise::class(name)).or_else(|| builtins::find(name))
}

/// What to write when the name of a module is used without its import.
fn well_known_import(name: &str) -> Option<String> {
    let import = match name {
        "np" | "numpy" => "import numpy as np",
        "plt" => "import matplotlib.pyplot as plt",
        "tf" | "tensorflow" => "import tensorflow as tf",
        "keras" => "import keras",
        "layers" => "from keras import layers",
        "models" => "from keras import models",
        "os" | "math" | "random" | "time" | "json" | "re" | "sys" | "string" | "copy"
        | "itertools" | "functools" | "collections" => return Some(format!("import {name}")),
        "Path" => "from pathlib import Path",
        "Counter" | "defaultdict" | "deque" | "namedtuple" => {
            return Some(format!("from collections import {name}"));
        }
        _ => return None,
    };
    Some(import.to_owned())
}
