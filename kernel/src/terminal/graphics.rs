//! Pictures in a terminal: the escape sequences of kitty and of iTerm2, for terminals that say who they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How this terminal shows pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graphics {
    /// Kitty's protocol.
    Kitty,
    /// iTerm2's protocol.
    Iterm,
    /// Not at all: figures are saved.
    None,
}

impl Graphics {
    /// What the environment says. `KERAI_GRAPHICS` (`kitty`, `iterm`, `none`) decides where it does not know.
    pub(crate) fn detect() -> Self {
        Self::from_environment(|name| std::env::var(name).ok())
    }

    fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        match variable("KERAI_GRAPHICS").as_deref() {
            Some("kitty") => return Graphics::Kitty,
            Some("iterm") => return Graphics::Iterm,
            Some(_) => return Graphics::None,
            None => {}
        }
        let term = variable("TERM").unwrap_or_default();
        // Inside a multiplexer the outer terminal's name is known, but its pictures do not get through.
        if term.starts_with("tmux") || term.starts_with("screen") || variable("TMUX").is_some() {
            return Graphics::None;
        }
        if term == "xterm-kitty" || term == "xterm-ghostty" || variable("KITTY_WINDOW_ID").is_some()
        {
            return Graphics::Kitty;
        }
        match variable("TERM_PROGRAM").as_deref() {
            Some("ghostty") => Graphics::Kitty,
            Some("iTerm.app" | "WezTerm" | "mintty") => Graphics::Iterm,
            _ => Graphics::None,
        }
    }

    /// The bytes that show a PNG of `size` CSS pixels, with a newline; `None` if this terminal cannot.
    pub(crate) fn escape(self, png: &[u8], size: Option<(u32, u32)>) -> Option<String> {
        match self {
            Graphics::Kitty => Some(kitty(png, size)),
            Graphics::Iterm => Some(iterm(png, size)),
            Graphics::None => None,
        }
    }
}

/// A cell of a terminal is about this wide in CSS pixels; pictures are drawn twice as large as they are shown.
const CELL_WIDTH: u32 = 9;

fn kitty(png: &[u8], size: Option<(u32, u32)>) -> String {
    // At most 4096 bytes per sequence; all but the last say that more follows.
    const CHUNK: usize = 4096;
    let columns = size.map(|(width, _)| format!(",c={}", (width / CELL_WIDTH).clamp(1, 160)));
    let encoded = STANDARD.encode(png);
    let mut text = String::with_capacity(encoded.len() + 256);
    let mut rest = encoded.as_str();
    let mut head = format!("a=T,f=100,q=2{}", columns.unwrap_or_default());
    loop {
        let (chunk, more) = rest.split_at(rest.len().min(CHUNK));
        let comma = if head.is_empty() { "" } else { "," };
        text.push_str(&format!(
            "\x1b_G{head}{comma}m={};{chunk}\x1b\\",
            u8::from(!more.is_empty())
        ));
        if more.is_empty() {
            break;
        }
        rest = more;
        head.clear();
    }
    text.push('\n');
    text
}

fn iterm(png: &[u8], size: Option<(u32, u32)>) -> String {
    let width = size.map(|(width, _)| format!(";width={width}px")).unwrap_or_default();
    let encoded = STANDARD.encode(png);
    format!("\x1b]1337;File=inline=1;size={}{width}:{encoded}\x07\n", png.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_environment() {
        for (environment, expected) in [
            (&[("TERM", "xterm-kitty")][..], Graphics::Kitty),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Graphics::Iterm),
            (&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "iTerm.app")], Graphics::None),
            (&[("TERM", "xterm-256color")], Graphics::None),
            (&[("TERM", "xterm-kitty"), ("KERAI_GRAPHICS", "none")], Graphics::None),
        ] {
            let found = Graphics::from_environment(|name| {
                environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found, expected, "{environment:?}");
        }
    }

    #[test]
    fn a_large_picture_travels_in_chunks_of_which_only_the_last_says_so() {
        let text = kitty(&[7; 10_000], Some((640, 480)));
        let chunks: Vec<&str> = text.trim_end().split_terminator("\x1b\\").collect();
        assert_eq!(chunks.len(), 4);
        assert!(chunks[0].starts_with("\x1b_Ga=T,f=100,q=2,c=71,m=1;"));
        assert!(chunks[1].starts_with("\x1b_Gm=1;"));
        assert!(chunks[3].starts_with("\x1b_Gm=0;"));
    }
}
