//! The tables of journeys: their history, and what is read off them.

use std::collections::{BTreeMap, BTreeSet};

use journey::{Entry, Journey, JourneyState, Millis};
use kit::server::db;
use kit::server::definitions;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value};

use super::service::JourneyRow;
use super::view::{self, Wait};

/// Rows of one statement; both databases limit its values.
const ROWS: usize = 500;

/// The columns that [`read_row`] reads.
pub(super) const COLUMNS: &str = "j.id, j.uuid, j.path, j.title, j.version, j.state, j.owner, j.starter, j.parent, j.steps_done, j.steps_total, \
                                  j.next_action, j.whose, j.created_at, j.changed_at, j.ended_at";

/// A journey with its row.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The row.
    pub row: i64,
    /// The journey.
    pub journey: Journey,
}

/// The journey of a public number.
pub async fn load(connection: &impl ConnectionTrait, uuid: &str) -> Result<Option<Stored>, DbErr> {
    let text = "SELECT id, snapshot FROM golden_paths_journey WHERE uuid = ?";
    db::rows(connection, text, [uuid.into()]).await?.first().map(read).transpose()
}

/// Those of several public numbers, in no order.
pub async fn load_all(connection: &impl ConnectionTrait, uuids: &[String]) -> Result<Vec<Stored>, DbErr> {
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("SELECT id, snapshot FROM golden_paths_journey WHERE uuid IN ({})", db::marks(uuids.len()));
    db::rows(connection, &text, uuids.iter().map(|uuid| uuid.as_str().into())).await?.iter().map(read).collect()
}

/// The same of one, kept from other writers until the transaction ends.
pub async fn load_for_update(tx: &DatabaseTransaction, uuid: &str) -> Result<Option<Stored>, DbErr> {
    let lock = db::for_update(tx);
    let text = format!("SELECT id, snapshot FROM golden_paths_journey WHERE uuid = ? {lock}");
    db::rows(tx, &text, [uuid.into()]).await?.first().map(read).transpose()
}

/// Whether there is a journey of this public number.
pub async fn exists(connection: &impl ConnectionTrait, uuid: &str) -> Result<bool, DbErr> {
    let text = "SELECT 1 FROM golden_paths_journey WHERE uuid = ?";
    Ok(!db::rows(connection, text, [uuid.into()]).await?.is_empty())
}

fn read(row: &QueryResult) -> Result<Stored, DbErr> {
    let text: String = row.try_get("", "snapshot")?;
    let journey = serde_json::from_str(&text).map_err(|error| DbErr::Custom(format!("a journey: {error}")))?;
    Ok(Stored { row: row.try_get("", "id")?, journey })
}

/// A journey, as lists show it.
pub(super) fn read_row(row: &QueryResult) -> Result<JourneyRow, DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    let count = |name: &str| row.try_get::<i64>("", name).map(|count| usize::try_from(count).unwrap_or(0));
    let state = text("state")?;
    Ok(JourneyRow {
        row: row.try_get("", "id")?,
        id: text("uuid")?,
        path: text("path")?,
        title: text("title")?,
        version: text("version")?,
        state: JourneyState::named(&state).ok_or_else(|| DbErr::Custom(format!("a journey is {state:?}")))?,
        owner: text("owner")?,
        starter: text("starter")?,
        parent: text("parent")?,
        done: count("steps_done")?,
        total: count("steps_total")?,
        next: text("next_action")?,
        whose: text("whose")?.lines().map(str::to_owned).collect(),
        created_at: row.try_get("", "created_at")?,
        changed_at: row.try_get("", "changed_at")?,
        ended_at: row.try_get("", "ended_at")?,
    })
}

/// The events of a journey after a number, in order, at most so many.
pub async fn history(connection: &impl ConnectionTrait, row: i64, after: u64, most: u64) -> Result<Vec<Entry>, DbErr> {
    let text =
        format!("SELECT data FROM golden_paths_event WHERE journey_id = ? AND seq > ? ORDER BY seq LIMIT {most}");
    let rows = db::rows(connection, &text, [row.into(), number(after).into()]).await?;
    rows.iter().map(read_entry).collect()
}

