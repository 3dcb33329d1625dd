//! `fetch:plain:file`: one file as it is.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::sources::source;

/// Fetches one file and leaves it as it is.
#[derive(Debug)]
pub struct FetchPlainFile {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    url: String,
    target_path: String,
}

impl FetchPlainFile {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fetch:plain:file".to_owned(),
            description: "Fetches one file and puts it into the workspace as it is, over what is there.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["url", "targetPath"],
                "properties": {
                    "url": {"type": "string", "title": "Where the file is", "description": "A path relative to the template, or the address of a file in a repository."},
                    "targetPath": {"type": "string", "title": "Where it goes", "description": "The file's path in the workspace."},
                    "token": {"type": "string", "title": "Not used", "description": "Repositories are read as the portal reads them."}
                }
            }),
            output: nothing(),
            examples: vec![example(
                "A licence",
                json!({"url": "https://github.com/acme/standards/blob/main/LICENSE", "targetPath": "LICENSE"}),
            )],
            reach: Reach::Reads,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FetchPlainFile {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FetchPlainFile {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let source = source(step, &input.url).await?;
        let Some(file) = source.files.first() else { return Ok(Outcome::Done(Map::new())) };
        if source.files.len() > 1 {
            return Err(ActionError::Failed(format!("{} is a folder; fetch:plain fetches folders", input.url)));
        }
        let content = source.read(file, step.workspace.limits().file_bytes).await?;
        step.workspace.write(&input.target_path, &content, file.executable)?;
        Ok(Outcome::Done(Map::new()))
    }
}
