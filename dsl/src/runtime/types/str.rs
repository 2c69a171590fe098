//! `str`: construction and methods.

use super::super::{Arguments, Exception, Key, Native, PyResult, Value};
use super::super::{attributes, format, iterate, operators};
use super::str_test::{self, is_line_end, is_space};
use super::{args, bytes};
use std::rc::Rc;

/// The methods of `str`.
pub(crate) const METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// `str(...)`
pub(crate) fn construct(arguments: Arguments) -> PyResult<Value> {
    if arguments.positional.len() == 1 && arguments.keywords.is_empty() {
        return format::str(&arguments.positional[0]).map(Value::str);
    }
    let values = args::bind("str", "object='', encoding=None, errors='strict'", arguments)?;
    let [object, encoding, errors] = &values[..] else { return Ok(Value::None) };
    if encoding.is_none() {
        return format::str(object).map(Value::str);
    }
    match object.downcast::<bytes::Bytes>() {
        Some(data) => {
            bytes::decode(&data.0, &encoding.as_str("encoding")?, &errors.as_str("errors")?)
                .map(Value::str)
        }
        None => Err(Exception::type_error(format!(
            "decoding to str: need a bytes-like object, {} found",
            object.type_name()
        ))),
    }
}

/// `str.maketrans`
pub(crate) fn class_member(name: &str) -> Option<Value> {
    (name == "maketrans").then(|| {
        Native::value("maketrans", "x, y=None, z=None, /", "A table for translate.", make_table)
    })
}

/// `text.name(...)`; `None`: there is no such method.
pub(crate) fn call_method(
    text: &Rc<str>,
    name: &str,
    arguments: Arguments,
) -> Option<PyResult<Value>> {
    let qualified = || format!("str.{name}");
    let plain = |arguments, result: fn(&str) -> String| {
        args::none(&qualified(), arguments).map(|()| Value::str(result(text)))
    };
    Some(match name {
        "upper" => plain(arguments, str::to_uppercase),
        "lower" => plain(arguments, str::to_lowercase),
        "casefold" => plain(arguments, |s| s.to_lowercase().replace('ß', "ss")),
        "capitalize" => plain(arguments, capitalize),
        "title" => plain(arguments, title),
        "swapcase" => plain(arguments, swap_case),
        "isalnum" | "isalpha" | "isascii" | "isdecimal" | "isdigit" | "isidentifier"
        | "islower" | "isnumeric" | "isprintable" | "isspace" | "istitle" | "isupper" => {
            args::none(&qualified(), arguments).map(|()| Value::Bool(str_test::test(text, name)))
        }
        "split" | "rsplit" => split(text, name, arguments),
        "splitlines" => splitlines(text, arguments),
        "strip" | "lstrip" | "rstrip" => strip(text, name, arguments),
        "join" => args::one("str.join", arguments).and_then(|items| join(text, &items)),
        "replace" => replace(text, arguments),
        "find" | "rfind" | "index" | "rindex" => find(text, name, arguments),
        "count" => count(text, arguments),
        "startswith" | "endswith" => starts(text, name, arguments),
        "center" | "ljust" | "rjust" => justify(text, name, arguments),
        "zfill" => args::one("str.zfill", arguments).and_then(|width| zero_fill(text, &width)),
        "partition" | "rpartition" => {
            args::one(&qualified(), arguments).and_then(|mark| partition(text, name, &mark))
        }
        "removeprefix" => args::one(&qualified(), arguments).and_then(|prefix| {
            let prefix = text_argument("removeprefix() argument", &prefix)?;
            Ok(Value::str(text.strip_prefix(&*prefix).unwrap_or(text)))
        }),
        "removesuffix" => args::one(&qualified(), arguments).and_then(|suffix| {
            let suffix = text_argument("removesuffix() argument", &suffix)?;
            Ok(Value::str(text.strip_suffix(&*suffix).unwrap_or(text)))
        }),
        "expandtabs" => args::bind("expandtabs", "tabsize=8", arguments)
            .and_then(|values| Ok(Value::str(expand_tabs(text, args::index(&values[0])?)))),
        "format" => format::format_template(text, &arguments).map(Value::str),
        "format_map" => args::one(&qualified(), arguments)
            .and_then(|mapping| format::format_map(text, &mapping).map(Value::str)),
        "translate" => args::one(&qualified(), arguments).and_then(|table| translate(text, &table)),
        "maketrans" => args::between(&qualified(), 1, 3, arguments).and_then(|mut values| {
            values.resize(3, Value::None);
            make_table(values)
        }),
        "encode" => args::bind("encode", "encoding='utf-8', errors='strict'", arguments).and_then(
            |values| {
                let [encoding, errors] = &values[..] else { return Ok(Value::None) };
                let (encoding, errors) = (encoding.as_str("encoding")?, errors.as_str("errors")?);
                bytes::encode(text, &encoding, &errors).map(bytes::value)
            },
        ),
        _ => return None,
    })
}