/// What is new of several journeys, each after a number: the journey's row with each event, in order.
pub async fn news(
    connection: &impl ConnectionTrait,
    after: &BTreeMap<i64, u64>,
    most: u64,
) -> Result<Vec<(i64, Entry)>, DbErr> {
    let mut found = Vec::new();
    let after: Vec<(i64, u64)> = after.iter().map(|(row, seq)| (*row, *seq)).collect();
    for after in after.chunks(ROWS) {
        let any = vec!["(journey_id = ? AND seq > ?)"; after.len()].join(" OR ");
        let text = format!(
            "SELECT journey_id, data FROM golden_paths_event WHERE {any} ORDER BY journey_id, seq LIMIT {most}"
        );
        let values = after.iter().flat_map(|(row, seq)| [Value::from(*row), number(*seq).into()]);
        for row in db::rows(connection, &text, values).await? {
            found.push((row.try_get("", "journey_id")?, read_entry(&row)?));
        }
    }
    Ok(found)
}

fn read_entry(row: &QueryResult) -> Result<Entry, DbErr> {
    let text: String = row.try_get("", "data")?;
    serde_json::from_str(&text).map_err(|error| DbErr::Custom(format!("an event of a journey: {error}")))
}

/// A journey on its way into the tables.
pub struct Write<'a> {
    /// Its row and how it was, where it was there.
    pub before: Option<(i64, &'a Journey)>,
    /// How it is.
    pub after: &'a Journey,
    /// What happened.
    pub entries: &'a [Entry],
    /// When.
    pub now: Millis,
}

/// Writes down what happened and what the journey comes to, and gives its row; none where a journey of this number is there already that was
/// not thought to be.
pub async fn write(tx: &DatabaseTransaction, write: &Write<'_>) -> Result<Option<i64>, DbErr> {
    let Write { before, after, entries, now } = *write;
    let waits = view::waits(after);
    let Some(row) = put_journey(tx, before.map(|(row, _)| row), after, &waits, now).await? else { return Ok(None) };
    let was = before.map(|(_, journey)| journey);
    put_events(tx, row, entries).await?;
    put_steps(tx, row, was, after).await?;
    put_waits(tx, row, &was.map(view::waits).unwrap_or_default(), &waits).await?;
    put_parties(tx, row, &was.map(view::parties).unwrap_or_default(), &view::parties(after)).await?;
    let holds = held(after);
    if was.map(held).unwrap_or_default() != holds {
        definitions::hold(tx, &format!("golden-paths:{}", after.id), &holds).await?;
    }
    Ok(Some(row))
}

async fn put_journey(
    tx: &DatabaseTransaction,
    row: Option<i64>,
    journey: &Journey,
    waits: &[Wait],
    now: Millis,
) -> Result<Option<i64>, DbErr> {
    let (done, total) = journey.progress();
    let (next, whose) = view::next(journey, waits);
    let snapshot = serde_json::to_string(journey).map_err(|error| DbErr::Custom(error.to_string()))?;
    let wake_at = if journey.effects(now).is_empty() { journey.wake_at() } else { Some(now) };
    let parent = journey.parent.as_ref().map_or("", |(parent, _)| parent.as_str());
    let values: Vec<Value> = vec![
        journey.path.as_str().into(),
        view::called(journey).into(),
        journey.pin.number.as_str().into(),
        (journey.pin.id != 0).then_some(journey.pin.id).into(),
        journey.state.name().into(),
        journey.owner.as_str().into(),
        journey.starter.as_str().into(),
        parent.into(),
        number(done as u64).into(),
        number(total as u64).into(),
        next.into(),
        whose.join("\n").into(),
        snapshot.into(),
        number(journey.seq).into(),
        wake_at.into(),
        journey.created_at.into(),
        journey.started_at.into(),
        now.into(),
        journey.ended_at.into(),
    ];
    if let Some(row) = row {
        let text = "UPDATE golden_paths_journey SET path = ?, title = ?, version = ?, version_id = ?, state = ?, owner = ?, starter = ?, parent = ?, \
                    steps_done = ?, steps_total = ?, next_action = ?, whose = ?, snapshot = ?, seq = ?, wake_at = ?, created_at = ?, started_at = ?, \
                    changed_at = ?, ended_at = ? WHERE id = ?";
        db::execute(tx, text, values.into_iter().chain([row.into()])).await?;
        return Ok(Some(row));
    }
    let text = format!(
        "INSERT INTO golden_paths_journey (path, title, version, version_id, state, owner, starter, parent, steps_done, steps_total, next_action, whose, \
         snapshot, seq, wake_at, created_at, started_at, changed_at, ended_at, uuid) VALUES ({}) ON CONFLICT (uuid) DO NOTHING RETURNING id",
        db::marks(20)
    );
    let values = values.into_iter().chain([journey.id.as_str().into()]);
    let made = tx.query_one_raw(db::sql(tx, &text, values)).await?;
    made.map(|row| row.try_get("", "id")).transpose()
}

