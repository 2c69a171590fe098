//! How a bundle looks without a browser: its plain text; pictures on terminals that can, else as files.

use super::Graphics;
use kerai_dsl::sink::{Bundle, Content};
use std::collections::HashMap;
use std::path::PathBuf;

/// The figures of a run.
pub(crate) struct Figures {
    graphics: Graphics,
    saved: usize,
    /// The file of a display that can be updated: an update replaces the picture, not the file's name.
    files: HashMap<String, PathBuf>,
}

impl Figures {
    /// No figures yet.
    pub(crate) fn new(graphics: Graphics) -> Self {
        Figures { graphics, saved: 0, files: HashMap::new() }
    }

    /// Whether the bundle is shown as a picture, which cannot be redrawn in place.
    pub(crate) fn shows_pictures(&self, bundle: &Bundle) -> bool {
        self.graphics != Graphics::None && picture(bundle).is_some()
    }

    /// What to write for a bundle; ends with a newline.
    pub(crate) fn render(&mut self, bundle: &Bundle, id: Option<&str>) -> String {
        let Some((ending, bytes)) = picture(bundle) else { return with_newline(text_of(bundle)) };
        if ending == "png"
            && let Some(escape) = self.graphics.escape(bytes, bundle.size)
        {
            return escape;
        }
        let path = match id.and_then(|id| self.files.get(id)) {
            Some(path) => path.clone(),
            None => {
                self.saved += 1;
                PathBuf::from(format!("figure-{}.{ending}", self.saved))
            }
        };
        if let Some(id) = id {
            self.files.insert(id.to_owned(), path.clone());
        }
        let what = text_of(bundle);
        let what = if what.is_empty() { String::new() } else { format!(" {}", what.trim_end()) };
        match std::fs::write(&path, bytes) {
            Ok(()) => format!("[{}]{what}\n", path.display()),
            Err(error) => {
                format!(
                    "[{} could not be written: {}]{what}\n",
                    path.display(),
                    crate::plain(&error)
                )
            }
        }
    }
}

/// The picture of a bundle, and how its file name ends.
fn picture(bundle: &Bundle) -> Option<(&'static str, &[u8])> {
    [("image/png", "png"), ("image/jpeg", "jpg")].into_iter().find_map(
        |(mime, ending)| match bundle.form(mime) {
            Some(Content::Bytes(bytes)) => Some((ending, &bytes[..])),
            _ => None,
        },
    )
}

/// The best text for a person at a terminal.
fn text_of(bundle: &Bundle) -> String {
    for mime in ["text/plain", "text/markdown"] {
        if let Some(Content::Text(text)) = bundle.form(mime) {
            return text.clone();
        }
    }
    match bundle.forms.first() {
        Some((_, Content::Json(json))) => json.to_string(),
        Some((mime, _)) => format!("<{mime}>"),
        None => String::new(),
    }
}

fn with_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
