//! A contribution, and the one place where an event changes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Actor, Entry, Event, Millis, REPOSITORY};
use crate::material::{Change, Finding, Material, Pitch, Report, is_past};
use crate::rules::{Answers, Checklist};
use crate::stage::{Outcome, Stage, State, may_become};
use crate::standard::{Found, unmet};

/// The most comments that a contribution has.
pub(crate) const COMMENTS: usize = 500;

/// Stands among the standards for the findings that were waived.
pub const WAIVERS: &str = "waivers";

/// A contribution, from its pitch to live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contribution {
    /// Its public number.
    pub id: String,
    /// The idea, as it is worded now.
    pub pitch: Pitch,
    /// Where it is.
    pub stage: Stage,
    /// How it stands there.
    pub state: State,
    /// Since when it is where it is.
    pub since: Millis,
    /// The subject of whoever had the idea; [`REPOSITORY`] where it came from the mirror.
    pub author: String,
    /// Everybody who has had a hand in it: whoever pitched, edited or submitted it. None of them decides.
    pub makers: BTreeSet<String>,
    /// Who supports it.
    pub supporters: BTreeSet<String>,
    /// Who wants to hear of it.
    pub followers: BTreeSet<String>,
    /// What was said.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// What was submitted, in order.
    #[serde(default)]
    pub submissions: Vec<Submission>,
    /// Findings that keep no gate closed for a time, by key.
    #[serde(default)]
    pub waivers: BTreeMap<String, Waiver>,
    /// The stages that it has been in, and since when; each as often as it came there.
    #[serde(default)]
    pub passages: Vec<(Stage, Millis)>,
    /// Whether somebody has appealed, which is done once.
    #[serde(default)]
    pub appealed: bool,
    /// Why somebody has appealed.
    #[serde(default)]
    pub appeal: String,
    /// The contribution that has its supporters now.
    #[serde(default)]
    pub merged_into: String,
    /// What the standards were last found to be.
    #[serde(default)]
    pub standards: Vec<Found>,
    /// When they were looked at; none before.
    #[serde(default)]
    pub checked_at: Option<Millis>,
    /// What it does not meet although it is live.
    #[serde(default)]
    pub flag: Option<Flag>,
    /// When it was opened.
    pub created_at: Millis,
    /// When it went live.
    #[serde(default)]
    pub live_at: Option<Millis>,
    /// The number of its last event.
    pub seq: u64,
}

/// Something that was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Who.
    pub who: String,
    /// When.
    pub at: Millis,
    /// What, in Markdown.
    pub text: String,
}

/// A submission to a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    /// Its number, from 1.
    pub number: u32,
    /// The gate.
    pub stage: Stage,
    /// Who submitted it.
    pub by: String,
    /// When.
    pub at: Millis,
    /// What was submitted.
    pub material: Material,
    /// What the gate goes by.
    pub checklist: Checklist,
    /// How many have to accept.
    pub quorum: usize,
    /// When the gate should have decided.
    #[serde(default)]
    pub due_at: Option<Millis>,
    /// Whether that is past, and was told.
    #[serde(default)]
    pub overdue: bool,
    /// Who reviews it.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Who has accepted.
    #[serde(default)]
    pub votes: Vec<Vote>,
    /// What the machine found on its pages.
    #[serde(default)]
    pub report: Option<Report>,
    /// Why the machine could not look; empty where it did, or is about to.
    #[serde(default)]
    pub no_report: String,
    /// What it came to; none while it is decided.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Whoever rejected it, and was overruled: they do not decide about it again.
    #[serde(default)]
    pub overruled: BTreeSet<String>,
}

/// Somebody who reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub who: String,
    /// Since when.
    pub at: Millis,
}

/// Somebody who has accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub who: String,
    /// When.
    pub at: Millis,
    /// What they found.
    #[serde(default)]
    pub answers: Answers,
    /// What they said.
    #[serde(default)]
    pub comment: String,
    /// The commit that this is about, in the code review.
    #[serde(default)]
    pub commit: String,
}

/// What a submission came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub outcome: Outcome,
    /// Who had the last word; the portal where it was the gate itself.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// What has to change.
    #[serde(default)]
    pub changes: Vec<String>,
}

/// That a finding keeps no gate closed, for a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Millis,
    /// Until when.
    pub expires: Millis,
}

/// That something live does not meet the standards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Those that it does not meet.
    pub standards: Vec<String>,
    /// Since when.
    pub since: Millis,
}

impl Submission {
    /// How many more reviewers find a place.
    pub fn places(&self) -> usize {
        self.quorum.saturating_sub(self.at_it().len())
    }

    /// Everybody who reviews it or has accepted.
    pub fn at_it(&self) -> BTreeSet<&str> {
        let claims = self.claims.iter().map(|claim| claim.who.as_str());
        claims.chain(self.votes.iter().map(|vote| vote.who.as_str())).collect()
    }

    /// The commit that it is about; empty outside the code review.
    pub fn commit(&self) -> &str {
        self.material.change.as_ref().map_or("", |change| change.commit.as_str())
    }

