//! Who we are: the answers that need no session.

use super::message::{PROTOCOL, Request, failure};
use kerai_dsl::session::{Session, Status};
use serde_json::{Value, json};

/// What front ends ask first.
pub(super) fn kernel_info() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL,
        "implementation": "kerai",
        "implementation_version": version,
        "language_info": {
            // The spelling is Python's grammar, so Python's tools highlight and indent it.
            "name": "python",
            "version": "3.12",
            "mimetype": "text/x-python",
            "file_extension": ".py",
            "pygments_lexer": "ipython3",
            "codemirror_mode": {"name": "ipython", "version": 3},
            "nbconvert_exporter": "python",
        },
        "banner": format!("kerai {version}: Keras in one binary"),
        "debugger": false,
        "help_links": [
            {"text": "Keras", "url": "https://keras.io/api/"},
        ],
        "supported_features": [],
    })
}

/// Whether a text can be run yet.
pub(super) fn is_complete(request: &Request) -> Value {
    let code = request.text("code").to_owned();
    match std::panic::catch_unwind(|| Session::status(&code)) {
        Ok(Status::Complete) => json!({"status": "complete"}),
        Ok(Status::Incomplete { indent }) => json!({"status": "incomplete", "indent": indent}),
        Ok(Status::Invalid(_)) => json!({"status": "invalid"}),
        Err(_) => json!({"status": "unknown"}),
    }
}

/// The answer to what kerai does not do (subshells, debugging, ...).
pub(super) fn unknown(request: &Request) -> Value {
    failure("NotImplementedError", &format!("kerai does not answer {}", request.kind()))
}
