//! The inbox on the server.

mod live;
mod remind;
mod shown;

use std::sync::Arc;

use async_trait::async_trait;
use kit::plugin::PluginInfo;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::inbox::{MAIL, Mailing};
use kit::server::jobs;
use kit::server::mail::Mailer;
use kit::server::plugin::{Plugin, Routes};
use tokio_util::sync::CancellationToken;

pub use live::{EVENTS, Hub};
pub use remind::{REMIND, remind_job};

/// The inbox on this instance: cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    /// The shared parts.
    pub kit: Kit,
    /// The plugins whose things can be starred and visited.
    pub plugins: Arc<[Arc<dyn Plugin>]>,
    /// What carries mail; none where it is not configured.
    pub mailer: Option<Arc<Mailer>>,
    /// Who is told what concerns the operation of the portal: refs of people and groups.
    pub administrators: Arc<[String]>,
    hub: Arc<Hub>,
}

impl Inbox {
    /// The inbox. A stream ends when `stop` is cancelled, and when its session is over or was not used for `idle` milliseconds.
    pub fn new(
        kit: Kit,
        plugins: Arc<[Arc<dyn Plugin>]>,
        mailer: Option<Arc<Mailer>>,
        administrators: Arc<[String]>,
        idle: Millis,
        stop: CancellationToken,
    ) -> Self {
        let hub = live::hub(&kit, idle, stop);
        Self { kit, plugins, mailer, administrators, hub }
    }
}

#[async_trait]
impl Plugin for Inbox {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        let (hub, kit) = (self.hub.clone(), self.kit.clone());
        Routes::new().get(EVENTS, move |caller| live::events(hub.clone(), kit.clone(), caller))
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        vec![
            (MAIL, Arc::new(Mailing { kit: self.kit.clone(), mailer: self.mailer.clone() })),
            (REMIND, Arc::new(remind::Remind { kit: self.kit.clone(), administrators: self.administrators.clone() })),
        ]
    }
}