fn text_argument(what: &str, value: &Value) -> PyResult<Rc<str>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => {
            Err(Exception::type_error(format!("{what} must be str, not {}", other.type_name())))
        }
    }
}

fn must_be_str(value: &Value) -> PyResult<Rc<str>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => Err(Exception::type_error(format!("must be str, not {}", other.type_name()))),
    }
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cased = false;
    for c in text.chars() {
        if after_cased {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        after_cased = c.is_uppercase() || c.is_lowercase();
    }
    out
}

fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
    }
    out
}

fn split(text: &str, name: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::bind(name, "sep=None, maxsplit=-1", arguments)?;
    let [separator, limit] = &values[..] else { return Ok(Value::None) };
    let limit = usize::try_from(args::index(limit)?).ok();
    let parts: Vec<&str> = match separator {
        Value::None => split_spaces(text, name == "rsplit", limit),
        Value::Str(mark) if mark.is_empty() => {
            return Err(Exception::value_error("empty separator"));
        }
        Value::Str(mark) => match (name, limit) {
            (_, None) => text.split(&**mark).collect(),
            ("split", Some(limit)) => text.splitn(limit.saturating_add(1), &**mark).collect(),
            (_, Some(limit)) => {
                let mut parts: Vec<&str> = text.rsplitn(limit.saturating_add(1), &**mark).collect();
                parts.reverse();
                parts
            }
        },
        other => {
            return Err(Exception::type_error(format!(
                "must be str or None, not {}",
                other.type_name()
            )));
        }
    };
    Ok(Value::list(parts.into_iter().map(Value::str).collect()))
}

fn split_spaces(text: &str, from_right: bool, limit: Option<usize>) -> Vec<&str> {
    let Some(limit) = limit else {
        return text.split(is_space).filter(|part| !part.is_empty()).collect();
    };
    let mut parts = Vec::new();
    let mut rest = text;
    if from_right {
        rest = rest.trim_end_matches(is_space);
        while !rest.is_empty() {
            if parts.len() == limit {
                parts.push(rest);
                break;
            }
            let start = rest
                .char_indices()
                .rev()
                .find(|(_, c)| is_space(*c))
                .map_or(0, |(i, c)| i + c.len_utf8());
            let (head, part) = rest.split_at(start);
            parts.push(part);
            rest = head.trim_end_matches(is_space);
        }
        parts.reverse();
        return parts;
    }
    rest = rest.trim_start_matches(is_space);
    while !rest.is_empty() {
        if parts.len() == limit {
            parts.push(rest);
            break;
        }
        let (part, tail) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        parts.push(part);
        rest = tail.trim_start_matches(is_space);
    }
    parts
}

/// The lines of a text; with their ends if `keep`.
pub(crate) fn lines(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if !is_line_end(c) {
            continue;
        }
        let mut end = i + c.len_utf8();
        if c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
            chars.next();
            end += 1;
        }
        lines.push(text.get(start..if keep { end } else { i }).unwrap_or(""));
        start = end;
    }
    if start < text.len() {
        lines.push(text.get(start..).unwrap_or(""));
    }
    lines
}

fn splitlines(text: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::bind("splitlines", "keepends=False", arguments)?;
    let keep = operators::truth(&values[0])?;
    Ok(Value::list(lines(text, keep).into_iter().map(Value::str).collect()))
}

fn strip(text: &str, name: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::between(&format!("str.{name}"), 0, 1, arguments)?;
    let set: Option<Vec<char>> = match values.first() {
        None | Some(Value::None) => None,
        Some(Value::Str(chars)) => Some(chars.chars().collect()),
        Some(_) => {
            return Err(Exception::type_error(format!("{name} arg must be None or str")));
        }
    };
    let drop = |c: char| match &set {
        Some(set) => set.contains(&c),
        None => is_space(c),
    };
    let mut rest = text;
    if name != "rstrip" {
        rest = rest.trim_start_matches(drop);
    }
    if name != "lstrip" {
        rest = rest.trim_end_matches(drop);
    }
    Ok(Value::str(rest))
}

