//! `re`: regular expressions through the `regex` crate. What that crate cannot do (look-around, backreferences) is refused.

mod matched;
mod pattern;
mod translate;

use super::Module;
use crate::runtime::{Exception, PyResult, Value};
use pattern::Pattern;
use std::rc::Rc;

/// Flags by name and number.
const FLAGS: &[(&str, &str, i64)] = &[
    ("A", "ASCII", 256),
    ("I", "IGNORECASE", 2),
    ("L", "LOCALE", 4),
    ("M", "MULTILINE", 8),
    ("S", "DOTALL", 16),
    ("U", "UNICODE", 32),
    ("X", "VERBOSE", 64),
];

pub(super) fn module() -> Module {
    let mut module = Module::new("re", "Regular expressions.")
        .with("error", super::exception_class("error", "Exception"))
        .with("Pattern", pattern::kind())
        .with("Match", matched::kind())
        .with("NOFLAG", Value::Int(0));
    for (short, long, number) in FLAGS {
        module = module.with(short, Value::Int(*number)).with(long, Value::Int(*number));
    }
    type Code = fn(&Rc<Pattern>, &[Value]) -> PyResult<Value>;
    let searches: &[(&str, &str, Code)] = &[
        ("search", "The first place where a pattern matches.", |p, v| {
            p.find(&v[0], Anchor::None, 0, None)
        }),
        ("match", "A match at the beginning.", |p, v| p.find(&v[0], Anchor::Start, 0, None)),
        ("fullmatch", "A match of the whole text.", |p, v| p.find(&v[0], Anchor::Both, 0, None)),
        ("findall", "The texts of all matches.", |p, v| p.find_all(&v[0])),
        ("finditer", "All matches.", |p, v| p.find_iter(&v[0])),
    ];
    for (name, doc, code) in searches {
        module = module.function(name, "pattern, string, flags=0", doc, move |v| {
            code(&pattern::compile(&v[0], &v[2])?, &v[1..])
        });
    }
    module
        .function("compile", "pattern, flags=0", "A pattern to be used several times.", |v| {
            Ok(Value::Object(pattern::compile(&v[0], &v[1])?))
        })
        .function(
            "sub",
            "pattern, repl, string, count=0, flags=0",
            "The text with all matches replaced.",
            |v| {
                let (text, _) = pattern::compile(&v[0], &v[4])?.replace(&v[1], &v[2], &v[3])?;
                Ok(text)
            },
        )
        .function(
            "subn",
            "pattern, repl, string, count=0, flags=0",
            "As sub, with the number of replacements.",
            |v| {
                let (text, count) = pattern::compile(&v[0], &v[4])?.replace(&v[1], &v[2], &v[3])?;
                Ok(Value::tuple(vec![text, Value::Int(count)]))
            },
        )
        .function(
            "split",
            "pattern, string, maxsplit=0, flags=0",
            "The parts between matches.",
            |v| pattern::compile(&v[0], &v[3])?.split(&v[1], &v[2]),
        )
        .function("escape", "pattern", "A pattern that matches this text.", |v| {
            Ok(Value::str(escape(&v[0].as_str("escape() argument")?)))
        })
        .function("purge", "", "Accepted.", |_| Ok(Value::None))
}

/// Where a match must begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    None,
    Start,
    Both,
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `re.error`
fn error(message: impl Into<String>) -> Box<Exception> {
    Exception::new("error", message)
}
