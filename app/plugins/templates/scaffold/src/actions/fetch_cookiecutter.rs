//! `fetch:cookiecutter`: skeletons that were made for cookiecutter, as far as they can be rendered without it.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::fetch_template::{self, render};
use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::sources::source;

/// Renders a skeleton of cookiecutter.
#[derive(Debug)]
pub struct FetchCookiecutter {
    info: ActionInfo,
}

impl FetchCookiecutter {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fetch:cookiecutter".to_owned(),
            description: "Fetches a skeleton that was made for cookiecutter and renders it without cookiecutter: `{{ cookiecutter.x }}` and the blocks of Jinja are read, hooks and extensions are not run.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": {"type": "string", "title": "Where the skeleton is", "description": "A path relative to the template, or the address of a folder in a repository."},
                    "targetPath": {"type": "string", "title": "Where it goes", "description": "A folder of the workspace; the workspace itself by default."},
                    "values": {"type": "object", "title": "Values", "description": "What the skeleton knows as `cookiecutter`."},
                    "copyWithoutRender": {"type": "array", "items": {"type": "string"}, "title": "Files that are not rendered"},
                    "extensions": {"type": "array", "items": {"type": "string"}, "title": "Not used", "description": "Extensions of Jinja are programs, and are not run."},
                    "imageName": {"type": "string", "title": "Not used"}
                }
            }),
            output: nothing(),
            examples: vec![example("A skeleton beside the template", json!({"url": "./skeleton", "values": {"name": "${{ parameters.name }}"}}))],
            reach: Reach::Reads,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FetchCookiecutter {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FetchCookiecutter {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let mut input: fetch_template::Input = input(&step.input)?;
        step.log.warn("cookiecutter itself is not run: its hooks and extensions have no effect");
        if step.input.get("extensions").and_then(Value::as_array).is_some_and(|extensions| !extensions.is_empty()) {
            step.log.warn("extensions are not loaded");
        }
        let mut source = source(step, &input.url).await?;
        input.cookiecutter_compat = true;
        input.template_file_extension = Value::Null;
        let defaults = source.files.iter().find(|file| source.within(&file.path) == "cookiecutter.json");
        if let Some(file) = defaults {
            let text = source.read(file, step.workspace.limits().file_bytes).await?;
            input.values = merged(&text, input.values)?;
        }
        // cookiecutter takes what lies in the one folder with a templated name, and that folder becomes the target.
        let root = source.files.iter().find_map(|file| {
            let (first, _) = source.within(&file.path).split_once('/')?;
            first.contains("cookiecutter.").then(|| first.to_owned())
        });
        match root {
            Some(root) => source.narrow(&root),
            None => source.files.retain(|file| !file.path.ends_with("cookiecutter.json")),
        }
        render(step, &input, &source).await?;
        Ok(Outcome::Done(Map::new()))
    }
}

/// The values over the defaults of `cookiecutter.json`, where a list means its first item.
fn merged(defaults: &[u8], values: Map<String, Value>) -> Result<Map<String, Value>, ActionError> {
    let defaults: Map<String, Value> =
        serde_json::from_slice(defaults).map_err(|error| ActionError::Failed(format!("cookiecutter.json: {error}")))?;
    let mut merged = Map::new();
    for (name, value) in defaults {
        let value = match value {
            Value::Array(items) => items.into_iter().next().unwrap_or_default(),
            other => other,
        };
        if !name.starts_with('_') {
            merged.insert(name, value);
        }
    }
    merged.extend(values);
    Ok(merged)
}
