//! `catalog:register`: what a run made stands in the catalog.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::outside::shared::{example, info, input, refused, world};

/// Where a descriptor stands in a repository unless a template says so.
const DESCRIPTOR: &str = "/catalog-info.yaml";

/// The action.
#[derive(Debug)]
pub struct CatalogRegister(ActionInfo);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    repo_contents_url: Option<String>,
    catalog_info_path: Option<String>,
    catalog_info_url: Option<String>,
    #[serde(default)]
    optional: bool,
}

impl CatalogRegister {
    /// The action.
    pub fn new() -> Self {
        let mut info = info(
            "catalog:register",
            "Registers the location of a descriptor in the catalog and has it read. A location that is registered already is read again.",
            (Reach::Outside, Repeat::Safe),
            json!({
                "type": "object",
                "properties": {
                    "repoContentsUrl": { "type": "string", "title": "Contents of the repository", "description": "The `repoContentsUrl` that a publishing step gives." },
                    "catalogInfoPath": { "type": "string", "title": "Path of the descriptor", "description": "From the root of the repository. `/catalog-info.yaml` when left out.", "default": DESCRIPTOR },
                    "catalogInfoUrl": { "type": "string", "title": "Address of the descriptor", "description": "Instead of the two." },
                    "optional": { "type": "boolean", "title": "Optional", "description": "Whether the run goes on where it cannot be registered.", "default": false }
                },
                "oneOf": [{ "required": ["catalogInfoUrl"] }, { "required": ["repoContentsUrl"] }]
            }),
            json!({
                "type": "object",
                "required": ["catalogInfoUrl"],
                "properties": {
                    "catalogInfoUrl": { "type": "string", "title": "The location that was registered" },
                    "entityRef": { "type": "string", "title": "The first entity that it brings" }
                }
            }),
        );
        info.examples = vec![
            example(
                "Register what the step before has published",
                json!({ "repoContentsUrl": "${{ steps.publish.output.repoContentsUrl }}", "catalogInfoPath": "/catalog-info.yaml" }),
            ),
            example(
                "Register a descriptor by its address",
                json!({ "catalogInfoUrl": "https://github.com/owner/repo/blob/main/catalog-info.yaml" }),
            ),
        ];
        Self(info)
    }
}

impl Default for CatalogRegister {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for CatalogRegister {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let given: Input = input(step)?;
        let target = match (&given.catalog_info_url, &given.repo_contents_url) {
            (Some(url), _) => url.clone(),
            (None, Some(base)) => location(base, given.catalog_info_path.as_deref().unwrap_or(DESCRIPTOR))?,
            (None, None) => return Err(ActionError::Failed("catalogInfoUrl or repoContentsUrl is missing".into())),
        };
        step.log.info(&format!("Registering {target}"));
        let mut outputs = Map::from_iter([("catalogInfoUrl".to_owned(), Value::String(target.clone()))]);
        match world.entities.register(step.caller, &target, &step.origin.annotations()).await {
            Ok(entity_ref) => {
                outputs.insert("entityRef".into(), Value::String(entity_ref));
            }
            Err(error) if given.optional => {
                step.log.warn(&format!("{target} was not registered, which this template can do without: {error}"));
            }
            Err(error) => return Err(refused(&error)),
        }
        Ok(Outcome::Done(outputs))
    }
}

/// The address of a file in the repository whose contents are at `base`. A path that begins with a slash is meant from the root, also where
/// `base` is a folder below it; of a repository that only git can read, the repository is the address.
fn location(base: &str, path: &str) -> Result<String, ActionError> {
    if path.contains("://") {
        return Ok(path.to_owned());
    }
    let mut url =
        Url::parse(base).map_err(|_| ActionError::Failed(format!("repoContentsUrl: {base:?} is no address")))?;
    if url.path().trim_end_matches('/').ends_with(".git") {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        return Ok(url.into());
    }
    let steps: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    // The step after the view is the branch or commit.
    let view = steps.iter().position(|step| matches!(*step, "blob" | "tree")).filter(|view| *view >= 2);
    let root = match view.filter(|_| path.starts_with('/')) {
        Some(view) => steps[..steps.len().min(view + 2)].join("/"),
        None => steps.join("/"),
    };
    let relative = path.trim_start_matches('/').trim_start_matches("./");
    url.set_path(&format!("/{root}/{relative}"));
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_descriptor_is_meant_from_the_root_of_its_repository() {
        for (base, path, expected) in [
            (
                "https://github.com/o/r/blob/main",
                "/catalog-info.yaml",
                "https://github.com/o/r/blob/main/catalog-info.yaml",
            ),
            (
                "https://github.com/o/r/blob/main/",
                "catalog-info.yaml",
                "https://github.com/o/r/blob/main/catalog-info.yaml",
            ),
            (
                "https://github.com/o/r/tree/main/sub",
                "/catalog-info.yaml",
                "https://github.com/o/r/tree/main/catalog-info.yaml",
            ),
            (
                "https://github.com/o/r/tree/main/sub",
                "./catalog-info.yaml",
                "https://github.com/o/r/tree/main/sub/catalog-info.yaml",
            ),
            (
                "https://gitlab.bank.example/g/s/p/-/blob/main",
                "/a/b.yaml",
                "https://gitlab.bank.example/g/s/p/-/blob/main/a/b.yaml",
            ),
            (
                "https://gitlab.bank.example/g/p",
                "/-/blob/main/b.yaml",
                "https://gitlab.bank.example/g/p/-/blob/main/b.yaml",
            ),
            (
                "https://portico.bank.example/api/templates/repositories/o/r.git",
                "/catalog-info.yaml",
                "https://portico.bank.example/api/templates/repositories/o/r.git",
            ),
            ("nothing", "https://github.com/o/r/blob/x/y.yaml", "https://github.com/o/r/blob/x/y.yaml"),
        ] {
            assert_eq!(location(base, path).as_deref(), Ok(expected), "{base} {path}");
        }
        assert!(location("nothing", "/x").is_err());
    }
}
