//! `fs:delete`: deletes files and folders of the workspace.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::globs::Globs;

/// Deletes files and folders of the workspace.
#[derive(Debug)]
pub struct FsDelete {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    files: Vec<String>,
}

impl FsDelete {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fs:delete".to_owned(),
            description: "Deletes files and folders of the workspace. What is not there is no error.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["files"],
                "properties": {"files": {"type": "array", "items": {"type": "string"}, "title": "What is deleted", "description": "Paths in the workspace, or patterns such as `**/*.tmp`."}}
            }),
            output: nothing(),
            examples: vec![example("A folder and all temporary files", json!({"files": ["docs", "**/*.tmp"]}))],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FsDelete {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FsDelete {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        for pattern in &input.files {
            let mut deleted = usize::from(step.workspace.delete(pattern)?);
            if pattern.contains(['*', '?', '[', '{']) {
                let globs = Globs::new([pattern.as_str()])?;
                for entry in step.workspace.entries("")? {
                    if globs.matches(&entry.path) && step.workspace.delete(&entry.path)? {
                        deleted += 1;
                    }
                }
            }
            step.log.info(&if deleted == 0 { format!("{pattern} is not there") } else { format!("Deleted {pattern}") });
        }
        Ok(Outcome::Done(Map::new()))
    }
}