async fn put_events(tx: &DatabaseTransaction, row: i64, entries: &[Entry]) -> Result<(), DbErr> {
    for entries in entries.chunks(ROWS) {
        let rows = vec!["(?, ?, ?, ?, ?, ?)"; entries.len()].join(", ");
        let text = format!("INSERT INTO golden_paths_event (journey_id, seq, at, actor, name, data) VALUES {rows}");
        let mut values: Vec<Value> = Vec::with_capacity(entries.len() * 6);
        for entry in entries {
            let data = serde_json::to_string(entry).map_err(|error| DbErr::Custom(error.to_string()))?;
            values.extend([
                row.into(),
                number(entry.seq).into(),
                entry.at.into(),
                entry.actor.name().into(),
                entry.event.name().into(),
                data.into(),
            ]);
        }
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

/// A step, as its row has it.
#[derive(PartialEq)]
struct StepRow<'a> {
    step: &'a str,
    name: &'a str,
    kind: &'static str,
    state: &'static str,
    since: Millis,
    reached_at: Option<Millis>,
    ended_at: Option<Millis>,
}

fn steps(journey: &Journey) -> BTreeMap<&str, StepRow<'_>> {
    journey.steps.iter().map(|step| (step.key.as_str(), StepRow::of(step))).collect()
}

impl<'a> StepRow<'a> {
    fn of(step: &'a journey::Step) -> Self {
        Self {
            step: &step.definition.id,
            name: &step.definition.name,
            kind: step.definition.kind.name(),
            state: step.state.name(),
            since: step.since,
            reached_at: step.reached_at,
            ended_at: step.ended_at,
        }
    }
}

