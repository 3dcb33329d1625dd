//! The logs of runs as they grow, to whoever looks on: one query a tick for all streams of this instance.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, Stream};
use kit::error::AppError;
use kit::identity::{Caller, Via};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::sessions::still_good;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::log::{Line, LineKind};
use super::store::{self, Task};

/// The most streams of one person; the oldest ends when another one comes.
const PER_PERSON: usize = 12;

/// How often the database is asked where nothing on this instance says that there is news.
const POLL: Duration = Duration::from_millis(700);

/// The shortest time between two questions.
const AT_MOST: Duration = Duration::from_millis(40);

/// Lines of one question.
const LINES: u64 = 2_000;

/// Lines that wait for a browser that is slow to take them.
const HELD: usize = 4_000;

/// The time between two looks whether the sessions and tokens are still good.
const LOOK: Duration = Duration::from_secs(5);

/// How long a stream lasts; then the browser asks again, from where it was.
const LASTS: Duration = Duration::from_secs(600);

/// The open streams of this instance.
pub struct Hub {
    kit: Kit,
    idle: Millis,
    stop: CancellationToken,
    open: Mutex<Open>,
    numbers: AtomicU64,
    news: Notify,
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
    task: i64,
    after: i64,
    lines: mpsc::Sender<Line>,
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

impl Hub {
    pub(super) fn new(kit: Kit, idle: Millis, stop: CancellationToken) -> Self {
        Self { kit, idle, stop, open: Mutex::default(), numbers: AtomicU64::new(0), news: Notify::new() }
    }

    /// Has the hub look for news: a worker of this process wrote some.
    pub fn look(&self) {
        self.news.notify_one();
    }

    /// The lines of a run after a number, those that are there and those that come, to its end.
    pub fn listen(
        self: &Arc<Self>,
        caller: Caller,
        task: &Task,
        after: i64,
    ) -> impl Stream<Item = Line> + Send + use<> {
        let (sender, receiver) = mpsc::channel(HELD);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        {
            let mut open = self.open();
            let same = |other: &Listener| other.caller.subject() == caller.subject();
            if open.streams.iter().filter(|other| same(other)).count() >= PER_PERSON
                && let Some(oldest) = open.streams.iter().position(same)
            {
                open.streams.remove(oldest);
            }
            open.streams.push(Listener { number, caller, task: task.id, after, lines: sender });
            if !std::mem::replace(&mut open.asking, true) {
                tokio::spawn(self.clone().ask());
            }
        }
        self.look();
        let seat = Seat { hub: self.clone(), number };
        let until = tokio::time::Instant::now() + LASTS;
        stream::unfold((seat, receiver, false), move |(seat, mut receiver, over)| async move {
            if over {
                return None;
            }
            let line = tokio::select! {
                // The sender is gone when the session or token is over, or another stream took this one's place.
                line = receiver.recv() => line?,
                () = seat.hub.stop.cancelled() => return None,
                () = tokio::time::sleep_until(until) => return None,
            };
            let over = matches!(line.kind, LineKind::Completion | LineKind::Cancelled);
            Some((line, (seat, receiver, over)))
        })
    }

    /// Asks the database while there is anybody to tell.
    async fn ask(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                () = self.news.notified() => {}
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
                Err(error) => tracing::warn!(%error, "the logs of runs cannot be asked for news; trying again"),
            }
            tokio::time::sleep(AT_MOST).await;
        }
    }

    async fn tell(&self) -> Result<(), AppError> {
        let mut after: HashMap<i64, i64> = HashMap::new();
        for listener in &self.open().streams {
            let from = after.entry(listener.task).or_insert(listener.after);
            *from = (*from).min(listener.after);
        }
        let after: Vec<(i64, i64)> = after.into_iter().collect();
        let news = store::news(self.kit.db.read(), &after, LINES).await?;
        if news.values().map(Vec::len).sum::<usize>() as u64 >= LINES {
            self.look();
        }
        for listener in &mut self.open().streams {
            let lines = news.get(&listener.task).map_or(&[][..], Vec::as_slice);
            for line in lines {
                if line.number > listener.after {
                    // What a slow browser has no room for is read again.
                    if listener.lines.try_send(line.clone()).is_err() {
                        break;
                    }
                    listener.after = line.number;
                }
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
