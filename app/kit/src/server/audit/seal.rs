//! The sealer: numbers and chains what was committed, signs it, and has the file follow.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, QueryResult};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::chain::{COLUMNS, Checkpoint, Row, SealKey};
use super::mirror::{self, Line};
use super::{Event, append};
use crate::identity::Caller;
use crate::server::clock::{Clock, Millis};
use crate::server::db::{self, Db};

/// How often it is looked whether there is something to seal; a row is sealed well within five seconds of its commit.
const LOOK: Duration = Duration::from_secs(1);

/// The most rows sealed or dropped in one transaction.
const BATCH: i64 = 1_000;

/// The most rows that retention drops in one transaction, up to the end of a segment.
const DROP: i64 = 20_000;

/// A day in milliseconds.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// The columns of a checkpoint.
const CHECKPOINT: &str = "seq, kept_from, at, hash, signer, signature";

/// How the trail is sealed.
#[derive(Debug)]
pub struct SealOptions {
    /// The key that checkpoints are signed with.
    pub key: SealKey,
    /// The file outside the database.
    pub file: PathBuf,
    /// After how many days a row is dropped; never when 0.
    pub keep_days: u32,
}

/// Why the trail was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// The file could not be read or written.
    #[error("the audit file {path}: {error}")]
    File {
        /// Where it is.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
    /// The database is not what the file says it was.
    #[error(
        "the audit trail in the database does not continue {path}, which ends with row {seq}; run portico audit verify"
    )]
    Disagrees {
        /// Where the file is.
        path: PathBuf,
        /// The last row that the file knows.
        seq: i64,
    },
}

/// Seals what was committed. Several instances may run one each: a row of the database lets one seal at a time, and each keeps its own file.
#[derive(Debug)]
pub struct Sealer {
    db: Db,
    clock: Clock,
    options: SealOptions,
    /// The last row that the file has, once that is known; held while the file is written.
    written: Mutex<Option<i64>>,
    disagrees: AtomicBool,
}

impl Sealer {
    /// For one database and one file.
    pub fn new(db: Db, clock: Clock, options: SealOptions) -> Self {
        Self { db, clock, options, written: Mutex::new(None), disagrees: AtomicBool::new(false) }
    }

    /// The public key of its checkpoints.
    pub fn public_key(&self) -> String {
        self.options.key.public()
    }

    /// The file outside the database.
    pub fn file(&self) -> &PathBuf {
        &self.options.file
    }

    /// Whether the database was found to be another than the file says.
    pub fn disagrees(&self) -> bool {
        self.disagrees.load(Ordering::Relaxed)
    }

