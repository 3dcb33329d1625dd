//! What can happen to a journey. An event that was ever recorded is read for ever after: a field that is added has a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::definition::StepDefinition;
use crate::duration::Millis;
use crate::effect::UndoStep;
use crate::fill::Origin;
use crate::state::JourneyState;

/// An event in a journey's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the journey, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// Who did it.
    pub actor: Actor,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Somebody, by the subject.
    Person(String),
    /// The portal.
    Portal,
    /// Whoever called a signed address.
    Signal,
}

impl Actor {
    /// As the table holds it.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(subject) => subject,
            Self::Portal => "portal",
            Self::Signal => "signal",
        }
    }
}

/// A version of a template or path that a journey keeps to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The canonical ref of what it is a version of.
    pub name: String,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    /// The canonical ref of its owner when it was pinned.
    #[serde(default)]
    pub owner: String,
    /// Its number.
    pub number: String,
    /// Its row.
    pub id: i64,
    /// Over everything that it holds.
    #[serde(default)]
    pub hash: String,
}

/// What is pinned, by the id of a step, or `<step>/undo/<index>` for what undoes it.
pub type Pins = BTreeMap<String, Pin>;

/// A file or link that shows something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is called.
    pub name: String,
    /// Where it is: an https address, or the portal's own path of a file.
    pub href: String,
}

