//! What a golden path's document says.

use descriptor::EntityRef;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::duration::{Millis, millis};

/// How long an approval's step is waited for where a probe says nothing: a minute.
const PROBE_EVERY: Millis = 60_000;

/// The shortest time between two probes: five seconds.
const PROBE_AT_LEAST: Millis = 5_000;

/// The most steps of a path.
pub(crate) const MOST_STEPS: usize = 200;

/// A golden path. Whatever has an odd shape is read as well as it can be, and said in [`GoldenPath::problems`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoldenPath {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`, or `default`.
    pub namespace: String,
    /// What people call it.
    pub title: String,
    /// `metadata.description`, in Markdown.
    pub description: String,
    /// `metadata.tags`.
    pub tags: Vec<String>,
    /// `metadata.availability`: the regions that it is for; empty for all.
    pub regions: Vec<String>,
    /// The canonical ref of whoever owns it.
    pub owner: String,
    /// `spec.type`.
    pub r#type: String,
    /// `spec.version`: the number that it gives itself.
    pub version: Option<String>,
    /// `spec.parameters`: one page of a form, or several.
    pub parameters: Value,
    /// The steps, in the order written.
    pub steps: Vec<StepDefinition>,
    /// `spec.output`: what the journey as a whole has to show.
    pub output: Map<String, Value>,
    /// What is wrong or odd about it.
    pub problems: Vec<Problem>,
}

/// A step of a path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepDefinition {
    /// What other steps call it; `step-N` where it says nothing.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for, in Markdown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The canonical ref of the team answerable for it; the path's owner where it says nothing.
    pub owner: String,
    /// What it is.
    pub kind: Kind,
    /// What it is given, with expressions.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub input: Map<String, Value>,
    /// The outputs that are kept; all where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// The ids of the steps that have to be behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// On what condition it is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#if: Option<Value>,
    /// Over what it is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Value>,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// Whether it may be skipped, and on what terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<Rule>,
    /// Whether somebody may say that it was done elsewhere, and on what terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attest: Option<Rule>,
    /// What undoes it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Undo>,
    /// When a person is shown its form.
    pub ask: Ask,
    /// The JSON pointer of the step.
    pub pointer: String,
    /// The key of its input: `input`, or `parameters` as in ING's own example.
    pub input_key: String,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Kind {
    /// A template is run.
    Template {
        /// The template's canonical ref.
        template: String,
        /// Which of its versions; empty for the newest.
        range: String,
    },
    /// Somebody does something.
    Task(Task),
    /// Somebody decides.
    Approval(Approval),
    /// A time, an answer or a signal is waited for.
    Wait(Wait),
    /// Another golden path is followed.
    Path {
        /// The path's canonical ref.
        path: String,
        /// Which of its versions; empty for the newest.
        range: String,
    },
}

impl Default for Kind {
    fn default() -> Self {
        Self::Task(Task::default())
    }
}

impl Kind {
    /// As documents call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Template { .. } => "template",
            Self::Task(_) => "task",
            Self::Approval(_) => "approval",
            Self::Wait(_) => "wait",
            Self::Path { .. } => "path",
        }
    }

    /// The definition that it runs, with the range of versions.
    pub fn runs(&self) -> Option<(&str, &str)> {
        match self {
            Self::Template { template, range } => Some((template, range)),
            Self::Path { path, range } => Some((path, range)),
            _ => None,
        }
    }
}

/// A human task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What is to be done, in Markdown, with expressions.
    pub instructions: String,
    /// What whoever does it fills in, as a JSON Schema; null for nothing. What is filled in is the step's output.
    pub form: Value,
    /// Whether a file or link has to show that it was done.
    pub evidence: bool,
    /// The groups whose members may do it; the step's owner where empty.
    pub groups: Vec<String>,
}

