//! The published versions of templates, read and kept ready.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Thing;
use kit::server::db::Db;
use kit::server::definitions::{self, Range, Version};
use kit::server::entities::Entities;
use scaffold::definition::Template;
use serde_json::Value;

use super::source::{Definition, Definitions};

/// Versions that are kept ready.
const KEPT: usize = 200;

/// The versions that were published of the catalog's templates.
pub struct Published {
    /// The database.
    pub db: Db,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// Those that were read, by row. A version does not change.
    pub ready: Mutex<HashMap<i64, Arc<Definition>>>,
}

impl Published {
    /// With nothing read yet.
    pub fn new(db: Db, entities: Arc<dyn Entities>) -> Self {
        Self { db, entities, ready: Mutex::default() }
    }

    async fn read(&self, version: &Version) -> Result<Arc<Definition>, AppError> {
        if let Some(ready) = self.ready(version.id) {
            return Ok(ready);
        }
        let tree = definitions::tree(&self.db, version).await?;
        let name = version.name.rsplit('/').next();
        let template = match Template::read(&tree, name, Some(self.entities.as_ref())).await {
            Ok(template) => template,
            Err(error) => return Err(AppError::bad_request(format!("The template cannot be read: {error}"))),
        };
        let definition = Arc::new(Definition {
            thing: thing(&version.name, &template.entity),
            template: Arc::new(template),
            version: version.number.to_string(),
            version_id: Some(version.id),
            hash: version.hash.clone(),
            tree: Arc::new(tree),
        });
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.len() >= KEPT {
            ready.clear();
        }
        ready.insert(version.id, definition.clone());
        Ok(definition)
    }

    fn ready(&self, id: i64) -> Option<Arc<Definition>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

#[async_trait]
impl Definitions for Published {
    async fn thing(&self, caller: &Caller, template: &str) -> Result<Option<Thing>, AppError> {
        Ok(self.entities.entity(caller, template).await?.map(|entity| thing(template, &entity)))
    }

    async fn newest(&self, template: &str, range: Option<&Range>) -> Result<Option<Arc<Definition>>, AppError> {
        let definition = definitions::Definition { plugin: crate::INFO.id, name: template };
        let version = match range {
            Some(range) => definitions::within(self.db.read(), definition, range).await?,
            None => definitions::latest(self.db.read(), definition).await?,
        };
        match version {
            Some(version) => self.read(&version).await.map(Some),
            None => Ok(None),
        }
    }

    async fn version(&self, template: &str, number: &str, id: Option<i64>) -> Result<Arc<Definition>, AppError> {
        if let Some(ready) = id.and_then(|id| self.ready(id)) {
            return Ok(ready);
        }
        let version = match id {
            Some(id) => definitions::by_id(self.db.read(), id).await?,
            None => {
                let definition = definitions::Definition { plugin: crate::INFO.id, name: template };
                definitions::by_number(self.db.read(), definition, number).await?
            }
        };
        let version = version.ok_or_else(|| AppError::not_found(format!("Version {number} of {template}")))?;
        self.read(&version).await
    }
}

/// A template as policies see it.
fn thing(template: &str, entity: &Value) -> Thing {
    let text = |pointer: &str| entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let namespace =
        template.split_once(':').and_then(|(_, rest)| rest.split_once('/')).map_or("default", |(each, _)| each);
    let relations = entity["relations"].as_array().map_or(&[][..], Vec::as_slice);
    let owner =
        relations.iter().find(|relation| relation["type"] == "ownedBy").and_then(|owner| owner["targetRef"].as_str());
    Thing {
        id: template.to_owned(),
        kind: "template".to_owned(),
        namespace: namespace.to_owned(),
        r#type: text("/spec/type").to_lowercase(),
        lifecycle: text("/spec/lifecycle").to_lowercase(),
        owner: owner.unwrap_or_default().to_lowercase(),
    }
}
