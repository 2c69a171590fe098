//! `json`: values as text and back, with Python's spacing, escapes and messages.

mod read;
mod write;

use super::Module;
use crate::runtime::attributes;
use crate::runtime::types::bytes;
use crate::runtime::{Arguments, Exception, PyResult, Value};

const WRITE: &str = "obj, *, skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, cls=None, indent=None, separators=None, default=None, sort_keys=False";
const WRITE_FILE: &str = "obj, fp, *, skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, cls=None, indent=None, separators=None, default=None, sort_keys=False";
const READ: &str = "s, *, cls=None, object_hook=None, parse_float=None, parse_int=None, parse_constant=None, object_pairs_hook=None";

pub(super) fn module() -> Module {
    Module::new("json", "Values as JSON text, and back.")
        .with("JSONDecodeError", super::exception_class("JSONDecodeError", "ValueError"))
        .function("dumps", WRITE, "The JSON text of a value.", |v| {
            write::dumps(&v[0], &v[1..]).map(Value::str)
        })
        .function("dump", WRITE_FILE, "Writes the JSON text of a value to a file.", |mut v| {
            let file = v.remove(1);
            let text = Value::str(write::dumps(&v[0], &v[1..])?);
            attributes::call_method(&file, "write", Arguments::positional([text]))?;
            Ok(Value::None)
        })
        .function("loads", READ, "The value of a JSON text.", |v| loads(&v[0], &v[2], &v[6]))
        .function("load", &READ.replacen('s', "fp", 1), "The value of a JSON file.", |v| {
            let text = attributes::call_method(&v[0], "read", Arguments::default())?;
            loads(&text, &v[2], &v[6])
        })
}

fn loads(source: &Value, hook: &Value, pairs_hook: &Value) -> PyResult<Value> {
    let text = match source {
        Value::Str(text) => text.to_string(),
        other => match other.downcast::<bytes::Bytes>() {
            Some(data) => bytes::decode(&data.0, "utf-8", "strict")?,
            None => {
                return Err(Exception::type_error(format!(
                    "the JSON object must be str, bytes or bytearray, not {}",
                    other.type_name()
                )));
            }
        },
    };
    read::parse(&text, hook, pairs_hook)
}