/// An approval. Whoever asked for it never gives it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// What is to be decided, in Markdown, with expressions.
    pub instructions: String,
    /// The groups whose members may decide; the step's owner where empty.
    pub groups: Vec<String>,
    /// How many have to agree.
    pub quorum: usize,
    /// The step that a refusal sends the journey back to; without one, the step fails.
    pub back_to: String,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// What.
    pub until: WaitFor,
    /// After how long the step fails; none for never.
    pub timeout: Option<Millis>,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitFor {
    /// So much time, from when the step is reached.
    Time(Millis),
    /// Until this time: `2027-01-31T08:00:00Z`, with expressions.
    Moment(String),
    /// Until an address answers as it should.
    Probe {
        /// The address, with expressions.
        url: String,
        /// The status that it should answer with.
        status: u16,
        /// A text that the answer should contain; may be empty.
        contains: String,
        /// How long after one answer the next is asked for.
        every: Millis,
    },
    /// Until a signed address is called.
    Webhook,
}

/// How long a step may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sla {
    /// From when it is reached.
    pub due: Millis,
    /// How long before it is due whoever has it is reminded.
    pub remind: Option<Millis>,
    /// The canonical ref of who hears of it when it is overdue; may be empty.
    pub escalate: String,
}

/// On what terms a step is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Whether a reason has to be given.
    pub reason: bool,
    /// Whether a file or link has to be given.
    pub evidence: bool,
    /// The canonical ref of the group that has to agree; empty for nobody.
    pub approval: String,
}

/// What undoes a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// What people call it.
    pub name: String,
    /// What it is.
    pub kind: UndoKind,
    /// What it is given, with expressions.
    pub input: Map<String, Value>,
}

/// What undoes a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UndoKind {
    /// A template is run.
    Template {
        /// The template's canonical ref.
        template: String,
        /// Which of its versions; empty for the newest.
        range: String,
    },
    /// Somebody does something.
    Task {
        /// What is to be done.
        instructions: String,
        /// The canonical ref of whose members may do it.
        group: String,
    },
}

/// When a person is shown the form of a step that runs something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// When what the path gives does not satisfy it.
    #[default]
    Missing,
    /// Always, before it runs.
    Always,
}

/// Whether something keeps a path from being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// Its owner should know.
    Warning,
}

/// Something wrong or doubtful about a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The JSON pointer of the field.
    pub pointer: String,
    /// How bad it is.
    pub severity: Severity,
    /// What, and what to do.
    pub message: String,
}

impl GoldenPath {
    /// Reads an entity of the kind `GoldenPath`.
    pub fn read(entity: &Value) -> Self {
        let (metadata, spec) = (&entity["metadata"], &entity["spec"]);
        let namespace = text(&metadata["namespace"]).unwrap_or_else(|| "default".into());
        let mut reader = Reader { namespace: namespace.to_lowercase(), problems: Vec::new() };
        let name = text(&metadata["name"]).unwrap_or_default();
        let owner = reader.group(&spec["owner"], "/spec/owner");
        let steps = reader.steps(spec, &owner);
        Self {
            title: text(&metadata["title"]).unwrap_or_else(|| name.clone()),
            name,
            description: text(&metadata["description"]).unwrap_or_default(),
            tags: texts(&metadata["tags"]),
            regions: texts(&metadata["availability"])
                .into_iter()
                .chain(text(&metadata["availability"]))
                .filter(|region| region != "global")
                .collect(),
            owner,
            r#type: text(&spec["type"]).unwrap_or_default(),
            version: text(&spec["version"]),
            parameters: spec["parameters"].clone(),
            steps,
            output: spec["output"].as_object().cloned().unwrap_or_default(),
            namespace,
            problems: reader.problems,
        }
    }

    /// The canonical ref.
    pub fn entity_ref(&self) -> String {
        EntityRef::new("goldenpath", &self.namespace, &self.name).to_string()
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&StepDefinition> {
        self.steps.iter().find(|step| step.id == id)
    }
}

struct Reader {
    namespace: String,
    problems: Vec<Problem>,
}

impl Reader {
    fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems.push(Problem { pointer: pointer.into(), severity: Severity::Error, message: message.into() });
    }

    fn warn(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems.push(Problem { pointer: pointer.into(), severity: Severity::Warning, message: message.into() });
    }

