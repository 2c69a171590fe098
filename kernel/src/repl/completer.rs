//! Completions for reedline, from the live session.

use super::link::{CompletionLink, Link};
use reedline::{CompletionResult, Span, Suggestion};

/// Asks the session at every Tab.
pub(super) struct Completer(CompletionLink);

impl Completer {
    pub(super) fn new(link: &Link) -> Self {
        Completer(link.completions())
    }
}

impl reedline::Completer for Completer {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let completions = self.0.complete(line, pos);
        let (start, end) =
            (completions.replace.start, completions.replace.end.max(completions.replace.start));
        let suggestions: Vec<Suggestion> = completions
            .items
            .into_iter()
            .map(|item| {
                let detail = [item.kind, &item.detail].map(str::trim);
                let description =
                    detail.iter().filter(|d| !d.is_empty()).copied().collect::<Vec<_>>().join(": ");
                Suggestion {
                    value: item.text,
                    description: Some(description).filter(|text| !text.is_empty()),
                    span: Span::new(start, end),
                    ..Suggestion::default()
                }
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}
