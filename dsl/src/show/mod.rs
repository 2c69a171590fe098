//! Pictures and tables: figures, training curves, live training displays, model summaries -> `Bundle`.

pub mod curves;
pub mod figure;
pub mod live;
pub mod profile;
pub mod progress;
pub mod summary;
pub mod table;

/// Text inside HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
