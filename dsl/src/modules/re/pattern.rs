//! Compiled patterns and what they do with a text.

use super::matched::Match;
use super::translate::translate;
use super::{Anchor, FLAGS, error};
use crate::runtime::object::Items;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value};
use crate::runtime::{attributes, context, format, iterate, operators};
use regex::{Captures, Regex, RegexBuilder};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

const METHODS: &[&str] =
    &["findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"];

/// `re.Pattern`
pub(super) struct Pattern {
    pub(super) source: Rc<str>,
    flags: i64,
    plain: Regex,
    /// The pattern with `\A` before it, and with `\z` behind it as well.
    start: OnceCell<Regex>,
    both: OnceCell<Regex>,
    translated: String,
}

thread_local! {
    static COMPILED: RefCell<HashMap<(Rc<str>, i64), Rc<Pattern>>> = RefCell::default();
}

const CLASS: NativeClass = NativeClass::new(
    "Pattern",
    "re",
    |_| Err(Exception::type_error("cannot create 're.Pattern' instances")),
    |value| value.downcast::<Pattern>().is_some(),
);

/// The class `re.Pattern`.
pub(super) fn kind() -> Value {
    class::intern(CLASS)
}

/// The compiled pattern of a text (or of a pattern, which stays as it is).
pub(super) fn compile(pattern: &Value, flags: &Value) -> PyResult<Rc<Pattern>> {
    if let Some(compiled) = pattern.downcast::<Pattern>() {
        return Ok(compiled);
    }
    let Value::Str(source) = pattern else {
        return Err(Exception::type_error("first argument must be string or compiled pattern"));
    };
    let flags = args::index(flags)?;
    let key = (source.clone(), flags);
    if let Some(known) = COMPILED.with(|table| table.borrow().get(&key).cloned()) {
        return Ok(known);
    }
    let translated = translate(source, flags)?;
    let compiled = Rc::new(Pattern {
        source: source.clone(),
        flags,
        plain: build(&translated)?,
        start: OnceCell::new(),
        both: OnceCell::new(),
        translated,
    });
    COMPILED.with(|table| {
        let mut table = table.borrow_mut();
        const MOST: usize = 500;
        if table.len() > MOST {
            table.clear();
        }
        table.insert(key, compiled.clone());
    });
    Ok(compiled)
}

fn build(pattern: &str) -> PyResult<Regex> {
    const LARGEST: usize = 1 << 26;
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|problem| {
        let text = problem.to_string();
        let reason = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
        let message = match &*reason {
            "unclosed group" => "missing ), unterminated subpattern".to_owned(),
            "unopened group" => "unbalanced parenthesis".to_owned(),
            "repetition operator missing expression" => "nothing to repeat".to_owned(),
            _ => reason,
        };
        error(message).with_received(format!("the pattern {}", format::quote(pattern)))
    })
}

fn text_of(value: &Value) -> PyResult<Rc<str>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => Err(Exception::type_error(format!(
            "expected string or bytes-like object, got '{}'",
            other.type_name()
        ))),
    }
}

impl Pattern {
    fn anchored(&self, anchor: Anchor) -> PyResult<&Regex> {
        let (cell, end) = match anchor {
            Anchor::None => return Ok(&self.plain),
            Anchor::Start => (&self.start, ""),
            Anchor::Both => (&self.both, r"\z"),
        };
        if let Some(known) = cell.get() {
            return Ok(known);
        }
        let line_end = if self.flags & 64 == 0 { "" } else { "\n" };
        let built = build(&format!(r"\A(?:{}{line_end}){end}", self.translated))?;
        Ok(cell.get_or_init(|| built))
    }

    /// The number of groups.
    pub(super) fn groups(&self) -> usize {
        self.plain.captures_len() - 1
    }

