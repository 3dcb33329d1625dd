//! What follows of itself: steps whose turn it is, times that have come, how the journey stands.

use std::collections::BTreeMap;

use expression::Engine;
use form::Form;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::definition::{Ask, Kind, StepDefinition, WaitFor};
use crate::duration::Millis;
use crate::effect::UndoState;
use crate::event::{Actor, Entry, Event, Pin};
use crate::fill::{Origin, Prefilled, prefill};
use crate::run::{Journey, Step};
use crate::state::{JourneyState, StepState};

/// The most repetitions of a step.
const MOST_ITEMS: usize = 100;

/// The most bytes of what a step is given.
const MOST_INPUT: usize = 256 * 1024;

/// The forms of the versions that a journey keeps to.
pub trait Forms {
    /// What the definition of this version asks for; none where that is not to be had.
    fn form(&self, pin: &Pin) -> Option<&Form>;
}

/// A journey on its way from one moment to the next.
pub(crate) struct Work<'a> {
    pub(crate) journey: Journey,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Millis,
    pub(crate) forms: &'a dyn Forms,
    pub(crate) engine: Engine,
}

impl Work<'_> {
    pub(crate) fn record(&mut self, actor: &Actor, event: Event) {
        let entry = Entry { seq: self.journey.seq + 1, at: self.now, actor: actor.clone(), event };
        self.journey.apply(&entry);
        self.entries.push(entry);
    }

    fn note(&mut self, event: Event) {
        self.record(&Actor::Portal, event);
    }

    /// Does whatever follows, until nothing does.
    pub(crate) fn settle(&mut self) {
        while self.journey.started_at.is_some() && self.one() {}
    }

    /// The next thing that follows; whether there was one.
    fn one(&mut self) -> bool {
        if self.journey.state.is_over() {
            return self.undo();
        }
        for index in 0..self.journey.steps.len() {
            let step = &self.journey.steps[index];
            let event = match step.state {
                StepState::Pending => self.pending(step),
                StepState::Ready => Some(self.ready(step)),
                _ => None,
            };
            if let Some(event) = event.or_else(|| self.due(&self.journey.steps[index])) {
                // What cannot be worked out is a step that was reached and failed.
                if let Event::Broken { step, .. } = &event
                    && self.journey.step(step).is_some_and(|step| step.state == StepState::Pending)
                {
                    self.note(Event::Ready { step: step.clone() });
                }
                self.note(event);
                return true;
            }
        }
        let state = self.stands();
        if state == self.journey.state {
            return false;
        }
        let outputs = if state == JourneyState::Completed { self.outputs() } else { Map::new() };
        self.note(Event::Became { state, outputs });
        true
    }

    fn pending(&self, step: &Step) -> Option<Event> {
        let is_behind = |id: &String| {
            self.journey.steps.iter().filter(|other| other.definition.id == *id).all(|other| other.state.is_behind())
        };
        if !step.definition.needs.iter().all(is_behind) {
            return None;
        }
        let name = step.key.clone();
        let context = self.journey.context(Some(step));
        let broken = |what: &str, why: String| {
            Some(Event::Broken { step: name.clone(), why: format!("`{what}` cannot be worked out: {why}") })
        };
        let repeats = step.definition.each.is_some() && step.each.is_none();
        // The condition of a step that is repeated is asked of each.
        if !repeats && let Some(condition) = &step.definition.r#if {
            match self.engine.condition(&self.written(condition), &context) {
                Ok(true) => {}
                Ok(false) => return Some(Event::Skipped { step: name, reason: "Its condition does not hold".into() }),
                Err(error) => return broken("if", error.message),
            }
        }
        if repeats {
            let each = step.definition.each.as_ref()?;
            let items = match self.engine.value(&self.written(each), &context) {
                Ok(items) => items.value,
                Err(error) => return broken("each", error.message),
            };
            let items: Vec<(String, Value)> = match items {
                Value::Array(list) => {
                    list.into_iter().enumerate().map(|(key, value)| (key.to_string(), value)).collect()
                }
                Value::Object(entries) => entries.into_iter().collect(),
                Value::Null => Vec::new(),
                _ => return broken("each", "it is neither a list nor an object".into()),
            };
            if items.len() > MOST_ITEMS {
                return broken("each", format!("{} are more than the {MOST_ITEMS} that there may be", items.len()));
            }
            if items.is_empty() {
                return Some(Event::Skipped { step: name, reason: "There is nothing to repeat it for".into() });
            }
            return Some(Event::Expanded { step: name, items });
        }
        Some(Event::Ready { step: name })
    }

    fn ready(&self, step: &Step) -> Event {
        let name = step.key.clone();
        match &step.definition.kind {
            Kind::Template { .. } | Kind::Path { .. } => {
                let filled = match self.journey.prefilled(step, self.forms, &self.engine) {
                    Ok(Some(filled)) => filled,
                    Ok(None) => {
                        return Event::RunRefused {
                            step: name,
                            why: "Its version is not to be had".into(),
                            missing: true,
                        };
                    }
                    Err(why) => return Event::Broken { step: name, why },
                };
                let asks = step.definition.ask == Ask::Always || step.sent_back;
                if asks || !filled.errors.is_empty() {
                    return Event::Opened { step: name, wake_at: None, input: Map::new(), said: String::new() };
                }
                let by = self.journey.answerable().to_owned();
                Event::Begun { step: name, input: filled.values, origins: filled.origins, by }
            }
            Kind::Task(task) => self.opened(step, &task.instructions, None),
            Kind::Approval(approval) => self.opened(step, &approval.instructions, None),
            Kind::Wait(wait) => {
                let context = self.journey.context(Some(step));
                match &wait.until {
                    WaitFor::Time(length) => self.opened(step, "", Some(self.now + length)),
                    WaitFor::Webhook => self.opened(step, "", None),
                    WaitFor::Moment(written) => {
                        let text = self.text(written, &context);
                        match moment(&text) {
                            Some(at) => self.opened(step, "", Some(at)),
                            None => {
                                let why = format!("{text:?} is no time such as 2027-01-31T08:00:00Z");
                                Event::Broken { step: name, why }
                            }
                        }
                    }
                    WaitFor::Probe { url, .. } => {
                        let url = self.text(url, &context);
                        let input = Map::from_iter([("url".to_owned(), Value::String(url))]);
                        Event::Opened { step: name, wake_at: Some(self.now), input, said: String::new() }
                    }
                }
            }
        }
    }

    fn opened(&self, step: &Step, said: &str, wake_at: Option<Millis>) -> Event {
        let input = match self.journey.input(step, &self.engine) {
            Ok(input) => input,
            Err(why) => return Event::Broken { step: step.key.clone(), why },
        };
        let said = self.text(said, &self.journey.context(Some(step)));
        Event::Opened { step: step.key.clone(), wake_at, input, said }
    }

    /// What is due about a step.
    fn due(&self, step: &Step) -> Option<Event> {
        if !step.state.is_open() {
            return None;
        }
        let name = step.key.clone();
        if let Kind::Wait(wait) = &step.definition.kind
            && step.state == StepState::Waiting
        {
            let comes = matches!(wait.until, WaitFor::Time(_) | WaitFor::Moment(_));
            if comes && step.wake_at.is_some_and(|at| at <= self.now) {
                return Some(Event::TimeCame { step: name });
            }
            if wait.timeout.zip(step.reached_at).is_some_and(|(timeout, from)| from + timeout <= self.now) {
                return Some(Event::TimedOut { step: name });
            }
        }
        if step.remind_at().is_some_and(|at| at <= self.now) {
            return Some(Event::Reminded { step: name });
        }
        if !step.overdue && step.due_at.is_some_and(|at| at <= self.now) {
            let to = step.definition.sla.as_ref().map(|sla| sla.escalate.clone()).unwrap_or_default();
            return Some(Event::Overdue { step: name, to });
        }
        None
    }

    fn stands(&self) -> JourneyState {
        let steps = &self.journey.steps;
        if steps.iter().all(|step| step.state.is_behind()) {
            return JourneyState::Completed;
        }
        if steps.iter().any(|step| step.unknown || matches!(step.state, StepState::Failed | StepState::Missing)) {
            return JourneyState::Blocked;
        }
        if steps.iter().any(|step| matches!(step.state, StepState::Running | StepState::Ready)) {
            return JourneyState::Running;
        }
        JourneyState::Waiting
    }

    fn outputs(&self) -> Map<String, Value> {
        let written = self.written(&Value::Object(self.journey.output.clone()));
        match self.engine.value(&written, &self.journey.context(None)).map(|done| done.value) {
            Ok(Value::Object(outputs)) => outputs,
            _ => Map::new(),
        }
    }

    /// Has the next thing undone, once nothing of the journey can still be done.
    fn undo(&mut self) -> bool {
        if !self.journey.is_still() || self.journey.undo.iter().any(|undo| undo.state == UndoState::Running) {
            return false;
        }
        let Some(next) = self.journey.undo.iter().find(|undo| undo.state == UndoState::Pending) else { return false };
        let key = next.key.clone();
        self.note(Event::UndoBegun { key, run: String::new() });
        true
    }

    fn written(&self, value: &Value) -> Value {
        dashed(value, &ids(&self.journey.steps))
    }

    fn text(&self, written: &str, context: &Value) -> String {
        let written = dashed_text(written, &ids(&self.journey.steps));
        self.engine.text(&written, context).map_or_else(|_| written.clone(), |done| done.value)
    }
}

