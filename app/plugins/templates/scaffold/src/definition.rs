//! What the descriptor of a template says.

use descriptor::{Document, EntityRef, Position, Verdict};
use kit::server::entities::Entities;
use kit::server::source::{self, SourceError, Tree};
use serde_json::{Map, Value};

/// How deeply files may include each other.
const DEPTH: usize = 8;

/// How many files a descriptor may include.
const INCLUDED: usize = 200;

/// The largest descriptor or included file, in bytes.
const FILE_BYTES: usize = 2 << 20;

/// A template, read from its descriptor. Whatever has an odd shape is read as well as it can be, and said in [`Template::problems`].
#[derive(Debug, Clone)]
pub struct Template {
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
    /// `spec.owner` as it is written.
    pub owner: String,
    /// `spec.type`.
    pub r#type: String,
    /// `spec.version`: the number that the template gives itself.
    pub version: Option<String>,
    /// `spec.strict`: an undefined name is an error.
    pub strict: bool,
    /// `spec.parameters`, with what its placeholders stand for.
    pub parameters: Value,
    /// `spec.presentation`: what the buttons of the form say.
    pub presentation: Value,
    /// The steps, in order.
    pub steps: Vec<StepDefinition>,
    /// `spec.output`.
    pub output: Value,
    /// The whole entity, with what its placeholders stand for.
    pub entity: Value,
    /// What is odd about it, or could not be read.
    pub problems: Vec<Problem>,
    texts: Vec<Text>,
}

/// A step of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDefinition {
    /// What later steps call it; `step-N` where it says nothing.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Which action does it.
    pub action: String,
    /// Its input, with expressions.
    pub input: Value,
    /// On what condition it runs.
    pub r#if: Option<Value>,
    /// Over what it is repeated.
    pub each: Option<Value>,
    /// The JSON pointer of the step.
    pub pointer: String,
    /// The key of its input: `input`, or `parameters` in some published examples.
    pub input_key: &'static str,
}

/// A place in one of the files of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The path of the file within its tree.
    pub file: String,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: u32,
    /// The column, from 1; 0 where the file as a whole is meant.
    pub column: u32,
}

/// Something wrong or doubtful about a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The JSON pointer of the field in the descriptor; empty for a file of a skeleton.
    pub path: String,
    /// What, and what to do.
    pub message: String,
}

/// Why a file holds no template that could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is too large.
    #[error("{0} is larger than {FILE_BYTES} bytes")]
    Large(String),
    /// The file is no text.
    #[error("{0} is not UTF-8 text")]
    Text(String),
    /// It is no YAML.
    #[error("{file}:{line}:{column}: {message}")]
    Yaml {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// The column, from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// There is no template in it, or none of that name.
    #[error("{0} holds no template{1}")]
    None(String, String),
}

/// One file that the descriptor is made of.
#[derive(Debug, Clone)]
struct Text {
    /// The JSON pointer that its content stands at.
    pointer: String,
    file: String,
    /// None for what is no YAML, which has no places within.
    document: Option<Document>,
}

impl Template {
    /// Reads the template in the file that a tree was opened for, or the one of this name there. Included files that are elsewhere are read
    /// through the catalog; where there is none, they are left empty and named.
    pub async fn read(
        tree: &dyn Tree,
        name: Option<&str>,
        entities: Option<&dyn Entities>,
    ) -> Result<Self, DefinitionError> {
        Self::read_at(tree, tree.start(), name, entities).await
    }

    /// The same for another file of the tree.
    pub async fn read_at(
        tree: &dyn Tree,
        file: &str,
        name: Option<&str>,
        entities: Option<&dyn Entities>,
    ) -> Result<Self, DefinitionError> {
        let text = text(tree, file).await?;
        let documents = descriptor::read(&text);
        let is_meant = |document: &&Document| {
            document.kind().is_some_and(|kind| kind.eq_ignore_ascii_case("template"))
                && name.is_none_or(|name| document.name() == Some(name))
        };
        if let Some(document) = documents.iter().find(is_meant) {
            return Ok(Self::resolve(document.clone(), tree, file, entities).await);
        }
        let broken = documents.iter().find(|document| document.verdict == Verdict::YamlError);
        match broken.and_then(|document| document.errors.first()) {
            Some(error) => Err(DefinitionError::Yaml {
                file: file.to_owned(),
                line: error.line,
                column: error.column,
                message: error.message.clone(),
            }),
            None => {
                let named = name.map_or_else(String::new, |name| format!(" that is called {name:?}"));
                Err(DefinitionError::None(file.to_owned(), named))
            }
        }
    }

