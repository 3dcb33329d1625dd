//! What people and the portal ask of a contribution, and who may.

use std::collections::BTreeSet;

use crate::contribution::{COMMENTS, Contribution, Submission};
use crate::event::{Actor, Entry, Event, Millis, Origin, REPOSITORY};
use crate::material::{Material, NOT_PLAIN, Pitch, Report, is_plain};
use crate::rules::{Answer, Answers, Checklist, Rules};
use crate::stage::{Kind, Stage, State};
use crate::standard::{Found, unmet};

/// The longest text that somebody says, in characters.
const SAID: usize = 10_000;

/// The most changes that are asked for at once.
const CHANGES: usize = 100;

/// The most problems that are told at once.
const PROBLEMS: usize = 20;

/// The most submissions of a contribution.
const SUBMISSIONS: usize = 500;

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The subject.
    pub subject: String,
    /// The canonical refs of the groups that they are in.
    pub groups: Vec<String>,
    /// Whether they administer the portal: then they may act for contributors and curators, and never decide or waive.
    pub administrator: bool,
}

impl Who {
    /// Whether they are it, or in it.
    pub fn is(&self, whom: &str) -> bool {
        !whom.is_empty() && (self.subject == whom || self.groups.iter().any(|group| group == whom))
    }

    fn is_any(&self, whom: &[String]) -> bool {
        whom.iter().any(|whom| self.is(whom))
    }
}

/// Why something was not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// Whoever asks may not.
    #[error("{0}")]
    Forbidden(String),
    /// It no longer, or not yet, is so that it could be done.
    #[error("{0}")]
    Conflict(String),
    /// Something is missing or wrong in what was given.
    #[error("{0}")]
    Invalid(String),
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is right.
    Accept {
        /// What they found about the items of the checklist.
        answers: Answers,
        /// What they say with it.
        comment: String,
    },
    /// It has to change.
    SendBack {
        /// What has to change.
        changes: Vec<String>,
        /// The gate to which it is submitted again: this one, or one before it.
        to: Option<Stage>,
    },
    /// It is not to be.
    Reject {
        /// Why.
        reason: String,
    },
}

/// What is asked of a contribution.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To begin at all.
    Pitch(Pitch),
    /// To be worded otherwise.
    Edit(Pitch),
    /// To be as a file of the mirror says; where there is no such contribution yet, to begin.
    Mirror {
        /// What the file says.
        pitch: Pitch,
        /// By which commit.
        from: Origin,
    },
    /// To be supported, or no longer.
    Support(bool),
    /// To be followed, or no longer.
    Follow(bool),
    /// To say something.
    Comment {
        /// What.
        text: String,
        /// Whom they turn to.
        mentions: Vec<String>,
    },
    /// To be taken as the same as another one, which exists and goes on.
    Merge {
        /// The other one.
        into: String,
    },
    /// To take over what another one had, which is the same.
    Absorb {
        /// The other one.
        from: Box<Contribution>,
    },
    /// To be submitted to a gate.
    Submit {
        /// The gate.
        stage: Stage,
        /// What is submitted.
        material: Material,
    },
    /// The machine has looked at the pages.
    Report {
        /// The submission.
        submission: u32,
        /// What it found, or why it could not look.
        report: Result<Report, String>,
    },
    /// To have a finding keep the gate closed no longer.
    Waive {
        /// The submission.
        submission: u32,
        /// The finding.
        finding: String,
        /// Why.
        reason: String,
        /// Until when.
        expires: Millis,
    },
    /// To review it.
    Claim {
        /// The submission.
        submission: u32,
    },
    /// To do so no longer.
    Release {
        /// The submission.
        submission: u32,
    },
    /// To decide.
    Decide {
        /// The gate.
        stage: Stage,
        /// The submission.
        submission: u32,
        /// The commit that was looked at; empty outside the code review.
        commit: String,
        /// What is decided.
        verdict: Verdict,
    },
    /// To have a rejection looked at again.
    Appeal {
        /// Why.
        reason: String,
    },
    /// To decide about that.
    DecideAppeal {
        /// Whether it is reviewed again.
        granted: bool,
        /// Why.
        reason: String,
    },
    /// To be taken back.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// The portal has looked whether the standards are met.
    Check {
        /// The submission, while it is with the readiness gate.
        submission: Option<u32>,
        /// What it found.
        found: Vec<Found>,
    },
    /// To be there for everybody.
    GoLive,
    /// Nothing but what is due.
    Look,
}

