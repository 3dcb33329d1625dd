//! What people, the portal and signals ask of a journey, and who may.

use expression::Engine;
use form::{FieldError, Standard};
use serde_json::{Map, Value};

use crate::definition::{Kind, Rule, StepDefinition, WaitFor};
use crate::duration::Millis;
use crate::effect::UndoState;
use crate::event::{Actor, Entry, Event, Evidence, Outcome, Pin, Pins};
use crate::fill::Origin;
use crate::run::{Journey, Step};
use crate::settle::{Forms, Work};
use crate::state::{JourneyState, StepState};

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The subject.
    pub subject: String,
    /// The canonical refs of the groups that they are in.
    pub groups: Vec<String>,
    /// Whether they administer the portal: then they may act for the owner of a journey and for the teams of tasks, and never decide.
    pub administrator: bool,
}

impl Who {
    fn is(&self, whom: &str) -> bool {
        !whom.is_empty() && (self.subject == whom || self.groups.iter().any(|group| group == whom))
    }

    fn is_any(&self, whom: &[String]) -> bool {
        whom.iter().any(|whom| self.is(whom))
    }
}

/// Why something was not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such step.
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
    /// Fields of a form are missing or wrong.
    #[error("the form is not complete")]
    Fields(Vec<FieldError>),
}

