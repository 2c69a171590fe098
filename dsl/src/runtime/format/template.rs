//! `template.format(*args, **kwargs)`: fields with attributes, indices, conversions and nested specs.

use super::super::{Arguments, Exception, PyResult, Value, attributes};

/// Where the fields find their values.
enum Fields<'a> {
    Arguments(&'a Arguments),
    Mapping(&'a Value),
}

/// How fields are numbered: by themselves or by hand, not both.
#[derive(Default)]
struct Numbering {
    next: usize,
    automatic: Option<bool>,
}

/// `template.format(...)`
pub fn format_template(template: &str, arguments: &Arguments) -> PyResult<String> {
    render(template, &Fields::Arguments(arguments), &mut Numbering::default(), 2)
}

/// `template.format_map(mapping)`
pub fn format_map(template: &str, mapping: &Value) -> PyResult<String> {
    render(template, &Fields::Mapping(mapping), &mut Numbering::default(), 2)
}

fn render(
    template: &str,
    fields: &Fields<'_>,
    numbering: &mut Numbering,
    depth: usize,
) -> PyResult<String> {
    if depth == 0 {
        return Err(Exception::value_error("Max string recursion exceeded"));
    }
    let chars: Vec<char> = template.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&c) = chars.get(at) {
        at += 1;
        match (c, chars.get(at)) {
            ('{', Some('{')) | ('}', Some('}')) => {
                out.push(c);
                at += 1;
            }
            ('}', _) => {
                return Err(Exception::value_error("Single '}' encountered in format string"));
            }
            ('{', None) => {
                return Err(Exception::value_error("Single '{' encountered in format string"));
            }
            ('{', _) => {
                let start = at;
                let mut level = 1;
                while level > 0 {
                    match chars.get(at) {
                        Some('{') => level += 1,
                        Some('}') => level -= 1,
                        Some(_) => {}
                        None => {
                            return Err(Exception::value_error(
                                "expected '}' before end of string",
                            ));
                        }
                    }
                    at += 1;
                }
                let field: String = chars[start..at - 1].iter().collect();
                out.push_str(&render_field(&field, fields, numbering, depth)?);
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn render_field(
    field: &str,
    fields: &Fields<'_>,
    numbering: &mut Numbering,
    depth: usize,
) -> PyResult<String> {
    // The name ends at the first `!` or `:` outside brackets.
    let mut in_brackets = false;
    let end = field
        .char_indices()
        .find(|&(_, c)| {
            match c {
                '[' => in_brackets = true,
                ']' => in_brackets = false,
                _ => {}
            }
            !in_brackets && (c == '!' || c == ':')
        })
        .map_or(field.len(), |(i, _)| i);
    let (name, mut rest) = field.split_at(end);
    let mut conversion = None;
    if let Some(after) = rest.strip_prefix('!') {
        let mut chars = after.chars();
        conversion = chars.next();
        rest = chars.as_str();
        if conversion.is_none() {
            return Err(Exception::value_error(
                "end of string while looking for conversion specifier",
            ));
        }
        if !rest.is_empty() && !rest.starts_with(':') {
            return Err(Exception::value_error("expected ':' after conversion specifier"));
        }
    }
    let spec = rest.strip_prefix(':').unwrap_or("");
    let value = resolve(name, fields, numbering)?;
    let value = match conversion {
        None => value,
        Some(letter) => convert(&value, letter)?,
    };
    let spec = if spec.contains(['{', '}']) {
        render(spec, fields, numbering, depth - 1)?
    } else {
        spec.to_owned()
    };
    super::format(&value, &spec)
}

/// `!r`, `!s`, `!a`
fn convert(value: &Value, letter: char) -> PyResult<Value> {
    Ok(Value::str(match letter {
        'r' => super::repr(value)?,
        's' => super::str(value)?,
        'a' => super::ascii(&super::repr(value)?),
        other => {
            return Err(Exception::value_error(format!("Unknown conversion specifier {other}")));
        }
    }))
}

fn resolve(name: &str, fields: &Fields<'_>, numbering: &mut Numbering) -> PyResult<Value> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut path) = name.split_at(end);
    let mut value = first_value(first, fields, numbering)?;
    while !path.is_empty() {
        if let Some(after) = path.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (attribute, rest) = after.split_at(end);
            if attribute.is_empty() {
                return Err(Exception::value_error("Empty attribute in format string"));
            }
            value = attributes::get(&value, attribute)?;
            path = rest;
        } else if let Some(after) = path.strip_prefix('[') {
            let Some((index, rest)) = after.split_once(']') else {
                return Err(Exception::value_error("Missing ']' in format string"));
            };
            if index.is_empty() {
                return Err(Exception::value_error("Empty attribute in format string"));
            }
            let key = match index.parse::<i64>() {
                Ok(number) if number >= 0 => Value::Int(number),
                _ => Value::str(index),
            };
            value = attributes::item(&value, &key)?;
            path = rest;
        } else {
            return Err(Exception::value_error(
                "Only '.' or '[' may follow ']' in format field specifier",
            ));
        }
    }
    Ok(value)
}

fn first_value(first: &str, fields: &Fields<'_>, numbering: &mut Numbering) -> PyResult<Value> {
    let index = match first.parse::<usize>() {
        Ok(index) => {
            if numbering.automatic.replace(false) == Some(true) {
                return Err(Exception::value_error(
                    "cannot switch from automatic field numbering to manual field specification",
                ));
            }
            index
        }
        Err(_) if first.is_empty() => {
            if numbering.automatic.replace(true) == Some(false) {
                return Err(Exception::value_error(
                    "cannot switch from manual field specification to automatic field numbering",
                ));
            }
            numbering.next += 1;
            numbering.next - 1
        }
        Err(_) => {
            return match fields {
                Fields::Arguments(arguments) => arguments
                    .keywords
                    .iter()
                    .find(|(name, _)| &**name == first)
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| Exception::new("KeyError", super::quote(first))),
                Fields::Mapping(mapping) => attributes::item(mapping, &Value::str(first)),
            };
        }
    };
    match fields {
        Fields::Arguments(arguments) => arguments.positional.get(index).cloned().ok_or_else(|| {
            Exception::index_error(format!(
                "Replacement index {index} out of range for positional args tuple"
            ))
        }),
        Fields::Mapping(_) => {
            Err(Exception::value_error("Format string contains positional fields"))
        }
    }
}
