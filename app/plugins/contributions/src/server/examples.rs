//! Contributions of an example bank: what people did, told by the same rules as everywhere.

use std::collections::BTreeMap;

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::db;
use kit::server::jobs::{self, NewJob};
use review::{Answer, Command, Contribution, Entry, Millis, Pitch, Ui, Verdict, Who};
use serde::Deserialize;
use uuid::Uuid;

use super::Contributions;
use super::acting::{By, keep_upload};
use super::checks::check_job;
use super::evidence::{Pages, evidence_job};
use super::rest::Asked;

/// A day.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// A contribution, and what became of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    key: String,
    pitch: Pitch,
    by: Vec<String>,
    days: i64,
    #[serde(default)]
    acts: Vec<Act>,
}

/// What somebody did so many days ago; nobody stands for the portal, which finds every standard met.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    #[serde(default)]
    by: Vec<String>,
    days: i64,
    #[serde(default)]
    ask: Option<Asked>,
}

/// The number of an example, the same wherever it is loaded.
fn number(key: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("portico-example:{key}").as_bytes()).to_string()
}

/// A person, by the name and the groups.
fn somebody(by: &[String]) -> Option<Who> {
    let (name, groups) = by.split_first()?;
    let groups = groups.iter().map(|group| format!("group:default/{group}")).collect();
    Some(Who { subject: format!("user:default/{name}"), groups, administrator: false })
}

/// An example on its way.
struct Told {
    contribution: Contribution,
    entries: Vec<Entry>,
}

impl Contributions {
    /// Loads examples, written in JSON, with their pages, archives by their names, where no contribution is there yet. Nobody is told of them,
    /// since nobody waits for them.
    pub async fn load_examples(&self, text: &str, pages: BTreeMap<String, Vec<u8>>) -> Result<(), AppError> {
        let rows = db::rows(self.kit.db.read(), "SELECT 1 FROM contributions_contribution LIMIT 1", []).await?;
        if !rows.is_empty() {
            return Ok(());
        }
        let examples: Vec<Example> = serde_json::from_str(text).map_err(AppError::internal)?;
        let now = self.kit.clock.now();
        let mut uploads = BTreeMap::new();
        for (name, content) in pages {
            let pages = Pages::Archive(content);
            let hash = self.evidence.take(&pages).await.map_err(AppError::internal)?;
            uploads.insert(name, (hash, pages));
        }
        let mut told: Vec<Told> = Vec::new();
        for example in examples {
            let pitched = Told { contribution: Contribution::new(&number(&example.key)), entries: Vec::new() };
            told.push(pitched);
            let at = told.len() - 1;
            let pitch = Command::Pitch(example.pitch);
            self.tell(&mut told[at], now - example.days * DAY, somebody(&example.by).as_ref(), pitch)?;
            for act in example.acts {
                let (when, who) = (now - act.days * DAY, somebody(&act.by));
                let open = told[at].contribution.in_review().cloned();
                let command = match act.ask.map(Command::from) {
                    None => Command::Check { submission: open.map(|open| open.number), found: Vec::new() },
                    Some(Command::Decide { stage, submission, commit, verdict: Verdict::Accept { comment, .. } }) => {
                        let items = open.iter().flat_map(|open| &open.checklist.items);
                        let answers = items.map(|item| (item.id.clone(), Answer::Met)).collect();
                        Command::Decide { stage, submission, commit, verdict: Verdict::Accept { answers, comment } }
                    }
                    Some(Command::Merge { into }) => {
                        let into = number(&into);
                        let other = told.iter().position(|told| told.contribution.id == into);
                        let other = other.ok_or_else(|| AppError::internal("an example is merged into none"))?;
                        let from = Box::new(told[at].contribution.clone());
                        self.tell(&mut told[other], when, who.as_ref(), Command::Absorb { from })?;
                        Command::Merge { into }
                    }
                    Some(Command::Submit { stage, mut material }) => {
                        if let Some(Ui::Upload { name, hash }) = &mut material.ui {
                            let sent =
                                uploads.get(name).ok_or_else(|| AppError::internal("an example has no pages"))?;
                            hash.clone_from(&sent.0);
                        }
                        Command::Submit { stage, material }
                    }
                    Some(other) => other,
                };
                self.tell(&mut told[at], when, who.as_ref(), command)?;
            }
        }
        let tx = self.kit.db.begin().await?;
        for (name, (hash, pages)) in uploads {
            if let Pages::Archive(content) = pages {
                keep_upload(&tx, &hash, &name, content, Caller::System.subject(), now).await?;
            }
        }
        for Told { contribution, entries } in &told {
            let at = entries.last().map_or(now, |entry| entry.at);
            let by = By { who: None, caller: &Caller::System, lease: None, is_example: true };
            self.write(&tx, None, contribution, entries, at, &by).await?;
        }
        // The catalog is read first: what is not there yet is not missing.
        let first = now + self.check_every;
        let mut due: Vec<NewJob> = told.iter().map(|told| check_job(first, &told.contribution.id)).collect();
        // What is in review with pages of its own has them looked at like any other.
        let reviewed = told.iter().filter_map(|told| Some((&told.contribution.id, told.contribution.in_review()?)));
        let reviewed = reviewed.filter(|(_, open)| open.needs_report());
        due.extend(reviewed.map(|(id, open)| evidence_job(now, id, open.number)));
        due.sort_by(|one, other| one.key.cmp(&other.key));
        jobs::enqueue_all(&tx, now, &due).await?;
        tx.commit().await?;
        Ok(())
    }

    fn tell(&self, told: &mut Told, at: Millis, who: Option<&Who>, command: Command) -> Result<(), AppError> {
        let handled = told.contribution.handle(at, &self.rules, who, command);
        let (after, entries) = handled.map_err(|refused| AppError::internal(format!("an example: {refused}")))?;
        told.contribution = after;
        told.entries.extend(entries);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kit::server::testing::databases;
    use review::{Stage, State};

    use crate::server::tests::Bank;

    #[tokio::test]
    async fn the_example_bank_has_contributions_at_every_stage() {
        const TEXT: &str = include_str!("../../../../../examples/contributions.json");
        for db in databases().await {
            let bank = Bank::open(&db);
            for _ in 0..2 {
                let pages =
                    ["clean.zip", "faulty.zip", "hostile.zip"].map(|name| (name.to_owned(), b"PK good".to_vec()));
                bank.here.load_examples(TEXT, pages.into()).await.expect("they are told by the rules");
            }
            let all = bank.column("SELECT stage FROM contributions_contribution").await;
            assert!(all.len() >= 12, "{}", all.len());
            assert!(Stage::ALL.iter().all(|stage| all.iter().any(|each| each == stage.name())), "{all:?}");
            let states = bank.column("SELECT DISTINCT state FROM contributions_contribution").await;
            assert_eq!(states.len(), State::ALL.len(), "{states:?}");
            let looked = bank.column("SELECT job_key FROM job WHERE kind = 'contributions.evidence'").await;
            assert_eq!(looked.len(), 3, "one is clean, one is faulty, one is hostile: {looked:?}");
            let sent = bank.column("SELECT recipient FROM inbox_message").await;
            assert!(sent.is_empty(), "{}: {sent:?}", db.name());
        }
    }
}
