//! What can stand at a place of a text: names of the live session, members, modules, keyword arguments with their
//! defaults, and the words that an argument knows. Values are looked at; nothing of the user's is called.

mod choices;
mod context;
mod members;

use crate::runtime::arguments::ParameterKind;
use crate::runtime::{Signature, Value};
use crate::scan::{KEYWORDS, Kind, Scan};
use crate::session::{Completion, Completions};
use context::{Call, Context, Place};
use std::collections::HashSet;

pub(crate) use context::{chain_at, enclosing_call};
pub(crate) use members::{attribute, is_user_instance, kind_of};

/// What a session knows, as completion and inspection ask for it.
pub(crate) trait World {
    /// The names of the session's variables.
    fn names(&self) -> Vec<String>;
    /// The value of a variable.
    fn global(&self, name: &str) -> Option<Value>;
    /// The builtins.
    fn builtin_names(&self) -> Vec<String>;
    /// A builtin.
    fn builtin(&self, name: &str) -> Option<Value>;
    /// Full names of all modules that can be imported.
    fn modules(&self) -> Vec<String>;
    /// A module, imported or not.
    fn module(&self, name: &str) -> Option<Value>;
    /// Magics with their `%` or `%%`, and one line about each.
    fn magics(&self) -> Vec<(String, String)>;
}

/// The value of a dotted name.
pub(crate) fn resolve(world: &dyn World, chain: &[&str]) -> Option<Value> {
    let (head, rest) = chain.split_first()?;
    let mut value = world.global(head).or_else(|| world.builtin(head))?;
    for name in rest {
        value = attribute(&value, name)?;
    }
    Some(value)
}

/// The choices at a byte offset.
pub(crate) fn complete(world: &dyn World, text: &str, cursor: usize) -> Completions {
    let cursor = floor_boundary(text, cursor);
    let Some(Place { context, prefix }) = context::place(&text[..cursor]) else {
        return Completions { replace: cursor..cursor, items: Vec::new() };
    };
    let mut found = Found { prefix, items: Vec::new(), seen: HashSet::new() };
    match context {
        Context::Name { call } => names(world, text, &mut found, call.as_ref(), cursor),
        Context::Member { chain } => {
            if let Some(value) = resolve(world, &chain) {
                members::offer(&value, &mut found);
            }
        }
        Context::Literal(value) => members::offer(&value, &mut found),
        Context::Module { base } => modules(world, &base, &mut found),
        Context::FromModule { module } => {
            if let Some(value) = world.module(&module) {
                members::offer(&value, &mut found);
            }
            modules(world, &module, &mut found);
        }
        Context::Text { call, key_of } => texts(world, call.as_ref(), &key_of, &mut found),
        Context::Magic => {
            for (name, detail) in world.magics() {
                found.add(0, &name, "magic", || detail);
            }
        }
    }
    let start = cursor - found.prefix.len();
    Completions { replace: start..cursor, items: found.ranked() }
}

/// The largest place not after `at` that does not cut a character.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The choices so far that fit what was typed.
pub(super) struct Found<'a> {
    prefix: &'a str,
    items: Vec<(Rank, Completion)>,
    seen: HashSet<String>,
}

/// Group, case as typed, private, then the alphabet.
type Rank = (u8, bool, bool, String);

impl Found<'_> {
    fn add(&mut self, group: u8, name: &str, kind: &'static str, detail: impl FnOnce() -> String) {
        let lower = name.to_lowercase();
        if !lower.starts_with(&self.prefix.to_lowercase()) || !self.seen.insert(name.to_owned()) {
            return;
        }
        let is_private = name.starts_with('_');
        // Names like `__init__` are noise until someone asks for them.
        if name.starts_with("__") && !self.prefix.starts_with('_') {
            return;
        }
        let rank = (group, !name.starts_with(self.prefix), is_private, lower);
        self.items.push((rank, Completion { text: name.to_owned(), kind, detail: detail() }));
    }

    fn ranked(mut self) -> Vec<Completion> {
        self.items.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.items.into_iter().map(|(_, item)| item).collect()
    }
}

