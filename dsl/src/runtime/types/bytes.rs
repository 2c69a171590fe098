//! `bytes`: construction, methods, and the encodings between them and `str`.

use super::super::object::{BinaryOp, CompareOp, Items};
use super::super::sequence::{self, Slice};
use super::super::{Arguments, Exception, Native, Object, PyResult, Value};
use super::super::{attributes, format, hash, iterate, operators};
use super::args;

/// The methods of `bytes`.
pub(crate) const METHODS: &[&str] = &[
    "count",
    "decode",
    "endswith",
    "find",
    "hex",
    "join",
    "lower",
    "replace",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "upper",
];

/// `bytes`
pub struct Bytes(pub Vec<u8>);

/// A `bytes` value.
pub fn value(bytes: Vec<u8>) -> Value {
    Value::object(Bytes(bytes))
}

/// `bytes(...)`
pub(crate) fn construct(arguments: Arguments) -> PyResult<Value> {
    let values = args::bind("bytes", "source=None, encoding=None, errors='strict'", arguments)?;
    let [source, encoding, errors] = &values[..] else { return Ok(Value::None) };
    Ok(value(match source {
        Value::None => Vec::new(),
        Value::Str(text) => {
            if encoding.is_none() {
                return Err(Exception::type_error("string argument without an encoding"));
            }
            encode(text, &encoding.as_str("encoding")?, &errors.as_str("errors")?)?
        }
        Value::Int(count) => match usize::try_from(*count) {
            Ok(count) if count < sequence::LONGEST_TEXT => vec![0; count],
            _ => return Err(Exception::value_error("negative count")),
        },
        other => match other.downcast::<Bytes>() {
            Some(bytes) => bytes.0.clone(),
            None => iterate::collect(other)?
                .iter()
                .map(|item| {
                    u8::try_from(args::index(item)?)
                        .map_err(|_| Exception::value_error("bytes must be in range(0, 256)"))
                })
                .collect::<PyResult<_>>()?,
        },
    }))
}

/// `bytes.fromhex`
pub(crate) fn class_member(name: &str) -> Option<Value> {
    (name == "fromhex").then(|| {
        Native::value("fromhex", "string, /", "Bytes of hexadecimal digits.", |values| {
            let text = values.first().unwrap_or(&Value::None).as_str("fromhex() argument")?;
            let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            let bytes = digits.chunks(2).map(|pair| match pair {
                [a, b] => Some((a.to_digit(16)? * 16 + b.to_digit(16)?) as u8),
                _ => None,
            });
            let bytes: Option<Vec<u8>> = bytes.collect();
            bytes.map(value).ok_or_else(|| {
                Exception::value_error("non-hexadecimal number found in fromhex() arg")
            })
        })
    })
}

fn normalized(encoding: &str) -> String {
    encoding.to_lowercase().replace(['-', '_', ' '], "")
}

/// `text.encode(encoding, errors)`
pub(crate) fn encode(text: &str, encoding: &str, errors: &str) -> PyResult<Vec<u8>> {
    let limit = match &*normalized(encoding) {
        "utf8" | "u8" => return Ok(text.as_bytes().to_vec()),
        "ascii" | "usascii" => 0x80,
        "latin1" | "iso88591" | "l1" => 0x100,
        _ => return Err(unknown(encoding)),
    };
    let name = if limit == 0x80 { "ascii" } else { "latin-1" };
    let mut bytes = Vec::with_capacity(text.len());
    for (place, c) in text.chars().enumerate() {
        let code = u32::from(c);
        if code < limit {
            bytes.push(code as u8);
            continue;
        }
        match errors {
            "ignore" => {}
            "replace" => bytes.push(b'?'),
            _ => {
                let escaped = format::ascii(&format::quote(&c.to_string()));
                return Err(Exception::new(
                    "UnicodeEncodeError",
                    format!(
                        "'{name}' codec can't encode character {escaped} in position {place}: ordinal not in range({limit})"
                    ),
                ));
            }
        }
    }
    Ok(bytes)
}