impl Contribution {
    /// Answers a command: the contribution as it is then, and what happened, in order. `who` is nobody for the portal itself.
    ///
    /// # Errors
    /// When it is not done; then nothing has changed.
    pub fn handle(
        &self,
        now: Millis,
        rules: &Rules,
        who: Option<&Who>,
        command: Command,
    ) -> Result<(Self, Vec<Entry>), Refused> {
        let actor = who.map_or(Actor::Portal, |who| Actor::Person(who.subject.clone()));
        let mut after = self.clone();
        let mut entries = Vec::new();
        for event in self.events(now, rules, who, command)? {
            let seq = after.seq + 1;
            let entry = Entry { seq, at: now, actor: actor.clone(), event };
            after.apply(&entry);
            entries.push(entry);
        }
        Ok((after, entries))
    }

    fn events(&self, now: Millis, rules: &Rules, who: Option<&Who>, command: Command) -> Result<Vec<Event>, Refused> {
        let is_new = self.seq == 0;
        let begins = matches!(command, Command::Pitch(_)) || (is_new && matches!(command, Command::Mirror { .. }));
        if is_new != begins {
            return Err(if is_new {
                Refused::Unknown("The contribution".into())
            } else {
                conflict("It is pitched already")
            });
        }
        match command {
            Command::Pitch(pitch) => {
                person(who)?;
                Ok(vec![Event::Pitched { pitch: checked(pitch)?, from: None }])
            }
            Command::Edit(pitch) => {
                self.made(person(who)?)?;
                self.edit(pitch, None)
            }
            Command::Mirror { pitch, from } => {
                // The portal alone begins; what differs is settled by people.
                if let Some(who) = who
                    && (is_new || !self.may_settle(rules, who))
                {
                    return Err(forbidden("Its contributors and the curators settle what differs from the repository"));
                }
                if is_new {
                    return Ok(vec![Event::Pitched { pitch: checked(pitch)?, from: Some(from) }]);
                }
                self.edit(pitch, Some(from))
            }
            Command::Support(wanted) => self.support(person(who)?, wanted),
            Command::Follow(wanted) => {
                let follows = self.followers.contains(&person(who)?.subject);
                Ok(match (follows, wanted) {
                    (false, true) => vec![Event::Followed {}],
                    (true, false) => vec![Event::Unfollowed {}],
                    _ => Vec::new(),
                })
            }
            Command::Comment { text, mentions } => {
                person(who)?;
                if self.comments.len() >= COMMENTS {
                    return Err(conflict(format!("A contribution has {COMMENTS} comments at most")));
                }
                Ok(vec![Event::Commented { text: said(&text, "Say something")?, mentions }])
            }
            Command::Merge { into } => self.merge(rules, person(who)?, into),
            Command::Absorb { from } => self.absorb(&from),
            Command::Submit { stage, material } => self.submit(now, rules, person(who)?, stage, material),
            Command::Report { submission, report } => self.report(who, submission, report),
            Command::Waive { submission, finding, reason, expires } => {
                self.waive(now, rules, person(who)?, submission, finding, &reason, expires)
            }
            Command::Claim { submission } => {
                let who = person(who)?;
                let open = self.reviewed(rules, who, submission)?;
                if open.at_it().contains(who.subject.as_str()) {
                    return Ok(Vec::new());
                }
                if open.places() == 0 {
                    return Err(conflict("As many review it already as it takes"));
                }
                Ok(vec![Event::Claimed { submission }])
            }
            Command::Release { submission } => {
                let who = person(who)?;
                let open = self.open(submission)?;
                if !open.claims.iter().any(|claim| claim.who == who.subject) {
                    return Err(conflict("You do not review it"));
                }
                Ok(vec![Event::Released { submission }])
            }
            Command::Decide { stage, submission, commit, verdict } => {
                self.decided(now, rules, person(who)?, (stage, submission), &commit, verdict)
            }
            Command::Appeal { reason } => {
                self.made(person(who)?)?;
                if self.state != State::Rejected {
                    return Err(conflict("What was not rejected is not appealed against"));
                }
                if self.appealed {
                    return Err(conflict("Somebody has appealed already, and that is done once"));
                }
                Ok(vec![Event::Appealed { reason: said(&reason, "Say why it should be looked at again")? }])
            }
            Command::DecideAppeal { granted, reason } => self.decide_appeal(rules, person(who)?, granted, &reason),
            Command::Withdraw { reason } => {
                self.made(person(who)?)?;
                match self.state {
                    State::Withdrawn => Err(conflict("It is withdrawn already")),
                    State::Merged => Err(conflict("It is merged into another one")),
                    State::Live => Err(conflict("It is live: retire it in the catalog")),
                    _ => Ok(vec![Event::Withdrawn { reason: short(&reason)? }]),
                }
            }
            Command::Check { submission, found } => self.check(who, submission, found),
            Command::GoLive => {
                let who = person(who)?;
                if self.made(who).is_err() && !who.is(&rules.operators.group) {
                    return Err(forbidden("Its contributors or the operators bring it live"));
                }
                if self.state == State::Live {
                    return Err(conflict("It is live already"));
                }
                if (self.stage, self.state) != (Stage::Live, State::Open) {
                    return Err(self.jump(Stage::Live));
                }
                let unmet = self.unmet();
                if !unmet.is_empty() {
                    return Err(conflict(format!("It no longer meets the standards: {}", unmet.join(", "))));
                }
                Ok(vec![Event::WentLive {}])
            }
            Command::Look => {
                portal(who)?;
                let open = self.in_review().filter(|_| self.is_due(now));
                Ok(open.map(|open| Event::Overdue { submission: open.number }).into_iter().collect())
            }
        }
    }

