//! Comparing the trail with its chain, its checkpoints and the files outside the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;

use super::SealError;
use super::chain::{COLUMNS, Checkpoint, Row};
use super::mirror::Line;
use super::subject::{self, ERASE};
use crate::server::clock::Millis;
use crate::server::db::{self, Db};

/// Rows, checkpoints or lines looked at together.
const BATCH: i64 = 500;

/// The most rows that are named as wrong; then it is plain enough.
const MOST_PROBLEMS: usize = 1_000;

/// How far a file that is written to may be behind: longer than it takes to write it, in milliseconds.
const BEHIND: Millis = 60_000;

/// The most lines of a file that wait for the whole line that they may be the beginning of; a process leaves one when it is killed.
const MOST_TORN: usize = 100;

/// A file to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is written to, and so is to hold all that was sealed more than a minute ago; a copy ends where it was made.
    pub is_live: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Trail {
    /// The first and the last sealed row; `None` where nothing is sealed.
    pub rows: Option<(i64, i64)>,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many rows are not sealed yet, and so nobody vouches for them.
    pub unsealed: u64,
    /// The files.
    pub files: Vec<FileSpan>,
    /// What is wrong, by row; empty where all is well.
    pub problems: Vec<Problem>,
}

/// A file and which rows it vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpan {
    /// Where it is.
    pub path: PathBuf,
    /// The first and the last row in it; `None` where it has none.
    pub rows: Option<(i64, i64)>,
}

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The row in the chain; 0 where it is about none.
    pub seq: i64,
    /// What is wrong, in a sentence without its stop.
    pub text: String,
}

/// Compares the chain, the checkpoints (signed by one of the `trusted` public keys) and the `files` with the rows as they stand, at one moment,
/// while others may append and seal. `now` is by the clock that seals.
pub async fn verify(db: &Db, now: Millis, trusted: &[String], files: &[Mirror]) -> Result<Trail, SealError> {
    // Before the database, so that every line read later is of a row that the database has.
    let mut lengths = Vec::new();
    for Mirror { path, .. } in files {
        lengths.push(match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata.len()),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(SealError::File { path: path.clone(), error }),
        });
    }
    let snapshot = db.snapshot().await?;
    let mut check = Check { tx: &snapshot, trusted, kept_from: 1, found: BTreeMap::new(), trail: Trail::default() };
    check.database().await?;
    for (file, length) in files.iter().zip(lengths) {
        check.file(file, length, now).await?;
    }
    let Check { found, mut trail, .. } = check;
    trail.problems =
        found.into_iter().flat_map(|(seq, texts)| texts.into_iter().map(move |text| Problem { seq, text })).collect();
    snapshot.commit().await?;
    Ok(trail)
}

struct Check<'a, C> {
    tx: &'a C,
    trusted: &'a [String],
    kept_from: i64,
    found: BTreeMap<i64, BTreeSet<String>>,
    trail: Trail,
}

