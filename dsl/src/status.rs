//! Whether a text is a whole program yet, and how far the next line is indented: what a prompt asks at every Enter.

use crate::diagnostic::{Diagnostic, Frame};
use crate::scan::{Kind, Scan};
use crate::session::Status;
use crate::source::parse::{Located, parse};

/// Answers for Keras' spelling. Texts that start with `%%` belong to their magic and end with a blank line.
pub(crate) fn status(text: &str) -> Status {
    if text.trim().is_empty() {
        return Status::Complete;
    }
    let ends_blank = text.rsplit_once('\n').is_some_and(|(_, last)| last.trim().is_empty());
    if text.trim_start().starts_with("%%") {
        let has_body = text.trim_start().contains('\n') && ends_blank;
        return if has_body {
            Status::Complete
        } else {
            Status::Incomplete { indent: String::new() }
        };
    }
    let scan = Scan::new(text);
    if matches!(scan.open_text(), Some(piece) if is_triple(piece.kind)) || scan.continued {
        return Status::Incomplete { indent: String::new() };
    }
    let layout = Layout::new(text, &scan);
    let Err(error) = parse(text) else {
        // A block may go on as long as no blank line ends it.
        return if layout.in_block && !ends_blank { layout.incomplete() } else { Status::Complete };
    };
    let at_end = error.offset >= text.trim_end().len();
    // The parser's own words for a `try` that has nothing to catch with yet.
    let wants_handler = error.exception.message.contains("`except` or `finally`");
    let goes_on = !scan.mismatch
        && scan.open_text().is_none()
        && (!scan.open.is_empty() || layout.opens_block || wants_handler || layout.is_decorator);
    if at_end && goes_on {
        return layout.incomplete();
    }
    Status::Invalid(diagnostic(error, text))
}

fn is_triple(kind: Kind) -> bool {
    matches!(kind, Kind::Text { triple: true, .. })
}

/// What the last lines look like.
struct Layout {
    /// The last statement is compound, or stands in a compound one.
    in_block: bool,
    /// The last statement ends in the colon of a compound statement.
    opens_block: bool,
    is_decorator: bool,
    /// Blanks before the next line.
    indent: String,
}

impl Layout {
    fn new(text: &str, scan: &Scan) -> Self {
        let unit = indent_unit(text);
        let statement_start = last_statement(text, scan);
        let lead = leading_blanks(&text[statement_start..]);
        let words: Vec<&str> = scan
            .words()
            .filter(|p| p.range.start >= statement_start && p.kind != Kind::Newline)
            .map(|p| &text[p.range.clone()])
            .collect();
        let (first, last) =
            (words.first().copied().unwrap_or(""), words.last().copied().unwrap_or(""));
        let is_decorator = first == "@";
        let opens_block = is_compound(first) && last == ":" && scan.open.is_empty();
        let ends_blank = text.rsplit_once('\n').is_some_and(|(_, tail)| tail.trim().is_empty());
        let ends_flow = matches!(first, "return" | "pass" | "break" | "continue" | "raise");
        let indent = match scan.open.last().and_then(|&index| scan.pieces.get(index)) {
            Some(bracket) => inside_bracket(text, scan, bracket.range.start, &unit),
            None if opens_block => format!("{lead}{unit}"),
            None if ends_flow || ends_blank && !is_decorator => shorter(lead, &unit).to_owned(),
            None => lead.to_owned(),
        };
        let in_block = !lead.is_empty() || opens_block || is_decorator || is_compound(first);
        Layout { in_block, opens_block, is_decorator, indent }
    }

    fn incomplete(self) -> Status {
        Status::Incomplete { indent: self.indent }
    }
}

fn is_compound(first: &str) -> bool {
    matches!(
        first,
        "if" | "elif"
            | "else"
            | "for"
            | "while"
            | "def"
            | "class"
            | "with"
            | "try"
            | "except"
            | "finally"
            | "async"
    )
}

/// Where the line begins on which the last statement begins.
fn last_statement(text: &str, scan: &Scan) -> usize {
    let mut start = 0;
    let mut fresh = true;
    for piece in scan.words() {
        if piece.kind == Kind::Newline {
            fresh = true;
        } else if fresh {
            fresh = false;
            start = text[..piece.range.start].rfind('\n').map_or(0, |newline| newline + 1);
        }
    }
    start
}

fn leading_blanks(line: &str) -> &str {
    let end = line.find(|c: char| c != ' ' && c != '\t').unwrap_or(line.len());
    &line[..end]
}

/// The indentation that the program itself uses, four blanks if it has none yet.
fn indent_unit(text: &str) -> String {
    let first = text.lines().map(leading_blanks).find(|lead| !lead.is_empty());
    first.filter(|lead| lead.len() <= 8).unwrap_or("    ").to_owned()
}

