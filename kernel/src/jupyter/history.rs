//! What was run, in this session and in earlier ones: a small file of one JSON array per line, shared by all kernels of
//! a user.

use super::message::Request;
use serde_json::{Value, json};
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Entries that a start keeps.
const KEEP: usize = 2000;
/// The file may grow to this many entries before a start shortens it.
const SHORTEN: usize = 3000;
/// Longer inputs are history of this session only, and longer outputs are cut.
const LONGEST_INPUT: usize = 20_000;
const LONGEST_OUTPUT: usize = 2_000;

/// One input that was run.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    session: u64,
    line: u64,
    input: String,
    output: Option<String>,
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        let (session, line, input, output) = serde_json::from_str(text).ok()?;
        Some(Entry { session, line, input, output })
    }

    fn to_line(&self) -> String {
        json!([self.session, self.line, self.input, self.output]).to_string() + "\n"
    }

    fn answer(&self, session: u64, with_output: bool) -> Value {
        // Jupyter's convention: 0 is the current session.
        let number = if self.session == session { 0 } else { self.session };
        if with_output {
            json!([number, self.line, [self.input, self.output]])
        } else {
            json!([number, self.line, self.input])
        }
    }
}

/// The history of this and earlier sessions.
pub(super) struct History {
    file: Option<PathBuf>,
    session: u64,
    entries: Vec<Entry>,
}

impl History {
    /// Reads what is there. Without a readable file the history is that of this session.
    pub(super) fn open() -> History {
        History::open_at(place())
    }

    fn open_at(file: Option<PathBuf>) -> History {
        let text = file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut entries: Vec<Entry> = text.lines().filter_map(Entry::parse).collect();
        if entries.len() > SHORTEN {
            entries.drain(..entries.len() - KEEP);
            if let Some(file) = &file {
                let text: String = entries.iter().map(Entry::to_line).collect();
                let new = file.with_extension(format!("{}.new", std::process::id()));
                // Best effort: the next start tries again.
                let _ = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
            }
        }
        let session = entries.iter().map(|entry| entry.session).max().unwrap_or(0) + 1;
        History { file, session, entries }
    }

    /// Adds what was run.
    pub(super) fn add(&mut self, line: u64, input: &str, output: Option<&str>) {
        let output = output.map(|text| {
            text[..text.floor_char_boundary(LONGEST_OUTPUT.min(text.len()))].to_owned()
        });
        let entry = Entry { session: self.session, line, input: input.to_owned(), output };
        if let Some(file) = &self.file
            && input.len() <= LONGEST_INPUT
        {
            // A history that cannot be written is no reason to disturb anybody.
            let _ = append(file, &entry.to_line());
        }
        self.entries.push(entry);
    }

    /// Answers a `history_request`.
    pub(super) fn answer(&self, request: &Request) -> Value {
        let with_output = request.flag("output", false);
        let found = match request.text("hist_access_type") {
            "range" => self.range(request),
            "search" => self.search(request),
            _ => last(self.entries.iter().collect(), request.number("n")),
        };
        let history: Vec<Value> =
            found.into_iter().map(|entry| entry.answer(self.session, with_output)).collect();
        json!({"status": "ok", "history": history})
    }

    fn range(&self, request: &Request) -> Vec<&Entry> {
        // 0 is this session, negative numbers count back from it.
        let session = match request.number("session").unwrap_or(0) {
            back @ ..=0 => self.session.saturating_sub(back.unsigned_abs()),
            number => number.unsigned_abs(),
        };
        let start = request.number("start").unwrap_or(0);
        let stop = request.number("stop").unwrap_or(i64::MAX);
        let is_inside = |entry: &&Entry| {
            let line = i64::try_from(entry.line).unwrap_or(i64::MAX);
            entry.session == session && (start..stop).contains(&line)
        };
        self.entries.iter().filter(is_inside).collect()
    }

    fn search(&self, request: &Request) -> Vec<&Entry> {
        let pattern: Vec<char> = match request.text("pattern") {
            "" => vec!['*'],
            pattern => pattern.chars().collect(),
        };
        let mut found: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| matches(&pattern, &entry.input.chars().collect::<Vec<_>>()))
            .collect();
        if request.flag("unique", false) {
            let mut seen = std::collections::HashSet::new();
            // The latest of those that are equal stays.
            found.reverse();
            found.retain(|entry| seen.insert(entry.input.as_str()));
            found.reverse();
        }
        last(found, request.number("n"))
    }
}

fn last(mut entries: Vec<&Entry>, n: Option<i64>) -> Vec<&Entry> {
    if let Some(n) = n {
        let n = usize::try_from(n).unwrap_or(0);
        entries.drain(..entries.len().saturating_sub(n));
    }
    entries
}

/// Shell patterns as SQLite's GLOB has them: `*` any text, `?` any character.
fn matches(pattern: &[char], text: &[char]) -> bool {
    // The place of the last star, and how much of the text it covers so far.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, covered)) = star else { return false };
                star = Some((at, covered + 1));
                p = at + 1;
                t = covered + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

fn append(file: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // One write of a whole line, so that kernels side by side do not mix their lines.
    OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

/// `kerai/notebook-history.jsonl` in the user's folder for state.
fn place() -> Option<PathBuf> {
    let folder =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")))
    };
    Some(state?.join("kerai").join("notebook-history.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(history: &History, content: Value) -> Value {
        history.answer(&Request::of("history_request", content))["history"].take()
    }

    #[test]
    fn history_is_found_again_by_tail_range_and_search() {
        let file = env::temp_dir().join(format!("kerai-history-{}.jsonl", std::process::id()));
        let mut old = History::open_at(Some(file.clone()));
        old.add(1, "a = 1", None);
        old.add(2, "a", Some("1"));
        fs::write(&file, fs::read_to_string(&file).unwrap() + "half a li").unwrap();
        let mut new = History::open_at(Some(file.clone()));
        new.add(1, "a", Some("2"));
        fs::remove_file(&file).unwrap();
        for (name, content, expected) in [
            (
                "tail",
                json!({"hist_access_type": "tail", "n": 2}),
                json!([[1, 2, "a"], [0, 1, "a"]]),
            ),
            (
                "output",
                json!({"hist_access_type": "tail", "n": 1, "output": true}),
                json!([[0, 1, ["a", "2"]]]),
            ),
            (
                "range, this session",
                json!({"hist_access_type": "range", "session": 0, "start": 1, "stop": 9}),
                json!([[0, 1, "a"]]),
            ),
            (
                "range, the session before",
                json!({"hist_access_type": "range", "session": -1, "start": 2}),
                json!([[1, 2, "a"]]),
            ),
            (
                "search",
                json!({"hist_access_type": "search", "pattern": "a*"}),
                json!([[1, 1, "a = 1"], [1, 2, "a"], [0, 1, "a"]]),
            ),
            (
                "search, unique",
                json!({"hist_access_type": "search", "pattern": "?", "unique": true}),
                json!([[0, 1, "a"]]),
            ),
        ] {
            assert_eq!(ask(&new, content), expected, "{name}");
        }
    }

    #[test]
    fn patterns_match_as_globs_do() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abcabc", true),
            ("a*c", "abcab", false),
            ("*x*", "läxt", true),
            ("?", "ä", true),
            ("?", "", false),
            ("a**", "a", true),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(matches(&chars(pattern), &chars(text)), expected, "{pattern} {text}");
        }
    }
}