    /// Reads a template from a document of its descriptor.
    pub async fn resolve(document: Document, tree: &dyn Tree, file: &str, entities: Option<&dyn Entities>) -> Self {
        let value = document.value.clone().unwrap_or_default();
        let texts = vec![Text { pointer: String::new(), file: file.to_owned(), document: Some(document) }];
        let mut reading = Reading { tree, entities, texts, problems: Vec::new(), included: 0 };
        let entity = reading.included(value).await;
        let Reading { texts, problems, .. } = reading;
        Self::from_entity(entity, texts, problems)
    }

    /// A template from an entity whose text is not known, such as one that somebody sends; its places are those of nothing.
    pub fn from_value(entity: Value) -> Self {
        Self::from_entity(entity, Vec::new(), Vec::new())
    }

    /// The canonical ref.
    pub fn entity_ref(&self) -> String {
        EntityRef::new("template", &self.namespace, &self.name).to_string()
    }

    /// Where the value at a JSON pointer of the entity stands.
    pub fn place(&self, pointer: &str) -> Place {
        self.found(pointer, Document::position)
    }

    /// Where the key of the value at a JSON pointer stands.
    pub fn key_place(&self, pointer: &str) -> Place {
        self.found(pointer, Document::key_position)
    }

    /// Where a place within the text of a string value stands, as far as that can be told: line and column count within the string.
    pub fn place_within(&self, pointer: &str, line: u32, column: u32) -> Place {
        let mut place = self.place(pointer);
        if line > 1 {
            // A string of several lines is written as a block below its key nearly always.
            place.line = place.line.saturating_add(line);
            place.column = column;
        } else {
            place.column = place.column.saturating_add(column.saturating_sub(1));
        }
        place
    }

    /// A problem at a JSON pointer.
    pub fn problem(&self, pointer: &str, message: impl Into<String>) -> Problem {
        Problem { place: self.place(pointer), path: pointer.to_owned(), message: message.into() }
    }

