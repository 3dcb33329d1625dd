//! `catalog:write`: writes a descriptor into the workspace.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{example, input, nothing};
use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};

/// Writes a descriptor into the workspace.
#[derive(Debug)]
pub struct CatalogWrite {
    info: ActionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    file_path: Option<String>,
    entity: Value,
}

impl CatalogWrite {
    /// The action.
    pub fn new() -> Self {
        let info = ActionInfo {
            id: "catalog:write".to_owned(),
            description: "Writes the descriptor of an entity into the workspace.".to_owned(),
            input: json!({
                "type": "object",
                "required": ["entity"],
                "properties": {
                    "filePath": {"type": "string", "title": "Which file", "description": "Its path in the workspace; `catalog-info.yaml` by default."},
                    "entity": {"type": "object", "title": "The entity"}
                }
            }),
            output: nothing(),
            examples: vec![example(
                "A component",
                json!({"entity": {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "${{ parameters.name }}"}, "spec": {"type": "service", "lifecycle": "experimental", "owner": "${{ parameters.owner }}"}}}),
            )],
            reach: Reach::Workspace,
            repeat: Repeat::Safe,
        };
        Self { info }
    }
}

impl Default for CatalogWrite {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for CatalogWrite {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let input: Input = input(&step.input)?;
        let path = input.file_path.as_deref().filter(|path| !path.is_empty()).unwrap_or("catalog-info.yaml");
        let text = serde_saphyr::to_string(&input.entity)
            .map_err(|error| ActionError::Failed(format!("entity: it cannot be written as YAML: {error}")))?;
        step.workspace.write(path, text.as_bytes(), false)?;
        step.log.info(&format!("Wrote {path}"));
        Ok(Outcome::Done(Map::new()))
    }
}
