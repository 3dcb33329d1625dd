//! Journeys as one caller may see them: what it may not see is as if it were not there.

use std::collections::BTreeSet;
use std::sync::Arc;

use journey::{Entry, Journey, Millis, Who};
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::INBOX;
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::context::authorise_own;
use kit::server::db;
use kit::server::page::Address;
use kit::server::plugin::Act;
use leptos::server_fn::ServerFn;
use sea_orm::{DbErr, QueryResult, Value as Sql};

use super::GoldenPaths;
use super::paths::{Conditions, signed_in};
use super::service::{
    JourneyDetail, JourneyQuery, JourneyRow, JourneysPage, QueueItem, QueuePage, QueueQuery, QueueState, Scope, Waits,
    step_href,
};
use super::store::{self, Stored};
use super::view;
use crate::api::{ApproveStep, ClaimStep, DeclineStep};
use crate::info::{CHANGE_JOURNEY, READ_JOURNEY};

/// Journeys on a page where nothing else is asked.
const PAGE: u32 = 25;

/// The most journeys on a page.
const MOST: u32 = 500;

/// What is shown of a queue at once.
const QUEUE: usize = 50;

/// The most events that are read at once.
const EVENTS: u64 = 5_000;

impl GoldenPaths {
    /// A journey that the caller may see.
    pub async fn journey(&self, caller: &Caller, id: &str) -> Result<Arc<Journey>, AppError> {
        Ok(Arc::new(self.seen(caller, id).await?.journey))
    }

    /// The same with what its page shows.
    pub async fn detail(&self, caller: &Caller, id: &str) -> Result<JourneyDetail, AppError> {
        let journey = self.seen(caller, id).await?.journey;
        let mut people: Vec<String> = view::parties(&journey).into_iter().collect();
        for step in &journey.steps {
            people.extend(step.votes.iter().flat_map(|vote| [vote.who.clone(), vote.instead_of.clone()]));
            people.extend(step.exception.iter().map(|exception| exception.by.clone()));
            people.push(step.by.clone());
        }
        let titles = self.titles(caller, people).await?;
        Ok(JourneyDetail {
            who: who(caller)?,
            may_change: self.may(caller, &CHANGE_JOURNEY, &journey),
            journey: Arc::new(journey),
            titles,
        })
    }

    /// What happened in a journey after an event, at most so much.
    pub async fn history(&self, caller: &Caller, id: &str, after: u64, limit: u64) -> Result<Vec<Entry>, AppError> {
        let row = self.seen(caller, id).await?.row;
        Ok(store::history(self.kit.db.read(), row, after, limit.clamp(1, EVENTS)).await?)
    }

