//! Cuts any text, finished or not, into the lexical pieces of Python: what highlighting, completion and the question
//! "is this a whole program yet?" need. It never fails; what is right is for the parser to say.

use std::ops::Range;

/// What a [`Piece`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Number,
    /// A string literal with its prefix and quotes, as far as it goes.
    Text {
        triple: bool,
        closed: bool,
        /// An f-string.
        formatted: bool,
    },
    Comment,
    Operator,
    Open,
    Close,
    /// A line end that ends a statement.
    Newline,
    /// Blanks, line ends inside brackets, and continued lines.
    Space,
    /// `%time x`, `!ls`, `name?`: a line for the session rather than for the parser.
    Magic,
    Unknown,
}

/// A range of the text. The pieces of a [`Scan`] adjoin and cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// A text in pieces.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) pieces: Vec<Piece>,
    /// Indices of the brackets that are still open at the end.
    pub(crate) open: Vec<usize>,
    /// A bracket was closed that was not open, or was of another kind.
    pub(crate) mismatch: bool,
    /// The text ends in a line that a backslash continues.
    pub(crate) continued: bool,
}

/// Python's keywords.
pub(crate) const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

impl Scan {
    /// Scans a text.
    pub(crate) fn new(text: &str) -> Self {
        Scanner { text, at: 0, scan: Scan::default(), line_start: true }.run()
    }

    /// The pieces that mean something: no blanks, no comments.
    pub(crate) fn words(&self) -> impl DoubleEndedIterator<Item = &Piece> {
        self.pieces.iter().filter(|piece| !matches!(piece.kind, Kind::Space | Kind::Comment))
    }

    /// The string literal that is still open at the end.
    pub(crate) fn open_text(&self) -> Option<&Piece> {
        self.pieces.last().filter(|piece| matches!(piece.kind, Kind::Text { closed: false, .. }))
    }
}

/// Whether a line for the session starts here: `%magic`, `!command`, `?name`, `name?`.
fn is_magic_line(line: &str) -> bool {
    if line.starts_with(['%', '!', '?']) {
        return true;
    }
    let line = line.trim_end();
    line.ends_with('?')
        && line.trim_end_matches('?').chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric())
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    scan: Scan,
    /// Only blanks were seen since the last statement ended.
    line_start: bool,
}

impl Scanner<'_> {
    fn run(mut self) -> Scan {
        while let Some(c) = self.peek() {
            let start = self.at;
            let kind = self.piece(c);
            // A scanner that stood still would never end.
            if self.at == start {
                self.at += c.len_utf8();
            }
            self.push(kind, start);
            match kind {
                Kind::Newline => self.line_start = true,
                Kind::Space | Kind::Comment => {}
                _ => self.line_start = false,
            }
        }
        self.scan
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let index = self.scan.pieces.len();
        self.scan.pieces.push(Piece { kind, range: start..self.at });
        let bracket = &self.text[start..self.at];
        match kind {
            Kind::Open => self.scan.open.push(index),
            Kind::Close => {
                let opener =
                    self.scan.open.pop().map(|i| &self.text[self.scan.pieces[i].range.clone()]);
                let fits = matches!(
                    (opener, bracket),
                    (Some("("), ")") | (Some("["), "]") | (Some("{"), "}")
                );
                self.scan.mismatch |= !fits;
            }
            _ => {}
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !keep(c)).unwrap_or(rest.len());
    }

    fn line(&self) -> &str {
        let rest = self.rest();
        &rest[..rest.find('\n').unwrap_or(rest.len())]
    }

    fn piece(&mut self, c: char) -> Kind {
        if self.line_start
            && self.scan.open.is_empty()
            && !c.is_whitespace()
            && is_magic_line(self.line())
        {
            self.at += self.line().len();
            return Kind::Magic;
        }
        match c {
            '\n' => {
                self.at += 1;
                if self.scan.open.is_empty() { Kind::Newline } else { Kind::Space }
            }
            '\\' => self.backslash(),
            c if c.is_whitespace() => {
                self.skip_while(|c| c.is_whitespace() && c != '\n');
                Kind::Space
            }
            '#' => {
                self.at += self.line().len();
                Kind::Comment
            }
            '(' | '[' | '{' => Kind::Open,
            ')' | ']' | '}' => Kind::Close,
            '"' | '\'' => self.string(0),
            c if c.is_ascii_digit() => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            c if c == '_' || c.is_alphabetic() => self.name_or_string(),
            _ => self.operator(),
        }
    }

    fn backslash(&mut self) -> Kind {
        let rest = self.rest()[1..].trim_start_matches([' ', '\t', '\r']);
        if rest.is_empty() {
            self.at = self.text.len();
            self.scan.continued = true;
            return Kind::Space;
        }
        if !rest.starts_with('\n') {
            self.at += 1;
            return Kind::Unknown;
        }
        self.at = self.text.len() - rest.len() + 1;
        self.scan.continued = self.rest().trim().is_empty() && !self.rest().contains('\n');
        Kind::Space
    }

    fn name_or_string(&mut self) -> Kind {
        let rest = self.rest();
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_prefix = matches!(
            word.to_ascii_lowercase().as_str(),
            "r" | "u" | "b" | "f" | "t" | "br" | "rb" | "fr" | "rf" | "tr" | "rt"
        );
        if is_prefix && after.starts_with(['"', '\'']) {
            return self.string(end);
        }
        self.at += end;
        Kind::Name
    }

    fn number(&mut self) -> Kind {
        let rest = self.rest();
        let is_radix = rest.len() > 1
            && rest.starts_with('0')
            && rest[1..].starts_with(['x', 'X', 'o', 'O', 'b', 'B']);
        let mut previous = ' ';
        let mut end = rest.len();
        for (i, c) in rest.char_indices() {
            let sign = matches!(c, '+' | '-') && matches!(previous, 'e' | 'E') && !is_radix;
            if !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || sign) {
                end = i;
                break;
            }
            previous = c;
        }
        // `1..real` and `x[1:].y` do not occur; `1.real` needs a blank, so a number may take its dots.
        self.at += end;
        Kind::Number
    }

    fn operator(&mut self) -> Kind {
        const LONG: &[&str] = &[
            "**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "->", ":=", "==", "!=",
            "<=", ">=", "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=",
        ];
        let rest = self.rest();
        if let Some(operator) = LONG.iter().find(|operator| rest.starts_with(**operator)) {
            self.at += operator.len();
            return Kind::Operator;
        }
        let known = rest.starts_with(|c| "+-*/%@&|^~<>=.,:;!".contains(c));
        self.at += rest.chars().next().map_or(0, char::len_utf8);
        if known { Kind::Operator } else { Kind::Unknown }
    }

    /// A string literal whose prefix has `prefix` bytes.
    fn string(&mut self, prefix: usize) -> Kind {
        let rest = self.rest();
        let formatted = rest[..prefix].contains(['f', 'F', 't', 'T']);
        let (length, triple, closed) = string_end(&rest[prefix..], formatted);
        self.at += prefix + length;
        Kind::Text { triple, closed, formatted }
    }
}

