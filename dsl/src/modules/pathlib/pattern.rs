//! File patterns with `*`, `?`, `[...]` and `**`, for `glob` and `Path.glob`.

use super::super::os::{names_in, path};
use kerai_engine::disk;

/// Whether a name fits a pattern without separators.
pub(in crate::modules) fn matches(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) =
        (name.chars().collect(), pattern.chars().collect());
    fits(&name, &pattern)
}

fn fits(name: &[char], pattern: &[char]) -> bool {
    let Some((&first, rest)) = pattern.split_first() else { return name.is_empty() };
    match first {
        '*' => (0..=name.len()).any(|skip| fits(name.get(skip..).unwrap_or(&[]), rest)),
        '?' => !name.is_empty() && fits(name.get(1..).unwrap_or(&[]), rest),
        '[' => {
            let Some(end) = rest.iter().skip(1).position(|c| *c == ']').map(|i| i + 1) else {
                return name.first() == Some(&'[') && fits(name.get(1..).unwrap_or(&[]), rest);
            };
            let (set, after) = rest.split_at(end);
            let (negated, set) = match set.split_first() {
                Some(('!', set)) => (true, set),
                _ => (false, set),
            };
            let Some(&c) = name.first() else { return false };
            let mut found = false;
            let mut i = 0;
            while let Some(&low) = set.get(i) {
                match (set.get(i + 1), set.get(i + 2)) {
                    (Some('-'), Some(&high)) => {
                        found |= (low..=high).contains(&c);
                        i += 3;
                    }
                    _ => {
                        found |= low == c;
                        i += 1;
                    }
                }
            }
            found != negated && fits(name.get(1..).unwrap_or(&[]), after.get(1..).unwrap_or(&[]))
        }
        c => name.first() == Some(&c) && fits(name.get(1..).unwrap_or(&[]), rest),
    }
}

/// The paths below a folder that fit a pattern, sorted.
pub(in crate::modules) fn glob(folder: &str, pattern: &str) -> Vec<String> {
    let (root, pattern) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => (folder, pattern),
    };
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let mut found = Vec::new();
    descend(root, &parts, &mut found);
    found.sort();
    found.dedup();
    found
}

fn descend(folder: &str, parts: &[&str], found: &mut Vec<String>) {
    let Some((&part, rest)) = parts.split_first() else {
        found.push(folder.to_owned());
        return;
    };
    let join = |name: &str| {
        if folder == "." || folder.is_empty() { name.to_owned() } else { path::join(folder, name) }
    };
    if part == "**" {
        descend(folder, rest, found);
        for name in names_in(folder).unwrap_or_default() {
            let below = join(&name);
            let is_folder = disk::is_dir(&below) && !disk::is_symlink(&below);
            if is_folder && !name.starts_with('.') {
                descend(&below, parts, found);
            }
        }
        if rest.is_empty() {
            found.retain(|path| disk::is_dir(path));
        }
        return;
    }
    if !part.contains(['*', '?', '[']) {
        let below = join(part);
        if disk::exists(&below) {
            descend(&below, rest, found);
        }
        return;
    }
    for name in names_in(folder).unwrap_or_default() {
        let hidden = name.starts_with('.') && !part.starts_with('.');
        if !hidden && matches(&name, part) {
            let below = join(&name);
            if rest.is_empty() || disk::is_dir(&below) {
                descend(&below, rest, found);
            }
        }
    }
}