    fn edit(&self, pitch: Pitch, from: Option<Origin>) -> Result<Vec<Event>, Refused> {
        if self.state.is_over() || self.state == State::Appealed {
            return Err(conflict("It is over, and stays as it is"));
        }
        let pitch = checked(pitch)?;
        if pitch.kind != self.pitch.kind && self.stage != Stage::Pitch {
            return Err(conflict("Another kind has other gates: withdraw it and pitch it anew"));
        }
        if pitch.owner.is_empty() && self.stage != Stage::Pitch {
            return Err(Refused::Invalid("Name the team that owns it".into()));
        }
        Ok(if pitch == self.pitch { Vec::new() } else { vec![Event::Edited { pitch, from }] })
    }

    fn support(&self, who: &Who, wanted: bool) -> Result<Vec<Event>, Refused> {
        let supports = self.supporters.contains(&who.subject);
        if wanted == supports {
            return Ok(Vec::new());
        }
        if !wanted {
            return Ok(vec![Event::Unsupported {}]);
        }
        if self.makers.contains(&who.subject) {
            return Err(conflict("It is your own already"));
        }
        if self.state.is_over() {
            return Err(conflict("It is over"));
        }
        let mut events = vec![Event::Supported {}];
        if !self.followers.contains(&who.subject) {
            events.push(Event::Followed {});
        }
        Ok(events)
    }

    fn merge(&self, rules: &Rules, who: &Who, into: String) -> Result<Vec<Event>, Refused> {
        if self.author != who.subject && !who.is(&rules.curators.group) && !who.administrator {
            return Err(forbidden("Whoever pitched it and the curators say that it is a duplicate"));
        }
        if into == self.id {
            return Err(Refused::Invalid("It is no duplicate of itself".into()));
        }
        match self.state {
            State::Open if self.stage == Stage::Live => Err(conflict("It has passed every gate already")),
            State::Open | State::InReview => Ok(vec![Event::Merged { into }]),
            State::Live => Err(conflict("It is live already")),
            _ => Err(conflict("It is over, and stays as it is")),
        }
    }

