//! What a step means for given parameters, outputs of earlier steps, user and secrets. Nothing is done here.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use expression::{Engine, Options, Rendered};
use serde_json::{Map, Value, json};

use crate::action::ActionInfo;
use crate::definition::{Place, StepDefinition, Template, child};

/// The most rounds of a step with `each`.
const ROUNDS: usize = 1000;

/// What the expressions of a template are rendered with.
pub struct Context<'a> {
    template: &'a Template,
    engine: Engine,
    values: Value,
    secrets: &'a Map<String, Value>,
    notes: Mutex<BTreeSet<Note>>,
}

/// What is to be done for a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Its condition does not hold.
    Skip,
    /// The action, with this input.
    Run(Map<String, Value>),
    /// The action for each of these inputs in a row; [`collect`] puts the outputs together.
    Each(Vec<Map<String, Value>>),
}

/// Why it cannot be told what is to be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// An expression cannot be rendered.
    #[error("{}:{}:{}: {message}", place.file, place.line, place.column)]
    Expression {
        /// Where.
        place: Place,
        /// The JSON pointer of the field.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// What `each` gives is neither a list nor an object, or too long.
    #[error("each: {0}")]
    Each(String),
    /// The input is not what the action takes.
    #[error("the input of {action} is wrong: {}", problems.join("; "))]
    Input {
        /// The action, with the round of `each`.
        action: String,
        /// What is wrong, with the field.
        problems: Vec<String>,
    },
}

/// Something doubtful that rendering found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Where.
    pub place: Place,
    /// The JSON pointer of the field.
    pub path: String,
    /// What.
    pub message: String,
}

impl<'a> Context<'a> {
    /// The context before the first step. `user` is `{ref, entity}` of who runs the template.
    pub fn new(template: &'a Template, parameters: &Value, user: &Value, secrets: &'a Map<String, Value>) -> Self {
        let parameters = if parameters.is_null() { json!({}) } else { parameters.clone() };
        Self {
            template,
            engine: Engine::new(Options { strict: template.strict, ..Options::default() }),
            values: json!({"parameters": parameters, "user": user, "steps": {}}),
            secrets,
            notes: Mutex::default(),
        }
    }

    /// Adds what a step gave.
    pub fn add(&mut self, step: &str, output: &Map<String, Value>) {
        self.values["steps"][step] = json!({"output": output});
    }

    /// What is to be done for a step. An input is judged by the schema of the action, where that is known.
    pub fn prepare(&self, step: &StepDefinition, action: Option<&ActionInfo>) -> Result<Prepared, PrepareError> {
        if let Some(condition) = &step.r#if
            && !self.holds(condition, &child(&step.pointer, "if"))?
        {
            return Ok(Prepared::Skip);
        }
        let Some(each) = &step.each else {
            let input = self.input(step, None)?;
            self.judge(&step.action, None, action, &input)?;
            return Ok(Prepared::Run(input));
        };
        let rendered = self.render(each, &self.values, &child(&step.pointer, "each"))?;
        let rounds: Vec<(String, Value)> = match rendered {
            Value::Array(items) => items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
            Value::Object(entries) => entries.into_iter().collect(),
            Value::Null => return Err(PrepareError::Each("there is nothing to go through".to_owned())),
            other => {
                return Err(PrepareError::Each(format!("a list or an object is needed, not {}", shortened(&other))));
            }
        };
        if rounds.len() > ROUNDS {
            return Err(PrepareError::Each(format!("there are {} rounds; {ROUNDS} are the most", rounds.len())));
        }
        let mut inputs = Vec::with_capacity(rounds.len());
        for (key, value) in rounds {
            let input = self.input(step, Some(json!({"key": key, "value": value})))?;
            self.judge(&step.action, Some(&key), action, &input)?;
            inputs.push(input);
        }
        Ok(Prepared::Each(inputs))
    }

