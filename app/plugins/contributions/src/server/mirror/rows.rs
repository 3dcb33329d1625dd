//! The tables of the mirror.

use kit::server::clock::Millis;
use kit::server::db;
use review::{FileProblem, Origin, Pitch};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::server::store::{self, Stored};

/// The most problems that are kept and shown.
pub const PROBLEMS: usize = 500;

/// A contribution with what is known of its file.
#[derive(Debug, Clone)]
pub struct Row {
    /// The row of the contribution.
    pub contribution: i64,
    /// Its public number.
    pub id: String,
    /// The name of its file.
    pub name: String,
    /// The pitch that both sides have agreed to; an empty one among all rows, which are many.
    pub base: Pitch,
    /// The object that holds it; empty where there is no file.
    pub blob: String,
    /// The last event that was told there.
    pub seq: i64,
    /// The last event that there is.
    pub now_seq: i64,
    /// What the repository holds where that is not agreed to.
    pub theirs: Option<Theirs>,
}

/// What the repository holds of a contribution where that is not agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// Why it is not.
    pub why: Why,
    /// The object; empty where there is none.
    pub blob: String,
    /// What it says; none where there is none.
    pub pitch: Option<Pitch>,
    /// The commit that brought it.
    pub from: Origin,
    /// Since when.
    pub since: Millis,
}

/// Why something is not agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Both sides have changed the same.
    Differs,
    /// The contribution cannot be changed so: a sentence.
    Refused(String),
    /// The file was removed.
    Deleted,
    /// The file was removed, which is as it should be: the contribution is over.
    Gone,
}

/// What is wrong with a file, or with the repository as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// The name of the file; empty for the repository.
    pub name: String,
    /// What was read; empty where it is to be read again, since it depends on more than the file.
    pub blob: String,
    /// What is wrong.
    pub what: FileProblem,
    /// Since when.
    pub since: Millis,
}

/// What is on its way to the repository.
pub struct Sent<'a> {
    /// The row of the contribution.
    pub contribution: i64,
    /// The name of its file.
    pub name: &'a str,
    /// The pitch in it.
    pub pitch: &'a Pitch,
    /// The object.
    pub blob: &'a str,
    /// The event that it is as of.
    pub seq: u64,
}

const COLUMNS: &str = "m.contribution_id, c.uuid, m.name, m.blob, m.seq, c.seq AS now_seq, m.theirs FROM contributions_mirror m \
                       JOIN contributions_contribution c ON c.id = m.contribution_id";

/// Forgets what was agreed to with another repository: each file is looked at as if it had never been seen, against the same base.
pub async fn adopt(tx: &DatabaseTransaction, remote: &str) -> Result<(), DbErr> {
    let text = "UPDATE contributions_mirror SET remote = ?, blob = '', seq = 0, sent_commit = '', theirs = '' WHERE remote <> ?";
    db::execute(tx, text, [remote.into(), remote.into()]).await.map(drop)
}

/// All rows.
pub async fn all(connection: &impl ConnectionTrait) -> Result<Vec<Row>, DbErr> {
    db::rows(connection, &format!("SELECT '' AS base, {COLUMNS} ORDER BY m.contribution_id"), [])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The row of a contribution.
pub async fn one(connection: &impl ConnectionTrait, contribution: i64) -> Result<Option<Row>, DbErr> {
    let text = format!("SELECT m.base, {COLUMNS} WHERE m.contribution_id = ?");
    db::rows(connection, &text, [contribution.into()]).await?.first().map(read).transpose()
}

/// Those of all rows in which something is not agreed to and somebody has to look.
pub async fn differing(connection: &impl ConnectionTrait) -> Result<Vec<Row>, DbErr> {
    let text =
        format!("SELECT m.base, {COLUMNS} WHERE m.theirs <> '' ORDER BY m.since, m.contribution_id LIMIT {PROBLEMS}");
    let rows = db::rows(connection, &text, []).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter(|row| row.theirs.as_ref().is_some_and(|theirs| theirs.why != Why::Gone)).collect())
}

fn read(row: &QueryResult) -> Result<Row, DbErr> {
    let (base, theirs): (String, String) = (row.try_get("", "base")?, row.try_get("", "theirs")?);
    Ok(Row {
        contribution: row.try_get("", "contribution_id")?,
        id: row.try_get("", "uuid")?,
        name: row.try_get("", "name")?,
        base: if base.is_empty() { Pitch::default() } else { from_json(&base)? },
        blob: row.try_get("", "blob")?,
        seq: row.try_get("", "seq")?,
        now_seq: row.try_get("", "now_seq")?,
        theirs: if theirs.is_empty() { None } else { Some(from_json(&theirs)?) },
    })
}

/// Writes down what is known of the file of a contribution; `theirs` where it is not agreed to. What is agreed to is told there again.
pub async fn put(tx: &DatabaseTransaction, row: &Row, remote: &str, now: Millis) -> Result<(), DbErr> {
    let text = "INSERT INTO contributions_mirror (contribution_id, remote, name, base, blob, seq, sent_commit, sent_base, sent_blob, sent_seq, theirs, since) \
                VALUES (?, ?, ?, ?, ?, ?, '', '', '', 0, ?, ?) ON CONFLICT (contribution_id) DO UPDATE SET remote = excluded.remote, name = excluded.name, \
                base = excluded.base, blob = excluded.blob, seq = excluded.seq, sent_commit = '', theirs = excluded.theirs, since = excluded.since";
    let theirs = row.theirs.as_ref().map(to_json).transpose()?.unwrap_or_default();
    let values = [
        row.contribution.into(),
        remote.into(),
        row.name.as_str().into(),
        to_json(&row.base)?.into(),
        row.blob.as_str().into(),
        row.seq.into(),
        theirs.into(),
        now.into(),
    ];
    db::execute(tx, text, values).await.map(drop)
}

