//! What a journey has to have done outside. It follows from how the journey stands, so whoever takes over after a crash finds the same.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::definition::{UndoKind, WaitFor};
use crate::duration::Millis;
use crate::event::Pin;
use crate::run::Journey;
use crate::state::{JourneyState, StepState};

/// Something to be done outside, once.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A template is to be run, or a path to be followed. The key is the same however often it is asked for.
    Begin {
        /// The step, or what is undone.
        step: String,
        /// What makes it one, however often it is begun.
        key: String,
        /// Whether it is a path rather than a template.
        is_path: bool,
        /// Of which version.
        pin: Pin,
        /// With what.
        values: Map<String, Value>,
        /// Who answers for it.
        by: String,
        /// Whether it undoes a step.
        undoes: bool,
    },
    /// A run that failed is to go on.
    Resume {
        /// The step.
        step: String,
        /// The run.
        run: String,
        /// With what instead; empty for what it had.
        values: Map<String, Value>,
        /// Who answers for it.
        by: String,
    },
    /// Whether something was begun is to be found out: nobody waits for it any more.
    Find {
        /// The step.
        step: String,
        /// What makes it one, however often it is begun.
        key: String,
        /// Whether it is a path rather than a template.
        is_path: bool,
    },
    /// Nobody waits for this run any more.
    Stop {
        /// The run, or its key behind [`crate::KEY`].
        run: String,
        /// Whether it is a journey rather than a run.
        is_path: bool,
    },
    /// An address is to be asked.
    Probe {
        /// The step.
        step: String,
        /// The address.
        url: String,
        /// The status that it should answer with.
        status: u16,
        /// A text that the answer should contain.
        contains: String,
    },
}

/// Something that undoes a step of a journey that was cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndoStep {
    /// What it is called in the journey.
    pub key: String,
    /// The step that it undoes.
    pub step: String,
    /// What people call it.
    pub name: String,
    /// What it is.
    pub kind: UndoKind,
    /// The version of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// What it is given.
    pub input: Map<String, Value>,
    /// How it stands.
    #[serde(default)]
    pub state: UndoState,
    /// How often it was begun.
    #[serde(default)]
    pub round: u32,
    /// Its run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Why it could not be done, or what came of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How something that undoes a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UndoState {
    /// Others come first.
    #[default]
    Pending,
    /// It is on its way, or a person is to do it.
    Running,
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
}

impl UndoState {
    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Not yet",
            Self::Running => "Under way",
            Self::Done => "Undone",
            Self::Failed => "Could not be undone",
        }
    }
}

impl Journey {
    /// What is to be done outside at this time.
    pub fn effects(&self, now: Millis) -> Vec<Effect> {
        let mut effects: Vec<Effect> =
            self.stopping.iter().map(|(run, is_path)| Effect::Stop { run: run.clone(), is_path: *is_path }).collect();
        if self.state == JourneyState::Cancelled {
            effects.extend(self.undo_effect());
        }
        if self.state.is_over() {
            let lost = self.steps.iter().filter(|step| step.state == StepState::Running && step.run.is_empty());
            effects.extend(lost.map(|step| Effect::Find {
                step: step.key.clone(),
                key: format!("{}/{}/{}", self.id, step.key, step.round),
                is_path: step.definition.kind.name() == "path",
            }));
            return effects;
        }
        for step in &self.steps {
            if step.state == StepState::Running && step.run.is_empty() {
                let Some(pin) = step.pin.clone() else { continue };
                effects.push(Effect::Begin {
                    step: step.key.clone(),
                    key: format!("{}/{}/{}", self.id, step.key, step.round),
                    is_path: step.definition.kind.name() == "path",
                    pin,
                    values: step.input.clone(),
                    by: step.by.clone(),
                    undoes: false,
                });
            }
            if step.state == StepState::Running && step.resume {
                effects.push(Effect::Resume {
                    step: step.key.clone(),
                    run: step.run.clone(),
                    values: step.entered.clone(),
                    by: step.by.clone(),
                });
            }
            if step.state == StepState::Waiting
                && let Some(WaitFor::Probe { url, status, contains, .. }) = step.waits_for()
                && step.wake_at.is_none_or(|at| at <= now)
            {
                let url = step.input.get("url").and_then(Value::as_str).map_or_else(|| url.clone(), str::to_owned);
                let (status, contains) = (*status, contains.clone());
                effects.push(Effect::Probe { step: step.key.clone(), url, status, contains });
            }
        }
        effects
    }

    /// The first of what is to be undone that has to be begun. Nothing is undone while something of the journey may still be done.
    fn undo_effect(&self) -> Option<Effect> {
        if !self.is_still() {
            return None;
        }
        let undo = self.undo.iter().find(|undo| matches!(undo.state, UndoState::Pending | UndoState::Running))?;
        if undo.state != UndoState::Running || !undo.run.is_empty() {
            return None;
        }
        match &undo.kind {
            UndoKind::Template { .. } => Some(Effect::Begin {
                step: undo.key.clone(),
                key: format!("{}/{}/{}", self.id, undo.key, undo.round),
                is_path: false,
                pin: undo.pin.clone()?,
                values: undo.input.clone(),
                by: self.answerable().to_owned(),
                undoes: true,
            }),
            UndoKind::Task { .. } => None,
        }
    }

    /// When something is due next, of itself; none where it waits for somebody.
    pub fn wake_at(&self) -> Option<Millis> {
        if self.state.is_over() {
            return None;
        }
        self.steps.iter().filter_map(|step| step.next_due()).min()
    }
}
