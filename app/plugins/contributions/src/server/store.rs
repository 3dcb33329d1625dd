//! The tables of contributions: their history, and what is read off it.

use std::collections::BTreeSet;

use kit::server::{db, search};
use review::{Contribution, Entry, Millis, Rules};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value};

use super::service::{Row, Waits};
use super::view::{self, Wait};

/// Rows of one statement; both databases limit its values.
const ROWS: usize = 500;

/// Under which name the search knows contributions.
pub const SEARCHED: &str = "contributions";

/// The columns that [`read_row`] reads.
pub(super) const COLUMNS: &str = "c.id, c.uuid, c.title, c.problem, c.kind, c.owner, c.author, c.stage, c.state, c.next_action, c.whose, c.supporters, \
                                  c.submission, c.is_flagged, c.since, c.due_at, c.created_at, c.changed_at";

/// A contribution with its row.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The row.
    pub row: i64,
    /// The contribution.
    pub contribution: Contribution,
}

/// The contribution of a public number.
pub async fn load(connection: &impl ConnectionTrait, uuid: &str) -> Result<Option<Stored>, DbErr> {
    let text = "SELECT id, snapshot FROM contributions_contribution WHERE uuid = ?";
    db::rows(connection, text, [uuid.into()]).await?.first().map(read).transpose()
}

/// The same, kept from other writers until the transaction ends.
pub async fn load_for_update(tx: &DatabaseTransaction, uuid: &str) -> Result<Option<Stored>, DbErr> {
    let lock = db::for_update(tx);
    let text = format!("SELECT id, snapshot FROM contributions_contribution WHERE uuid = ? {lock}");
    db::rows(tx, &text, [uuid.into()]).await?.first().map(read).transpose()
}

pub(super) fn read(row: &QueryResult) -> Result<Stored, DbErr> {
    let text: String = row.try_get("", "snapshot")?;
    let contribution =
        serde_json::from_str(&text).map_err(|error| DbErr::Custom(format!("a contribution: {error}")))?;
    Ok(Stored { row: row.try_get("", "id")?, contribution })
}

/// A contribution, as lists show it.
pub(super) fn read_row(row: &QueryResult) -> Result<Row, DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    let wrong = |what: String| DbErr::Custom(format!("a contribution is {what:?}"));
    let (kind, stage, state) = (text("kind")?, text("stage")?, text("state")?);
    Ok(Row {
        row: row.try_get("", "id")?,
        id: text("uuid")?,
        title: text("title")?,
        problem: text("problem")?,
        kind: review::Kind::named(&kind).ok_or_else(|| wrong(kind))?,
        owner: text("owner")?,
        author: text("author")?,
        stage: review::Stage::named(&stage).ok_or_else(|| wrong(stage))?,
        state: review::State::named(&state).ok_or_else(|| wrong(state))?,
        next: text("next_action")?,
        whose: text("whose")?.lines().map(str::to_owned).collect(),
        supporters: row.try_get::<i64>("", "supporters")?.unsigned_abs(),
        submission: u32::try_from(row.try_get::<i64>("", "submission")?).unwrap_or_default(),
        is_flagged: row.try_get("", "is_flagged")?,
        since: row.try_get("", "since")?,
        due_at: row.try_get("", "due_at")?,
        created_at: row.try_get("", "created_at")?,
        changed_at: row.try_get("", "changed_at")?,
    })
}

/// The events of a contribution after a number, in order, at most so many.
pub async fn history(connection: &impl ConnectionTrait, row: i64, after: u64, most: u64) -> Result<Vec<Entry>, DbErr> {
    let text =
        format!("SELECT data FROM contributions_event WHERE contribution_id = ? AND seq > ? ORDER BY seq LIMIT {most}");
    let rows = db::rows(connection, &text, [row.into(), number(after).into()]).await?;
    rows.iter()
        .map(|row| {
            let text: String = row.try_get("", "data")?;
            serde_json::from_str(&text).map_err(|error| DbErr::Custom(format!("an event of a contribution: {error}")))
        })
        .collect()
}

/// A contribution on its way into the tables.
pub struct Write<'a> {
    /// Its row and how it was, where it was there.
    pub before: Option<(i64, &'a Contribution)>,
    /// How it is.
    pub after: &'a Contribution,
    /// What happened.
    pub entries: &'a [Entry],
    /// Who opens which gate.
    pub rules: &'a Rules,
    /// When.
    pub now: Millis,
    /// When its standards are looked at next, where they are.
    pub check_at: Option<Millis>,
}