    /// What the template shows at the end: `links` and `text` whose `if` holds, and whatever else it says.
    pub fn output(&self) -> Result<Value, PrepareError> {
        let Value::Object(output) = &self.template.output else { return Ok(json!({})) };
        let mut shown = Map::new();
        for (key, value) in output {
            let pointer = child("/spec/output", key);
            let listed = value.as_array().filter(|_| key == "links" || key == "text");
            let Some(items) = listed else {
                let value = self.render(value, &self.values, &pointer)?;
                if !value.is_null() {
                    shown.insert(key.clone(), value);
                }
                continue;
            };
            let mut kept = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{at}");
                if let Some(condition) = item.get("if").filter(|condition| !condition.is_null())
                    && !self.holds(condition, &child(&pointer, "if"))?
                {
                    continue;
                }
                let mut item = item.clone();
                if let Value::Object(item) = &mut item {
                    item.shift_remove("if");
                }
                kept.push(self.render(&item, &self.values, &pointer)?);
            }
            shown.insert(key.clone(), Value::Array(kept));
        }
        Ok(Value::Object(shown))
    }

    /// What rendering has found since the last call.
    pub fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    fn holds(&self, condition: &Value, pointer: &str) -> Result<bool, PrepareError> {
        if let Value::String(_) = condition {
            self.render(condition, &self.values, pointer)?;
        }
        self.engine.condition(condition, &self.values).map_err(|error| self.failed(pointer, error))
    }

    /// The input of one round; secrets are known to inputs alone.
    fn input(&self, step: &StepDefinition, each: Option<Value>) -> Result<Map<String, Value>, PrepareError> {
        let mut values = self.values.clone();
        values["secrets"] = Value::Object(self.secrets.clone());
        if let Some(each) = each {
            values["each"] = each;
        }
        match self.render(&step.input, &values, &child(&step.pointer, step.input_key))? {
            Value::Object(input) => Ok(input),
            Value::Null => Ok(Map::new()),
            other => Err(PrepareError::Input {
                action: step.action.clone(),
                problems: vec![format!("an object is needed, not {}", shortened(&other))],
            }),
        }
    }

    fn judge(
        &self,
        name: &str,
        round: Option<&str>,
        action: Option<&ActionInfo>,
        input: &Map<String, Value>,
    ) -> Result<(), PrepareError> {
        let Some(action) = action else { return Ok(()) };
        let problems = input_problems(&action.input, &Value::Object(input.clone()));
        if problems.is_empty() {
            return Ok(());
        }
        let action = round.map_or_else(|| name.to_owned(), |round| format!("{name}[{round}]"));
        Err(PrepareError::Input { action, problems })
    }

    fn render(&self, value: &Value, context: &Value, pointer: &str) -> Result<Value, PrepareError> {
        let Rendered { value, undefined, kept } =
            self.engine.value(value, context).map_err(|error| self.failed(pointer, error))?;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        for undefined in undefined {
            let path = format!("{pointer}{}", undefined.pointer);
            let place = self.template.place_within(&path, undefined.line, undefined.column);
            notes.insert(Note { place, path, message: undefined_message(&undefined) });
        }
        for error in kept {
            let path = format!("{pointer}{}", error.pointer);
            let place = self.template.place_within(&path, error.line, error.column);
            let message = format!("{}; the text is left as it stands", error.message);
            notes.insert(Note { place, path, message });
        }
        Ok(value)
    }

    fn failed(&self, pointer: &str, error: expression::Error) -> PrepareError {
        let path = format!("{pointer}{}", error.pointer);
        let place = self.template.place_within(&path, error.line, error.column);
        PrepareError::Expression { place, path, message: error.message }
    }
}

/// The outputs of a step with `each`: under each name the list of what the rounds gave.
pub fn collect(rounds: Vec<Value>) -> Map<String, Value> {
    let mut collected: Map<String, Value> = Map::new();
    for round in rounds {
        let Value::Object(round) = round else { continue };
        for (name, value) in round {
            if let Value::Array(values) = collected.entry(name).or_insert_with(|| json!([])) {
                values.push(value);
            }
        }
    }
    collected
}

/// What is wrong with an input by the schema of its action, each with the field.
pub fn input_problems(schema: &Value, input: &Value) -> Vec<String> {
    let faults = form::judge(schema, input, &form::Standard).into_iter();
    faults
        .map(|fault| {
            let field = fault.path.trim_start_matches('/').replace('/', ".");
            if field.is_empty() { fault.message } else { format!("{field}: {}", fault.message) }
        })
        .collect()
}

/// Says that a name is not defined, and what may have been meant.
pub fn undefined_message(undefined: &expression::Undefined) -> String {
    let nearest = undefined.nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
    format!("`{}` is not defined and renders as nothing{nearest}", undefined.name)
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}
