//! Contributions as one caller may see them: what it may not see is as if it were not there.

use std::collections::{BTreeMap, BTreeSet};

use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::{Hit, Permission};
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::clock::Millis;
use kit::server::context::authorise_own;
use kit::server::{db, search};
use review::{Contribution, Entry, Stage, State, Who};
use sea_orm::{DbErr, Value as Sql};

use super::Contributions;
use super::service::{
    Board, Detail, Lane, ListPage, Query, QueueItem, QueuePage, QueueQuery, Row, Scope, contribution_href,
};
use super::store::{self, SEARCHED, Stored};
use crate::info::{READ, TAKE_PART};

/// Contributions on a page where nothing else is asked.
const PAGE: u32 = 25;

/// The most contributions on a page.
const MOST: u32 = 500;

/// What is shown of a queue at once.
const QUEUE: usize = 50;

/// What is shown of a stage on the board.
const LANE: u32 = 6;

/// The most events that are read at once.
const EVENTS: u64 = 5_000;

/// What counts in the figures of the board: a year.
const YEAR: Millis = 365 * 24 * 60 * 60 * 1000;

/// The most times that a median is taken of, the latest first.
const TIMES: u64 = 1_000;

impl Contributions {
    /// A contribution with what its page shows.
    pub async fn detail(&self, caller: &Caller, id: &str) -> Result<Detail, AppError> {
        let stored = self.seen(caller, id).await?;
        let who = who(caller)?;
        let mirrored = self.mirrored(&stored, &who).await?;
        let contribution = stored.contribution;
        let mut people: BTreeSet<String> = &contribution.makers | &contribution.supporters;
        people.insert(contribution.pitch.owner.clone());
        people.extend(contribution.comments.iter().map(|comment| comment.who.clone()));
        for submission in &contribution.submissions {
            people.extend(submission.at_it().into_iter().map(str::to_owned));
            people.extend(submission.decision.iter().map(|decision| decision.by.clone()));
        }
        people.extend(contribution.waivers.values().map(|waiver| waiver.by.clone()));
        people.extend(self.rules.stages.values().flat_map(|gate| gate.groups.clone()));
        people.extend([&self.rules.board, &self.rules.design, &self.rules.operators].map(|group| group.group.clone()));
        let titles = self.titles(caller, people).await?;
        let may_take_part = self.may(caller, &TAKE_PART, &contribution);
        Ok(Detail { who, may_take_part, contribution, titles, mirrored })
    }

    /// What happened to a contribution after an event, at most so much.
    pub async fn history(&self, caller: &Caller, id: &str, after: u64, limit: u64) -> Result<Vec<Entry>, AppError> {
        let row = self.seen(caller, id).await?.row;
        Ok(store::history(self.kit.db.read(), row, after, limit.clamp(1, EVENTS)).await?)
    }

