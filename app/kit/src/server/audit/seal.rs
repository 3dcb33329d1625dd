//! The sealer: numbers and chains what was committed, signs it, and has the file follow.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, QueryResult};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::chain::{COLUMNS, Checkpoint, Row, SealKey};
use super::mirror::{self, Line};
use super::{Event, append, subject};
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
    /// Further public keys whose checkpoints are good.
    pub trusted: Vec<String>,
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
        "the audit trail in the database does not continue {path}, which ended with row {seq}: nothing is sealed; run portico audit verify"
    )]
    Disagrees {
        /// Where the file is.
        path: PathBuf,
        /// The last row that the file knows.
        seq: i64,
    },
    /// The end of the database's trail is not as it was sealed.
    #[error(
        "the audit trail was changed at row {seq}: {why}; nothing is sealed on top of that; run portico audit verify"
    )]
    Changed {
        /// The last row that was sealed.
        seq: i64,
        /// What is wrong, in words.
        why: String,
    },
}

impl SealError {
    /// Whether the trail was found to be another than was sealed, and not merely out of reach.
    pub fn is_about_the_trail(&self) -> bool {
        matches!(self, Self::Disagrees { .. } | Self::Changed { .. })
    }
}

/// Seals what was committed. Several instances may run one each: a row of the database lets one seal at a time, and each keeps its own file.
#[derive(Debug)]
pub struct Sealer {
    db: Db,
    clock: Clock,
    options: SealOptions,
    /// The keys whose checkpoints are good, its own included.
    trusted: Vec<String>,
    /// The last checkpoint that this process saw in the file; held while the file is written.
    written: Mutex<Option<Checkpoint>>,
    disagrees: AtomicBool,
}

impl Sealer {
    /// For one database and one file.
    pub fn new(db: Db, clock: Clock, options: SealOptions) -> Self {
        let trusted = options.trusted.iter().cloned().chain([options.key.public()]).collect();
        Self { db, clock, options, trusted, written: Mutex::new(None), disagrees: AtomicBool::new(false) }
    }

    /// The public keys whose checkpoints are good, its own included.
    pub fn trusted(&self) -> &[String] {
        &self.trusted
    }

    /// Replaces a person by a pseudonym in the whole trail, for good: what was done stays, who did it cannot be told any more. `reference` is the
    /// subject under which the person stands, such as `user:default/jane`. Gives the pseudonyms, one for each name that the person had.
    pub async fn erase(&self, caller: &Caller, reference: &str) -> Result<Vec<String>, DbErr> {
        subject::erase(&self.db, self.clock.now(), &self.options.key, caller, reference).await
    }

    /// The public key of its checkpoints.
    pub fn public_key(&self) -> String {
        self.options.key.public()
    }

    /// The file outside the database.
    pub fn file(&self) -> &PathBuf {
        &self.options.file
    }

