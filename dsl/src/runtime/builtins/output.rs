//! `print`, `input` and `open`.

use super::super::types::file;
use super::super::{Arguments, Exception, PyResult, Value};
use super::super::{attributes, context, format, operators};
use super::Row;

pub(super) const TABLE: &[Row] = &[
    (
        "print",
        "*args, sep=' ', end='\n', file=None, flush=False",
        "Writes values to standard output.",
        print,
    ),
    (
        "open",
        file::OPEN_SIGNATURE,
        "A file: 'r' reads, 'w' writes, 'a' appends; with 'b' for bytes.",
        file::open,
    ),
    ("input", "prompt='', /", "One line from the keyboard.", input),
];

fn separator(value: &Value, name: &str, default: &'static str) -> PyResult<std::rc::Rc<str>> {
    match value {
        Value::None => Ok(default.into()),
        Value::Str(text) => Ok(text.clone()),
        other => Err(Exception::type_error(format!(
            "{name} must be None or a string, not {}",
            other.type_name()
        ))),
    }
}

fn print(values: Vec<Value>) -> PyResult<Value> {
    let [Value::Tuple(items), between, end, file, flush] = &values[..] else {
        return Ok(Value::None);
    };
    let between = separator(between, "sep", " ")?;
    let end = separator(end, "end", "\n")?;
    let mut line = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            line.push_str(&between);
        }
        match item {
            Value::Str(text) => line.push_str(text),
            other => line.push_str(&format::str(other)?),
        }
    }
    line.push_str(&end);
    if file.is_none() {
        context::text(&line);
        return Ok(Value::None);
    }
    attributes::call_method(file, "write", Arguments::positional([Value::str(line)]))?;
    if operators::truth(flush)? {
        attributes::call_method(file, "flush", Arguments::default())?;
    }
    Ok(Value::None)
}

fn input(values: Vec<Value>) -> PyResult<Value> {
    let prompt = format::str(&values[0])?;
    context::read_line(&prompt, false).map(Value::str)
}
