//! Who opens which gate, and by what: data of the bank.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::Millis;
use crate::stage::{Kind, Stage};
use crate::standard::{Check, Standard};

/// The rules that a bank has that says nothing else.
const DEFAULT: &str = include_str!("rules.toml");

/// A day.
const DAY: Millis = 86_400_000;

/// The rules of a bank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rules {
    /// Who merges duplicates.
    pub curators: Group,
    /// Who waives findings, for a time.
    pub design: Group,
    /// Who decides about appeals.
    pub board: Group,
    /// Who is told when something live no longer meets the standards.
    pub operators: Group,
    /// How many supporters a pitch has before it is submitted.
    #[serde(default)]
    pub supporters: usize,
    /// The longest that a finding is waived, in days.
    pub waiver_days: u32,
    /// The gates that people decide.
    pub stages: BTreeMap<Stage, StageRules>,
    /// The operational standards.
    pub standards: Vec<Standard>,
}

/// People of whom it takes some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// The canonical ref of the group.
    pub group: String,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageRules {
    /// The canonical refs of the groups that review.
    pub groups: Vec<String>,
    /// How many have to accept.
    pub quorum: usize,
    /// How many days they have.
    pub days: u32,
    /// What they go by. The first one that is for a kind holds.
    pub checklists: Vec<Checklist>,
}

impl StageRules {
    /// How long the gate has, in milliseconds.
    pub fn time(&self) -> Millis {
        Millis::from(self.days) * DAY
    }
}

/// What a gate goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Checklist {
    /// The kinds that it is for; all where empty.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Its version; the reviewing group raises it whenever it changes an item.
    pub version: String,
    /// What has to be so.
    pub items: Vec<Item>,
}

/// Something that has to be so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Item {
    /// What it is known as.
    pub id: String,
    /// What has to be so, in a sentence.
    pub text: String,
    /// Whether contributors have to show it by a link.
    #[serde(default)]
    pub evidence: bool,
}

/// What a reviewer found about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is so.
    Met,
    /// It is not so.
    Unmet,
    /// It does not apply; why.
    NotApplicable(String),
}

/// Answers, by the id of the item.
pub type Answers = BTreeMap<String, Answer>;

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RulesError(String);

impl Default for Rules {
    fn default() -> Self {
        Self::parse(DEFAULT).unwrap_or_else(|error| unreachable!("the rules that come along are right: {error}"))
    }
}

impl Rules {
    /// Reads rules that are written in TOML.
    ///
    /// # Errors
    /// When they cannot be read, or a gate could never open by them.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|error| RulesError(error.message().to_owned()))?;
        rules.check().map_err(RulesError)?;
        Ok(rules)
    }

    /// The gate of a stage, where people decide there.
    pub fn stage(&self, stage: Stage) -> Option<&StageRules> {
        self.stages.get(&stage)
    }

    /// Whether a stage is a gate that the portal alone decides about.
    pub fn is_machines(&self, stage: Stage) -> bool {
        Stage::GATES.contains(&stage) && self.stage(stage).is_none_or(|gate| gate.groups.is_empty())
    }

    /// What a gate goes by for a kind.
    pub fn checklist(&self, stage: Stage, kind: Kind) -> Option<&Checklist> {
        let lists = &self.stages.get(&stage)?.checklists;
        lists.iter().find(|list| list.kinds.is_empty() || list.kinds.contains(&kind))
    }

    /// The standards for a kind.
    pub fn standards(&self, kind: Kind) -> impl Iterator<Item = &Standard> {
        self.standards.iter().filter(move |standard| standard.is_for(kind))
    }

    /// The longest that a finding is waived.
    pub fn longest_waiver(&self) -> Millis {
        Millis::from(self.waiver_days) * DAY
    }

    fn check(&self) -> Result<(), String> {
        let named = [
            ("curators", &self.curators.group),
            ("design", &self.design.group),
            ("board", &self.board.group),
            ("operators", &self.operators.group),
        ];
        for (what, group) in named {
            is_group(group).map_err(|error| format!("{what}.group: {error}"))?;
        }
        if let Some(stage) = self.stages.keys().find(|stage| !Stage::REVIEWED.contains(stage)) {
            return Err(format!("stages.{stage}: people decide ux, architecture and code alone"));
        }
        for stage in Stage::REVIEWED {
            let rules =
                self.stages.get(&stage).ok_or_else(|| format!("stages.{stage}: a gate without rules never opens"))?;
            if rules.groups.is_empty() {
                return Err(format!("stages.{stage}.groups: name a group"));
            }
            for group in &rules.groups {
                is_group(group).map_err(|error| format!("stages.{stage}.groups: {error}"))?;
            }
            if !(1..=20).contains(&rules.quorum) {
                return Err(format!("stages.{stage}.quorum: from 1 to 20"));
            }
            if !(1..=365).contains(&rules.days) {
                return Err(format!("stages.{stage}.days: from 1 to 365"));
            }
            for kind in Kind::ALL {
                let list = self.checklist(stage, kind);
                let list = list.ok_or_else(|| format!("stages.{stage}.checklists: none is for {}", kind.name()))?;
                if list.version.is_empty() {
                    return Err(format!("stages.{stage}.checklists: each has a version"));
                }
                let ids: BTreeSet<&str> = list.items.iter().map(|item| item.id.as_str()).collect();
                if ids.len() != list.items.len() || ids.contains("") {
                    return Err(format!("stages.{stage}.checklists: items have an id each, and no two the same"));
                }
            }
        }
        if !(1..=3_650).contains(&self.waiver_days) {
            return Err("waiver-days: from 1 to 3650".into());
        }
        let ids: BTreeSet<&str> = self.standards.iter().map(|standard| standard.id.as_str()).collect();
        if ids.len() != self.standards.len() || ids.contains("") {
            return Err("standards: they have an id each, and no two the same".into());
        }
        for standard in &self.standards {
            let is_empty = match &standard.check {
                Check::Annotation { any, .. } => any.is_empty(),
                Check::Link { link, .. } => link.is_empty(),
                Check::Owner => false,
                Check::Probe { annotation, most_ms, .. } => annotation.is_empty() || !(1..=60_000).contains(most_ms),
            };
            if is_empty {
                return Err(format!(
                    "standards.{}: the check says what is looked at, and a probe takes 1 to 60000 ms",
                    standard.id
                ));
            }
        }
        Ok(())
    }
}

fn is_group(group: &str) -> Result<(), String> {
    let rest = group.strip_prefix("group:").and_then(|rest| rest.split_once('/'));
    match rest {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && group == group.to_lowercase() => Ok(()),
        _ => Err(format!("{group:?} is no group such as group:default/architects")),
    }
}
