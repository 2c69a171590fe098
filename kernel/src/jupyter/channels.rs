//! Heartbeat, control, shell and stdin: who is answered at once, and who waits for the session.

use super::info;
use super::message::Request;
use super::publish::Publisher;
use super::switch::Switch;
use super::system;
use jupyter_zmq_client::{
    Connection, KernelControlConnection, KernelHeartbeatConnection, RouterRecvConnection,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::Notify;
use zeromq::{SocketRecv, SocketSend};

/// An error that comes again and again must not keep a processor busy.
const BREATH: Duration = Duration::from_millis(5);

/// What the channels share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) publisher: Publisher,
    pub(super) switch: Switch,
    /// The session's queue.
    pub(super) cells: Sender<Arc<Request>>,
    /// A client asked the kernel to end.
    pub(super) ending: Arc<Notify>,
}

/// Echoes, whatever happens.
pub(super) async fn heartbeat(mut connection: KernelHeartbeatConnection) {
    loop {
        match connection.socket.recv().await {
            // It fails if the client went away in between.
            Ok(beat) => drop(connection.socket.send(beat).await),
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
}

/// The next request of a socket; what cannot be read is skipped.
async fn next<S: SocketRecv>(connection: &mut Connection<S>, channel: &str) -> Request {
    loop {
        match Request::receive(connection).await {
            Ok(request) => return request,
            Err(reason) => {
                system::log(&format!("skipped a message on {channel}: {reason}"));
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Answers control requests at once.
pub(super) async fn control(mut connection: KernelControlConnection, desk: Desk) {
    loop {
        let request = next(&mut connection, "control").await;
        desk.publisher.begin_beside(&request);
        let content = desk.answer(&request).unwrap_or_else(|| info::unknown(&request));
        // It fails if the client went away in between.
        let _ = connection.send(request.reply(content)).await;
        desk.after(&request);
    }
}

/// Reads shell requests at once, also while a cell runs.
pub(super) async fn shell(mut connection: RouterRecvConnection, desk: Desk) {
    loop {
        let request = next(&mut connection, "shell").await;
        match request.kind() {
            "comm_open" | "comm_msg" | "comm_close" => desk.comm(&request),
            // Old clients press the stop button here.
            "interrupt_request"
            | "shutdown_request"
            | "kernel_info_request"
            | "comm_info_request"
            | "is_complete_request" => {
                desk.publisher.begin_beside(&request);
                if let Some(content) = desk.answer(&request) {
                    desk.publisher.answer(request.reply(content));
                }
                desk.after(&request);
            }
            // It fails only when the kernel is about to end.
            _ => drop(desk.cells.send(Arc::new(request))),
        }
    }
}

/// Hands lines that were typed to the session.
pub(super) async fn stdin(mut connection: RouterRecvConnection, lines: Sender<String>) {
    loop {
        let request = next(&mut connection, "stdin").await;
        if request.kind() == "input_reply" {
            let _ = lines.send(request.text("value").to_owned());
        }
    }
}

impl Desk {
    /// The answers that need no session.
    fn answer(&self, request: &Request) -> Option<Value> {
        Some(match request.kind() {
            "kernel_info_request" => info::kernel_info(),
            "is_complete_request" => info::is_complete(request),
            "comm_info_request" => json!({"status": "ok", "comms": {}}),
            "interrupt_request" => {
                self.switch.interrupt();
                json!({"status": "ok"})
            }
            "shutdown_request" => {
                json!({"status": "ok", "restart": request.flag("restart", false)})
            }
            _ => return None,
        })
    }

    /// Ends a request that was answered here.
    fn after(&self, request: &Request) {
        let ends = request.kind() == "shutdown_request";
        if ends {
            let content = json!({"status": "ok", "restart": request.flag("restart", false)});
            self.publisher.publish_beside(request, "shutdown_reply", content);
        }
        self.publisher.end_beside(request);
        if ends {
            self.switch.interrupt();
            self.ending.notify_one();
        }
    }

    /// There are no comm targets: who opens one learns that it is closed.
    fn comm(&self, request: &Request) {
        self.publisher.begin_beside(request);
        if request.kind() == "comm_open" {
            let content = json!({"comm_id": request.text("comm_id"), "data": {}});
            self.publisher.publish_beside(request, "comm_close", content);
        }
        self.publisher.end_beside(request);
    }
}
