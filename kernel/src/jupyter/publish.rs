//! What is said on IOPub and in which order: one queue, into which streams are gathered for a moment and flushed before
//! anything else. Anyone may publish from any thread.

use super::message::{Request, message};
use jupyter_protocol::{Header, JupyterMessage};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};

/// Streams are gathered for this long: few messages, and still live to the eye.
const GATHER: Duration = Duration::from_millis(60);
/// A stream message is not longer than this.
const CHUNK_BYTES: usize = 64 << 10;
/// More text than this from one cell makes notebooks that browsers cannot open; the rest is left out.
const CELL_BYTES: usize = 4 << 20;
/// Of what is left out, the end is kept: that is where the last epoch and the summary stand.
const TAIL_BYTES: usize = 8 << 10;
/// A client that reads too slowly loses displays when this much waits for it.
const BACKLOG_BYTES: usize = 256 << 20;

/// Which stream a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Error,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Out => "stdout",
            Stream::Error => "stderr",
        }
    }
}

/// What the outbound task sends, in this order.
pub(super) enum Outbound {
    /// To all, on IOPub.
    Publish(JupyterMessage, usize),
    /// An answer on shell.
    Shell(JupyterMessage),
    /// A question on stdin.
    Stdin(JupyterMessage),
    /// Everything before this was sent.
    Flushed(oneshot::Sender<()>),
}

/// The entrance to the queue. Cheap to clone.
#[derive(Clone)]
pub(super) struct Publisher(Arc<Shared>);

struct Shared {
    queue: UnboundedSender<Outbound>,
    backlog: AtomicUsize,
    gathered: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The request that outputs belong to: the last one that ran.
    parent: Option<Arc<Request>>,
    /// Whether it still runs.
    is_running: bool,
    /// Gathered text, all of one stream.
    text: String,
    stream: Option<Stream>,
    quotas: [Quota; 2],
    /// Displays that were left out because the client reads too slowly.
    lost_displays: usize,
}

/// How much one stream of the running cell has said.
#[derive(Default)]
struct Quota {
    spent: usize,
    left_out: usize,
    tail: String,
}

