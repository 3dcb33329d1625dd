//! The DevTools protocol over a pair of pipes: messages of JSON, each ended by a zero byte.
//!
//! Pipes and no socket: a port would be open to everybody on the machine, the page that is checked included.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{broadcast, mpsc, oneshot};

/// The longest message that is read.
const MESSAGE_BYTES: u64 = 128 << 20;
/// How many events may wait for who is slow to hear them.
const EVENTS: usize = 4096;

/// A connection to a browser.
#[derive(Debug, Clone)]
pub struct Cdp {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    next: AtomicU64,
    ended: AtomicBool,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Result<Value, CdpError>>>>,
    out: mpsc::UnboundedSender<Vec<u8>>,
    events: broadcast::Sender<Arc<Event>>,
}

/// Something that happened in the browser.
#[derive(Debug)]
pub struct Event {
    /// Where: a session with a page, or the browser itself.
    pub session: Option<String>,
    /// What, such as `Page.loadEventFired`.
    pub method: String,
    /// More of it.
    pub params: Value,
}

/// Why a command brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CdpError {
    /// The browser is gone.
    #[error("the browser has ended")]
    Ended,
    /// It did not answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// It refused.
    #[error("{0}")]
    Refused(String),
}

impl Cdp {
    /// Speaks over these ends; reading and writing go on in tasks until the browser is gone.
    pub fn over(
        read: impl AsyncRead + Unpin + Send + 'static,
        write: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        let (out, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
        let (events, _) = broadcast::channel(EVENTS);
        let inner = Arc::new(Inner {
            next: AtomicU64::new(1),
            ended: AtomicBool::new(false),
            waiting: Mutex::default(),
            out,
            events,
        });
        let mut write = write;
        tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if write.write_all(&message).await.is_err() || write.flush().await.is_err() {
                    break;
                }
            }
        });
        let reader = Arc::clone(&inner);
        tokio::spawn(async move {
            let mut read = BufReader::new(read);
            loop {
                let mut message = Vec::new();
                match (&mut read).take(MESSAGE_BYTES).read_until(0, &mut message).await {
                    Ok(length) if length > 0 && message.last() == Some(&0) => reader.take(&message[..length - 1]),
                    _ => break,
                }
            }
            // Whoever waits learns it at once, and so does whoever asks later.
            reader.ended.store(true, Ordering::SeqCst);
            reader.waiting().clear();
        });
        Self { inner }
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.inner.events.subscribe()
    }

    /// Sends a command and waits for what it brings.
    pub async fn ask(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Value, CdpError> {
        let answer = self.send(session, method, params)?;
        match tokio::time::timeout(within, answer).await {
            Ok(answer) => answer.map_err(|_| CdpError::Ended)?,
            Err(_) => Err(CdpError::Late(within)),
        }
    }

    /// Sends a command; what it brings can be waited for, or not.
    pub fn send(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<oneshot::Receiver<Result<Value, CdpError>>, CdpError> {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (sender, receiver) = oneshot::channel();
        self.inner.waiting().insert(id, sender);
        if self.inner.ended.load(Ordering::SeqCst) {
            self.inner.waiting().remove(&id);
            return Err(CdpError::Ended);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.inner.out.send(bytes).map_err(|_| CdpError::Ended)?;
        Ok(receiver)
    }
}

impl Inner {
    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Result<Value, CdpError>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, message: &[u8]) {
        let Ok(mut message) = serde_json::from_slice::<Value>(message) else { return };
        if let Some(id) = message.get("id").and_then(Value::as_u64) {
            let waiting = self.waiting().remove(&id);
            let answer = match message.get("error") {
                Some(error) => Err(CdpError::Refused(error["message"].as_str().unwrap_or("refused").to_owned())),
                None => Ok(message["result"].take()),
            };
            // Nobody need have waited.
            let _ = waiting.map(|waiting| waiting.send(answer));
        } else if let Some(method) = message.get("method").and_then(Value::as_str).map(str::to_owned) {
            let session = message.get("sessionId").and_then(Value::as_str).map(str::to_owned);
            let _ = self.events.send(Arc::new(Event { session, method, params: message["params"].take() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn answers_find_their_questions_and_the_end_is_told() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (read, write) = tokio::io::split(ours);
        let cdp = Cdp::over(read, write);
        let mut events = cdp.events();
        let first = cdp.send(None, "A.a", json!({})).expect("sent");
        let second = cdp.send(Some("s"), "B.b", json!({})).expect("sent");
        let mut browser = BufReader::new(theirs);
        let mut line = Vec::new();
        browser.read_until(0, &mut line).await.expect("the first");
        assert_eq!(serde_json::from_slice::<Value>(&line[..line.len() - 1]).expect("JSON")["method"], "A.a");
        let answers = b"{\"id\":2,\"result\":{\"x\":1}}\0{\"id\":1,\"error\":{\"message\":\"no\"}}\0{\"method\":\"C.c\",\"params\":{}}\0no json\0";
        browser.get_mut().write_all(answers).await.expect("sent");
        assert_eq!(second.await.expect("an answer").expect("good")["x"], 1);
        assert_eq!(first.await.expect("an answer"), Err(CdpError::Refused("no".into())));
        assert_eq!(events.recv().await.expect("an event").method, "C.c");
        assert_eq!(cdp.ask(None, "D.d", json!({}), SOON).await, Err(CdpError::Late(SOON)));
        let last = cdp.send(None, "E.e", json!({})).expect("sent");
        drop(browser);
        assert!(last.await.is_err(), "whoever waits is told that the browser is gone");
    }
}
