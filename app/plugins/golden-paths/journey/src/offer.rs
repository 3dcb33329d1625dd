//! What newer versions would change about a journey, for whoever decides whether it goes on with them.

use expression::Engine;
use serde_json::{Map, Value};

use crate::command::Command;
use crate::definition::{GoldenPath, StepDefinition};
use crate::event::{Pin, Pins};
use crate::run::{Journey, Step};
use crate::settle::Forms;

/// Newer versions, and what they come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The version of the path, where it is another.
    pub pin: Option<Pin>,
    /// The steps that have not begun, as they would be.
    pub steps: Vec<StepDefinition>,
    /// Their versions.
    pub pins: Pins,
    /// What the path would have to show in the end.
    pub output: Map<String, Value>,
    /// What changes, step by step.
    pub changes: Vec<Change>,
    /// What the path's form asks for that was not asked before.
    pub missing: Vec<String>,
}

/// What changes about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The step's id.
    pub step: String,
    /// What people call it.
    pub name: String,
    /// What.
    pub kind: ChangeKind,
    /// What its form would still ask for.
    pub missing: Vec<String>,
}

/// What changes about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// The path says something else of it.
    Changed,
    /// What it runs is of another version.
    Version {
        /// The number so far.
        from: String,
        /// The number then.
        to: String,
    },
}

impl Journey {
    /// What the newest versions would change: `path` is the path's newest version, with its pin; `pins` are the newest versions that its steps
    /// allow, or none where nothing is newer. Only steps that have not begun are touched.
    pub fn offer(&self, path: &GoldenPath, pin: &Pin, pins: &Pins, forms: &dyn Forms) -> Option<Offer> {
        let steps: Vec<StepDefinition> = path.steps.iter().filter(|step| !self.has_begun(&step.id)).cloned().collect();
        let pins: Pins = pins
            .iter()
            .filter(|(key, _)| !self.has_begun(key.split('/').next().unwrap_or_default()))
            .map(|(key, pin)| (key.clone(), pin.clone()))
            .collect();
        let open: Vec<&Step> = self.steps.iter().filter(|step| !self.has_begun(&step.definition.id)).collect();
        let mut changes = Vec::new();
        for step in &steps {
            let before = open.iter().find(|other| other.definition.id == step.id);
            let missing = self.missing(step, pins.get(&step.id), forms);
            let mut push = |kind: ChangeKind| {
                let (step, name) = (step.id.clone(), step.name.clone());
                changes.push(Change { step, name, kind, missing: missing.clone() });
            };
            let Some(before) = before else {
                push(ChangeKind::Added);
                continue;
            };
            if differs(&before.definition, step) {
                push(ChangeKind::Changed);
            }
            if let (Some(from), Some(to)) = (&before.pin, pins.get(&step.id))
                && from.id != to.id
            {
                push(ChangeKind::Version { from: from.number.clone(), to: to.number.clone() });
            }
        }
        for gone in open.iter().filter(|step| !steps.iter().any(|other| other.id == step.definition.id)) {
            let (step, name) = (gone.definition.id.clone(), gone.definition.name.clone());
            changes.push(Change { step, name, kind: ChangeKind::Removed, missing: Vec::new() });
        }
        let is_newer = self.pin.id != pin.id;
        if changes.is_empty() && !is_newer {
            return None;
        }
        let form = form::form(&path.parameters);
        let given = form.defaults(&Value::Object(self.parameters.clone()));
        let errors = form.validate(&given, &form::Standard);
        let missing = if is_newer { errors.into_iter().map(|error| named(&error.path)).collect() } else { Vec::new() };
        Some(Offer { pin: is_newer.then(|| pin.clone()), steps, pins, output: path.output.clone(), changes, missing })
    }

    fn missing(&self, step: &StepDefinition, pin: Option<&Pin>, forms: &dyn Forms) -> Vec<String> {
        let Some(pin) = pin else { return Vec::new() };
        let probe = Step::new(step.clone(), Some(pin.clone()), 0);
        let filled = self.prefilled(&probe, forms, &Engine::default()).ok().flatten();
        // What an expression will give is not known yet.
        filled
            .map(|filled| filled.errors)
            .unwrap_or_default()
            .into_iter()
            .map(|error| named(&error.path))
            .filter(|name| !step.input.contains_key(name))
            .collect()
    }
}

impl Offer {
    /// What accepts it, with what was filled in besides.
    pub fn accept(self, parameters: Map<String, Value>) -> Command {
        let Self { pin, steps, pins, output, .. } = self;
        Command::Upgrade { pin, steps, pins, parameters, output }
    }
}

fn differs(before: &StepDefinition, after: &StepDefinition) -> bool {
    let placeless = |step: &StepDefinition| StepDefinition { pointer: String::new(), ..step.clone() };
    placeless(before) != placeless(after)
}

fn named(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}
