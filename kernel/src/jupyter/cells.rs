//! The thread that owns the session: it answers requests in the order in which they came.

use super::front::{Answers, Front, forms};
use super::history::History;
use super::info;
use super::message::{Request, failure};
use super::publish::{Publisher, Stream};
use super::switch::Switch;
use super::system;
use kerai_dsl::diagnostic::Diagnostic;
use kerai_dsl::session::{Session, Source, Spelling};
use kerai_dsl::sink::Bundle;
use serde_json::{Map, Value, json};
use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// When a cell fails, the cells that a front end sent together with it may still be on their way.
const STRAGGLERS: Duration = Duration::from_millis(20);

/// See the module.
pub(super) struct Cells {
    session: Session,
    publisher: Publisher,
    switch: Switch,
    answers: Answers,
    history: History,
    /// The number of the last cell that counts.
    count: u64,
}

impl Cells {
    /// Call it on the thread that stays.
    pub(super) fn new(publisher: Publisher, switch: Switch, answers: Answers) -> Self {
        let session = new_session(&publisher, &switch, &answers);
        Cells { session, publisher, switch, answers, history: History::open(), count: 0 }
    }

    /// Answers requests until nobody can send one any more.
    pub(super) fn run(mut self, requests: &Receiver<Arc<Request>>) {
        while let Ok(request) = requests.recv() {
            if request.kind() != "execute_request" {
                self.serve(&request);
                continue;
            }
            let (is_ok, reply) = self.execute(&request);
            let mut waiting = Vec::new();
            if !is_ok && request.flag("stop_on_error", true) {
                // What comes after the answer was sent by somebody who knows of the failure, so it runs.
                std::thread::sleep(STRAGGLERS);
                waiting.extend(requests.try_iter());
            }
            self.publisher.answer(request.reply(reply));
            self.publisher.end(&request);
            for request in waiting {
                if request.kind() == "execute_request" {
                    self.abort(&request);
                } else {
                    self.serve(&request);
                }
            }
        }
    }

    /// Answers a request that is no cell.
    fn serve(&mut self, request: &Request) {
        self.publisher.begin_beside(request);
        let answer = catch_unwind(AssertUnwindSafe(|| match request.kind() {
            "complete_request" => self.complete(request),
            "inspect_request" => self.inspect(request),
            "history_request" => self.history.answer(request),
            _ => info::unknown(request),
        }));
        let answer = answer.unwrap_or_else(|panic| failure("InternalError", &reason(&*panic)));
        self.publisher.answer(request.reply(answer));
        self.publisher.end_beside(request);
    }

    /// Runs a cell: whether it went well, and the answer.
    fn execute(&mut self, request: &Arc<Request>) -> (bool, Value) {
        let code = request.text("code");
        let is_silent = request.flag("silent", false);
        let is_stored =
            !is_silent && request.flag("store_history", true) && !code.trim().is_empty();
        let number = self.count + 1;
        if is_stored {
            self.count = number;
        }
        // Whoever is told that the cell runs can stop it.
        self.switch.start();
        self.publisher.begin(request);
        if !is_silent {
            let content = json!({"code": code, "execution_count": number});
            self.publisher.publish("execute_input", content);
        }

        let mut payload = Vec::new();
        let result = match help_wanted(code) {
            Some((name, detail)) => self.help(name, detail, &mut payload),
            None => self.eval(&format!("In[{number}]"), code),
        };
        system::settle();
        self.publisher.settle();
        match &result {
            _ if is_silent => {}
            Ok(None) => {}
            Ok(Some(bundle)) => {
                let (data, metadata, _) = forms(bundle);
                let content = json!({"execution_count": number, "data": data, "metadata": metadata, "transient": {}});
                self.publisher.publish("execute_result", content);
            }
            Err(diagnostic) => self.publisher.publish("error", error(diagnostic)),
        }
        self.session.finish_cell();
        let expressions = match &result {
            Ok(_) => self.expressions(request.map("user_expressions")),
            Err(_) => Value::Null,
        };
        self.switch.stop();
        system::settle();
        self.publisher.settle();

        let output = result.as_ref().ok().and_then(Option::as_ref).map(Bundle::text);
        if is_stored {
            self.history.add(number, code, output);
        }
        match result {
            Ok(_) => {
                let reply = json!({
                    "status": "ok",
                    "execution_count": number,
                    "user_expressions": expressions,
                    "payload": payload,
                });
                (true, reply)
            }
            Err(diagnostic) => {
                let mut content = error(&diagnostic);
                content["status"] = json!("error");
                content["execution_count"] = json!(number);
                (false, content)
            }
        }
    }

    fn eval(&mut self, name: &str, text: &str) -> Result<Option<Bundle>, Diagnostic> {
        let source = Source { name, text, spelling: Spelling::Python };
        catch_unwind(AssertUnwindSafe(|| self.session.eval(source))).unwrap_or_else(|panic| {
            let reason = reason(&*panic);
            let fresh = new_session(&self.publisher, &self.switch, &self.answers);
            let broken = std::mem::replace(&mut self.session, fresh);
            // What is broken may break again while it is taken apart.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(broken)));
            self.switch.start();
            self.publisher.stream(
                Stream::Error,
                "[kerai: a fault in kerai itself ended the session; its variables are gone, a fresh one runs]\n",
            );
            Err(Diagnostic {
                class: "InternalError".to_owned(),
                message: reason,
                hint: Some("run the cells above again; if it happens again, please report this cell".to_owned()),
                ..Diagnostic::default()
            })
        })
    }