/// `bytes.decode(encoding, errors)`
pub(crate) fn decode(bytes: &[u8], encoding: &str, errors: &str) -> PyResult<String> {
    match &*normalized(encoding) {
        "utf8" | "u8" => {}
        "utf8sig" => {
            let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            return decode(rest, "utf-8", errors);
        }
        "ascii" | "usascii" => {
            if let Some(place) = bytes.iter().position(|b| !b.is_ascii())
                && errors == "strict"
            {
                let byte = bytes.get(place).copied().unwrap_or(0);
                return Err(Exception::new(
                    "UnicodeDecodeError",
                    format!(
                        "'ascii' codec can't decode byte {byte:#04x} in position {place}: ordinal not in range(128)"
                    ),
                ));
            }
        }
        "latin1" | "iso88591" | "l1" => return Ok(bytes.iter().map(|&b| char::from(b)).collect()),
        _ => return Err(unknown(encoding)),
    }
    match (std::str::from_utf8(bytes), errors) {
        (Ok(text), _) => Ok(text.to_owned()),
        (Err(_), "replace") => Ok(String::from_utf8_lossy(bytes).into_owned()),
        (Err(_), "ignore") => Ok(String::from_utf8_lossy(bytes).replace('\u{fffd}', "")),
        (Err(error), _) => {
            let place = error.valid_up_to();
            let byte = bytes.get(place).copied().unwrap_or(0);
            let reason = match error.error_len() {
                None => "unexpected end of data",
                Some(_) if matches!(byte, 0x80..=0xc1 | 0xf5..=0xff) => "invalid start byte",
                Some(_) => "invalid continuation byte",
            };
            Err(Exception::new(
                "UnicodeDecodeError",
                format!(
                    "'utf-8' codec can't decode byte {byte:#04x} in position {place}: {reason}"
                ),
            )
            .with_hint("open(path, 'rb') reads bytes; encoding='latin-1' reads any text file"))
        }
    }
}

fn unknown(encoding: &str) -> Box<Exception> {
    Exception::new("LookupError", format!("unknown encoding: {encoding}"))
        .with_expected("'utf-8', 'ascii' or 'latin-1'")
}

/// The bytes of an argument.
pub(crate) fn expect(value: &Value) -> PyResult<Vec<u8>> {
    match value.downcast::<Bytes>() {
        Some(bytes) => Ok(bytes.0.clone()),
        None => Err(Exception::type_error(format!(
            "a bytes-like object is required, not '{}'",
            value.type_name()
        ))),
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    bytes.windows(part.len()).position(|window| window == part)
}

fn split_at_mark(bytes: &[u8], mark: &[u8]) -> Vec<Vec<u8>> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = find(rest, mark) {
        let (head, tail) = rest.split_at(at);
        parts.push(head.to_vec());
        rest = tail.get(mark.len()..).unwrap_or(&[]);
    }
    parts.push(rest.to_vec());
    parts
}

