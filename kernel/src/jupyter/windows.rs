//! What the kernel asks of the system, where there are no file descriptors to capture: the log, and when to end.

use super::publish::Publisher;
use std::io;

/// Tells whoever started the kernel.
pub(super) fn log(text: &str) {
    crate::terminal::complain(&format!("kerai: {text}"));
}

/// Native prints go to the window of the server.
pub(super) fn capture(_publisher: &Publisher) -> io::Result<()> {
    Ok(())
}

/// Nothing is on its way.
pub(super) fn settle() {}

/// Jupyter ends its kernels by itself here.
pub(super) async fn ended() {
    std::future::pending().await
}