    /// A page of the journeys that the caller may see, the newest first.
    pub async fn journeys(&self, caller: &Caller, query: &JourneyQuery) -> Result<JourneysPage, AppError> {
        authorise_own(&self.kit, caller, &READ_JOURNEY).await?;
        let limit = if query.limit == 0 { PAGE } else { query.limit.min(MOST) } as usize;
        let conditions = self.conditions_of(caller, query);
        let text = format!(
            "SELECT {} FROM golden_paths_journey j WHERE {} ORDER BY j.id DESC LIMIT {}",
            store::COLUMNS,
            conditions.text(),
            limit + 1
        );
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        let mut items = rows.iter().map(store::read_row).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.row);
        let people = items.iter().flat_map(people_of).collect();
        Ok(JourneysPage { titles: self.titles(caller, people).await?, items, next })
    }

    /// The caller's journeys that are not over, those first in which something last happened.
    pub async fn under_way(&self, caller: &Caller, limit: u32) -> Result<JourneysPage, AppError> {
        authorise_own(&self.kit, caller, &READ_JOURNEY).await?;
        let mine = own_names(caller);
        let marks = db::marks(mine.len());
        let text = format!(
            "SELECT {} FROM golden_paths_journey j WHERE (j.owner IN ({marks}) OR j.starter = ?) AND j.parent = '' \
             AND j.state IN ('draft', 'running', 'waiting', 'blocked') ORDER BY j.changed_at DESC, j.id DESC LIMIT {}",
            store::COLUMNS,
            limit.min(MOST)
        );
        let values = mine.iter().map(|name| Sql::from(name.as_str())).chain([caller.subject().into()]);
        let rows = db::rows(self.kit.db.read(), &text, values).await?;
        let items = rows.iter().map(store::read_row).collect::<Result<Vec<_>, _>>()?;
        let people = items.iter().flat_map(people_of).collect();
        Ok(JourneysPage { titles: self.titles(caller, people).await?, items, next: None })
    }

    /// The journeys that are parts of this one, by the key of their step.
    pub async fn parts(&self, caller: &Caller, id: &str) -> Result<Vec<JourneyRow>, AppError> {
        self.seen(caller, id).await?;
        let text = format!("SELECT {} FROM golden_paths_journey j WHERE j.parent = ? ORDER BY j.id", store::COLUMNS);
        let rows = db::rows(self.kit.db.read(), &text, [id.into()]).await?;
        Ok(rows.iter().map(store::read_row).collect::<Result<Vec<_>, _>>()?)
    }

    /// What waits for the caller and for its groups.
    pub async fn queue(&self, caller: &Caller, query: &QueueQuery) -> Result<QueuePage, AppError> {
        authorise_own(&self.kit, caller, &READ_JOURNEY).await?;
        let all = own_names(caller);
        let teams: Vec<&String> = all.iter().filter(|team| query.team.is_empty() || **team == query.team).collect();
        let after = After::parse(&query.after);
        let mut items: Vec<(After, QueueItem)> = Vec::new();
        if !teams.is_empty() {
            let (text, values) = self.queue_statement(caller, query, &teams, after.as_ref());
            for row in db::rows(self.kit.db.read(), &text, values).await? {
                items.push(read_item(&row)?);
            }
        }
        // What waits for several of the caller's groups is shown once.
        let mut shown = BTreeSet::new();
        items.retain(|(_, item)| shown.insert((item.journey.clone(), item.key.clone(), item.what)));
        let next = (items.len() > QUEUE).then(|| items[QUEUE - 1].0.written());
        items.truncate(QUEUE);
        let items: Vec<QueueItem> = items.into_iter().map(|(_, item)| item).collect();
        let people = items.iter().flat_map(|item| [item.team.clone(), item.assignee.clone(), item.owner.clone()]);
        let titles = self.titles(caller, people.chain(all.iter().cloned()).collect()).await?;
        let counts = self.counts(&all).await?;
        let title = |team: &String| titles.get(team).cloned().unwrap_or_else(|| team.clone());
        let teams = all.iter().zip(counts).map(|(team, count)| (team.clone(), title(team), count)).collect();
        Ok(QueuePage { items, next, teams, titles })
    }

    /// A journey that the caller may see, with its row.
    pub(super) async fn seen(&self, caller: &Caller, id: &str) -> Result<Stored, AppError> {
        authorise_own(&self.kit, caller, &READ_JOURNEY).await?;
        let missing = || AppError::not_found(format!("The journey {id}"));
        let stored = store::load(self.kit.db.read(), id).await?.ok_or_else(missing)?;
        if !self.may(caller, &READ_JOURNEY, &stored.journey) {
            return Err(missing());
        }
        Ok(stored)
    }

    /// What the caller can do at once at the steps that these addresses lead to.
    pub(super) async fn acts_at(
        &self,
        caller: &Caller,
        addresses: &[String],
    ) -> Result<Vec<(String, Vec<Act>)>, AppError> {
        let who = who(caller)?;
        let steps = addresses.iter().filter_map(|address| Some((address, step_at(address)?)));
        let steps: Vec<(&String, (String, String))> = steps.collect();
        let ids: Vec<String> = steps.iter().map(|(_, (id, _))| id.clone()).collect();
        let journeys = store::load_all(self.kit.db.read(), &ids).await?;
        let acts = steps.into_iter().filter_map(|(address, (id, step))| {
            let journey = &journeys.iter().find(|stored| stored.journey.id == id)?.journey;
            let may = self.may(caller, &READ_JOURNEY, journey) && self.may(caller, &CHANGE_JOURNEY, journey);
            let fields = vec![("id", id), ("step", step.clone())];
            let back = |mut fields: Vec<(&'static str, String)>| {
                fields.push(("back", INBOX.to_owned()));
                fields
            };
            let acts = if !may {
                return None;
            } else if journey.may_decide(&who, &step) {
                vec![
                    Act { label: "Agree", posts_to: ApproveStep::PATH, fields: back(fields.clone()), asks: None },
                    Act {
                        label: "Send back",
                        posts_to: DeclineStep::PATH,
                        fields: back(fields),
                        asks: Some(("reason", "Why")),
                    },
                ]
            } else if journey.may_claim(&who, &step) {
                vec![Act { label: "Take it", posts_to: ClaimStep::PATH, fields, asks: None }]
            } else {
                return None;
            };
            Some((address.clone(), acts))
        });
        Ok(acts.collect())
    }

    /// The same where the caller may take part in it.
    pub(super) async fn taken_part(&self, caller: &Caller, id: &str) -> Result<Stored, AppError> {
        let stored = self.seen(caller, id).await?;
        if !self.may(caller, &CHANGE_JOURNEY, &stored.journey) {
            let attributes = attributes(&stored.journey.id, &stored.journey.owner);
            self.kit.authorise(caller, &CHANGE_JOURNEY, &Resource::Known(&attributes)).await?;
        }
        Ok(stored)
    }

    /// Whether policies allow it: of a journey that belongs to everybody who has a part in it.
    fn may(&self, caller: &Caller, permission: &kit::plugin::Permission, journey: &Journey) -> bool {
        let parties = view::parties(journey);
        let own = own_names(caller).into_iter().filter(|name| parties.contains(name));
        let mut owners: Vec<String> = own.collect();
        owners.push(journey.owner.clone());
        owners.iter().any(|owner| self.kit.may(caller, permission, &Resource::Known(&attributes(&journey.id, owner))))
    }

    fn conditions_of(&self, caller: &Caller, query: &JourneyQuery) -> Conditions {
        let mut conditions = Conditions::default();
        match query.scope {
            Scope::Mine => {
                let names = own_names(caller);
                let text = format!("(j.owner IN ({}) OR j.starter = ?)", db::marks(names.len()));
                let values = names.iter().map(|name| Sql::from(name.as_str())).chain([caller.subject().into()]);
                conditions.add(&text, values);
            }
            Scope::Teams => {
                let names = own_names(caller);
                let text = format!(
                    "j.id IN (SELECT y.journey_id FROM golden_paths_party y WHERE y.party IN ({}))",
                    db::marks(names.len())
                );
                conditions.add(&text, names.iter().map(|name| Sql::from(name.as_str())));
            }
            Scope::All => {}
        }
        let filter = self.kit.gate.filter(caller, &READ_JOURNEY);
        if filter != Filter::All {
            let column = |owner: &str| {
                let owner = owner.to_owned();
                move |attribute| match attribute {
                    Attribute::Id => "j.uuid".to_owned(),
                    Attribute::Kind => "'journey'".to_owned(),
                    Attribute::Namespace | Attribute::Type | Attribute::Lifecycle => "''".to_owned(),
                    Attribute::Owner => owner.clone(),
                }
            };
            let (text, values) = filter.sql(&column("y.party"));
            let text = format!("EXISTS (SELECT 1 FROM golden_paths_party y WHERE y.journey_id = j.id AND {text})");
            conditions.add(&text, values);
        }
        if !query.states.is_empty() {
            let text = format!("j.state IN ({})", db::marks(query.states.len()));
            conditions.add(&text, query.states.iter().map(|state| state.name().into()));
        }
        if !query.path.is_empty() {
            conditions.add("j.path = ?", [query.path.as_str().into()]);
        }
        if let Some(after) = query.after {
            conditions.add("j.id < ?", [after.into()]);
        }
        conditions
    }

    fn queue_statement(
        &self,
        caller: &Caller,
        query: &QueueQuery,
        teams: &[&String],
        after: Option<&After>,
    ) -> (String, Vec<Sql>) {
        let mut values: Vec<Sql> = Vec::new();
        let mut parts = Vec::new();
        for team in teams {
            let mut conditions = vec!["w.team = ?"];
            values.push(team.as_str().into());
            if let Some(what) = query.what {
                conditions.push("w.what = ?");
                values.push(what.name().into());
            }
            match query.state {
                QueueState::All => {}
                QueueState::Free => conditions.push("w.assignee = ''"),
                QueueState::Mine => {
                    conditions.push("w.assignee = ?");
                    values.push(caller.subject().into());
                }
                QueueState::Overdue => {
                    conditions.push("w.due_at < ?");
                    values.push(self.kit.clock.now().into());
                }
            }
            if let Some(After { order_at, row, key, what }) = after {
                conditions.push("(w.order_at, w.journey_id, w.step_key, w.what) > (?, ?, ?, ?)");
                values.extend([(*order_at).into(), (*row).into(), key.as_str().into(), what.as_str().into()]);
            }
            // The first of each team, in the order of its index.
            parts.push(format!(
                "SELECT * FROM (SELECT w.* FROM golden_paths_wait w WHERE {} ORDER BY w.order_at, w.journey_id, w.step_key, w.what LIMIT {}) p",
                conditions.join(" AND "),
                QUEUE + 1
            ));
        }
        let text = format!(
            "SELECT q.*, j.uuid, j.title, j.owner FROM ({}) q JOIN golden_paths_journey j ON j.id = q.journey_id \
             ORDER BY q.order_at, q.journey_id, q.step_key, q.what, q.team LIMIT {}",
            parts.join(" UNION ALL "),
            (QUEUE + 1) * teams.len()
        );
        (text, values)
    }

    /// How much waits for each of these.
    async fn counts(&self, teams: &[String]) -> Result<Vec<u64>, DbErr> {
        if teams.is_empty() {
            return Ok(Vec::new());
        }
        let marks = db::marks(teams.len());
        let text = format!("SELECT team, count(*) AS n FROM golden_paths_wait WHERE team IN ({marks}) GROUP BY team");
        let rows = db::rows(self.kit.db.read(), &text, teams.iter().map(|team| team.as_str().into())).await?;
        let mut counts = vec![0; teams.len()];
        for row in rows {
            let team: String = row.try_get("", "team")?;
            if let Some(at) = teams.iter().position(|each| *each == team) {
                counts[at] = row.try_get::<i64>("", "n")?.unsigned_abs();
            }
        }
        Ok(counts)
    }
}