    /// The names of the groups with their numbers.
    pub(super) fn names(&self) -> Vec<(String, usize)> {
        let names = self.plain.capture_names().enumerate();
        names.filter_map(|(i, name)| Some((name?.to_owned(), i))).collect()
    }

    fn matched(
        self: &Rc<Self>,
        text: &Rc<str>,
        captures: &Captures<'_>,
        shift: usize,
    ) -> Rc<Match> {
        let spans = captures
            .iter()
            .map(|group| group.map(|g| (g.start() + shift, g.end() + shift)))
            .collect();
        Rc::new(Match { pattern: self.clone(), text: text.clone(), spans })
    }

    pub(super) fn find(
        self: &Rc<Self>,
        text: &Value,
        anchor: Anchor,
        start: i64,
        stop: Option<i64>,
    ) -> PyResult<Value> {
        let text = text_of(text)?;
        let byte = |place: i64| {
            let place = usize::try_from(place).unwrap_or(0);
            text.char_indices().nth(place).map_or(text.len(), |(i, _)| i)
        };
        let stop = stop.map_or(text.len(), byte);
        let start = byte(start).min(stop);
        let found = if anchor == Anchor::None {
            let head = text.get(..stop).unwrap_or("");
            self.plain.captures_at(head, start).map(|c| self.matched(&text, &c, 0))
        } else {
            let part = text.get(start..stop).unwrap_or("");
            self.anchored(anchor)?.captures(part).map(|c| self.matched(&text, &c, start))
        };
        Ok(found.map_or(Value::None, |found| Value::Object(found)))
    }

    /// All matches, one after the other; an empty one may follow a match at once, as in Python.
    fn all(self: &Rc<Self>, text: &Rc<str>) -> impl FnMut() -> Option<Rc<Match>> + use<> {
        let (pattern, text, mut at, mut done) = (self.clone(), text.clone(), 0, false);
        move || {
            if done {
                return None;
            }
            let Some(captures) = pattern.plain.captures_at(&text, at) else {
                done = true;
                return None;
            };
            let found = pattern.matched(&text, &captures, 0);
            let (start, end) = found.spans.first().copied().flatten().unwrap_or((0, 0));
            at = end;
            if start == end {
                match text.get(end..).and_then(|rest| rest.chars().next()) {
                    Some(c) => at += c.len_utf8(),
                    None => done = true,
                }
            }
            Some(found)
        }
    }

    pub(super) fn find_all(self: &Rc<Self>, text: &Value) -> PyResult<Value> {
        let mut next = self.all(&text_of(text)?);
        let mut found = Vec::new();
        while let Some(matched) = next() {
            let group = |i: usize| matched.group(i).unwrap_or_else(|| Value::str(""));
            found.push(match self.groups() {
                0 => group(0),
                1 => group(1),
                count => Value::tuple((1..=count).map(group).collect()),
            });
        }
        Ok(Value::list(found))
    }

    pub(super) fn find_iter(self: &Rc<Self>, text: &Value) -> PyResult<Value> {
        let mut next = self.all(&text_of(text)?);
        let items: Items = Box::new(move || Ok(next().map(|found| Value::Object(found))));
        Ok(iterate::iterator("callable_iterator", items))
    }

