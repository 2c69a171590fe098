//! `re.Match`: what matched, and where.

use super::error;
use super::pattern::Pattern;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value};
use crate::runtime::{attributes, format, operators};
use std::rc::Rc;

const METHODS: &[&str] = &["end", "expand", "group", "groupdict", "groups", "span", "start"];

/// `re.Match`
pub(super) struct Match {
    pub(super) pattern: Rc<Pattern>,
    pub(super) text: Rc<str>,
    /// Bytes from and to, for the whole and for each group.
    pub(super) spans: Vec<Option<(usize, usize)>>,
}

const CLASS: NativeClass = NativeClass::new(
    "Match",
    "re",
    |_| Err(Exception::type_error("cannot create 're.Match' instances")),
    |value| value.downcast::<Match>().is_some(),
);

/// The class `re.Match`.
pub(super) fn kind() -> Value {
    class::intern(CLASS)
}

impl Match {
    /// The text of a group; `None` if it took no part.
    pub(super) fn group(&self, number: usize) -> Option<Value> {
        let (start, end) = self.spans.get(number).copied().flatten()?;
        self.text.get(start..end).map(Value::str)
    }

    fn number(&self, key: &Value) -> PyResult<usize> {
        let number = match key {
            Value::Str(name) => {
                self.pattern.names().iter().find(|(known, _)| known == &**name).map(|(_, i)| *i)
            }
            other => operators::as_index(other).and_then(|i| usize::try_from(i).ok()),
        };
        number
            .filter(|i| *i < self.spans.len())
            .ok_or_else(|| Exception::index_error("no such group"))
    }

    /// A template with `\1`, `\g<1>`, `\g<name>` and escapes filled in.
    pub(super) fn expand(&self, template: &str) -> PyResult<String> {
        let mut out = String::new();
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            let Some(escape) = chars.next() else {
                return Err(error("bad escape (end of pattern)"));
            };
            let key = match escape {
                'g' => {
                    if chars.next() != Some('<') {
                        return Err(error("missing <"));
                    }
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some('>') => break,
                            Some(c) => name.push(c),
                            None => return Err(error("missing >, unterminated name")),
                        }
                    }
                    match name.parse::<i64>() {
                        Ok(number) => Value::Int(number),
                        Err(_) => Value::str(name),
                    }
                }
                '0' => {
                    out.push('\0');
                    continue;
                }
                '1'..='9' => {
                    let mut number = i64::from(escape.to_digit(10).unwrap_or(0));
                    if let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                        number = number * 10 + i64::from(digit);
                        chars.next();
                    }
                    Value::Int(number)
                }
                'n' | 't' | 'r' | 'a' | 'b' | 'f' | 'v' => {
                    out.push(match escape {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'a' => '\x07',
                        'b' => '\x08',
                        'f' => '\x0c',
                        _ => '\x0b',
                    });
                    continue;
                }
                '\\' => {
                    out.push('\\');
                    continue;
                }
                c if c.is_ascii_alphabetic() => {
                    return Err(error(format!("bad escape \\{c}")));
                }
                c => {
                    out.push('\\');
                    out.push(c);
                    continue;
                }
            };
            let number = self.number(&key).map_err(|_| match &key {
                Value::Str(name) => {
                    Exception::index_error(format!("unknown group name {}", format::quote(name)))
                }
                other => error(format!(
                    "invalid group reference {}",
                    operators::as_index(other).unwrap_or(0)
                )),
            })?;
            if let Some(Value::Str(part)) = self.group(number) {
                out.push_str(&part);
            }
        }
        Ok(out)
    }

    /// Bytes as characters.
    fn place(&self, byte: usize) -> Value {
        let head = self.text.get(..byte).unwrap_or("");
        Value::Int(i64::try_from(head.chars().count()).unwrap_or(i64::MAX))
    }

    fn span(&self, number: usize) -> (Value, Value) {
        match self.spans.get(number).copied().flatten() {
            Some((start, end)) => (self.place(start), self.place(end)),
            None => (Value::Int(-1), Value::Int(-1)),
        }
    }

    fn method(&self, name: &str, arguments: Arguments) -> PyResult<Value> {
        let text = |number: usize| self.group(number).unwrap_or(Value::None);
        match name {
            "group" => {
                let numbers: Vec<usize> = arguments
                    .positional
                    .iter()
                    .map(|key| self.number(key))
                    .collect::<PyResult<_>>()?;
                Ok(match &numbers[..] {
                    [] => text(0),
                    [one] => text(*one),
                    many => Value::tuple(many.iter().map(|i| text(*i)).collect()),
                })
            }
            "groups" => {
                let default = args::bind(name, "default=None", arguments)?;
                let groups = (1..self.spans.len())
                    .map(|i| self.group(i).unwrap_or_else(|| default[0].clone()));
                Ok(Value::tuple(groups.collect()))
            }
            "groupdict" => {
                let default = args::bind(name, "default=None", arguments)?;
                let names = self.pattern.names().into_iter();
                Ok(Value::dict(
                    names.map(|(name, i)| {
                        (name, self.group(i).unwrap_or_else(|| default[0].clone()))
                    }),
                ))
            }
            "expand" => {
                let template = args::one("Match.expand", arguments)?.as_str("template")?;
                self.expand(&template).map(Value::str)
            }
            _ => {
                let given = args::between(&format!("Match.{name}"), 0, 1, arguments)?;
                let number = given.first().map_or(Ok(0), |key| self.number(key))?;
                let (start, end) = self.span(number);
                Ok(match name {
                    "start" => start,
                    "end" => end,
                    _ => Value::tuple(vec![start, end]),
                })
            }
        }
    }
}

impl Object for Match {
    fn type_name(&self) -> String {
        "re.Match".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(kind())
    }

    fn repr(&self) -> PyResult<String> {
        let (start, end) = self.span(0);
        let span = format::repr(&Value::tuple(vec![start, end]))?;
        let matched = format::repr(&self.group(0).unwrap_or(Value::None))?;
        let shown: String = matched.chars().take(50).collect();
        Ok(format!("<re.Match object; span={span}, match={shown}>"))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let last = self.spans.iter().rposition(Option::is_some).filter(|i| *i > 0);
        Ok(match name {
            "string" => Some(Value::Str(self.text.clone())),
            "re" => Some(Value::Object(self.pattern.clone())),
            "pos" => Some(Value::Int(0)),
            "endpos" => Some(self.place(self.text.len())),
            "lastindex" => {
                Some(last.and_then(|i| i64::try_from(i).ok()).map_or(Value::None, Value::Int))
            }
            "lastgroup" => {
                let names = self.pattern.names();
                let found = names.iter().find(|(_, i)| Some(*i) == last);
                Some(found.map_or(Value::None, |(name, _)| Value::str(name)))
            }
            _ if METHODS.contains(&name) => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        let names = ["lastgroup", "lastindex", "re", "string"];
        names.iter().chain(METHODS).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        METHODS.contains(&name).then(|| self.method(name, arguments))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        Ok(self.group(self.number(key)?).unwrap_or(Value::None))
    }
}
