//! The inbox on the server.

mod live;
mod shown;

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::PluginInfo;
use kit::server::context::Kit;
use kit::server::inbox::{MAIL, Mailing};
use kit::server::jobs;
use kit::server::mail::Mailer;
use kit::server::plugin::{Plugin, Routes};
use tokio_util::sync::CancellationToken;

pub use live::{EVENTS, Hub};

/// The inbox on this instance: cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    /// The shared parts.
    pub kit: Kit,
    /// The plugins whose things can be starred and visited.
    pub plugins: Arc<[Arc<dyn Plugin>]>,
    /// What carries mail; none where it is not configured.
    pub mailer: Option<Arc<Mailer>>,
    hub: Arc<Hub>,
}

/// Whether what a caller was let in by still holds: asked of every open stream now and then.
#[async_trait]
pub trait Admission: Send + Sync + 'static {
    /// Whether the session or token that the caller came with is still good.
    async fn holds(&self, caller: &Caller) -> bool;
}

impl Inbox {
    /// The inbox. Streams end when `stop` is cancelled; without an `admission` they end after ten minutes, and the browser asks again.
    pub fn new(
        kit: Kit,
        plugins: Arc<[Arc<dyn Plugin>]>,
        mailer: Option<Arc<Mailer>>,
        admission: Option<Arc<dyn Admission>>,
        stop: CancellationToken,
    ) -> Self {
        let hub = Arc::new(Hub::new(kit.clone(), admission, stop));
        Self { kit, plugins, mailer, hub }
    }
}

#[async_trait]
impl Plugin for Inbox {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        let hub = self.hub.clone();
        Routes::new().get(EVENTS, move |caller| live::events(hub.clone(), caller))
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        vec![(MAIL, Arc::new(Mailing { kit: self.kit.clone(), mailer: self.mailer.clone() }))]
    }
}