impl<C: ConnectionTrait> Check<'_, C> {
    fn wrong(&mut self, seq: i64, text: String) {
        // The first ones are always kept, since they are what is named.
        if self.found.len() >= MOST_PROBLEMS && self.found.last_key_value().is_some_and(|(last, _)| *last > seq) {
            self.found.pop_last();
        }
        if self.found.len() < MOST_PROBLEMS {
            self.found.entry(seq).or_default().insert(text);
        }
    }

    async fn checkpoints(&self, condition: &str, values: Vec<sea_orm::Value>) -> Result<Vec<Checkpoint>, DbErr> {
        let text =
            format!("SELECT seq, kept_from, at, hash, signer, signature FROM audit_checkpoint WHERE {condition}");
        db::rows(self.tx, &text, values).await?.iter().map(Checkpoint::of).collect()
    }

    async fn number(&self, text: &str) -> Result<i64, DbErr> {
        let rows = db::rows(self.tx, text, []).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get::<Option<i64>>("", "n")?.unwrap_or_default()))
    }

    fn signature(&mut self, checkpoint: &Checkpoint) {
        if let Err(why) = checkpoint.check(self.trusted) {
            self.wrong(checkpoint.seq, format!("the checkpoint at row {} {why}", checkpoint.seq));
        }
    }

    async fn database(&mut self) -> Result<(), DbErr> {
        let head = self.checkpoints("1 = 1 ORDER BY seq DESC LIMIT 1", Vec::new()).await?.pop();
        let mut hash = String::new();
        if let Some(head) = &head {
            self.kept_from = head.kept_from;
            if head.kept_from > 1 {
                let seq = head.kept_from - 1;
                match self.checkpoints("seq = ?", vec![seq.into()]).await?.pop() {
                    Some(anchor) => {
                        self.signature(&anchor);
                        hash = anchor.hash;
                    }
                    None => self
                        .wrong(seq, format!("the checkpoint at row {seq}, which the trail goes on from, is missing")),
                }
            }
        }
        let early = self.kept_from - 1;
        for checkpoint in self.checkpoints(&format!("seq < ? ORDER BY seq LIMIT {BATCH}"), vec![early.into()]).await? {
            self.wrong(
                checkpoint.seq,
                format!("the checkpoint at row {} stands before the rows that are kept", checkpoint.seq),
            );
        }
        let head = head.map_or(0, |head| head.seq);
        self.trail.checkpoints = self.number("SELECT count(*) AS n FROM audit_checkpoint").await?.unsigned_abs();
        let rows = self.rows(hash, head).await?;
        self.trail.unsealed =
            self.number("SELECT count(*) AS n FROM audit_event WHERE sealed_seq IS NULL").await?.unsigned_abs();
        let text = "SELECT id FROM audit_event WHERE sealed_seq IS NULL AND hash IS NOT NULL ORDER BY id LIMIT 20";
        for row in db::rows(self.tx, text, []).await? {
            let id: i64 = row.try_get("", "id")?;
            self.wrong(0, format!("event {id} was sealed and its number was taken away"));
        }
        self.names(rows).await
    }

    /// Walks the chain; gives the pseudonyms that rows hold, with the first row of each, those of erasures with none.
    async fn rows(&mut self, mut hash: String, head: i64) -> Result<HashMap<String, Option<i64>>, DbErr> {
        let mut pseudonyms = HashMap::new();
        let (mut last, mut expected, mut id) = (i64::MIN, self.kept_from, i64::MIN);
        let mut checked = self.kept_from - 1;
        loop {
            let text = format!(
                "SELECT {COLUMNS}, sealed_seq, hash FROM audit_event WHERE (sealed_seq, id) > (?, ?) ORDER BY sealed_seq, id LIMIT {BATCH}"
            );
            let rows = db::rows(self.tx, &text, [last.into(), id.into()]).await?;
            let mut hashes = HashMap::new();
            for found in &rows {
                let row = Row::of(found)?;
                let seq: i64 = found.try_get("", "sealed_seq")?;
                let stored = found.try_get::<Option<String>>("", "hash")?.unwrap_or_default();
                let what = format!("row {seq} (event {})", row.id);
                if seq < self.kept_from {
                    self.wrong(seq, format!("{what} stands before the rows that are kept"));
                } else {
                    if seq > expected {
                        self.wrong(expected, missing(expected, seq - 1));
                    } else if seq < expected {
                        self.wrong(seq, format!("{what} has the number of another row"));
                    }
                    if row.hash(&hash, seq) != stored {
                        self.wrong(seq, format!("{what} is not what was sealed there: it or its place was changed"));
                    }
                    if seq > head {
                        self.wrong(seq, format!("{what} is covered by no checkpoint"));
                    }
                    expected = expected.max(seq + 1);
                    hashes.insert(seq, stored.clone());
                    hash = stored;
                    let first = self.trail.rows.map_or(seq, |(first, _)| first);
                    self.trail.rows = Some((first, seq));
                }
                (last, id) = (seq, row.id);
                self.note_pseudonyms(&mut pseudonyms, &row, seq);
            }
            let through = if rows.len() as i64 == BATCH { last } else { head.max(last).max(checked) };
            self.covered(checked, through, &hashes).await?;
            checked = through.max(checked);
            if (rows.len() as i64) < BATCH {
                break;
            }
        }
        if expected <= head {
            self.wrong(expected, missing(expected, head));
        }
        let text = format!("SELECT {COLUMNS} FROM audit_event WHERE sealed_seq IS NULL AND action = '{ERASE}'");
        for found in db::rows(self.tx, &text, []).await? {
            if let Some(erased) = subject::erased(&Row::of(&found)?.detail, self.trusted) {
                pseudonyms.extend(erased.into_iter().map(|pseudonym| (pseudonym, None)));
            }
        }
        Ok(pseudonyms)
    }

    /// The checkpoints of some rows: signed, and of the rows as they stand.
    async fn covered(&mut self, after: i64, through: i64, hashes: &HashMap<i64, String>) -> Result<(), DbErr> {
        let mut after = after;
        loop {
            let condition = format!("seq > ? AND seq <= ? ORDER BY seq LIMIT {BATCH}");
            let checkpoints = self.checkpoints(&condition, vec![after.into(), through.into()]).await?;
            let Some(last) = checkpoints.last().map(|last| last.seq) else { return Ok(()) };
            for checkpoint in checkpoints {
                self.signature(&checkpoint);
                let seq = checkpoint.seq;
                match hashes.get(&seq) {
                    Some(hash) if *hash == checkpoint.hash => {}
                    Some(_) => {
                        self.wrong(seq, format!("row {seq} does not have the hash that the checkpoint vouches for"))
                    }
                    None => self.wrong(seq, missing(seq, seq)),
                }
            }
            after = last;
        }
    }

    /// The names behind pseudonyms: each is the one that the pseudonym was made for, and one that is gone was erased.
    async fn names(&mut self, used: HashMap<String, Option<i64>>) -> Result<(), DbErr> {
        let mut known = BTreeSet::new();
        let mut after = String::new();
        loop {
            let text = format!(
                "SELECT pseudonym, salt, subject, name FROM audit_subject WHERE pseudonym > ? ORDER BY pseudonym LIMIT {BATCH}"
            );
            let rows = db::rows(self.tx, &text, [after.as_str().into()]).await?;
            for row in &rows {
                let of = |column: &str| row.try_get::<String>("", column);
                let pseudonym = of("pseudonym")?;
                if !subject::is_true(&pseudonym, &of("salt")?, &of("subject")?, &of("name")?) {
                    self.wrong(0, format!("the name behind {pseudonym} was changed"));
                }
                after.clone_from(&pseudonym);
                known.insert(pseudonym);
            }
            if (rows.len() as i64) < BATCH {
                break;
            }
        }
        for (pseudonym, seq) in used {
            if let Some(seq) = seq.filter(|_| !known.contains(&pseudonym)) {
                self.wrong(seq, format!("the name behind {pseudonym}, first in row {seq}, is gone without an erasure"));
            }
        }
        Ok(())
    }

    fn note_pseudonyms(&mut self, pseudonyms: &mut HashMap<String, Option<i64>>, row: &Row, seq: i64) {
        let mut detail = serde_json::from_str(&row.detail).unwrap_or(Value::Null);
        if row.action == ERASE {
            // Anybody who can write to the database can append an event, and the sealer seals it; the signature only the portal can make.
            match subject::erased(&row.detail, self.trusted) {
                Some(erased) => pseudonyms.extend(erased.into_iter().map(|pseudonym| (pseudonym, None))),
                None => {
                    self.wrong(seq, format!("row {seq} (event {}) is an erasure that the portal did not sign", row.id))
                }
            }
            detail = Value::Null;
        }
        let mut note = |text: &str| {
            if subject::is_pseudonym(text) && !pseudonyms.contains_key(text) {
                pseudonyms.insert(text.to_owned(), Some(seq));
            }
        };
        note(&row.actor);
        note(&row.resource);
        subject::each_text(&mut detail, &mut |text| note(text));
    }

    async fn file(&mut self, file: &Mirror, length: Option<u64>, now: Millis) -> Result<(), SealError> {
        let Mirror { path, is_live } = file;
        let Some(length) = length else {
            if let Some((first, _)) = self.trail.rows {
                self.wrong(first, format!("the file {} is missing", path.display()));
            }
            self.trail.files.push(FileSpan { path: path.clone(), rows: None });
            return Ok(());
        };
        let error = |error| SealError::File { path: path.clone(), error };
        let mut reader = BufReader::new(File::open(path).map_err(error)?.take(length));
        let mut reading = Reading::of(path);
        let (mut batch, mut text) = (Vec::new(), Vec::new());
        loop {
            text.clear();
            if reader.read_until(b'\n', &mut text).map_err(error)? == 0 {
                break;
            }
            let is_ended = text.pop_if(|last| *last == b'\n').is_some();
            reading.number += 1;
            match Line::parse(&text) {
                Some(line) => {
                    reading.torn.retain(|torn| torn.text.is_empty() || !text.starts_with(&torn.text));
                    batch.push((reading.number, line));
                }
                // A process may be writing it, or was killed when it did.
                None if !is_ended => {}
                None => reading.torn.push(Torn { number: reading.number, text: text.clone() }),
            }
            if batch.len() as i64 == BATCH {
                self.lines(&mut reading, std::mem::take(&mut batch)).await?;
            }
            if reading.torn.len() > MOST_TORN {
                self.garbled(&reading, 0);
                reading.torn.remove(0);
            }
        }
        self.lines(&mut reading, batch).await?;
        for index in 0..reading.torn.len() {
            self.garbled(&reading, index);
        }
        for (from, to) in &reading.jumps {
            if *to != self.kept_from - 1 && !reading.kept.contains(&(to + 1)) {
                self.lacks(&reading.file, *from, *to);
            }
        }
        if reading.rows.is_none() && self.trail.rows.is_some() {
            self.wrong(self.kept_from, format!("the file {} holds no row", reading.file));
        } else if *is_live {
            let values = vec![reading.checkpoint.into(), (now - BEHIND).into()];
            if let Some(last) = self.checkpoints("seq > ? AND at < ? ORDER BY seq DESC LIMIT 1", values).await?.pop() {
                let (file, end) = (&reading.file, reading.checkpoint);
                let text = format!(
                    "the file {file} ends with the checkpoint at row {end}; what was sealed up to row {} more than a minute ago is not in it",
                    last.seq
                );
                self.wrong(end + 1, text);
            }
        }
        self.trail.files.push(FileSpan { path: path.clone(), rows: reading.rows });
        Ok(())
    }

    fn garbled(&mut self, reading: &Reading, index: usize) {
        let number = reading.torn[index].number;
        self.wrong(0, format!("line {number} of the file {} is garbled", reading.file));
    }

    fn lacks(&mut self, file: &str, from: i64, to: i64) {
        self.wrong(from, format!("the file {file} lacks {}", span_of(from, to)));
    }

    async fn lines(&mut self, reading: &mut Reading, lines: Vec<(u64, Line)>) -> Result<(), DbErr> {
        if lines.is_empty() {
            return Ok(());
        }
        let seqs: Vec<i64> = lines.iter().map(|(_, line)| line.seq()).collect();
        let marks = db::marks(seqs.len());
        let text = format!("SELECT sealed_seq, id, hash FROM audit_event WHERE sealed_seq IN ({marks})");
        let mut rows = HashMap::new();
        for row in db::rows(self.tx, &text, seqs.iter().map(|seq| (*seq).into())).await? {
            let hash = row.try_get::<Option<String>>("", "hash")?.unwrap_or_default();
            rows.insert(row.try_get::<i64>("", "sealed_seq")?, (row.try_get::<i64>("", "id")?, hash));
        }
        let found = self
            .checkpoints(&format!("seq IN ({marks})"), seqs.iter().map(|seq| (*seq).into()).collect())
            .await?
            .into_iter()
            .map(|each| (each.seq, each))
            .collect::<HashMap<i64, Checkpoint>>();
        let before = reading.checkpoint;
        let mut written = BTreeSet::new();
        for (number, line) in lines {
            match line {
                Line::Row { seq, id, hash } => self.row_line(reading, number, (seq, id, hash), &rows),
                line @ Line::Checkpoint { .. } => {
                    let Some(checkpoint) = line.checkpoint() else { continue };
                    written.insert(checkpoint.seq);
                    self.checkpoint_line(reading, number, checkpoint, &found);
                }
            }
        }
        // Those that the file passes over.
        let mut after = before.max(self.kept_from - 2);
        loop {
            let condition = format!("seq > ? AND seq <= ? ORDER BY seq LIMIT {BATCH}");
            let due = self.checkpoints(&condition, vec![after.into(), reading.checkpoint.into()]).await?;
            let Some(last) = due.last().map(|last| last.seq) else { return Ok(()) };
            for seq in due.iter().map(|due| due.seq).filter(|seq| !written.contains(seq)) {
                self.wrong(seq, format!("the file {} lacks the checkpoint at row {seq}", reading.file));
            }
            after = last;
        }
    }

    fn row_line(
        &mut self,
        reading: &mut Reading,
        number: u64,
        (seq, id, hash): (i64, i64, String),
        rows: &HashMap<i64, (i64, String)>,
    ) {
        let Reading { ref file, row, checkpoint, .. } = *reading;
        if seq > row + 1 {
            self.lacks(file, row + 1, seq - 1);
        } else if seq <= row && seq != checkpoint + 1 {
            self.wrong(seq, format!("line {number} of the file {file}, row {seq}, is out of its place"));
        }
        if seq >= self.kept_from {
            match rows.get(&seq) {
                Some((found, stored)) if *found == id && *stored == hash => {}
                Some((found, _)) => self.wrong(
                    seq,
                    format!("row {seq} (event {found}) is another than event {id}, which the file {file} has there"),
                ),
                None => self
                    .wrong(seq, format!("row {seq} (event {id}) is in the file {file} and missing from the database")),
            }
        }
        // After the last checkpoint it may begin again, where a process was killed.
        if seq > row || seq == checkpoint + 1 {
            (reading.row, reading.hash) = (seq, hash);
        }
        let (first, last) = reading.rows.unwrap_or((seq, seq));
        reading.rows = Some((first.min(seq), last.max(seq)));
    }

    fn checkpoint_line(
        &mut self,
        reading: &mut Reading,
        number: u64,
        written: Checkpoint,
        found: &HashMap<i64, Checkpoint>,
    ) {
        self.signature(&written);
        let Reading { ref file, row, checkpoint, .. } = *reading;
        let seq = written.seq;
        if seq <= checkpoint || seq < row {
            self.wrong(
                seq,
                format!("line {number} of the file {file}, the checkpoint at row {seq}, is out of its place"),
            );
        } else if seq > row && (row != checkpoint || seq >= self.kept_from) {
            self.lacks(file, row + 1, seq);
        } else if seq > row {
            // What retention dropped before it was written here: the trail goes on from the checkpoint at its end.
            reading.jumps.push((row + 1, seq));
        } else if reading.hash != written.hash {
            self.wrong(
                seq,
                format!("row {seq} in the file {file} does not have the hash that the checkpoint vouches for"),
            );
        }
        if seq >= self.kept_from - 1 && found.get(&seq) != Some(&written) {
            let file = &reading.file;
            self.wrong(
                seq,
                format!("the checkpoint at row {seq} is another in the file {file}, or missing from the database"),
            );
        }
        if seq > reading.row {
            (reading.row, reading.hash) = (seq, written.hash);
        }
        reading.checkpoint = reading.checkpoint.max(seq);
        reading.kept.insert(written.kept_from);
    }
}

