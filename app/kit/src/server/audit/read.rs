//! The trail as people read it: filtered, a page at a time, with names in place of pseudonyms.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value as Sql};
use serde_json::Value;

use super::chain::{COLUMNS, Row};
use super::{Outcome, subject};
use crate::server::clock::Millis;
use crate::server::db;

/// The most names that a search for people is about; whoever means one person types more.
const MOST_NAMES: i64 = 200;

/// Which events are meant; empty fields mean all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom: a subject, or a part of the name.
    pub who: String,
    /// An action, or the start of it with a `*` at the end.
    pub action: String,
    /// To what: a whole resource, or the start of it with a `*` at the end.
    pub resource: String,
    /// With which outcome.
    pub outcome: Option<Outcome>,
    /// From this time on.
    pub from: Option<Millis>,
    /// Before this time.
    pub before: Option<Millis>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    Falling,
    /// The oldest first.
    Rising,
}

/// The place of an event in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Its time.
    pub at: Millis,
    /// Its row.
    pub id: i64,
}

/// An event as people read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its row.
    pub id: i64,
    /// When.
    pub at: Millis,
    /// By whom: the pseudonym where the name was erased.
    pub subject: String,
    /// What that one was called at the time; empty where it has no name.
    pub name: String,
    /// Through which session or token; empty where there was none.
    pub via: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// What changed.
    pub detail: Value,
    /// In which request; empty where there was none.
    pub request: String,
    /// Whether it was done.
    pub outcome: Outcome,
    /// Its number in the chain, once sealed.
    pub seq: Option<i64>,
    /// Its hash, once sealed.
    pub hash: Option<String>,
}

impl Record {
    /// Where it is in the order.
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at, id: self.id }
    }
}

/// How far the trail is sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last sealed row and when it was sealed.
    pub sealed: Option<(i64, Millis)>,
    /// How many rows wait to be sealed.
    pub unsealed: i64,
}

/// How far the trail is sealed.
pub async fn standing(connection: &impl ConnectionTrait) -> Result<Standing, DbErr> {
    let rows = db::rows(connection, "SELECT seq, at FROM audit_checkpoint ORDER BY seq DESC LIMIT 1", []).await?;
    let sealed =
        rows.first().map(|row| Ok::<_, DbErr>((row.try_get("", "seq")?, row.try_get("", "at")?))).transpose()?;
    let text = "SELECT count(*) AS n FROM audit_event WHERE sealed_seq IS NULL";
    let rows = db::rows(connection, text, []).await?;
    let unsealed = rows.first().map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(Standing { sealed, unsealed })
}

