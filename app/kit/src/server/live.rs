//! What is new, to every window that is open: one question a tick for all streams of an instance.
//!
//! Nothing but the database is asked, so that what another instance changed is told as well, and what a stream has been told is known by the stream
//! alone, so that a browser that connects again goes on where it was.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use http::{HeaderMap, HeaderValue};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::clock::Millis;
use super::context::Kit;
use super::sessions::still_good;
use crate::error::AppError;
use crate::identity::{Caller, Via};

/// The shortest time between two questions.
const AT_MOST: Duration = Duration::from_millis(40);

/// The time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a stream lasts; then the browser asks again, from where it was, and the caller's groups are read anew.
const LASTS: Duration = Duration::from_secs(600);

/// What streams tell.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// What a stream listens to, and how far it has been told.
    type At: Clone + Send + Sync + 'static;
    /// What is told.
    type News: Send + 'static;

    /// What is new for each of these streams.
    async fn news(&self, streams: &[Listener<Self::At>]) -> Result<Batch<Self::News, Self::At>, AppError>;

    /// Whether a stream ends with it.
    fn is_last(&self, _: &Self::News) -> bool {
        false
    }
}

/// A stream.
#[derive(Debug, Clone)]
pub struct Listener<At> {
    /// Its number on this instance.
    pub number: u64,
    /// Who listens.
    pub caller: Caller,
    /// To what, and how far it has been told.
    pub at: At,
}

/// What is new.
#[derive(Debug)]
pub struct Batch<News, At> {
    /// What is told to which stream, for each in the order in which it is to hear of it.
    pub told: Vec<Told<News, At>>,
    /// Whether there is more than was read at once.
    pub more: bool,
}

impl<News, At> Default for Batch<News, At> {
    fn default() -> Self {
        Self { told: Vec::new(), more: false }
    }
}

/// What is told to a stream.
#[derive(Debug)]
pub struct Told<News, At> {
    /// The stream's number.
    pub number: u64,
    /// What it is told; nothing where only what is known of it changed.
    pub news: Option<News>,
    /// How far it has been told then.
    pub at: At,
}

/// How a feed is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// What it tells of, for the log.
    pub what: &'static str,
    /// The time between two questions where nothing on this instance says that there is news.
    pub poll: Duration,
    /// The time between two looks whether the sessions and tokens are still good.
    pub look: Duration,
    /// The most streams of one person; the oldest ends when another one comes.
    pub per_person: usize,
    /// What waits at most for a browser that is slow to take it; the rest is asked for again.
    pub held: usize,
}

impl Pace {
    /// The usual one.
    pub const fn new(what: &'static str) -> Self {
        Self { what, poll: Duration::from_millis(700), look: Duration::from_secs(5), per_person: 12, held: 100 }
    }
}

/// The open streams of an instance.
pub struct Hub<F: Feed> {
    feed: F,
    pace: Pace,
    kit: Kit,
    idle: Millis,
    stop: CancellationToken,
    open: Mutex<Open<F>>,
    numbers: AtomicU64,
    news: Notify,
}

struct Open<F: Feed> {
    streams: Vec<Line<F>>,
    /// Whether the feed is being asked.
    asking: bool,
}

/// A stream with the way to it.
struct Line<F: Feed> {
    listener: Listener<F::At>,
    sender: mpsc::Sender<F::News>,
}

impl<F: Feed> Line<F> {
    /// The session or token by which its person came in.
    fn way_in(&self) -> Option<Via> {
        Some(self.listener.caller.principal()?.via.clone())
    }
}

/// Takes a stream off the list when its browser has gone.
struct Seat<F: Feed> {
    hub: Arc<Hub<F>>,
    number: u64,
}

impl<F: Feed> Drop for Seat<F> {
    fn drop(&mut self) {
        self.hub.open().streams.retain(|line| line.listener.number != self.number);
    }
}

impl<F: Feed> Hub<F> {
    /// A hub without streams. One ends when `stop` is cancelled, and when its session is over or was not used for `idle` milliseconds: a stream that is
    /// open is no sign of life of its person.
    pub fn new(kit: Kit, idle: Millis, stop: CancellationToken, pace: Pace, feed: F) -> Arc<Self> {
        Arc::new(Self {
            feed,
            pace,
            kit,
            idle,
            stop,
            open: Mutex::new(Open { streams: Vec::new(), asking: false }),
            numbers: AtomicU64::new(0),
            news: Notify::new(),
        })
    }

