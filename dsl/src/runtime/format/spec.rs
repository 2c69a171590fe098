//! The format mini language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use super::super::{Exception, PyResult, Value};
use super::float;

/// A parsed format specification.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spec {
    pub(crate) fill: Option<char>,
    pub(crate) align: Option<char>,
    pub(crate) sign: Option<char>,
    pub(crate) no_negative_zero: bool,
    pub(crate) alternate: bool,
    pub(crate) zero: bool,
    pub(crate) width: usize,
    pub(crate) grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

/// Fields wider than this are refused before the machine runs out of memory.
pub(crate) const WIDEST: usize = 1 << 28;

fn invalid() -> Box<Exception> {
    Exception::value_error("Invalid format specifier")
        .with_expected("[[fill]align][sign][#][0][width][,][.precision][type], as in '>8.2f'")
}

impl Spec {
    fn parse(text: &str) -> PyResult<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut spec = Spec::default();
        let mut at = 0;
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '=' | '^'));
        if is_align(chars.get(1)) {
            spec.fill = chars.first().copied();
            spec.align = chars.get(1).copied();
            at = 2;
        } else if is_align(chars.first()) {
            spec.align = chars.first().copied();
            at = 1;
        }
        let mut take = |wanted: &[char]| {
            let found = chars.get(at).copied().filter(|c| wanted.contains(c));
            at += usize::from(found.is_some());
            found
        };
        spec.sign = take(&['+', '-', ' ']);
        spec.no_negative_zero = take(&['z']).is_some();
        spec.alternate = take(&['#']).is_some();
        if spec.fill.is_none() && take(&['0']).is_some() {
            spec.zero = true;
        }
        spec.width = number(&chars, &mut at)?.unwrap_or(0);
        if let Some(&mark @ (',' | '_')) = chars.get(at) {
            spec.grouping = Some(mark);
            at += 1;
            match (mark, chars.get(at)) {
                (a, Some(b)) if a == *b => {
                    return Err(Exception::value_error(format!(
                        "Cannot specify '{a}' with '{b}'."
                    )));
                }
                (_, Some(',' | '_')) => {
                    return Err(Exception::value_error("Cannot specify both ',' and '_'."));
                }
                _ => {}
            }
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            match number(&chars, &mut at)? {
                Some(precision) => spec.precision = Some(precision),
                None => return Err(Exception::value_error("Format specifier missing precision")),
            }
        }
        if let Some(&kind) = chars.get(at) {
            spec.kind = Some(kind);
            at += 1;
        }
        if at < chars.len() {
            return Err(invalid());
        }
        Ok(spec)
    }

    /// Pads text on the side that the alignment says.
    pub(crate) fn pad(&self, text: &str, default_align: char) -> String {
        let length = text.chars().count();
        if length >= self.width {
            return text.to_owned();
        }
        let missing = self.width - length;
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let left = match self.align.unwrap_or(default_align) {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        let run = |n: usize| std::iter::repeat_n(fill, n);
        run(left).chain(text.chars()).chain(run(missing - left)).collect()
    }

    /// Puts sign, prefix and digits together with padding and grouping.
    /// `rest` is what follows the digits: fraction, exponent, percent sign.
    fn number(&self, negative: bool, prefix: &str, digits: &str, rest: &str) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let group = if matches!(self.kind, Some('b' | 'o' | 'x' | 'X')) { 4 } else { 3 };
        let grouped = |digits: &str, least: usize| match self.grouping {
            Some(mark) => group_digits(digits, mark, group, least),
            None => digits.to_owned(),
        };
        let between = self.align == Some('=') || (self.align.is_none() && self.zero);
        if !between {
            return self.pad(&format!("{sign}{prefix}{}{rest}", grouped(digits, 0)), '>');
        }
        let fixed = sign.chars().count() + prefix.len() + rest.chars().count();
        let room = self.width.saturating_sub(fixed);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let body = grouped(digits, if fill == '0' { room } else { 0 });
        let missing = room.saturating_sub(body.chars().count());
        let padding: String = std::iter::repeat_n(fill, missing).collect();
        format!("{sign}{prefix}{padding}{body}{rest}")
    }
}