/// The next `limit` events after `after`.
pub async fn page(
    connection: &impl ConnectionTrait,
    filter: &Filter,
    order: Order,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Record>, DbErr> {
    let mut conditions = Vec::new();
    let mut values: Vec<Sql> = Vec::new();
    let mut add = |condition: String, new: Vec<Sql>| {
        conditions.push(condition);
        values.extend(new);
    };
    if !filter.who.is_empty() {
        let mut actors = pseudonyms_of(connection, &filter.who).await?;
        actors.push(filter.who.clone());
        add(format!("actor IN ({})", db::marks(actors.len())), actors.into_iter().map(Sql::from).collect());
    }
    if !filter.action.is_empty() {
        let (condition, value) = matching("action", &filter.action);
        add(condition, vec![value]);
    }
    if subject::is_person(&filter.resource) {
        let resource = subject::known(connection, &filter.resource, "").await?;
        add("resource = ?".into(), vec![resource.unwrap_or_default().into()]);
    } else if !filter.resource.is_empty() {
        let (condition, value) = matching("resource", &filter.resource);
        add(condition, vec![value]);
    }
    if let Some(outcome) = filter.outcome {
        add("outcome = ?".into(), vec![outcome.word().into()]);
    }
    if let Some(from) = filter.from {
        add("at >= ?".into(), vec![from.into()]);
    }
    if let Some(before) = filter.before {
        add("at < ?".into(), vec![before.into()]);
    }
    let (beyond, direction) = match order {
        Order::Falling => ("<", "DESC"),
        Order::Rising => (">", "ASC"),
    };
    if let Some(after) = after {
        add(format!("(at, id) {beyond} (?, ?)"), vec![after.at.into(), after.id.into()]);
    }
    let condition = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
    let text = format!(
        "SELECT {COLUMNS}, sealed_seq, hash FROM audit_event WHERE {condition} ORDER BY at {direction}, id {direction} LIMIT {limit}"
    );
    let rows = db::rows(connection, &text, values).await?;
    let mut records = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    name(connection, &mut records).await?;
    Ok(records)
}

fn record(row: &QueryResult) -> Result<Record, DbErr> {
    let (seq, hash) = (row.try_get("", "sealed_seq")?, row.try_get("", "hash")?);
    let Row { id, at, actor, action, resource, detail, via, request, outcome } = Row::of(row)?;
    // Text that is no JSON can only have been put there by hand; it is shown as it is.
    let detail = serde_json::from_str(&detail).unwrap_or(Value::String(detail));
    let outcome = Outcome::parse(&outcome).unwrap_or(Outcome::Done);
    Ok(Record {
        id,
        at,
        subject: actor,
        name: String::new(),
        via,
        action,
        resource,
        detail,
        request,
        outcome,
        seq,
        hash,
    })
}

/// Puts subjects and names in the place of the pseudonyms that still have one.
async fn name(connection: &impl ConnectionTrait, records: &mut [Record]) -> Result<(), DbErr> {
    let mut wanted = BTreeSet::new();
    let mut note = |text: &str| {
        if subject::is_pseudonym(text) {
            wanted.insert(text.to_owned());
        }
    };
    for record in records.iter_mut() {
        note(&record.subject);
        note(&record.resource);
        // What an erasure lists is not to be told.
        subject::each_text(&mut record.detail, &mut |text| note(text));
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut names = HashMap::new();
    for part in wanted.chunks(500) {
        let text = format!(
            "SELECT pseudonym, subject, name FROM audit_subject WHERE pseudonym IN ({})",
            db::marks(part.len())
        );
        for row in db::rows(connection, &text, part.iter().map(|each| each.as_str().into())).await? {
            let pseudonym: String = row.try_get("", "pseudonym")?;
            names.insert(pseudonym, (row.try_get::<String>("", "subject")?, row.try_get::<String>("", "name")?));
        }
    }
    for record in records {
        if let Some((subject, name)) = names.get(&record.subject) {
            (record.subject, record.name) = (subject.clone(), name.clone());
        }
        if let Some((subject, _)) = names.get(&record.resource) {
            record.resource.clone_from(subject);
        }
        subject::each_text(&mut record.detail, &mut |text| {
            if let Some((subject, _)) = names.get(text) {
                text.clone_from(subject);
            }
        });
    }
    Ok(())
}

/// The pseudonyms of those who are called so, or have a name with that in it.
async fn pseudonyms_of(connection: &impl ConnectionTrait, who: &str) -> Result<Vec<String>, DbErr> {
    let text = "SELECT pseudonym FROM audit_subject WHERE subject = ? OR lower(name) LIKE ? ESCAPE '!' \
                ORDER BY seen_at DESC LIMIT ?";
    let part = format!("%{}%", escaped(&who.to_lowercase()));
    let rows = db::rows(connection, text, [who.into(), part.into(), MOST_NAMES.into()]).await?;
    rows.iter().map(|row| row.try_get("", "pseudonym")).collect()
}

/// The condition for a whole value, or for the start of it where a `*` stands at the end.
fn matching(column: &str, wanted: &str) -> (String, Sql) {
    match wanted.strip_suffix('*') {
        Some(start) => (format!("{column} LIKE ? ESCAPE '!'"), format!("{}%", escaped(start)).into()),
        None => (format!("{column} = ?"), wanted.into()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
