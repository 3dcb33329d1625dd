//! What is wrong or doubtful about a golden path, without following it.

use std::collections::BTreeSet;

use expression::{Engine, NameKind};
use serde_json::Value;

use crate::definition::{GoldenPath, Kind, Problem, Severity, StepDefinition, UndoKind, WaitFor};
use crate::settle::dashed_text;

/// What is known of documents outside the path's own.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// There is no such thing, as far as one can see.
    Unknown,
    /// There is, in none of the versions that the range allows; those that there are.
    NoVersion(Vec<String>),
    /// There is; what it asks for.
    Found(Value),
}

/// Answers what is known of the templates and paths that a path names.
pub trait Outside {
    /// The template or path of this canonical ref.
    fn look(&self, name: &str, range: &str) -> Known;
}

/// Everything that is wrong or doubtful about a path, in the order of its text.
pub fn check(path: &GoldenPath, outside: &dyn Outside) -> Vec<Problem> {
    let mut checking = Checking { path, outside, found: path.problems.clone(), engine: Engine::default() };
    checking.version();
    for step in &path.steps {
        checking.order(step);
        checking.expressions(step);
        checking.runs(step);
    }
    checking.cycles();
    let mut found = checking.found;
    found.sort();
    found.dedup();
    found
}

struct Checking<'a> {
    path: &'a GoldenPath,
    outside: &'a dyn Outside,
    found: Vec<Problem>,
    engine: Engine,
}

