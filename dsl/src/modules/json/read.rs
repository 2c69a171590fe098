//! JSON text to values.

use crate::runtime::arithmetic::overflow;
use crate::runtime::types::dict;
use crate::runtime::{Arguments, Dict, Exception, Key, PyResult, Value, context};

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    hook: &'a Value,
    pairs_hook: &'a Value,
}

/// The value of a JSON text.
pub(super) fn parse(text: &str, hook: &Value, pairs_hook: &Value) -> PyResult<Value> {
    let mut reader = Reader { text, at: 0, depth: 0, hook, pairs_hook };
    if text.starts_with('\u{feff}') {
        return Err(reader.error("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    reader.space();
    let value = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("Extra data", reader.at));
    }
    Ok(value)
}

impl Reader<'_> {
    fn error(&self, message: &str, at: usize) -> Box<Exception> {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let place = before.chars().count();
        Exception::new(
            "JSONDecodeError",
            format!("{message}: line {line} column {column} (char {place})"),
        )
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self) -> PyResult<Value> {
        const DEEPEST: usize = 900;
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::str)
            }
            Some(open @ (b'{' | b'[')) => {
                if self.depth > DEEPEST {
                    return Err(Exception::new(
                        "RecursionError",
                        "maximum recursion depth exceeded while decoding a JSON array",
                    ));
                }
                self.depth += 1;
                self.at += 1;
                let value = if open == b'{' { self.object() } else { self.array() };
                self.depth -= 1;
                value
            }
            Some(b'-' | b'0'..=b'9') if !self.text[self.at..].starts_with("-I") => {
                self.number(start)
            }
            _ => {
                let words = [
                    ("null", Value::None),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("NaN", Value::Float(f64::NAN)),
                    ("Infinity", Value::Float(f64::INFINITY)),
                    ("-Infinity", Value::Float(f64::NEG_INFINITY)),
                ];
                for (word, value) in words {
                    if self.take(word) {
                        return Ok(value);
                    }
                }
                let error = self.error("Expecting value", start);
                Err(if self.peek() == Some(b'\'') {
                    error.with_hint("JSON has double quotes: {\"name\": \"value\"}")
                } else {
                    error
                })
            }
        }
    }

    fn number(&mut self, start: usize) -> PyResult<Value> {
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            reader.at - from
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if digits(self) == 0 {
            return Err(self.error("Expecting value", start));
        }
        let mut is_float = false;
        let mut end = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if digits(self) > 0 {
                is_float = true;
                end = self.at;
            }
        }
        self.at = end;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if digits(self) > 0 {
                is_float = true;
                end = self.at;
            }
        }
        self.at = end;
        let text = self.text.get(start..end).unwrap_or("");
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        text.parse().map(Value::Int).map_err(|_| overflow(text))
    }

    fn string(&mut self) -> PyResult<String> {
        let begin = self.at - 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let Some(c) = rest.chars().next() else {
                return Err(self.error("Unterminated string starting at", begin));
            };
            let place = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let Some(escape) = self.text.get(self.at..).and_then(|r| r.chars().next())
                    else {
                        return Err(self.error("Unterminated string starting at", begin));
                    };
                    self.at += escape.len_utf8();
                    match escape {
                        '"' | '\\' | '/' => out.push(escape),
                        'b' => out.push('\x08'),
                        'f' => out.push('\x0c'),
                        'n' => out.push('\n'),
                        'r' => out.push('\r'),
                        't' => out.push('\t'),
                        'u' => out.push(self.unicode(place)?),
                        _ => return Err(self.error("Invalid \\escape", place)),
                    }
                }
                c if c < ' ' => {
                    return Err(self.error("Invalid control character at", place));
                }
                c => out.push(c),
            }
        }
    }

    fn unit(&mut self, place: usize) -> PyResult<u32> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
        match u32::from_str_radix(digits, 16) {
            Ok(unit) if digits.len() == 4 && !digits.starts_with('+') => {
                self.at += 4;
                Ok(unit)
            }
            _ => Err(self.error("Invalid \\uXXXX escape", place + 1)),
        }
    }

    fn unicode(&mut self, place: usize) -> PyResult<char> {
        let first = self.unit(place)?;
        if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
            let second = self.unit(self.at - 2)?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn array(&mut self) -> PyResult<Value> {
        let mut items = Vec::new();
        self.space();
        if self.take("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take("]") {
                return Ok(Value::list(items));
            }
            if !self.take(",") {
                return Err(self.error("Expecting ',' delimiter", self.at));
            }
            self.space();
        }
    }

    fn object(&mut self) -> PyResult<Value> {
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        self.space();
        if !self.take("}") {
            loop {
                if !self.take("\"") {
                    let message = "Expecting property name enclosed in double quotes";
                    return Err(self.error(message, self.at));
                }
                let name = Value::str(self.string()?);
                self.space();
                if !self.take(":") {
                    return Err(self.error("Expecting ':' delimiter", self.at));
                }
                self.space();
                pairs.push((name, self.value()?));
                self.space();
                if self.take("}") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.error("Expecting ',' delimiter", self.at));
                }
                self.space();
            }
        }
        if !self.pairs_hook.is_none() {
            let pairs = pairs.into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect();
            return context::call(self.pairs_hook, Arguments::positional([Value::list(pairs)]));
        }
        let entries: Dict = pairs.into_iter().map(|(k, v)| (Key(k), v)).collect();
        let value = dict::value(entries);
        if self.hook.is_none() {
            return Ok(value);
        }
        context::call(self.hook, Arguments::positional([value]))
    }
}