    fn steps(&mut self, spec: &Value, owner: &str) -> Vec<StepDefinition> {
        let written = spec["steps"].as_array().map_or(&[][..], Vec::as_slice);
        if written.is_empty() {
            self.error("/spec/steps", "a golden path has at least one step");
        }
        if written.len() > MOST_STEPS {
            self.error("/spec/steps", format!("a golden path has {MOST_STEPS} steps at most"));
        }
        let mut steps: Vec<StepDefinition> = Vec::new();
        for (index, step) in written.iter().take(MOST_STEPS).enumerate() {
            let pointer = format!("/spec/steps/{index}");
            if !step.is_object() {
                self.error(&pointer, "a step is an object");
                continue;
            }
            let previous = steps.last().map(|step| step.id.clone());
            let Some(step) = self.step(step, index, &pointer, owner, previous) else { continue };
            if steps.iter().any(|other| other.id == step.id) {
                self.error(&format!("{pointer}/id"), format!("two steps have the id {}", step.id));
                continue;
            }
            steps.push(step);
        }
        steps
    }

    fn step(
        &mut self,
        step: &Value,
        index: usize,
        pointer: &str,
        owner: &str,
        previous: Option<String>,
    ) -> Option<StepDefinition> {
        let id = text(&step["id"]).unwrap_or_else(|| format!("step-{}", index + 1));
        if !is_id(&id) {
            self.error(&format!("{pointer}/id"), format!("{id:?} is no id: letters, digits, `-` and `_`, 63 at most"));
        }
        let input_key =
            if step.get("input").is_none() && step["parameters"].is_object() { "parameters" } else { "input" };
        let owned = self.group(&step["owner"], &format!("{pointer}/owner"));
        let owner = if owned.is_empty() { owner.to_owned() } else { owned };
        let kind = self.kind(step, pointer)?;
        let needs = match step.get("needs") {
            Some(Value::Array(ids)) => ids.iter().filter_map(text).collect(),
            Some(Value::String(id)) => vec![id.clone()],
            _ => previous.into_iter().collect(),
        };
        Some(StepDefinition {
            name: text(&step["name"]).or_else(|| text(&step["title"])).unwrap_or_else(|| id.clone()),
            description: text(&step["description"]).unwrap_or_default(),
            owner,
            kind,
            input: step[input_key].as_object().cloned().unwrap_or_default(),
            output: output_names(&step["output"]),
            needs,
            r#if: step.get("if").filter(|value| !value.is_null()).cloned(),
            each: step.get("each").filter(|value| !value.is_null()).cloned(),
            sla: self.sla(step, pointer),
            skip: self.rule(step, "allowSkip", pointer),
            attest: self.rule(step, "allowAttest", pointer),
            undo: self.undo(step, pointer),
            ask: if text(&step["ask"]).as_deref() == Some("always") { Ask::Always } else { Ask::Missing },
            pointer: pointer.into(),
            input_key: input_key.into(),
            id,
        })
    }

    fn kind(&mut self, step: &Value, pointer: &str) -> Option<Kind> {
        let stated = text(&step["kind"]);
        let implied =
            ["template", "task", "approval", "wait", "path"].into_iter().find(|kind| step.get(kind).is_some());
        let kind = stated.as_deref().or(implied).unwrap_or("template");
        // What a kind says stands under its name, or beside `kind`.
        let said = if step[kind].is_object() { &step[kind] } else { step };
        let at = if step[kind].is_object() { format!("{pointer}/{kind}") } else { pointer.to_owned() };
        Some(match kind {
            "template" => {
                let (template, range) =
                    self.versioned(&step["template"], "template", &format!("{pointer}/template"))?;
                Kind::Template { template, range }
            }
            "path" => {
                let (path, range) = self.versioned(&step["path"], "goldenpath", &format!("{pointer}/path"))?;
                Kind::Path { path, range }
            }
            "task" => Kind::Task(Task {
                instructions: text(&said["instructions"]).unwrap_or_default(),
                form: said.get("form").cloned().unwrap_or_default(),
                evidence: is_required(&said["evidence"]),
                groups: self.groups(said, &at),
            }),
            "approval" => {
                let quorum = match said.get("quorum") {
                    None => 1,
                    Some(quorum) => match quorum.as_u64().filter(|count| (1..=50).contains(count)) {
                        Some(count) => usize::try_from(count).unwrap_or(1),
                        None => {
                            self.error(&format!("{at}/quorum"), "the quorum is a number from 1 to 50");
                            1
                        }
                    },
                };
                let back_to = text(&said["onDecline"]).or_else(|| text(&said["backTo"])).unwrap_or_default();
                let instructions = text(&said["instructions"]).unwrap_or_default();
                Kind::Approval(Approval { instructions, groups: self.groups(said, &at), quorum, back_to })
            }
            "wait" => Kind::Wait(self.wait(said, &at)?),
            other => {
                self.error(
                    &format!("{pointer}/kind"),
                    format!("{other:?} is no kind of step; it is one of template, task, approval, wait, path"),
                );
                return None;
            }
        })
    }

