//! The number of unread messages as it changes, to every window that is open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Extension;
use axum::response::Response;
use axum::response::sse::Event;
use futures::StreamExt;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::context::{Kit, authorise_own};
use kit::server::inbox::{Listening, Tab, changed_since, unread};
use kit::server::live::{self, Batch, Feed, Listener, Pace, Told, answer};
use tokio_util::sync::CancellationToken;

use crate::info::READ;

/// Where the stream is.
pub const EVENTS: &str = "/api/inbox/events";

/// The most streams of one person.
const PER_PERSON: usize = 6;

/// How often the database is asked, for all streams together.
const POLL: Duration = Duration::from_secs(1);

/// How far back is looked for changes, in milliseconds: longer than a transaction takes to be committed.
const LOOK_BACK: i64 = 10_000;

/// After this long a number is counted again, whatever was seen to change.
const RECOUNT: Duration = Duration::from_secs(60);

/// The open streams of this instance.
pub type Hub = live::Hub<Counts>;

/// The numbers.
pub struct Counts {
    kit: Kit,
}

/// What a stream listens to, and the number that it was told.
#[derive(Clone)]
pub struct At {
    listening: Arc<Listening>,
    counted: Instant,
    told: u64,
}

pub(super) fn hub(kit: &Kit, idle: Millis, stop: CancellationToken) -> Arc<Hub> {
    // A number that waits is overtaken by the next.
    let pace = Pace { poll: POLL, per_person: PER_PERSON, held: 1, ..Pace::new("the inbox") };
    Hub::new(kit.clone(), idle, stop, pace, Counts { kit: kit.clone() })
}

/// `GET /api/inbox/events`: an event `unread` with the number at once and whenever it changes. Who has no inbox gets nothing.
pub(super) async fn events(
    hub: Arc<Hub>,
    kit: Kit,
    Extension(caller): Extension<Caller>,
) -> Result<Response, AppError> {
    authorise_own(&kit, &caller, &READ).await?;
    let told = unread(&kit, &caller, Tab::All).await?;
    let at = At { listening: Arc::new(Listening::of(&caller)?), counted: Instant::now(), told };
    let numbers = hub.listen(caller, at, Some(told));
    Ok(answer(numbers.map(|unread| Event::default().event("unread").data(unread.to_string()))))
}

#[async_trait]
impl Feed for Counts {
    type At = At;
    type News = u64;

    /// Counts for those whose messages changed, and for those who were not counted for a while.
    async fn news(&self, streams: &[Listener<At>]) -> Result<Batch<u64, At>, AppError> {
        let changed = changed_since(self.kit.db.read(), self.kit.clock.now() - LOOK_BACK).await?;
        let mut batch = Batch::default();
        for Listener { number, caller, at } in streams {
            if !at.listening.concerns(&changed) && at.counted.elapsed() < RECOUNT {
                continue;
            }
            let counted = Instant::now();
            let now = unread(&self.kit, caller, Tab::All).await?;
            let news = (now != at.told).then_some(now);
            batch.told.push(Told { number: *number, news, at: At { counted, told: now, ..at.clone() } });
        }
        Ok(batch)
    }
}
