//! Templates on the server.

mod as_runs;
pub mod callbacks;
pub mod drafts;
pub mod dry_runs;
pub mod engine;
pub mod filling;
pub(crate) mod forms;
pub mod group;
pub mod live;
pub mod log;
pub mod mask;
pub mod publish;
pub mod published;
pub mod reach;
pub mod rest;
pub mod source;
pub mod state;
pub mod statistics;
pub mod store;
pub mod sweep;
pub mod tasks;
pub mod templates;
#[cfg(test)]
mod tests;
pub mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::context::Kit;
use kit::server::entities::Entities;
use kit::server::jobs;
use kit::server::plugin::{Plugin, Routes};
use kit::server::publishing::{Publish, Watch};

use self::publish::{PUBLISH, WATCH};
use self::sweep::{SWEEP, Sweep};
use self::tasks::Tasks;

/// The templates on this instance: cheap to clone.
#[derive(Clone)]
pub struct Templates {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// The runs.
    pub tasks: Arc<Tasks>,
}

impl Templates {
    /// The templates of an instance whose runs are made with these parts.
    pub fn new(parts: tasks::Parts) -> Self {
        Self { kit: parts.kit.clone(), entities: parts.entities.clone(), tasks: Tasks::new(parts) }
    }
}

#[async_trait]
impl Plugin for Templates {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        rest::routes(self.clone())
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        let listing = Arc::new(self.clone());
        vec![
            (SWEEP, Arc::new(Sweep { tasks: self.tasks.clone() })),
            (WATCH, Arc::new(Watch::new(listing.clone()))),
            (PUBLISH, Arc::new(Publish { listing })),
        ]
    }

    fn lanes(&self) -> Vec<jobs::Lane> {
        vec![self.tasks.lane()]
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        self.found(caller, query, limit).await.unwrap_or_default()
    }

    async fn items(&self, caller: &Caller, items: &[String]) -> Vec<(String, Hit)> {
        self.items_of(caller, items).await.unwrap_or_default()
    }

    fn shows_all(&self, caller: &Caller) -> bool {
        self.sees_all(caller)
    }
}
