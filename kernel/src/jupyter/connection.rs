//! The connection file, and the five sockets that it asks for.

use jupyter_protocol::{ConnectionInfo, Transport};
use jupyter_zmq_client as zmq;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The sockets of a kernel, all bound.
pub(super) struct Sockets {
    pub(super) heartbeat: zmq::KernelHeartbeatConnection,
    pub(super) control: zmq::KernelControlConnection,
    pub(super) shell: zmq::KernelShellConnection,
    pub(super) stdin: zmq::KernelStdinConnection,
    pub(super) iopub: zmq::KernelIoPubXPubConnection,
    /// The socket files of the IPC transport, which are ours to remove.
    pub(super) files: SocketFiles,
}

/// Files that vanish with this value.
pub(super) struct SocketFiles(Vec<PathBuf>);

impl Drop for SocketFiles {
    fn drop(&mut self) {
        for file in &self.0 {
            // Nothing depends on it: the next start removes what is left.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Reads a connection file.
pub(super) fn read(file: &Path) -> Result<ConnectionInfo, String> {
    let name = file.display();
    let text = std::fs::read(file).map_err(|e| format!("cannot read {name}: {e}"))?;
    let value = serde_json::from_slice(&text)
        .map_err(|e| format!("{name} is not a connection file: {e}"))?;
    parse(&value).map_err(|e| format!("{name} is not a connection file: {e}"))
}

fn parse(value: &Value) -> Result<ConnectionInfo, String> {
    let text = |key: &str, default: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or(default).to_owned()
    };
    let port = |key: &str| {
        let port = value.get(key).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
        port.filter(|port| *port != 0).ok_or(format!("{key} must be a number from 1 to 65535"))
    };
    let transport = match text("transport", "tcp").as_str() {
        "tcp" => Transport::TCP,
        "ipc" => Transport::IPC,
        other => return Err(format!("transport is \"{other}\", expected \"tcp\" or \"ipc\"")),
    };
    let scheme = text("signature_scheme", "hmac-sha256");
    if scheme != "hmac-sha256" {
        return Err(format!("signature_scheme is \"{scheme}\", expected \"hmac-sha256\""));
    }
    let ip = match (text("ip", "127.0.0.1"), &transport) {
        (ip, Transport::TCP) if ip == "*" => "0.0.0.0".to_owned(),
        (ip, Transport::TCP) if ip.contains(':') && !ip.starts_with('[') => format!("[{ip}]"),
        (ip, _) => ip,
    };
    Ok(ConnectionInfo {
        ip,
        transport,
        shell_port: port("shell_port")?,
        iopub_port: port("iopub_port")?,
        stdin_port: port("stdin_port")?,
        control_port: port("control_port")?,
        hb_port: port("hb_port")?,
        key: text("key", ""),
        signature_scheme: scheme,
        kernel_name: None,
    })
}

/// Binds all five, before anything else is done: front ends wait for each of them.
pub(super) async fn bind(info: &ConnectionInfo, session: &str) -> Result<Sockets, String> {
    let mut files = Vec::new();
    if info.transport == Transport::IPC {
        for port in
            [info.shell_port, info.iopub_port, info.stdin_port, info.control_port, info.hb_port]
        {
            let file = PathBuf::from(format!("{}-{port}", info.ip));
            // A kernel that was killed leaves its socket files behind, and a restart gets the same ones.
            let _ = std::fs::remove_file(&file);
            files.push(file);
        }
    }
    let explain = |name: &'static str| {
        move |error: zmq::RuntimeError| {
            format!(
                "cannot listen on the {name} socket: {error}\n  = try:      start the kernel again, so that it gets new ports"
            )
        }
    };
    Ok(Sockets {
        files: SocketFiles(files),
        heartbeat: zmq::create_kernel_heartbeat_connection(info)
            .await
            .map_err(explain("heartbeat"))?,
        control: zmq::create_kernel_control_connection(info, session)
            .await
            .map_err(explain("control"))?,
        shell: zmq::create_kernel_shell_connection(info, session)
            .await
            .map_err(explain("shell"))?,
        stdin: zmq::create_kernel_stdin_connection(info, session)
            .await
            .map_err(explain("stdin"))?,
        iopub: zmq::create_kernel_iopub_xpub_connection(info, session)
            .await
            .map_err(explain("IOPub"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn connection_files_may_be_thin_but_not_wrong() {
        let ports = json!({"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5});
        let with = |key: &str, value: Value| {
            let mut file = ports.clone();
            file[key] = value;
            parse(&file)
        };
        assert_eq!(parse(&ports).unwrap().shell_url(), "tcp://127.0.0.1:1");
        assert_eq!(with("ip", json!("*")).unwrap().hb_url(), "tcp://0.0.0.0:5");
        assert_eq!(with("ip", json!("::1")).unwrap().hb_url(), "tcp://[::1]:5");
        assert!(with("transport", json!("udp")).unwrap_err().contains("udp"));
        assert!(with("signature_scheme", json!("hmac-md5")).unwrap_err().contains("hmac-md5"));
        assert!(with("hb_port", json!(70000)).unwrap_err().contains("hb_port"));
    }
}
