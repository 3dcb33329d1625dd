//! The stages in their order, how a contribution stands, and what may follow what: the transition tables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is contributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A plugin that is built into the portal.
    #[default]
    NativePlugin,
    /// A service of its own, whose pages the portal shows.
    ProxiedService,
    /// A software template.
    Template,
    /// A golden path.
    GoldenPath,
    /// Documentation.
    Documentation,
}

impl Kind {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::NativePlugin, Self::ProxiedService, Self::Template, Self::GoldenPath, Self::Documentation];

    /// As it stands in tables, files and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::NativePlugin => "native-plugin",
            Self::ProxiedService => "proxied-service",
            Self::Template => "template",
            Self::GoldenPath => "golden-path",
            Self::Documentation => "documentation",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::NativePlugin => "Native plugin",
            Self::ProxiedService => "Proxied service",
            Self::Template => "Template",
            Self::GoldenPath => "Golden path",
            Self::Documentation => "Documentation",
        }
    }

    /// Whether it brings pages of its own. What has none is drawn by the portal itself, so that there is nothing to measure: people judge its words
    /// and its form by the checklist of the same gate.
    pub fn has_ui(self) -> bool {
        matches!(self, Self::NativePlugin | Self::ProxiedService)
    }

    /// Whether it runs, so that there is something to probe and to be on call for.
    pub fn runs(self) -> bool {
        matches!(self, Self::NativePlugin | Self::ProxiedService)
    }
}

/// A stage. The order is the one in which all of them are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The idea, in public.
    #[default]
    Pitch,
    /// Whether it fits the design system.
    Ux,
    /// Whether it fits the architecture.
    Architecture,
    /// Whether the code is sound.
    Code,
    /// Whether it can be run.
    Readiness,
    /// It is there for everybody.
    Live,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 6] = [Self::Pitch, Self::Ux, Self::Architecture, Self::Code, Self::Readiness, Self::Live];

    /// Those that something is submitted to.
    pub const GATES: [Self; 4] = [Self::Ux, Self::Architecture, Self::Code, Self::Readiness];

    /// Those that people decide.
    pub const REVIEWED: [Self; 3] = [Self::Ux, Self::Architecture, Self::Code];

    /// As it stands in tables, files and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pitch => "pitch",
            Self::Ux => "ux",
            Self::Architecture => "architecture",
            Self::Code => "code",
            Self::Readiness => "readiness",
            Self::Live => "live",
        }
    }

    /// The stage of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pitch => "Pitch",
            Self::Ux => "UX validation",
            Self::Architecture => "Architecture review",
            Self::Code => "Code review",
            Self::Readiness => "Readiness",
            Self::Live => "Live",
        }
    }

    /// The one that follows; none after the last.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| *stage > self)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a contribution stands in its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is its contributors' turn: to submit what the stage asks for, to mend what came back, or to go live.
    #[default]
    Open,
    /// It is the gate's turn.
    InReview,
    /// A gate has rejected it.
    Rejected,
    /// Its contributors have appealed, and the board has to decide.
    Appealed,
    /// Its contributors have taken it back.
    Withdrawn,
    /// It is the same as another one, which has its supporters now.
    Merged,
    /// It is there for everybody.
    Live,
}

impl State {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::InReview, Self::Rejected, Self::Appealed, Self::Withdrawn, Self::Merged, Self::Live];

    /// As it stands in tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InReview => "in-review",
            Self::Rejected => "rejected",
            Self::Appealed => "appealed",
            Self::Withdrawn => "withdrawn",
            Self::Merged => "merged",
            Self::Live => "live",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "With its contributors",
            Self::InReview => "In review",
            Self::Rejected => "Rejected",
            Self::Appealed => "Appealed",
            Self::Withdrawn => "Withdrawn",
            Self::Merged => "Merged",
            Self::Live => "Live",
        }
    }

    /// Whether nothing leads on from it to live. A rejection can be appealed.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Withdrawn | Self::Merged)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The transition table of contributions: where one may be after it was somewhere. Whatever is not here cannot happen, whoever asks.
pub(crate) fn may_become((stage, state): (Stage, State), (next_stage, next): (Stage, State)) -> bool {
    use State::{Appealed, InReview, Live, Merged, Open, Rejected, Withdrawn};
    let is_gate = Stage::GATES.contains(&stage);
    match (state, next) {
        // Submitted to its stage; a pitch is submitted to the first gate.
        (Open, InReview) => (is_gate && next_stage == stage) || (stage == Stage::Pitch && next_stage == Stage::Ux),
        // Submitted anew to what nobody sends it back from.
        (InReview, InReview) => stage == Stage::Readiness && next_stage == stage,
        // Accepted, and on to the next stage; or sent back, to this gate or one before it.
        (InReview, Open) => {
            stage.next() == Some(next_stage) || (Stage::GATES.contains(&next_stage) && next_stage <= stage)
        }
        (InReview, Rejected) => Stage::REVIEWED.contains(&stage) && next_stage == stage,
        (Rejected, Appealed) | (Appealed, Rejected | InReview) => next_stage == stage,
        (Open | InReview | Rejected | Appealed, Withdrawn) => next_stage == stage,
        (Open | InReview, Merged) => next_stage == stage,
        (Open, Live) => stage == Stage::Live && next_stage == Stage::Live,
        _ => false,
    }
}

/// What a submission came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The gate opened.
    Accepted,
    /// It came back with what has to change.
    SentBack,
    /// It was rejected.
    Rejected,
    /// It was taken back before anybody had decided.
    Dropped,
}

impl Outcome {
    /// As it stands in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::SentBack => "sent-back",
            Self::Rejected => "rejected",
            Self::Dropped => "dropped",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::SentBack => "Sent back",
            Self::Rejected => "Rejected",
            Self::Dropped => "Taken back",
        }
    }
}
