//! What is doubtful about a template, without running it.

use std::collections::{BTreeMap, BTreeSet};

use expression::{Engine, Name, NameKind, Options};
use kit::server::source::{self, SourceError, Tree};
use serde_json::{Map, Value};

use crate::actions::fetch_template;
use crate::definition::{Place, Problem, StepDefinition, Template, child};
use crate::globs::Globs;
use crate::names::{self, Used, nearest};
use crate::registry::Registry;
use crate::skeleton::{foreign_message, is_binary, is_foreign};

/// The largest file of a skeleton that is looked into, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// The most files of a skeleton that are looked into.
const FILES: usize = 2000;

/// Everything doubtful about a template, in the order of its text: odd shapes, actions that are not installed, names that are not defined,
/// expressions that cannot be read, parameters that nothing uses, skeletons that are not there, inputs that their action refuses.
pub async fn check(template: &Template, tree: &dyn Tree, registry: &Registry) -> Vec<Problem> {
    let used = names::used(template, &Engine::default());
    let mut checking =
        Checking { template, registry, parameters: Parameters::of(template), found: template.problems.clone() };
    checking.actions();
    for used in &used {
        checking.expressions(used);
    }
    checking.unused(&used);
    for step in &template.steps {
        checking.input(step);
        checking.skeleton(step, tree).await;
    }
    let mut found = checking.found;
    found.sort();
    found.dedup();
    found
}

struct Checking<'a> {
    template: &'a Template,
    registry: &'a Registry,
    parameters: Parameters,
    found: Vec<Problem>,
}