    fn wait(&mut self, said: &Value, at: &str) -> Option<Wait> {
        let timeout = self.length(said, "timeout", at);
        let until = if said.get("for").is_some() {
            WaitFor::Time(self.length(said, "for", at)?)
        } else if let Some(moment) = text(&said["until"]) {
            WaitFor::Moment(moment)
        } else if said["probe"].is_object() || text(&said["url"]).is_some() {
            let (probe, at) =
                if said["probe"].is_object() { (&said["probe"], format!("{at}/probe")) } else { (said, at.to_owned()) };
            let Some(url) = text(&probe["url"]) else {
                self.error(&at, "a probe has the `url` that is asked");
                return None;
            };
            let status = probe.get("status").and_then(Value::as_u64).unwrap_or(200);
            WaitFor::Probe {
                url,
                status: u16::try_from(status).unwrap_or(200),
                contains: text(&probe["contains"]).unwrap_or_default(),
                every: self.length(probe, "every", &at).unwrap_or(PROBE_EVERY).max(PROBE_AT_LEAST),
            }
        } else if said.get("webhook").is_some() {
            WaitFor::Webhook
        } else {
            self.error(at, "a wait says `for` how long, `until` when, a `probe` with its url, or `webhook: true`");
            return None;
        };
        Some(Wait { until, timeout })
    }

    fn length(&mut self, value: &Value, field: &str, at: &str) -> Option<Millis> {
        let length = value.get(field)?;
        let read = millis(length);
        if read.is_none() {
            self.error(
                &format!("{at}/{field}"),
                format!("{length} is no length of time; write 3d, 1d 12h, PT12H or {{days: 3}}, ten years at most"),
            );
        }
        read
    }

    fn sla(&mut self, step: &Value, pointer: &str) -> Option<Sla> {
        let sla = step.get("sla")?;
        let at = format!("{pointer}/sla");
        if sla.is_string() {
            let due = self.length(step, "sla", pointer)?;
            return Some(Sla { due, remind: None, escalate: String::new() });
        }
        let due = self.length(sla, "due", &at);
        if due.is_none() && sla.get("due").is_none() {
            self.error(&at, "an sla says when the step is `due`, such as 3d");
        }
        let remind = self.length(sla, "remind", &at).or_else(|| self.length(sla, "reminder", &at));
        let escalate = self.group(&sla["escalate"], &format!("{at}/escalate"));
        let escalate =
            if escalate.is_empty() { self.group(&sla["escalation"], &format!("{at}/escalation")) } else { escalate };
        Some(Sla { due: due?, remind, escalate })
    }

    fn rule(&mut self, step: &Value, field: &str, pointer: &str) -> Option<Rule> {
        let rule = step.get(field)?;
        match rule {
            Value::Bool(allowed) => allowed.then(Rule::default),
            Value::Object(_) => Some(Rule {
                reason: is_required(&rule["reason"]),
                evidence: is_required(&rule["evidence"]),
                approval: self.group(&rule["approval"], &format!("{pointer}/{field}/approval")),
            }),
            _ => {
                self.error(&format!("{pointer}/{field}"), "it is true, or says `reason`, `evidence` and `approval`");
                None
            }
        }
    }