async fn put_steps(tx: &DatabaseTransaction, row: i64, before: Option<&Journey>, after: &Journey) -> Result<(), DbErr> {
    let (was, is) = (before.map(steps).unwrap_or_default(), steps(after));
    let gone: Vec<&str> = was.keys().filter(|key| !is.contains_key(*key)).copied().collect();
    for gone in gone.chunks(ROWS) {
        let text =
            format!("DELETE FROM golden_paths_step WHERE journey_id = ? AND step_key IN ({})", db::marks(gone.len()));
        let values = std::iter::once(row.into()).chain(gone.iter().map(|key| (*key).into()));
        db::execute(tx, &text, values).await?;
    }
    let changed: Vec<(&str, &StepRow<'_>)> =
        is.iter().filter(|(key, step)| was.get(*key) != Some(*step)).map(|(key, step)| (*key, step)).collect();
    for changed in changed.chunks(ROWS) {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; changed.len()].join(", ");
        let text = format!(
            "INSERT INTO golden_paths_step (journey_id, step_key, step, path, name, kind, state, since, reached_at, ended_at) VALUES {rows} \
             ON CONFLICT (journey_id, step_key) DO UPDATE SET step = excluded.step, name = excluded.name, kind = excluded.kind, state = excluded.state, \
             since = excluded.since, reached_at = excluded.reached_at, ended_at = excluded.ended_at"
        );
        let values = changed.iter().flat_map(|(key, step)| -> [Value; 10] {
            [
                row.into(),
                (*key).into(),
                step.step.into(),
                after.path.as_str().into(),
                step.name.into(),
                step.kind.into(),
                step.state.into(),
                step.since.into(),
                step.reached_at.into(),
                step.ended_at.into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

async fn put_waits(tx: &DatabaseTransaction, row: i64, was: &[Wait], is: &[Wait]) -> Result<(), DbErr> {
    let same = |one: &Wait, other: &Wait| (&one.key, one.what, &one.team) == (&other.key, other.what, &other.team);
    for gone in was.iter().filter(|wait| !is.iter().any(|other| same(wait, other))) {
        let text = "DELETE FROM golden_paths_wait WHERE journey_id = ? AND step_key = ? AND what = ? AND team = ?";
        let values = [row.into(), gone.key.as_str().into(), gone.what.name().into(), gone.team.as_str().into()];
        db::execute(tx, text, values).await?;
    }
    let changed: Vec<&Wait> = is.iter().filter(|wait| !was.contains(wait)).collect();
    for changed in changed.chunks(ROWS) {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; changed.len()].join(", ");
        let text = format!(
            "INSERT INTO golden_paths_wait (team, journey_id, step_key, what, name, assignee, since, due_at, order_at) VALUES {rows} \
             ON CONFLICT (journey_id, step_key, what, team) DO UPDATE SET name = excluded.name, assignee = excluded.assignee, \
             since = excluded.since, due_at = excluded.due_at, order_at = excluded.order_at"
        );
        let values = changed.iter().flat_map(|wait| -> [Value; 9] {
            [
                wait.team.as_str().into(),
                row.into(),
                wait.key.as_str().into(),
                wait.what.name().into(),
                wait.name.as_str().into(),
                wait.assignee.as_str().into(),
                wait.since.into(),
                wait.due_at.into(),
                wait.order_at().into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

async fn put_parties(
    tx: &DatabaseTransaction,
    row: i64,
    was: &BTreeSet<String>,
    is: &BTreeSet<String>,
) -> Result<(), DbErr> {
    for gone in was.difference(is) {
        let text = "DELETE FROM golden_paths_party WHERE journey_id = ? AND party = ?";
        db::execute(tx, text, [row.into(), gone.as_str().into()]).await?;
    }
    let new: Vec<&String> = is.difference(was).collect();
    for new in new.chunks(ROWS) {
        let rows = vec!["(?, ?)"; new.len()].join(", ");
        let text = format!("INSERT INTO golden_paths_party (party, journey_id) VALUES {rows}");
        db::execute(tx, &text, new.iter().flat_map(|party| [Value::from(party.as_str()), row.into()])).await?;
    }
    Ok(())
}

/// The versions that a journey needs for what may still come of it.
fn held(journey: &Journey) -> BTreeSet<i64> {
    if view::is_settled(journey) {
        return BTreeSet::new();
    }
    let steps = journey.steps.iter().filter_map(|step| step.pin.as_ref());
    let undo = journey.undo.iter().filter_map(|undo| undo.pin.as_ref());
    let pins = journey.pins.values().chain(steps).chain(undo).chain([&journey.pin]);
    pins.map(|pin| pin.id).filter(|id| *id != 0).collect()
}

/// Keeps secrets for what begins, in place of those that were kept before.
pub async fn put_secret(
    tx: &DatabaseTransaction,
    row: i64,
    begins: &str,
    sealed: &str,
    now: Millis,
) -> Result<(), DbErr> {
    let text = "INSERT INTO golden_paths_secret (journey_id, begins, sealed, created_at) VALUES (?, ?, ?, ?) \
                ON CONFLICT (journey_id, begins) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at";
    db::execute(tx, text, [row.into(), begins.into(), sealed.into(), now.into()]).await?;
    Ok(())
}

/// The sealed secrets for what begins; none where there are none.
pub async fn secret(connection: &impl ConnectionTrait, uuid: &str, begins: &str) -> Result<Option<String>, DbErr> {
    let text = "SELECT s.sealed FROM golden_paths_secret s JOIN golden_paths_journey j ON j.id = s.journey_id WHERE j.uuid = ? AND s.begins = ?";
    let rows = db::rows(connection, text, [uuid.into(), begins.into()]).await?;
    rows.first().map(|row| row.try_get("", "sealed")).transpose()
}

/// Forgets the secrets for what has begun.
pub async fn forget_secret(tx: &DatabaseTransaction, row: i64, begins: &str) -> Result<(), DbErr> {
    let text = "DELETE FROM golden_paths_secret WHERE journey_id = ? AND begins = ?";
    db::execute(tx, text, [row.into(), begins.into()]).await?;
    Ok(())
}

/// Forgets what was filled in of a form.
pub async fn discard_draft(tx: &DatabaseTransaction, row: i64, step: &str) -> Result<(), DbErr> {
    let text = "DELETE FROM golden_paths_draft WHERE journey_id = ? AND step_key = ?";
    db::execute(tx, text, [row.into(), step.into()]).await?;
    Ok(())
}

/// A number as columns have it.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
