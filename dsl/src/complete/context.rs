//! Where the cursor is: after a dot, in an import, in a call, in quotes.

use crate::runtime::Value;
use crate::scan::{Kind, Piece, Scan};

/// The cursor's surroundings, and the part of a name that stands before it.
pub(super) struct Place<'a> {
    pub(super) context: Context<'a>,
    pub(super) prefix: &'a str,
}

/// What can stand at the cursor.
pub(super) enum Context<'a> {
    /// Any name; in a call also its keyword arguments.
    Name { call: Option<Call<'a>> },
    /// A member of a dotted name.
    Member { chain: Vec<&'a str> },
    /// A member of a literal.
    Literal(Value),
    /// A part of a module's name, after `base`.
    Module { base: String },
    /// `from module import |`
    FromModule { module: String },
    /// Inside quotes; `key_of`: as a key of this dict.
    Text { call: Option<Call<'a>>, key_of: Vec<&'a str> },
    /// `%|`
    Magic,
}

/// The call around the cursor.
pub(crate) struct Call<'a> {
    /// The dotted name before the parenthesis.
    pub(crate) callee: Vec<&'a str>,
    /// Keyword arguments that stand before the cursor.
    pub(super) given: Vec<&'a str>,
    /// The cursor is in the value of this keyword argument.
    pub(super) keyword: Option<&'a str>,
    /// How many positional arguments stand before the cursor.
    pub(super) position: usize,
    /// An argument begins here.
    pub(super) at_start: bool,
}

/// What stands at the end of `text`; `None` where nothing can be completed (comments, numbers).
pub(super) fn place(text: &str) -> Option<Place<'_>> {
    let words = Words::new(text);
    let Some(last) = words.last.as_ref() else { return in_code(&words, "") };
    match last.kind {
        Kind::Comment | Kind::Number | Kind::Close | Kind::Text { closed: true, .. } => None,
        Kind::Magic => magic(&text[last.range.clone()]),
        Kind::Text { .. } => Some(in_text(&words, &text[last.range.clone()])),
        Kind::Name => in_code(&words, &text[last.range.clone()]),
        _ => in_code(&words, ""),
    }
}

/// The dotted name at a byte offset: under the cursor, or just before it.
pub(crate) fn chain_at(text: &str, cursor: usize) -> Vec<&str> {
    let words = Words::new(text);
    let at = words.pieces.iter().position(|piece| {
        piece.kind == Kind::Name && piece.range.start <= cursor && cursor <= piece.range.end
    });
    at.map(|at| words.chain_before(at + 1)).unwrap_or_default()
}

/// The call around a byte offset.
pub(crate) fn enclosing_call(text: &str, cursor: usize) -> Option<Call<'_>> {
    let words = Words::new(&text[..cursor]);
    // A list or dict in the call belongs to it: `compile(metrics=[|`.
    words.open.iter().rev().find_map(|&bracket| words.call(bracket, words.pieces.len()))
}

/// The pieces of a text that mean something, with their texts.
struct Words<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    /// Indices of the brackets that are open at the end.
    open: Vec<usize>,
    /// The last piece of all, blanks and comments included.
    last: Option<Piece>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        let Scan { pieces, open, .. } = Scan::new(text);
        let last = pieces.last().cloned();
        let open: Vec<usize> =
            open.iter().filter_map(|&i| pieces.get(i)).map(|piece| piece.range.start).collect();
        let pieces: Vec<Piece> = pieces
            .into_iter()
            .filter(|piece| !matches!(piece.kind, Kind::Space | Kind::Comment))
            .collect();
        let index_of = |start: &usize| pieces.iter().position(|piece| piece.range.start == *start);
        let open = open.iter().filter_map(index_of).collect();
        Words { text, pieces, open, last }
    }

    fn get(&self, index: usize) -> &'a str {
        self.pieces.get(index).map_or("", |piece| &self.text[piece.range.clone()])
    }

    /// The word before an index.
    fn before(&self, index: usize) -> &'a str {
        index.checked_sub(1).map_or("", |i| self.get(i))
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        self.pieces.get(index).map(|piece| piece.kind)
    }

    /// The dotted name that ends just before `end`; empty if something else stands there.
    fn chain_before(&self, end: usize) -> Vec<&'a str> {
        let (mut chain, mut at) = (Vec::new(), end);
        loop {
            let name = at.checked_sub(1).filter(|&i| self.kind(i) == Some(Kind::Name));
            let Some(name) = name else { return Vec::new() };
            chain.push(self.get(name));
            if self.before(name) != "." {
                chain.reverse();
                return chain;
            }
            at = name - 1;
        }
    }

    /// Where the statement begins that contains the word at `end`.
    fn statement_start(&self, end: usize) -> usize {
        let is_end = |i: &usize| self.kind(*i) == Some(Kind::Newline) || self.get(*i) == ";";
        (0..end).rev().find(is_end).map_or(0, |i| i + 1)
    }

    /// The call whose parenthesis is the word `bracket`, as seen from the word `end`.
    fn call(&self, bracket: usize, end: usize) -> Option<Call<'a>> {
        if self.get(bracket) != "(" {
            return None;
        }
        let callee = self.chain_before(bracket);
        let start = (bracket + 1).saturating_sub(callee.len() * 2);
        let is_definition = matches!(self.before(start), "def" | "class");
        if callee.is_empty() || is_definition {
            return None;
        }
        let mut call =
            Call { callee, given: Vec::new(), keyword: None, position: 0, at_start: true };
        let mut depth = 0_usize;
        for i in bracket + 1..end {
            match self.kind(i) {
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                _ if self.get(i) == "," => {
                    call.position += usize::from(call.keyword.take().is_none());
                    call.at_start = true;
                    continue;
                }
                _ if self.get(i) == "=" && self.kind(i - 1) == Some(Kind::Name) => {
                    call.keyword = Some(self.get(i - 1));
                    call.given.push(self.get(i - 1));
                }
                _ => {}
            }
            call.at_start = false;
        }
        Some(call)
    }
}