    /// Whether the machine has to look at it before the gate opens.
    pub fn needs_report(&self) -> bool {
        self.material.ui.is_some()
    }
}

impl Contribution {
    /// One that nothing has happened to.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// The same from its history.
    pub fn replay(id: &str, history: &[Entry]) -> Self {
        history.iter().fold(Self::new(id), |mut contribution, entry| {
            contribution.apply(entry);
            contribution
        })
    }

    /// The submission that is with the gate.
    pub fn in_review(&self) -> Option<&Submission> {
        self.submissions.last().filter(|last| last.decision.is_none() && self.state == State::InReview)
    }

    /// A submission.
    pub fn submission(&self, number: u32) -> Option<&Submission> {
        self.submissions.iter().find(|submission| submission.number == number)
    }

    /// The last submission to a gate.
    pub fn last_to(&self, stage: Stage) -> Option<&Submission> {
        self.submissions.iter().rev().find(|submission| submission.stage == stage)
    }

    /// What a submission has otherwise than the one before it to the same gate; nothing for the first.
    pub fn changes(&self, number: u32) -> Vec<Change> {
        let Some(submission) = self.submission(number) else { return Vec::new() };
        let mut earlier =
            self.submissions.iter().filter(|other| other.number < number && other.stage == submission.stage);
        earlier.next_back().map(|before| submission.material.changes(&before.material)).unwrap_or_default()
    }

    /// The findings that keep the gate closed: blocking, and not waived.
    pub fn open_findings(&self, now: Millis) -> Vec<&Finding> {
        let report = self.in_review().and_then(|submission| submission.report.as_ref());
        let blocking = report.into_iter().flat_map(|report| &report.blocking);
        blocking.filter(|finding| !self.is_waived(&finding.key, now)).collect()
    }

    /// Whether a finding keeps no gate closed.
    pub fn is_waived(&self, finding: &str, now: Millis) -> bool {
        self.waivers.get(finding).is_some_and(|waiver| !is_past(waiver.expires, now))
    }

    /// Whether the gate has to decide about what it has, and the time for it is over.
    pub fn is_due(&self, now: Millis) -> bool {
        self.in_review().is_some_and(|open| !open.overdue && open.due_at.is_some_and(|due| due <= now))
    }

    /// Changes it by what has happened.
    pub fn apply(&mut self, entry: &Entry) {
        let (at, actor) = (entry.at, entry.actor.name());
        self.seq = entry.seq;
        match &entry.event {
            Event::Pitched { pitch, from } => {
                self.author = if from.is_some() { REPOSITORY } else { actor }.to_owned();
                self.pitch = pitch.clone();
                self.created_at = at;
                self.since = at;
                self.passages.push((Stage::Pitch, at));
                if matches!(entry.actor, Actor::Person(_)) {
                    self.makers.insert(actor.to_owned());
                    self.followers.insert(actor.to_owned());
                }
            }
            Event::Edited { pitch, .. } => {
                self.pitch = pitch.clone();
                if matches!(entry.actor, Actor::Person(_)) {
                    self.makers.insert(actor.to_owned());
                }
            }
            Event::Supported {} => {
                self.supporters.insert(actor.to_owned());
            }
            Event::Unsupported {} => {
                self.supporters.remove(actor);
            }
            Event::Followed {} => {
                self.followers.insert(actor.to_owned());
            }
            Event::Unfollowed {} => {
                self.followers.remove(actor);
            }
            Event::Commented { text, .. } => {
                self.comments.push(Comment { who: actor.to_owned(), at, text: text.clone() });
            }
            Event::Merged { into } => {
                self.drop_submission(actor, at);
                into.clone_into(&mut self.merged_into);
                self.become_(self.stage, State::Merged, at);
            }
            Event::Absorbed { supporters, followers, .. } => {
                self.supporters.extend(supporters.iter().filter(|who| !self.makers.contains(*who)).cloned());
                self.followers.extend(followers.iter().cloned());
            }
            Event::Submitted { stage, submission, material, checklist, quorum, due_at } => {
                self.makers.insert(actor.to_owned());
                self.followers.insert(actor.to_owned());
                self.drop_submission(actor, at);
                self.submissions.push(Submission {
                    number: *submission,
                    stage: *stage,
                    by: actor.to_owned(),
                    at,
                    material: (**material).clone(),
                    checklist: (**checklist).clone(),
                    quorum: *quorum,
                    due_at: *due_at,
                    overdue: false,
                    claims: Vec::new(),
                    votes: Vec::new(),
                    report: None,
                    no_report: String::new(),
                    decision: None,
                    overruled: BTreeSet::new(),
                });
                self.become_(*stage, State::InReview, at);
            }
            Event::Reported { submission, report } => {
                if let Some(open) = self.submission_mut(*submission) {
                    open.report = Some(report.clone());
                    open.no_report.clear();
                }
            }
            Event::NotReported { submission, why } => {
                if let Some(open) = self.submission_mut(*submission) {
                    why.clone_into(&mut open.no_report);
                }
            }
            Event::Waived { finding, reason, expires } => {
                let waiver = Waiver { by: actor.to_owned(), reason: reason.clone(), at, expires: *expires };
                self.waivers.insert(finding.clone(), waiver);
            }
            Event::Claimed { submission } => {
                if let Some(open) = self.submission_mut(*submission) {
                    open.claims.push(Claim { who: actor.to_owned(), at });
                }
            }
            Event::Released { submission } => {
                if let Some(open) = self.submission_mut(*submission) {
                    open.claims.retain(|claim| claim.who != actor);
                }
            }
            Event::Approved { submission, answers, comment, commit } => {
                if let Some(open) = self.submission_mut(*submission) {
                    open.claims.retain(|claim| claim.who != actor);
                    open.votes.push(Vote {
                        who: actor.to_owned(),
                        at,
                        answers: answers.clone(),
                        comment: comment.clone(),
                        commit: commit.clone(),
                    });
                }
            }
            Event::Passed { submission, next, .. } => {
                self.decide(*submission, Outcome::Accepted, actor, at, "", &[]);
                self.become_(*next, State::Open, at);
            }
            Event::SentBack { submission, changes, to } => {
                self.decide(*submission, Outcome::SentBack, actor, at, "", changes);
                self.become_(*to, State::Open, at);
            }
            Event::Rejected { submission, reason } => {
                self.decide(*submission, Outcome::Rejected, actor, at, reason, &[]);
                self.become_(self.stage, State::Rejected, at);
            }
            Event::Appealed { reason } => {
                self.appealed = true;
                reason.clone_into(&mut self.appeal);
                self.become_(self.stage, State::Appealed, at);
            }
            Event::AppealDecided { granted, .. } => {
                if *granted && let Some(last) = self.submissions.last_mut() {
                    last.overruled.extend(last.decision.take().map(|decision| decision.by));
                    last.claims.clear();
                    last.votes.clear();
                }
                let state = if *granted { State::InReview } else { State::Rejected };
                self.become_(self.stage, state, at);
            }
            Event::Withdrawn { .. } => {
                self.drop_submission(actor, at);
                self.become_(self.stage, State::Withdrawn, at);
            }
            Event::Checked { found } => {
                self.standards.clone_from(found);
                self.checked_at = Some(at);
            }
            Event::WentLive {} => {
                self.live_at = Some(at);
                self.become_(Stage::Live, State::Live, at);
            }
            Event::Flagged { standards } => {
                self.flag = Some(Flag { standards: standards.clone(), since: at });
            }
            Event::Cleared {} => self.flag = None,
            Event::Overdue { submission } => {
                if let Some(open) = self.submission_mut(*submission) {
                    open.overdue = true;
                }
            }
        }
    }

