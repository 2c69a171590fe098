//! The only file that knows the parser crate: text in, syntax tree or `SyntaxError` out.

use crate::runtime::Exception;
pub(crate) use ruff_python_ast as ast;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
pub(crate) use ruff_text_size::Ranged;

/// An error at a byte offset of the text.
pub(crate) struct Located {
    /// What is wrong.
    pub(crate) exception: Box<Exception>,
    /// Where, in bytes.
    pub(crate) offset: usize,
}

/// Parses a cell or file. Lines that start with `%`, `!` or `?` become escape commands, as in IPython.
pub(crate) fn parse(text: &str) -> Result<Vec<ast::Stmt>, Located> {
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Ipython));
    let located = |message: String, offset: usize| Located {
        exception: describe(text, message, offset),
        offset,
    };
    if let Some(error) = parsed.errors().first() {
        return Err(located(error.error.to_string(), error.location.start().to_usize()));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Err(located(error.to_string(), error.range.start().to_usize()));
    }
    match parsed.into_syntax() {
        ast::Mod::Module(module) => Ok(module.body),
        ast::Mod::Expression(_) => Err(located("invalid syntax".to_owned(), 0)),
    }
}

/// The parser's words in CPython's, where they differ.
fn in_pythons_words(message: String) -> String {
    if message.starts_with("Expected `:`") || message.starts_with("Expected ':'") {
        return "expected ':'".to_owned();
    }
    let known = match message.as_str() {
        "Expected an expression" => "invalid syntax",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let mut characters = message.chars();
    match characters.next() {
        Some(first) if !message.starts_with("IPython") => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message,
    }
}

/// The exception for a parser's message, under the class that Python gives it.
fn describe(text: &str, message: String, offset: usize) -> Box<Exception> {
    let message = in_pythons_words(message);
    if message.contains("indent") {
        return Exception::new("IndentationError", message);
    }
    let error = Exception::new("SyntaxError", message.as_str());
    if message == "expected ':'" {
        return error.with_hint("the line that starts a block ends in a colon");
    }
    let line_start = text[..offset.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or("").trim_start();
    match line.split(|c: char| !c.is_alphanumeric() && c != '_').next() {
        Some("print") if !line.starts_with("print(") => {
            error.with_hint("print is a function: print(...)")
        }
        Some("let" | "var" | "const") => error.with_hint("variables need no keyword: x = 1"),
        Some("function" | "fn" | "func") => {
            error.with_hint("functions are written `def name(arguments):`")
        }
        Some("else" | "elif" | "except" | "finally") => {
            error.with_hint("check that it lines up with the statement that it belongs to")
        }
        _ => error,
    }
}
