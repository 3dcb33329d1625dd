//! `catalog:fetch`: entities of the catalog, as whoever runs the template may see them.

use async_trait::async_trait;
use descriptor::EntityRef;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::outside::shared::{example, info, input, refused, world};

/// The most entities that one step asks for.
const MOST: usize = 500;

/// The action.
#[derive(Debug)]
pub struct CatalogFetch(ActionInfo);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    entity_ref: Option<String>,
    entity_refs: Option<Vec<String>>,
    #[serde(default)]
    optional: bool,
    default_kind: Option<String>,
    default_namespace: Option<String>,
}

impl CatalogFetch {
    /// The action.
    pub fn new() -> Self {
        let mut info = info(
            "catalog:fetch",
            "Gives one entity of the catalog, or several, as whoever runs the template may see them.",
            (Reach::Reads, Repeat::Safe),
            json!({
                "type": "object",
                "properties": {
                    "entityRef": { "type": "string", "title": "Entity", "description": "Such as `component:default/ledger`." },
                    "entityRefs": { "type": "array", "items": { "type": "string" }, "title": "Entities" },
                    "optional": { "type": "boolean", "title": "Optional", "description": "Whether the run goes on where there is none.", "default": false },
                    "defaultKind": { "type": "string", "title": "Kind of a ref that names none" },
                    "defaultNamespace": { "type": "string", "title": "Namespace of a ref that names none" }
                },
                "oneOf": [{ "required": ["entityRef"] }, { "required": ["entityRefs"] }]
            }),
            json!({
                "type": "object",
                "properties": {
                    "entity": { "type": "object", "title": "The entity, where one was asked for" },
                    "entities": { "type": "array", "title": "The entities in the order asked for, null for one that is missing", "items": { "type": ["object", "null"] } }
                }
            }),
        );
        info.examples = vec![
            example("One entity", json!({ "entityRef": "component:default/ledger" })),
            example(
                "Several, of which some may be missing",
                json!({ "entityRefs": ["ledger", "cards"], "defaultKind": "component", "optional": true }),
            ),
        ];
        Self(info)
    }
}

impl Default for CatalogFetch {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for CatalogFetch {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let given: Input = input(step)?;
        let mut outputs = Map::new();
        if let Some(entity_ref) = &given.entity_ref {
            let entity = entity(step, entity_ref, &given).await?;
            // Where it is missing there is no output, so that `if` and `default` see that there is none.
            outputs.extend(entity.map(|entity| ("entity".to_owned(), entity)));
        }
        if let Some(refs) = &given.entity_refs {
            if refs.len() > MOST {
                return Err(ActionError::Failed(format!("entityRefs: at most {MOST} at once")));
            }
            let mut entities = Vec::with_capacity(refs.len());
            for entity_ref in refs {
                entities.push(entity(step, entity_ref, &given).await?.unwrap_or_default());
            }
            outputs.insert("entities".into(), Value::Array(entities));
        }
        if given.entity_ref.is_none() && given.entity_refs.is_none() {
            return Err(ActionError::Failed("entityRef or entityRefs is missing".into()));
        }
        Ok(Outcome::Done(outputs))
    }
}

async fn entity(step: &Step<'_>, text: &str, given: &Input) -> Result<Option<Value>, ActionError> {
    let namespace = given.default_namespace.as_deref().unwrap_or("default");
    let entity_ref = EntityRef::parse(text, given.default_kind.as_deref(), namespace)
        .map_err(|error| ActionError::Failed(format!("entityRef: {error}")))?
        .to_string();
    let found = world(step)?.entities.entity(step.caller, &entity_ref).await.map_err(|error| refused(&error))?;
    if found.is_none() && !given.optional {
        return Err(ActionError::Failed(format!("{entity_ref} is not in the catalog")));
    }
    Ok(found)
}