fn shorter<'a>(lead: &'a str, unit: &str) -> &'a str {
    lead.get(..lead.len().saturating_sub(unit.len())).unwrap_or("")
}

/// After `f(` one step deeper than the line of the bracket; after `f(a,` as the line that is being written.
fn inside_bracket(text: &str, scan: &Scan, bracket: usize, unit: &str) -> String {
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let is_last = scan.words().next_back().is_some_and(|piece| piece.range.start == bracket);
    if is_last {
        return format!("{}{unit}", leading_blanks(&text[line_of(bracket)..]));
    }
    let last = text.trim_end().len();
    let lead = leading_blanks(&text[line_of(last)..]);
    if line_of(last) > bracket { lead.to_owned() } else { format!("{lead}{unit}") }
}

/// What is shown when no continuation can make the text right.
fn diagnostic(error: Located, text: &str) -> Diagnostic {
    let before = text.get(..error.offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let frame = Frame {
        source: "<input>".to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        function: "<module>".to_owned(),
        text: text[line_start..].lines().next().unwrap_or("").to_owned(),
    };
    Diagnostic { frames: vec![frame], ..Diagnostic::from(*error.exception) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> String {
        match status(text) {
            Status::Complete => "complete".to_owned(),
            Status::Incomplete { indent } => format!("more {}", indent.len()),
            Status::Invalid(_) => "invalid".to_owned(),
        }
    }

    #[test]
    fn a_prompt_knows_when_to_run_and_how_far_to_indent() {
        for (text, expected) in [
            ("", "complete"),
            ("x = 1", "complete"),
            ("x = 1; y = 2  # both", "complete"),
            ("x = (1 +", "more 4"),
            ("x = [", "more 4"),
            ("model = Sequential([\n    Dense(3),", "more 4"),
            ("f(\n    1,\n    g(", "more 8"),
            ("f(1,", "more 4"),
            ("f(1,  # one", "more 4"),
            ("f(1,\n  # two\n", "more 2"),
            ("if a:  # why", "more 4"),
            ("x = [i for i in\n", "more 4"),
            ("x = {1: 2,", "more 4"),
            ("for i in range(3):", "more 4"),
            ("for i in range(3):\n    print(i)", "more 4"),
            ("for i in range(3):\n    print(i)\n", "complete"),
            ("for i in range(3):\n    print(i)\n    ", "complete"),
            ("for i in range(3):\n  if i:", "more 4"),
            ("if a: b", "more 0"),
            ("if a: b\n", "complete"),
            ("class A:\n    def f(self):", "more 8"),
            ("def f():\n    return 1", "more 0"),
            ("def f():\n    return 1\n\n", "complete"),
            ("if a:\n  b\nelse:", "more 2"),
            ("s = \"\"\"abc", "more 0"),
            ("s = \"\"\"abc\n", "more 0"),
            ("s = f'''{a}\n", "more 0"),
            ("x = 1 \\", "more 0"),
            ("x = 1 + \\\n", "more 0"),
            ("x = 1 + \\\n  2", "complete"),
            ("@dec", "more 0"),
            ("@dec\n", "more 0"),
            ("@dec\ndef f():", "more 4"),
            ("try:\n    x", "more 4"),
            ("try:\n    x\n", "more 0"),
            ("try:\n    x\nexcept ValueError:\n    y", "more 4"),
            ("with a as b:", "more 4"),
            ("x = lambda:", "invalid"),
            ("s = 'abc", "invalid"),
            ("x = 1 +", "invalid"),
            ("x = )", "invalid"),
            ("f(1))", "invalid"),
            ("f(1]", "invalid"),
            ("for i in range(3)", "invalid"),
            ("  x = 1", "invalid"),
            ("x = 1\n  y = 2", "invalid"),
            ("print 1", "invalid"),
            ("x = $", "invalid"),
            ("(1 2", "invalid"),
            ("%matplotlib inline", "complete"),
            ("!ls -l", "complete"),
            ("model.fit?", "complete"),
            ("?model.fit", "complete"),
            ("if a:\n    %time x\n", "complete"),
            ("%%rhai", "more 0"),
            ("%%rhai\nlet x = 1;", "more 0"),
            ("%%rhai\nlet x = 1;\n", "complete"),
        ] {
            assert_eq!(answer(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_cut_of_a_program_is_a_problem() {
        let text = "class Ü(Layer):\n    '''Doc é'''\n    def call(self, x, *, y=f\"{1:>{2}}\"):\n        return [x\n          for 名 in y] \\\n  + 3 # ⚙\n%time é\n";
        for (i, _) in text.char_indices() {
            status(&text[..i]);
            status(&text[i..]);
        }
    }
}