    /// The files that the descriptor is made of, itself first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| text.file.as_str())
    }

    fn found(&self, pointer: &str, position: impl Fn(&Document, &str) -> Position) -> Place {
        let within = self.texts.iter().filter(|text| {
            pointer.strip_prefix(&text.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let Some(text) = within.max_by_key(|text| text.pointer.len()) else {
            return Place { file: String::new(), line: 0, column: 0 };
        };
        let Position { line, column } = match &text.document {
            Some(document) => position(document, &pointer[text.pointer.len()..]),
            None => Position { line: 1, column: 1 },
        };
        Place { file: text.file.clone(), line, column }
    }

    fn from_entity(entity: Value, texts: Vec<Text>, problems: Vec<Problem>) -> Self {
        let text = |pointer: &str| entity.pointer(pointer).map(words).unwrap_or_default();
        let name = text("/metadata/name");
        let named = |pointer: &str, otherwise: &str| {
            Some(text(pointer)).filter(|text| !text.is_empty()).unwrap_or_else(|| otherwise.to_owned())
        };
        let tags = entity.pointer("/metadata/tags").and_then(Value::as_array);
        let spec = |key: &str| entity.get("spec").and_then(|spec| spec.get(key)).cloned().unwrap_or_default();
        let steps = spec("steps");
        let (parameters, presentation, output) = (spec("parameters"), spec("presentation"), spec("output"));
        let strict = spec("strict") == Value::Bool(true);
        let (namespace, title) = (named("/metadata/namespace", "default"), named("/metadata/title", &name));
        let (description, owner, r#type) = (text("/metadata/description"), text("/spec/owner"), text("/spec/type"));
        let version = Some(text("/spec/version")).filter(|version| !version.is_empty());
        let tags = tags.into_iter().flatten().map(words).collect();
        let mut template = Self {
            namespace,
            title,
            description,
            tags,
            owner,
            r#type,
            version,
            strict,
            parameters,
            presentation,
            steps: Vec::new(),
            output,
            name,
            entity,
            problems,
            texts,
        };
        template.read_steps(&steps);
        template
    }

    fn read_steps(&mut self, steps: &Value) {
        let mut found: Vec<(String, Option<String>, Value)> = Vec::new();
        match steps {
            Value::Array(items) => flatten("/spec/steps", items, &mut found),
            Value::Object(step) if step.contains_key("action") => {
                self.problems.push(self.problem("/spec/steps", "steps is one step; it should be a list of them"));
                found.push(("/spec/steps".to_owned(), None, steps.clone()));
            }
            Value::Object(entries) => {
                if !entries.is_empty() {
                    self.problems.push(self.problem("/spec/steps", "steps is an object; it should be a list of steps"));
                }
                let entries = entries.iter();
                found.extend(entries.map(|(key, step)| (child("/spec/steps", key), Some(key.clone()), step.clone())));
            }
            Value::Null => {}
            _ => self.problems.push(self.problem("/spec/steps", "steps is no list of steps")),
        }
        for (index, (pointer, key, step)) in found.into_iter().enumerate() {
            if step.is_object() {
                let step = read_step(index, pointer, key, &step);
                if let Some(first) = self.steps.iter().find(|other| other.id == step.id) {
                    let message = format!(
                        "the id {:?} is that of the step {:?} already; its outputs are overwritten",
                        step.id, first.name
                    );
                    self.problems.push(self.problem(&step.pointer, message));
                }
                self.steps.push(step);
            } else if !step.is_null() {
                self.problems.push(self.problem(&pointer, "this is no step: a step has an action and its input"));
            }
        }
    }
}

/// A child's JSON pointer.
pub(crate) fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The text of a scalar.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        other => other.to_string(),
    }
}

fn flatten(pointer: &str, items: &[Value], found: &mut Vec<(String, Option<String>, Value)>) {
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match item {
            // A file that is included as one step may hold several.
            Value::Array(items) => flatten(&pointer, items, found),
            step => found.push((pointer, None, step.clone())),
        }
    }
}

