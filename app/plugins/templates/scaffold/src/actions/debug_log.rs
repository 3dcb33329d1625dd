//! `debug:log`: writes a message into the log, and what the workspace holds.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Level, Outcome, Reach, Repeat, Step};

/// Writes a message into the log, and what the workspace holds.
#[derive(Debug)]
pub struct DebugLog {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    message: Value,
    list_workspace: Value,
    level: String,
    extra: Value,
}

impl DebugLog {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "debug:log".to_owned(),
            description: "Writes a message into the log, and, if asked to, what the workspace holds.".to_owned(),
            input: json!({
                "type": "object",
                "properties": {
                    "message": {"title": "Message"},
                    "listWorkspace": {"type": ["boolean", "string"], "title": "Whether the files of the workspace are listed", "description": "`with-filenames` lists them, `with-contents` with what is in them."},
                    "level": {"type": "string", "title": "How much it matters", "description": "`info`, `warn` or `error`."},
                    "extra": {"title": "Anything more to be written"}
                }
            }),
            output: nothing(),
            examples: vec![
                example("A message", json!({"message": "Hello ${{ parameters.name }}"})),
                example("What was made so far", json!({"listWorkspace": "with-filenames"})),
            ],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for DebugLog {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for DebugLog {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let level = match input.level.to_lowercase().as_str() {
            "warn" | "warning" => Level::Warn,
            "error" => Level::Error,
            _ => Level::Info,
        };
        for value in [&input.message, &input.extra] {
            match value {
                Value::Null => {}
                Value::String(text) => step.log.line(level, text),
                other => step.log.line(level, &serde_json::to_string_pretty(other).unwrap_or_default()),
            }
        }
        let lists = match &input.list_workspace {
            Value::Bool(lists) => *lists,
            Value::String(how) => how != "false" && !how.is_empty(),
            _ => false,
        };
        if lists {
            let contents = input.list_workspace.as_str() == Some("with-contents");
            for file in step.workspace.files("")? {
                step.log.line(level, &format!("{} ({} bytes)", file.path, file.bytes));
                if contents {
                    step.log.line(level, &String::from_utf8_lossy(&step.workspace.read(&file.path)?));
                }
            }
        }
        Ok(Outcome::Done(Map::new()))
    }
}
