//! A journey, and the one place where an event changes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::definition::{Kind, StepDefinition, UndoKind, WaitFor};
use crate::duration::Millis;
use crate::effect::{UndoState, UndoStep};
use crate::event::{Actor, Entry, Event, Evidence, Outcome, Pin, Pins};
use crate::fill::Origin;
use crate::state::{JourneyState, StepState};

/// Begins what stands for a run of which only the key is known.
pub const KEY: &str = "key:";

/// One developer's run of a golden path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Its public number.
    pub id: String,
    /// The path's canonical ref.
    pub path: String,
    /// What people call the path.
    pub title: String,
    /// The version of the path that it keeps to.
    pub pin: Pin,
    /// How it stands.
    pub state: JourneyState,
    /// The subject of whoever opened it.
    pub starter: String,
    /// Whom it belongs to: a person or a group.
    pub owner: String,
    /// What was filled in at the beginning.
    pub parameters: Map<String, Value>,
    /// Its steps, in the order of the path.
    pub steps: Vec<Step>,
    /// What it has to show in the end, with expressions.
    #[serde(default)]
    pub output: Map<String, Value>,
    /// What it has to show.
    #[serde(default)]
    pub outputs: Map<String, Value>,
    /// The versions that it keeps to.
    pub pins: Pins,
    /// The number of its last event.
    pub seq: u64,
    /// When it was opened.
    pub created_at: Millis,
    /// When it started.
    #[serde(default)]
    pub started_at: Option<Millis>,
    /// When it was over.
    #[serde(default)]
    pub ended_at: Option<Millis>,
    /// The journey and the key of its step that this one is a part of.
    #[serde(default)]
    pub parent: Option<(String, String)>,
    /// The journey that this one starts over; may be empty.
    #[serde(default)]
    pub over: String,
    /// The journey that starts this one over; may be empty.
    #[serde(default)]
    pub successor: String,
    /// Why it was cancelled or given up.
    #[serde(default)]
    pub reason: String,
    /// Runs that nobody waits for any more and that have not been told yet; whether each is a journey.
    #[serde(default)]
    pub stopping: BTreeMap<String, bool>,
    /// What undoes it, in the order in which it is undone.
    #[serde(default)]
    pub undo: Vec<UndoStep>,
    /// People who opened, started, owned, handed on or changed it: whoever asks for something never decides on it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub askers: BTreeSet<String>,
    /// Who acted for the journey last.
    #[serde(default)]
    pub by: String,
}

/// A step of a journey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called in the journey: the id, and `[index]` where it is repeated.
    pub key: String,
    /// What the path says of it.
    pub definition: StepDefinition,
    /// What it is repeated for, and its key; where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<(String, Value)>,
    /// How it stands.
    pub state: StepState,
    /// Since when.
    pub since: Millis,
    /// How often it has begun; 0 before it was reached.
    #[serde(default)]
    pub round: u32,
    /// The version of what it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// When what it needs was behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_at: Option<Millis>,
    /// When it was done, or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Millis>,
    /// What it is given.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub input: Map<String, Value>,
    /// Where that came from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
    /// What a person entered.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub entered: Map<String, Value>,
    /// What a person reads, with its expressions worked out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// Its run, or the journey along its path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Whether the run is to go on where it failed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resume: bool,
    /// Whether nobody can tell what became of its run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unknown: bool,
    /// What it made.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    /// Why it failed, was left out, or was sent back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who answers for what it runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Whose it is: groups and people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
    /// Who has taken it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub assignee: String,
    /// Who decides in whose place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub delegates: BTreeMap<String, String>,
    /// Who has agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// What shows that it was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Who asked that it be left out or taken as done, and is waiting for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Exception>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Millis>,
    /// Whether somebody was reminded.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reminded: bool,
    /// Whether it is overdue and that was told.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overdue: bool,
    /// When its time comes, or its next probe is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Millis>,
    /// Whether it was sent back, so that a person looks before it runs again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sent_back: bool,
    /// What it did, time and again: what each was given and made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<Doing>,
}

/// Somebody's agreement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Whose.
    pub who: String,
    /// In whose place; empty for their own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instead_of: String,
    /// What they said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// When.
    pub at: Millis,
}

