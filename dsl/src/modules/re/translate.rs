//! Python's pattern syntax in that of the `regex` crate.

use super::error;
use crate::runtime::{Exception, PyResult};

/// The pattern for the `regex` crate.
pub(super) fn translate(pattern: &str, flags: i64) -> PyResult<String> {
    let chars: Vec<char> = pattern.chars().collect();
    let verbose = flags & 64 != 0;
    let mut out = String::new();
    for (flag, letter) in [(2, 'i'), (8, 'm'), (16, 's'), (64, 'x')] {
        if flags & flag != 0 {
            out.push_str(&format!("(?{letter})"));
        }
    }
    let ascii = flags & 256 != 0;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '\\' => at = escape(&chars, at, &mut out, false, ascii)?,
            '[' => at = class(&chars, at, &mut out, ascii)?,
            '(' if chars.get(at) == Some(&'?') => at = group(&chars, at, &mut out)?,
            '{' if !is_counter(&chars, at) => out.push_str("\\{"),
            '{' => {
                // {,n} counts from zero.
                out.push('{');
                if chars.get(at) == Some(&',') {
                    out.push('0');
                }
            }
            '}' if !closes_counter(&chars, at) => out.push_str("\\}"),
            '*' | '+' | '?' | '}' if chars.get(at) == Some(&'+') => {
                return Err(refused("possessive quantifiers", &format!("{c}+")));
            }
            '#' if verbose => {
                while chars.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn refused(what: &str, text: &str) -> Box<Exception> {
    error(format!("{what} ({text}) are not in kerai's regular expressions"))
        .with_hint("match more, and look at the groups of the match in Python: m.group(1)")
}

/// Whether `{` at `at - 1` begins `{n}`, `{n,}`, `{,n}` or `{n,m}`.
fn is_counter(chars: &[char], at: usize) -> bool {
    let rest: String = chars.iter().skip(at).take_while(|c| **c != '}').collect();
    let closed = chars.get(at + rest.chars().count()) == Some(&'}');
    let (low, high) = rest.split_once(',').unwrap_or((&rest, "0"));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    closed && digits(low) && digits(high) && rest.chars().any(|c| c.is_ascii_digit())
}

/// Whether `}` at `at - 1` ends such a counter.
fn closes_counter(chars: &[char], at: usize) -> bool {
    let before = chars.get(..at.saturating_sub(1)).unwrap_or(&[]);
    before.iter().rposition(|c| *c == '{').is_some_and(|open| {
        let inner = before.get(open + 1..).unwrap_or(&[]);
        inner.iter().all(|c| c.is_ascii_digit() || *c == ',')
            && is_counter(chars, open + 1)
            && before.get(open.wrapping_sub(1)) != Some(&'\\')
    })
}

/// What follows `(`: a name, a flag, or something that is refused.
fn group(chars: &[char], at: usize, out: &mut String) -> PyResult<usize> {
    let rest: String = chars.iter().skip(at + 1).take(2).collect();
    if rest.starts_with('=') || rest.starts_with('!') {
        return Err(refused("look-ahead", &format!("(?{}...)", &rest[..1])));
    }
    if rest == "<=" || rest == "<!" {
        return Err(refused("look-behind", &format!("(?{rest}...)")));
    }
    if rest == "P=" {
        return Err(refused("backreferences", "(?P=name)"));
    }
    if rest.starts_with('(') {
        return Err(refused("conditional patterns", "(?(1)...)"));
    }
    if rest.starts_with('>') {
        return Err(refused("atomic groups", "(?>...)"));
    }
    if rest.starts_with('#') {
        let end = chars.iter().skip(at).position(|c| *c == ')');
        return match end {
            Some(length) => Ok(at + length + 1),
            None => Err(error("missing ), unterminated comment")),
        };
    }
    out.push('(');
    Ok(at)
}

/// An escape after `\`; returns the place behind it.
fn escape(
    chars: &[char],
    at: usize,
    out: &mut String,
    in_class: bool,
    ascii: bool,
) -> PyResult<usize> {
    let Some(&c) = chars.get(at) else {
        return Err(error(format!(
            "bad escape (end of pattern) at position {}",
            at.saturating_sub(1)
        )));
    };
    let next = at + 1;
    match c {
        'd' if ascii => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
        'w' if ascii => out.push_str(if in_class { "a-zA-Z0-9_" } else { "[a-zA-Z0-9_]" }),
        's' if ascii => {
            out.push_str(if in_class { " \\t\\n\\r\\f\\v" } else { "[ \\t\\n\\r\\f\\v]" });
        }
        'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'a' => {
            out.push('\\');
            out.push(c);
        }
        'b' if in_class => out.push_str("\\x08"),
        'b' | 'B' | 'A' if !in_class => {
            out.push('\\');
            out.push(c);
        }
        'Z' if !in_class => out.push_str("\\z"),
        'x' | 'u' | 'U' => {
            let count = match c {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let digits: String = chars.iter().skip(next).take(count).collect();
            let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == count);
            let Some(code) = code else {
                return Err(error(format!(
                    "incomplete escape \\{c}{digits} at position {}",
                    at - 1
                )));
            };
            out.push_str(&format!("\\x{{{code:x}}}"));
            return Ok(next + count);
        }
        '0' => {
            let digits: String =
                chars.iter().skip(at).take(3).take_while(|c| c.is_digit(8)).collect();
            let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
            out.push_str(&format!("\\x{{{code:x}}}"));
            return Ok(at + digits.len());
        }
        '1'..='9' if !in_class => {
            return Err(refused("backreferences", &format!("\\{c}")));
        }
        c if c.is_ascii_alphabetic() => {
            return Err(error(format!("bad escape \\{c} at position {}", at - 1)));
        }
        c => out.push_str(&regex::escape(&c.to_string())),
    }
    Ok(next)
}

/// A set `[...]`; returns the place behind it.
fn class(chars: &[char], mut at: usize, out: &mut String, ascii: bool) -> PyResult<usize> {
    let start = at - 1;
    out.push('[');
    if chars.get(at) == Some(&'^') {
        out.push('^');
        at += 1;
    }
    let mut first = true;
    loop {
        let Some(&c) = chars.get(at) else {
            return Err(error(format!("unterminated character set at position {start}")));
        };
        at += 1;
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(at);
            }
            '\\' => at = escape(chars, at, out, true, ascii)?,
            '[' | ']' | '&' | '~' | '^' | ' ' | '#' => {
                out.push('\\');
                out.push(c);
            }
            // A dash next to the border or to a class is itself.
            '-' if first || chars.get(at) == Some(&']') => out.push_str("\\-"),
            c => out.push(c),
        }
        first = false;
    }
}
