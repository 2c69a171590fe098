//! Messages in and out. The reader is lenient: thin clients leave out what they do not need, and a request that cannot
//! be read is skipped, never fatal. The writer is one function for all types.

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use jupyter_protocol::{Header, JupyterMessage, JupyterMessageContent, UnknownMessage};
use jupyter_zmq_client::{Connection, RawMessage};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zeromq::SocketRecv;

/// The version of the protocol that is spoken (5.5 has `iopub_welcome`).
pub(super) const PROTOCOL: &str = "5.5";

/// What a client sent on shell, control or stdin.
#[derive(Debug)]
pub(super) struct Request {
    /// The way back.
    pub(super) identities: Vec<Bytes>,
    /// What answers name as their parent.
    pub(super) header: Header,
    content: Map<String, Value>,
}

impl Request {
    /// The message type.
    pub(super) fn kind(&self) -> &str {
        &self.header.msg_type
    }

    /// A text of the content, empty if it is not there.
    pub(super) fn text(&self, key: &str) -> &str {
        self.content.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A switch of the content.
    pub(super) fn flag(&self, key: &str, default: bool) -> bool {
        self.content.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A number of the content, whatever its notation.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        let value = self.content.get(key)?;
        // `as` saturates, which is right for what is out of range.
        value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
    }

    /// A map of the content.
    pub(super) fn map(&self, key: &str) -> Option<&Map<String, Value>> {
        self.content.get(key)?.as_object()
    }

    /// The type of the answer: `execute_reply` for `execute_request`.
    pub(super) fn reply_kind(&self) -> String {
        let kind = self.kind();
        format!("{}_reply", kind.strip_suffix("_request").unwrap_or(kind))
    }

    /// The answer, addressed to the sender.
    pub(super) fn reply(&self, content: Value) -> JupyterMessage {
        self.message_to_sender(&self.reply_kind(), content)
    }

    /// A message to the sender that is not the answer (`input_request`).
    pub(super) fn message_to_sender(&self, kind: &str, content: Value) -> JupyterMessage {
        JupyterMessage {
            zmq_identities: self.identities.clone(),
            ..message(kind, content, Some(&self.header))
        }
    }

    /// Reads the next message of a socket. `Err` says why one was skipped; the socket lives on.
    pub(super) async fn receive<S: SocketRecv>(
        connection: &mut Connection<S>,
    ) -> Result<Request, String> {
        let frames = connection.socket.recv().await.map_err(|e| e.to_string())?;
        let raw = RawMessage::from_multipart(frames, &connection.mac).map_err(|e| e.to_string())?;
        Request::decode(raw)
    }

    fn decode(raw: RawMessage) -> Result<Request, String> {
        let part = |index: usize| raw.jparts.get(index).map(Bytes::as_ref).unwrap_or_default();
        let header: Value = serde_json::from_slice(part(0)).map_err(|e| format!("header: {e}"))?;
        let kind = header.get("msg_type").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() {
            return Err("the header has no msg_type".to_owned());
        }
        let text =
            |key: &str| header.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let date = DateTime::parse_from_rfc3339(&text("date"))
            .map_or_else(|_| Utc::now(), |date| date.with_timezone(&Utc));
        let content = match serde_json::from_slice(part(3)) {
            Ok(Value::Object(content)) => content,
            _ => Map::new(),
        };
        Ok(Request {
            header: Header {
                msg_id: text("msg_id"),
                username: text("username"),
                session: text("session"),
                date: date.trunc_subsecs(6),
                msg_type: kind.to_owned(),
                version: text("version"),
            },
            identities: raw.zmq_identities,
            content,
        })
    }

    /// A request as a test would send it.
    #[cfg(test)]
    pub(super) fn of(kind: &str, content: Value) -> Request {
        let Value::Object(content) = content else { panic!("a content is an object") };
        let header = message(kind, json!({}), None).header;
        Request { identities: Vec::new(), header, content }
    }
}

/// A message of any type. Dates have microseconds, because Python's clients read no finer ones.
pub(super) fn message(kind: &str, content: Value, parent: Option<&Header>) -> JupyterMessage {
    JupyterMessage {
        zmq_identities: Vec::new(),
        header: Header {
            msg_id: Uuid::new_v4().to_string(),
            username: "kerai".to_owned(),
            // The connection puts in its own when it sends.
            session: String::new(),
            date: Utc::now().trunc_subsecs(6),
            msg_type: kind.to_owned(),
            version: PROTOCOL.to_owned(),
        },
        parent_header: parent.cloned(),
        metadata: json!({}),
        // The typed contents write nulls where the protocol wants objects, and lack fields of 5.5.
        content: JupyterMessageContent::UnknownMessage(UnknownMessage {
            msg_type: kind.to_owned(),
            content,
        }),
        buffers: Vec::new(),
        channel: None,
    }
}

/// The answer to what cannot be done.
pub(super) fn failure(class: &str, reason: &str) -> Value {
    json!({"status": "error", "ename": class, "evalue": reason, "traceback": [format!("{class}: {reason}")]})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(header: &str, content: &str) -> Result<Request, String> {
        let parts = [header, "{}", "{}", content];
        Request::decode(RawMessage {
            zmq_identities: vec![Bytes::from_static(b"me")],
            jparts: parts.iter().map(|part| Bytes::copy_from_slice(part.as_bytes())).collect(),
        })
    }

    #[test]
    fn thin_messages_get_defaults_and_broken_ones_are_refused() {
        let thin = decode(r#"{"msg_type": "execute_request"}"#, "{}").unwrap();
        assert_eq!((thin.text("code"), thin.flag("store_history", true)), ("", true));
        assert_eq!(thin.reply_kind(), "execute_reply");
        for content in ["", "[]", "null", "{\"code\": 3}"] {
            let odd = decode(r#"{"msg_type": "execute_request", "msg_id": 7}"#, content).unwrap();
            assert_eq!((odd.text("code"), odd.header.msg_id.as_str()), ("", ""));
        }
        for header in ["", "{}", "[]", "{\"msg_type\": 1}", &"[".repeat(100_000)] {
            assert!(decode(header, "{}").is_err());
        }
    }

    #[test]
    fn what_is_sent_has_no_nulls_and_microseconds() {
        let request = Request::of("execute_request", json!({}));
        let reply = request.reply(json!({"status": "ok", "user_expressions": {}}));
        let text = serde_json::to_string(&reply.content).unwrap();
        assert_eq!(text, r#"{"status":"ok","user_expressions":{}}"#);
        let date = serde_json::to_value(&reply.header).unwrap()["date"].to_string();
        let fraction = date.split_once('.').map_or("", |(_, fraction)| fraction);
        assert!(fraction.trim_end_matches(['Z', '"']).len() <= 6, "{date}");
    }
}