    /// A page of the contributions that the caller may see, the newest first.
    pub async fn list(&self, caller: &Caller, query: &Query) -> Result<ListPage, AppError> {
        self.reads(caller).await?;
        let limit = if query.limit == 0 { PAGE } else { query.limit.min(MOST) } as usize;
        let conditions = self.conditions(caller, query);
        let text = format!(
            "SELECT {} FROM contributions_contribution c WHERE {} ORDER BY c.id DESC LIMIT {}",
            store::COLUMNS,
            conditions.text(),
            limit + 1
        );
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        let mut items = rows.iter().map(store::read_row).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.row);
        let titles = self.titles(caller, people_of(&items)).await?;
        Ok(ListPage { items, next, titles })
    }

    /// What is at each stage, and how long it takes there.
    pub async fn board(&self, caller: &Caller, query: &Query) -> Result<Board, AppError> {
        self.reads(caller).await?;
        let now = self.kit.clock.now();
        let mut lanes = Vec::new();
        for stage in Stage::ALL {
            let mut conditions = self.conditions(caller, &Query { stage: Some(stage), after: None, ..query.clone() });
            conditions.add("c.state IN ('open', 'in-review', 'appealed', 'live')", []);
            let text = format!("SELECT count(*) AS n FROM contributions_contribution c WHERE {}", conditions.text());
            let count = db::rows(self.kit.db.read(), &text, conditions.values.clone()).await?;
            let count = count.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))?.unsigned_abs();
            let order = if stage == Stage::Live { "DESC" } else { "ASC" };
            let text = format!(
                "SELECT {} FROM contributions_contribution c WHERE {} ORDER BY c.since {order}, c.id LIMIT {LANE}",
                store::COLUMNS,
                conditions.text()
            );
            let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
            let items = rows.iter().map(store::read_row).collect::<Result<Vec<_>, _>>()?;
            let (median, first) = (self.median(stage, now).await?, self.first_pass(stage, now).await?);
            lanes.push(Lane { stage, count, items, median, first });
        }
        let people = lanes.iter().flat_map(|lane| people_of(&lane.items)).collect();
        Ok(Board { titles: self.titles(caller, people).await?, lanes })
    }

    async fn median(&self, stage: Stage, now: Millis) -> Result<Option<Millis>, DbErr> {
        let text = format!(
            "SELECT left_at - entered_at AS took FROM contributions_passage WHERE stage = ? AND left_at > ? ORDER BY left_at DESC LIMIT {TIMES}"
        );
        let rows = db::rows(self.kit.db.read(), &text, [stage.name().into(), (now - YEAR).into()]).await?;
        let mut took = rows.iter().map(|row| row.try_get("", "took")).collect::<Result<Vec<Millis>, _>>()?;
        took.sort_unstable();
        Ok(took.get(took.len() / 2).copied())
    }

    async fn first_pass(&self, stage: Stage, now: Millis) -> Result<(u64, u64), DbErr> {
        let text = "SELECT count(*) AS n, sum(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END) AS passed FROM contributions_submission \
                    WHERE stage = ? AND is_first AND outcome IN ('accepted', 'sent-back', 'rejected') AND decided_at > ?";
        let rows = db::rows(self.kit.db.read(), text, [stage.name().into(), (now - YEAR).into()]).await?;
        let Some(row) = rows.first() else { return Ok((0, 0)) };
        let passed = row.try_get::<Option<i64>>("", "passed")?.unwrap_or_default();
        Ok((row.try_get::<i64>("", "n")?.unsigned_abs(), passed.unsigned_abs()))
    }

    /// What waits for the caller and for its groups.
    pub async fn queue(&self, caller: &Caller, query: &QueueQuery) -> Result<QueuePage, AppError> {
        self.reads(caller).await?;
        let all = own_names(caller);
        let teams: Vec<&String> = all.iter().filter(|team| query.team.is_empty() || **team == query.team).collect();
        let mut items: Vec<(i64, QueueItem)> = Vec::new();
        if !teams.is_empty() {
            let mut conditions = self.conditions(caller, &Query::default());
            conditions.add(
                &format!("w.team IN ({})", db::marks(teams.len())),
                teams.iter().map(|team| Sql::from(team.as_str())),
            );
            if let Some(what) = query.what {
                conditions.add("w.what = ?", [what.name().into()]);
            }
            if query.free {
                conditions.add("w.assignees = ''", []);
            }
            if let Some((order_at, row)) = query.after.split_once(':')
                && let (Ok(order_at), Ok(row)) = (order_at.parse::<i64>(), row.parse::<i64>())
            {
                conditions.add("(w.order_at, w.contribution_id) > (?, ?)", [order_at.into(), row.into()]);
            }
            let text = format!(
                "SELECT {}, w.team, w.what, w.assignees, w.since AS waits_since, w.due_at AS waits_until, w.order_at \
                 FROM contributions_wait w JOIN contributions_contribution c ON c.id = w.contribution_id WHERE {} \
                 ORDER BY w.order_at, w.contribution_id, w.team LIMIT {}",
                store::COLUMNS,
                conditions.text(),
                (QUEUE + 1) * teams.len()
            );
            for row in db::rows(self.kit.db.read(), &text, conditions.values).await? {
                let (what, assignees, order_at) = store::read_wait(&row)?;
                let item = QueueItem {
                    what,
                    assignees,
                    team: row.try_get("", "team")?,
                    since: row.try_get("", "waits_since")?,
                    due_at: row.try_get("", "waits_until")?,
                    row: store::read_row(&row)?,
                };
                items.push((order_at, item));
            }
        }
        // What waits for several of the caller's groups is shown once.
        let mut shown = BTreeSet::new();
        items.retain(|(_, item)| shown.insert((item.row.row, item.what)));
        let next = (items.len() > QUEUE).then(|| format!("{}:{}", items[QUEUE - 1].0, items[QUEUE - 1].1.row.row));
        items.truncate(QUEUE);
        let items: Vec<QueueItem> = items.into_iter().map(|(_, item)| item).collect();
        let people = items.iter().flat_map(|item| {
            [item.team.clone(), item.row.owner.clone(), item.row.author.clone()]
                .into_iter()
                .chain(item.assignees.clone())
        });
        let titles = self.titles(caller, people.chain(all.iter().cloned()).collect()).await?;
        let counts = self.counts(&all).await?;
        let title = |team: &String| titles.get(team).cloned().unwrap_or_else(|| team.clone());
        let teams =
            all.iter().map(|team| (team.clone(), title(team), counts.get(team).copied().unwrap_or(0))).collect();
        Ok(QueuePage { items, next, teams, titles })
    }

    async fn counts(&self, teams: &[String]) -> Result<BTreeMap<String, u64>, DbErr> {
        let marks = db::marks(teams.len());
        let text = format!("SELECT team, count(*) AS n FROM contributions_wait WHERE team IN ({marks}) GROUP BY team");
        let rows = db::rows(self.kit.db.read(), &text, teams.iter().map(|team| team.as_str().into())).await?;
        rows.iter().map(|row| Ok((row.try_get("", "team")?, row.try_get::<i64>("", "n")?.unsigned_abs()))).collect()
    }

    /// The best matches for what somebody typed in the global search.
    pub(super) async fn hits(&self, caller: &Caller, text: &str, limit: u32) -> Result<Vec<Hit>, AppError> {
        let page = self.list(caller, &Query { text: text.to_owned(), limit, ..Query::default() }).await?;
        Ok(page.items.into_iter().map(hit).collect())
    }

    /// Whether the caller may see all contributions.
    pub(super) fn sees_all(&self, caller: &Caller) -> bool {
        self.kit.gate.filter(caller, &READ) == Filter::All
    }

    /// Lets whoever may see contributions at all pass; which ones is another matter.
    pub(crate) async fn reads(&self, caller: &Caller) -> Result<(), AppError> {
        authorise_own(&self.kit, caller, &READ).await
    }

    /// A contribution that the caller may see, with its row.
    pub(super) async fn seen(&self, caller: &Caller, id: &str) -> Result<Stored, AppError> {
        self.reads(caller).await?;
        let missing = || AppError::not_found(format!("The contribution {id}"));
        let stored = store::load(self.kit.db.read(), id).await?.ok_or_else(missing)?;
        if self.may(caller, &READ, &stored.contribution) { Ok(stored) } else { Err(missing()) }
    }

    /// The same where the caller may take part in it.
    pub(super) async fn taken_part(&self, caller: &Caller, id: &str) -> Result<Stored, AppError> {
        let stored = self.seen(caller, id).await?;
        let attributes = attributes(&stored.contribution);
        self.kit.authorise(caller, &TAKE_PART, &Resource::Known(&attributes)).await?;
        Ok(stored)
    }

    pub(super) fn may(&self, caller: &Caller, permission: &Permission, contribution: &Contribution) -> bool {
        self.kit.may(caller, permission, &Resource::Known(&attributes(contribution)))
    }

    /// What people call those of these groups and people that the caller may see; the others by the last part of their refs.
    pub(crate) async fn titles(
        &self,
        caller: &Caller,
        refs: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, AppError> {
        let refs: Vec<String> = refs.into_iter().filter(|each| each.contains(':')).collect();
        let found = self.entities.titles(caller, &refs).await?;
        Ok(refs.into_iter().filter_map(|each| found.get(&each).cloned().map(|title| (each, title))).collect())
    }

    pub(super) fn conditions(&self, caller: &Caller, query: &Query) -> Conditions {
        let mut conditions = Conditions::default();
        match query.scope {
            Scope::All => {}
            Scope::Mine | Scope::Followed => {
                let role = if query.scope == Scope::Mine { "maker" } else { "follower" };
                conditions.add(
                    "c.id IN (SELECT y.contribution_id FROM contributions_party y WHERE y.party = ? AND y.role = ?)",
                    [caller.subject().into(), role.into()],
                );
            }
            Scope::Teams => {
                let names = own_names(caller);
                conditions.add(
                    &format!("c.owner IN ({})", db::marks(names.len())),
                    names.iter().map(|name| Sql::from(name.as_str())),
                );
            }
        }
        let filter = self.kit.gate.filter(caller, &READ);
        if filter != Filter::All {
            let (text, values) = filter.sql(&|attribute| {
                match attribute {
                    Attribute::Id => "c.uuid",
                    Attribute::Kind => "'contribution'",
                    Attribute::Type => "c.kind",
                    Attribute::Lifecycle => "c.stage",
                    Attribute::Namespace => "''",
                    Attribute::Owner => "c.owner",
                }
                .to_owned()
            });
            conditions.add(&text, values);
        }
        if let Some(stage) = query.stage {
            conditions.add("c.stage = ?", [stage.name().into()]);
        }
        if let Some(state) = query.state {
            conditions.add("c.state = ?", [state.name().into()]);
        }
        if let Some(kind) = query.kind {
            conditions.add("c.kind = ?", [kind.name().into()]);
        }
        if !query.owner.is_empty() {
            conditions.add("c.owner = ?", [query.owner.as_str().into()]);
        }
        if !query.text.is_empty() {
            match search::matching(self.kit.db.backend(), SEARCHED, &query.text) {
                Some((matching, values)) => conditions.add(&format!("c.id IN ({matching})"), values),
                None => conditions.add("1 = 0", []),
            }
        }
        if let Some(after) = query.after {
            conditions.add("c.id < ?", [after.into()]);
        }
        conditions
    }
}