    /// Whether the trail was found to be another than was sealed: nothing is sealed then.
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
        let written = self.written.lock().await.as_ref().map(|written| written.seq);
        if seq != written {
            self.follow().await?;
        }
        Ok(())
    }

    async fn seal_some(&self) -> Result<bool, SealError> {
        let (tx, head) = self.begin().await?;
        let more = self.seal_in(&tx, head, None).await?;
        tx.commit().await?;
        Ok(more)
    }

    /// A transaction in which nobody else seals, and the checkpoint that it goes on from; the hold ends with it, also when the process does.
    async fn begin(&self) -> Result<(DatabaseTransaction, Option<Checkpoint>), SealError> {
        let before = self.written.lock().await.clone();
        let tx = self.db.begin().await?;
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            db::rows(&tx, "SELECT id FROM audit_sealer FOR UPDATE", []).await?;
        }
        // What is in the file was committed before, so the transaction sees it.
        let end = self.end_of_file().await?;
        let head = self.agreed(&tx, [end, before]).await?;
        Ok((tx, head))
    }

    async fn end_of_file(&self) -> Result<Option<Checkpoint>, SealError> {
        let path = self.options.file.clone();
        blocking(move || mirror::last_checkpoint(&path)).await.map_err(|error| self.file_error(error))
    }

    fn file_error(&self, error: io::Error) -> SealError {
        SealError::File { path: self.options.file.clone(), error }
    }

    /// The checkpoint that the trail goes on from. Fails where the trail does not hold what is known of it from elsewhere, or its end is not as it
    /// was sealed: another signature on top would vouch for that.
    async fn agreed(
        &self,
        connection: &impl ConnectionTrait,
        known: [Option<Checkpoint>; 2],
    ) -> Result<Option<Checkpoint>, SealError> {
        let head = self.compared(connection, known).await;
        match &head {
            Err(error) if !error.is_about_the_trail() => {}
            _ => self.disagrees.store(head.is_err(), Ordering::Relaxed),
        }
        head
    }

    async fn compared(
        &self,
        connection: &impl ConnectionTrait,
        known: [Option<Checkpoint>; 2],
    ) -> Result<Option<Checkpoint>, SealError> {
        let hash_at = async |text: &str, seq: i64| {
            let rows = db::rows(connection, text, [seq.into()]).await?;
            rows.first().map_or(Ok(None), |row| row.try_get::<Option<String>>("", "hash"))
        };
        let head = latest(connection).await?;
        for Checkpoint { seq, hash, .. } in known.into_iter().flatten() {
            let was_dropped = head.as_ref().is_some_and(|head| seq < head.kept_from - 1);
            let found = hash_at("SELECT hash FROM audit_checkpoint WHERE seq = ?", seq).await?;
            if found != Some(hash) && !was_dropped {
                return Err(SealError::Disagrees { path: self.options.file.clone(), seq });
            }
        }
        if let Some(head) = &head {
            self.vouched(head)?;
            let found = hash_at("SELECT hash FROM audit_event WHERE sealed_seq = ?", head.seq).await?;
            if found.as_ref() != Some(&head.hash) {
                return Err(SealError::Changed { seq: head.seq, why: "the row is missing, or another".into() });
            }
        }
        Ok(head)
    }

    /// Fails unless the checkpoint is as it was signed: what the next one takes over from it would be vouched for.
    fn vouched(&self, checkpoint: &Checkpoint) -> Result<(), SealError> {
        let wrong = |why| SealError::Changed { seq: checkpoint.seq, why: format!("the checkpoint {why}") };
        checkpoint.check(&self.trusted).map_err(wrong)
    }

    /// Seals a batch on top of `head`; `kept_from` where retention moves it. Gives whether there may be more.
    async fn seal_in(
        &self,
        tx: &DatabaseTransaction,
        head: Option<Checkpoint>,
        kept_from: Option<i64>,
    ) -> Result<bool, DbErr> {
        let text = format!("SELECT {COLUMNS} FROM audit_event WHERE sealed_seq IS NULL ORDER BY id LIMIT {BATCH}");
        let rows = db::rows(tx, &text, []).await?;
        if rows.is_empty() {
            return Ok(false);
        }
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
    async fn drop_some(&self) -> Result<bool, SealError> {
        while self.seal_some().await? {}
        let (tx, head) = self.begin().await?;
        let Some(head) = head else { return Ok(false) };
        let text = format!(
            "SELECT {CHECKPOINT} FROM audit_checkpoint WHERE seq >= ? AND at < ? AND (seq < ? OR seq = (SELECT min(seq) FROM audit_checkpoint WHERE seq >= ?)) \
             ORDER BY seq DESC LIMIT 1"
        );
        let values =
            [head.kept_from.into(), self.drop_before().into(), (head.kept_from + DROP).into(), head.kept_from.into()];
        let rows = db::rows(&tx, &text, values).await?;
        let Some(last) = rows.first().map(Checkpoint::of).transpose()? else { return Ok(false) };
        // Its time decides what is dropped.
        self.vouched(&last)?;
        let detail = json!({ "rows": { "from": head.kept_from, "to": last.seq }, "hash": last.hash, "keepDays": self.options.keep_days });
        let (actor, now) = (&Caller::System, self.clock.now());
        append(&tx, Event { at: now, actor, action: "audit.segment.drop", resource: "audit", detail }).await?;
        self.seal_in(&tx, Some(head), Some(last.seq + 1)).await?;
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
        let path = self.options.file.clone();
        let mut file = blocking(move || mirror::hold(&path)).await.map_err(|error| self.file_error(error))?;
        let end = self.end_of_file().await?;
        // One moment, so that retention takes no row away between a checkpoint and its rows.
        let read = self.db.snapshot().await?;
        self.agreed(&read, [end.clone(), written.clone()]).await?;
        if let (Some(end), Some(before)) = (&end, &*written)
            && end.seq < before.seq
        {
            let (path, row, before) = (self.options.file.display(), end.seq, before.seq);
            tracing::error!(%path, row, before, "the audit file was cut off; what it lacks is written again");
        }
        let mut end = end;
        loop {
            let text = format!("SELECT {CHECKPOINT} FROM audit_checkpoint WHERE seq > ? ORDER BY seq LIMIT 50");
            let seq = end.as_ref().map_or(0, |end| end.seq);
            let rows = db::rows(&read, &text, [seq.into()]).await?;
            let checkpoints = rows.iter().map(Checkpoint::of).collect::<Result<Vec<_>, _>>()?;
            if checkpoints.is_empty() {
                break;
            }
            let (mut lines, mut seq) = (Vec::new(), seq);
            for checkpoint in checkpoints {
                let text = "SELECT id, sealed_seq, hash FROM audit_event WHERE sealed_seq > ? AND sealed_seq <= ? ORDER BY sealed_seq";
                let rows = db::rows(&read, text, [seq.into(), checkpoint.seq.into()]).await?;
                let line = |row: &QueryResult| {
                    let hash: Option<String> = row.try_get("", "hash")?;
                    let (seq, id) = (row.try_get("", "sealed_seq")?, row.try_get("", "id")?);
                    Ok::<_, DbErr>(Line::Row { seq, id, hash: hash.unwrap_or_default() })
                };
                lines.extend(rows.iter().map(line).collect::<Result<Vec<_>, _>>()?);
                seq = checkpoint.seq;
                end = Some(checkpoint.clone());
                lines.push(checkpoint.into());
            }
            let append = move || mirror::append(&mut file, &lines).map(|()| file);
            file = blocking(append).await.map_err(|error| self.file_error(error))?;
        }
        read.commit().await?;
        *written = end;
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