impl Journey {
    /// What a step is given, with its expressions worked out.
    pub(crate) fn input(&self, step: &Step, engine: &Engine) -> Result<Map<String, Value>, String> {
        let written = dashed(&Value::Object(step.definition.input.clone()), &ids(&self.steps));
        let value = engine.value(&written, &self.context(Some(step)));
        match value.map(|done| done.value) {
            Ok(Value::Object(input)) if Value::Object(input.clone()).to_string().len() <= MOST_INPUT => Ok(input),
            Ok(Value::Object(_)) => Err(format!("What it is given is more than {MOST_INPUT} bytes")),
            Ok(_) => Ok(Map::new()),
            Err(error) => Err(format!("Its input cannot be worked out: {}", error.message)),
        }
    }

    /// The form of a step that runs something, as far as it is filled in; none where the form is not to be had.
    ///
    /// # Errors
    /// When what the step is given cannot be worked out.
    pub fn prefilled(&self, step: &Step, forms: &dyn Forms, engine: &Engine) -> Result<Option<Prefilled>, String> {
        let Some(form) = step.pin.as_ref().and_then(|pin| forms.form(pin)) else { return Ok(None) };
        let input = self.input(step, engine)?;
        let sources = sources(&step.definition, engine, &ids(&self.steps));
        Ok(Some(prefill(form, &self.parameters, &input, &sources, &step.entered)))
    }
}