/// What a run, or a journey along a nested path, came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is done.
    Completed(Map<String, Value>),
    /// It ended without; why.
    Failed(String),
    /// Nobody can tell; what a person has to find out.
    Unknown(String),
    /// It goes on after it had failed, or was not known.
    Resumed,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    /// Somebody opened it.
    Drafted {
        /// The path's canonical ref.
        path: String,
        /// What people call the path.
        title: String,
        /// Whom it belongs to: a person or a group.
        owner: String,
        /// The journey and the key of its step that this one is a part of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<(String, String)>,
        /// The journey that this one starts over.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        over: String,
    },
    /// It started.
    Started {
        /// The version of the path.
        pin: Pin,
        /// What was filled in.
        parameters: Map<String, Value>,
        /// The path's steps.
        steps: Vec<StepDefinition>,
        /// What the path has to show in the end, with expressions.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        output: Map<String, Value>,
        /// The versions that it keeps to.
        pins: Pins,
    },
    /// The journey stands otherwise.
    Became {
        /// How.
        state: JourneyState,
        /// What it has to show, once it is completed.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        outputs: Map<String, Value>,
    },
    /// A step is repeated over these.
    Expanded {
        /// The step's id.
        step: String,
        /// Over what.
        items: Vec<(String, Value)>,
    },
    /// What the path says of a step cannot be worked out.
    Broken {
        /// The step.
        step: String,
        /// Why.
        why: String,
    },
    /// What a step needs is behind it.
    Ready {
        /// The step.
        step: String,
    },
    /// A step waits: for its form, for whoever does or decides it, for a time or a signal.
    Opened {
        /// The step.
        step: String,
        /// When the time comes, or the next probe is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wake_at: Option<Millis>,
        /// What it is given, with its expressions worked out.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        input: Map<String, Value>,
        /// What a person reads, with its expressions worked out.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        said: String,
    },
    /// What a step runs is to begin with these values. Nothing is known of it yet.
    Begun {
        /// The step.
        step: String,
        /// What it begins with; no secret is in it.
        input: Map<String, Value>,
        /// Where each value came from, by its name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        origins: BTreeMap<String, Origin>,
        /// Who answers for it.
        by: String,
    },
    /// What a step runs is on its way.
    RunBegun {
        /// The step.
        step: String,
        /// The run, or the journey along the nested path.
        run: String,
    },
    /// What a step would run did not begin.
    RunRefused {
        /// The step.
        step: String,
        /// Why.
        why: String,
        /// Whether it is no longer to be had; else a person has to look at what it is given.
        missing: bool,
    },
    /// What a step runs stands otherwise.
    RunEnded {
        /// The step.
        step: String,
        /// The run.
        run: String,
        /// How.
        outcome: Outcome,
    },
    /// A run that nobody waits for any more is told to end, or over already.
    RunStopped {
        /// The run.
        run: String,
    },
    /// An address was asked.
    Probed {
        /// The step.
        step: String,
        /// Whether it answered as it should.
        good: bool,
        /// What it said, in short.
        said: String,
        /// When it is asked again; where that is no use, the step fails.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again_at: Option<Millis>,
    },
    /// A time that was waited for has come.
    TimeCame {
        /// The step.
        step: String,
    },
    /// A signed address was called.
    Signalled {
        /// The step.
        step: String,
        /// What it was called with.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        body: Map<String, Value>,
    },
    /// What was waited for did not come in time.
    TimedOut {
        /// The step.
        step: String,
    },
    /// Whoever has the step was reminded.
    Reminded {
        /// The step.
        step: String,
    },
    /// The step is overdue.
    Overdue {
        /// The step.
        step: String,
        /// Who else hears of it; may be empty.
        to: String,
    },
    /// Somebody has taken a step.
    Claimed {
        /// The step.
        step: String,
    },
    /// Somebody has put a step back.
    Released {
        /// The step.
        step: String,
    },
    /// A step is somebody else's.
    HandedOver {
        /// The step.
        step: String,
        /// Whose: a group or a person.
        to: String,
        /// Why; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody decides in another's place.
    Delegated {
        /// The step.
        step: String,
        /// Who.
        to: String,
    },
    /// A task is done.
    Done {
        /// The step.
        step: String,
        /// What was filled in.
        outputs: Map<String, Value>,
        /// What shows it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    /// Somebody agreed.
    Approved {
        /// The step.
        step: String,
        /// What they said; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
        /// In whose place; empty for their own.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        instead_of: String,
    },
    /// Enough have agreed.
    Agreed {
        /// The step.
        step: String,
    },
    /// Somebody refused.
    Declined {
        /// The step.
        step: String,
        /// Why.
        reason: String,
        /// The step that begins again; empty where the approval fails.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        back_to: String,
    },
    /// A step is left out.
    Skipped {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// Somebody answers for a step: it was done elsewhere.
    Attested {
        /// The step.
        step: String,
        /// Why.
        reason: String,
        /// What shows it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    /// Somebody asks that a step be left out, or taken as done.
    ExceptionAsked {
        /// The step.
        step: String,
        /// Whether it was done elsewhere, rather than left out.
        attest: bool,
        /// Why.
        reason: String,
        /// What shows it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
    },
    /// That is refused.
    ExceptionDeclined {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// A step that failed begins again.
    Retried {
        /// The step.
        step: String,
        /// Whether its run goes on where it failed, rather than a new one.
        resume: bool,
    },
    /// Somebody said something.
    Commented {
        /// The step; empty for the journey.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        step: String,
        /// What.
        text: String,
        /// Whom they turned to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<String>,
    },
    /// Somebody showed something.
    EvidenceAdded {
        /// The step.
        step: String,
        /// What.
        evidence: Evidence,
    },
    /// Newer versions hold for the steps that have not begun.
    Upgraded {
        /// The version of the path, where it is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<Pin>,
        /// The steps that have not begun, all of them.
        steps: Vec<StepDefinition>,
        /// The versions of these steps.
        pins: Pins,
        /// What the newer version asks for besides.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        parameters: Map<String, Value>,
        /// What the path has to show in the end, with expressions.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        output: Map<String, Value>,
    },
    /// It is somebody else's.
    Transferred {
        /// Whose: a person or a group.
        to: String,
    },
    /// Somebody ended it.
    Cancelled {
        /// Why; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// What is to be undone, in this order.
        undo: Vec<UndoStep>,
    },
    /// Something that was done while it was being ended is to be undone as well, first.
    UndoAdded {
        /// What.
        undo: Vec<UndoStep>,
    },
    /// What undoes a step is on its way; a run that is to begin has no number yet.
    UndoBegun {
        /// Which.
        key: String,
        /// The run; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        run: String,
    },
    /// Something is undone, or it is done with.
    Undone {
        /// Which.
        key: String,
        /// What came of it; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Something could not be undone.
    UndoFailed {
        /// Which.
        key: String,
        /// Why.
        why: String,
    },
    /// It is tried again.
    UndoRetried {
        /// Which.
        key: String,
    },
    /// Its owner gave it up.
    GivenUp {
        /// Why.
        reason: String,
    },
    /// Another journey starts over.
    StartedOver {
        /// Which.
        journey: String,
    },
}

impl Event {
    /// The step that it concerns.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::Expanded { step, .. }
            | Self::Broken { step, .. }
            | Self::Ready { step }
            | Self::Opened { step, .. }
            | Self::Begun { step, .. }
            | Self::RunBegun { step, .. }
            | Self::RunRefused { step, .. }
            | Self::RunEnded { step, .. }
            | Self::Probed { step, .. }
            | Self::TimeCame { step }
            | Self::Signalled { step, .. }
            | Self::TimedOut { step }
            | Self::Reminded { step }
            | Self::Overdue { step, .. }
            | Self::Claimed { step }
            | Self::Released { step }
            | Self::HandedOver { step, .. }
            | Self::Delegated { step, .. }
            | Self::Done { step, .. }
            | Self::Approved { step, .. }
            | Self::Agreed { step }
            | Self::Declined { step, .. }
            | Self::Skipped { step, .. }
            | Self::Attested { step, .. }
            | Self::ExceptionAsked { step, .. }
            | Self::ExceptionDeclined { step, .. }
            | Self::Retried { step, .. }
            | Self::EvidenceAdded { step, .. } => Some(step),
            Self::Commented { step, .. } => Some(step).filter(|step| !step.is_empty()).map(String::as_str),
            _ => None,
        }
    }

    /// One word for what happened, as the history is filtered by.
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["event"].as_str().unwrap_or_default().to_owned()
    }
}