fn join(text: &str, items: &Value) -> PyResult<Value> {
    let items = iterate::collect_or(items, "can only join an iterable")?;
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(text);
        }
        match item {
            Value::Str(part) => out.push_str(part),
            other => {
                return Err(Exception::type_error(format!(
                    "sequence item {i}: expected str instance, {} found",
                    other.type_name()
                ))
                .with_hint(format!("{}.join(str(item) for item in items)", format::quote(text))));
            }
        }
    }
    Ok(Value::str(out))
}

fn replace(text: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::between("str.replace", 2, 3, arguments)?;
    let old = text_argument("replace() argument 1", &values[0])?;
    let new = text_argument("replace() argument 2", &values[1])?;
    let limit = values.get(2).map_or(Ok(-1), args::index)?;
    Ok(Value::str(match usize::try_from(limit) {
        Ok(limit) => text.replacen(&*old, &new, limit),
        Err(_) => text.replace(&*old, &new),
    }))
}

/// What is looked for, and perhaps from where to where.
fn region_arguments(name: &str, arguments: Arguments) -> PyResult<Vec<Value>> {
    let given = arguments.positional.len();
    let problem = match given {
        1..=3 => return args::between(&format!("str.{name}"), 1, 3, arguments),
        0 => "at least 1 argument",
        _ => "at most 3 arguments",
    };
    Err(Exception::type_error(format!("{name}() takes {problem} ({given} given)")))
}

/// The part of a text between two indices, and how many characters precede it; `None` if they are crossed.
fn region<'a>(text: &'a str, values: &[Value]) -> PyResult<Option<(usize, &'a str)>> {
    if values.is_empty() {
        return Ok(Some((0, text)));
    }
    let length = text.chars().count();
    let signed = i64::try_from(length).unwrap_or(i64::MAX);
    let bound = |i: usize, default: i64| -> PyResult<i64> {
        match values.get(i) {
            None | Some(Value::None) => Ok(default),
            Some(value) => {
                let index = operators::as_index(value).ok_or_else(|| {
                    Exception::type_error(
                        "slice indices must be integers or None or have an __index__ method",
                    )
                })?;
                Ok(if index < 0 { (index + signed).max(0) } else { index })
            }
        }
    };
    let (start, stop) = (bound(0, 0)?, bound(1, signed)?.min(signed));
    if start > stop {
        return Ok(None);
    }
    let (start, stop) = (usize::try_from(start).unwrap_or(0), usize::try_from(stop).unwrap_or(0));
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(i, _)| i);
    Ok(Some((start, text.get(byte(start)..byte(stop)).unwrap_or(""))))
}

