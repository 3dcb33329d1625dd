//! How a journey and its steps stand, and what may follow what: the transition tables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a journey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JourneyState {
    /// Its parameters are being filled in; nothing is pinned.
    #[default]
    Draft,
    /// The portal is at a step.
    Running,
    /// It waits for a person, a time or a signal.
    Waiting,
    /// A step failed, or nobody can tell what became of it; somebody has to decide.
    Blocked,
    /// Every step is behind it.
    Completed,
    /// Somebody ended it; what it made is undone as far as that goes.
    Cancelled,
    /// Its owner gave it up where it was blocked.
    Failed,
}

impl JourneyState {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Draft, Self::Running, Self::Waiting, Self::Blocked, Self::Completed, Self::Cancelled, Self::Failed];

    /// As it stands in tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Running => "Running",
            Self::Waiting => "Waiting",
            Self::Blocked => "Blocked",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Given up",
        }
    }

    /// As ING's plugin calls it.
    pub fn ing(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled | Self::Failed => "cancelled",
            _ => "processing",
        }
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// The transition table of journeys.
    pub fn may_become(self, next: Self) -> bool {
        use JourneyState::{Blocked, Cancelled, Completed, Draft, Failed, Running, Waiting};
        match self {
            Draft => matches!(next, Running | Waiting | Blocked | Completed | Cancelled),
            Running => matches!(next, Waiting | Blocked | Completed | Cancelled),
            Waiting => matches!(next, Running | Blocked | Completed | Cancelled),
            Blocked => matches!(next, Running | Waiting | Completed | Cancelled | Failed),
            Completed | Cancelled | Failed => false,
        }
    }
}

impl fmt::Display for JourneyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// What it needs is not done.
    #[default]
    Pending,
    /// It may begin, and the portal is about to see to it.
    Ready,
    /// The portal is at it.
    Running,
    /// It waits for a person, a time or a signal.
    Waiting,
    /// It is done.
    Completed,
    /// It failed, or nobody can tell.
    Failed,
    /// It is left out: its condition did not hold, or somebody decided so.
    Skipped,
    /// Somebody answers for it: it was done elsewhere.
    Attested,
    /// What it would run is no longer to be had.
    Missing,
}

impl StepState {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Ready,
        Self::Running,
        Self::Waiting,
        Self::Completed,
        Self::Failed,
        Self::Skipped,
        Self::Attested,
        Self::Missing,
    ];

    /// As it stands in tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Attested => "attested",
            Self::Missing => "missing",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Not yet",
            Self::Ready => "Ready",
            Self::Running => "Running",
            Self::Waiting => "Waiting",
            Self::Completed => "Done",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Attested => "Done elsewhere",
            Self::Missing => "Missing",
        }
    }

    /// As ING's plugin calls it.
    pub fn ing(self) -> &'static str {
        match self {
            Self::Pending | Self::Ready => "enabled",
            Self::Running | Self::Waiting => "active",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Attested => "marked_as_done",
            Self::Missing => "missing",
        }
    }

    /// The state that ING's plugin has this word for, for runs that are taken over.
    pub fn from_ing(word: &str) -> Option<Self> {
        Some(match word {
            "enabled" => Self::Ready,
            "active" => Self::Running,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            "marked_as_done" => Self::Attested,
            "missing" => Self::Missing,
            _ => return None,
        })
    }

    /// Whether the journey goes on after it.
    pub fn is_behind(self) -> bool {
        matches!(self, Self::Completed | Self::Skipped | Self::Attested)
    }

    /// Whether somebody or something is at it, or has to be.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Ready | Self::Running | Self::Waiting | Self::Failed | Self::Missing)
    }

    /// The transition table of steps. Whatever an approval sends back begins again, and so does all that follows it.
    pub fn may_become(self, next: Self) -> bool {
        use StepState::{Attested, Completed, Failed, Missing, Pending, Ready, Running, Skipped, Waiting};
        match self {
            Pending => matches!(next, Ready | Skipped | Attested),
            Ready => matches!(next, Running | Waiting | Missing | Skipped | Attested | Pending | Failed),
            Running => matches!(next, Waiting | Completed | Failed | Missing | Pending),
            Waiting => matches!(next, Running | Completed | Failed | Skipped | Attested | Pending),
            // Tried again, by a new run or by its own.
            Failed => matches!(next, Ready | Running | Completed | Skipped | Attested | Pending),
            Missing => matches!(next, Ready | Skipped | Attested | Pending),
            // Sent back.
            Completed | Skipped | Attested => matches!(next, Pending),
        }
    }
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
