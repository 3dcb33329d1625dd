//! `fetch:plain`: files as they are.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{below, example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::sources::source;

/// Fetches files and leaves them as they are.
#[derive(Debug)]
pub struct FetchPlain {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    url: String,
    target_path: Option<String>,
}

impl FetchPlain {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fetch:plain".to_owned(),
            description: "Fetches files and puts them into the workspace as they are, over what is there.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": {"type": "string", "title": "Where the files are", "description": "A path relative to the template, or the address of a folder or file in a repository."},
                    "targetPath": {"type": "string", "title": "Where they go", "description": "A folder of the workspace; the workspace itself by default."},
                    "token": {"type": "string", "title": "Not used", "description": "Repositories are read as the portal reads them."}
                }
            }),
            output: nothing(),
            examples: vec![example(
                "Files of another repository",
                json!({"url": "https://github.com/acme/standards/tree/main/ci", "targetPath": "ci"}),
            )],
            reach: Reach::Reads,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FetchPlain {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FetchPlain {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let source = source(step, &input.url).await?;
        let target = input.target_path.as_deref().unwrap_or_default();
        step.workspace.create_folder(target)?;
        for file in &source.files {
            if step.cancelled.is_cancelled() {
                return Err(ActionError::Cancelled);
            }
            let content = source.read(file, step.workspace.limits().file_bytes).await?;
            step.workspace.write(&below(target, source.within(&file.path)), &content, file.executable)?;
        }
        step.log.info(&format!("{} files of {} are in the workspace", source.files.len(), source.name));
        Ok(Outcome::Done(Map::new()))
    }
}
