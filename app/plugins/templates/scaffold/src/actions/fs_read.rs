//! `fs:read`: reads a file of the workspace.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{example, input};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};

/// The largest file that becomes an output, in bytes.
const MOST: usize = 256 << 10;

/// Reads a file of the workspace.
#[derive(Debug)]
pub struct FsRead {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    path: String,
}

impl FsRead {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fs:read".to_owned(),
            description: "Reads a file of the workspace, for later steps.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["path"],
                "properties": {"path": {"type": "string", "title": "Which file", "description": "Its path in the workspace."}}
            }),
            output: json!({"type": "object", "properties": {"content": {"type": "string", "title": "The text of the file"}}}),
            examples: vec![example("A file that an earlier step made", json!({"path": "version.txt"}))],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FsRead {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FsRead {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        if step.world.is_none() && !step.workspace.exists(&input.path)? {
            step.log.warn(&format!("{} is not in the workspace; the dry run goes on as if it were empty", input.path));
            return Ok(Outcome::Done(Map::from_iter([("content".to_owned(), json!(""))])));
        }
        let content = step.workspace.read(&input.path)?;
        if content.len() > MOST {
            return Err(ActionError::Failed(format!(
                "{} is larger than {MOST} bytes, too large for an output",
                input.path
            )));
        }
        let content =
            String::from_utf8(content).map_err(|_| ActionError::Failed(format!("{} is not UTF-8 text", input.path)))?;
        Ok(Outcome::Done(Map::from_iter([("content".to_owned(), json!(content))])))
    }
}