fn number(chars: &[char], at: &mut usize) -> PyResult<Option<usize>> {
    let start = *at;
    let mut value = 0_usize;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(digit as usize);
        *at += 1;
    }
    if value > WIDEST {
        return Err(Exception::value_error("Too many decimal digits in format string"));
    }
    Ok((*at > start).then_some(value))
}

/// Thousands separators; with zeros in front until at least `least` characters, grouped as well.
fn group_digits(digits: &str, mark: char, group: usize, least: usize) -> String {
    let separators = |n: usize| n.saturating_sub(1) / group;
    let mut length = digits.chars().count();
    let given = length;
    while length + separators(length) < least {
        length += 1;
    }
    let all: Vec<char> = std::iter::repeat_n('0', length - given).chain(digits.chars()).collect();
    let mut out = String::with_capacity(length + separators(length));
    for (i, c) in all.iter().enumerate() {
        if i > 0 && (length - i).is_multiple_of(group) {
            out.push(mark);
        }
        out.push(*c);
    }
    out
}

/// `format(v, spec)`
pub fn format(v: &Value, spec: &str) -> PyResult<String> {
    if spec.is_empty() {
        // A class of the program may say something else than str() even then.
        let own = match v {
            Value::Object(object) => object.format(spec)?,
            _ => None,
        };
        return own.map_or_else(|| super::str(v), Ok);
    }
    match v {
        Value::Str(text) => format_text(text, &Spec::parse(spec)?),
        Value::Int(number) => format_int(*number, &Spec::parse(spec)?, "int"),
        Value::Bool(flag) => format_int(i64::from(*flag), &Spec::parse(spec)?, "bool"),
        Value::Float(number) => format_float(*number, &Spec::parse(spec)?),
        Value::Object(object) => match object.format(spec)? {
            Some(text) => Ok(text),
            None => match object.as_scalar() {
                Some(scalar) if !matches!(scalar, Value::Object(_)) => format(&scalar, spec),
                _ => Err(unsupported(v)),
            },
        },
        _ => Err(unsupported(v)),
    }
}

fn unsupported(v: &Value) -> Box<Exception> {
    Exception::type_error(format!(
        "unsupported format string passed to {}.__format__",
        v.type_name()
    ))
    .with_hint("format the text of it: f\"{str(value):>10}\" or f\"{value!s:>10}\"")
}

fn unknown_code(kind: char, class: &str) -> Box<Exception> {
    Exception::value_error(format!("Unknown format code '{kind}' for object of type '{class}'"))
}

fn format_text(text: &str, spec: &Spec) -> PyResult<String> {
    match spec.kind {
        None | Some('s') => {}
        Some(kind) => {
            let error = unknown_code(kind, "str");
            let hint = "the value is a str; make a number of it first: float(text)";
            let is_number = matches!(kind, 'd' | 'e' | 'f' | 'g' | 'x' | '%' | 'F' | 'E' | 'G');
            return Err(if is_number { error.with_hint(hint) } else { error });
        }
    }
    if spec.sign.is_some() {
        let what = if spec.sign == Some(' ') { "Space" } else { "Sign" };
        return Err(Exception::value_error(format!(
            "{what} not allowed in string format specifier"
        )));
    }
    if spec.alternate {
        return Err(Exception::value_error(
            "Alternate form (#) not allowed in string format specifier",
        ));
    }
    if spec.align == Some('=') {
        return Err(Exception::value_error("'=' alignment not allowed in string format specifier"));
    }
    if let Some(mark) = spec.grouping {
        return Err(Exception::value_error(format!("Cannot specify '{mark}' with 's'.")));
    }
    let cut: String = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    Ok(spec.pad(&cut, '<'))
}

