//! `fetch:template:file`: one file, rendered.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::skeleton::{Reading, Renderer, is_binary};
use crate::sources::source;

/// Fetches one file and renders it.
#[derive(Debug)]
pub struct FetchTemplateFile {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    url: String,
    target_path: String,
    values: Map<String, Value>,
    cookiecutter_compat: bool,
    replace: bool,
    trim_blocks: bool,
    lstrip_blocks: bool,
}

impl FetchTemplateFile {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fetch:template:file".to_owned(),
            description: "Fetches one file, renders it with `values`, and puts it into the workspace.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["url", "targetPath"],
                "properties": {
                    "url": {"type": "string", "title": "Where the file is", "description": "A path relative to the template, or the address of a file in a repository."},
                    "targetPath": {"type": "string", "title": "Where it goes", "description": "The file's path in the workspace."},
                    "values": {"type": "object", "title": "Values", "description": "What the file knows as `values`."},
                    "cookiecutterCompat": {"type": "boolean", "title": "Reads `{{ cookiecutter.x }}`"},
                    "replace": {"type": "boolean", "title": "Whether a file that is there already is replaced"},
                    "trimBlocks": {"type": "boolean", "title": "Whether the line break after a block goes"},
                    "lstripBlocks": {"type": "boolean", "title": "Whether the white space before a block goes"},
                    "token": {"type": "string", "title": "Not used", "description": "Repositories are read as the portal reads them."}
                }
            }),
            output: nothing(),
            examples: vec![example(
                "A file beside the template",
                json!({"url": "./files/README.md", "targetPath": "README.md", "values": {"name": "${{ parameters.name }}"}}),
            )],
            reach: Reach::Reads,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FetchTemplateFile {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FetchTemplateFile {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        if !input.replace && step.workspace.exists(&input.target_path)? {
            step.log.info(&format!("{} is there already and is kept", input.target_path));
            return Ok(Outcome::Done(Map::new()));
        }
        let source = source(step, &input.url).await?;
        let Some(file) = source.files.first() else { return Ok(Outcome::Done(Map::new())) };
        if source.files.len() > 1 {
            return Err(ActionError::Failed(format!("{} is a folder; fetch:template fetches folders", input.url)));
        }
        let content = source.read(file, step.workspace.limits().file_bytes).await?;
        let reading = Reading {
            cookiecutter: input.cookiecutter_compat,
            trim_blocks: input.trim_blocks,
            lstrip_blocks: input.lstrip_blocks,
        };
        let content = match String::from_utf8(content) {
            Ok(text) if !is_binary(text.as_bytes()) => {
                Renderer::new(step, reading, &input.values).text(step, &file.path, text).await?.into_bytes()
            }
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        step.workspace.write(&input.target_path, &content, file.executable)?;
        Ok(Outcome::Done(Map::new()))
    }
}