    /// Seals as long as the process serves, and once more when it is asked to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failing = false;
        while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
            let outcome = self.look().await;
            match &outcome {
                // Once in a while would be too often as well: it is the same failure every second.
                Err(error) if !failing => tracing::error!(%error, "the audit trail is not sealed; trying again"),
                Ok(()) if failing => tracing::info!("the audit trail is sealed again"),
                _ => {}
            }
            failing = outcome.is_err();
        }
        if let Err(error) = self.seal().await {
            tracing::error!(%error, "the audit trail was not sealed at the end");
        }
    }

    /// Seals all that is committed, and brings the file up to that.
    pub async fn seal(&self) -> Result<(), SealError> {
        while self.seal_some().await? {}
        self.follow().await
    }

    /// Drops whole segments, from one checkpoint to a later one, that ended before the day `keep_days` ago.
    pub async fn drop_old(&self) -> Result<(), SealError> {
        while self.options.keep_days > 0 && self.drop_some().await? {}
        Ok(())
    }

    /// What is done every second: two index look-ups where nothing happened.
    async fn look(&self) -> Result<(), SealError> {
        let text = "SELECT (SELECT max(seq) FROM audit_checkpoint) AS seq, \
                    (SELECT at FROM audit_checkpoint WHERE seq >= (SELECT kept_from FROM audit_checkpoint ORDER BY seq DESC LIMIT 1) \
                     ORDER BY seq LIMIT 1) AS oldest, \
                    (SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE sealed_seq IS NULL LIMIT 1) AS one) AS unsealed";
        let rows = db::rows(self.db.read(), text, []).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let (seq, oldest): (Option<i64>, Option<i64>) = (row.try_get("", "seq")?, row.try_get("", "oldest")?);
        if row.try_get::<i64>("", "unsealed")? > 0 {
            return self.seal().await;
        }
        if self.options.keep_days > 0 && oldest.is_some_and(|oldest| oldest < self.drop_before()) {
            self.drop_old().await?;
        }
        if self.written.lock().await.is_none_or(|written| seq.is_some_and(|seq| seq != written)) {
            self.follow().await?;
        }
        Ok(())
    }

    async fn seal_some(&self) -> Result<bool, DbErr> {
        let tx = self.begin().await?;
        let more = self.seal_in(&tx, None).await?;
        tx.commit().await?;
        Ok(more)
    }

    /// A transaction in which nobody else seals; the hold ends with it, also when the process does.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let tx = self.db.begin().await?;
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            db::rows(&tx, "SELECT id FROM audit_sealer FOR UPDATE", []).await?;
        }
        Ok(tx)
    }

    /// Seals a batch; `kept_from` where retention moves it. Gives whether there may be more.
    async fn seal_in(&self, tx: &DatabaseTransaction, kept_from: Option<i64>) -> Result<bool, DbErr> {
        let text = format!("SELECT {COLUMNS} FROM audit_event WHERE sealed_seq IS NULL ORDER BY id LIMIT {BATCH}");
        let rows = db::rows(tx, &text, []).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let head = latest(tx).await?;
        let (mut seq, mut hash) = head.as_ref().map_or((0, String::new()), |head| (head.seq, head.hash.clone()));
        for row in &rows {
            let row = Row::of(row)?;
            seq += 1;
            hash = row.hash(&hash, seq);
            let text = "UPDATE audit_event SET sealed_seq = ?, hash = ? WHERE id = ?";
            db::execute(tx, text, [seq.into(), hash.as_str().into(), row.id.into()]).await?;
        }
        let kept_from = kept_from.unwrap_or_else(|| head.map_or(1, |head| head.kept_from));
        let signed = Checkpoint::signed(&self.options.key, seq, kept_from, self.clock.now(), hash);
        let text = format!("INSERT INTO audit_checkpoint ({CHECKPOINT}) VALUES (?, ?, ?, ?, ?, ?)");
        let values = [
            signed.seq.into(),
            signed.kept_from.into(),
            signed.at.into(),
            signed.hash.into(),
            signed.signer.into(),
            signed.signature.into(),
        ];
        db::execute(tx, &text, values).await?;
        Ok(rows.len() as i64 == BATCH)
    }

    /// The start of the UTC day before which segments are dropped.
    fn drop_before(&self) -> Millis {
        (self.clock.now() - Millis::from(self.options.keep_days) * DAY).div_euclid(DAY) * DAY
    }

    /// Drops the oldest segments, as many as one transaction can bear, with an event that says so and the checkpoint that what is kept goes on
    /// from. Gives whether there may be more.
    async fn drop_some(&self) -> Result<bool, DbErr> {
        while self.seal_some().await? {}
        let tx = self.begin().await?;
        let Some(head) = latest(&tx).await? else { return Ok(false) };
        let text = format!(
            "SELECT {CHECKPOINT} FROM audit_checkpoint WHERE seq >= ? AND at < ? AND (seq < ? OR seq = (SELECT min(seq) FROM audit_checkpoint WHERE seq >= ?)) \
             ORDER BY seq DESC LIMIT 1"
        );
        let values =
            [head.kept_from.into(), self.drop_before().into(), (head.kept_from + DROP).into(), head.kept_from.into()];
        let rows = db::rows(&tx, &text, values).await?;
        let Some(last) = rows.first().map(Checkpoint::of).transpose()? else { return Ok(false) };
        let detail = json!({ "rows": { "from": head.kept_from, "to": last.seq }, "hash": last.hash, "keepDays": self.options.keep_days });
        let (actor, now) = (&Caller::System, self.clock.now());
        append(&tx, Event { at: now, actor, action: "audit.segment.drop", resource: "audit", detail }).await?;
        self.seal_in(&tx, Some(last.seq + 1)).await?;
        db::execute(&tx, "DELETE FROM audit_event WHERE sealed_seq <= ?", [last.seq.into()]).await?;
        db::execute(&tx, "DELETE FROM audit_checkpoint WHERE seq < ?", [last.seq.into()]).await?;
        // A name is noted as in use at least once a day, so one that was last seen a day before that stands in no row any more.
        let seen = self.drop_before() - DAY;
        db::execute(&tx, "DELETE FROM audit_subject WHERE seen_at < ?", [seen.into()]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes what was sealed, by whichever instance, to the file.
    async fn follow(&self) -> Result<(), SealError> {
        let mut written = self.written.lock().await;
        let file = |error| SealError::File { path: self.options.file.clone(), error };
        let path: Arc<Path> = self.options.file.as_path().into();
        let end = blocking({
            let path = path.clone();
            move || mirror::last_checkpoint(&path)
        });
        let end = end.await.map_err(file)?;
        let read = self.db.read();
        if let Some(end) = &end {
            let text = "SELECT (SELECT hash FROM audit_checkpoint WHERE seq = ?) AS hash, \
                        (SELECT kept_from FROM audit_checkpoint ORDER BY seq DESC LIMIT 1) AS kept_from";
            let rows = db::rows(read, text, [end.seq.into()]).await?;
            let value = |row: &QueryResult| Ok::<_, DbErr>((row.try_get("", "hash")?, row.try_get("", "kept_from")?));
            let (hash, kept_from): (Option<String>, Option<i64>) = rows.first().map_or(Ok((None, None)), value)?;
            let was_dropped = kept_from.is_some_and(|kept_from| end.seq < kept_from - 1);
            if hash.as_ref() != Some(&end.hash) && !was_dropped {
                self.disagrees.store(true, Ordering::Relaxed);
                return Err(SealError::Disagrees { path: self.options.file.clone(), seq: end.seq });
            }
        }
        self.disagrees.store(false, Ordering::Relaxed);
        let mut seq = end.map_or(0, |end| end.seq);
        loop {
            let text = format!("SELECT {CHECKPOINT} FROM audit_checkpoint WHERE seq > ? ORDER BY seq LIMIT 50");
            let rows = db::rows(read, &text, [seq.into()]).await?;
            let checkpoints = rows.iter().map(Checkpoint::of).collect::<Result<Vec<_>, _>>()?;
            if checkpoints.is_empty() {
                break;
            }
            let mut lines = Vec::new();
            for checkpoint in checkpoints {
                let text = "SELECT id, sealed_seq, hash FROM audit_event WHERE sealed_seq > ? AND sealed_seq <= ? ORDER BY sealed_seq";
                let rows = db::rows(read, text, [seq.into(), checkpoint.seq.into()]).await?;
                let line = |row: &QueryResult| {
                    let hash: Option<String> = row.try_get("", "hash")?;
                    let (seq, id) = (row.try_get("", "sealed_seq")?, row.try_get("", "id")?);
                    Ok::<_, DbErr>(Line::Row { seq, id, hash: hash.unwrap_or_default() })
                };
                lines.extend(rows.iter().map(line).collect::<Result<Vec<_>, _>>()?);
                seq = checkpoint.seq;
                lines.push(checkpoint.into());
            }
            let path = path.clone();
            blocking(move || mirror::append(&path, &lines)).await.map_err(file)?;
        }
        *written = Some(seq);
        Ok(())
    }
}

/// The checkpoint that the next row goes on from.
async fn latest(connection: &impl ConnectionTrait) -> Result<Option<Checkpoint>, DbErr> {
    let text = format!("SELECT {CHECKPOINT} FROM audit_checkpoint ORDER BY seq DESC LIMIT 1");
    db::rows(connection, &text, []).await?.first().map(Checkpoint::of).transpose()
}

/// Does what waits for the disk on a thread where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