fn find(text: &str, name: &str, arguments: Arguments) -> PyResult<Value> {
    let values = region_arguments(name, arguments)?;
    let part = must_be_str(&values[0])?;
    let found = region(text, &values[1..])?.and_then(|(before, region)| {
        let at = if name.starts_with('r') { region.rfind(&*part) } else { region.find(&*part) }?;
        Some(before + region.get(..at).map_or(0, |head| head.chars().count()))
    });
    match found {
        Some(place) => Ok(Value::Int(i64::try_from(place).unwrap_or(i64::MAX))),
        None if name.ends_with("index") => Err(Exception::value_error("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}

fn count(text: &str, arguments: Arguments) -> PyResult<Value> {
    let values = region_arguments("count", arguments)?;
    let part = must_be_str(&values[0])?;
    let count = region(text, &values[1..])?.map_or(0, |(_, region)| region.matches(&*part).count());
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn starts(text: &str, name: &str, arguments: Arguments) -> PyResult<Value> {
    let values = region_arguments(name, arguments)?;
    let Some((_, region)) = region(text, &values[1..])? else { return Ok(Value::Bool(false)) };
    let holds = |part: &str| {
        if name == "startswith" { region.starts_with(part) } else { region.ends_with(part) }
    };
    match &values[0] {
        Value::Str(part) => Ok(Value::Bool(holds(part))),
        Value::Tuple(parts) => {
            for part in parts.iter() {
                let Value::Str(part) = part else {
                    return Err(Exception::type_error(format!(
                        "tuple for {name} must only contain str, not {}",
                        part.type_name()
                    )));
                };
                if holds(part) {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        other => Err(Exception::type_error(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            other.type_name()
        ))),
    }
}

fn width_of(value: &Value) -> PyResult<usize> {
    const WIDEST: usize = 1 << 28;
    let width = usize::try_from(args::index(value)?).unwrap_or(0);
    if width > WIDEST { Err(Exception::new("MemoryError", "")) } else { Ok(width) }
}

fn justify(text: &str, name: &str, arguments: Arguments) -> PyResult<Value> {
    let values = args::between(&format!("str.{name}"), 1, 2, arguments)?;
    let width = width_of(&values[0])?;
    let fill = match values.get(1) {
        None => ' ',
        Some(Value::Str(fill)) => match (fill.chars().next(), fill.chars().nth(1)) {
            (Some(fill), None) => fill,
            _ => {
                return Err(Exception::type_error(
                    "The fill character must be exactly one character long",
                ));
            }
        },
        Some(other) => {
            return Err(Exception::type_error(format!(
                "The fill character must be a unicode character, not {}",
                other.type_name()
            )));
        }
    };
    let missing = width.saturating_sub(text.chars().count());
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        // CPython puts the odd one to the left when the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    let run = |n: usize| std::iter::repeat_n(fill, n);
    Ok(Value::str(run(left).chain(text.chars()).chain(run(missing - left)).collect::<String>()))
}

fn zero_fill(text: &str, width: &Value) -> PyResult<Value> {
    let missing = width_of(width)?.saturating_sub(text.chars().count());
    let zeros = "0".repeat(missing);
    Ok(Value::str(match text.strip_prefix(['+', '-']) {
        Some(rest) => format!("{}{zeros}{rest}", &text[..1]),
        None => format!("{zeros}{text}"),
    }))
}

fn partition(text: &str, name: &str, mark: &Value) -> PyResult<Value> {
    let mark = must_be_str(mark)?;
    if mark.is_empty() {
        return Err(Exception::value_error("empty separator"));
    }
    let found =
        if name == "partition" { text.split_once(&*mark) } else { text.rsplit_once(&*mark) };
    let parts = match found {
        Some((head, tail)) => [head, &*mark, tail],
        None if name == "partition" => [text, "", ""],
        None => ["", "", text],
    };
    Ok(Value::tuple(parts.into_iter().map(Value::str).collect()))
}

fn expand_tabs(text: &str, size: i64) -> String {
    let size = usize::try_from(size).unwrap_or(0).min(1 << 16);
    let (mut out, mut column) = (String::new(), 0);
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

fn make_table(values: Vec<Value>) -> PyResult<Value> {
    let code = |c: char| Key(Value::Int(i64::from(u32::from(c))));
    let mut table = super::super::Dict::new();
    match &values[..] {
        [Value::Dict(dict), Value::None, Value::None] => {
            for (key, value) in dict.borrow().iter() {
                let key = match &key.0 {
                    Value::Str(text) => match (text.chars().next(), text.chars().nth(1)) {
                        (Some(c), None) => code(c),
                        _ => {
                            return Err(Exception::value_error(
                                "string keys in translate table must be of length 1",
                            ));
                        }
                    },
                    _ => key.clone(),
                };
                table.insert(key, value.clone());
            }
        }
        [_, Value::None, _] => {
            return Err(Exception::type_error(
                "if you give only one argument to maketrans it must be a dict",
            ));
        }
        [from, to, gone] => {
            let (from, to) = (must_be_str(from)?, must_be_str(to)?);
            if from.chars().count() != to.chars().count() {
                return Err(Exception::value_error(
                    "the first two maketrans arguments must have equal length",
                ));
            }
            for (a, b) in from.chars().zip(to.chars()) {
                table.insert(code(a), Value::Int(i64::from(u32::from(b))));
            }
            if !gone.is_none() {
                for c in must_be_str(gone)?.chars() {
                    table.insert(code(c), Value::None);
                }
            }
        }
        _ => {}
    }
    Ok(super::dict::value(table))
}

fn translate(text: &str, table: &Value) -> PyResult<Value> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let key = Value::Int(i64::from(u32::from(c)));
        let found = match attributes::item(table, &key) {
            Ok(value) => value,
            Err(error) if matches!(&*error.class, "KeyError" | "IndexError" | "LookupError") => {
                out.push(c);
                continue;
            }
            Err(error) => return Err(error),
        };
        match found {
            Value::None => {}
            Value::Str(text) => out.push_str(&text),
            Value::Int(code) => {
                let c = u32::try_from(code).ok().and_then(char::from_u32).ok_or_else(|| {
                    Exception::value_error("character mapping must be in range(0x110000)")
                })?;
                out.push(c);
            }
            _ => {
                return Err(Exception::type_error(
                    "character mapping must return integer, None or str",
                ));
            }
        }
    }
    Ok(Value::str(out))
}