impl Checking<'_> {
    fn say(&mut self, pointer: String, severity: Severity, message: String) {
        self.found.push(Problem { pointer, severity, message });
    }

    fn error(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.say(pointer.into(), Severity::Error, message.into());
    }

    fn warn(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.say(pointer.into(), Severity::Warning, message.into());
    }

    fn version(&mut self) {
        if let Some(version) = &self.path.version
            && semver::Version::parse(version).is_err()
        {
            self.error("/spec/version", format!("{version:?} is no version such as 1.4.0"));
        }
    }

    fn order(&mut self, step: &StepDefinition) {
        for need in &step.needs {
            if self.path.step(need).is_none() {
                self.error(format!("{}/needs", step.pointer), format!("there is no step {need:?}{}", self.near(need)));
            }
        }
        if let Kind::Approval(approval) = &step.kind
            && !approval.back_to.is_empty()
        {
            let at = format!("{}/approval/onDecline", step.pointer);
            if self.path.step(&approval.back_to).is_none() {
                self.error(at, format!("there is no step {:?}{}", approval.back_to, self.near(&approval.back_to)));
            } else if !self.before(step).contains(approval.back_to.as_str()) {
                self.error(at, format!("{:?} is not a step before this one", approval.back_to));
            }
        }
        if let Some(sla) = &step.sla
            && sla.remind.is_some_and(|remind| remind >= sla.due)
        {
            self.warn(
                format!("{}/sla/remind", step.pointer),
                "the reminder is before the step is reached; it is told at once",
            );
        }
    }

    fn near(&self, id: &str) -> String {
        let near = self
            .path
            .steps
            .iter()
            .map(|step| (strsim::osa_distance(id, &step.id), &step.id))
            .filter(|(distance, other)| *distance <= 2.max(other.len() / 4))
            .min();
        near.map_or_else(String::new, |(_, id)| format!("; did you mean {id:?}?"))
    }

    /// The ids of all steps that are behind this one when it is reached.
    fn before(&self, step: &StepDefinition) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = step.needs.iter().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            if let Some(step) = self.path.step(id)
                && found.insert(step.id.as_str())
            {
                open.extend(step.needs.iter().map(String::as_str));
            }
        }
        found
    }

    fn cycles(&mut self) {
        for step in &self.path.steps {
            if self.before(step).contains(step.id.as_str()) {
                let message = format!("the step {:?} needs itself, by the way of what it needs", step.id);
                self.found.push(Problem {
                    pointer: format!("{}/needs", step.pointer),
                    severity: Severity::Error,
                    message,
                });
            }
        }
    }

    fn expressions(&mut self, step: &StepDefinition) {
        let own = step.pointer.clone();
        let mut texts: Vec<(String, String, bool)> = Vec::new();
        for (name, value) in &step.input {
            collect(value, &format!("{own}/{}/{}", step.input_key, escaped(name)), false, &mut texts);
        }
        for (field, value) in [("if", &step.r#if), ("each", &step.each)] {
            if let Some(value) = value {
                collect(value, &format!("{own}/{field}"), false, &mut texts);
            }
        }
        match &step.kind {
            Kind::Task(task) => texts.push((format!("{own}/task/instructions"), task.instructions.clone(), false)),
            Kind::Approval(approval) => {
                texts.push((format!("{own}/approval/instructions"), approval.instructions.clone(), false))
            }
            Kind::Wait(wait) => match &wait.until {
                WaitFor::Moment(text) => texts.push((format!("{own}/wait/until"), text.clone(), false)),
                WaitFor::Probe { url, .. } => texts.push((format!("{own}/wait/probe/url"), url.clone(), false)),
                _ => {}
            },
            _ => {}
        }
        for (index, undo) in step.undo.iter().enumerate() {
            collect(&Value::Object(undo.input.clone()), &format!("{own}/onCancel/{index}/input"), true, &mut texts);
        }
        let ids: Vec<String> = self.path.steps.iter().map(|step| step.id.clone()).collect();
        for (pointer, text, is_undo) in texts {
            match self.engine.names(&dashed_text(&text, &ids)) {
                Err(error) => self.error(pointer, format!("the expression cannot be read: {}", error.message)),
                Ok(names) => {
                    for name in names.iter().filter(|name| name.kind == NameKind::Variable) {
                        self.name(step, &pointer, &name.path, name.asked, is_undo);
                    }
                }
            }
        }
    }

    fn name(&mut self, step: &StepDefinition, pointer: &str, path: &[String], asked: bool, is_undo: bool) {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["outputs" | "steps", id, rest @ ..] => {
                let Some(other) = self.path.step(id) else {
                    return self.error(pointer, format!("there is no step {id:?}{}", self.near(id)));
                };
                let is_own = is_undo && *id == step.id;
                if !is_own && !self.before(step).contains(other.id.as_str()) {
                    return self.error(
                        pointer,
                        format!("what the step {id:?} makes is not there yet: this step does not come after it"),
                    );
                }
                let name = match (words[0], rest) {
                    ("outputs", [name, ..]) | ("steps", ["output" | "outputs", name, ..]) => name,
                    _ => return,
                };
                if !other.output.is_empty() && other.each.is_none() && !other.output.iter().any(|kept| kept == name) {
                    self.warn(
                        pointer,
                        format!("the step {id:?} keeps no output {name:?}; it keeps {}", other.output.join(", ")),
                    );
                }
            }
            ["parameters", name, ..] => {
                let fields = fields(&self.path.parameters);
                if !asked && !fields.iter().any(|field| field == name) {
                    self.warn(pointer, format!("the form of the path has no field {name:?}"));
                }
            }
            ["each", ..] if step.each.is_none() => {
                self.warn(pointer, "`each` is known to a step with `each` alone");
            }
            ["output" | "input", ..] if is_undo => {}
            ["each" | "user" | "journey" | "parameters" | "outputs" | "steps", ..] | [] => {}
            [root, ..] if !asked => self.warn(pointer, format!("{root:?} is not defined and is nothing")),
            _ => {}
        }
    }

    fn runs(&mut self, step: &StepDefinition) {
        if let Some((name, range)) = step.kind.runs() {
            let at = format!("{}/{}", step.pointer, step.kind.name());
            if let Some(parameters) = self.look(&at, name, range) {
                self.input(step, name, &parameters);
            }
        }
        for (index, undo) in step.undo.iter().enumerate() {
            if let UndoKind::Template { template, range } = &undo.kind {
                self.look(&format!("{}/onCancel/{index}/template", step.pointer), template, range);
            }
        }
    }

    fn look(&mut self, at: &str, name: &str, range: &str) -> Option<Value> {
        match self.outside.look(name, range) {
            Known::Found(parameters) => return Some(parameters),
            Known::Unknown => self.warn(at, format!("{name} is not among the checked files")),
            Known::NoVersion(versions) => {
                let there = if versions.is_empty() { "it states none".into() } else { versions.join(", ") };
                self.warn(at, format!("no version of {name} is in the range {range}: {there}"));
            }
        }
        None
    }

    /// What the form of what is run refuses, whatever expressions give.
    fn input(&mut self, step: &StepDefinition, name: &str, parameters: &Value) {
        let form = form::form(parameters);
        let given = Value::Object(step.input.clone());
        for error in form.validate(&form.defaults(&given), &form::Standard) {
            let value = given.pointer(&error.path);
            let is_written = value.is_some_and(|value| !value.to_string().contains("${{"));
            if is_written && error.rule != "required" {
                let pointer = format!("{}/{}{}", step.pointer, step.input_key, error.path);
                self.warn(pointer, format!("{name} refuses this: {}", error.message));
            }
        }
        let known = fields(parameters);
        for field in step.input.keys().filter(|field| !known.is_empty() && !known.contains(field)) {
            let pointer = format!("{}/{}/{}", step.pointer, step.input_key, escaped(field));
            self.warn(pointer, format!("{name} has no field {field:?}"));
        }
    }
}

fn collect(value: &Value, pointer: &str, is_undo: bool, texts: &mut Vec<(String, String, bool)>) {
    match value {
        Value::String(text) => texts.push((pointer.to_owned(), text.clone(), is_undo)),
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                collect(inner, &format!("{pointer}/{index}"), is_undo, texts);
            }
        }
        Value::Object(entries) => {
            for (key, inner) in entries {
                collect(inner, &format!("{pointer}/{}", escaped(key)), is_undo, texts);
            }
        }
        _ => {}
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The names of the fields that a form may show.
fn fields(parameters: &Value) -> Vec<String> {
    crate::fill::names(&form::form(parameters))
}