    fn submission_mut(&mut self, number: u32) -> Option<&mut Submission> {
        self.submissions.iter_mut().find(|submission| submission.number == number)
    }

    fn decide(&mut self, number: u32, outcome: Outcome, by: &str, at: Millis, reason: &str, changes: &[String]) {
        if let Some(submission) = self.submission_mut(number) {
            submission.claims.clear();
            submission.decision =
                Some(Decision { outcome, by: by.to_owned(), at, reason: reason.to_owned(), changes: changes.to_vec() });
        }
    }

    fn drop_submission(&mut self, by: &str, at: Millis) {
        if let Some(number) = self.in_review().map(|submission| submission.number) {
            self.decide(number, Outcome::Dropped, by, at, "", &[]);
        }
    }

    fn become_(&mut self, stage: Stage, state: State, at: Millis) {
        debug_assert!(
            may_become((self.stage, self.state), (stage, state)),
            "{:?} {:?} may not become {stage:?} {state:?}",
            self.stage,
            self.state
        );
        if stage != self.stage {
            self.passages.push((stage, at));
        }
        (self.stage, self.state, self.since) = (stage, state, at);
    }

    /// The submission that passed the UX gate, where one did.
    pub fn passed_ux(&self) -> Option<&Submission> {
        let accepted = |open: &&Submission| {
            open.stage == Stage::Ux
                && open.decision.as_ref().is_some_and(|decision| decision.outcome == Outcome::Accepted)
        };
        self.submissions.iter().rev().find(accepted)
    }

    /// What has become of the findings that were waived for its pages: a waiver that is past has to be mended. Nothing where nothing was waived.
    pub fn waived(&self, now: Millis) -> Option<Found> {
        let report = self.passed_ux()?.report.as_ref()?;
        let (waived, past): (Vec<_>, Vec<_>) =
            report.blocking.iter().partition(|finding| self.is_waived(&finding.key, now));
        let said = match (waived.len(), past.len()) {
            (0, 0) => return None,
            (waived, 0) => format!("{waived} findings are waived"),
            (_, past) => format!(
                "The waivers of {past} findings are past: the design team waives them again, or they are mended in a contribution that follows"
            ),
        };
        Some(Found { standard: WAIVERS.to_owned(), met: past.is_empty(), said })
    }

    /// The standards that it does not meet, as they were last found.
    pub fn unmet(&self) -> Vec<String> {
        unmet(&self.standards)
    }
}
