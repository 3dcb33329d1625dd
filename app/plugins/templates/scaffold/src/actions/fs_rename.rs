//! `fs:rename`: moves files and folders of the workspace.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};

/// Moves files and folders of the workspace.
#[derive(Debug)]
pub struct FsRename {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    files: Vec<Move>,
}

impl FsRename {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fs:rename".to_owned(),
            description: "Moves files and folders of the workspace.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["files"],
                "properties": {"files": {
                    "type": "array",
                    "title": "What is moved",
                    "items": {
                        "type": "object",
                        "required": ["from", "to"],
                        "properties": {
                            "from": {"type": "string", "title": "From", "description": "A path in the workspace."},
                            "to": {"type": "string", "title": "To", "description": "Its new path in the workspace."},
                            "overwrite": {"type": "boolean", "title": "Whether what is there already is replaced"}
                        }
                    }
                }}
            }),
            output: nothing(),
            examples: vec![example(
                "A file gets another name",
                json!({"files": [{"from": "gitignore", "to": ".gitignore", "overwrite": true}]}),
            )],
            reach: Reach::Workspace,
            repeat: Repeat::Checked,
        };
        Self { info }
    }
}

impl Default for FsRename {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FsRename {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        for Move { from, to, overwrite } in &input.files {
            if step.workspace.exists(from)? {
                step.workspace.rename(from, to, *overwrite)?;
                step.log.info(&format!("{from} is now {to}"));
            } else if step.world.is_none() {
                step.log.warn(&format!("{from} is not in the workspace; the dry run goes on without it"));
            } else if step.attempt > 1 && step.workspace.exists(to)? {
                step.log.info(&format!("{from} was moved to {to} by an earlier attempt"));
            } else {
                return Err(ActionError::Failed(format!("{from} is not in the workspace")));
            }
        }
        Ok(Outcome::Done(Map::new()))
    }
}

#[derive(Debug, Deserialize)]
struct Move {
    from: String,
    to: String,
    #[serde(default)]
    overwrite: bool,
}
