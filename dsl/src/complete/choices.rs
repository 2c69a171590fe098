//! The words that an argument knows: names of activations, losses, ... from the engine's table, the words that its
//! description quotes, and files.

use kerai_engine::catalog::{self, Entry};
use std::path::Path;

/// The row of the engine's table that a dotted name means.
fn entry(callee: &[&str]) -> Option<&'static Entry> {
    let name = callee.last()?;
    catalog::Kind::ALL
        .iter()
        .flat_map(|kind| kind.entries())
        .find(|entry| entry.name == *name)
        .copied()
}

/// What is known about the arguments of a callee: its table's documentation, one line each.
pub(super) fn arguments_of(callee: &[&str]) -> impl Fn(&str) -> String + use<> {
    let specs = entry(callee).map_or(&[][..], |entry| entry.args);
    move |name| {
        let doc = specs.iter().find(|spec| spec.name == name).map_or("", |spec| spec.doc);
        doc.trim().lines().next().unwrap_or("").trim().to_owned()
    }
}

/// The words for an argument, each with one line about it.
pub(super) fn choices(callee: &[&str], parameter: &str) -> Vec<(String, String)> {
    let spec =
        entry(callee).and_then(|entry| entry.args.iter().find(|spec| spec.name == parameter));
    let description = spec.map(|spec| (spec.kind)()).unwrap_or_default();
    if let Some(kind) = kind_of(parameter, &description) {
        return kind.entries().iter().flat_map(|entry| words_of(entry)).collect();
    }
    let quoted: Vec<_> = description
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|word| (word.to_owned(), String::new()))
        .collect();
    if !quoted.is_empty() {
        return quoted;
    }
    let words: &[&str] = match parameter {
        "padding" => &["valid", "same"],
        "data_format" => &["channels_last", "channels_first"],
        "monitor" => &["val_loss", "loss", "val_accuracy", "accuracy"],
        "dtype" => &["float32", "float64", "float16", "int32", "int64", "uint8", "bool"],
        _ => &[],
    };
    words.iter().map(|word| ((*word).to_owned(), String::new())).collect()
}

/// Of which kind the names are that an argument takes: its description says so, or Keras' way of naming arguments.
fn kind_of(parameter: &str, description: &str) -> Option<catalog::Kind> {
    let by_description = |kind: &&catalog::Kind| {
        ["name of a ", "name of an "]
            .iter()
            .any(|start| description.contains(&format!("{start}{}", kind.word())))
    };
    if let Some(kind) = catalog::Kind::ALL.iter().find(by_description) {
        return Some(*kind);
    }
    let last = parameter.rsplit('_').next().unwrap_or(parameter);
    match last {
        "activation" => Some(catalog::Kind::Activation),
        "initializer" => Some(catalog::Kind::Initializer),
        "regularizer" => Some(catalog::Kind::Regularizer),
        "constraint" => Some(catalog::Kind::Constraint),
        "loss" | "losses" => Some(catalog::Kind::Loss),
        "optimizer" => Some(catalog::Kind::Optimizer),
        "metrics" => Some(catalog::Kind::Metric),
        _ => None,
    }
}

/// The strings by which an entry is found.
fn words_of(entry: &Entry) -> Vec<(String, String)> {
    let about = entry.doc.trim().lines().next().unwrap_or("").to_owned();
    let snake = catalog::snake_case(entry.name);
    let mut words = vec![snake];
    words.extend(entry.aliases.iter().map(|alias| (*alias).to_owned()));
    words.retain(|word| !word.starts_with(char::is_uppercase));
    words.dedup();
    words.into_iter().map(|word| (word, about.clone())).collect()
}

/// Files and folders that continue a path.
pub(super) fn files(prefix: &str, mut offer: impl FnMut(&str, &'static str)) {
    let folder_end = prefix.rfind('/').map_or(0, |slash| slash + 1);
    let shown = &prefix[..folder_end];
    let folder = match shown.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None if shown.is_empty() => Path::new(".").to_owned(),
        None => Path::new(shown).to_owned(),
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().take(1000) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !prefix[folder_end..].starts_with('.') {
            continue;
        }
        let is_folder = entry.path().is_dir();
        let slash = if is_folder { "/" } else { "" };
        offer(&format!("{shown}{name}{slash}"), if is_folder { "folder" } else { "file" });
    }
}