fn names(
    world: &dyn World,
    text: &str,
    found: &mut Found<'_>,
    call: Option<&Call<'_>>,
    cursor: usize,
) {
    if let Some(call) = call {
        let signature = resolve(world, &call.callee).and_then(|callee| members::signature(&callee));
        match (call.keyword, signature) {
            (None, Some(signature)) if call.at_start => keywords(call, &signature, found),
            (Some(parameter), _) if found.prefix.is_empty() => {
                for (word, detail) in choices::choices(&call.callee, parameter) {
                    found.add(0, &format!("\"{word}\""), "choice", || detail);
                }
            }
            _ => {}
        }
    }
    for name in world.names() {
        let value = world.global(&name);
        let kind = value.as_ref().map_or("instance", kind_of);
        found.add(1, &name, kind, || value.as_ref().map(members::detail).unwrap_or_default());
    }
    for name in names_in(text, cursor) {
        found.add(1, &name, "instance", || "in this text".to_owned());
    }
    for name in world.builtin_names() {
        let value = world.builtin(&name);
        let kind = value.as_ref().map_or("function", kind_of);
        found.add(2, &name, kind, || value.as_ref().map(members::detail).unwrap_or_default());
    }
    // An empty prefix asks what there is, not which keywords Python has.
    if !found.prefix.is_empty() {
        KEYWORDS.iter().for_each(|word| found.add(2, word, "keyword", String::new));
    }
}

/// `units=`, `activation=`, ... as far as they are not given yet.
fn keywords(call: &Call<'_>, signature: &Signature, found: &mut Found<'_>) {
    let about = choices::arguments_of(&call.callee);
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let by_name = matches!(parameter.kind, ParameterKind::Normal | ParameterKind::Keyword);
        let is_given = call.given.contains(&&*parameter.name)
            || (parameter.kind == ParameterKind::Normal && index < call.position);
        if !by_name || is_given || &*parameter.name == "self" {
            continue;
        }
        let default = parameter.default.as_ref().map(members::literal);
        let detail = || {
            let doc = about(&parameter.name);
            let default = default.map_or("required".to_owned(), |value| format!("default {value}"));
            if doc.is_empty() { default } else { format!("{default}. {doc}") }
        };
        found.add(0, &format!("{}=", parameter.name), "argument", detail);
    }
}

fn parameter_at(signature: &Signature, position: usize) -> Option<String> {
    let parameter = signature.parameters.get(position)?;
    matches!(parameter.kind, ParameterKind::Normal | ParameterKind::Positional)
        .then(|| parameter.name.to_string())
}

/// Names that the text itself uses: what was not run yet can be completed too.
fn names_in(text: &str, cursor: usize) -> Vec<String> {
    let scan = Scan::new(text);
    let mut names = Vec::new();
    let mut before = "";
    for piece in scan.words() {
        let word = &text[piece.range.clone()];
        let is_cursor = piece.range.contains(&cursor) || piece.range.end == cursor;
        if piece.kind == Kind::Name
            && before != "."
            && !is_cursor
            && !KEYWORDS.contains(&word)
            && word.len() > 1
        {
            names.push(word.to_owned());
        }
        before = word;
    }
    names
}

/// `import a.b`: the next part of the names of modules.
fn modules(world: &dyn World, base: &str, found: &mut Found<'_>) {
    for module in world.modules() {
        let rest = if base.is_empty() {
            Some(&*module)
        } else {
            module.strip_prefix(base).and_then(|r| r.strip_prefix('.'))
        };
        let Some(part) = rest.and_then(|rest| rest.split('.').next()) else { continue };
        found.add(1, part, "module", String::new);
    }
}

/// Inside quotes: the keys of a dict, the words that an argument knows, or files.
fn texts(world: &dyn World, call: Option<&Call<'_>>, key_of: &[&str], found: &mut Found<'_>) {
    if let Some(Value::Dict(dict)) = resolve(world, key_of) {
        for (key, value) in dict.borrow().iter() {
            if let Value::Str(key) = &key.0 {
                found.add(0, key, "choice", || value.type_name());
            }
        }
        return;
    }
    let mut parameter = None;
    if let Some(call) = call {
        parameter = call.keyword.map(str::to_owned).or_else(|| {
            let signature = members::signature(&resolve(world, &call.callee)?)?;
            parameter_at(&signature, call.position)
        });
        for (word, detail) in parameter.iter().flat_map(|p| choices::choices(&call.callee, p)) {
            found.add(0, &word, "choice", || detail);
        }
    }
    let names_file = parameter
        .is_some_and(|p| ["path", "file", "dir", "fname"].iter().any(|part| p.contains(part)));
    if found.items.is_empty() && (names_file || found.prefix.contains('/')) {
        choices::files(found.prefix, |name, detail| {
            found.add(0, name, "choice", || detail.to_owned())
        });
    }
}
