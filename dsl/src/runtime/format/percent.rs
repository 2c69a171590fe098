//! `template % values`, as in `"%5.2f of %s" % (x, name)`.

use super::super::{Exception, Key, PyResult, Value};
use super::spec::{Spec, WIDEST, format_float, format_int};

/// What the directives take their values from.
struct Source<'a> {
    values: &'a Value,
    items: Vec<Value>,
    next: usize,
}

impl Source<'_> {
    fn take(&mut self) -> PyResult<Value> {
        let item = self.items.get(self.next).cloned();
        self.next += 1;
        item.ok_or_else(|| Exception::type_error("not enough arguments for format string"))
    }

    fn lookup(&self, name: &str) -> PyResult<Value> {
        match self.values {
            Value::Dict(dict) => {
                let found = dict.borrow().get(&Key(Value::str(name))).cloned();
                found.ok_or_else(|| Exception::new("KeyError", super::quote(name)))
            }
            Value::Object(object) => object.item(self.values, &Value::str(name)),
            _ => Err(Exception::type_error("format requires a mapping")),
        }
    }
}

/// `template % values`
pub fn percent(template: &str, values: &Value) -> PyResult<String> {
    let items = match values {
        Value::Tuple(items) => items.to_vec(),
        other => match super::super::sequence::tuple_items(other) {
            Some(items) => items,
            None => vec![other.clone()],
        },
    };
    let mut source = Source { values, items, next: 0 };
    let chars: Vec<char> = template.chars().collect();
    let (mut out, mut at, mut used_names) = (String::new(), 0, false);
    while let Some(&c) = chars.get(at) {
        at += 1;
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut name = None;
        if chars.get(at) == Some(&'(') {
            let start = at + 1;
            let mut depth = 1;
            at = start;
            while depth > 0 {
                match chars.get(at) {
                    Some('(') => depth += 1,
                    Some(')') => depth -= 1,
                    Some(_) => {}
                    None => return Err(Exception::value_error("incomplete format key")),
                }
                at += 1;
            }
            name = Some(chars[start..at - 1].iter().collect::<String>());
        }
        let mut spec = Spec::default();
        let mut left = false;
        while let Some(&flag) = chars.get(at) {
            match flag {
                '-' => left = true,
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '#' => spec.alternate = true,
                '0' => spec.zero = true,
                _ => break,
            }
            at += 1;
        }
        let (width, negative) = size(&chars, &mut at, &mut source)?;
        spec.width = width.unwrap_or(0);
        left |= negative;
        if chars.get(at) == Some(&'.') {
            at += 1;
            spec.precision = Some(size(&chars, &mut at, &mut source)?.0.unwrap_or(0));
        }
        while matches!(chars.get(at), Some('h' | 'l' | 'L')) {
            at += 1;
        }
        let Some(&kind) = chars.get(at) else {
            return Err(Exception::value_error("incomplete format"));
        };
        at += 1;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match &name {
            Some(name) => {
                used_names = true;
                source.lookup(name)?
            }
            None => source.take()?,
        };
        if left {
            spec.align = Some('<');
            spec.zero = false;
        }
        out.push_str(&directive(kind, &value, spec, at - 1)?);
    }
    let is_mapping = matches!(values, Value::Dict(_) | Value::List(_))
        || matches!(values, Value::Object(o) if o.length().is_some());
    if source.next < source.items.len() && !used_names && !is_mapping {
        return Err(Exception::type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn size(
    chars: &[char],
    at: &mut usize,
    source: &mut Source<'_>,
) -> PyResult<(Option<usize>, bool)> {
    if chars.get(*at) == Some(&'*') {
        *at += 1;
        let Value::Int(given) = source.take()? else {
            return Err(Exception::type_error("* wants int"));
        };
        let size = usize::try_from(given.unsigned_abs()).unwrap_or(usize::MAX);
        if size > WIDEST {
            return Err(Exception::value_error("width too big"));
        }
        return Ok((Some(size), given < 0));
    }
    let (mut value, start) = (0_usize, *at);
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(digit as usize);
        *at += 1;
    }
    if value > WIDEST {
        return Err(Exception::value_error("width too big"));
    }
    Ok(((*at > start).then_some(value), false))
}

fn directive(kind: char, value: &Value, mut spec: Spec, at: usize) -> PyResult<String> {
    let scalar = match value {
        Value::Object(object) => object.as_scalar().unwrap_or_else(|| value.clone()),
        other => other.clone(),
    };
    match kind {
        's' | 'r' | 'a' => {
            let text = match kind {
                's' => super::str(value)?,
                'r' => super::repr(value)?,
                _ => super::ascii(&super::repr(value)?),
            };
            let text = match spec.precision {
                Some(precision) => text.chars().take(precision).collect(),
                None => text,
            };
            spec.zero = false;
            Ok(spec.pad(&text, '>'))
        }
        'c' => {
            let text = match &scalar {
                Value::Int(code) => u32::try_from(*code)
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or_else(|| {
                        Exception::new("OverflowError", "%c arg not in range(0x110000)")
                    })?
                    .to_string(),
                Value::Str(text) if text.chars().count() == 1 => text.to_string(),
                _ => return Err(Exception::type_error("%c requires int or char")),
            };
            Ok(spec.pad(&text, '>'))
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let number = match &scalar {
                Value::Int(number) => *number,
                Value::Bool(flag) => i64::from(*flag),
                Value::Float(float) if matches!(kind, 'd' | 'i' | 'u') => {
                    super::super::types::number::float_to_int(*float)?
                }
                other => {
                    let wanted = if matches!(kind, 'd' | 'i' | 'u') {
                        "a real number"
                    } else {
                        "an integer"
                    };
                    return Err(Exception::type_error(format!(
                        "%{kind} format: {wanted} is required, not {}",
                        other.type_name()
                    )));
                }
            };
            let digits = spec.precision.take();
            spec.kind = Some(if matches!(kind, 'i' | 'u') { 'd' } else { kind });
            match digits {
                None => format_int(number, &spec, "int"),
                Some(least) => {
                    // A precision is the least number of digits.
                    let plain = Spec { kind: spec.kind, ..Spec::default() };
                    let digits = format_int(number.saturating_abs(), &plain, "int")?;
                    let zeros = "0".repeat(least.saturating_sub(digits.len()));
                    let sign = match (number < 0, spec.sign) {
                        (true, _) => "-",
                        (false, Some('+')) => "+",
                        (false, Some(_)) => " ",
                        _ => "",
                    };
                    spec.zero = false;
                    Ok(spec.pad(&format!("{sign}{zeros}{digits}"), '>'))
                }
            }
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = match &scalar {
                Value::Float(number) => *number,
                Value::Int(number) => *number as f64,
                Value::Bool(flag) => f64::from(u8::from(*flag)),
                other => {
                    return Err(Exception::type_error(format!(
                        "must be real number, not {}",
                        other.type_name()
                    )));
                }
            };
            spec.kind = Some(kind);
            format_float(number, &spec)
        }
        other => Err(Exception::value_error(format!(
            "unsupported format character '{other}' ({:#x}) at index {at}",
            u32::from(other)
        ))),
    }
}