/// Writes down what happened and what the contribution comes to, and gives its row.
pub async fn write(tx: &DatabaseTransaction, write: &Write<'_>) -> Result<i64, DbErr> {
    let Write { before, after, entries, rules, .. } = *write;
    let waits = view::waits(after, rules);
    let row = put_contribution(tx, write, &waits).await?;
    put_events(tx, row, entries).await?;
    let was = before.map(|(_, contribution)| contribution);
    put_parties(tx, row, &was.map(parties).unwrap_or_default(), &parties(after)).await?;
    put_waits(tx, row, &waits).await?;
    put_submissions(tx, row, was, after).await?;
    put_passages(tx, row, was, after).await?;
    if was.is_none_or(|was| was.pitch != after.pitch) {
        let pitch = &after.pitch;
        let text =
            format!("{} {} {} {} {}", pitch.title, pitch.problem, pitch.audience, pitch.kind.label(), pitch.sketch);
        search::put(tx, SEARCHED, row, &text).await?;
    }
    Ok(row)
}

async fn put_contribution(tx: &DatabaseTransaction, write: &Write<'_>, waits: &[Wait]) -> Result<i64, DbErr> {
    let Write { before, after, rules, now, check_at, .. } = *write;
    let (next, whose) = view::next(after, rules, waits);
    let snapshot = serde_json::to_string(after).map_err(|error| DbErr::Custom(error.to_string()))?;
    let open = after.in_review();
    let entity = after.last_to(review::Stage::Readiness).map_or("", |open| open.material.entity.as_str());
    let values: Vec<Value> = vec![
        after.pitch.title.as_str().into(),
        after.pitch.problem.as_str().into(),
        after.pitch.kind.name().into(),
        after.pitch.owner.as_str().into(),
        after.author.as_str().into(),
        after.stage.name().into(),
        after.state.name().into(),
        next.into(),
        whose.join("\n").into(),
        number(after.supporters.len() as u64).into(),
        number(after.submissions.len() as u64).into(),
        entity.into(),
        after.flag.is_some().into(),
        snapshot.into(),
        number(after.seq).into(),
        after.since.into(),
        open.filter(|open| !open.overdue).and_then(|open| open.due_at).into(),
        check_at.into(),
        after.created_at.into(),
        now.into(),
    ];
    if let Some((row, _)) = before {
        let text = "UPDATE contributions_contribution SET title = ?, problem = ?, kind = ?, owner = ?, author = ?, stage = ?, state = ?, next_action = ?, \
                    whose = ?, supporters = ?, submission = ?, entity = ?, is_flagged = ?, snapshot = ?, seq = ?, since = ?, due_at = ?, check_at = ?, \
                    created_at = ?, changed_at = ? WHERE id = ?";
        db::execute(tx, text, values.into_iter().chain([row.into()])).await?;
        return Ok(row);
    }
    let text = format!(
        "INSERT INTO contributions_contribution (title, problem, kind, owner, author, stage, state, next_action, whose, supporters, submission, entity, \
         is_flagged, snapshot, seq, since, due_at, check_at, created_at, changed_at, uuid) VALUES ({}) RETURNING id",
        db::marks(21)
    );
    let values = values.into_iter().chain([after.id.as_str().into()]);
    let made = tx.query_one_raw(db::sql(tx, &text, values)).await?;
    made.ok_or_else(|| DbErr::RecordNotFound("the new contribution".into()))?.try_get("", "id")
}

async fn put_events(tx: &DatabaseTransaction, row: i64, entries: &[Entry]) -> Result<(), DbErr> {
    for entry in entries {
        let data = serde_json::to_string(entry).map_err(|error| DbErr::Custom(error.to_string()))?;
        let text =
            "INSERT INTO contributions_event (contribution_id, seq, at, actor, name, data) VALUES (?, ?, ?, ?, ?, ?)";
        let values = [
            row.into(),
            number(entry.seq).into(),
            entry.at.into(),
            entry.actor.name().into(),
            entry.event.name().into(),
            data.into(),
        ];
        db::execute(tx, text, values).await?;
    }
    Ok(())
}