/// Conditions of a query, with their values in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    parts: Vec<String>,
    pub values: Vec<Sql>,
}

impl Conditions {
    pub fn add(&mut self, text: &str, values: impl IntoIterator<Item = Sql>) {
        self.parts.push(format!("({text})"));
        self.values.extend(values);
    }

    pub fn text(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }
}

/// A contribution as policies see it.
pub(super) fn attributes(contribution: &Contribution) -> Attributes<'_> {
    Attributes {
        id: &contribution.id,
        kind: "contribution",
        r#type: contribution.pitch.kind.name(),
        lifecycle: contribution.stage.name(),
        owner: &contribution.pitch.owner,
        ..Attributes::default()
    }
}

/// Who a caller is, as contributions see it.
pub fn who(caller: &Caller) -> Result<Who, AppError> {
    signed_in(caller)?;
    Ok(match caller.principal() {
        Some(principal) => Who {
            subject: principal.subject.clone(),
            groups: principal.groups.clone(),
            administrator: principal.administrator,
        },
        None => Who { subject: caller.subject().to_owned(), groups: Vec::new(), administrator: true },
    })
}

/// The caller and its groups.
pub(crate) fn own_names(caller: &Caller) -> Vec<String> {
    let groups = caller.principal().map(|principal| principal.groups.clone()).unwrap_or_default();
    let groups = groups.into_iter().filter(|group| group.starts_with("group:"));
    std::iter::once(caller.subject().to_owned()).chain(groups).collect()
}

fn signed_in(caller: &Caller) -> Result<(), AppError> {
    if *caller == Caller::Anonymous { Err(AppError::Unauthenticated) } else { Ok(()) }
}

/// A contribution as the global search shows it.
pub(super) fn hit(row: Row) -> Hit {
    let detail = match row.state {
        State::Open | State::InReview => row.stage.label(),
        state => state.label(),
    };
    Hit { title: row.title, detail: detail.into(), kind: "Contribution".into(), path: contribution_href(&row.id) }
}

fn people_of(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().flat_map(|row| row.whose.iter().cloned().chain([row.owner.clone(), row.author.clone()])).collect()
}