/// The length of the literal at the start of `text` (which starts with its quote), whether it has triple quotes, and
/// whether it is closed.
fn string_end(text: &str, formatted: bool) -> (usize, bool, bool) {
    let single = &text[..1];
    let is_triple =
        text.len() >= 3 && text[1..].starts_with(single) && text[2..].starts_with(single);
    let quote = if is_triple { &text[..3] } else { single };
    let mut at = quote.len();
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return (at + quote.len(), is_triple, true);
        }
        match c {
            '\\' => {
                let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
                at += 1 + escaped;
            }
            '\n' if !is_triple => return (at, false, false),
            '{' if formatted && rest.starts_with("{{") => at += 2,
            '{' if formatted => at += replacement_end(rest, is_triple),
            c => at += c.len_utf8(),
        }
    }
    (at, is_triple, false)
}

/// The length of `{expression}` at the start of `text`, whose own strings may have any quotes.
pub(crate) fn replacement_end(text: &str, is_triple: bool) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            '\n' if !is_triple => return at,
            // A quote that never closes belongs to the literal around, not to an expression in it.
            '"' | '\'' => match string_end(&text[at..], false) {
                (length, _, true) => {
                    at += length;
                    continue;
                }
                _ => return at,
            },
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let scan = Scan::new(text);
        let mut at = 0;
        for piece in &scan.pieces {
            assert_eq!(piece.range.start, at, "{text:?}");
            at = piece.range.end;
        }
        assert_eq!(at, text.len(), "{text:?}");
        scan.words().map(|piece| &text[piece.range.clone()]).collect()
    }

    #[test]
    fn pieces_are_those_of_python() {
        for (text, expected) in [
            ("x = 1.5e-3+2", &["x", "=", "1.5e-3", "+", "2"][..]),
            ("a//=b**-c", &["a", "//=", "b", "**", "-", "c"]),
            ("f(x)[1:]", &["f", "(", "x", ")", "[", "1", ":", "]"]),
            ("rb'a\\'b' # c", &["rb'a\\'b'"]),
            ("f'{d[\"a\"]} {{' x", &["f'{d[\"a\"]} {{'", "x"]),
            ("f'{x['a']}'", &["f'{x['a']}'"]),
            ("'''a\nb''' c", &["'''a\nb'''", "c"]),
            ("'abc\nx", &["'abc", "\n", "x"]),
            ("%time x = 1\ny", &["%time x = 1", "\n", "y"]),
            ("model.fit??", &["model.fit??"]),
            ("x %\\\ny", &["x", "%", "y"]),
            ("größe = 名前 + 🦀", &["größe", "=", "名前", "+", "🦀"]),
            ("f'{", &["f'{"]),
            ("'\\", &["'\\"]),
            ("0xff.real", &["0xff.real"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_prefix_of_a_program_can_be_scanned() {
        let text = "def f(x=\"é\"):\n    '''doc'''\n    return f\"{x!r:>{10}} {{ü\" % [1, 2] \\\n  + 3 # ⚙\n%ti é\n";
        for (i, _) in text.char_indices() {
            words(&text[..i]);
            words(&text[i..]);
        }
    }
}
