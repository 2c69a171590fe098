//! What a name is: `name?`, Shift-Tab, `help(x)`. The signature, what kind of thing it is, and its documentation.

use crate::complete::{
    Live, World, attribute, chain_at, enclosing_call, floor_boundary, kind_of, member_names,
    resolve,
};
use crate::modules;
use crate::runtime::class::Instance;
use crate::runtime::globals::Globals;
use crate::runtime::object::Doc;
use crate::runtime::{PyResult, Value, context, format, interpreter};
use crate::sink::{Bundle, Output};
use kerai_engine::catalog::{self, Entry};
use kerai_engine::config::ArgSpec;

/// Values are shown up to this length; the long form shows more.
const SHORT: usize = 300;
const LONG: usize = 4000;

/// About the name at a byte offset, or about the function whose parentheses are around it.
pub(crate) fn inspect(world: &dyn World, text: &str, cursor: usize, detail: u8) -> Option<Bundle> {
    let cursor = floor_boundary(text, cursor);
    let chain = chain_at(text, cursor);
    if let Some(found) = about(world, &chain, detail) {
        return Some(found);
    }
    about(world, &enclosing_call(text, cursor)?.callee, detail)
}

/// `name?` and `name??`: shows what is known about a dotted name.
pub(crate) fn question(globals: &Globals, name: &str, detail: u8) {
    let chain: Vec<&str> = name.trim().split('.').map(str::trim).collect();
    match about(&Live(globals), &chain, detail) {
        Some(bundle) => context::emit(Output::Display { id: None, bundle }),
        None => context::text(&format!("Object `{}` not found.\n", name.trim())),
    }
}

/// `help(value)`, `help("name")`, `help()`
pub(crate) fn help(value: &Value) -> PyResult<Value> {
    match value {
        Value::None => context::text(
            "help(x) explains a value, help(\"keras.layers.Dense\") a name; name? does the same at a prompt, and\n\
             dir(x) lists members. In a prompt or notebook, Tab completes names, arguments and their choices.\n",
        ),
        Value::Str(name) => {
            let globals = interpreter::globals();
            let chain: Vec<&str> = name.trim().split('.').collect();
            let module = || modules::import(name.trim()).ok().map(|m| describe(Some(name), &m, 1));
            match about(&Live(&globals), &chain, 1).or_else(module) {
                Some(bundle) => context::text(&format!("{}\n", bundle.text())),
                None => context::text(&format!("No documentation found for {:?}.\n", &**name)),
            }
        }
        value => context::text(&format!("{}\n", describe(None, value, 1).text())),
    }
    Ok(Value::None)
}

/// About a dotted name: `name?`. Names of Keras are known before they are imported.
pub(crate) fn about(world: &dyn World, chain: &[&str], detail: u8) -> Option<Bundle> {
    if let Some(value) = resolve(world, chain) {
        return Some(describe(Some(&chain.join(".")), &value, detail));
    }
    let name = chain.last()?;
    let entry =
        catalog::Kind::ALL.iter().flat_map(|kind| kind.entries()).find(|e| e.name == *name)?;
    let sections = vec![
        Section::Code(format!("from {} import {}", entry.kind.module(), entry.name)),
        Section::Text(dedent(entry.doc)),
        Section::Arguments(arguments(entry.args)),
    ];
    Some(render(&sections))
}

/// About a value: what `help(value)` prints.
pub(crate) fn describe(name: Option<&str>, value: &Value, detail: u8) -> Bundle {
    let Doc { signature, text } = match value {
        Value::Object(object) => object.doc().unwrap_or_default(),
        _ => Doc::default(),
    };
    let kind = kind_of(value);
    let mut sections = Vec::new();
    if !signature.is_empty() {
        sections.push(Section::Code(signature));
    } else if let Some(name) = name.filter(|_| kind != "instance") {
        sections.push(Section::Code(name.to_owned()));
    }
    let word = match kind {
        "instance" => value.type_name(),
        kind => kind.to_owned(),
    };
    sections.push(Section::Fact("type", word));
    if kind == "instance" {
        facts(value, detail, &mut sections);
    }
    let entry = class_entry(name, value);
    let text = entry.map_or(text, |entry| entry.doc.to_owned());
    if !text.trim().is_empty() {
        sections.push(Section::Text(dedent(&text)));
    }
    if let Some(entry) = entry {
        sections.push(Section::Arguments(arguments(entry.args)));
    }
    if detail > 0 || kind == "module" {
        let names: Vec<String> =
            member_names(value).into_iter().filter(|n| !n.starts_with('_')).collect();
        if !names.is_empty() {
            sections.push(Section::Names(names));
        }
    }
    render(&sections)
}

/// The row of a class of the engine's table.
fn class_entry(name: Option<&str>, value: &Value) -> Option<&'static Entry> {
    let own = match attribute(value, "__name__") {
        Some(Value::Str(name)) => Some(name.to_string()),
        _ => None,
    };
    let name = own
        .as_deref()
        .or_else(|| name?.rsplit('.').next())
        .filter(|_| kind_of(value) == "class")?;
    let mut entries = catalog::Kind::ALL.iter().flat_map(|kind| kind.entries());
    entries.find(|entry| entry.name == name).copied()
}