impl Checking<'_> {
    fn say(&mut self, pointer: &str, message: impl Into<String>) {
        self.found.push(self.template.problem(pointer, message));
    }

    fn say_within(&mut self, pointer: &str, line: u32, column: u32, message: String) {
        let place = self.template.place_within(pointer, line, column);
        self.found.push(Problem { place, path: pointer.to_owned(), message });
    }

    fn actions(&mut self) {
        let template = self.template;
        let owner = if template.owner.is_empty() { "nobody".to_owned() } else { template.owner.clone() };
        for step in &template.steps {
            if self.registry.get(&step.action).is_some() {
                continue;
            }
            let message = if step.action.is_empty() {
                format!("the step {:?} has no action", step.id)
            } else {
                let near = self.registry.nearest(&step.action);
                let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                format!("the action {} is not built in; the template is owned by {owner}{near}", step.action)
            };
            self.say(&child(&step.pointer, "action"), message);
        }
    }

    fn expressions(&mut self, used: &Used) {
        match &used.names {
            Err(error) => {
                let message = format!("the expression cannot be read: {}", error.message);
                self.say_within(&used.pointer, error.line, error.column, message);
            }
            Ok(names) => {
                for name in names {
                    if let Some(message) = self.name(used, name) {
                        self.say_within(&used.pointer, name.line, name.column, message);
                    }
                }
            }
        }
    }

    /// What is wrong with a name in the steps or the output.
    fn name(&self, used: &Used, name: &Name) -> Option<String> {
        if name.kind != NameKind::Variable {
            return unknown_of_engine(name);
        }
        let step = used.step.and_then(|at| self.template.steps.get(at));
        let path: Vec<&str> = name.path.iter().map(String::as_str).collect();
        let whole = name.name();
        match path.as_slice() {
            ["parameters", field, ..] => {
                if self.parameters.is_open || self.parameters.fields.contains_key(*field) || name.asked {
                    return None;
                }
                let near = nearest(field, self.parameters.fields.keys().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `parameters.{near}`?"));
                Some(format!("`{whole}`: the form has no field of that name{near}"))
            }
            ["steps", id, rest @ ..] => self.output_name(used.step, id, rest, &whole),
            ["each", ..] => match step {
                Some(step)
                    if step.each.is_some() && !used.pointer.ends_with("/if") && !used.pointer.ends_with("/each") =>
                {
                    None
                }
                _ => Some(format!("`{whole}` is known to the input of a step with `each` alone")),
            },
            ["secrets", ..] => {
                let in_input = step.is_some_and(|step| used.pointer.starts_with(&child(&step.pointer, step.input_key)));
                (!in_input).then(|| format!("`{whole}`: secrets are known to the inputs of steps alone"))
            }
            ["parameters" | "steps" | "user", ..] | [] => None,
            [root, ..] if name.asked && !is_foreign(root) => None,
            [root, ..] => {
                let near = nearest(root, ["parameters", "steps", "user", "secrets", "each"]);
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                Some(format!("`{whole}` is not defined and renders as nothing{near}"))
            }
        }
    }

    /// What is wrong with a name of an output; `at` is the step that uses it.
    fn output_name(&self, at: Option<usize>, id: &str, rest: &[&str], whole: &str) -> Option<String> {
        let steps = &self.template.steps;
        let Some(position) = steps.iter().position(|step| step.id == id) else {
            let near = nearest(id, steps.iter().map(|step| step.id.as_str()));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `steps.{near}`?"));
            return Some(format!("`{whole}`: there is no step of that id{near}"));
        };
        if at.is_some_and(|at| position >= at) {
            return Some(format!("`{whole}`: the step {id:?} has not run by then"));
        }
        match rest {
            [] => None,
            ["output"] => None,
            ["output", name, ..] => {
                let action = self.registry.get(&steps[position].action)?;
                let outputs = action.info().output.get("properties")?.as_object()?;
                let is_open =
                    action.info().output.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
                if is_open || outputs.contains_key(*name) {
                    return None;
                }
                let near = nearest(name, outputs.keys().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                Some(format!("`{whole}`: {} has no output of that name{near}", steps[position].action))
            }
            [first, ..] => Some(format!("`{whole}`: a step has `output`, not `{first}`")),
        }
    }

    fn unused(&mut self, used: &[Used]) {
        // What cannot be read may use anything.
        if used.iter().any(|used| used.names.is_err()) {
            return;
        }
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for name in used.iter().flat_map(Used::variables) {
            match name.path.as_slice() {
                [root, field, ..] if root == "parameters" || root == "secrets" => {
                    names.insert(field);
                }
                [root] if root == "parameters" => return,
                _ => {}
            }
        }
        let unused: Vec<(String, String)> = self
            .parameters
            .fields
            .iter()
            .filter(|(name, field)| !names.contains(name.as_str()) && !field.decides && field.holds)
            .map(|(name, field)| (name.clone(), field.pointer.clone()))
            .collect();
        for (name, pointer) in unused {
            let place = self.template.key_place(&pointer);
            let message = format!("no step uses the field {name}");
            self.found.push(Problem { place, path: pointer, message });
        }
    }

    /// What the action refuses whatever the expressions give.
    fn input(&mut self, step: &StepDefinition) {
        let Some(action) = self.registry.get(&step.action) else { return };
        let none = Value::Object(Map::new());
        let input = if step.input.is_null() { &none } else { &step.input };
        if has_template(input) && !input.is_object() {
            return;
        }
        let pointer = child(&step.pointer, step.input_key);
        for fault in form::judge(&action.info().input, input, &form::Standard) {
            let is_sure =
                fault.rule == "required" || input.pointer(&fault.path).is_none_or(|value| !has_template(value));
            if is_sure {
                let field = fault.path.trim_start_matches('/').replace('/', ".");
                let field = if field.is_empty() { String::new() } else { format!(" {field}:") };
                self.say(
                    &format!("{pointer}{}", fault.path),
                    format!("{} refuses this input:{field} {}", step.action, fault.message),
                );
            }
        }
    }

    async fn skeleton(&mut self, step: &StepDefinition, tree: &dyn Tree) {
        let url = step.input.get("url").and_then(Value::as_str);
        let Some(url) =
            url.filter(|url| step.action.starts_with("fetch:") && !url.contains("://") && !Engine::is_template(url))
        else {
            return;
        };
        let pointer = format!("{}/url", child(&step.pointer, step.input_key));
        let folder = match url.strip_prefix('/') {
            Some(path) => source::join("", path),
            None => source::join(tree.start(), url),
        };
        let folder = match folder {
            Ok(folder) => folder,
            Err(error) => return self.say(&pointer, error.to_string()),
        };
        let files = match tree.files(&folder).await {
            Ok(files) if !files.is_empty() => files,
            Ok(_) | Err(SourceError::Missing(_)) => {
                return self.say(&pointer, format!("there are no files at {url} ({folder})"));
            }
            Err(error) => return self.say(&pointer, error.to_string()),
        };
        if !matches!(step.action.as_str(), "fetch:template" | "fetch:template:file") {
            return;
        }
        let Ok(input) = serde_json::from_value::<fetch_template::Input>(literal(&step.input)) else { return };
        let patterns = input.copy_without_templating.iter().chain(&input.copy_without_render).flatten();
        let Ok(globs) = Globs::new(patterns.map(String::as_str)) else { return };
        let Ok(extension) = fetch_template::extension(&input.template_file_extension) else { return };
        let values = step.input.get("values").and_then(Value::as_object);
        let root = if input.cookiecutter_compat { "cookiecutter" } else { "values" };
        let engine = Engine::new(Options {
            cookiecutter_compat: input.cookiecutter_compat,
            trim_blocks: input.trim_blocks,
            lstrip_blocks: input.lstrip_blocks,
            ..Options::default()
        });
        for file in files.iter().take(FILES) {
            let within = file.path.strip_prefix(&folder).unwrap_or(&file.path).trim_start_matches('/');
            let mut names = vec![(format!("the name of {}", file.path), within.to_owned(), 0)];
            let is_rendered =
                extension.as_ref().map_or(!globs.matches(within), |extension| within.ends_with(extension));
            if is_rendered
                && file.bytes <= FILE_BYTES
                && let Ok(content) = tree.read(&file.path).await
                && !is_binary(&content)
                && let Ok(text) = String::from_utf8(content)
            {
                names.push((file.path.clone(), text, 1));
            }
            for (what, text, line) in names.into_iter().filter(|(_, text, _)| Engine::is_template(text)) {
                let in_file = |at: u32, column: u32, message: String| {
                    let place = Place { file: file.path.clone(), line: at * line, column: column * line };
                    let message = if line == 0 { format!("{what}: {message}") } else { message };
                    Problem { place, path: pointer.clone(), message }
                };
                match engine.names(&text) {
                    Err(error) => {
                        let message = format!("the file cannot be rendered: {}", error.message);
                        self.found.push(in_file(error.line, error.column, message));
                    }
                    Ok(names) => {
                        let doubts = names.iter().filter_map(|name| {
                            Some(in_file(name.line, name.column, skeleton_name(name, root, values)?))
                        });
                        self.found.extend(doubts);
                    }
                }
            }
        }
    }
}

/// What is wrong with a name in a skeleton.
fn skeleton_name(name: &Name, root: &str, values: Option<&Map<String, Value>>) -> Option<String> {
    if name.kind != NameKind::Variable {
        return unknown_of_engine(name);
    }
    let whole = name.name();
    match name.path.as_slice() {
        [first, value, ..] if first == root => {
            let values = values?;
            if name.asked || values.contains_key(value) {
                return None;
            }
            let near = nearest(value, values.keys().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{root}.{near}`?"));
            Some(format!("`{whole}` is not among the step's values and renders as nothing{near}"))
        }
        [first, ..] if first == root => None,
        [first, ..] if is_foreign(first) => Some(foreign_message(&whole)),
        _ if name.asked => None,
        _ => Some(format!("`{whole}` is not defined and renders as nothing; a skeleton knows `{root}` alone")),
    }
}

/// What the engine does not know of a name that is no variable.
fn unknown_of_engine(name: &Name) -> Option<String> {
    let what = match name.kind {
        NameKind::Filter if !name.known => "filter",
        NameKind::Test if !name.known => "test",
        NameKind::Operator => {
            return Some(format!("`{}` is no operator here, and the text is left as it stands", name.name()));
        }
        _ => return None,
    };
    let near = name.nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Some(format!("there is no {what} `{}`{near}", name.name()))
}

fn has_template(value: &Value) -> bool {
    match value {
        Value::String(text) => Engine::is_template(text),
        Value::Array(items) => items.iter().any(has_template),
        Value::Object(entries) => entries.values().any(has_template),
        _ => false,
    }
}

/// The input without what only expressions tell.
fn literal(input: &Value) -> Value {
    let Value::Object(entries) = input else { return Value::Object(Map::new()) };
    let kept =
        entries.iter().filter(|(key, value)| key.as_str() != "values" && !has_template(value) && !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The fields of a form.
#[derive(Default)]
struct Parameters {
    fields: BTreeMap<String, Field>,
    /// Whether there may be others.
    is_open: bool,
}

struct Field {
    pointer: String,
    /// Whether the form itself depends on it.
    decides: bool,
    /// Whether it holds a value at all.
    holds: bool,
}

impl Parameters {
    fn of(template: &Template) -> Self {
        let mut parameters = Self::default();
        match &template.parameters {
            Value::Array(pages) => {
                for (at, page) in pages.iter().enumerate() {
                    parameters.read(page, &format!("/spec/parameters/{at}"), false, 0);
                }
            }
            page => parameters.read(page, "/spec/parameters", false, 0),
        }
        let mut text = String::new();
        strings(&template.parameters, &mut text);
        // A field that another one's options or conditions name is used by the form.
        for (name, field) in &mut parameters.fields {
            field.decides |= text.contains(name.as_str());
        }
        // Decorators add values of their own.
        parameters.is_open |= template.entity.pointer("/spec/EXPERIMENTAL_formDecorators").is_some();
        parameters
    }

    fn read(&mut self, schema: &Value, pointer: &str, decides: bool, depth: usize) {
        let Value::Object(schema) = schema else { return };
        if depth > 16 {
            return;
        }
        let is_open = |key: &str| schema.get(key).is_some_and(|value| *value != Value::Bool(false));
        self.is_open |= is_open("$ref") || is_open("additionalProperties") || is_open("patternProperties");
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let pointer = child(&child(pointer, "properties"), name);
            let holds = property.get("type").is_some_and(|kind| kind != "null");
            let field = self.fields.entry(name.clone()).or_insert(Field { pointer, decides, holds });
            field.decides |= decides;
            field.holds |= holds;
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for (at, part) in schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                self.read(part, &format!("{pointer}/{key}/{at}"), decides, depth + 1);
            }
        }
        for (key, decides) in [("if", true), ("then", decides), ("else", decides)] {
            if let Some(part) = schema.get(key) {
                self.read(part, &child(pointer, key), decides, depth + 1);
            }
        }
        for (name, part) in schema.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
            let below = child(&child(pointer, "dependencies"), name);
            self.read(part, &below, decides, depth + 1);
            let field =
                self.fields.entry(name.clone()).or_insert(Field { pointer: below, decides: true, holds: false });
            field.decides = true;
        }
    }
}

/// All texts with expressions in a form.
fn strings(value: &Value, text: &mut String) {
    match value {
        Value::String(part) if Engine::is_template(part) => {
            text.push_str(part);
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, text)),
        Value::Object(entries) => {
            for (key, item) in entries {
                if let ("when", Value::String(part)) = (key.as_str(), item) {
                    text.push_str(part);
                    text.push('\n');
                }
                strings(item, text);
            }
        }
        _ => {}
    }
}
