//! The logs of runs as they grow, to whoever looks on.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use kit::error::AppError;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::db::Db;
use kit::server::live::{self, Batch, Feed, Listener, Pace, Told};
use tokio_util::sync::CancellationToken;

use super::log::{Line, LineKind};
use super::store::{self, Task};

/// Lines of one question.
const LINES: u64 = 2_000;

/// Lines that wait for a browser that is slow to take them.
const HELD: usize = 4_000;

/// The open streams of this instance.
pub type Hub = live::Hub<Logs>;

/// The logs.
pub struct Logs {
    db: Db,
}

/// A run, and the number of the last line that was told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    task: i64,
    after: i64,
}

impl At {
    /// After a line of a run.
    pub fn new(task: &Task, after: i64) -> Self {
        Self { task: task.id, after }
    }
}

pub(super) fn hub(kit: &Kit, idle: Millis, stop: CancellationToken) -> Arc<Hub> {
    let pace = Pace { held: HELD, ..Pace::new("the logs of runs") };
    Hub::new(kit.clone(), idle, stop, pace, Logs { db: kit.db.clone() })
}

#[async_trait]
impl Feed for Logs {
    type At = At;
    type News = Line;

    async fn news(&self, streams: &[Listener<At>]) -> Result<Batch<Line, At>, AppError> {
        let mut after: HashMap<i64, i64> = HashMap::new();
        for At { task, after: told } in streams.iter().map(|stream| stream.at) {
            let from = after.entry(task).or_insert(told);
            *from = (*from).min(told);
        }
        let after: Vec<(i64, i64)> = after.into_iter().collect();
        let news = store::news(self.db.read(), &after, LINES).await?;
        let mut told = Vec::new();
        for Listener { number, at, .. } in streams {
            let lines = news.get(&at.task).map_or(&[][..], Vec::as_slice).iter().filter(|line| line.number > at.after);
            told.extend(lines.map(|line| Told {
                number: *number,
                news: Some(line.clone()),
                at: At { after: line.number, ..*at },
            }));
        }
        Ok(Batch { told, more: news.values().map(Vec::len).sum::<usize>() as u64 >= LINES })
    }

    fn is_last(&self, line: &Line) -> bool {
        matches!(line.kind, LineKind::Completion | LineKind::Cancelled)
    }
}