/// Where each input of a step comes from, by its name.
fn sources(step: &StepDefinition, engine: &Engine, ids: &[String]) -> BTreeMap<String, Origin> {
    let mut found = BTreeMap::new();
    for (name, value) in &step.input {
        let mut origin = Origin::Path;
        for text in texts(&dashed(value, ids)) {
            for used in engine.names(&text).unwrap_or_default() {
                match used.path.as_slice() {
                    [root, id, ..] if root == "outputs" || root == "steps" => origin = Origin::Step(id.clone()),
                    [root, ..] if root == "parameters" && origin == Origin::Path => origin = Origin::Parameter,
                    _ => {}
                }
            }
        }
        found.insert(name.clone(), origin);
    }
    found
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(entries) => entries.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The ids of steps that an expression cannot name as they are.
pub(crate) fn ids(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.definition.id.clone()).collect()
}

/// Documents write `outputs.create-team.repo`, which as an expression is a subtraction: the names of steps are put in brackets.
pub(crate) fn dashed(value: &Value, ids: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(dashed_text(text, ids)),
        Value::Array(list) => Value::Array(list.iter().map(|inner| dashed(inner, ids)).collect()),
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, inner)| (key.clone(), dashed(inner, ids))).collect())
        }
        other => other.clone(),
    }
}

pub(crate) fn dashed_text(text: &str, ids: &[String]) -> String {
    if !text.contains("${{") && !text.contains("{%") {
        return text.to_owned();
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, root)) = ["outputs.", "steps."].iter().filter_map(|root| Some((rest.find(root)?, *root))).min()
    {
        let (before, after) = rest.split_at(at);
        written.push_str(before);
        let is_member = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '-'));
        let after = &after[root.len()..];
        let length =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(after.len());
        // The longest id that stands there: `a-b` rather than `a` less `b`.
        let id = ids.iter().filter(|id| after[..length].starts_with(id.as_str())).max_by_key(|id| id.len());
        match id.filter(|id| !is_member && id.contains('-')) {
            Some(id) => {
                written.push_str(&format!("{}['{id}']", root.trim_end_matches('.')));
                rest = &after[id.len()..];
                // The name of an output may have a dash as well.
                if let Some(name) = rest.strip_prefix('.') {
                    let length = name
                        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
                        .unwrap_or(name.len());
                    if name[..length].contains('-') {
                        written.push_str(&format!("['{}']", &name[..length]));
                        rest = &name[length..];
                    }
                }
            }
            None => {
                written.push_str(root);
                rest = after;
            }
        }
    }
    written + rest
}

/// A time as documents write it: RFC 3339, or a day.
fn moment(text: &str) -> Option<Millis> {
    let text = text.trim();
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at = OffsetDateTime::parse(&whole, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_steps_with_dashes_are_no_subtractions() {
        let ids = ["create-team".to_owned(), "create".to_owned(), "repo".to_owned()];
        let cases = [
            ("${{ outputs.create-team.repo }}", "${{ outputs['create-team'].repo }}"),
            ("${{ outputs.create-team.repo-url | upper }}", "${{ outputs['create-team']['repo-url'] | upper }}"),
            ("${{ steps.create-team.output.x }}", "${{ steps['create-team'].output.x }}"),
            ("${{ outputs.create.n - 1 }}", "${{ outputs.create.n - 1 }}"),
            ("${{ my.outputs.create-team }}", "${{ my.outputs.create-team }}"),
            ("outputs.create-team", "outputs.create-team"),
        ];
        for (written, expected) in cases {
            assert_eq!(dashed_text(written, &ids), expected);
        }
    }

    #[test]
    fn times_are_moments_or_days() {
        assert_eq!(moment("1970-01-02"), Some(86_400_000));
        assert_eq!(moment("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(moment("tomorrow"), None);
    }
}
