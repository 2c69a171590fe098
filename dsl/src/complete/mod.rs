//! What can stand at a place of a text: names of the live session, members, modules, keyword arguments with their
//! defaults, and the words that an argument knows. Values are looked at; nothing of the user's is called.

mod choices;
mod context;
mod live;
mod members;

use crate::runtime::arguments::ParameterKind;
use crate::runtime::{Signature, Value};
use crate::scan::{KEYWORDS, Kind, Scan};
use crate::session::{Completion, Completions};
use context::{Call, Context, Place};
use std::collections::HashSet;

pub(crate) use context::{chain_at, enclosing_call};
pub(crate) use live::Live;
pub(crate) use members::{attribute, kind_of, names as member_names};

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
    /// The names of the modules that can be imported, without their submodules.
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
        // Arguments and their words keep the order of their table.
        let letters = if group == 0 { String::new() } else { lower };
        let rank = (group, !name.starts_with(self.prefix), is_private, letters);
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

/// `import a.b`: modules, or the submodules of one.
fn modules(world: &dyn World, base: &str, found: &mut Found<'_>) {
    if base.is_empty() {
        for name in world.modules() {
            found.add(1, &name, "module", String::new);
        }
        return;
    }
    let Some(module) = world.module(base) else { return };
    for name in members::names(&module) {
        if let Some(member) = attribute(&module, &name).filter(|member| kind_of(member) == "module")
        {
            found.add(1, &name, "module", || members::detail(&member));
        }
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
            found.add(0, name, "choice", || detail.to_owned());
        });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::runtime::{Native, builtins};

    /// A few variables, and all builtins and modules.
    pub(crate) struct TestWorld(Vec<(&'static str, Value)>);

    pub(crate) fn world() -> TestWorld {
        let math = crate::modules::Module::new("math", "Functions of numbers.")
            .with("pi", Value::Float(3.0))
            .function("sqrt", "x, /", "The square root.", |_| Ok(Value::None));
        let math = Value::object(math);
        let table = Value::dict([("loss", Value::Float(1.0)), ("lr", Value::Int(1))]);
        let fit =
            Native::value("fit", "x, y=None, *, epochs=1, activation=None", "Trains.", |_| {
                Ok(Value::None)
            });
        TestWorld(vec![
            ("math", math),
            ("table", table),
            ("fit", fit),
            ("word", Value::str("a")),
            ("_hidden", Value::None),
        ])
    }

    impl World for TestWorld {
        fn names(&self) -> Vec<String> {
            self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
        }
        fn global(&self, name: &str) -> Option<Value> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
        }
        fn builtin_names(&self) -> Vec<String> {
            builtins::names()
        }
        fn builtin(&self, name: &str) -> Option<Value> {
            builtins::find(name)
        }
        fn modules(&self) -> Vec<String> {
            crate::modules::names()
        }
        fn module(&self, name: &str) -> Option<Value> {
            self.global(name)
        }
        fn magics(&self) -> Vec<(String, String)> {
            vec![("%time".to_owned(), "Measures a line.".to_owned())]
        }
    }

    fn offered(source: &str) -> Vec<String> {
        let (before, after) = source.split_once('|').unwrap();
        let text = format!("{before}{after}");
        let found = complete(&world(), &text, before.len());
        assert_eq!(found.replace.end, before.len(), "{source:?}");
        assert!(text.get(found.replace.clone()).is_some(), "{source:?}");
        found.items.into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn the_first_choice_is_the_likely_one() {
        for (source, expected) in [
            ("tab|", "table"),
            ("x = ma|", "math"),
            ("math.sq|", "sqrt"),
            ("print(math.sq|)", "sqrt"),
            ("math.\\\n  sq|", "sqrt"),
            ("word.up|", "upper"),
            ("'a'.joi|", "join"),
            ("[1, 2].app|", "append"),
            ("{1: 2}.ke|", "keys"),
            ("import ma|", "math"),
            ("import math, ma|", "math"),
            ("from ma|", "math"),
            ("from math import sq|", "sqrt"),
            ("from math import (pi, sq|", "sqrt"),
            ("fit(|", "x="),
            ("fit(1, |", "y="),
            ("fit(1, ep|", "epochs="),
            ("fit(1, epochs=2, act|", "activation="),
            ("fit(1, activation=\"lin|", "linear"),
            ("fit(1, activation='re|')", "relu"),
            ("fit(1, activation=|", "\"celu\""),
            ("fit(1, y=tab|", "table"),
            ("word.split(|", "sep="),
            ("word.split(',', max|", "maxsplit="),
            ("table[\"lo|", "loss"),
            ("table['|", "loss"),
            ("%ti|", "%time"),
            ("whi|", "while"),
            ("answer = 1\nans|", "answer"),
            ("def scale(x): pass\nsca|", "scale"),
            ("_hi|", "_hidden"),
            ("MATH.|", ""),
            ("Ta|", "table"),
        ] {
            let found = offered(source);
            assert_eq!(found.first().map_or("", |name| name), expected, "{source:?}: {found:?}");
        }
    }

    #[test]
    fn methods_show_their_parameters() {
        for (source, expected) in [
            ("word.spl", "split(sep=None, maxsplit=-1)"),
            ("[1].sor", "sort(*, key=None, reverse=False)"),
            ("table.ge", "get(key, default=None, /)"),
            ("word.uppe", "upper()"),
        ] {
            let found = complete(&world(), source, source.len());
            let detail = found.items.first().map(|item| item.detail.as_str());
            assert_eq!(detail, Some(expected), "{source:?}");
        }
    }

    #[test]
    fn nothing_is_offered_where_nothing_fits() {
        for source in [
            "# tab|",
            "'abc' + 'tab|",
            "1.|",
            "f().|",
            "table[0].|",
            "def ta|",
            "import x as ma|",
            "'a'|",
            "é.|",
        ] {
            assert_eq!(offered(source), Vec::<String>::new(), "{source:?}");
        }
    }

    #[test]
    fn private_names_come_last_and_special_ones_only_when_asked_for() {
        let found = offered("|");
        let place = |name: &str| found.iter().position(|n| n == name).unwrap();
        assert!(place("word") < place("_hidden"));
        assert!(!offered("math.|").iter().any(|name| name.starts_with("__")));
    }

    #[test]
    fn any_offset_of_any_text_is_fine() {
        let text = "def f(x=\"é\"):\n    return fit(x, activation='ü', epochs=[名[\"k\"], math.π]) # ⚙\n%té é\nfrom . import (";
        for cursor in 0..text.len() + 3 {
            complete(&world(), text, cursor);
            crate::inspect::inspect(&world(), text, cursor, 1);
        }
    }
}
