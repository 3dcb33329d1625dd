//! `fs:readdir`: lists files and folders of the workspace.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{example, input};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::workspace::EntryKind;

/// Lists files and folders of the workspace.
#[derive(Debug)]
pub struct FsReaddir {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    paths: Vec<String>,
    recursive: bool,
}

impl FsReaddir {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "fs:readdir".to_owned(),
            description: "Lists files and folders of the workspace, for later steps.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["paths"],
                "properties": {
                    "paths": {"type": "array", "items": {"type": "string", "minLength": 1}, "title": "Which folders", "description": "Paths in the workspace; `.` is the workspace itself."},
                    "recursive": {"type": "boolean", "title": "Whether folders below are listed too", "default": false}
                }
            }),
            output: json!({"type": "object", "properties": {"files": listed("The files"), "folders": listed("The folders")}}),
            examples: vec![example("All files", json!({"paths": ["."], "recursive": true}))],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for FsReaddir {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for FsReaddir {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let (mut files, mut folders): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        for folder in &input.paths {
            if step.world.is_none() && !step.workspace.exists(folder)? {
                step.log.warn(&format!("{folder} is not in the workspace; the dry run goes on as if it were empty"));
                continue;
            }
            let entries = step.workspace.entries(folder)?;
            let top = entries.iter().map(|entry| entry.path.matches('/').count()).min().unwrap_or(0);
            for entry in entries.iter().filter(|entry| input.recursive || entry.path.matches('/').count() == top) {
                let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
                let full = step.workspace.path().join(&entry.path);
                let item = json!({"name": name, "path": entry.path, "fullPath": full});
                if entry.kind == EntryKind::Folder { folders.push(item) } else { files.push(item) }
            }
        }
        Ok(Outcome::Done(Map::from_iter([("files".to_owned(), json!(files)), ("folders".to_owned(), json!(folders))])))
    }
}

fn listed(title: &str) -> Value {
    json!({"type": "array", "title": title, "items": {"type": "object", "properties": {
        "name": {"type": "string", "title": "Its name"},
        "path": {"type": "string", "title": "Its path in the workspace"},
        "fullPath": {"type": "string", "title": "Its path on the server"}
    }}})
}