/// An integer in the format; `class` is what error messages call it.
pub(crate) fn format_int(number: i64, spec: &Spec, class: &str) -> PyResult<String> {
    let kind = spec.kind.unwrap_or('d');
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        return format_float(number as f64, spec);
    }
    if spec.precision.is_some() {
        return Err(Exception::value_error("Precision not allowed in integer format specifier"));
    }
    let magnitude = number.unsigned_abs();
    if let (Some(mark @ ','), 'b' | 'o' | 'x' | 'X' | 'n' | 'c') | (Some(mark @ '_'), 'n' | 'c') =
        (spec.grouping, kind)
    {
        return Err(Exception::value_error(format!("Cannot specify '{mark}' with '{kind}'.")));
    }
    let (prefix, digits) = match kind {
        'd' | 'n' => ("", magnitude.to_string()),
        'b' => ("0b", format!("{magnitude:b}")),
        'o' => ("0o", format!("{magnitude:o}")),
        'x' => ("0x", format!("{magnitude:x}")),
        'X' => ("0X", format!("{magnitude:X}")),
        'c' => {
            if spec.sign.is_some() {
                return Err(Exception::value_error(
                    "Sign not allowed with integer format specifier 'c'",
                ));
            }
            let c = u32::try_from(number)
                .ok()
                .and_then(char::from_u32)
                .ok_or_else(|| Exception::new("OverflowError", "%c arg not in range(0x110000)"))?;
            return Ok(spec.pad(&c.to_string(), '<'));
        }
        other => return Err(unknown_code(other, class)),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(spec.number(number < 0, prefix, &digits, ""))
}

/// A float in the format.
pub(crate) fn format_float(number: f64, spec: &Spec) -> PyResult<String> {
    let kind = spec.kind;
    let magnitude = number.abs();
    let precision = spec.precision;
    let text = match kind {
        _ if !number.is_finite() => {
            let text = if number.is_nan() { "nan" } else { "inf" };
            let text = if matches!(kind, Some('E' | 'F' | 'G')) {
                text.to_uppercase()
            } else {
                text.to_owned()
            };
            if kind == Some('%') { format!("{text}%") } else { text }
        }
        Some('e') => float::scientific(magnitude, precision.unwrap_or(6), spec.alternate),
        Some('E') => {
            float::scientific(magnitude, precision.unwrap_or(6), spec.alternate).to_uppercase()
        }
        Some('f' | 'F') => float::fixed(magnitude, precision.unwrap_or(6), spec.alternate),
        Some('%') => {
            let text = float::fixed(magnitude * 100.0, precision.unwrap_or(6), spec.alternate);
            format!("{text}%")
        }
        Some('g' | 'n') => float::general(magnitude, precision.unwrap_or(6), spec.alternate, false),
        Some('G') => {
            float::general(magnitude, precision.unwrap_or(6), spec.alternate, false).to_uppercase()
        }
        None => match precision {
            None => float::repr(magnitude),
            Some(precision) => float::general(magnitude, precision, spec.alternate, true),
        },
        Some(other) => return Err(unknown_code(other, "float")),
    };
    if matches!(kind, Some('n')) && spec.grouping.is_some() {
        let mark = spec.grouping.unwrap_or(',');
        return Err(Exception::value_error(format!("Cannot specify '{mark}' with 'n'.")));
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (whole, rest) = text.split_at(if number.is_finite() { digits } else { text.len() });
    let mut negative = number.is_sign_negative() && !number.is_nan();
    if spec.no_negative_zero && !text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        negative = false;
    }
    if !number.is_finite() {
        let plain = Spec { grouping: None, ..spec.clone() };
        return Ok(plain.number(negative, "", whole, rest));
    }
    Ok(spec.number(negative, "", whole, rest))
}