fn magic(line: &str) -> Option<Place<'_>> {
    let is_name = line.starts_with('%') && !line.contains(char::is_whitespace);
    is_name.then_some(Place { context: Context::Magic, prefix: line })
}

fn in_code<'a>(words: &Words<'a>, prefix: &'a str) -> Option<Place<'a>> {
    let end = words.pieces.len() - usize::from(!prefix.is_empty());
    if let Some(context) = import(words, end) {
        return Some(Place { context, prefix });
    }
    if words.before(end) == "." {
        return Some(Place { context: member(words, end - 1)?, prefix });
    }
    if matches!(words.before(end), "def" | "class" | "as") {
        return None;
    }
    let call = words.open.last().and_then(|&bracket| words.call(bracket, end));
    Some(Place { context: Context::Name { call }, prefix })
}

/// What stands before the dot at the word `dot`.
fn member<'a>(words: &Words<'a>, dot: usize) -> Option<Context<'a>> {
    match words.kind(dot.checked_sub(1)?)? {
        Kind::Name => {
            let chain = words.chain_before(dot);
            (!chain.is_empty()).then_some(Context::Member { chain })
        }
        Kind::Text { .. } if !words.before(dot).starts_with(['b', 'B']) => {
            Some(Context::Literal(Value::str("")))
        }
        Kind::Close => literal(words, dot),
        _ => None,
    }
}

/// `[...].|` and `{...}.|`: brackets that are no subscript are a list, a dict or a set.
fn literal<'a>(words: &Words<'a>, end: usize) -> Option<Context<'a>> {
    let (mut depth, mut at) = (0_usize, end);
    loop {
        at = at.checked_sub(1)?;
        match words.kind(at)? {
            Kind::Close => depth += 1,
            Kind::Open => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    let before = at.checked_sub(1).and_then(|i| words.kind(i));
    let is_subscript = matches!(before, Some(Kind::Name | Kind::Close | Kind::Text { .. }));
    match words.get(at) {
        _ if is_subscript => None,
        "[" => Some(Context::Literal(Value::list(Vec::new()))),
        "{" => Some(Context::Literal(Value::dict::<&str>([]))),
        _ => None,
    }
}

/// `import a.|`, `from a.|`, `from a import b, |`
fn import<'a>(words: &Words<'a>, end: usize) -> Option<Context<'a>> {
    let start = words.statement_start(end);
    let keyword = words.get(start);
    if end <= start || !matches!(keyword, "import" | "from") {
        return None;
    }
    let joined = |from: usize, to: usize| (from..to).map(|i| words.get(i)).collect::<String>();
    if keyword == "from"
        && let Some(import) = (start + 1..end).find(|&i| words.get(i) == "import")
    {
        let is_new_name = matches!(words.before(end), "import" | "," | "(");
        return is_new_name.then(|| Context::FromModule { module: joined(start + 1, import) });
    }
    let first = (start + 1..end).rev().find(|&i| words.get(i) == ",").map_or(start + 1, |i| i + 1);
    if first == end {
        return Some(Context::Module { base: String::new() });
    }
    // After a whole name only `import` or `as` can follow.
    let base = joined(first, end);
    Some(Context::Module { base: base.strip_suffix('.')?.to_owned() })
}

/// Inside the string literal at the end.
fn in_text<'a>(words: &Words<'a>, literal: &'a str) -> Place<'a> {
    let quotes = literal.find(['"', '\'']).unwrap_or(0);
    let body = literal[quotes..].trim_start_matches(['"', '\'']);
    let end = words.pieces.len() - 1;
    let mut key_of = Vec::new();
    if words.before(end) == "[" && words.kind(end.wrapping_sub(2)) == Some(Kind::Name) {
        key_of = words.chain_before(end - 1);
    }
    let call = words.open.iter().rev().find_map(|&bracket| words.call(bracket, end));
    Place { context: Context::Text { call, key_of }, prefix: body }
}