impl Bytes {
    fn method(&self, name: &str, arguments: Arguments) -> Option<PyResult<Value>> {
        let qualified = format!("bytes.{name}");
        let list = |parts: Vec<Vec<u8>>| Value::list(parts.into_iter().map(value).collect());
        Some(match name {
            "decode" => args::bind(name, "encoding='utf-8', errors='strict'", arguments).and_then(
                |values| {
                    let [encoding, errors] = &values[..] else { return Ok(Value::None) };
                    let (encoding, errors) =
                        (encoding.as_str("encoding")?, errors.as_str("errors")?);
                    decode(&self.0, &encoding, &errors).map(Value::str)
                },
            ),
            "hex" => args::none(&qualified, arguments).map(|()| {
                Value::str(self.0.iter().map(|b| format!("{b:02x}")).collect::<String>())
            }),
            "upper" => {
                args::none(&qualified, arguments).map(|()| value(self.0.to_ascii_uppercase()))
            }
            "lower" => {
                args::none(&qualified, arguments).map(|()| value(self.0.to_ascii_lowercase()))
            }
            "strip" => {
                args::none(&qualified, arguments).map(|()| value(self.0.trim_ascii().to_vec()))
            }
            "startswith" | "endswith" => args::one(&qualified, arguments).and_then(|part| {
                let part = expect(&part)?;
                Ok(Value::Bool(if name == "startswith" {
                    self.0.starts_with(&part)
                } else {
                    self.0.ends_with(&part)
                }))
            }),
            "find" => args::one(&qualified, arguments).and_then(|part| {
                let place = find(&self.0, &expect(&part)?);
                Ok(Value::Int(place.and_then(|i| i64::try_from(i).ok()).unwrap_or(-1)))
            }),
            "count" => args::one(&qualified, arguments).and_then(|part| {
                let part = expect(&part)?;
                let count = if part.is_empty() {
                    self.0.len() + 1
                } else {
                    split_at_mark(&self.0, &part).len() - 1
                };
                Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
            }),
            "replace" => args::between(&qualified, 2, 2, arguments).and_then(|values| {
                let (old, new) = (expect(&values[0])?, expect(&values[1])?);
                if old.is_empty() {
                    return Err(Exception::value_error("empty pattern"));
                }
                Ok(value(split_at_mark(&self.0, &old).join(&new[..])))
            }),
            "split" => args::bind(name, "sep=None, maxsplit=-1", arguments).and_then(|values| {
                if values[0].is_none() {
                    let parts = self.0.split(u8::is_ascii_whitespace).filter(|p| !p.is_empty());
                    return Ok(list(parts.map(<[u8]>::to_vec).collect()));
                }
                let mark = expect(&values[0])?;
                if mark.is_empty() {
                    return Err(Exception::value_error("empty separator"));
                }
                Ok(list(split_at_mark(&self.0, &mark)))
            }),
            "splitlines" => args::none(&qualified, arguments).map(|()| {
                let mut parts = split_at_mark(&self.0, b"\n");
                if parts.last().is_some_and(Vec::is_empty) {
                    parts.pop();
                }
                for part in &mut parts {
                    if part.last() == Some(&b'\r') {
                        part.pop();
                    }
                }
                list(parts)
            }),
            "join" => args::one(&qualified, arguments).and_then(|items| {
                let parts: Vec<Vec<u8>> =
                    iterate::collect(&items)?.iter().map(expect).collect::<PyResult<_>>()?;
                Ok(value(parts.join(&self.0[..])))
            }),
            _ => return None,
        })
    }
}

impl Object for Bytes {
    fn type_name(&self) -> String {
        "bytes".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format::quote_bytes(&self.0))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(METHODS.contains(&name).then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        METHODS.iter().map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        self.method(name, arguments)
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.0.len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        if let Some(slice) = key.downcast::<Slice>() {
            return Ok(value(slice.span(self.0.len())?.pick(&self.0)));
        }
        let index = operators::as_index(key).ok_or_else(|| {
            Exception::type_error(format!(
                "byte indices must be integers or slices, not {}",
                key.type_name()
            ))
        })?;
        match sequence::place(index, self.0.len()).and_then(|i| self.0.get(i)) {
            Some(byte) => Ok(Value::Int(i64::from(*byte))),
            None => Err(Exception::index_error("index out of range")),
        }
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(match operators::as_index(item) {
            Some(number) => match u8::try_from(number) {
                Ok(byte) => Ok(self.0.contains(&byte)),
                Err(_) => Err(Exception::value_error("byte must be in range(0, 256)")),
            },
            None => expect(item).map(|part| find(&self.0, &part).is_some()),
        })
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let (this, mut next) = (this.downcast::<Bytes>()?, 0);
        Some(Ok(Box::new(move || {
            next += 1;
            Ok(this.0.get(next - 1).map(|&byte| Value::Int(i64::from(byte))))
        })))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        match (op, other) {
            (BinaryOp::Add, _) if !reflected => Some(match other.downcast::<Bytes>() {
                Some(other) => Ok(value([&self.0[..], &other.0[..]].concat())),
                None => Err(Exception::type_error(format!(
                    "can't concat {} to bytes",
                    other.type_name()
                ))),
            }),
            (BinaryOp::Mul, Value::Int(times)) => {
                let times = usize::try_from(*times).unwrap_or(0);
                if self.0.len().saturating_mul(times) > sequence::LONGEST_TEXT {
                    return Some(Err(Exception::new("MemoryError", "")));
                }
                Some(Ok(value(self.0.repeat(times))))
            }
            _ => None,
        }
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<Bytes>()?;
        Some(Ok(Value::Bool(operators::holds(op, self.0.cmp(&other.0)))))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        let text: String = self.0.iter().map(|&b| char::from(b)).collect();
        hash::hash(&Value::str(text)).map(|hash| Some(hash.cast_unsigned()))
    }
}