    fn undo(&mut self, step: &Value, pointer: &str) -> Vec<Undo> {
        let Some(written) = step.get("onCancel") else { return Vec::new() };
        let (list, is_one) = match written {
            Value::Array(list) => (list.as_slice(), false),
            one => (std::slice::from_ref(one), true),
        };
        let mut undo = Vec::new();
        for (index, action) in list.iter().enumerate() {
            let at = if is_one { format!("{pointer}/onCancel") } else { format!("{pointer}/onCancel/{index}") };
            let kind = if action.get("template").is_some() {
                self.versioned(&action["template"], "template", &format!("{at}/template"))
                    .map(|(template, range)| UndoKind::Template { template, range })
            } else if let Some(instructions) = text(&action["task"])
                .or_else(|| text(&action["task"]["instructions"]))
                .or_else(|| text(&action["instructions"]))
            {
                let said = if action["task"].is_object() { &action["task"] } else { action };
                let group = self.groups(said, &at).into_iter().next();
                let group = group.unwrap_or_else(|| self.group(&action["owner"], &format!("{at}/owner")));
                Some(UndoKind::Task { instructions, group })
            } else {
                self.error(&at, "what undoes a step is a `template` with its input, or a `task` with instructions");
                None
            };
            let Some(kind) = kind else { continue };
            let name = text(&action["name"]).unwrap_or_default();
            undo.push(Undo { name, kind, input: action["input"].as_object().cloned().unwrap_or_default() });
        }
        undo
    }

    fn groups(&mut self, said: &Value, at: &str) -> Vec<String> {
        let mut groups = Vec::new();
        for field in ["group", "groups", "candidates"] {
            match &said[field] {
                Value::Array(list) => {
                    for (index, group) in list.iter().enumerate() {
                        groups.push(self.group(group, &format!("{at}/{field}/{index}")));
                    }
                }
                one => groups.push(self.group(one, &format!("{at}/{field}"))),
            }
        }
        groups.retain(|group| !group.is_empty());
        groups.dedup();
        groups
    }

    /// The canonical ref of a group or person; empty where there is none.
    fn group(&mut self, value: &Value, pointer: &str) -> String {
        let Some(written) = text(value) else { return String::new() };
        match EntityRef::parse(&written, Some("group"), &self.namespace) {
            Ok(group) => group.to_string(),
            Err(error) => {
                self.warn(pointer, error.to_string());
                String::new()
            }
        }
    }

    /// A ref with a range of versions behind an `@`.
    fn versioned(&mut self, value: &Value, kind: &str, pointer: &str) -> Option<(String, String)> {
        let Some(written) = text(value) else {
            self.error(pointer, format!("the step names what it runs, such as {kind}:default/name"));
            return None;
        };
        let (reference, range) = written.split_once('@').unwrap_or((&written, ""));
        let range = range.trim();
        let is_range = |part: &str| {
            let parts: Vec<&str> = part.split([' ', ',']).filter(|part| !part.is_empty()).collect();
            semver::VersionReq::parse(&parts.join(", ").replace(['v', 'V'], "")).is_ok()
        };
        if !range.is_empty() && !range.split("||").all(is_range) {
            self.error(pointer, format!("{range:?} is no range of versions such as ^1.2"));
        }
        match EntityRef::parse(reference.trim(), Some(kind), &self.namespace) {
            Ok(reference) => {
                // `golden-path:` is how people write what the catalog calls `goldenpath:`.
                let found = reference.to_string().replacen("golden-path:", "goldenpath:", 1);
                if !found.starts_with(&format!("{kind}:")) {
                    self.error(pointer, format!("{found} is no {kind}"));
                    return None;
                }
                Some((found, range.to_owned()))
            }
            Err(error) => {
                self.error(pointer, error.to_string());
                None
            }
        }
    }
}

/// The names of `output`: objects with a `name`, or texts.
fn output_names(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|entry| text(entry).or_else(|| text(&entry["name"]))).collect()
}

fn is_required(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_str() == Some("required")
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 63 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(text).collect()
}
