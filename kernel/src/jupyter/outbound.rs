//! The one task that owns IOPub (and the sending side of shell and stdin): it welcomes subscribers, paces what it sends
//! below the limits of Jupyter's server, and drops clients that stopped reading.

use super::message::message;
use super::publish::{Outbound, Publisher};
use bytes::Bytes;
use jupyter_protocol::JupyterMessage;
use jupyter_zmq_client::{KernelIoPubXPubConnection, RouterSendConnection, SubscriptionEvent};
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;
use zeromq::util::PeerIdentity;
use zeromq::{Socket, SocketEvent};

/// A client that takes longer than this to read a message has stopped.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the first messages wait for the first subscriber, and messages for those that were dropped to come back.
const FIRST_SUBSCRIBER: Duration = Duration::from_secs(2);
/// Clients that were dropped come back one after the other.
const REUNION: Duration = Duration::from_millis(300);
const FOREVER: Duration = Duration::from_secs(86_400);

/// Jupyter's server drops what exceeds 1000 messages or 1 MB of streams per second, over 3 seconds.
const MESSAGES: Budget = Budget { burst: 600.0, per_second: 750.0 };
const STREAM_BYTES: Budget = Budget { burst: 500e3, per_second: 750e3 };

struct Budget {
    burst: f64,
    per_second: f64,
}

/// A token bucket.
struct Pace {
    budget: Budget,
    left: f64,
    since: Instant,
}

impl Pace {
    fn new(budget: Budget) -> Self {
        Pace { left: budget.burst, since: Instant::now(), budget }
    }

    /// How long to wait until something may be sent. A single thing may overdraw.
    fn wait(&mut self, now: Instant) -> Option<Duration> {
        let earned = (now - self.since).as_secs_f64() * self.budget.per_second;
        self.left = (self.left + earned).min(self.budget.burst);
        self.since = now;
        (self.left <= 0.0)
            .then(|| Duration::from_secs_f64((1.0 - self.left) / self.budget.per_second))
    }

    fn spend(&mut self, amount: f64) {
        self.left -= amount;
    }
}

/// See the module.
pub(super) struct Sender {
    pub(super) iopub: KernelIoPubXPubConnection,
    pub(super) shell: RouterSendConnection,
    pub(super) stdin: RouterSendConnection,
    pub(super) publisher: Publisher,
}

/// Whether anybody listens.
enum Audience {
    /// Nobody yet, but soon: messages are kept until then, or until some moments after the first one is there.
    Expected { until: Option<Instant>, moments: Duration, kept: Vec<JupyterMessage> },
    /// Messages go to whoever is there.
    Present,
}

impl Sender {
    /// Sends what comes, until there is no publisher left.
    pub(super) async fn run(mut self, mut queue: UnboundedReceiver<Outbound>) {
        let mut events = self.iopub.socket.monitor();
        let mut peers: HashSet<PeerIdentity> = HashSet::new();
        let mut audience =
            Audience::Expected { until: None, moments: Duration::ZERO, kept: Vec::new() };
        let mut messages = Pace::new(MESSAGES);
        let mut streams = Pace::new(STREAM_BYTES);
        let mut next: Option<Outbound> = None;
        loop {
            while let Ok(event) = events.try_recv() {
                if let SocketEvent::Accepted(_, peer) = event {
                    peers.insert(peer);
                }
            }
            let pause = match &next {
                Some(Outbound::Publish(..)) => {
                    let now = Instant::now();
                    messages.wait(now).max(streams.wait(now))
                }
                _ => None,
            };
            if pause.is_none()
                && let Some(item) = next.take()
            {
                let Outbound::Publish(message, bytes) = item else {
                    self.reply(item).await;
                    continue;
                };
                messages.spend(1.0);
                if message.header.msg_type == "stream" {
                    streams.spend(bytes as f64);
                }
                self.publisher.sent(bytes);
                match &mut audience {
                    Audience::Expected { until, kept, .. } => {
                        until.get_or_insert_with(|| Instant::now() + FIRST_SUBSCRIBER);
                        kept.push(message);
                    }
                    Audience::Present => {
                        let mut again = message.clone();
                        if self.publish(message).await.is_err() {
                            // Which client stopped cannot be seen; those that live reconnect within moments, and
                            // hear again what some of them may have missed. It is a
                            // new message: clients refuse to read the same signature twice.
                            #[expect(clippy::iter_over_hash_type, reason = "all of them go")]
                            for peer in peers.drain() {
                                self.iopub.socket.backend().peer_disconnected(&peer);
                            }
                            let until = Some(Instant::now() + FIRST_SUBSCRIBER);
                            again.header.msg_id = Uuid::new_v4().to_string();
                            audience =
                                Audience::Expected { until, moments: REUNION, kept: vec![again] };
                        }
                    }
                }
                continue;
            }
            let deadline = match &audience {
                Audience::Expected { until: Some(until), .. } => *until,
                _ => Instant::now() + FOREVER,
            };
            tokio::select! {
                biased;
                event = self.iopub.recv_subscription() => match event {
                    Ok(SubscriptionEvent::Subscribe(topic)) => {
                        let content = json!({"subscription": topic});
                        let _ = self.publish(message("iopub_welcome", content, None)).await;
                        if let Audience::Expected { until, moments, .. } = &mut audience {
                            *until = Some(Instant::now() + *moments);
                        }
                    }
                    Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                    // A client broke off or sent nonsense: it is gone, the others stay.
                    Err(_) => tokio::task::yield_now().await,
                },
                () = sleep(pause.unwrap_or(FOREVER)), if pause.is_some() => {}
                () = sleep_until(deadline) => {
                    let before = std::mem::replace(&mut audience, Audience::Present);
                    if let Audience::Expected { kept, .. } = before {
                        for message in kept {
                            let _ = self.publish(message).await;
                        }
                    }
                }
                item = queue.recv(), if next.is_none() => match item {
                    Some(item) => next = Some(item),
                    None => return,
                },
            }
        }
    }

    /// `Err` if a client did not read in time. Other failures concern clients that are gone.
    async fn publish(&mut self, mut message: JupyterMessage) -> Result<(), Elapsed> {
        message.zmq_identities = vec![Bytes::from(message.header.msg_type.clone())];
        timeout(PATIENCE, self.iopub.send(message)).await.map(drop)
    }

    async fn reply(&mut self, item: Outbound) {
        // Clients that are gone do not wait for an answer, and one that stopped must not stop the others.
        let _ = match item {
            Outbound::Shell(message) => timeout(PATIENCE, self.shell.send(message)).await.map(drop),
            Outbound::Stdin(message) => timeout(PATIENCE, self.stdin.send(message)).await.map(drop),
            Outbound::Flushed(done) => {
                let _ = done.send(());
                Ok(())
            }
            Outbound::Publish(message, _) => self.publish(message).await,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_paced_below_the_limits_of_the_server() {
        let start = Instant::now();
        let mut pace = Pace::new(STREAM_BYTES);
        let mut now = start;
        let mut sent = 0.0;
        while now < start + Duration::from_secs(3) {
            match pace.wait(now) {
                Some(pause) => now += pause,
                None => {
                    pace.spend(65536.0);
                    sent += 65536.0;
                }
            }
        }
        assert!((2.2e6..3e6).contains(&sent), "{sent}");
    }
}
