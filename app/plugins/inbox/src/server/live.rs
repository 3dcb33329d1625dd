//! The number of unread messages as it changes, to every window that is open.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use http::HeaderValue;
use kit::error::AppError;
use kit::identity::{Caller, Via};
use kit::server::clock::Millis;
use kit::server::context::{Kit, authorise_own};
use kit::server::inbox::{Listening, Tab, changed_since, unread};
use kit::server::sessions::still_good;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::info::READ;

/// Where the stream is. A stream that is open is no sign of life of its person: it must not keep an idle session alive.
pub const EVENTS: &str = "/api/inbox/events";

/// The most streams of one person; the oldest ends when another one comes.
const PER_PERSON: usize = 6;

/// How often the database is asked, for all streams together.
const POLL: Duration = Duration::from_secs(1);

/// How far back is looked for changes, in milliseconds: longer than a transaction takes to be committed.
const LOOK_BACK: i64 = 10_000;

/// After this long a number is counted again, whatever was seen to change.
const RECOUNT: Duration = Duration::from_secs(60);

/// The time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The time between two looks whether the sessions and tokens are still good.
const LOOK: Duration = Duration::from_secs(5);

/// How long a stream lasts; then the browser asks again, and the caller's groups are read anew.
const LASTS: Duration = Duration::from_secs(600);

/// The open streams of this instance.
pub struct Hub {
    kit: Kit,
    idle: Millis,
    stop: CancellationToken,
    open: Mutex<Open>,
    numbers: AtomicU64,
}

#[derive(Default)]
struct Open {
    streams: Vec<Listener>,
    /// Whether the database is being asked.
    asking: bool,
}

struct Listener {
    number: u64,
    caller: Caller,
    listening: Arc<Listening>,
    counted: Instant,
    unread: watch::Sender<u64>,
}

/// Takes a stream off the list when its browser has gone.
struct Seat {
    hub: Arc<Hub>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.open().streams.retain(|listener| listener.number != self.number);
    }
}

/// `GET /api/inbox/events`: an event `unread` with the number at once and whenever it changes. Who has no inbox gets nothing.
pub(super) async fn events(hub: Arc<Hub>, Extension(caller): Extension<Caller>) -> Result<Response, AppError> {
    authorise_own(&hub.kit, &caller, &READ).await?;
    let stream = hub.listen(caller).await?;
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // A proxy that gathers answers before it passes them on would hold the events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Hub {
    pub(super) fn new(kit: Kit, idle: Millis, stop: CancellationToken) -> Self {
        Self { kit, idle, stop, open: Mutex::default(), numbers: AtomicU64::new(0) }
    }

    async fn listen(
        self: Arc<Self>,
        caller: Caller,
    ) -> Result<impl Stream<Item = Result<Event, Infallible>> + Send, AppError> {
        let now = unread(&self.kit, &caller, Tab::All).await?;
        let (sender, mut receiver) = watch::channel(now);
        receiver.mark_changed();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let listener = Listener {
            number,
            listening: Arc::new(Listening::of(&caller)?),
            caller: caller.clone(),
            counted: Instant::now(),
            unread: sender,
        };
        {
            let mut open = self.open();
            let same = |other: &Listener| other.caller.subject() == caller.subject();
            if open.streams.iter().filter(|other| same(other)).count() >= PER_PERSON
                && let Some(oldest) = open.streams.iter().position(same)
            {
                open.streams.remove(oldest);
            }
            open.streams.push(listener);
            if !std::mem::replace(&mut open.asking, true) {
                tokio::spawn(self.clone().ask());
            }
        }
        let seat = Seat { hub: self, number };
        let until = tokio::time::Instant::now() + LASTS;
        Ok(stream::unfold((seat, receiver), move |(seat, mut receiver)| async move {
            tokio::select! {
                // The sender is gone when the session or token is over, or another stream took this one's place.
                changed = receiver.changed() => changed.ok()?,
                () = seat.hub.stop.cancelled() => return None,
                () = tokio::time::sleep_until(until) => return None,
            }
            let unread = *receiver.borrow_and_update();
            let event = Event::default().event("unread").data(unread.to_string());
            Some((Ok(event), (seat, receiver)))
        }))
    }

    /// Asks the database while there is anybody to tell.
    async fn ask(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = self.stop.cancelled() => {}
            }
            {
                let mut open = self.open();
                if open.streams.is_empty() || self.stop.is_cancelled() {
                    open.asking = false;
                    return;
                }
            }
            let look = looked.elapsed() >= LOOK;
            let told = async {
                if look {
                    self.end_what_is_over().await?;
                }
                self.tell().await
            };
            match told.await {
                Ok(()) if look => looked = Instant::now(),
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "the inbox cannot be asked for changes; trying again"),
            }
        }
    }

    /// Counts for those whose messages changed, and for those who were not counted for a while.
    async fn tell(&self) -> Result<(), AppError> {
        let changed = changed_since(self.kit.db.read(), self.kit.clock.now() - LOOK_BACK).await?;
        let due: Vec<(u64, Caller)> = {
            let mut open = self.open();
            let due = open
                .streams
                .iter_mut()
                .filter(|listener| listener.listening.concerns(&changed) || listener.counted.elapsed() >= RECOUNT);
            due.map(|listener| {
                listener.counted = Instant::now();
                (listener.number, listener.caller.clone())
            })
            .collect()
        };
        for (number, caller) in due {
            let now = unread(&self.kit, &caller, Tab::All).await?;
            let open = self.open();
            if let Some(listener) = open.streams.iter().find(|listener| listener.number == number) {
                listener.unread.send_if_modified(|told| std::mem::replace(told, now) != now);
            }
        }
        Ok(())
    }

    /// Ends the streams whose session or token is over, was ended elsewhere, or, of a session, was not used for too long.
    async fn end_what_is_over(&self) -> Result<(), AppError> {
        let asked: HashSet<Via> = self.open().streams.iter().filter_map(|listener| way_in(&listener.caller)).collect();
        let now = self.kit.clock.now();
        let good = still_good(self.kit.db.read(), &asked, now, now - self.idle).await?;
        // One that was opened meanwhile was let in a moment ago.
        let over = |way_in: Via| asked.contains(&way_in) && !good.contains(&way_in);
        self.open().streams.retain(|listener| !way_in(&listener.caller).is_some_and(over));
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn way_in(caller: &Caller) -> Option<Via> {
    Some(caller.principal()?.via.clone())
}
