//! Journeys as they go on, to whoever looks at them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use journey::Entry;
use kit::error::AppError;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::db::Db;
use kit::server::live::{self, Batch, Feed, Listener, Pace, Told};
use tokio_util::sync::CancellationToken;

use super::store;

/// Events of one question.
const EVENTS: u64 = 1_000;

/// The open streams of this instance.
pub type Hub = live::Hub<Histories>;

/// What happens in journeys.
pub struct Histories {
    db: Db,
}

/// A journey, and the number of the last event that was told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The journey's row.
    pub row: i64,
    /// The event.
    pub after: u64,
}

/// The streams of an instance.
pub fn hub(kit: &Kit, idle: Millis, stop: CancellationToken) -> Arc<Hub> {
    Hub::new(kit.clone(), idle, stop, Pace::new("journeys"), Histories { db: kit.db.clone() })
}

#[async_trait]
impl Feed for Histories {
    type At = At;
    type News = Entry;

    async fn news(&self, streams: &[Listener<At>]) -> Result<Batch<Entry, At>, AppError> {
        let mut after: BTreeMap<i64, u64> = BTreeMap::new();
        for At { row, after: told } in streams.iter().map(|stream| stream.at) {
            let from = after.entry(row).or_insert(told);
            *from = (*from).min(told);
        }
        let news = store::news(self.db.read(), &after, EVENTS).await?;
        let mut told = Vec::new();
        for Listener { number, at, .. } in streams {
            let new = news.iter().filter(|(row, entry)| *row == at.row && entry.seq > at.after);
            told.extend(new.map(|(_, entry)| Told {
                number: *number,
                news: Some(entry.clone()),
                at: At { after: entry.seq, ..*at },
            }));
        }
        Ok(Batch { told, more: news.len() as u64 >= EVENTS })
    }
}