/// A wish that a step be left out, or taken as done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Whether it was done elsewhere, rather than left out.
    pub attest: bool,
    /// Who asks.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// Something that a step has done, to be undone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Doing {
    /// Which time.
    pub round: u32,
    /// The number of the event of its end.
    pub seq: u64,
    /// What it was given.
    pub input: Map<String, Value>,
    /// What it made.
    pub outputs: Map<String, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Step {
    /// A step that has not been reached.
    pub(crate) fn new(definition: StepDefinition, pin: Option<Pin>, now: Millis) -> Self {
        Self { key: definition.id.clone(), definition, pin, since: now, ..Self::default() }
    }

    /// What it waits for, if it is a wait.
    pub(crate) fn waits_for(&self) -> Option<&WaitFor> {
        match &self.definition.kind {
            Kind::Wait(wait) => Some(&wait.until),
            _ => None,
        }
    }

    /// The groups and people whose it is to act, before anything was handed over.
    pub fn candidates(&self) -> Vec<String> {
        let groups = match &self.definition.kind {
            Kind::Task(task) => &task.groups,
            Kind::Approval(approval) => &approval.groups,
            _ => return vec![self.definition.owner.clone()],
        };
        if groups.is_empty() { vec![self.definition.owner.clone()] } else { groups.clone() }
    }

    /// Whether a person of the journey, not of a team, has to act: the form of what is run waits.
    pub fn asks_owner(&self) -> bool {
        self.state == StepState::Waiting && self.definition.kind.runs().is_some()
    }

    fn become_(&mut self, state: StepState, now: Millis) {
        debug_assert!(self.state == state || self.state.may_become(state), "{}: {} to {state}", self.key, self.state);
        self.state = state;
        self.since = now;
        if state.is_behind() {
            self.ended_at = Some(now);
            self.exception = None;
            self.wake_at = None;
        }
    }

    /// Has it begin anew, as if it had not been reached; what was entered stays.
    fn again(&mut self, now: Millis, note: &str) {
        // What a person filled in as a task is offered to them again.
        if matches!(self.definition.kind, Kind::Task(_)) && !self.outputs.is_empty() {
            self.entered = std::mem::take(&mut self.outputs);
        }
        let kept = Self {
            evidence: std::mem::take(&mut self.evidence),
            key: std::mem::take(&mut self.key),
            definition: self.definition.clone(),
            each: self.each.take(),
            pin: self.pin.take(),
            round: self.round,
            entered: std::mem::take(&mut self.entered),
            done: std::mem::take(&mut self.done),
            note: note.into(),
            sent_back: self.round > 0,
            since: now,
            ..Self::default()
        };
        *self = kept;
    }

    /// When something about it is due of itself.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        if !self.state.is_open() {
            return None;
        }
        let waits = (self.state == StepState::Waiting).then_some(self.wake_at).flatten();
        let timeout = match &self.definition.kind {
            Kind::Wait(wait) if self.state == StepState::Waiting => {
                wait.timeout.and_then(|timeout| Some(self.reached_at? + timeout))
            }
            _ => None,
        };
        [waits, timeout, self.remind_at(), self.due_at.filter(|_| !self.overdue)].into_iter().flatten().min()
    }

    /// When whoever has it is to be reminded, if they have not been.
    pub(crate) fn remind_at(&self) -> Option<Millis> {
        if self.reminded || self.overdue {
            return None;
        }
        Some(self.due_at? - self.definition.sla.as_ref()?.remind?)
    }
}

