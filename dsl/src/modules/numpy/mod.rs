//! `numpy` as far as lessons and Keras programs use it, with the results, dtypes, texts and messages of numpy 2.
//!
//! `array` (views over shared storage), `storage` and `layout` (memory and passes over it), `dtype`, `types`, `scalar`
//! carry the values; `ufunc`, `reduce`, `index`, `shaping`, `sorting`, `statistics`, `linalg`, `random` calculate;
//! `print` writes as numpy does; `functions` and `methods` are the tables of what users can call.

pub mod array;
pub mod dtype;
pub mod scalar;
pub mod storage;
pub mod types;

mod arguments;
mod arith;
mod convert;
mod creation;
mod elementwise;
mod exponential;
mod files;
mod flat;
mod fold;
mod functions;
mod grids;
mod histogram;
mod index;
mod joining;
mod layout;
mod linalg;
mod methods;
mod object;
mod padding;
mod print;
pub mod random;
mod reduce;
mod series;
mod settings;
mod shaping;
mod sorting;
mod statistics;
mod table;
mod ufunc;

pub use array::Array;
pub use dtype::DType;
pub use scalar::Scalar;

use super::Module;
use crate::runtime::{PyResult, Value};

/// The functions of `numpy` itself; elementwise functions come from `functions`.
const TABLES: &[&[table::Row]] = &[
    creation::TABLE,
    elementwise::TABLE,
    elementwise::CHANGING,
    files::TABLE,
    histogram::TABLE,
    joining::TABLE,
    linalg::TABLE,
    reduce::TABLE,
    series::TABLE,
    settings::TABLE,
    shaping::TABLE,
    sorting::TABLE,
    statistics::TABLE,
];

/// `import numpy`
pub fn module() -> Module {
    Module::new("numpy", "Arrays of numbers, as numpy has them.")
        .submodule("exceptions", exceptions)
        .submodule("lib", grids::library)
        .submodule("linalg", linalg::module)
        .submodule("random", random::module)
        .submodule("testing", grids::testing)
        .dynamic(find, names)
}

fn exceptions() -> Module {
    let module = Module::new("numpy.exceptions", "The exceptions of numpy.");
    match crate::runtime::raise::class("AxisError") {
        Some(class) => module.with("AxisError", class),
        None => module,
    }
}

fn find(name: &str) -> PyResult<Option<Value>> {
    if let Some(value) = table::function(name).or_else(|| settings::constant(name)) {
        return Ok(Some(value));
    }
    if let Some(grid) = grids::find(name) {
        return Ok(Some(grid));
    }
    let class = types::ScalarType::named(name);
    let is_own = !class.is_none() && name != DType::BFloat16.name();
    Ok(is_own.then_some(class))
}

fn names() -> Vec<String> {
    let functions = table::functions();
    let mut names: Vec<String> = functions.keys().map(|name| (*name).to_owned()).collect();
    names.sort();
    names.extend(settings::CONSTANTS.iter().map(|name| (*name).to_owned()));
    names.extend(types::class_names());
    names.extend(grids::NAMES.iter().map(|name| (*name).to_owned()));
    names
}

/// A shape as a tuple of Python: `(3,)`, `(2, 3)`.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => {
            let texts: Vec<String> = many.iter().map(usize::to_string).collect();
            format!("({})", texts.join(", "))
        }
    }
}

/// A shape as numpy's C code writes it: `(2,3)`.
pub(crate) fn shape_plain(shape: &[usize]) -> String {
    shape_text(shape).replace(", ", ",")
}

/// `repr` of a value inside of other texts.
pub(crate) fn describe(value: &Value) -> String {
    crate::runtime::format::repr(value).unwrap_or_else(|_| format!("<{}>", value.type_name()))
}

/// `bool(value)`
pub(crate) fn truth(value: &Value) -> PyResult<bool> {
    crate::runtime::operators::truth(value)
}