/// What is asked of a journey.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// To begin at all, as a draft.
    Draft {
        /// The path's canonical ref.
        path: String,
        /// What people call the path.
        title: String,
        /// Whom it belongs to.
        owner: String,
        /// The journey and the key of its step that it is a part of.
        parent: Option<(String, String)>,
        /// The journey that it starts over; may be empty.
        over: String,
    },
    /// To start, with what was filled in.
    Start {
        /// The version of the path.
        pin: Pin,
        /// What was filled in; checked by whoever asks.
        parameters: Map<String, Value>,
        /// The path's steps.
        steps: Vec<StepDefinition>,
        /// What the path has to show in the end.
        output: Map<String, Value>,
        /// The versions that it keeps to.
        pins: Pins,
    },
    /// Nothing but what is due.
    Look,
    /// To begin what a step runs, with these values; secrets are judged and dropped.
    Fill {
        /// The step.
        step: String,
        /// The values of all fields.
        values: Map<String, Value>,
    },
    /// What a step, or something that undoes one, runs is on its way.
    RunBegun {
        /// The step, or what is undone.
        step: String,
        /// The time that it was begun.
        key: String,
        /// The run.
        run: String,
    },
    /// It did not begin.
    RunRefused {
        /// The step, or what is undone.
        step: String,
        /// The time that it was to begin.
        key: String,
        /// Why.
        why: String,
        /// Whether it is no longer to be had.
        missing: bool,
    },
    /// It stands otherwise.
    RunEnded {
        /// The run.
        run: String,
        /// How.
        outcome: Outcome,
    },
    /// A run that nobody waits for was told to end.
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
        /// What it said.
        said: String,
        /// Whether it is any use to ask again.
        again: bool,
    },
    /// A signed address was called.
    Signal {
        /// The step.
        step: String,
        /// The time that the address was made for.
        round: u32,
        /// What it was called with.
        body: Map<String, Value>,
    },
    /// To take a step.
    Claim {
        /// The step.
        step: String,
    },
    /// To put it back.
    Release {
        /// The step.
        step: String,
    },
    /// To give it to others.
    HandOver {
        /// The step.
        step: String,
        /// A group or a person.
        to: String,
        /// Why.
        reason: String,
    },
    /// To have somebody decide in one's place.
    Delegate {
        /// The step.
        step: String,
        /// Who.
        to: String,
    },
    /// To say that a task, or a task that undoes something, is done.
    Complete {
        /// The step, or what is undone.
        step: String,
        /// What was filled in.
        values: Map<String, Value>,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// To agree: to an approval, or to a step being left out.
    Approve {
        /// The step.
        step: String,
        /// What is said with it.
        comment: String,
    },
    /// To refuse.
    Decline {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// To have a step left out, or taken as done elsewhere.
    Except {
        /// The step.
        step: String,
        /// Whether it was done elsewhere.
        attest: bool,
        /// Why.
        reason: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// To try a step again that failed, or something that could not be undone.
    Retry {
        /// The step, or what could not be undone.
        step: String,
        /// Whether by a new run, rather than by the one that failed.
        anew: bool,
    },
    /// To say something.
    Comment {
        /// The step; empty for the journey.
        step: String,
        /// What.
        text: String,
        /// Whom they turn to.
        mentions: Vec<String>,
    },
    /// To show something.
    AddEvidence {
        /// The step.
        step: String,
        /// What.
        evidence: Evidence,
    },
    /// To go on with newer versions.
    Upgrade {
        /// The version of the path.
        pin: Option<Pin>,
        /// The steps that have not begun, all of them.
        steps: Vec<StepDefinition>,
        /// Their versions.
        pins: Pins,
        /// What the newer version asks for besides.
        parameters: Map<String, Value>,
        /// What the path has to show in the end.
        output: Map<String, Value>,
    },
    /// To give the journey to somebody.
    Transfer {
        /// A person or a group.
        to: String,
    },
    /// To end it, and undo what can be.
    Cancel {
        /// Why.
        reason: String,
    },
    /// To give it up where it is blocked.
    GiveUp {
        /// Why.
        reason: String,
    },
    /// Another journey starts it over.
    StartOver {
        /// Which.
        journey: String,
    },
}

/// What somebody who does something stands for.
#[derive(Debug, Clone, Copy)]
enum Doer<'a> {
    Person(&'a Who),
    Machine,
}

impl Journey {
    /// Answers a command: the journey as it is then, and what happened, in order. `who` is nobody for the portal itself and for signals.
    ///
    /// # Errors
    /// When it is not done; then nothing has changed.
    pub fn handle(
        &self,
        now: Millis,
        forms: &dyn Forms,
        who: Option<&Who>,
        command: Command,
    ) -> Result<(Self, Vec<Entry>), Refused> {
        let actor = match (&command, who) {
            (Command::Signal { .. }, _) => Actor::Signal,
            (_, Some(who)) => Actor::Person(who.subject.clone()),
            (_, None) => Actor::Portal,
        };
        let doer = who.map_or(Doer::Machine, Doer::Person);
        let mut work = Work { journey: self.clone(), entries: Vec::new(), now, forms, engine: Engine::default() };
        for event in self.events(now, forms, doer, command)? {
            work.record(&actor, event);
        }
        work.settle();
        Ok((work.journey, work.entries))
    }

    fn events(&self, now: Millis, forms: &dyn Forms, doer: Doer<'_>, command: Command) -> Result<Vec<Event>, Refused> {
        let one = |event: Event| Ok(vec![event]);
        match command {
            Command::Draft { path, title, owner, parent, over } => {
                if self.seq > 0 {
                    return Err(conflict("This journey has begun already"));
                }
                one(Event::Drafted { path, title, owner, parent, over })
            }
            Command::Start { pin, parameters, steps, output, pins } => {
                self.owned(doer)?;
                if self.state != JourneyState::Draft || self.seq == 0 {
                    return Err(conflict("This journey has started already"));
                }
                one(Event::Started { pin, parameters, steps, output, pins })
            }
            Command::Look => Ok(Vec::new()),
            Command::Fill { step, values } => self.fill(forms, doer, &step, &values),
            Command::RunBegun { step, key, run } => Ok(self.run_begun(&step, &key, run)),
            Command::RunRefused { step, key, why, missing } => Ok(self.run_refused(&step, &key, why, missing)),
            Command::RunEnded { run, outcome } => Ok(self.run_ended(&run, outcome)),
            Command::RunStopped { run } => {
                Ok(if self.stopping.contains_key(&run) { vec![Event::RunStopped { run }] } else { Vec::new() })
            }
            Command::Probed { step, good, said, again } => Ok(self.probed(now, &step, good, said, again)),
            Command::Signal { step, round, body } => {
                let step = self.the(&step)?;
                let waits = step.state == StepState::Waiting && matches!(step.waits_for(), Some(WaitFor::Webhook));
                if self.state.is_over() || !waits || step.round != round {
                    return Err(conflict("This address was called already, or is no longer waited for"));
                }
                one(Event::Signalled { step: step.key.clone(), body })
            }
            Command::Claim { step } => {
                let (step, who) = self.mine(doer, &step)?;
                if step.assignee == who.subject {
                    return Ok(Vec::new());
                }
                if !step.assignee.is_empty() {
                    return Err(conflict(format!("{} has taken this step already", step.assignee)));
                }
                one(Event::Claimed { step: step.key.clone() })
            }
            Command::Release { step } => {
                let (step, who) = self.mine(doer, &step)?;
                // Whoever had somebody decide in their place decides again.
                if step.delegates.contains_key(&who.subject) {
                    if step.votes.iter().any(|vote| vote.instead_of == who.subject) {
                        return Err(conflict("It was decided in your place already"));
                    }
                    return one(Event::Delegated { step: step.key.clone(), to: String::new() });
                }
                if step.assignee.is_empty() {
                    return Err(conflict("Nobody has taken this step"));
                }
                if step.assignee != who.subject && !who.administrator && !self.is_owner(who) {
                    return Err(forbidden("Only whoever has taken a step puts it back"));
                }
                one(Event::Released { step: step.key.clone() })
            }
            Command::HandOver { step, to, reason } => {
                // Those whose step it was get it back from whoever they gave it to.
                let (step, _) =
                    self.mine(doer, &step).or_else(|refused| self.given_away(doer, &step).ok_or(refused))?;
                if matches!(step.definition.kind, Kind::Approval(_)) {
                    return Err(Refused::Invalid(
                        "An approval is not handed over: have somebody decide in your place".into(),
                    ));
                }
                if !is_ref(&to) {
                    return Err(Refused::Invalid(format!("{to:?} is neither a group nor a person")));
                }
                one(Event::HandedOver { step: step.key.clone(), to, reason })
            }
            Command::Delegate { step, to } => {
                let (step, who) = self.decider(doer, &step)?;
                if !to.starts_with("user:") {
                    return Err(Refused::Invalid("One person decides in another's place: name a person".into()));
                }
                self.other_eyes(&to)?;
                if to == who.subject {
                    return Err(Refused::Invalid("Name somebody else: you decide yourself".into()));
                }
                let has_voted = step.votes.iter().any(|vote| vote.who == to);
                let has_it = step.delegates.values().any(|other| *other == to);
                if has_voted || has_it || step.delegates.contains_key(&to) {
                    return Err(conflict(format!("{to} has decided, decides for somebody else or has given it away")));
                }
                if step.votes.iter().any(|vote| vote.who == who.subject || vote.instead_of == who.subject) {
                    return Err(conflict("You have decided already"));
                }
                one(Event::Delegated { step: step.key.clone(), to })
            }
            Command::Complete { step, values, evidence } => self.complete(doer, &step, values, evidence),
            Command::Approve { step, comment } => self.approve(doer, &step, comment),
            Command::Decline { step, reason } => self.decline(doer, &step, reason),
            Command::Except { step, attest, reason, evidence } => self.except(doer, &step, attest, reason, evidence),
            Command::Retry { step, anew } => self.retry(doer, &step, anew),
            Command::Comment { step, text, mentions } => {
                if text.trim().is_empty() {
                    return Err(Refused::Invalid("Say something".into()));
                }
                if !step.is_empty() {
                    self.the(&step)?;
                }
                one(Event::Commented { step, text, mentions })
            }
            Command::AddEvidence { step, evidence } => {
                self.underway()?;
                let step = self.the(&step)?;
                let who = person(doer)?;
                if !self.is_owner(who) && !self.is_team(who, step) {
                    return Err(forbidden("Only the journey's owner and the step's team show something for it"));
                }
                if !step.state.is_open() {
                    return Err(conflict(format!(
                        "The step is {}: what it was decided by stays as it was",
                        step.state
                    )));
                }
                one(Event::EvidenceAdded { step: step.key.clone(), evidence })
            }
            Command::Upgrade { pin, steps, pins, parameters, output } => {
                self.owned(doer)?;
                self.underway()?;
                if let Some(step) = steps.iter().find(|step| self.has_begun(&step.id)) {
                    return Err(conflict(format!("The step {} has begun meanwhile; look at the offer again", step.id)));
                }
                one(Event::Upgraded { pin, steps, pins, parameters, output })
            }
            Command::Transfer { to } => {
                self.owned(doer)?;
                if self.state.is_over() {
                    return Err(conflict(format!("This journey is {}", self.state)));
                }
                if !is_ref(&to) {
                    return Err(Refused::Invalid(format!("{to:?} is neither a group nor a person")));
                }
                one(Event::Transferred { to })
            }
            Command::Cancel { reason } => {
                self.owned(doer)?;
                if self.state.is_over() {
                    return Err(conflict(format!("This journey is {} already", self.state)));
                }
                let steps: Vec<&Step> = self.steps.iter().collect();
                let undo = self.to_undo(&steps, &Engine::default());
                one(Event::Cancelled { reason, undo })
            }
            Command::GiveUp { reason } => {
                self.owned(doer)?;
                if self.state != JourneyState::Blocked {
                    return Err(conflict("Only a journey that is blocked is given up; cancel this one"));
                }
                needed(&reason, "Say why it is given up")?;
                one(Event::GivenUp { reason })
            }
            Command::StartOver { journey } => {
                self.owned(doer)?;
                if !self.successor.is_empty() {
                    return Err(conflict("This journey was started over already"));
                }
                let mut events = Vec::new();
                if self.state == JourneyState::Blocked {
                    events.push(Event::GivenUp { reason: "Started over".into() });
                } else if !self.state.is_over() {
                    return Err(conflict("This journey is under way: cancel it before you start over"));
                }
                events.push(Event::StartedOver { journey });
                Ok(events)
            }
        }
    }

    fn fill(
        &self,
        forms: &dyn Forms,
        doer: Doer<'_>,
        step: &str,
        values: &Map<String, Value>,
    ) -> Result<Vec<Event>, Refused> {
        self.underway()?;
        let step = self.the(step)?;
        let who = person(doer)?;
        if !self.is_owner(who) && !self.is_team(who, step) {
            return Err(forbidden("Only the journey's owner and the step's team fill in this form"));
        }
        if !step.asks_owner() {
            return Err(conflict(format!("The step is {}: its form is not waited for", step.state)));
        }
        let form = step.pin.as_ref().and_then(|pin| forms.form(pin));
        let form = form.ok_or_else(|| conflict("The form of this version is not to be had"))?;
        let given = Value::Object(values.clone());
        let given = form.prune(&form.defaults(&given));
        let errors = form.validate(&given, &Standard);
        if !errors.is_empty() {
            return Err(Refused::Fields(errors));
        }
        let Value::Object(input) = form.without_secrets(&given) else {
            return Err(Refused::Invalid("A form is an object".into()));
        };
        // What stands as the path gave it was not entered.
        let before = self.prefilled(step, forms, &Engine::default()).ok().flatten().unwrap_or_default();
        let origins = input
            .iter()
            .map(|(name, value)| {
                let origin = before.origins.get(name).filter(|_| before.values.get(name) == Some(value));
                (name.clone(), origin.cloned().unwrap_or(Origin::Entered))
            })
            .collect();
        Ok(vec![Event::Begun { step: step.key.clone(), input, origins, by: who.subject.clone() }])
    }

    fn run_begun(&self, name: &str, key: &str, run: String) -> Vec<Event> {
        if let Some(undo) = self.undo.iter().find(|undo| undo.key == name) {
            let is_this = key == format!("{}/{}/{}", self.id, undo.key, undo.round);
            let is_new = undo.state == UndoState::Running && undo.run.is_empty() && is_this;
            return if is_new { vec![Event::UndoBegun { key: name.into(), run }] } else { Vec::new() };
        }
        match self.step(name) {
            Some(step) if self.begins(step, key) => vec![Event::RunBegun { step: name.into(), run }],
            _ => Vec::new(),
        }
    }

    fn run_refused(&self, name: &str, key: &str, why: String, missing: bool) -> Vec<Event> {
        if let Some(undo) = self.undo.iter().find(|undo| undo.key == name) {
            let is_this = key == format!("{}/{}/{}", self.id, undo.key, undo.round);
            let is_new = undo.state == UndoState::Running && undo.run.is_empty() && is_this;
            return if is_new { vec![Event::UndoFailed { key: name.into(), why }] } else { Vec::new() };
        }
        match self.step(name) {
            Some(step) if self.begins(step, key) => vec![Event::RunRefused { step: name.into(), why, missing }],
            _ => Vec::new(),
        }
    }

    /// Whether this is the time that a step is begun, and nothing is known of its run.
    fn begins(&self, step: &Step, key: &str) -> bool {
        step.state == StepState::Running
            && step.run.is_empty()
            && key == format!("{}/{}/{}", self.id, step.key, step.round)
    }

    fn run_ended(&self, run: &str, outcome: Outcome) -> Vec<Event> {
        if let Some(undo) = self.undo.iter().find(|undo| undo.run == run && undo.state == UndoState::Running) {
            let key = undo.key.clone();
            return match outcome {
                Outcome::Completed(_) => vec![Event::Undone { key, note: String::new() }],
                Outcome::Failed(why) => vec![Event::UndoFailed { key, why }],
                // Somebody decides about the run itself; another one would undo it twice.
                Outcome::Unknown(_) | Outcome::Resumed => Vec::new(),
            };
        }
        let Some(step) = self.steps.iter().find(|step| step.run == run) else { return Vec::new() };
        // Until it is known to go on again, what is told of it is of before; of a journey that is over, nothing goes on.
        let is_old = step.resume && !self.state.is_over();
        let stands = match &outcome {
            Outcome::Completed(_) => matches!(step.state, StepState::Running | StepState::Failed) && !is_old,
            Outcome::Failed(_) => step.state == StepState::Running && !is_old,
            Outcome::Unknown(_) => step.state == StepState::Running && !step.unknown,
            Outcome::Resumed => step.unknown || step.resume || step.state == StepState::Failed,
        };
        // A run that failed while the journey was over is looked at no more.
        if !stands || (self.state.is_over() && step.state != StepState::Running) {
            return Vec::new();
        }
        let completed = matches!(outcome, Outcome::Completed(_));
        let event = Event::RunEnded { step: step.key.clone(), run: run.into(), outcome };
        let mut events = vec![event.clone()];
        if self.state.is_over() {
            if self.stopping.contains_key(run) {
                events.push(Event::RunStopped { run: run.into() });
            }
            // It was done after all, so it is undone first.
            if completed && self.state == JourneyState::Cancelled {
                let mut after = self.clone();
                after.apply(&Entry { seq: self.seq + 1, at: step.since, actor: Actor::Portal, event });
                if let Some(step) = after.step(&step.key) {
                    let known: Vec<&str> = self.undo.iter().map(|undo| undo.key.as_str()).collect();
                    let mut undo = after.to_undo(&[step], &Engine::default());
                    undo.retain(|undo| !known.contains(&undo.key.as_str()));
                    if !undo.is_empty() {
                        events.push(Event::UndoAdded { undo });
                    }
                }
            }
        }
        events
    }

    fn probed(&self, now: Millis, name: &str, good: bool, said: String, again: bool) -> Vec<Event> {
        let Some(step) = self.step(name) else { return Vec::new() };
        let Some(WaitFor::Probe { every, .. }) = step.waits_for() else { return Vec::new() };
        if self.state.is_over() || step.state != StepState::Waiting || step.wake_at.is_some_and(|at| at > now) {
            return Vec::new();
        }
        vec![Event::Probed { step: name.into(), good, said, again_at: (!good && again).then_some(now + every) }]
    }

    fn complete(
        &self,
        doer: Doer<'_>,
        name: &str,
        values: Map<String, Value>,
        evidence: Vec<Evidence>,
    ) -> Result<Vec<Event>, Refused> {
        if let Some(undo) = self.undo.iter().find(|undo| undo.key == name) {
            let who = person(doer)?;
            let group = match &undo.kind {
                crate::definition::UndoKind::Task { group, .. } => group.as_str(),
                crate::definition::UndoKind::Template { .. } => "",
            };
            if !who.is(group) && !self.is_owner(who) && !who.administrator {
                return Err(forbidden("Only its team and the journey's owner say that this is undone"));
            }
            let is_task = matches!(undo.kind, crate::definition::UndoKind::Task { .. });
            if !(undo.state == UndoState::Failed || undo.state == UndoState::Running && is_task) {
                return Err(conflict(format!("This is not to be done: {}", undo.state.label().to_lowercase())));
            }
            let note = values.get("note").and_then(Value::as_str).unwrap_or_default().to_owned();
            return Ok(vec![Event::Undone { key: name.into(), note }]);
        }
        let (step, who) = self.mine(doer, name)?;
        let Kind::Task(task) = &step.definition.kind else {
            return Err(Refused::Invalid(format!("The step {name} is no task")));
        };
        if !step.assignee.is_empty() && step.assignee != who.subject {
            return Err(conflict(format!("{} has taken this step", step.assignee)));
        }
        if task.evidence && evidence.is_empty() && step.evidence.is_empty() {
            return Err(Refused::Invalid("Show a file or link of what was done".into()));
        }
        let outputs = if task.form.is_null() {
            Map::new()
        } else {
            let form = form::form(&task.form);
            let given = form.prune(&form.defaults(&Value::Object(values)));
            let errors = form.validate(&given, &Standard);
            if !errors.is_empty() {
                return Err(Refused::Fields(errors));
            }
            match form.without_secrets(&given) {
                Value::Object(outputs) => outputs,
                _ => Map::new(),
            }
        };
        Ok(vec![Event::Done { step: name.into(), outputs, evidence }])
    }

    fn approve(&self, doer: Doer<'_>, name: &str, comment: String) -> Result<Vec<Event>, Refused> {
        if let Some((step, _)) = self.asked(doer, name)? {
            let exception = step.exception.clone().unwrap_or_default();
            let (step, reason, evidence) = (step.key.clone(), exception.reason, exception.evidence);
            return Ok(vec![if exception.attest {
                Event::Attested { step, reason, evidence }
            } else {
                Event::Skipped { step, reason }
            }]);
        }
        let (step, who) = self.decider(doer, name)?;
        let Kind::Approval(approval) = &step.definition.kind else {
            return Err(Refused::Invalid(format!("The step {name} is no approval")));
        };
        let instead_of = if who.is_any(&step.team) {
            String::new()
        } else {
            let from = step.delegates.iter().find(|(_, to)| **to == who.subject);
            from.map(|(from, _)| from.clone()).unwrap_or_default()
        };
        let mut events = vec![Event::Approved { step: name.into(), comment, instead_of }];
        if step.votes.len() + 1 >= approval.quorum {
            events.push(Event::Agreed { step: name.into() });
        }
        Ok(events)
    }

    fn decline(&self, doer: Doer<'_>, name: &str, reason: String) -> Result<Vec<Event>, Refused> {
        needed(&reason, "Say why, so that whoever asked knows what to do")?;
        if self.asked(doer, name)?.is_some() {
            return Ok(vec![Event::ExceptionDeclined { step: name.into(), reason }]);
        }
        let (step, _) = self.decider(doer, name)?;
        let Kind::Approval(approval) = &step.definition.kind else {
            return Err(Refused::Invalid(format!("The step {name} is no approval")));
        };
        Ok(vec![Event::Declined { step: name.into(), reason, back_to: approval.back_to.clone() }])
    }

    /// A step of which somebody asked that it be left out, for whoever may agree to that.
    fn asked<'a>(&'a self, doer: Doer<'a>, name: &str) -> Result<Option<(&'a Step, &'a Who)>, Refused> {
        let step = self.the(name)?;
        let Some(exception) = &step.exception else { return Ok(None) };
        self.underway()?;
        let who = person(doer)?;
        let rule = if exception.attest { &step.definition.attest } else { &step.definition.skip };
        let group = rule.as_ref().map(|rule| rule.approval.as_str()).unwrap_or_default();
        if !who.is(group) {
            return Err(forbidden(format!("{group} decides whether this step is left out")));
        }
        if who.subject == exception.by {
            return Err(forbidden("Whoever asks does not decide"));
        }
        self.other_eyes(&who.subject)?;
        Ok(Some((step, who)))
    }

    fn except(
        &self,
        doer: Doer<'_>,
        name: &str,
        attest: bool,
        reason: String,
        evidence: Vec<Evidence>,
    ) -> Result<Vec<Event>, Refused> {
        self.underway()?;
        let step = self.the(name)?;
        let who = person(doer)?;
        if !self.is_owner(who) && !self.is_team(who, step) {
            return Err(forbidden("Only the journey's owner and the step's team ask for this"));
        }
        let rule = if attest { &step.definition.attest } else { &step.definition.skip };
        let Some(Rule { reason: needs_reason, evidence: needs_evidence, approval }) = rule else {
            let what = if attest { "taken as done elsewhere" } else { "skipped" };
            return Err(forbidden(format!("The golden path does not let this step be {what}")));
        };
        if !matches!(
            step.state,
            StepState::Pending | StepState::Ready | StepState::Waiting | StepState::Failed | StepState::Missing
        ) {
            return Err(conflict(format!("The step is {}", step.state)));
        }
        if step.definition.each.is_some() && step.each.is_none() {
            return Err(conflict("The step is not reached yet"));
        }
        if step.exception.is_some() {
            return Err(conflict("This was asked for already"));
        }
        if *needs_reason {
            needed(&reason, "Say why")?;
        }
        if *needs_evidence && evidence.is_empty() {
            return Err(Refused::Invalid("Show a file or link of what was done".into()));
        }
        let step = step.key.clone();
        Ok(vec![if !approval.is_empty() {
            Event::ExceptionAsked { step, attest, reason, evidence }
        } else if attest {
            Event::Attested { step, reason, evidence }
        } else {
            Event::Skipped { step, reason }
        }])
    }

    fn retry(&self, doer: Doer<'_>, name: &str, anew: bool) -> Result<Vec<Event>, Refused> {
        let who = person(doer)?;
        if let Some(undo) = self.undo.iter().find(|undo| undo.key == name) {
            if !self.is_owner(who) {
                return Err(forbidden("Only the journey's owner has this tried again"));
            }
            if undo.state != UndoState::Failed {
                return Err(conflict("Only what could not be undone is tried again"));
            }
            return Ok(vec![Event::UndoRetried { key: name.into() }]);
        }
        self.underway()?;
        let step = self.the(name)?;
        if !self.is_owner(who) && !self.is_team(who, step) {
            return Err(forbidden("Only the journey's owner and the step's team try it again"));
        }
        if !matches!(step.state, StepState::Failed | StepState::Missing) {
            return Err(conflict(format!("Only a step that failed is tried again; this one is {}", step.state)));
        }
        let is_run = matches!(step.definition.kind, Kind::Template { .. }) && !step.run.is_empty();
        Ok(vec![Event::Retried { step: name.into(), resume: is_run && !anew }])
    }

    fn the(&self, name: &str) -> Result<&Step, Refused> {
        self.step(name).ok_or_else(|| Refused::Unknown(format!("This journey has no step {name}")))
    }

    fn underway(&self) -> Result<(), Refused> {
        if self.state.is_over() || self.state == JourneyState::Draft {
            return Err(conflict(format!("This journey is {}", self.state)));
        }
        Ok(())
    }

    /// Whether somebody may act for the journey.
    pub fn is_owner(&self, who: &Who) -> bool {
        who.administrator || who.is(&self.owner)
    }

    /// Whether a step is somebody's to act on, as far as it has been reached.
    pub fn is_team(&self, who: &Who, step: &Step) -> bool {
        who.administrator
            || who.is_any(&step.team)
            || who.subject == step.assignee && !step.assignee.is_empty()
            || step.team.is_empty() && who.is_any(&step.candidates())
    }

    /// Whether somebody may decide now on an approval, or on a step being left out.
    pub fn may_decide(&self, who: &Who, step: &str) -> bool {
        match self.asked(Doer::Person(who), step) {
            Ok(None) => self.decider(Doer::Person(who), step).is_ok(),
            asked => asked.is_ok(),
        }
    }

    /// Whether a task is there for somebody to take.
    pub fn may_claim(&self, who: &Who, step: &str) -> bool {
        let mine = self.mine(Doer::Person(who), step);
        mine.is_ok_and(|(step, _)| step.assignee.is_empty() && matches!(step.definition.kind, Kind::Task(_)))
    }

    /// Whether a step of this id has begun, so that newer versions do not concern it.
    pub fn has_begun(&self, id: &str) -> bool {
        self.steps.iter().any(|step| step.definition.id == id && (step.state != StepState::Pending || step.round > 0))
    }

    fn owned(&self, doer: Doer<'_>) -> Result<(), Refused> {
        match doer {
            Doer::Person(who) if !self.is_owner(who) => Err(forbidden("Only the journey's owner does this")),
            _ => Ok(()),
        }
    }

    /// A step that waits for somebody, who is of its team.
    fn mine<'a>(&'a self, doer: Doer<'a>, name: &str) -> Result<(&'a Step, &'a Who), Refused> {
        let step = self.the(name)?;
        let who = person(doer)?;
        // A step's form is the journey's; whoever it was handed to has it as well.
        if !(self.is_team(who, step) || step.definition.kind.runs().is_some() && self.is_owner(who)) {
            return Err(forbidden(format!("This step is for {}", step.team.join(" and "))));
        }
        self.underway()?;
        if step.state != StepState::Waiting {
            return Err(conflict(format!("The step is {}", step.state)));
        }
        Ok((step, who))
    }

    /// A step that waits for somebody to whom it was given, and one of those whose it was.
    fn given_away<'a>(&'a self, doer: Doer<'a>, name: &str) -> Option<(&'a Step, &'a Who)> {
        let (step, who) = (self.step(name)?, person(doer).ok()?);
        let is_theirs = who.is_any(&step.candidates()) && step.state == StepState::Waiting && !self.state.is_over();
        is_theirs.then_some((step, who))
    }

    /// An approval that waits, and somebody who may decide on it.
    fn decider<'a>(&'a self, doer: Doer<'a>, name: &str) -> Result<(&'a Step, &'a Who), Refused> {
        let step = self.the(name)?;
        let who = person(doer)?;
        let is_delegate = step.delegates.values().any(|to| *to == who.subject);
        if !(who.is_any(&step.team) || is_delegate || step.team.is_empty() && who.is_any(&step.candidates())) {
            return Err(forbidden(format!("{} decides here", step.candidates().join(" or "))));
        }
        self.other_eyes(&who.subject)?;
        self.underway()?;
        if !matches!(step.definition.kind, Kind::Approval(_)) {
            return Err(Refused::Invalid(format!("The step {name} is no approval")));
        }
        if step.state != StepState::Waiting {
            return Err(conflict(format!("This was decided already: the step is {}", step.state)));
        }
        let own = step.delegates.get(&who.subject);
        if let Some(to) = own {
            return Err(conflict(format!("{to} decides in your place")));
        }
        if step.votes.iter().any(|vote| vote.who == who.subject) {
            return Err(conflict("You have decided already"));
        }
        Ok((step, who))
    }

    /// Four eyes: whoever asks for something does not decide on it.
    fn other_eyes(&self, subject: &str) -> Result<(), Refused> {
        let asks = [&self.starter, &self.owner, &self.by].into_iter().any(|asker| asker == subject);
        let asks = asks || self.askers.contains(subject);
        if asks { Err(forbidden("Whoever asks does not decide: it takes other eyes")) } else { Ok(()) }
    }
}

fn person(doer: Doer<'_>) -> Result<&Who, Refused> {
    match doer {
        Doer::Person(who) => Ok(who),
        Doer::Machine => Err(forbidden("Only people do this")),
    }
}

fn conflict(why: impl Into<String>) -> Refused {
    Refused::Conflict(why.into())
}

fn forbidden(why: impl Into<String>) -> Refused {
    Refused::Forbidden(why.into())
}

fn needed(reason: &str, why: &str) -> Result<(), Refused> {
    if reason.trim().is_empty() { Err(Refused::Invalid(why.into())) } else { Ok(()) }
}

fn is_ref(to: &str) -> bool {
    ["user:", "group:"].iter().any(|kind| to.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()))
}