impl Publisher {
    /// The entrance and the exit of a new queue.
    pub(super) fn new() -> (Publisher, UnboundedReceiver<Outbound>) {
        let (queue, exit) = unbounded_channel();
        let shared = Shared {
            queue,
            backlog: AtomicUsize::new(0),
            gathered: Notify::new(),
            state: Mutex::default(),
        };
        (Publisher(Arc::new(shared)), exit)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cell starts: from now on outputs belong to it.
    pub(super) fn begin(&self, request: &Arc<Request>) {
        let mut state = self.state();
        self.flush(&mut state);
        state.parent = Some(request.clone());
        state.is_running = true;
        state.quotas = Default::default();
        state.lost_displays = 0;
        self.status(&request.header, "busy");
    }

    /// The cell has said everything; late output of its threads still belongs to it.
    pub(super) fn end(&self, request: &Request) {
        let mut state = self.state();
        self.flush(&mut state);
        state.is_running = false;
        self.status(&request.header, "idle");
    }

    /// What was left out is told, with its last lines.
    pub(super) fn settle(&self) {
        let mut state = self.state();
        for stream in [Stream::Out, Stream::Error] {
            let mut quota = std::mem::take(&mut state.quotas[stream as usize]);
            if quota.left_out > 0 {
                shorten(&mut quota.tail);
                let left_out = quota.left_out.saturating_sub(quota.tail.len());
                let text = format!(
                    "[kerai: output truncated, {} left out here]\n{}",
                    size(left_out),
                    quota.tail
                );
                self.gather(&mut state, stream, &text);
            }
        }
        let lost = std::mem::take(&mut state.lost_displays);
        if lost > 0 {
            let text = format!(
                "[kerai: {lost} displays left out: they came faster than they can be sent]\n"
            );
            self.gather(&mut state, Stream::Error, &text);
        }
        self.flush(&mut state);
    }

    /// Text of the running program. Does not block.
    pub(super) fn stream(&self, stream: Stream, text: &str) {
        let mut state = self.state();
        let quota = &mut state.quotas[stream as usize];
        let room = CELL_BYTES.saturating_sub(quota.spent);
        let fits = text.floor_char_boundary(room.min(text.len()));
        quota.spent += text.len();
        let (shown, rest) = text.split_at(fits);
        let is_first = quota.left_out == 0 && !rest.is_empty();
        if !rest.is_empty() {
            quota.left_out += rest.len();
            quota.tail.push_str(rest);
            if quota.tail.len() > 4 * TAIL_BYTES {
                shorten(&mut quota.tail);
            }
        }
        self.gather(&mut state, stream, shown);
        if is_first {
            let notice = format!(
                "\n[kerai: output truncated: this cell wrote more than {}; its last lines follow when it ends]\n",
                size(CELL_BYTES)
            );
            self.gather(&mut state, stream, &notice);
        }
    }

    fn gather(&self, state: &mut State, stream: Stream, mut text: &str) {
        if state.stream != Some(stream) {
            self.flush(state);
            state.stream = Some(stream);
        }
        while !text.is_empty() {
            if state.text.is_empty() {
                self.0.gathered.notify_one();
            }
            let room = CHUNK_BYTES.saturating_sub(state.text.len()).max(4).min(text.len());
            let (now, later) = text.split_at(text.floor_char_boundary(room));
            state.text.push_str(now);
            text = later;
            if state.text.len() + 4 > CHUNK_BYTES {
                self.flush(state);
            }
        }
    }

    fn flush(&self, state: &mut State) {
        let text = std::mem::take(&mut state.text);
        let Some(stream) = state.stream.take() else { return };
        if !text.is_empty() {
            let bytes = text.len();
            let content = json!({"name": stream.name(), "text": text});
            let parent = state.parent.as_ref().map(|request| &request.header);
            self.queue(message("stream", content, parent), bytes);
        }
    }

    /// A message of the request that runs.
    pub(super) fn publish(&self, kind: &str, content: Value) {
        self.publish_sized(kind, content, 0);
    }

    /// A display of about so many bytes; left out if too much waits already.
    pub(super) fn display(&self, kind: &str, content: Value, bytes: usize) {
        let waiting = self.0.backlog.load(Ordering::Relaxed);
        if waiting + bytes > BACKLOG_BYTES {
            // The next update shows the same thing anew, so only the loss of other displays is told.
            if kind != "update_display_data" {
                self.state().lost_displays += 1;
            }
            return;
        }
        self.publish_sized(kind, content, bytes);
    }

    fn publish_sized(&self, kind: &str, content: Value, bytes: usize) {
        let mut state = self.state();
        self.flush(&mut state);
        let parent = state.parent.as_ref().map(|request| &request.header);
        self.queue(message(kind, content, parent), bytes);
    }

    /// A message that belongs to another request than the cell (interrupt, comms).
    pub(super) fn publish_beside(&self, request: &Request, kind: &str, content: Value) {
        self.queue(message(kind, content, Some(&request.header)), 0);
    }

    /// A request that is no cell was taken up.
    pub(super) fn begin_beside(&self, request: &Request) {
        let mut state = self.state();
        self.flush(&mut state);
        self.status(&request.header, "busy");
    }

    /// It was answered. Some front ends take any `idle` for the state of the kernel: they are told if a cell still runs.
    pub(super) fn end_beside(&self, request: &Request) {
        let state = self.state();
        self.status(&request.header, "idle");
        if let (true, Some(running)) = (state.is_running, &state.parent) {
            self.status(&running.header, "busy");
        }
    }

    /// An answer on shell, after everything that was published before.
    pub(super) fn answer(&self, reply: JupyterMessage) {
        let mut state = self.state();
        self.flush(&mut state);
        self.send(Outbound::Shell(reply));
    }

    /// Asks the client whose request runs for a line. False if there is none who could answer.
    pub(super) fn ask(&self, prompt: &str, password: bool) -> bool {
        let mut state = self.state();
        self.flush(&mut state);
        let asked = state.parent.as_ref().filter(|request| request.flag("allow_stdin", false));
        let Some(request) = asked.filter(|_| state.is_running) else { return false };
        let content = json!({"prompt": prompt, "password": password});
        self.send(Outbound::Stdin(request.message_to_sender("input_request", content)));
        true
    }

    /// Waits until everything so far was sent, but not for ever.
    pub(super) async fn flushed(&self, patience: Duration) {
        let (done, wait) = oneshot::channel();
        {
            let mut state = self.state();
            self.flush(&mut state);
            self.send(Outbound::Flushed(done));
        }
        // Late or never: the process ends either way.
        let _ = tokio::time::timeout(patience, wait).await;
    }

    /// Sends gathered text a moment after it came. Runs for ever.
    pub(super) async fn tick(self) {
        loop {
            self.0.gathered.notified().await;
            tokio::time::sleep(GATHER).await;
            let mut state = self.state();
            self.flush(&mut state);
        }
    }

    /// The outbound task has sent so many bytes.
    pub(super) fn sent(&self, bytes: usize) {
        self.0.backlog.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn status(&self, parent: &Header, state: &str) {
        self.queue(message("status", json!({"execution_state": state}), Some(parent)), 0);
    }

    fn queue(&self, message: JupyterMessage, bytes: usize) {
        self.0.backlog.fetch_add(bytes, Ordering::Relaxed);
        self.send(Outbound::Publish(message, bytes));
    }

    fn send(&self, item: Outbound) {
        // It fails only when the kernel is about to end.
        let _ = self.0.queue.send(item);
    }
}

/// Keeps the last lines of a text.
fn shorten(tail: &mut String) {
    let from = tail.ceil_char_boundary(tail.len().saturating_sub(TAIL_BYTES));
    let from = tail[from..].find('\n').map_or(from, |at| from + at + 1);
    tail.drain(..from);
}

/// `3.2 MiB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::JupyterMessageContent;

    /// What was queued, as text: the stream's name and text, a status, or a message type.
    fn said(queue: &mut UnboundedReceiver<Outbound>) -> Vec<(String, String)> {
        let mut said = Vec::new();
        while let Ok(item) = queue.try_recv() {
            let (Outbound::Publish(message, _)
            | Outbound::Shell(message)
            | Outbound::Stdin(message)) = item
            else {
                continue;
            };
            let JupyterMessageContent::UnknownMessage(content) = message.content else { continue };
            let text = |key: &str| {
                content.content.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            said.push((
                message.header.msg_type,
                ["name", "execution_state", "text"].map(text).concat(),
            ));
        }
        said
    }

    #[test]
    fn text_is_gathered_and_flushed_before_anything_else() {
        let (publisher, mut queue) = Publisher::new();
        let request = Arc::new(Request::of("execute_request", json!({"allow_stdin": true})));
        publisher.begin(&request);
        publisher.stream(Stream::Out, "a");
        publisher.stream(Stream::Out, "b\n");
        publisher.stream(Stream::Error, "c");
        publisher.publish("display_data", json!({}));
        publisher.stream(Stream::Out, "d");
        assert!(publisher.ask("? ", false));
        publisher.stream(Stream::Out, "e");
        publisher.answer(request.reply(json!({})));
        publisher.end(&request);
        assert!(!publisher.ask("? ", false), "nobody is asked between cells");
        let expected = [
            ("status", "busy"),
            ("stream", "stdoutab\n"),
            ("stream", "stderrc"),
            ("display_data", ""),
            ("stream", "stdoutd"),
            ("input_request", ""),
            ("stream", "stdoute"),
            ("execute_reply", ""),
            ("status", "idle"),
        ];
        assert_eq!(
            said(&mut queue),
            expected.map(|(kind, text)| (kind.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn a_flood_keeps_its_head_and_its_tail() {
        let (publisher, mut queue) = Publisher::new();
        let request = Arc::new(Request::of("execute_request", json!({})));
        publisher.begin(&request);
        for line in 0..400_000 {
            publisher.stream(Stream::Out, &format!("line {line} läuft über\n"));
        }
        publisher.stream(Stream::Error, "but errors are heard\n");
        publisher.settle();
        let said = said(&mut queue);
        let text: String = said.iter().map(|(_, text)| text.trim_start_matches("stdout")).collect();
        assert!(text.len() < CELL_BYTES + 2 * TAIL_BYTES, "{}", text.len());
        assert!(said.iter().all(|(_, text)| text.len() <= CHUNK_BYTES + 8));
        for part in
            ["line 0 ", "output truncated", "MiB left out", "line 399999 läuft", "errors are heard"]
        {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn a_question_beside_a_running_cell_leaves_the_kernel_busy() {
        let (publisher, mut queue) = Publisher::new();
        let cell = Arc::new(Request::of("execute_request", json!({})));
        let question = Request::of("kernel_info_request", json!({}));
        publisher.begin(&cell);
        publisher.begin_beside(&question);
        publisher.end_beside(&question);
        publisher.end(&cell);
        publisher.begin_beside(&question);
        publisher.end_beside(&question);
        let states: Vec<String> = said(&mut queue).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, ["busy", "busy", "idle", "busy", "idle", "busy", "idle"]);
    }
}