    /// `name?`: the documentation goes to the front end's pager.
    fn help(
        &mut self,
        name: &str,
        detail: u8,
        payload: &mut Vec<Value>,
    ) -> Result<Option<Bundle>, Diagnostic> {
        match self.session.inspect(name, name.len(), detail) {
            Some(bundle) => {
                let (data, _, _) = forms(&bundle);
                payload.push(json!({"source": "page", "data": data, "start": 0}));
            }
            None => self.publisher.stream(Stream::Out, &format!("Object `{name}` not found.\n")),
        }
        Ok(None)
    }

    fn expressions(&mut self, asked: Option<&Map<String, Value>>) -> Value {
        let mut answers = Map::new();
        for (name, expression) in asked.into_iter().flatten() {
            let result = self.eval("<expression>", expression.as_str().unwrap_or_default());
            let answer = match result {
                Ok(value) => {
                    let (data, metadata, _) =
                        forms(&value.unwrap_or_else(|| Bundle::plain("None")));
                    json!({"status": "ok", "data": data, "metadata": metadata})
                }
                Err(diagnostic) => {
                    let mut content = error(&diagnostic);
                    content["status"] = json!("error");
                    content
                }
            };
            answers.insert(name.clone(), answer);
        }
        self.session.finish_cell();
        answers.into()
    }

    /// A cell that waited behind one that failed.
    fn abort(&self, request: &Arc<Request>) {
        self.publisher.begin(request);
        self.publisher.answer(request.reply(json!({"status": "aborted"})));
        self.publisher.end(request);
    }

    fn complete(&self, request: &Request) -> Value {
        let text = request.text("code");
        let cursor = byte_of(text, request.number("cursor_pos"));
        let found = self.session.complete(text, cursor);
        let (start, end) = (point_of(text, found.replace.start), point_of(text, found.replace.end));
        let matches: Vec<&str> = found.items.iter().map(|item| item.text.as_str()).collect();
        // JupyterLab shows a type and a signature beside each choice if it gets this.
        let types: Vec<Value> = found
            .items
            .iter()
            .map(|item| json!({"text": item.text, "type": item.kind, "signature": item.detail, "start": start, "end": end}))
            .collect();
        json!({
            "status": "ok",
            "matches": matches,
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {"_jupyter_types_experimental": types},
        })
    }

    fn inspect(&self, request: &Request) -> Value {
        let text = request.text("code");
        let cursor = byte_of(text, request.number("cursor_pos"));
        let detail = u8::from(request.number("detail_level").unwrap_or(0) > 0);
        let found = self.session.inspect(text, cursor, detail);
        let (data, metadata, _) = forms(found.as_ref().unwrap_or(&Bundle::default()));
        json!({"status": "ok", "found": found.is_some(), "data": data, "metadata": metadata})
    }
}

fn new_session(publisher: &Publisher, switch: &Switch, answers: &Answers) -> Session {
    let session = Session::new(Box::new(Front {
        publisher: publisher.clone(),
        answers: answers.clone(),
        switch: switch.clone(),
        metadata: HashMap::new(),
    }));
    switch.connect(session.interrupt());
    session
}

/// The content of an `error` message.
fn error(diagnostic: &Diagnostic) -> Value {
    let report = diagnostic.render(true);
    json!({
        "ename": diagnostic.class,
        "evalue": diagnostic.message,
        "traceback": report.lines().collect::<Vec<_>>(),
    })
}

/// What a panic said.
fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}

/// The name that a cell asks about, and how much it wants to know: `name?`, `?name`, `name??`.
fn help_wanted(code: &str) -> Option<(&str, u8)> {
    let code = code.trim();
    let name = code.trim_matches('?');
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    (name.len() < code.len() && !name.is_empty() && name.chars().all(is_name))
        .then(|| (name, u8::from(code.len() - name.len() > 1)))
}

/// The byte offset of a place that Jupyter counts in code points; the end if there is none.
fn byte_of(text: &str, point: Option<i64>) -> usize {
    let Some(point) = point else { return text.len() };
    let point = usize::try_from(point).unwrap_or(0);
    text.char_indices().nth(point).map_or(text.len(), |(at, _)| at)
}

/// The place in code points of a byte offset.
fn point_of(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_code_points() {
        let text = "läßt = '🦀'; kera";
        for (point, byte) in [(0, 0), (2, 3), (4, 6), (9, 14), (16, 21)] {
            assert_eq!(byte_of(text, Some(point)), byte, "{point}");
            assert_eq!(point_of(text, byte), usize::try_from(point).unwrap(), "{byte}");
        }
        assert_eq!(byte_of(text, Some(99)), text.len());
        assert_eq!(byte_of(text, Some(-1)), 0);
        assert_eq!(byte_of(text, None), text.len());
    }

    #[test]
    fn help_is_asked_for_with_question_marks() {
        for (code, expected) in [
            ("keras.layers.Dense?", Some(("keras.layers.Dense", 0))),
            ("?fit\n", Some(("fit", 0))),
            ("fit??", Some(("fit", 1))),
            ("x = 1", None),
            ("'why?'", None),
            ("?", None),
        ] {
            assert_eq!(help_wanted(code), expected, "{code}");
        }
    }
}