    fn absorb(&self, from: &Self) -> Result<Vec<Event>, Refused> {
        if self.state.is_over() {
            return Err(conflict("The other one is over: name one that goes on"));
        }
        let author = Some(&from.author).filter(|author| *author != REPOSITORY);
        let supporters: BTreeSet<String> = from.supporters.iter().chain(author).cloned().collect();
        Ok(vec![Event::Absorbed {
            from: from.id.clone(),
            title: from.pitch.title.clone(),
            supporters: supporters.into_iter().collect(),
            followers: from.followers.iter().cloned().collect(),
        }])
    }

    fn submit(
        &self,
        now: Millis,
        rules: &Rules,
        who: &Who,
        stage: Stage,
        material: Material,
    ) -> Result<Vec<Event>, Refused> {
        self.made(who)?;
        match self.state {
            State::Open => {}
            // Where people decide, they send it back; the portal alone cannot.
            State::InReview if rules.is_machines(self.stage) => {}
            State::InReview => return Err(conflict("It is with the gate already")),
            _ => return Err(conflict("It is over, and stays as it is")),
        }
        let expected = if self.stage == Stage::Pitch { Stage::Ux } else { self.stage };
        if stage != expected || !Stage::GATES.contains(&stage) {
            return Err(self.jump(stage));
        }
        if self.submissions.len() >= SUBMISSIONS {
            return Err(conflict(format!("A contribution is submitted {SUBMISSIONS} times at most")));
        }
        if self.stage == Stage::Pitch {
            self.may_leave_pitch(rules)?;
        }
        let mut problems = material.problems(stage, self.pitch.kind);
        let checklist = rules.checklist(stage, self.pitch.kind).cloned().unwrap_or_default();
        let shown = |id: &str| material.evidence.get(id).is_some_and(|evidence| !evidence.url.is_empty());
        let to_show = checklist.items.iter().filter(|item| item.evidence && !shown(&item.id));
        problems.extend(to_show.map(|item| format!("Link what shows this: {}", item.text)));
        if let Some(unknown) = material.evidence.keys().find(|id| !checklist.items.iter().any(|item| item.id == **id)) {
            problems.push(format!("The checklist has no item {unknown:?}"));
        }
        if !problems.is_empty() {
            problems.truncate(PROBLEMS);
            return Err(Refused::Invalid(problems.join(". ")));
        }
        let gate = rules.stage(stage);
        Ok(vec![Event::Submitted {
            stage,
            submission: u32::try_from(self.submissions.len()).unwrap_or(u32::MAX).saturating_add(1),
            material: Box::new(material),
            checklist: Box::new(checklist),
            quorum: gate.map_or(0, |gate| gate.quorum),
            due_at: gate.map(|gate| now + gate.time()),
        }])
    }

    /// What the first gate asks of a pitch before anything is submitted.
    fn may_leave_pitch(&self, rules: &Rules) -> Result<(), Refused> {
        let mut missing = Vec::new();
        if self.pitch.audience.is_empty() {
            missing.push("Say who has the problem".to_owned());
        }
        if self.pitch.owner.is_empty() {
            missing.push("Name the team that will own it".to_owned());
        }
        if !missing.is_empty() {
            return Err(Refused::Invalid(missing.join(". ")));
        }
        let (has, wants) = (self.supporters.len(), rules.supporters);
        if has < wants {
            return Err(conflict(format!("It takes {wants} supporters before it is submitted, and it has {has}")));
        }
        Ok(())
    }

