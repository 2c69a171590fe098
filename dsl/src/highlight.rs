//! The colours of a text. Works on any text, finished or not: an editor asks at every key.

use crate::scan::{KEYWORDS, Kind, Scan, replacement_end};
use crate::session::Token;
use std::ops::Range;

/// Names that every program has.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "self",
    "cls",
];

/// Adjoining ranges that cover the text.
pub(crate) fn highlight(text: &str) -> Vec<(Range<usize>, Token)> {
    let mut painter = Painter { text, spans: Vec::new(), depth: 0 };
    painter.paint(0..text.len());
    painter.spans
}

struct Painter<'a> {
    text: &'a str,
    spans: Vec<(Range<usize>, Token)>,
    /// f-strings inside f-strings.
    depth: usize,
}

/// Deeper f-strings have one colour: nobody reads them, and the recursion must end.
const MAX_DEPTH: usize = 6;

impl Painter<'_> {
    fn push(&mut self, range: Range<usize>, token: Token) {
        if range.is_empty() {
            return;
        }
        match self.spans.last_mut() {
            Some((last, same)) if *same == token && last.end == range.start => last.end = range.end,
            _ => self.spans.push((range, token)),
        }
    }

    fn paint(&mut self, part: Range<usize>) {
        let text = &self.text[part.clone()];
        let scan = Scan::new(text);
        let words: Vec<_> = scan.words().collect();
        let word_at = |index: Option<usize>| {
            index.and_then(|i| words.get(i)).map_or("", |piece| &text[piece.range.clone()])
        };
        let (mut index, mut in_decorator) = (0_usize, false);
        for piece in &scan.pieces {
            let range = part.start + piece.range.start..part.start + piece.range.end;
            let word = &text[piece.range.clone()];
            if matches!(piece.kind, Kind::Space | Kind::Comment) {
                let token = if piece.kind == Kind::Comment { Token::Comment } else { Token::Plain };
                self.push(range, token);
                continue;
            }
            let before = word_at(index.checked_sub(1));
            let after = word_at(index.checked_add(1));
            index += 1;
            in_decorator = match word {
                "@" => before.is_empty() || before == "\n",
                "." => in_decorator,
                _ => in_decorator && piece.kind == Kind::Name,
            };
            let token = match piece.kind {
                _ if in_decorator => Token::Decorator,
                Kind::Name => name_token(word, before, after),
                Kind::Number => Token::Number,
                Kind::Operator => Token::Operator,
                Kind::Magic => Token::Magic,
                Kind::Text { formatted: true, .. } if self.depth < MAX_DEPTH => {
                    self.depth += 1;
                    self.paint_formatted(range);
                    self.depth -= 1;
                    continue;
                }
                Kind::Text { .. } => Token::Text,
                _ => Token::Plain,
            };
            self.push(range, token);
        }
    }

    /// An f-string: the expressions in its braces have colours of their own.
    fn paint_formatted(&mut self, range: Range<usize>) {
        let literal = &self.text[range.clone()];
        let is_triple = literal.contains("\"\"\"") || literal.contains("'''");
        let (mut done, mut at) = (0, 0);
        while let Some(found) = literal[at..].find('{') {
            let open = at + found;
            if literal[open..].starts_with("{{") {
                at = open + 2;
                continue;
            }
            let close = open + replacement_end(&literal[open..], is_triple);
            let inner_end =
                if literal[..close].ends_with('}') && close > open + 1 { close - 1 } else { close };
            self.push(range.start + done..range.start + open + 1, Token::Text);
            self.paint(range.start + open + 1..range.start + inner_end);
            done = inner_end;
            at = close.max(open + 1);
        }
        self.push(range.start + done..range.end, Token::Text);
    }
}

fn name_token(word: &str, before: &str, after: &str) -> Token {
    let is_attribute = before == ".";
    if KEYWORDS.contains(&word) && !is_attribute {
        return Token::Keyword;
    }
    match before {
        "def" => return Token::Function,
        "class" => return Token::Class,
        _ => {}
    }
    if BUILTINS.contains(&word) && !is_attribute && after != "=" {
        return Token::Builtin;
    }
    if after != "(" {
        return Token::Plain;
    }
    let mut letters = word.trim_start_matches('_').chars();
    let is_class = letters.next().is_some_and(char::is_uppercase);
    if is_class { Token::Class } else { Token::Function }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(text: &str) -> Vec<(&str, Token)> {
        let spans = highlight(text);
        let mut at = 0;
        for (range, _) in &spans {
            assert_eq!(range.start, at, "{text:?}");
            at = range.end;
        }
        assert_eq!(at, text.len(), "{text:?}");
        spans.into_iter().filter(|(_, t)| *t != Token::Plain).map(|(r, t)| (&text[r], t)).collect()
    }

    #[test]
    fn words_have_the_colours_of_their_meaning() {
        use Token::*;
        for (text, expected) in [
            (
                "def f(x): pass",
                &[("def", Keyword), ("f", Function), (":", Operator), ("pass", Keyword)][..],
            ),
            ("Dense(64)", &[("Dense", Class), ("64", Number)]),
            ("layers.print(x)", &[(".", Operator), ("print", Function)]),
            ("print('a') # b", &[("print", Builtin), ("'a'", Text), ("# b", Comment)]),
            ("@tf.function\nx", &[("@tf.function", Decorator)]),
            ("a @ b", &[("@", Operator)]),
            ("%matplotlib inline", &[("%matplotlib inline", Magic)]),
            ("f'a{x + 1}b'", &[("f'a{", Text), ("+", Operator), ("1", Number), ("}b'", Text)]),
        ] {
            assert_eq!(painted(text), expected, "{text:?}");
        }
    }

    #[test]
    fn broken_text_is_covered_too() {
        for text in [
            "f'{",
            "f'{x",
            "f\"{'é",
            "f'{{}'",
            "f'{}}'",
            "'''",
            "(((",
            "\\",
            "%",
            "é?",
            "@",
            "f'{x!r:{y}}",
        ] {
            painted(text);
        }
    }
}