    /// Has the hub ask soon: something of this process has made news.
    pub fn look(&self) {
        self.news.notify_one();
    }

    /// What there is after `at` and what comes, to the last. `first` is told at once, where that was found out already.
    pub fn listen(
        self: &Arc<Self>,
        caller: Caller,
        at: F::At,
        first: Option<F::News>,
    ) -> impl Stream<Item = F::News> + Send + use<F> {
        let (sender, receiver) = mpsc::channel(self.pace.held);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        {
            let mut open = self.open();
            let same = |other: &Line<F>| other.listener.caller.subject() == caller.subject();
            if open.streams.iter().filter(|other| same(other)).count() >= self.pace.per_person
                && let Some(oldest) = open.streams.iter().position(same)
            {
                open.streams.remove(oldest);
            }
            open.streams.push(Line { listener: Listener { number, caller, at }, sender });
            if !std::mem::replace(&mut open.asking, true) {
                tokio::spawn(self.clone().ask());
            }
        }
        if first.is_none() {
            self.look();
        }
        let seat = Seat { hub: self.clone(), number };
        let until = tokio::time::Instant::now() + LASTS;
        stream::unfold((seat, receiver, first, false), move |(seat, mut receiver, mut first, over)| async move {
            if over {
                return None;
            }
            let news = match first.take() {
                Some(first) => first,
                None => tokio::select! {
                    // The sender is gone when the session or token is over, or another stream took this one's place.
                    news = receiver.recv() => news?,
                    () = seat.hub.stop.cancelled() => return None,
                    () = tokio::time::sleep_until(until) => return None,
                },
            };
            let over = seat.hub.feed.is_last(&news);
            Some((news, (seat, receiver, None, over)))
        })
    }