fn read_step(index: usize, pointer: String, key: Option<String>, step: &Value) -> StepDefinition {
    let text = |key: &str| step.get(key).map(words).filter(|text| !text.is_empty());
    let id = text("id").or(key).unwrap_or_else(|| format!("step-{}", index + 1));
    let action = text("action").unwrap_or_default();
    let name =
        text("name").or_else(|| Some(action.clone()).filter(|action| !action.is_empty())).unwrap_or_else(|| id.clone());
    let input_key =
        if step.get("input").is_none() && step.get("parameters").is_some() { "parameters" } else { "input" };
    let input = step.get(input_key).cloned().unwrap_or_default();
    let given = |key: &str| step.get(key).filter(|value| !value.is_null()).cloned();
    StepDefinition { id, name, action, input, r#if: given("if"), each: given("each"), pointer, input_key }
}

async fn text(tree: &dyn Tree, file: &str) -> Result<String, DefinitionError> {
    let bytes = tree.read(file).await?;
    if bytes.len() > FILE_BYTES {
        return Err(DefinitionError::Large(file.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| DefinitionError::Text(file.to_owned()))
}

/// A reading of all files that a descriptor is made of.
struct Reading<'a> {
    tree: &'a dyn Tree,
    entities: Option<&'a dyn Entities>,
    texts: Vec<Text>,
    problems: Vec<Problem>,
    included: usize,
}

/// A placeholder that is still to be read.
struct Wanted {
    pointer: String,
    key: String,
    target: String,
    /// The file that names it; empty for what came from elsewhere, which has no neighbours here.
    base: String,
    depth: usize,
}

impl Reading<'_> {
    /// The entity with what its placeholders stand for.
    async fn included(&mut self, mut entity: Value) -> Value {
        let start = self.texts[0].file.clone();
        let mut wanted: Vec<Wanted> = wanted(&entity, "", &start, 0);
        while let Some(placeholder) = wanted.pop() {
            let Wanted { pointer, key, target, base, depth } = &placeholder;
            self.included += 1;
            let read = if self.included > INCLUDED || *depth >= DEPTH {
                Err(format!("{target}: files include each other too often or too deeply"))
            } else {
                self.content(base, target).await
            };
            let (value, file, document) = match read.and_then(|(text, file)| parsed(key, text, file)) {
                Ok(read) => read,
                Err(message) => {
                    let at = self.place(pointer);
                    self.problems.push(Problem {
                        place: at,
                        path: pointer.clone(),
                        message: format!("{message}; it is left empty"),
                    });
                    (if key == "$text" { Value::String(String::new()) } else { Value::Object(Map::new()) }, None, None)
                }
            };
            if let Some(file) = file {
                if key != "$text" {
                    wanted.extend(self::wanted(&value, pointer, &file, depth + 1));
                }
                self.texts.push(Text { pointer: pointer.clone(), file, document });
            }
            if let Some(field) = entity.pointer_mut(pointer) {
                *field = value;
            }
        }
        entity
    }

    /// The text of an included file and what it is called.
    async fn content(&self, base: &str, target: &str) -> Result<(String, String), String> {
        if target.contains("://") {
            let Some(entities) = self.entities else {
                return Err(format!("{target} is elsewhere and cannot be read here"));
            };
            let tree = entities.tree_at(target).await.map_err(|error| error.to_string())?;
            let text = text(&*tree, tree.start()).await.map_err(|error| error.to_string())?;
            return Ok((text, target.to_owned()));
        }
        if base.contains("://") {
            return Err(format!("{target} is next to a file elsewhere and cannot be read here"));
        }
        let path = source::join(base, target).map_err(|error| error.to_string())?;
        let text = text(self.tree, &path).await.map_err(|error| error.to_string())?;
        Ok((text, path))
    }

    fn place(&self, pointer: &str) -> Place {
        let within = self.texts.iter().filter(|text| pointer.starts_with(&text.pointer));
        let found = within.max_by_key(|text| text.pointer.len());
        let (file, position) = found.map_or_else(Default::default, |text| {
            let position = text.document.as_ref().map(|document| document.position(&pointer[text.pointer.len()..]));
            (text.file.clone(), position)
        });
        let Position { line, column } = position.unwrap_or(Position { line: 1, column: 1 });
        Place { file, line, column }
    }
}

fn wanted(value: &Value, within: &str, base: &str, depth: usize) -> Vec<Wanted> {
    let found = descriptor::placeholders(value).into_iter();
    found
        .map(|placeholder| Wanted {
            pointer: format!("{within}{}", placeholder.pointer),
            key: placeholder.key,
            target: placeholder.target,
            base: base.to_owned(),
            depth,
        })
        .collect()
}

type Parsed = (Value, Option<String>, Option<Document>);

fn parsed(key: &str, text: String, file: String) -> Result<Parsed, String> {
    match key {
        "$text" => Ok((Value::String(text), Some(file), None)),
        "$json" => {
            let value = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
            Ok((value, Some(file), None))
        }
        _ => {
            let document =
                descriptor::read(&text).into_iter().find(|document| document.verdict != Verdict::IgnoredEmpty);
            let Some(document) = document else { return Ok((Value::Null, Some(file), None)) };
            match (document.verdict, document.errors.first()) {
                (Verdict::YamlError, Some(error)) => {
                    Err(format!("{file}:{}:{}: {}", error.line, error.column, error.message))
                }
                _ => Ok((document.value.clone().unwrap_or_default(), Some(file), Some(document))),
            }
        }
    }
}
