//! Templates on the server.

pub mod callbacks;
pub mod engine;
pub(crate) mod forms;
pub mod group;
pub mod live;
pub mod log;
pub mod mask;
pub mod published;
pub mod rest;
pub mod source;
pub mod state;
pub mod store;
pub mod sweep;
pub mod tasks;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use kit::plugin::PluginInfo;
use kit::server::context::Kit;
use kit::server::entities::Entities;
use kit::server::jobs;
use kit::server::plugin::{Plugin, Routes};

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
        rest::routes(self.tasks.clone())
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        vec![(SWEEP, Arc::new(Sweep { tasks: self.tasks.clone() }))]
    }

    fn lanes(&self) -> Vec<jobs::Lane> {
        vec![self.tasks.lane()]
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}