impl Journey {
    /// A journey of which nothing has happened yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// A journey as its history tells it.
    pub fn replay<'a>(id: &str, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut journey = Self::new(id);
        for entry in entries {
            journey.apply(entry);
        }
        journey
    }

    /// The step of this key.
    pub fn step(&self, key: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == key)
    }

    /// How many steps are behind it, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.steps.iter().filter(|step| step.state.is_behind()).count(), self.steps.len())
    }

    /// Who answers for what it does of itself.
    pub fn answerable(&self) -> &str {
        if self.owner.starts_with("group:") {
            if self.by.is_empty() { &self.starter } else { &self.by }
        } else {
            &self.owner
        }
    }

    /// Whether nothing of the journey itself can be done any more.
    pub fn is_still(&self) -> bool {
        self.state.is_over() && !self.steps.iter().any(|step| step.state == StepState::Running)
    }

    /// What expressions may refer to, at a step or, without one, at the end.
    pub(crate) fn context(&self, step: Option<&Step>) -> Value {
        let mut outputs: Map<String, Value> = Map::new();
        let mut steps: Map<String, Value> = Map::new();
        for other in &self.steps {
            let made = Value::Object(other.outputs.clone());
            let stands = json!({ "output": made, "outputs": made, "state": other.state.name() });
            match (&other.each, outputs.get_mut(&other.definition.id), steps.get_mut(&other.definition.id)) {
                (Some(_), Some(Value::Array(all)), Some(Value::Array(stand))) => {
                    all.push(made);
                    stand.push(stands);
                }
                (Some(_), _, _) => {
                    outputs.insert(other.definition.id.clone(), Value::Array(vec![made]));
                    steps.insert(other.definition.id.clone(), Value::Array(vec![stands]));
                }
                (None, _, _) => {
                    outputs.insert(other.definition.id.clone(), made);
                    steps.insert(other.definition.id.clone(), stands);
                }
            }
        }
        let each = step.and_then(|step| step.each.as_ref()).map(|(key, value)| json!({ "key": key, "value": value }));
        let mut context = json!({
            "parameters": self.parameters,
            "outputs": outputs,
            "steps": steps,
            "user": { "ref": self.answerable() },
            "journey": { "id": self.id, "owner": self.owner, "startedBy": self.starter, "path": self.path },
        });
        if let Some(each) = each {
            context["each"] = each;
        }
        context
    }

    /// The keys of a step and of all that come after it, by what they need.
    pub(crate) fn and_after(&self, id: &str) -> Vec<String> {
        let mut ids = vec![id.to_owned()];
        loop {
            let more: Vec<String> = self
                .steps
                .iter()
                .filter(|step| {
                    !ids.contains(&step.definition.id) && step.definition.needs.iter().any(|need| ids.contains(need))
                })
                .map(|step| step.definition.id.clone())
                .collect();
            if more.is_empty() {
                return ids;
            }
            ids.extend(more);
        }
    }

    /// Keeps who asks for what the journey is for, however it changes hands.
    fn note_asker(&mut self, entry: &Entry) {
        if let Actor::Person(subject) = &entry.actor {
            let asks = match entry.event {
                Event::Drafted { .. } | Event::Started { .. } | Event::Upgraded { .. } | Event::Transferred { .. } => {
                    true
                }
                Event::Begun { .. } | Event::Retried { .. } => self.by == *subject,
                _ => false,
            };
            if asks {
                self.askers.insert(subject.clone());
            }
        }
        if let Event::Drafted { owner: to, .. } | Event::Transferred { to } = &entry.event
            && to.starts_with("user:")
        {
            self.askers.insert(to.clone());
        }
    }

    /// Changes the journey as an event says. This is the one place where anything changes; it refuses nothing and looks at nothing else, so a
    /// history leads to the same journey for ever after.
    pub fn apply(&mut self, entry: &Entry) {
        let now = entry.at;
        self.seq = entry.seq;
        if let Actor::Person(subject) = &entry.actor
            && self.owner.starts_with("group:")
            && matches!(
                entry.event,
                Event::Started { .. } | Event::Begun { .. } | Event::Retried { .. } | Event::Cancelled { .. }
            )
        {
            self.by.clone_from(subject);
        }
        self.note_asker(entry);
        match &entry.event {
            Event::Drafted { path, title, owner, parent, over } => {
                self.path.clone_from(path);
                self.title.clone_from(title);
                self.owner.clone_from(owner);
                self.parent.clone_from(parent);
                self.over.clone_from(over);
                self.starter = entry.actor.name().to_owned();
                if parent.is_some() && entry.actor == Actor::Portal {
                    self.starter.clone_from(owner);
                }
                self.created_at = now;
            }
            Event::Started { pin, parameters, steps, output, pins } => {
                self.pin = pin.clone();
                self.parameters.clone_from(parameters);
                self.output.clone_from(output);
                self.pins.clone_from(pins);
                self.steps =
                    steps.iter().map(|step| Step::new(step.clone(), pins.get(&step.id).cloned(), now)).collect();
                self.started_at = Some(now);
            }
            Event::Became { state, outputs } => {
                debug_assert!(self.state.may_become(*state), "{} to {state}", self.state);
                self.state = *state;
                self.outputs.clone_from(outputs);
                if state.is_over() {
                    self.ended_at = Some(now);
                }
            }
            Event::Expanded { step, items } => self.expand(step, items, now),
            Event::Upgraded { pin, steps, pins, parameters, output } => {
                self.parameters.extend(parameters.clone());
                self.upgrade(pin.as_ref(), steps, pins, output, now);
            }
            Event::Transferred { to } => self.owner.clone_from(to),
            Event::Cancelled { reason, undo } => {
                self.reason.clone_from(reason);
                self.undo.clone_from(undo);
                self.end(now, JourneyState::Cancelled);
            }
            Event::GivenUp { reason } => {
                self.reason.clone_from(reason);
                self.end(now, JourneyState::Failed);
            }
            Event::UndoAdded { undo } => {
                let at = self.undo.iter().position(|undo| undo.state == UndoState::Pending).unwrap_or(self.undo.len());
                self.undo.splice(at..at, undo.iter().cloned());
            }
            Event::UndoBegun { key, run } => self.undoing(key, |undo| {
                if undo.state != UndoState::Running {
                    undo.round += 1;
                }
                undo.state = UndoState::Running;
                undo.run.clone_from(run);
            }),
            Event::Undone { key, note } => self.undoing(key, |undo| {
                undo.state = UndoState::Done;
                undo.note.clone_from(note);
            }),
            Event::UndoFailed { key, why } => self.undoing(key, |undo| {
                undo.state = UndoState::Failed;
                undo.note.clone_from(why);
            }),
            Event::UndoRetried { key } => self.undoing(key, |undo| {
                undo.state = UndoState::Pending;
                undo.run.clear();
                undo.note.clear();
            }),
            Event::RunStopped { run } => {
                self.stopping.remove(run);
            }
            Event::StartedOver { journey } => self.successor.clone_from(journey),
            Event::Commented { .. } => {}
            Event::Declined { step, reason, back_to } if !back_to.is_empty() => {
                let who = entry.actor.name();
                self.send_back(back_to, &format!("Sent back from {step} by {who}: {reason}"), now);
            }
            event => self.apply_to_step(event, entry),
        }
    }

    fn apply_to_step(&mut self, event: &Event, entry: &Entry) {
        let (now, seq, actor) = (entry.at, entry.seq, entry.actor.name());
        let is_over = self.state.is_over();
        let Some(step) = event.step().and_then(|key| self.steps.iter_mut().find(|step| step.key == key)) else {
            return;
        };
        match event {
            Event::Ready { .. } => {
                step.become_(StepState::Ready, now);
                step.round += 1;
                step.reached_at = Some(now);
                step.due_at = step.definition.sla.as_ref().map(|sla| now + sla.due);
                step.team = step.candidates();
            }
            Event::Broken { why, .. } => {
                step.note.clone_from(why);
                step.become_(StepState::Failed, now);
            }
            Event::Opened { wake_at, input, said, .. } => {
                step.become_(StepState::Waiting, now);
                step.wake_at = *wake_at;
                step.input.clone_from(input);
                step.said.clone_from(said);
            }
            Event::Begun { input, origins, by, .. } => {
                step.become_(StepState::Running, now);
                step.entered = input
                    .iter()
                    .filter(|(name, _)| origins.get(*name) == Some(&Origin::Entered))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                step.input.clone_from(input);
                step.origins.clone_from(origins);
                step.by.clone_from(by);
                step.sent_back = false;
                step.note.clear();
            }
            Event::RunBegun { run, .. } => {
                step.run.clone_from(run);
                step.resume = false;
                let is_path = matches!(step.definition.kind, Kind::Path { .. });
                if is_over {
                    self.stopping.insert(run.clone(), is_path);
                }
            }
            Event::RunRefused { why, missing, .. } => {
                step.note.clone_from(why);
                step.become_(if *missing { StepState::Missing } else { StepState::Waiting }, now);
            }
            Event::RunEnded { outcome, .. } => match outcome {
                Outcome::Completed(outputs) => {
                    let kept = &step.definition.output;
                    step.outputs = outputs
                        .iter()
                        .filter(|(name, _)| kept.is_empty() || kept.contains(name))
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect();
                    step.unknown = false;
                    step.note.clear();
                    step.did(seq, outputs);
                    step.become_(StepState::Completed, now);
                }
                Outcome::Failed(why) => {
                    step.unknown = false;
                    step.note.clone_from(why);
                    step.become_(StepState::Failed, now);
                }
                Outcome::Unknown(why) => {
                    step.unknown = true;
                    step.note.clone_from(why);
                }
                Outcome::Resumed => {
                    step.unknown = false;
                    step.resume = false;
                    step.note.clear();
                    if step.state != StepState::Running {
                        step.become_(StepState::Running, now);
                    }
                }
            },
            Event::Probed { good, said, again_at, .. } => {
                step.note.clone_from(said);
                step.wake_at = *again_at;
                if *good {
                    step.complete(Map::new(), seq, now);
                } else if again_at.is_none() {
                    step.become_(StepState::Failed, now);
                }
            }
            Event::TimeCame { .. } => step.complete(Map::new(), seq, now),
            Event::Signalled { body, .. } => step.complete(body.clone(), seq, now),
            Event::TimedOut { .. } => {
                step.note = "What was waited for did not come in time".into();
                step.become_(StepState::Failed, now);
            }
            Event::Reminded { .. } => step.reminded = true,
            Event::Overdue { .. } => step.overdue = true,
            Event::Claimed { .. } => actor.clone_into(&mut step.assignee),
            Event::Released { .. } => step.assignee.clear(),
            Event::HandedOver { to, .. } => {
                step.team = vec![to.clone()];
                step.assignee = if to.starts_with("user:") { to.clone() } else { String::new() };
            }
            // Whoever names nobody decides again.
            Event::Delegated { to, .. } if to.is_empty() => {
                step.delegates.remove(actor);
            }
            Event::Delegated { to, .. } => {
                step.delegates.insert(actor.to_owned(), to.clone());
            }
            Event::Done { outputs, evidence, .. } => {
                step.evidence.extend(evidence.iter().cloned());
                step.complete(outputs.clone(), seq, now);
            }
            Event::Approved { comment, instead_of, .. } => step.votes.push(Vote {
                who: actor.to_owned(),
                instead_of: instead_of.clone(),
                comment: comment.clone(),
                at: now,
            }),
            Event::Agreed { .. } => {
                let by: Vec<&str> = step.votes.iter().map(|vote| vote.who.as_str()).collect();
                let outputs = Map::from_iter([("approvedBy".to_owned(), json!(by))]);
                step.complete(outputs, seq, now);
            }
            Event::Declined { reason, .. } => {
                step.note = format!("Declined by {actor}: {reason}");
                step.become_(StepState::Failed, now);
            }
            Event::Skipped { reason, .. } => {
                step.note.clone_from(reason);
                step.become_(StepState::Skipped, now);
            }
            Event::Attested { reason, evidence, .. } => {
                step.note.clone_from(reason);
                step.evidence.extend(evidence.iter().cloned());
                step.become_(StepState::Attested, now);
            }
            Event::ExceptionAsked { attest, reason, evidence, .. } => {
                step.exception = Some(Exception {
                    attest: *attest,
                    by: actor.to_owned(),
                    reason: reason.clone(),
                    evidence: evidence.clone(),
                });
            }
            Event::ExceptionDeclined { .. } => step.exception = None,
            Event::Retried { resume, .. } => {
                step.become_(StepState::Ready, now);
                step.votes.clear();
                step.note.clear();
                step.reached_at = Some(now);
                if *resume {
                    step.become_(StepState::Running, now);
                    step.resume = true;
                } else {
                    step.run.clear();
                    step.round += 1;
                }
            }
            Event::EvidenceAdded { evidence, .. } => step.evidence.push(evidence.clone()),
            _ => {}
        }
        // A journey that is over undoes what was still done of it; nothing else of it moves.
        debug_assert!(
            !is_over || matches!(event, Event::RunEnded { .. } | Event::RunBegun { .. } | Event::RunRefused { .. })
        );
    }

    fn expand(&mut self, id: &str, items: &[(String, Value)], now: Millis) {
        let Some(at) = self.steps.iter().position(|step| step.key == id) else { return };
        let whole = self.steps.remove(at);
        let repeated = items.iter().enumerate().map(|(index, item)| Step {
            key: format!("{id}[{index}]"),
            each: Some(item.clone()),
            since: now,
            ..whole.clone()
        });
        self.steps.splice(at..at, repeated);
    }

    /// Steps that have not begun are those of the newer version; all others stay as they are, in their places.
    fn upgrade(
        &mut self,
        pin: Option<&Pin>,
        steps: &[StepDefinition],
        pins: &Pins,
        output: &Map<String, Value>,
        now: Millis,
    ) {
        if let Some(pin) = pin {
            self.pin = pin.clone();
            self.output.clone_from(output);
        }
        let before = std::mem::take(&mut self.steps);
        let begun: Vec<Step> =
            before.into_iter().filter(|step| step.state != StepState::Pending || step.round > 0).collect();
        let fresh = steps.iter().map(|step| Step::new(step.clone(), pins.get(&step.id).cloned(), now));
        self.steps = begun.into_iter().chain(fresh).collect();
        for (key, pin) in pins {
            self.pins.insert(key.clone(), pin.clone());
        }
    }

    fn send_back(&mut self, to: &str, note: &str, now: Millis) {
        let ids = self.and_after(to);
        let mut stopping = Vec::new();
        for step in self.steps.iter_mut().filter(|step| ids.contains(&step.definition.id)) {
            if step.state == StepState::Running {
                let is_path = matches!(step.definition.kind, Kind::Path { .. });
                // What was begun without being known yet is found by its key.
                let begun = format!("{KEY}{}/{}/{}", self.id, step.key, step.round);
                stopping.push((if step.run.is_empty() { begun } else { step.run.clone() }, is_path));
            }
            let note = if step.definition.id == to { note } else { "" };
            step.again(now, note);
        }
        self.stopping.extend(stopping);
    }

    fn end(&mut self, now: Millis, state: JourneyState) {
        debug_assert!(self.state.may_become(state), "{} to {state}", self.state);
        self.state = state;
        self.ended_at = Some(now);
        for step in &self.steps {
            if step.state == StepState::Running && !step.run.is_empty() {
                self.stopping.insert(step.run.clone(), matches!(step.definition.kind, Kind::Path { .. }));
            }
        }
        // What has not begun outside never will.
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Ready) {
            step.state = StepState::Pending;
        }
    }

    fn undoing(&mut self, key: &str, change: impl FnOnce(&mut UndoStep)) {
        if let Some(undo) = self.undo.iter_mut().find(|undo| undo.key == key) {
            change(undo);
        }
    }

    /// What undoes the steps that are done, the last first.
    pub(crate) fn to_undo(&self, steps: &[&Step], engine: &expression::Engine) -> Vec<UndoStep> {
        let mut doings: Vec<(&Step, &Doing)> =
            steps.iter().flat_map(|step| step.done.iter().map(move |doing| (*step, doing))).collect();
        doings.sort_by_key(|(_, doing)| std::cmp::Reverse(doing.seq));
        let mut undo = Vec::new();
        for (step, doing) in doings {
            for (index, action) in step.definition.undo.iter().enumerate() {
                let mut context = self.context(Some(step));
                context["output"] = Value::Object(doing.outputs.clone());
                context["input"] = Value::Object(doing.input.clone());
                let written = Value::Object(action.input.clone());
                let ids = crate::settle::ids(&self.steps);
                let input = engine.value(&crate::settle::dashed(&written, &ids), &context).map(|done| done.value);
                let Ok(Value::Object(input)) = input.or(Ok::<_, ()>(Value::Object(Map::new()))) else { continue };
                let name = match (&action.name, &action.kind) {
                    (name, _) if !name.is_empty() => name.clone(),
                    (_, UndoKind::Template { template, .. }) => format!("Undo {}: {template}", step.definition.name),
                    (_, UndoKind::Task { .. }) => format!("Undo {}", step.definition.name),
                };
                let kind = match &action.kind {
                    UndoKind::Task { instructions, group } => {
                        let written = crate::settle::dashed_text(instructions, &ids);
                        let said = engine.text(&written, &context).map_or_else(|_| written.clone(), |done| done.value);
                        UndoKind::Task { instructions: said, group: group.clone() }
                    }
                    kind @ UndoKind::Template { .. } => kind.clone(),
                };
                undo.push(UndoStep {
                    key: format!("undo/{}/{}/{index}", step.key, doing.round),
                    step: step.key.clone(),
                    name,
                    kind,
                    pin: self.pins.get(&format!("{}/undo/{index}", step.definition.id)).cloned(),
                    input,
                    state: UndoState::Pending,
                    round: 0,
                    run: String::new(),
                    note: String::new(),
                });
            }
        }
        undo
    }
}

impl Step {
    fn complete(&mut self, outputs: Map<String, Value>, seq: u64, now: Millis) {
        self.did(seq, &outputs);
        self.outputs = outputs;
        self.note.clear();
        self.become_(StepState::Completed, now);
    }

    fn did(&mut self, seq: u64, outputs: &Map<String, Value>) {
        if !self.definition.undo.is_empty() {
            let (round, input) = (self.round, self.input.clone());
            self.done.push(Doing { round, seq, input, outputs: outputs.clone() });
        }
    }
}
