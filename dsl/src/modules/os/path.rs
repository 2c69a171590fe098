//! `os.path`: paths as text.

use super::super::Module;
use super::SEPARATOR;
use crate::runtime::iterate;
use crate::runtime::types::file::{os_error, path_text};
use crate::runtime::{PyResult, Value};
use kerai_engine::disk;
use std::path::Path;

pub(in crate::modules) fn module() -> Module {
    let text = |result: fn(&str) -> String| {
        move |v: Vec<Value>| path_text(&v[0]).map(|path| Value::str(result(&path)))
    };
    let test = |result: fn(&Path) -> bool| {
        move |v: Vec<Value>| path_text(&v[0]).map(|path| Value::Bool(result(Path::new(&path))))
    };
    Module::new("posixpath", "Paths as text.")
        .with("sep", Value::str(SEPARATOR))
        .function("join", "path, *paths", "Parts put together with separators.", |v| {
            let mut joined = path_text(&v[0])?;
            for part in iterate::collect(&v[1])? {
                joined = join(&joined, &path_text(&part)?);
            }
            Ok(Value::str(joined))
        })
        .function(
            "exists",
            "path",
            "Whether there is such a file or folder.",
            test(|p| disk::exists(p)),
        )
        .function(
            "lexists",
            "path",
            "Whether there is such an entry.",
            test(|p| disk::has_entry(p)),
        )
        .function("isfile", "path", "Whether it is a file.", test(|p| disk::is_file(p)))
        .function("isdir", "s", "Whether it is a folder.", test(|p| disk::is_dir(p)))
        .function("islink", "path", "Whether it is a link.", test(|p| disk::is_symlink(p)))
        .function("isabs", "s", "Whether the path starts at the root.", test(|p| p.is_absolute()))
        .function(
            "basename",
            "p",
            "What follows the last separator.",
            text(|p| split(p).1.to_owned()),
        )
        .function(
            "dirname",
            "p",
            "What precedes the last separator.",
            text(|p| split(p).0.to_owned()),
        )
        .function("normpath", "path", "Without '.', '..' and double separators.", text(normalize))
        .function("abspath", "path", "The path from the root.", text(absolute))
        .function(
            "realpath",
            "filename, *, strict=False",
            "The path without links.",
            text(|p| {
                let path = disk::canonicalize(p);
                path.map_or_else(|_| absolute(p), |path| path.to_string_lossy().into_owned())
            }),
        )
        .function("expanduser", "path", "With the home folder for '~'.", text(expand_user))
        .function("expandvars", "path", "With the values of $variables.", text(|p| p.to_owned()))
        .function("split", "p", "Folder and name.", |v| {
            let path = path_text(&v[0])?;
            let (head, tail) = split(&path);
            Ok(Value::tuple(vec![Value::str(head), Value::str(tail)]))
        })
        .function("splitext", "p", "The path without, and its extension.", |v| {
            let path = path_text(&v[0])?;
            let (root, extension) = split_extension(&path);
            Ok(Value::tuple(vec![Value::str(root), Value::str(extension)]))
        })
        .function("getsize", "filename", "The size of a file in bytes.", |v| {
            let path = path_text(&v[0])?;
            let facts = disk::metadata(&path).map_err(|error| os_error(&error, &path))?;
            Ok(Value::Int(i64::try_from(facts.len()).unwrap_or(i64::MAX)))
        })
        .function("getmtime", "filename", "When a file was changed, in seconds since 1970.", |v| {
            crate::runtime::attributes::get(&super::stat(&path_text(&v[0])?)?, "st_mtime")
        })
        .function("relpath", "path, start=None", "The path as seen from a folder.", |v| {
            let start = if v[1].is_none() { ".".to_owned() } else { path_text(&v[1])? };
            Ok(Value::str(relative(&path_text(&v[0])?, &start)))
        })
        .function("commonprefix", "m", "The beginning that all texts share.", |v| {
            let texts: Vec<String> =
                iterate::collect(&v[0])?.iter().map(path_text).collect::<PyResult<_>>()?;
            let Some(first) = texts.first() else { return Ok(Value::str("")) };
            let shared = first
                .char_indices()
                .find(|(i, c)| {
                    !texts.iter().all(|t| t.get(*i..).is_some_and(|rest| rest.starts_with(*c)))
                })
                .map_or(first.len(), |(i, _)| i);
            Ok(Value::str(first.get(..shared).unwrap_or("")))
        })
        .function("samefile", "f1, f2", "Whether two paths are the same file.", |v| {
            let (a, b) = (path_text(&v[0])?, path_text(&v[1])?);
            let real = |p: &str| disk::canonicalize(p).map_err(|error| os_error(&error, p));
            Ok(Value::Bool(real(&a)? == real(&b)?))
        })
}

/// Two parts with one separator between them; an absolute second part stands alone.
pub(in crate::modules) fn join(head: &str, tail: &str) -> String {
    if tail.starts_with('/') || Path::new(tail).is_absolute() || head.is_empty() {
        return tail.to_owned();
    }
    if head.ends_with('/') || head.ends_with(SEPARATOR) {
        format!("{head}{tail}")
    } else {
        format!("{head}{SEPARATOR}{tail}")
    }
}

/// What precedes and what follows the last separator.
pub(in crate::modules) fn split(path: &str) -> (&str, &str) {
    let place = path.rfind(['/', std::path::MAIN_SEPARATOR]).map_or(0, |i| i + 1);
    let (head, tail) = path.split_at(place);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

/// The path without its extension, and the extension with its dot.
pub(in crate::modules) fn split_extension(path: &str) -> (&str, &str) {
    let name_start = path.len() - split(path).1.len();
    let name = path.get(name_start..).unwrap_or("");
    let leading = name.len() - name.trim_start_matches('.').len();
    match name.rfind('.').filter(|dot| *dot >= leading.max(1)) {
        Some(dot) => path.split_at(name_start + dot),
        None => (path, ""),
    }
}

/// Without `.`, `..` and double separators.
pub(in crate::modules) fn normalize(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', std::path::MAIN_SEPARATOR]) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join(SEPARATOR));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// The path from the root.
pub(in crate::modules) fn absolute(path: &str) -> String {
    let here = disk::current_dir().unwrap_or_default();
    normalize(&join(&here.to_string_lossy(), path))
}

/// With the home folder for `~`.
pub(in crate::modules) fn expand_user(path: &str) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = super::variable("HOME").or_else(|| super::variable("USERPROFILE"));
            home.map_or_else(
                || path.to_owned(),
                |home| format!("{}{rest}", home.trim_end_matches('/')),
            )
        }
        _ => path.to_owned(),
    }
}

/// The path as seen from a folder.
pub(in crate::modules) fn relative(path: &str, start: &str) -> String {
    let (path, start) = (absolute(path), absolute(start));
    let parts = |text: &str| -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let shared = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let mut result = vec!["..".to_owned(); start.len() - shared];
    result.extend(path.into_iter().skip(shared));
    if result.is_empty() { ".".to_owned() } else { result.join(SEPARATOR) }
}
