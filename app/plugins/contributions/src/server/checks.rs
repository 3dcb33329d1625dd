//! Whether contributions meet the bank's operational standards: looked at while they are with the readiness gate, and for as long as they are live.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::identity::Caller;
use kit::server::db;
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use review::{Check, Command, Contribution, Found, Millis, Stage, Standard, State};
use serde_json::{Value, json};
use url::Url;

use super::Contributions;
use super::acting::{Also, By, Failed};
use super::store;

/// The kind of job that looks at one contribution; it comes again.
pub const CHECK: &str = "contributions.check";

/// The kind of job that sweeps; there is one, which comes again.
pub const SWEEP: &str = "contributions.sweep";

/// The time between two sweeps: a minute.
const EVERY: Millis = 60 * 1000;

/// The longest time between two looks that somebody waits for: a minute.
const WAITED_FOR: Millis = 60 * 1000;

/// Contributions of one sweep.
const MOST: u32 = 2_000;

/// The standard that comes before all others: without an entry in the catalog there is nothing to look at.
pub const ENTRY: &str = "entry";

/// The longest that is said of an answer, in characters.
const SAID: usize = 300;

/// The job that looks at one contribution.
pub(super) fn check_job(now: Millis, id: &str) -> NewJob {
    NewJob { kind: CHECK, key: id.to_owned(), payload: json!({}), run_at: now, max_attempts: u32::MAX }
}

/// The job that sweeps, for the start of an instance: adding it again changes nothing.
pub fn sweep_job(now: Millis) -> NewJob {
    NewJob { kind: SWEEP, key: "contributions".into(), payload: json!({}), run_at: now, max_attempts: u32::MAX }
}

/// Looks at one contribution.
pub struct LookAtStandards {
    /// What it works with.
    pub contributions: Contributions,
}

#[async_trait]
impl Handler for LookAtStandards {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let here = &self.contributions;
        let Some(stored) = store::load(here.kit.db.read(), &lease.key).await? else { return Ok(Next::Done) };
        let contribution = stored.contribution;
        let with_gate = contribution.in_review().filter(|open| open.stage == Stage::Readiness);
        let is_live = contribution.stage == Stage::Live && matches!(contribution.state, State::Open | State::Live);
        if with_gate.is_none() && !is_live {
            return Ok(Next::Done);
        }
        let submission = with_gate.map(|open| open.number);
        // Somebody waits for a gate, and nobody for what is live.
        let every = if submission.is_some() { here.check_every.min(WAITED_FOR) } else { here.check_every };
        let found = here.look_at(&contribution).await.map_err(|error| JobError::Failed(error.to_string()))?;
        match here.command(&lease.key, &By::portal(lease), Command::Check { submission, found }, Also::default()).await
        {
            Ok(_) => Ok(Next::At(here.kit.clock.now() + every)),
            Err(Failed::LeaseLost) => Err(JobError::LeaseLost),
            Err(Failed::Unknown) => Ok(Next::Done),
            Err(Failed::Refused(refused)) => Err(JobError::Failed(refused.to_string())),
            Err(Failed::Error(error)) => Err(JobError::Failed(error.to_string())),
        }
    }
}

/// Catches up with what nobody thought of, and tells of gates that take too long.
pub struct Sweep {
    /// What it works with.
    pub contributions: Contributions,
}

#[async_trait]
impl Handler for Sweep {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let here = &self.contributions;
        let now = here.kit.clock.now();
        let text = format!("SELECT uuid FROM contributions_contribution WHERE due_at <= ? ORDER BY uuid LIMIT {MOST}");
        for row in db::rows(here.kit.db.read(), &text, [now.into()]).await? {
            let id: String = row.try_get("", "uuid")?;
            match here.command(&id, &By::portal(lease), Command::Look, Also::default()).await {
                Ok(_) | Err(Failed::Unknown | Failed::Refused(_)) => {}
                Err(Failed::LeaseLost) => return Err(JobError::LeaseLost),
                Err(Failed::Error(error)) => return Err(JobError::Failed(error.to_string())),
            }
        }
        let text = format!(
            "SELECT uuid FROM contributions_contribution WHERE check_at IS NOT NULL ORDER BY uuid LIMIT {MOST}"
        );
        let rows = db::rows(here.kit.db.read(), &text, []).await?;
        let mut late = rows.iter().map(|row| row.try_get("", "uuid")).collect::<Result<Vec<String>, _>>()?;
        let there = jobs::there(here.kit.db.read(), CHECK, &late).await?;
        late.retain(|id| !there.contains(id));
        let tx = here.kit.db.begin().await?;
        lease.fence(&tx).await?;
        let due: Vec<NewJob> = late.iter().map(|id| check_job(now, id)).collect();
        jobs::enqueue_all(&tx, now, &due).await?;
        tx.commit().await?;
        Ok(Next::At(now + EVERY))
    }
}