    fn report(
        &self,
        who: Option<&Who>,
        submission: u32,
        report: Result<Report, String>,
    ) -> Result<Vec<Event>, Refused> {
        portal(who)?;
        // What the machine says of an older submission comes too late, and changes nothing.
        let Some(open) = self.in_review().filter(|open| open.number == submission && open.needs_report()) else {
            return Ok(Vec::new());
        };
        Ok(match report {
            Ok(report) => vec![Event::Reported { submission, report }],
            Err(why) if why == open.no_report || open.report.is_some() => Vec::new(),
            Err(why) => vec![Event::NotReported { submission, why }],
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one command")]
    fn waive(
        &self,
        now: Millis,
        rules: &Rules,
        who: &Who,
        submission: u32,
        finding: String,
        reason: &str,
        expires: Millis,
    ) -> Result<Vec<Event>, Refused> {
        if !who.is(&rules.design.group) {
            return Err(forbidden(format!("{} waives findings", rules.design.group)));
        }
        self.other_eyes(who)?;
        // A waiver that is past is waived again, however far the contribution has come.
        let passed = self.passed_ux().filter(|passed| passed.number == submission && !self.state.is_over());
        let of = passed.map_or_else(|| self.open(submission), Ok)?;
        let report = of.report.as_ref().ok_or_else(|| conflict("There is no report yet"))?;
        if !report.blocking.iter().any(|blocking| blocking.key == finding) {
            return Err(Refused::Unknown(format!("A blocking finding {finding:?} in the report")));
        }
        if expires <= now || expires > now + rules.longest_waiver() {
            return Err(Refused::Invalid(format!(
                "A waiver ends in the future, and within {} days",
                rules.waiver_days
            )));
        }
        Ok(vec![Event::Waived { finding, reason: said(reason, "Say why it is waived")?, expires }])
    }

    fn decided(
        &self,
        now: Millis,
        rules: &Rules,
        who: &Who,
        (stage, submission): (Stage, u32),
        commit: &str,
        verdict: Verdict,
    ) -> Result<Vec<Event>, Refused> {
        let open = self.reviewed(rules, who, submission)?;
        if open.stage != stage {
            return Err(conflict(format!("Submission {submission} is with {}", open.stage.label())));
        }
        if commit != open.commit() {
            return Err(conflict("The commit is another one than the one that was submitted: look at it again"));
        }
        if open.votes.iter().any(|vote| vote.who == who.subject) {
            return Err(conflict("You have decided already"));
        }
        if open.places() == 0 && !open.at_it().contains(who.subject.as_str()) {
            return Err(conflict("As many review it already as it takes"));
        }
        match verdict {
            Verdict::Accept { answers, comment } => {
                answered(&open.checklist, &answers)?;
                if open.needs_report() {
                    let Some(report) = &open.report else {
                        let why = if open.no_report.is_empty() { "it is not there yet" } else { &open.no_report };
                        return Err(conflict(format!("The gate stays closed without the machine’s report: {why}")));
                    };
                    if let Some(crate::material::Ui::Upload { hash, .. }) = &open.material.ui
                        && *hash != report.reviewed
                    {
                        return Err(conflict("The report is about other pages than those that were submitted"));
                    }
                }
                let findings = self.open_findings(now).len();
                if findings > 0 {
                    let said = if findings == 1 { "finding blocks" } else { "findings block" };
                    return Err(conflict(format!("{findings} {said}: have them mended, or waived")));
                }
                let comment = short(&comment)?;
                let mut events =
                    vec![Event::Approved { submission, answers, comment, commit: open.commit().to_owned() }];
                if open.votes.len() + 1 >= open.quorum {
                    events.push(self.passed(open));
                }
                Ok(events)
            }
            Verdict::SendBack { changes, to } => {
                let changes = changes.iter().map(|change| short(change)).collect::<Result<Vec<_>, _>>()?;
                let changes: Vec<String> = changes.into_iter().filter(|change| !change.is_empty()).collect();
                if changes.is_empty() {
                    return Err(Refused::Invalid("Say what has to change".into()));
                }
                if changes.len() > CHANGES {
                    return Err(Refused::Invalid(format!("At most {CHANGES} changes")));
                }
                let to = to.unwrap_or(open.stage);
                if !Stage::GATES.contains(&to) || to > open.stage {
                    return Err(Refused::Invalid(format!(
                        "It goes back to {} or a gate before it",
                        open.stage.label()
                    )));
                }
                Ok(vec![Event::SentBack { submission, changes, to }])
            }
            Verdict::Reject { reason } => {
                Ok(vec![Event::Rejected { submission, reason: said(&reason, "Say why it is rejected")? }])
            }
        }
    }

    fn passed(&self, open: &Submission) -> Event {
        Event::Passed { stage: open.stage, submission: open.number, next: open.stage.next().unwrap_or(Stage::Live) }
    }

    fn decide_appeal(&self, rules: &Rules, who: &Who, granted: bool, reason: &str) -> Result<Vec<Event>, Refused> {
        if !who.is(&rules.board.group) {
            return Err(forbidden(format!("{} decides about appeals", rules.board.group)));
        }
        self.other_eyes(who)?;
        if self.state != State::Appealed {
            return Err(conflict("Nobody has appealed, or it is decided already"));
        }
        let decision = self.submissions.last().and_then(|last| last.decision.as_ref());
        if decision.is_some_and(|decision| decision.by == who.subject) {
            return Err(forbidden("Whoever rejected it does not decide about the appeal"));
        }
        Ok(vec![Event::AppealDecided { granted, reason: said(reason, "Say why")? }])
    }

    fn check(&self, who: Option<&Who>, submission: Option<u32>, found: Vec<Found>) -> Result<Vec<Event>, Refused> {
        portal(who)?;
        let with_gate = self.in_review().filter(|open| open.stage == Stage::Readiness);
        // What was looked at for an older submission comes too late, and changes nothing.
        if with_gate.map(|open| open.number) != submission || (with_gate.is_none() && self.stage != Stage::Live) {
            return Ok(Vec::new());
        }
        let unmet = unmet(&found);
        let mut events = Vec::new();
        if found != self.standards {
            events.push(Event::Checked { found });
        }
        if let Some(open) = with_gate {
            if unmet.is_empty() {
                events.push(self.passed(open));
            }
        } else if self.state == State::Live {
            match &self.flag {
                None if !unmet.is_empty() => events.push(Event::Flagged { standards: unmet }),
                Some(_) if unmet.is_empty() => events.push(Event::Cleared {}),
                Some(flag) if unmet.iter().any(|id| !flag.standards.contains(id)) => {
                    events.push(Event::Flagged { standards: unmet });
                }
                _ => {}
            }
        }
        Ok(events)
    }

    /// Whether somebody contributes it: a maker, or a member of the team that owns it. Administrators act for them.
    pub fn is_made_by(&self, who: &Who) -> bool {
        self.makers.contains(&who.subject) || who.is(&self.pitch.owner) || who.administrator
    }

    /// Whether somebody settles what differs between it and its file in the mirror: whoever contributes it, and the curators.
    pub fn may_settle(&self, rules: &Rules, who: &Who) -> bool {
        self.is_made_by(who) || who.is(&rules.curators.group)
    }

    fn made(&self, who: &Who) -> Result<(), Refused> {
        if self.is_made_by(who) {
            Ok(())
        } else {
            Err(forbidden("Only its contributors and the team that owns it do that"))
        }
    }

    /// Whether somebody may decide about what is with the gate, as far as that depends on who they are.
    pub fn may_review(&self, rules: &Rules, who: &Who) -> bool {
        self.in_review().is_some_and(|open| self.reviewed(rules, who, open.number).is_ok())
    }

    fn open(&self, submission: u32) -> Result<&Submission, Refused> {
        let known = self.submission(submission);
        let known = known.ok_or_else(|| Refused::Unknown(format!("Submission {submission}")))?;
        match self.in_review() {
            Some(open) if open.number == submission => Ok(open),
            Some(open) => Err(conflict(format!("Submission {submission} is not the last one: {} is", open.number))),
            None if known.decision.is_some() => Err(conflict(format!("Submission {submission} is decided already"))),
            None => Err(conflict("It is not with the gate")),
        }
    }

    fn reviewed(&self, rules: &Rules, who: &Who, submission: u32) -> Result<&Submission, Refused> {
        let stage = self.submission(submission).map_or(self.stage, |known| known.stage);
        let groups = rules.stage(stage).map(|gate| gate.groups.as_slice()).unwrap_or_default();
        if groups.is_empty() {
            return Err(conflict(format!("{} is not decided by people", stage.label())));
        }
        if !who.is_any(groups) {
            return Err(forbidden(format!("{} decides here", groups.join(" or "))));
        }
        self.other_eyes(who)?;
        let open = self.open(submission)?;
        if open.overruled.contains(&who.subject) {
            return Err(forbidden("The board has overruled you: somebody else decides"));
        }
        Ok(open)
    }

    fn other_eyes(&self, who: &Who) -> Result<(), Refused> {
        if self.makers.contains(&who.subject) {
            return Err(forbidden("Nobody decides about what they have had a hand in"));
        }
        Ok(())
    }

    fn jump(&self, to: Stage) -> Refused {
        conflict(format!("It is at {}, and {} is not what follows", self.stage.label(), to.label()))
    }

    /// What the first gate asks for that the pitch does not have yet; and for kinds with pages, that they are brought.
    pub fn entry(&self, rules: &Rules) -> Vec<(String, bool)> {
        let kind: Kind = self.pitch.kind;
        match self.stage {
            Stage::Pitch => vec![
                ("It says who has the problem".into(), !self.pitch.audience.is_empty()),
                ("It names the team that will own it".into(), !self.pitch.owner.is_empty()),
                (format!("It has {} supporters", rules.supporters), self.supporters.len() >= rules.supporters),
            ],
            Stage::Ux if kind.has_ui() => vec![("It brings its pages".into(), self.last_to(Stage::Ux).is_some())],
            _ => Vec::new(),
        }
    }
}

fn answered(checklist: &Checklist, answers: &Answers) -> Result<(), Refused> {
    if let Some(unknown) = answers.keys().find(|id| !checklist.items.iter().any(|item| item.id == **id)) {
        return Err(Refused::Invalid(format!("The checklist has no item {unknown:?}")));
    }
    for item in &checklist.items {
        match answers.get(&item.id) {
            Some(Answer::Met) => {}
            Some(Answer::NotApplicable(why)) => {
                said(why, &format!("Say why this does not apply: {}", item.text))?;
            }
            Some(Answer::Unmet) => {
                return Err(conflict(format!("What is not so is sent back, not accepted: {}", item.text)));
            }
            None => return Err(Refused::Invalid(format!("Say whether this is so: {}", item.text))),
        }
    }
    Ok(())
}

fn checked(pitch: Pitch) -> Result<Pitch, Refused> {
    let pitch = pitch.trimmed();
    let problems: Vec<String> = pitch.problems().into_iter().map(|(_, said)| said).collect();
    if problems.is_empty() { Ok(pitch) } else { Err(Refused::Invalid(problems.join(". "))) }
}

fn person(who: Option<&Who>) -> Result<&Who, Refused> {
    who.ok_or_else(|| forbidden("People do that"))
}

fn portal(who: Option<&Who>) -> Result<(), Refused> {
    if who.is_some() { Err(forbidden("The portal itself does that")) } else { Ok(()) }
}

/// A text that has to be there.
fn said(text: &str, otherwise: &str) -> Result<String, Refused> {
    let text = short(text)?;
    if text.is_empty() { Err(Refused::Invalid(otherwise.to_owned())) } else { Ok(text) }
}

fn short(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    if text.chars().count() > SAID {
        return Err(Refused::Invalid(format!("A text has {SAID} characters at most")));
    }
    if !is_plain(text) {
        return Err(Refused::Invalid(NOT_PLAIN.into()));
    }
    Ok(text.to_owned())
}

fn conflict(why: impl Into<String>) -> Refused {
    Refused::Conflict(why.into())
}

fn forbidden(why: impl Into<String>) -> Refused {
    Refused::Forbidden(why.into())
}
