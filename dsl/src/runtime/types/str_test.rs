//! What characters are: `isalpha`, `isdigit`, `isspace`, ... with Python's meaning of white space and line ends.

use super::super::format::is_printable;

/// White space as `split` and `strip` see it.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Where `splitlines` breaks.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r'
            | '\x0b'
            | '\x0c'
            | '\x1c'
            | '\x1d'
            | '\x1e'
            | '\u{85}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

/// The value of a decimal digit of any script.
pub(crate) fn decimal_value(c: char) -> Option<u32> {
    const ZEROS: &[u32] = &[
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
        0xff10,
    ];
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code));
    zero.map(|zero| code - zero)
}

fn is_digit(c: char) -> bool {
    decimal_value(c).is_some()
        || matches!(u32::from(c), 0xb2 | 0xb3 | 0xb9 | 0x2070 | 0x2074..=0x2079 | 0x2080..=0x2089 | 0x2460..=0x2468)
}

fn all(text: &str, test: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(test)
}

/// `text.name()` for the tests without arguments.
pub(crate) fn test(text: &str, name: &str) -> bool {
    match name {
        "isalnum" => all(text, char::is_alphanumeric),
        "isalpha" => all(text, |c| c.is_alphabetic()),
        "isascii" => text.is_ascii(),
        "isdecimal" => all(text, |c| decimal_value(c).is_some()),
        "isdigit" => all(text, is_digit),
        "isidentifier" => is_identifier(text),
        "islower" => text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        "isupper" => text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        "isnumeric" => all(text, char::is_numeric),
        "isprintable" => text.chars().all(is_printable),
        "isspace" => all(text, is_space),
        _ => is_title(text),
    }
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

fn is_title(text: &str) -> bool {
    let (mut after_cased, mut any) = (false, false);
    for c in text.chars() {
        let (upper, lower) = (c.is_uppercase(), c.is_lowercase());
        if (upper && after_cased) || (lower && !after_cased) {
            return false;
        }
        any |= upper || lower;
        after_cased = upper || lower;
    }
    any
}
