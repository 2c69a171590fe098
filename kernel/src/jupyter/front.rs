//! A session's outputs as Jupyter's messages, and its questions to the keyboard.

use super::publish::{Publisher, Stream};
use super::switch::Switch;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kerai_dsl::sink::{Bundle, Content, Output, Sink, Style};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How soon a question notices an interrupt.
const GLANCE: Duration = Duration::from_millis(20);

/// The lines that clients send in answer to questions. Outlives a session.
pub(super) type Answers = Arc<Mutex<Receiver<String>>>;

/// The sink of a session.
pub(super) struct Front {
    pub(super) publisher: Publisher,
    pub(super) answers: Answers,
    pub(super) switch: Switch,
    /// The metadata of each display that can be updated: VS Code replaces all outputs of a cell if it changes.
    pub(super) metadata: HashMap<String, Value>,
}

impl Sink for Front {
    fn emit(&mut self, output: Output) {
        match output {
            Output::Text(text) => self.publisher.stream(Stream::Out, &text),
            Output::Error(text) => self.publisher.stream(Stream::Error, &text),
            Output::Display { id, bundle } => {
                let (data, metadata, bytes) = forms(&bundle);
                let mut content = json!({"data": data, "metadata": metadata, "transient": {}});
                if let Some(id) = id {
                    content["transient"] = json!({"display_id": id});
                    self.metadata.insert(id, metadata);
                }
                self.publisher.display("display_data", content, bytes);
            }
            Output::Update { id, bundle } => {
                let (data, metadata, bytes) = forms(&bundle);
                let metadata = self.metadata.get(&id).unwrap_or(&metadata);
                let content =
                    json!({"data": data, "metadata": metadata, "transient": {"display_id": id}});
                self.publisher.display("update_display_data", content, bytes);
            }
            Output::Clear { wait } => self.publisher.publish("clear_output", json!({"wait": wait})),
        }
    }

    fn style(&self) -> Style {
        Style::Notebook
    }

    fn read_line(&mut self, prompt: &str, password: bool) -> Result<String, String> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // Answers to questions that were interrupted.
        while answers.try_recv().is_ok() {}
        if !self.publisher.ask(prompt, password) {
            return Err("this notebook was run without a keyboard (allow_stdin is off)".to_owned());
        }
        loop {
            match answers.recv_timeout(GLANCE) {
                Ok(line) => return Ok(line),
                // The request stays: the session takes it and raises KeyboardInterrupt.
                Err(RecvTimeoutError::Timeout) if self.switch.is_requested() => {
                    return Err("interrupted".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("the notebook went away".to_owned());
                }
            }
        }
    }
}

/// The data and metadata of a display, and about how many bytes that is.
pub(super) fn forms(bundle: &Bundle) -> (Value, Value, usize) {
    let mut data = Map::new();
    let mut metadata = Map::new();
    let mut bytes = 0;
    for (mime, content) in &bundle.forms {
        let value = match content {
            Content::Text(text) => Value::String(text.clone()),
            Content::Bytes(picture) => Value::String(BASE64.encode(picture)),
            Content::Json(value) => value.clone(),
        };
        bytes += value.as_str().map_or(1024, str::len);
        data.insert(mime.clone(), value);
        if let (Some((width, height)), Content::Bytes(_)) = (bundle.size, content) {
            metadata.insert(mime.clone(), json!({"width": width, "height": height}));
        }
    }
    (data.into(), metadata.into(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_base64_with_their_size_and_json_stays_json() {
        let mut bundle =
            Bundle::plain("a picture").with_bytes("image/png", *b"\x89PNG").with_size(300, 200);
        bundle.forms.push(("application/json".into(), Content::Json(json!([1]))));
        let (data, metadata, _) = forms(&bundle);
        assert_eq!(
            data,
            json!({"text/plain": "a picture", "image/png": "iVBORw==", "application/json": [1]})
        );
        assert_eq!(metadata, json!({"image/png": {"width": 300, "height": 200}}));
    }
}