impl Contributions {
    /// What the standards are found to be, in their order.
    async fn look_at(&self, contribution: &Contribution) -> Result<Vec<Found>, kit::error::AppError> {
        let entity_ref = contribution.last_to(Stage::Readiness).map(|open| open.material.entity.clone());
        let entity_ref = entity_ref.unwrap_or_default();
        let entity = self.entities.entity(&Caller::System, &entity_ref).await?;
        let Some(entity) = entity else {
            return Ok(vec![found(ENTRY, false, format!("The catalog has no {entity_ref}"))]);
        };
        let owner = owner_of(&entity);
        let entry = if owner == contribution.pitch.owner {
            found(ENTRY, true, format!("The catalog has {entity_ref}"))
        } else {
            found(ENTRY, false, format!("{entity_ref} belongs to {owner:?}, and not to {}", contribution.pitch.owner))
        };
        let mut all = vec![entry];
        for standard in self.rules.standards(contribution.pitch.kind) {
            all.push(self.look_at_one(standard, &entity, &owner).await?);
        }
        all.extend(contribution.waived(self.kit.clock.now()));
        Ok(all)
    }

    async fn look_at_one(
        &self,
        standard: &Standard,
        entity: &Value,
        owner: &str,
    ) -> Result<Found, kit::error::AppError> {
        let annotation = |name: &str| {
            let value = entity["metadata"]["annotations"][name].as_str().unwrap_or_default().trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let (met, said) = match &standard.check {
            Check::Annotation { any, among } => {
                let value = any.iter().find_map(|name| Some((name, annotation(name)?)));
                match value {
                    None => (false, format!("It bears none of {}", any.join(", "))),
                    Some((name, value)) if !among.is_empty() && !among.contains(&value) => {
                        (false, format!("{name} is {value:?}, and not one of {}", among.join(", ")))
                    }
                    Some((name, value)) => (true, format!("{name} is {value}")),
                }
            }
            Check::Link { link, any } => {
                let links = entity["metadata"]["links"].as_array();
                let linked = links.into_iter().flatten().find(|each| {
                    let is = |field: &str| each[field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(link));
                    is("type") || is("title")
                });
                let url = linked.and_then(|each| each["url"].as_str().map(str::to_owned));
                match url.or_else(|| any.iter().find_map(|name| annotation(name))) {
                    Some(url) => (true, format!("It leads to {url}")),
                    None => (false, format!("It has no link of the type {link}")),
                }
            }
            Check::Owner => self.look_at_owner(owner).await?,
            Check::Probe { annotation: name, most_ms, limit } => match annotation(name) {
                None => (false, format!("It bears no {name}")),
                Some(address) => {
                    let declared = annotation(limit).and_then(|limit| limit.parse::<u32>().ok());
                    let most = declared.map_or(*most_ms, |declared| declared.min(*most_ms));
                    self.probe(&address, most).await
                }
            },
        };
        Ok(found(&standard.id, met, said))
    }

    async fn look_at_owner(&self, owner: &str) -> Result<(bool, String), kit::error::AppError> {
        let Some(entity) = self.entities.entity(&Caller::System, owner).await? else {
            return Ok((false, format!("The catalog has no {owner:?}")));
        };
        if !owner.starts_with("group:") {
            return Ok((true, format!("{owner} is in the catalog")));
        }
        let members = entity["relations"].as_array().into_iter().flatten();
        let members = members.filter(|relation| relation["type"] == "hasMember").count();
        let members = members.max(entity["spec"]["members"].as_array().map_or(0, Vec::len));
        Ok(match members {
            0 => (false, format!("{owner} has no members")),
            1 => (true, format!("{owner} has 1 member")),
            members => (true, format!("{owner} has {members} members")),
        })
    }

    async fn probe(&self, address: &str, most_ms: u32) -> (bool, String) {
        let Ok(url) = Url::parse(address) else { return (false, format!("{address:?} is no address")) };
        let begun = Instant::now();
        let asked = self.kit.fetcher.get_without_credential(&url);
        match tokio::time::timeout(Duration::from_millis(u64::from(most_ms)), asked).await {
            Err(_) => (false, format!("{address} did not answer within {most_ms} ms")),
            Ok(Err(error)) => (false, error.to_string().chars().take(SAID).collect()),
            // The time that it took is not told: it is another one each time, and what was found would never be the same.
            Ok(Ok(_)) if begun.elapsed().as_millis() <= u128::from(most_ms) => {
                (true, format!("{address} answers within {most_ms} ms"))
            }
            Ok(Ok(_)) => (false, format!("{address} did not answer within {most_ms} ms")),
        }
    }
}

fn found(standard: &str, met: bool, said: String) -> Found {
    Found { standard: standard.to_owned(), met, said }
}

/// Whom an entity belongs to, by canonical ref.
fn owner_of(entity: &Value) -> String {
    let relations = entity["relations"].as_array().into_iter().flatten();
    let owned = relations.filter(|relation| relation["type"] == "ownedBy");
    let owner = owned.filter_map(|relation| relation["targetRef"].as_str()).next();
    let owner = owner.or_else(|| entity["spec"]["owner"].as_str()).unwrap_or_default();
    descriptor::EntityRef::parse(owner, Some("group"), "default").map(|owner| owner.to_string()).unwrap_or_default()
}
