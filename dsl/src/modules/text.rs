//! `textwrap` and `pprint`: text laid out in lines.

use super::Module;
use crate::runtime::types::{args, dict};
use crate::runtime::{PyResult, Value};
use crate::runtime::{context, format, operators, types};

/// `textwrap`
pub(super) fn textwrap() -> Module {
    const WRAP: &str = "text, width=70, *, initial_indent='', subsequent_indent=''";
    let lines = |v: &[Value]| -> PyResult<Vec<String>> {
        let (text, width) = (v[0].as_str("text")?, args::index(&v[1])?);
        let (first, other) = (v[2].as_str("initial_indent")?, v[3].as_str("subsequent_indent")?);
        Ok(wrap(&text, usize::try_from(width).unwrap_or(1).max(1), &first, &other))
    };
    Module::new("textwrap", "Text laid out in lines.")
        .function("wrap", WRAP, "A text as lines of limited width.", move |v| {
            Ok(Value::list(lines(&v)?.into_iter().map(Value::str).collect()))
        })
        .function("fill", WRAP, "A text in lines of limited width.", move |v| {
            Ok(Value::str(lines(&v)?.join("\n")))
        })
        .function("dedent", "text", "A text without the indent that all lines share.", |v| {
            Ok(Value::str(dedent(&v[0].as_str("text")?)))
        })
        .function(
            "indent",
            "text, prefix, predicate=None",
            "A text with a prefix before each line.",
            |v| {
                let (text, prefix) = (v[0].as_str("text")?, v[1].as_str("prefix")?);
                let lines = text.split_inclusive('\n').map(|line| {
                    if line.trim().is_empty() { line.to_owned() } else { format!("{prefix}{line}") }
                });
                Ok(Value::str(lines.collect::<String>()))
            },
        )
        .function(
            "shorten",
            "text, width, *, placeholder=' [...]'",
            "The first words of a text.",
            |v| {
                let text = v[0].as_str("text")?;
                let width = usize::try_from(args::index(&v[1])?).unwrap_or(0);
                let mark = v[2].as_str("placeholder")?;
                let words: Vec<&str> = text.split_whitespace().collect();
                let whole = words.join(" ");
                if whole.chars().count() <= width {
                    return Ok(Value::str(whole));
                }
                let mut kept = words.len();
                loop {
                    let head = words.get(..kept).unwrap_or(&[]).join(" ");
                    let short = format!("{head}{mark}");
                    if kept == 0 {
                        return Ok(Value::str(mark.trim_start()));
                    }
                    if short.chars().count() <= width {
                        return Ok(Value::str(short));
                    }
                    kept -= 1;
                }
            },
        )
}

fn wrap(text: &str, width: usize, first: &str, other: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let indent = |count: usize| if count == 0 { first } else { other };
    // Words may break after a hyphen between letters, as CPython does.
    let words = text.split_whitespace().flat_map(hyphen_parts);
    for (word, glued) in words {
        let space = if line.is_empty() || glued { "" } else { " " };
        let prefix = indent(lines.len()).chars().count();
        let length = prefix + line.chars().count() + space.len() + word.chars().count();
        if length <= width || line.is_empty() {
            line.push_str(space);
            line.push_str(word);
        } else {
            lines.push(format!("{}{line}", indent(lines.len())));
            line = word.to_owned();
        }
        // A word longer than a line is cut.
        loop {
            let room = width.saturating_sub(indent(lines.len()).chars().count()).max(1);
            if line.chars().count() <= room {
                break;
            }
            let head: String = line.chars().take(room).collect();
            line = line.chars().skip(room).collect();
            lines.push(format!("{}{head}", indent(lines.len())));
        }
    }
    if !line.is_empty() {
        lines.push(format!("{}{line}", indent(lines.len())));
    }
    lines
}

/// The parts of a word that may stand on lines of their own, and whether a part follows without a space.
fn hyphen_parts(word: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    for (i, window) in chars.windows(3).enumerate() {
        let [(_, before), (_, hyphen), (next, after)] = window else { continue };
        let two_before =
            i.checked_sub(1).and_then(|j| chars.get(j)).is_some_and(|(_, c)| c.is_alphabetic());
        if *hyphen == '-' && before.is_alphabetic() && after.is_alphabetic() && two_before {
            parts.push((word.get(start..*next).unwrap_or(""), start > 0));
            start = *next;
        }
    }
    parts.push((word.get(start..).unwrap_or(""), start > 0));
    parts
}

fn dedent(text: &str) -> String {
    let indent =
        |line: &str| -> String { line.chars().take_while(|c| *c == ' ' || *c == '\t').collect() };
    let mut shared: Option<String> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let own = indent(line);
        shared = Some(match shared {
            None => own,
            Some(shared) => shared
                .chars()
                .zip(own.chars())
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a)
                .collect(),
        });
    }
    let shared = shared.unwrap_or_default();
    let lines = text.split('\n').map(|line| {
        if line.trim().is_empty() { "" } else { line.strip_prefix(&*shared).unwrap_or(line) }
    });
    lines.collect::<Vec<&str>>().join("\n")
}