fn facts(value: &Value, detail: u8, sections: &mut Vec<Section>) {
    let limit = if detail > 0 { LONG } else { SHORT };
    let is_plain = match value {
        // The text of an object of the program is made by the program.
        Value::Object(_) => value.downcast::<Instance>().is_none(),
        _ => true,
    };
    if let Some(shape) = attribute(value, "shape").filter(|_| is_plain)
        && let Ok(text) = format::repr(&shape)
    {
        sections.push(Section::Fact("shape", text));
    }
    if let (true, Ok(text)) = (is_plain, format::repr(value)) {
        let shown: String = text.chars().take(limit).collect();
        let dots = if shown.len() < text.len() { " ..." } else { "" };
        sections.push(Section::Fact("value", format!("{shown}{dots}")));
    }
}

fn arguments(specs: &[ArgSpec]) -> Vec<(String, String)> {
    let row = |spec: &ArgSpec| {
        let default = (spec.default)()
            .map_or(String::new(), |value| format!(" Default: {}.", value.describe()));
        let doc = dedent(spec.doc).replace('\n', " ");
        (spec.name.to_owned(), format!("{doc} ({}){default}", (spec.kind)()))
    };
    specs.iter().map(row).collect()
}

/// Takes the blank that doc comments begin with off each line.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> =
        text.trim_end().lines().skip_while(|line| line.trim().is_empty()).collect();
    // The first line of a docstring begins behind its quotes, so the others tell the indentation.
    let lead = |line: &&str| line.len() - line.trim_start().len();
    let indent = lines.iter().skip(1).filter(|l| !l.trim().is_empty()).map(lead).min().unwrap_or(0);
    let mut result = String::new();
    for (i, line) in lines.iter().enumerate() {
        let cut = if i == 0 { lead(line) } else { indent.min(lead(line)) };
        result.push_str(line[cut..].trim_end());
        result.push('\n');
    }
    result.trim_end().to_owned()
}

enum Section {
    Code(String),
    Fact(&'static str, String),
    Text(String),
    Arguments(Vec<(String, String)>),
    Names(Vec<String>),
}

fn render(sections: &[Section]) -> Bundle {
    let (mut plain, mut markdown) = (Vec::new(), Vec::new());
    for section in sections {
        match section {
            Section::Code(code) => {
                plain.push(code.clone());
                markdown.push(format!("```python\n{code}\n```"));
            }
            Section::Fact(name, value) => {
                let separator = if value.contains('\n') { "\n" } else { " " };
                plain.push(format!("{name}:{separator}{value}"));
                let shown = if value.contains('\n') {
                    format!("\n```\n{value}\n```")
                } else {
                    format!(" `{value}`")
                };
                markdown.push(format!("**{name}:**{shown}"));
            }
            Section::Text(text) => {
                plain.push(format!("\n{text}"));
                markdown.push(text.clone());
            }
            Section::Arguments(rows) if rows.is_empty() => {}
            Section::Arguments(rows) => {
                let wide = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
                let lines: Vec<String> =
                    rows.iter().map(|(name, doc)| format!("  {name:<wide$}  {doc}")).collect();
                plain.push(format!("\nArguments:\n{}", lines.join("\n")));
                let lines: Vec<String> =
                    rows.iter().map(|(name, doc)| format!("- `{name}`: {doc}")).collect();
                markdown.push(format!("**Arguments**\n\n{}", lines.join("\n")));
            }
            Section::Names(names) => {
                plain.push(format!("\nMembers:\n{}", columns(names)));
                let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                markdown.push(format!("**Members:** {}", list.join(", ")));
            }
        }
    }
    Bundle::default()
        .with_text("text/markdown", markdown.join("\n\n"))
        .with_text("text/plain", plain.join("\n"))
}

/// Names side by side, in rows of at most 78 columns.
fn columns(names: &[String]) -> String {
    let wide = names.iter().map(|name| name.chars().count() + 2).max().unwrap_or(2);
    let per_row = (76 / wide).max(1);
    let rows: Vec<String> = names
        .chunks(per_row)
        .map(|row| {
            let cells: String = row.iter().map(|name| format!("{name:<wide$}")).collect();
            format!("  {}", cells.trim_end())
        })
        .collect();
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complete::tests::world;

    fn text(source: &str) -> String {
        let (before, after) = source.split_once('|').unwrap();
        let bundle = inspect(&world(), &format!("{before}{after}"), before.len(), 0);
        bundle.map(|bundle| bundle.text().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_name_says_what_it_is() {
        for (source, expected) in [
            ("le|n", "len("),
            ("x = math.sq|rt(2)", "sqrt("),
            ("math.sqrt(|", "sqrt("),
            ("word.joi|n", "join(iterable, /)\ntype: function\n\nThe items, with this text"),
            ("table|", "type: dict"),
            ("Dens|e", "from keras.layers import Dense"),
            ("Dense(units=4, |)", "Width of the output."),
        ] {
            let found = text(source);
            assert!(found.contains(expected), "{source:?}: {found}");
        }
        for source in ["|", "nothing_of_this_name|", "é|", "(((|"] {
            assert_eq!(text(source), "", "{source:?}");
        }
    }
}
