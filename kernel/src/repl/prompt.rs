//! What the prompt looks like: its marks, its colours, and when a text is sent off.

use super::keys::Seen;
use kerai_dsl::session::{Session, Status, Token};
use nu_ansi_term::{Color, Style};
use reedline::{PromptEditMode, PromptHistorySearch, StyledText, ValidationResult};
use std::borrow::Cow;

/// `>>> ` and `... `
pub(super) struct Prompt;

impl reedline::Prompt for Prompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        ">>> ".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "... ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("(search '{}') ", search.term).into()
    }

    fn get_indicator_color(&self) -> Color {
        Color::Blue
    }

    fn get_prompt_multiline_color(&self) -> Color {
        Color::Blue
    }
}

/// The prompt of `input(prompt)`.
pub(super) struct Question(pub(super) String);

impl reedline::Prompt for Question {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_history_search_indicator(&self, _search: PromptHistorySearch) -> Cow<'_, str> {
        "".into()
    }

    fn get_prompt_color(&self) -> Color {
        Color::Default
    }
}

/// Colours what is typed, and lets the keys know what stands there.
pub(super) struct Highlighter {
    seen: Seen,
}

impl Highlighter {
    pub(super) fn new(seen: Seen) -> Self {
        Highlighter { seen }
    }
}

impl reedline::Highlighter for Highlighter {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        self.seen.set(line, cursor);
        let mut styled = StyledText::new();
        for (range, token) in Session::highlight(line) {
            if let Some(part) = line.get(range) {
                styled.push((style_of(token), part.to_owned()));
            }
        }
        styled
    }
}

fn style_of(token: Token) -> Style {
    let style = Style::new();
    match token {
        Token::Plain | Token::Operator => style,
        Token::Keyword => style.fg(Color::Purple).bold(),
        Token::Builtin => style.fg(Color::Cyan),
        Token::Function => style.fg(Color::Blue),
        Token::Class => style.fg(Color::Yellow),
        Token::Number => style.fg(Color::LightCyan),
        Token::Text => style.fg(Color::Green),
        Token::Comment => style.fg(Color::DarkGray),
        Token::Decorator => style.fg(Color::Yellow),
        Token::Magic => style.fg(Color::LightPurple),
    }
}

/// For text that arrives faster than it is painted (a paste); typed lines are judged by `keys`, which also indents.
pub(super) struct Validator;

impl reedline::Validator for Validator {
    fn validate(&self, line: &str) -> ValidationResult {
        match Session::status(line) {
            Status::Incomplete { .. } => ValidationResult::Incomplete,
            Status::Complete | Status::Invalid(_) => ValidationResult::Complete,
        }
    }
}
