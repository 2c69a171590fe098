//! How functions of the module are listed, and how they take their arguments.

use std::collections::HashMap;
use std::rc::Rc;

use super::array::Array;
use crate::runtime::{Exception, Native, PyResult, Value};

/// The code of a function over bound arguments.
pub(crate) type Code = fn(Vec<Value>) -> PyResult<Value>;

/// A function: name, signature in Python's text, documentation, code.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) signature: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) code: Code,
}

/// A row of a table.
pub(crate) const fn row(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: Code,
) -> Row {
    Row { name, signature, doc, code }
}

impl Row {
    /// The function as a value.
    pub(crate) fn value(&self) -> Value {
        Native::value(self.name, self.signature, self.doc, self.code)
    }
}

/// The bound arguments by number; a wrong number is our mistake in a table and reads as one.
pub(crate) fn take<const N: usize>(values: Vec<Value>) -> PyResult<[Value; N]> {
    let given = values.len();
    values.try_into().map_err(|_| {
        Exception::new("SystemError", format!("{given} arguments bound where {N} are used"))
    })
}

/// Any value as an array.
pub(crate) fn array(value: &Value) -> PyResult<Array> {
    Array::from_value(value, None)
}

/// Any value as an array of numbers.
pub(crate) fn numbers(value: &Value, function: &str) -> PyResult<Array> {
    let array = Array::from_value(value, None)?;
    if array.dtype().is_number() {
        return Ok(array);
    }
    Err(Exception::type_error(format!(
        "{function} needs numbers, not an array of dtype {}",
        array.dtype()
    ))
    .with_hint("astype(float) makes numbers of texts and objects that hold numbers"))
}

/// Refuses an option that is not its default.
pub(crate) fn only(value: &Value, is_default: bool, what: &str, hint: &str) -> PyResult<()> {
    if is_default || value.is_none() {
        return Ok(());
    }
    Err(Exception::not_supported(format!("{what} is not in kerai's numpy"), hint))
}

thread_local! {
    static FUNCTIONS: Rc<HashMap<&'static str, Value>> = Rc::new(make());
}

fn make() -> HashMap<&'static str, Value> {
    let mut all: HashMap<&'static str, Value> = HashMap::new();
    for table in super::TABLES {
        all.extend(table.iter().map(|row| (row.name, row.value())));
    }
    all.extend(super::functions::ufuncs());
    all
}

/// The functions of `numpy` itself, made once per thread.
pub(crate) fn functions() -> Rc<HashMap<&'static str, Value>> {
    FUNCTIONS.with(Rc::clone)
}

/// A function by name.
pub(crate) fn function(name: &str) -> Option<Value> {
    FUNCTIONS.with(|functions| functions.get(name).cloned())
}
