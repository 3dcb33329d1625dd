//! Templates on the server.

pub mod publish;
pub mod reach;
pub mod statistics;
pub mod templates;
pub mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use kit::plugin::PluginInfo;
use kit::server::context::Kit;
use kit::server::entities::Entities;
use kit::server::plugin::Plugin;

/// The templates on this instance: cheap to clone.
#[derive(Clone)]
pub struct Templates {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
}

#[async_trait]
impl Plugin for Templates {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}
