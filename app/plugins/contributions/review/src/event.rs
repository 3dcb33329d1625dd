//! What can happen to a contribution. An event that was ever recorded is read for ever after: a field that is added has a default.

use serde::{Deserialize, Serialize};

use crate::material::{Material, Pitch, Report};
use crate::rules::{Answers, Checklist};
use crate::stage::Stage;
use crate::standard::Found;

/// Milliseconds since 1970.
pub type Millis = i64;

/// An event in a contribution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the contribution, from 1, without gaps.
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
}

impl Actor {
    /// As the table holds it.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(subject) => subject,
            Self::Portal => "portal",
        }
    }
}

/// The author of what was pitched by a file of the mirror.
pub const REPOSITORY: &str = "repository";

/// The commit of the mirror that something came by. Nobody has checked who wrote it: its name is shown, and nothing follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file.
    pub path: String,
    /// The commit; may be empty where it lies too far back.
    #[serde(default)]
    pub commit: String,
    /// What the commit calls its author.
    #[serde(default)]
    pub by: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum Event {
    /// Somebody had an idea.
    Pitched {
        /// The idea.
        pitch: Pitch,
        /// Where it came from, if it was the mirror.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Origin>,
    },
    /// It is worded otherwise.
    Edited {
        /// The idea, as it is now.
        pitch: Pitch,
        /// Where that came from, if it was the mirror.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Origin>,
    },
    /// Somebody supports it.
    Supported {},
    /// Somebody no longer does.
    Unsupported {},
    /// Somebody wants to hear of it.
    Followed {},
    /// Somebody no longer does.
    Unfollowed {},
    /// Somebody said something.
    Commented {
        /// What, in Markdown.
        text: String,
        /// Whom they turn to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<String>,
    },
    /// It is the same as another one.
    Merged {
        /// The other one.
        into: String,
    },
    /// Another one is the same as it.
    Absorbed {
        /// The other one.
        from: String,
        /// What people call that.
        title: String,
        /// Who supported that, and whoever had pitched it.
        supporters: Vec<String>,
        /// Who wanted to hear of that.
        followers: Vec<String>,
    },
    /// It was submitted to a gate.
    Submitted {
        /// The gate.
        stage: Stage,
        /// The number of the submission, from 1.
        submission: u32,
        /// What was submitted.
        material: Box<Material>,
        /// What the gate goes by, as it was then.
        #[serde(default)]
        checklist: Box<Checklist>,
        /// How many have to accept.
        quorum: usize,
        /// When the gate should have decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Millis>,
    },
    /// The machine has looked at the pages.
    Reported {
        /// The submission.
        submission: u32,
        /// What it found.
        report: Report,
    },
    /// The machine could not look at the pages.
    NotReported {
        /// The submission.
        submission: u32,
        /// Why.
        why: String,
    },
    /// A finding keeps the gate closed no longer, for a time.
    Waived {
        /// The finding.
        finding: String,
        /// Why.
        reason: String,
        /// Until when.
        expires: Millis,
    },
    /// Somebody reviews it.
    Claimed {
        /// The submission.
        submission: u32,
    },
    /// They do no longer.
    Released {
        /// The submission.
        submission: u32,
    },
    /// A reviewer has accepted.
    Approved {
        /// The submission.
        submission: u32,
        /// What they found.
        answers: Answers,
        /// What they said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
        /// The commit that this is about, in the code review.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        commit: String,
    },
    /// Enough have accepted: the gate has opened.
    Passed {
        /// The gate.
        stage: Stage,
        /// The submission.
        submission: u32,
        /// The next stage.
        next: Stage,
    },
    /// It came back.
    SentBack {
        /// The submission.
        submission: u32,
        /// What has to change.
        changes: Vec<String>,
        /// The gate to which it is submitted again.
        to: Stage,
    },
    /// It was rejected.
    Rejected {
        /// The submission.
        submission: u32,
        /// Why.
        reason: String,
    },
    /// Its contributors do not agree with that.
    Appealed {
        /// Why.
        reason: String,
    },
    /// The board has decided.
    AppealDecided {
        /// Whether it is reviewed again.
        granted: bool,
        /// Why.
        reason: String,
    },
    /// It is taken back.
    Withdrawn {
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The portal has looked whether the standards are met.
    Checked {
        /// What it found.
        found: Vec<Found>,
    },
    /// It is there for everybody.
    WentLive {},
    /// It no longer meets the standards.
    Flagged {
        /// Those that it does not meet.
        standards: Vec<String>,
    },
    /// It meets them again.
    Cleared {},
    /// The gate should have decided.
    Overdue {
        /// The submission.
        submission: u32,
    },
}

impl Event {
    /// As the table holds it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pitched { .. } => "pitched",
            Self::Edited { .. } => "edited",
            Self::Supported {} => "supported",
            Self::Unsupported {} => "unsupported",
            Self::Followed {} => "followed",
            Self::Unfollowed {} => "unfollowed",
            Self::Commented { .. } => "commented",
            Self::Merged { .. } => "merged",
            Self::Absorbed { .. } => "absorbed",
            Self::Submitted { .. } => "submitted",
            Self::Reported { .. } => "reported",
            Self::NotReported { .. } => "notReported",
            Self::Waived { .. } => "waived",
            Self::Claimed { .. } => "claimed",
            Self::Released { .. } => "released",
            Self::Approved { .. } => "approved",
            Self::Passed { .. } => "passed",
            Self::SentBack { .. } => "sentBack",
            Self::Rejected { .. } => "rejected",
            Self::Appealed { .. } => "appealed",
            Self::AppealDecided { .. } => "appealDecided",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Checked { .. } => "checked",
            Self::WentLive {} => "wentLive",
            Self::Flagged { .. } => "flagged",
            Self::Cleared {} => "cleared",
            Self::Overdue { .. } => "overdue",
        }
    }
}