    /// Asks the feed while there is anybody to tell.
    async fn ask(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(self.pace.poll) => {}
                () = self.stop.cancelled() => {}
            }
            {
                let mut open = self.open();
                if open.streams.is_empty() || self.stop.is_cancelled() {
                    open.asking = false;
                    return;
                }
            }
            let look = looked.elapsed() >= self.pace.look;
            let told = async {
                if look {
                    self.end_what_is_over().await?;
                }
                self.tell().await
            };
            match told.await {
                Ok(()) if look => looked = Instant::now(),
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "what is new of {} cannot be asked; trying again", self.pace.what);
                }
            }
            tokio::time::sleep(AT_MOST).await;
        }
    }

    async fn tell(&self) -> Result<(), AppError> {
        let streams: Vec<Listener<F::At>> = self.open().streams.iter().map(|line| line.listener.clone()).collect();
        let batch = self.feed.news(&streams).await?;
        if batch.more {
            self.look();
        }
        let mut open = self.open();
        let mut slow: HashSet<u64> = HashSet::new();
        for Told { number, news, at } in batch.told {
            let found = open.streams.iter_mut().find(|line| line.listener.number == number);
            let Some(line) = found.filter(|_| !slow.contains(&number)) else { continue };
            // What a slow browser has no room for is asked for again.
            if news.is_some_and(|news| line.sender.try_send(news).is_err()) {
                slow.insert(number);
            } else {
                line.listener.at = at;
            }
        }
        Ok(())
    }

    /// Ends the streams whose session or token is over, was ended elsewhere, or, of a session, was not used for too long.
    async fn end_what_is_over(&self) -> Result<(), AppError> {
        let asked: HashSet<Via> = self.open().streams.iter().filter_map(Line::way_in).collect();
        let now = self.kit.clock.now();
        let good = still_good(self.kit.db.read(), &asked, now, now - self.idle).await?;
        // One that was opened meanwhile was let in a moment ago.
        let over = |way_in: Via| asked.contains(&way_in) && !good.contains(&way_in);
        self.open().streams.retain(|line| !line.way_in().is_some_and(over));
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, Open<F>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers with events as they come.
pub fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // A proxy that gathers answers before it passes them on would hold the events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The id of the last event that a browser has seen, which it says when it connects again.
pub fn last_event(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::identity::{Principal, PrincipalKind};
    use crate::server::authorise::Gate;
    use crate::server::clock::Clock;
    use crate::server::fetch::{Fetcher, Policy};
    use crate::server::secrets::{Vault, new_key};
    use crate::server::testing::{TestDb, databases};

    use super::*;

    /// Whole numbers up to one that grows; the streams are told of three at a time.
    #[derive(Default, Clone)]
    struct Numbers(Arc<Mutex<i64>>);

    #[async_trait]
    impl Feed for Numbers {
        type At = i64;
        type News = i64;

        async fn news(&self, streams: &[Listener<i64>]) -> Result<Batch<i64, i64>, AppError> {
            let last = *self.0.lock().expect("lock");
            let mut batch = Batch::default();
            for stream in streams {
                let told = (stream.at + 1..=last).take(3);
                batch.told.extend(told.map(|number| Told { number: stream.number, news: Some(number), at: number }));
                batch.more |= stream.at + 3 < last;
            }
            Ok(batch)
        }

        fn is_last(&self, news: &i64) -> bool {
            *news == 10
        }
    }

    fn hub(db: &TestDb, pace: Pace, feed: Numbers) -> Arc<Hub<Numbers>> {
        let policy = Policy { hosts: Vec::new(), max_bytes: 1, timeout: Duration::from_secs(1) };
        let kit = Kit {
            db: (**db).clone(),
            clock: Clock::fixed(1_000_000),
            fetcher: Arc::new(Fetcher::new(policy).expect("a fetcher")),
            vocabulary: Arc::default(),
            gate: Arc::new(Gate::default()),
            vault: Arc::new(Vault::parse(&new_key()).expect("a key")),
        };
        Hub::new(kit, 1_000, CancellationToken::new(), pace, feed)
    }

    async fn all(stream: impl Stream<Item = i64>) -> Vec<i64> {
        tokio::time::timeout(Duration::from_secs(30), stream.collect()).await.expect("it ends")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_is_told_everything_once_from_where_it_was_however_slow_it_is() {
        for db in databases().await {
            let feed = Numbers::default();
            let hub = hub(&db, Pace { held: 2, ..Pace::new("numbers") }, feed.clone());
            let (whole, rest) = (hub.listen(Caller::Operator, 0, None), hub.listen(Caller::Operator, 6, Some(-1)));
            *feed.0.lock().expect("lock") = 12;
            hub.look();
            assert_eq!(all(whole).await, (1..=10).collect::<Vec<_>>(), "{}", db.name());
            assert_eq!(all(rest).await, [-1, 7, 8, 9, 10], "{}", db.name());
            assert!(hub.open().streams.is_empty(), "who has gone is forgotten");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stream_ends_with_its_session_with_too_many_others_and_with_the_process() {
        for db in databases().await {
            let pace = Pace { per_person: 2, look: Duration::ZERO, ..Pace::new("numbers") };
            let hub = hub(&db, pace, Numbers::default());
            let nobody = Caller::Principal(Arc::new(Principal {
                kind: PrincipalKind::Person,
                subject: "user:default/jane".into(),
                name: "Jane".into(),
                groups: Vec::new(),
                administrator: false,
                via: Via::Session(7),
                scopes: None,
                request: String::new(),
            }));
            assert_eq!(all(hub.listen(nobody, 0, Some(5))).await, [5], "{}: there is no such session", db.name());
            let oldest = hub.listen(Caller::Operator, 0, None);
            let (second, third) = (hub.listen(Caller::Operator, 0, Some(1)), hub.listen(Caller::Operator, 0, None));
            assert_eq!(all(oldest).await, [0; 0], "{}", db.name());
            hub.stop.cancel();
            assert_eq!((all(second).await, all(third).await), (vec![1], vec![]), "{}", db.name());
        }
    }

    #[test]
    fn the_last_event_is_a_number() {
        let with = |text: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static("last-event-id"), HeaderValue::from_static(text))])
        };
        assert_eq!(last_event(&with("42")), Some(42));
        assert_eq!((last_event(&with("x")), last_event(&HeaderMap::new())), (None, None));
    }
}
