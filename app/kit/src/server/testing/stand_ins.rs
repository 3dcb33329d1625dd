//! What a test is given that needs something there, and nothing of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::error::AppError;
use crate::identity::Caller;
use crate::server::authorise::{Filter, Gate};
use crate::server::clock::Clock;
use crate::server::context::Kit;
use crate::server::db::Db;
use crate::server::directory::{Directory, Known, Membership};
use crate::server::entities::{Entities, EntityQuery, Found};
use crate::server::fetch::{Fetcher, Policy};
use crate::server::secrets::Vault;
use crate::server::source::{SourceError, Tree, TreeFile};

/// The key of every test's vault, so that several processes of one test read what the others have sealed.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The parts that all plugins share, where nothing is fetched and no policy says anything.
///
/// # Panics
/// When the machine has no certificates to begin with.
pub fn kit(db: &Db, clock: Clock) -> Kit {
    let policy = Policy { hosts: Vec::new(), max_bytes: 1, timeout: Duration::from_secs(1) };
    Kit {
        db: db.clone(),
        clock,
        fetcher: Arc::new(Fetcher::new(policy).expect("a fetcher")),
        vocabulary: Arc::default(),
        gate: Arc::new(Gate::default()),
        vault: Arc::new(Vault::parse(KEY).expect("a key")),
    }
}

/// A tree without files.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

#[async_trait]
impl Tree for NoFiles {
    fn start(&self) -> &str {
        "template.yaml"
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        Err(SourceError::Missing(folder.to_owned()))
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Missing(path.to_owned()))
    }
}

/// An organisation without people.
#[derive(Debug, Clone, Copy)]
pub struct NoPeople;

#[async_trait]
impl Directory for NoPeople {
    async fn person(&self, _: &str) -> Result<Option<Known>, AppError> {
        Ok(None)
    }

    async fn with_email(&self, _: &str) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }

    async fn people(&self, _: u32) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }

    async fn groups(&self, _: Option<&str>, _: &[String]) -> Result<Vec<Membership>, AppError> {
        Ok(Vec::new())
    }
}

/// Registers a location with its annotations, or refuses to.
type Register = dyn Fn(&str, &BTreeMap<String, String>) -> Result<String, AppError> + Send + Sync;

/// A catalog of the entities that a test puts into it, which registers nothing unless the test says how.
pub struct HeldCatalog {
    entities: Mutex<HashMap<String, Value>>,
    register: Box<Register>,
}

impl HeldCatalog {
    /// One in which what is registered goes to a function, which gives the ref of the first entity.
    pub fn registering(
        register: impl Fn(&str, &BTreeMap<String, String>) -> Result<String, AppError> + Send + Sync + 'static,
    ) -> Self {
        Self { entities: Mutex::default(), register: Box::new(register) }
    }

    /// Puts an entity in the place of the one with this ref, or takes it out.
    pub fn put(&self, entity_ref: &str, entity: Option<Value>) {
        let mut entities = self.entities.lock().unwrap_or_else(PoisonError::into_inner);
        match entity {
            Some(entity) => entities.insert(entity_ref.to_owned(), entity),
            None => entities.remove(entity_ref),
        };
    }
}

impl Default for HeldCatalog {
    fn default() -> Self {
        Self::registering(|_, _| Err(AppError::nowhere()))
    }
}

impl fmt::Debug for HeldCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldCatalog")
    }
}

#[async_trait]
impl Entities for HeldCatalog {
    async fn entity(&self, _: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError> {
        Ok(self.entities.lock().unwrap_or_else(PoisonError::into_inner).get(entity_ref).cloned())
    }

    async fn find(&self, _: &Caller, _: &EntityQuery) -> Result<Vec<Found>, AppError> {
        Ok(Vec::new())
    }

    async fn titles(&self, _: &Caller, _: &[String]) -> Result<HashMap<String, String>, AppError> {
        Ok(HashMap::new())
    }

    fn visible(&self, _: &Caller) -> Filter {
        Filter::All
    }

    async fn revision(&self) -> Result<i64, AppError> {
        Ok(0)
    }

    async fn register(
        &self,
        _: &Caller,
        target: &str,
        annotations: &BTreeMap<String, String>,
    ) -> Result<String, AppError> {
        (self.register)(target, annotations)
    }

    async fn tree(&self, entity: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(entity.to_owned()))
    }

    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(address.to_owned()))
    }
}