    /// The text with matches replaced, and how many were.
    pub(super) fn replace(
        self: &Rc<Self>,
        with: &Value,
        text: &Value,
        count: &Value,
    ) -> PyResult<(Value, i64)> {
        let text = text_of(text)?;
        let limit = match args::index(count)? {
            0 => i64::MAX,
            count => count,
        };
        let (mut out, mut at, mut done) = (String::new(), 0, 0);
        let mut next = self.all(&text);
        while done < limit {
            let Some(found) = next() else { break };
            let (start, end) = found.spans.first().copied().flatten().unwrap_or((0, 0));
            out.push_str(text.get(at..start).unwrap_or(""));
            match with {
                Value::Str(template) => out.push_str(&found.expand(template)?),
                function => {
                    let given = Arguments::positional([Value::Object(found.clone())]);
                    match context::call(function, given)? {
                        Value::Str(part) => out.push_str(&part),
                        Value::None => {}
                        other => {
                            return Err(Exception::type_error(format!(
                                "expected str instance, {} found",
                                other.type_name()
                            )));
                        }
                    }
                }
            }
            at = end;
            done += 1;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        Ok((Value::str(out), done))
    }

    pub(super) fn split(self: &Rc<Self>, text: &Value, most: &Value) -> PyResult<Value> {
        let text = text_of(text)?;
        let limit = match args::index(most)? {
            0 => i64::MAX,
            most => most,
        };
        let (mut parts, mut at, mut done) = (Vec::new(), 0, 0);
        let mut next = self.all(&text);
        while done < limit {
            let Some(found) = next() else { break };
            let (start, end) = found.spans.first().copied().flatten().unwrap_or((0, 0));
            parts.push(Value::str(text.get(at..start).unwrap_or("")));
            parts.extend((1..=self.groups()).map(|i| found.group(i).unwrap_or(Value::None)));
            at = end;
            done += 1;
        }
        parts.push(Value::str(text.get(at..).unwrap_or("")));
        Ok(Value::list(parts))
    }
}

impl Object for Pattern {
    fn type_name(&self) -> String {
        "re.Pattern".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(kind())
    }

    fn repr(&self) -> PyResult<String> {
        let names: Vec<String> = FLAGS
            .iter()
            .filter(|flag| self.flags & flag.2 != 0 && flag.1 != "UNICODE")
            .map(|flag| format!("re.{}", flag.1))
            .collect();
        let source: String = format::quote(&self.source).chars().take(200).collect();
        Ok(if names.is_empty() {
            format!("re.compile({source})")
        } else {
            format!("re.compile({source}, {})", names.join("|"))
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "pattern" => Some(Value::Str(self.source.clone())),
            "flags" => Some(Value::Int(self.flags | 32)),
            "groups" => Some(Value::Int(i64::try_from(self.groups()).unwrap_or(0))),
            "groupindex" => {
                let names = self.names().into_iter();
                Some(Value::dict(
                    names.map(|(name, i)| (name, Value::Int(i64::try_from(i).unwrap_or(0)))),
                ))
            }
            _ if METHODS.contains(&name) => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        let names = ["flags", "groupindex", "groups", "pattern"];
        names.iter().chain(METHODS).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let pattern = this.downcast::<Pattern>()?;
        let anchor = match name {
            "search" => Some(Anchor::None),
            "match" => Some(Anchor::Start),
            "fullmatch" => Some(Anchor::Both),
            _ => None,
        };
        if let Some(anchor) = anchor {
            let bound = args::bind(name, "string, pos=0, endpos=None", arguments);
            return Some(bound.and_then(|v| {
                let stop = if v[2].is_none() { None } else { operators::as_index(&v[2]) };
                pattern.find(&v[0], anchor, args::index(&v[1])?, stop)
            }));
        }
        Some(match name {
            "findall" => {
                args::bind(name, "string", arguments).and_then(|v| pattern.find_all(&v[0]))
            }
            "finditer" => {
                args::bind(name, "string", arguments).and_then(|v| pattern.find_iter(&v[0]))
            }
            "split" => args::bind(name, "string, maxsplit=0", arguments)
                .and_then(|v| pattern.split(&v[0], &v[1])),
            "sub" => args::bind(name, "repl, string, count=0", arguments)
                .and_then(|v| Ok(pattern.replace(&v[0], &v[1], &v[2])?.0)),
            "subn" => args::bind(name, "repl, string, count=0", arguments).and_then(|v| {
                let (text, count) = pattern.replace(&v[0], &v[1], &v[2])?;
                Ok(Value::tuple(vec![text, Value::Int(count)]))
            }),
            _ => return None,
        })
    }
}
