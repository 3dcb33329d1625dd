//! Golden paths on the server.

pub mod acting;
pub mod driver;
pub mod engine;
pub mod faults;
pub mod filling;
pub(crate) mod forms;
pub mod journeys;
pub mod live;
pub mod messages;
pub mod paths;
pub mod publish;
pub mod rest;
pub mod service;
pub mod signals;
pub mod store;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod versions;
pub mod view;

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::directory::Directory;
use kit::server::entities::Entities;
use kit::server::jobs::{self, Wake};
use kit::server::plugin::{Act, Plugin, Routes};
use kit::server::publishing::{Publish, Watch};
use kit::server::runs::Runs;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::driver::Advance;
use self::engine::ADVANCE;
use self::faults::{Faults, NoFaults};
use self::live::Hub;
use self::publish::{PUBLISH, WATCH};
use self::sweep::{SWEEP, Sweep};
use self::versions::Ready;

/// Journeys that go on at a time on one instance.
const CONCURRENCY: usize = 8;

/// The golden paths on this instance: cheap to clone.
#[derive(Clone)]
pub struct GoldenPaths {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// The runs of templates.
    pub runs: Arc<dyn Runs>,
    /// Who is in which group.
    pub directory: Arc<dyn Directory>,
    /// Refs of the people and groups who administer the portal.
    pub administrators: Arc<[String]>,
    /// Versions as journeys need them.
    pub ready: Arc<Ready>,
    /// The streams of what happens.
    pub hub: Arc<Hub>,
    /// Where people and programs reach the portal.
    pub portal: Url,
    wake: Wake,
    faults: Arc<dyn Faults>,
}

/// What golden paths are made with.
pub struct Parts {
    /// As in [`GoldenPaths`].
    pub kit: Kit,
    /// As in [`GoldenPaths`].
    pub entities: Arc<dyn Entities>,
    /// As in [`GoldenPaths`].
    pub runs: Arc<dyn Runs>,
    /// As in [`GoldenPaths`].
    pub directory: Arc<dyn Directory>,
    /// As in [`GoldenPaths`].
    pub administrators: Arc<[String]>,
    /// As in [`GoldenPaths`].
    pub portal: Url,
    /// Wakes the worker of journeys; runs that journeys watch wake the same.
    pub wake: Wake,
    /// Milliseconds after which a session that was not used is over.
    pub idle: Millis,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
}

impl GoldenPaths {
    /// The golden paths of an instance.
    pub fn new(parts: Parts) -> Self {
        let Parts { kit, entities, runs, directory, administrators, portal, wake, idle, stop } = parts;
        Self {
            ready: Arc::new(Ready::new(kit.db.clone(), entities.clone(), runs.clone())),
            hub: live::hub(&kit, idle, stop),
            kit,
            entities,
            runs,
            directory,
            administrators,
            portal,
            wake,
            faults: Arc::new(NoFaults),
        }
    }

    /// The same where things break, for tests.
    #[must_use]
    pub fn breaking(self, faults: Arc<dyn Faults>) -> Self {
        Self { faults, ..self }
    }

    /// The worker of journeys, apart from that of all other jobs.
    pub fn lane(&self) -> jobs::Lane {
        let advance: Arc<dyn jobs::Handler> = Arc::new(Advance { paths: self.clone() });
        jobs::Lane { handlers: vec![(ADVANCE, advance)], concurrency: CONCURRENCY, wake: self.wake.clone() }
    }
}

#[async_trait]
impl Plugin for GoldenPaths {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        rest::routes(self.clone())
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        let listing = Arc::new(self.clone());
        vec![
            (SWEEP, Arc::new(Sweep { paths: self.clone() })),
            (WATCH, Arc::new(Watch::new(listing.clone()))),
            (PUBLISH, Arc::new(Publish { listing })),
        ]
    }

    fn lanes(&self) -> Vec<jobs::Lane> {
        vec![self.lane()]
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        self.hits(caller, query, limit).await.unwrap_or_default()
    }

    async fn items(&self, caller: &Caller, items: &[String]) -> Vec<(String, Hit)> {
        self.items_of(caller, items).await.unwrap_or_default()
    }

    async fn acts(&self, caller: &Caller, addresses: &[String]) -> Vec<(String, Vec<Act>)> {
        self.acts_at(caller, addresses).await.unwrap_or_default()
    }

    fn shows_all(&self, caller: &Caller) -> bool {
        self.sees_all(caller)
    }
}

/// Whether a step waits for its signal.
pub fn waits_for_signal(step: &journey::Step) -> bool {
    let is_signal =
        matches!(&step.definition.kind, journey::Kind::Wait(journey::Wait { until: journey::WaitFor::Webhook, .. }));
    is_signal && step.state == journey::StepState::Waiting
}
