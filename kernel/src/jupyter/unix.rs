//! What the kernel asks of the system: native prints (file descriptors 1 and 2) as streams, the log, and when to end.

use super::publish::{Publisher, Stream};
use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Passed through a pipe, it says that everything written before has arrived.
const MARK: &[u8] = b"\0kerai has read this far\0";
/// A reader that does not see the mark by then has other troubles.
const PATIENCE: Duration = Duration::from_millis(200);
const LOOK_FOR_PARENT: Duration = Duration::from_secs(1);

static LOG: OnceLock<File> = OnceLock::new();
static CAPTURE: OnceLock<Mutex<Vec<Captured>>> = OnceLock::new();

struct Captured {
    writer: io::PipeWriter,
    marks: Receiver<()>,
}

/// Tells whoever started the kernel.
pub(super) fn log(text: &str) {
    // Nobody can be told if that fails.
    let _ = match LOG.get() {
        Some(mut file) => writeln!(file, "kerai: {text}"),
        None => writeln!(io::stderr(), "kerai: {text}"),
    };
}

/// From now on, what native code prints goes to the notebook.
pub(super) fn capture(publisher: &Publisher) -> io::Result<()> {
    let log = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let (out_reader, out) = io::pipe()?;
    let (error_reader, error) = io::pipe()?;
    rustix::stdio::dup2_stdout(&out)?;
    rustix::stdio::dup2_stderr(&error)?;
    let _ = LOG.set(log);
    let mut captured = Vec::new();
    for (stream, reader, writer) in
        [(Stream::Out, out_reader, out), (Stream::Error, error_reader, error)]
    {
        let (passed, marks) = channel();
        let publisher = publisher.clone();
        std::thread::Builder::new()
            .name(format!("capture {stream:?}"))
            .spawn(move || forward(reader, stream, &publisher, &passed))?;
        captured.push(Captured { writer, marks });
    }
    let _ = CAPTURE.set(Mutex::new(captured));
    Ok(())
}

/// Waits until what was printed so far has been read.
pub(super) fn settle() {
    let _ = io::stdout().flush();
    let Some(Ok(mut captured)) = CAPTURE.get().map(Mutex::lock) else { return };
    for pipe in captured.iter_mut() {
        while pipe.marks.try_recv().is_ok() {}
        if pipe.writer.write_all(MARK).is_ok() {
            let _ = pipe.marks.recv_timeout(PATIENCE);
        }
    }
}

fn forward(mut reader: PipeReader, stream: Stream, publisher: &Publisher, passed: &Sender<()>) {
    let mut buffer = vec![0; 64 << 10];
    let mut held = Vec::new();
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => held.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        }
        let (text, marks) = take_text(&mut held);
        if !text.is_empty() {
            publisher.stream(stream, &text);
        }
        for _ in 0..marks {
            let _ = passed.send(());
        }
    }
}

/// The text that is complete, without marks, and how many marks there were. Halves of marks and characters stay.
fn take_text(held: &mut Vec<u8>) -> (String, usize) {
    let mut marks = 0;
    while let Some(at) = held.windows(MARK.len()).position(|window| window == MARK) {
        held.drain(at..at + MARK.len());
        marks += 1;
    }
    let half_mark = (1..MARK.len()).rev().find(|n| held.ends_with(&MARK[..*n])).unwrap_or(0);
    let end = held.len() - half_mark;
    let half_character = match std::str::from_utf8(&held[..end]) {
        Err(error) if error.error_len().is_none() => end - error.valid_up_to(),
        _ => 0,
    };
    let text: Vec<u8> = held.drain(..end - half_character).collect();
    (String::from_utf8_lossy(&text).into_owned(), marks)
}

/// Returns when the kernel should end by itself: on SIGTERM, or when the process that started it is gone.
pub(super) async fn ended() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        () = orphaned() => log("the process that started this kernel is gone"),
    }
}

async fn orphaned() {
    let starter = std::env::var("JPY_PARENT_PID").ok().and_then(|pid| pid.parse::<u32>().ok());
    // In a container the starter may be process 1, which does not end before us.
    let Some(starter) = starter.filter(|pid| *pid > 1) else { return std::future::pending().await };
    // Only a parent's end can be seen everywhere; of others (`conda run` in between), Linux tells.
    let is_parent = parent_id() == starter;
    if !is_parent && !Path::new("/proc/self").exists() {
        return std::future::pending().await;
    }
    let is_there = || {
        if is_parent {
            parent_id() == starter
        } else {
            Path::new(&format!("/proc/{starter}")).exists()
        }
    };
    while is_there() {
        tokio::time::sleep(LOOK_FOR_PARENT).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_vanish_and_halves_wait_for_their_rest() {
        let mut held = Vec::new();
        held.extend_from_slice("grün".as_bytes());
        held.extend_from_slice(MARK);
        held.extend_from_slice(&"ö".as_bytes()[..1]);
        assert_eq!(take_text(&mut held), ("grün".to_owned(), 1));
        held.extend_from_slice(&"ö".as_bytes()[1..]);
        held.extend_from_slice(&MARK[..5]);
        assert_eq!(take_text(&mut held), ("ö".to_owned(), 0));
        held.extend_from_slice(&MARK[5..]);
        held.extend_from_slice(b"\xff.");
        assert_eq!(take_text(&mut held), ("\u{fffd}.".to_owned(), 1));
        assert!(held.is_empty());
    }
}
