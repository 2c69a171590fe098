//! `kerai jupyter start`: sockets first, so that front ends get their answer at once, then the session.

use super::cells::Cells;
use super::channels::{self, Desk};
use super::connection::{self, Sockets};
use super::outbound::Sender;
use super::publish::Publisher;
use super::switch::Switch;
use super::system;
use jupyter_protocol::ConnectionInfo;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Sockets need two; the third answers while one of them reads a deeply nested program.
const THREADS: usize = 3;
const STACK_BYTES: usize = 64 << 20;
/// How long the last messages may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Sent is not arrived: the sockets have no linger.
const LINGER: Duration = Duration::from_millis(100);

/// Serves until a client asks for the end, or whoever started the kernel is gone.
pub(super) fn start(file: &Path) -> Result<(), String> {
    let info = connection::read(file)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|e| format!("cannot start threads: {e}"))?;
    let done = runtime.block_on(serve(&info));
    // A cell that still runs ends with the process.
    runtime.shutdown_background();
    done
}

async fn serve(info: &ConnectionInfo) -> Result<(), String> {
    let id = uuid::Uuid::new_v4().to_string();
    let sockets = connection::bind(info, &id).await?;
    let Sockets { heartbeat, control, shell, stdin, iopub, files } = sockets;
    let (shell_out, shell) = shell.split();
    let (stdin_out, stdin) = stdin.split();

    let (publisher, queue) = Publisher::new();
    let (cells, requests) = channel();
    let (lines, answers) = channel();
    let switch = Switch::default();
    let ending = Arc::new(Notify::new());
    let desk = Desk {
        publisher: publisher.clone(),
        switch: switch.clone(),
        cells,
        ending: ending.clone(),
    };
    let sender = Sender { iopub, shell: shell_out, stdin: stdin_out, publisher: publisher.clone() };
    let mut tasks = JoinSet::new();
    tasks.spawn(channels::heartbeat(heartbeat));
    tasks.spawn(sender.run(queue));
    tasks.spawn(channels::control(control, desk.clone()));
    tasks.spawn(channels::shell(shell, desk));
    tasks.spawn(channels::stdin(stdin, lines));
    tasks.spawn(publisher.clone().tick());

    system::capture(&publisher).map_err(|e| format!("cannot capture the output: {e}"))?;
    std::panic::set_hook(Box::new(|panic| system::log(&panic.to_string())));
    let stop = switch.clone();
    // Ctrl-C in the terminal of the server reaches its kernels too.
    let _ = ctrlc::set_handler(move || stop.interrupt());
    let answers = Arc::new(Mutex::new(answers));
    let said = publisher.clone();
    let broken = Alarm(ending.clone());
    crate::worker::spawn("session", move || {
        let _broken = broken;
        Cells::new(said, switch, answers).run(&requests);
    })
    .map_err(|e| format!("cannot start the session's thread: {e}"))?;

    tokio::select! {
        () = ending.notified() => {}
        () = system::ended() => {}
        // None of them ends unless it is broken; a kernel that is gone is started anew, one that is mute is not.
        _ = tasks.join_next() => system::log("a channel broke, so this kernel ends"),
    }
    publisher.flushed(FAREWELL).await;
    tokio::time::sleep(LINGER).await;
    drop(files);
    Ok(())
}

/// Ends the kernel when the thread that owns it is gone.
struct Alarm(Arc<Notify>);

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