/// Everybody who has a part in a contribution, and which.
fn parties(contribution: &Contribution) -> BTreeSet<(String, &'static str)> {
    let of = |people: &BTreeSet<String>, role| people.iter().map(move |who| (who.clone(), role)).collect::<Vec<_>>();
    let mut parties: BTreeSet<(String, &'static str)> = BTreeSet::new();
    parties.extend(of(&contribution.makers, "maker"));
    parties.extend(of(&contribution.supporters, "supporter"));
    parties.extend(of(&contribution.followers, "follower"));
    parties
}

async fn put_parties(
    tx: &DatabaseTransaction,
    row: i64,
    was: &BTreeSet<(String, &'static str)>,
    is: &BTreeSet<(String, &'static str)>,
) -> Result<(), DbErr> {
    for (party, role) in was.difference(is) {
        let text = "DELETE FROM contributions_party WHERE party = ? AND role = ? AND contribution_id = ?";
        db::execute(tx, text, [party.as_str().into(), (*role).into(), row.into()]).await?;
    }
    let new: Vec<&(String, &str)> = is.difference(was).collect();
    for new in new.chunks(ROWS) {
        let rows = vec!["(?, ?, ?)"; new.len()].join(", ");
        let text = format!("INSERT INTO contributions_party (party, role, contribution_id) VALUES {rows}");
        let values = new.iter().flat_map(|(party, role)| [Value::from(party.as_str()), (*role).into(), row.into()]);
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

async fn put_waits(tx: &DatabaseTransaction, row: i64, waits: &[Wait]) -> Result<(), DbErr> {
    db::execute(tx, "DELETE FROM contributions_wait WHERE contribution_id = ?", [row.into()]).await?;
    for wait in waits {
        let text = "INSERT INTO contributions_wait (team, contribution_id, what, submission, assignees, since, due_at, order_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let values = [
            wait.team.as_str().into(),
            row.into(),
            wait.what.name().into(),
            i64::from(wait.submission).into(),
            wait.assignees.join("\n").into(),
            wait.since.into(),
            wait.due_at.into(),
            wait.order_at().into(),
        ];
        db::execute(tx, text, values).await?;
    }
    Ok(())
}

async fn put_submissions(
    tx: &DatabaseTransaction,
    row: i64,
    was: Option<&Contribution>,
    is: &Contribution,
) -> Result<(), DbErr> {
    for submission in &is.submissions {
        let before = was.and_then(|was| was.submission(submission.number));
        if before.is_some_and(|before| before.decision == submission.decision) {
            continue;
        }
        let is_first = !is.submissions.iter().any(|o| o.stage == submission.stage && o.number < submission.number);
        let text = "INSERT INTO contributions_submission (contribution_id, number, stage, is_first, outcome, decided_at) VALUES (?, ?, ?, ?, ?, ?) \
                    ON CONFLICT (contribution_id, number) DO UPDATE SET outcome = excluded.outcome, decided_at = excluded.decided_at";
        let decision = submission.decision.as_ref();
        let values = [
            row.into(),
            i64::from(submission.number).into(),
            submission.stage.name().into(),
            is_first.into(),
            decision.map_or("", |decision| decision.outcome.name()).into(),
            decision.map(|decision| decision.at).into(),
        ];
        db::execute(tx, text, values).await?;
    }
    Ok(())
}

async fn put_passages(
    tx: &DatabaseTransaction,
    row: i64,
    was: Option<&Contribution>,
    is: &Contribution,
) -> Result<(), DbErr> {
    let known = was.map_or(0, |was| was.passages.len());
    // What is over stays in no stage any longer, and so its time there does not go on.
    let ended = |at: usize| is.passages.get(at + 1).map(|(_, next)| *next).or(is.state.is_over().then_some(is.since));
    for (at, (stage, entered)) in is.passages.iter().enumerate().skip(known.saturating_sub(1)) {
        let text = "INSERT INTO contributions_passage (contribution_id, place, stage, entered_at, left_at) VALUES (?, ?, ?, ?, ?) \
                    ON CONFLICT (contribution_id, place) DO UPDATE SET left_at = excluded.left_at";
        let values = [row.into(), number(at as u64).into(), stage.name().into(), (*entered).into(), ended(at).into()];
        db::execute(tx, text, values).await?;
    }
    Ok(())
}

/// What waits, as its row says it.
pub(super) fn read_wait(row: &QueryResult) -> Result<(Waits, Vec<String>, i64), DbErr> {
    let what: String = row.try_get("", "what")?;
    let what = Waits::named(&what).ok_or_else(|| DbErr::Custom(format!("{what:?} waits")))?;
    let assignees: String = row.try_get("", "assignees")?;
    Ok((what, assignees.lines().map(str::to_owned).collect(), row.try_get("", "order_at")?))
}

/// A number of ours as the databases hold it.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
