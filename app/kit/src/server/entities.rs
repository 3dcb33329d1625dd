//! The software catalog as other plugins see it: answered by whatever plugin keeps it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::authorise::Filter;
use super::source::{SourceError, Tree};
use crate::error::AppError;
use crate::identity::Caller;
use crate::plugin::Hit;

/// Entities and the files that they come from. Everything is answered as the caller may see it: what it may not see is as if it were not there.
#[async_trait]
pub trait Entities: Send + Sync + 'static {
    /// The entity with this ref, as `/api/catalog` serves it.
    async fn entity(&self, caller: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError>;

    /// The entities that match, in the order of their refs.
    async fn find(&self, caller: &Caller, query: &EntityQuery) -> Result<Vec<Found>, AppError>;

    /// The best matches, of those that the caller may see, for words of which an entity holds some: the best first, for whoever looks whether something is
    /// there already. Whoever compares nothing has nothing alike.
    async fn like(&self, _caller: &Caller, _words: &[String], _limit: u32) -> Result<Vec<Hit>, AppError> {
        Ok(Vec::new())
    }

    /// What people call those of these entities that are there, by canonical ref.
    async fn titles(&self, caller: &Caller, refs: &[String]) -> Result<HashMap<String, String>, AppError>;

    /// Which entities the caller may see, as a condition on their attributes: what the other methods decide by.
    fn visible(&self, caller: &Caller) -> Filter;

    /// Another number whenever an entity was added, changed or removed.
    async fn revision(&self) -> Result<i64, AppError>;

    /// Has a location read, now and from now on, and gives the ref of the first entity that it brings. All that it brings bears `annotations`, over what
    /// its descriptors say. Whoever registers the same again gets the same answer.
    async fn register(
        &self,
        caller: &Caller,
        target: &str,
        annotations: &BTreeMap<String, String>,
    ) -> Result<String, AppError>;

    /// The files that the entity's descriptor stands among, for the portal itself.
    async fn tree(&self, entity_ref: &str) -> Result<Arc<dyn Tree>, SourceError>;

    /// The files at an address of a known host or on the allowed list, such as `https://github.com/o/r/tree/main/skeleton`.
    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError>;

    /// The files of one commit of a git repository, by its address, as they were then; `start` is a file or folder in it.
    async fn tree_of(&self, remote: &str, _commit: &str, _start: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Refused(format!("{remote} is not read here")))
    }
}

/// Which entities are meant.
#[derive(Debug, Clone, Default)]
pub struct EntityQuery {
    /// Any of these conditions, each a set of fields that all must hold, as in Backstage's `catalogFilter`: a value, a list of values, or `{"exists": bool}` by dotted key.
    /// Empty: all.
    pub filter: Vec<serde_json::Map<String, Value>>,
    /// What names and titles begin with, a word each; empty for all.
    pub text: String,
    /// At most so many.
    pub limit: u32,
    /// After this ref, in the order of refs; empty from the beginning.
    pub after: String,
    /// What else is asked of each entity: JSON pointers to texts in it.
    pub fields: Vec<String>,
}

/// An entity in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The canonical ref.
    pub entity_ref: String,
    /// What people call it.
    pub title: String,
    /// `metadata.description`, or nothing.
    pub description: String,
    /// `metadata.etag`: another one when the entity changed.
    pub etag: String,
    /// What stands at [`EntityQuery::fields`], in their order; empty where nothing does.
    pub fields: Vec<String>,
}