/// How far a file was read.
struct Reading {
    file: String,
    /// The number of the line.
    number: u64,
    /// The first and the last row.
    rows: Option<(i64, i64)>,
    /// The row that the next one is to follow, and its hash.
    row: i64,
    hash: String,
    /// The last checkpoint.
    checkpoint: i64,
    /// Rows that are missing before a checkpoint, which is well where retention dropped them.
    jumps: Vec<(i64, i64)>,
    /// From which rows on the trail was kept.
    kept: BTreeSet<i64>,
    /// What is no line; it is well where the whole line follows.
    torn: Vec<Torn>,
}

struct Torn {
    number: u64,
    text: Vec<u8>,
}

impl Reading {
    fn of(path: &Path) -> Self {
        Self {
            file: path.display().to_string(),
            number: 0,
            rows: None,
            row: 0,
            hash: String::new(),
            checkpoint: 0,
            jumps: Vec::new(),
            kept: BTreeSet::new(),
            torn: Vec::new(),
        }
    }
}

fn missing(from: i64, to: i64) -> String {
    format!("{} missing", if from == to { format!("row {from} is") } else { format!("rows {from} to {to} are") })
}

fn span_of(from: i64, to: i64) -> String {
    if from == to { format!("row {from}") } else { format!("rows {from} to {to}") }
}