/// The commits of which it is not known yet whether the repository has them.
pub async fn sent(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let text = "SELECT DISTINCT sent_commit FROM contributions_mirror WHERE sent_commit <> ''";
    db::rows(connection, text, []).await?.iter().map(|row| row.try_get("", "sent_commit")).collect()
}

/// Writes down what is about to be pushed, so that whoever goes on after a crash knows it again.
pub async fn send(
    tx: &DatabaseTransaction,
    sent: &Sent<'_>,
    commit: &str,
    remote: &str,
    now: Millis,
) -> Result<(), DbErr> {
    let text = "INSERT INTO contributions_mirror (contribution_id, remote, name, base, blob, seq, sent_commit, sent_base, sent_blob, sent_seq, theirs, since) \
                VALUES (?, ?, ?, ?, '', 0, ?, ?, ?, ?, '', ?) ON CONFLICT (contribution_id) DO UPDATE SET sent_commit = excluded.sent_commit, \
                sent_base = excluded.sent_base, sent_blob = excluded.sent_blob, sent_seq = excluded.sent_seq";
    let pitch = to_json(sent.pitch)?;
    let values = [
        sent.contribution.into(),
        remote.into(),
        sent.name.into(),
        pitch.as_str().into(),
        commit.into(),
        pitch.as_str().into(),
        sent.blob.into(),
        store::number(sent.seq).into(),
        now.into(),
    ];
    db::execute(tx, text, values).await.map(drop)
}

/// What was sent with a commit is agreed to: the repository has it.
pub async fn arrived(tx: &DatabaseTransaction, commit: &str) -> Result<(), DbErr> {
    let text = "UPDATE contributions_mirror SET base = sent_base, blob = sent_blob, seq = sent_seq, sent_commit = '' WHERE sent_commit = ?";
    db::execute(tx, text, [commit.into()]).await.map(drop)
}

/// What was sent with a commit did not get there.
pub async fn lost(tx: &DatabaseTransaction, commit: &str) -> Result<(), DbErr> {
    let text = "UPDATE contributions_mirror SET sent_commit = '' WHERE sent_commit = ?";
    db::execute(tx, text, [commit.into()]).await.map(drop)
}

/// Contributions of which something is to be told there, after a row, at most so many; each with the name of its file and the object that is agreed to.
pub async fn changed(
    connection: &impl ConnectionTrait,
    after: i64,
    most: usize,
) -> Result<Vec<(Stored, Option<(String, String)>)>, DbErr> {
    let text = format!(
        "SELECT c.id, c.snapshot, m.name, m.blob FROM contributions_contribution c LEFT JOIN contributions_mirror m ON m.contribution_id = c.id \
         WHERE c.id > ? AND (m.contribution_id IS NULL OR (m.seq <> c.seq AND m.theirs = '')) ORDER BY c.id LIMIT {most}"
    );
    let rows = db::rows(connection, &text, [after.into()]).await?;
    let read = |row: &QueryResult| {
        let name: Option<String> = row.try_get("", "name")?;
        let blob: Option<String> = row.try_get("", "blob")?;
        Ok((store::read(row)?, name.zip(blob)))
    };
    rows.iter().map(read).collect()
}

/// What is wrong, by the names of the files; first of all what is wrong with the repository as a whole.
pub async fn problems(connection: &impl ConnectionTrait) -> Result<Vec<Problem>, DbErr> {
    let text = "SELECT name, blob, line, field, message, since FROM contributions_mirror_problem";
    let problems = db::rows(connection, text, []).await?.iter().map(read_problem).collect::<Result<Vec<_>, _>>();
    // In one order, whatever the database takes for one.
    problems.map(|mut problems| {
        problems.sort_by(|one, other| one.name.cmp(&other.name));
        problems
    })
}

/// What is wrong with the file of this name.
pub async fn problem_of(connection: &impl ConnectionTrait, name: &str) -> Result<Option<FileProblem>, DbErr> {
    let text = "SELECT name, blob, line, field, message, since FROM contributions_mirror_problem WHERE name = ?";
    Ok(db::rows(connection, text, [name.into()])
        .await?
        .first()
        .map(read_problem)
        .transpose()?
        .map(|problem| problem.what))
}

fn read_problem(row: &QueryResult) -> Result<Problem, DbErr> {
    let line = u32::try_from(row.try_get::<i64>("", "line")?).unwrap_or_default();
    let what = FileProblem { line, field: row.try_get("", "field")?, message: row.try_get("", "message")? };
    Ok(Problem {
        name: row.try_get("", "name")?,
        blob: row.try_get("", "blob")?,
        what,
        since: row.try_get("", "since")?,
    })
}

/// Puts what is wrong now in the place of what was.
pub async fn put_problems(tx: &DatabaseTransaction, problems: &[Problem]) -> Result<(), DbErr> {
    db::execute(tx, "DELETE FROM contributions_mirror_problem", []).await?;
    for problem in problems {
        // Two names that no file of ours could have may look the same.
        let text = "INSERT INTO contributions_mirror_problem (name, blob, line, field, message, since) VALUES (?, ?, ?, ?, ?, ?) \
                    ON CONFLICT (name) DO NOTHING";
        let values = [
            problem.name.as_str().into(),
            problem.blob.as_str().into(),
            i64::from(problem.what.line).into(),
            problem.what.field.as_str().into(),
            problem.what.message.as_str().into(),
            problem.since.into(),
        ];
        db::execute(tx, text, values).await?;
    }
    Ok(())
}

fn to_json(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Custom(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Custom(format!("the mirror: {error}")))
}