/// `pprint`
pub(super) fn pprint() -> Module {
    const SIGNATURE: &str = "object, stream=None, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, underscore_numbers=False";
    let shown = |v: &[Value]| -> PyResult<String> {
        let layout = Layout {
            indent: usize::try_from(args::index(&v[2])?).unwrap_or(1),
            width: usize::try_from(args::index(&v[3])?).unwrap_or(80),
            sort: operators::truth(&v[6])?,
        };
        layout.text(&v[0], 0, 0)
    };
    let print = move |v: Vec<Value>| {
        context::text(&format!("{}\n", shown(&v)?));
        Ok(Value::None)
    };
    Module::new("pprint", "Values in lines that fit.")
        .function("pprint", SIGNATURE, "Prints a value in lines that fit.", print)
        .function(
            "pp",
            &SIGNATURE.replace("sort_dicts=True", "sort_dicts=False"),
            "Prints a value in lines that fit.",
            print,
        )
        .function("pformat", SIGNATURE, "The text that pprint prints.", move |v| {
            shown(&v).map(Value::str)
        })
}

struct Layout {
    indent: usize,
    width: usize,
    sort: bool,
}

impl Layout {
    /// The text of a value that begins at a column; `after` characters must fit behind it.
    fn text(&self, value: &Value, column: usize, after: usize) -> PyResult<String> {
        let plain = self.flat(value)?;
        if column + plain.chars().count() + after <= self.width {
            return Ok(plain);
        }
        let inner = column + self.indent;
        let pad = " ".repeat(inner);
        let lead = " ".repeat(self.indent.saturating_sub(1));
        if let Value::Dict(_) = value {
            let pairs = self.pairs(value)?;
            let mut rows = Vec::new();
            for (i, (key, item)) in pairs.iter().enumerate() {
                let key = self.flat(key)?;
                let at = inner + key.chars().count() + 2;
                let last = if i + 1 == pairs.len() { after + 1 } else { 1 };
                rows.push(format!("{key}: {}", self.text(item, at, last)?));
            }
            return Ok(format!("{{{lead}{}}}", rows.join(&format!(",\n{pad}"))));
        }
        let (open, close, items) = match value {
            Value::List(list) => ("[", "]", list.borrow().clone()),
            Value::Tuple(items) => ("(", if items.len() == 1 { ",)" } else { ")" }, items.to_vec()),
            Value::Set(keys) => {
                let items = types::set::order(&keys.borrow());
                ("{", "}", types::list::sorted(items.clone(), &Value::None, false).unwrap_or(items))
            }
            _ => return Ok(plain),
        };
        let mut rows = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let last = if i + 1 == items.len() { after + close.len() } else { 1 };
            rows.push(self.text(item, inner, last)?);
        }
        Ok(format!("{open}{lead}{}{close}", rows.join(&format!(",\n{pad}"))))
    }

    fn pairs(&self, value: &Value) -> PyResult<Vec<(Value, Value)>> {
        let Some(entries) = dict::shared(value) else { return Ok(Vec::new()) };
        let pairs: Vec<(Value, Value)> =
            entries.borrow().iter().map(|(k, v)| (k.0.clone(), v.clone())).collect();
        if !self.sort {
            return Ok(pairs);
        }
        let keys: Vec<Value> = pairs.iter().map(|(key, _)| key.clone()).collect();
        // Keys of different classes have no order and stay as they are.
        let Ok(sorted) = types::list::sorted(keys, &Value::None, false) else { return Ok(pairs) };
        let find =
            |key: &Value| pairs.iter().find(|(known, _)| operators::is_same(known, key)).cloned();
        Ok(sorted.iter().filter_map(find).collect())
    }

    /// On one line, with sorted keys.
    fn flat(&self, value: &Value) -> PyResult<String> {
        let join = |items: &[Value]| -> PyResult<String> {
            let texts: Vec<String> =
                items.iter().map(|item| self.flat(item)).collect::<PyResult<_>>()?;
            Ok(texts.join(", "))
        };
        match value {
            Value::Dict(_) => {
                let mut rows = Vec::new();
                for (key, item) in self.pairs(value)? {
                    rows.push(format!("{}: {}", self.flat(&key)?, self.flat(&item)?));
                }
                Ok(format!("{{{}}}", rows.join(", ")))
            }
            Value::List(list) => Ok(format!("[{}]", join(&list.borrow().clone())?)),
            Value::Tuple(items) if items.len() != 1 => Ok(format!("({})", join(items)?)),
            other => format::repr(other),
        }
    }
}
