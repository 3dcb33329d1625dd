//! Contributions on the server.

pub mod acting;
pub mod checks;
pub mod evidence;
pub mod examples;
pub(crate) mod forms;
pub mod messages;
pub mod mirror;
pub mod previews;
pub mod reading;
pub mod rest;
pub mod service;
pub mod similar;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;
pub mod workbench;

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::directory::Directory;
use kit::server::entities::Entities;
use kit::server::jobs;
use kit::server::plugin::{Plugin, Routes};
use review::Rules;

use self::checks::{CHECK, LookAtStandards, SWEEP, Sweep};
use self::evidence::{EVIDENCE, Evidence, MakeEvidence};
use self::mirror::{GoRound, MIRROR, Mirror};
use self::previews::Previews;

/// The contributions on this instance: cheap to clone.
#[derive(Clone)]
pub struct Contributions {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// The organisation, by which it is known what others may see.
    pub directory: Arc<dyn Directory>,
    /// The people and groups that administrate the portal.
    pub administrators: Arc<[String]>,
    /// Who opens which gate, and by what.
    pub rules: Arc<Rules>,
    /// What looks at the pages of submissions.
    pub evidence: Arc<dyn Evidence>,
    /// Where the pages of submissions are shown.
    pub previews: Previews,
    /// Every plugin of the portal, with which ideas are compared.
    pub plugins: &'static [&'static PluginInfo],
    /// The repository that pitches are mirrored with; none where nothing is.
    pub mirror: Option<Arc<Mirror>>,
    /// The time between two looks at the standards of a contribution.
    pub check_every: Millis,
}

#[async_trait]
impl Plugin for Contributions {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        rest::routes(self.clone())
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        vec![
            (CHECK, Arc::new(LookAtStandards { contributions: self.clone() })),
            (EVIDENCE, Arc::new(MakeEvidence { contributions: self.clone() })),
            (MIRROR, Arc::new(GoRound { contributions: self.clone() })),
            (SWEEP, Arc::new(Sweep { contributions: self.clone() })),
        ]
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        self.hits(caller, query, limit).await.unwrap_or_default()
    }

    fn shows_all(&self, caller: &Caller) -> bool {
        self.sees_all(caller)
    }
}