/// Who a caller is, as journeys see it.
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
pub(super) fn own_names(caller: &Caller) -> Vec<String> {
    let groups = caller.principal().map(|principal| principal.groups.clone()).unwrap_or_default();
    let groups = groups.into_iter().filter(|group| group.starts_with("group:"));
    std::iter::once(caller.subject().to_owned()).chain(groups).collect()
}

/// A journey as policies see it, where `owner` is one of those who have a part in it.
fn attributes<'a>(id: &'a str, owner: &'a str) -> Attributes<'a> {
    Attributes { id, kind: "journey", owner, ..Attributes::default() }
}

fn people_of(row: &JourneyRow) -> Vec<String> {
    row.whose.iter().cloned().chain([row.owner.clone(), row.starter.clone()]).collect()
}

/// A place in a queue.
struct After {
    order_at: Millis,
    row: i64,
    key: String,
    what: String,
}

impl After {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let (order_at, row, what) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { order_at, row, what, key: parts.next()?.to_owned() })
    }

    fn written(&self) -> String {
        format!("{}:{}:{}:{}", self.order_at, self.row, self.what, self.key)
    }
}

fn read_item(row: &QueryResult) -> Result<(After, QueueItem), DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    let (key, what) = (text("step_key")?, text("what")?);
    let waits = Waits::named(&what).ok_or_else(|| DbErr::Custom(format!("{what:?} waits")))?;
    let item = QueueItem {
        journey: text("uuid")?,
        title: text("title")?,
        owner: text("owner")?,
        key: key.clone(),
        name: text("name")?,
        what: waits,
        team: text("team")?,
        assignee: text("assignee")?,
        since: row.try_get("", "since")?,
        due_at: row.try_get("", "due_at")?,
    };
    let after = After { order_at: row.try_get("", "order_at")?, row: row.try_get("", "journey_id")?, key, what };
    Ok((after, item))
}

/// The journey and the step that an address of [`step_href`] leads to.
fn step_at(address: &str) -> Option<(String, String)> {
    let at = Address::parse(address);
    let id = at.segments().last()?.to_string();
    let step = at.one("step");
    (step_href(&id, &step) == address && !step.is_empty()).then_some((id, step))
}
