//! How a run and its steps stand, and what may follow what.

use std::fmt;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits for a worker.
    Open,
    /// A worker is at it.
    Processing,
    /// It goes on at a time that a row holds, or when it is called back.
    Waiting,
    /// Nobody can tell whether its step was done; a person decides.
    Unknown,
    /// It is done.
    Completed,
    /// A step failed.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl TaskState {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Processing, Self::Waiting, Self::Unknown, Self::Completed, Self::Failed, Self::Cancelled];

    /// As it stands in the table and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// As Backstage's clients know it: they have no word for a run that waits, and none for one that a person is to decide on.
    pub fn backstage(self) -> &'static str {
        match self {
            Self::Waiting | Self::Unknown => Self::Processing.name(),
            other => other.name(),
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Queued",
            Self::Processing => "Running",
            Self::Waiting => "Waiting",
            Self::Unknown => "Outcome unknown",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing follows unless somebody asks for it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The transition table. A short run is written down once, so from `Open` it may be found wherever `Processing` leads.
    pub fn may_become(self, next: Self) -> bool {
        use TaskState::{Cancelled, Completed, Failed, Open, Processing, Unknown, Waiting};
        match self {
            Open => matches!(next, Processing | Waiting | Unknown | Completed | Failed | Cancelled),
            // A worker that takes over finds it as the one before left it.
            Processing => matches!(next, Processing | Waiting | Unknown | Completed | Failed | Cancelled),
            Waiting => matches!(next, Processing | Waiting | Unknown | Completed | Failed | Cancelled),
            // A person decides: repeat or done (it is queued again), failed; or cancels.
            Unknown => matches!(next, Open | Failed | Cancelled),
            // Tried again.
            Failed | Cancelled => matches!(next, Open),
            Completed => false,
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// It has not begun.
    Open,
    /// It is being done.
    Processing,
    /// It goes on later.
    Waiting,
    /// It is done.
    Completed,
    /// Its condition did not hold.
    Skipped,
    /// It failed.
    Failed,
    /// The run was ended while it was on its way.
    Cancelled,
    /// Nobody can tell.
    Unknown,
}

impl StepState {
    const ALL: [Self; 8] = [
        Self::Open,
        Self::Processing,
        Self::Waiting,
        Self::Completed,
        Self::Skipped,
        Self::Failed,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// As it stands in the table, and as Backstage's clients know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the run goes on after it.
    pub fn is_behind(self) -> bool {
        matches!(self, Self::Completed | Self::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_what_is_written_down_here() {
        let table: Vec<String> = TaskState::ALL
            .into_iter()
            .map(|from| {
                let next: Vec<&str> =
                    TaskState::ALL.into_iter().filter(|to| from.may_become(*to)).map(TaskState::name).collect();
                format!("{from}: {}", next.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "open: processing waiting unknown completed failed cancelled",
                "processing: processing waiting unknown completed failed cancelled",
                "waiting: processing waiting unknown completed failed cancelled",
                "unknown: open failed cancelled",
                "completed: ",
                "failed: open",
                "cancelled: open",
            ]
        );
    }

    #[test]
    fn every_state_is_found_by_its_name() {
        assert!(TaskState::ALL.into_iter().all(|state| TaskState::named(state.name()) == Some(state)));
        assert!(StepState::ALL.into_iter().all(|state| StepState::named(state.name()) == Some(state)));
        assert_eq!(TaskState::named("done"), None);
    }
}
