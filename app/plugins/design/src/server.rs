//! The design system on the server.

pub(crate) mod gallery;
mod markup;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::Hit;
use kit::plugin::PluginInfo;
use kit::server::authorise::{Resource, authorise};
use kit::server::plugin::Plugin;

use crate::info::READ;

/// The design system on this instance.
pub struct DesignPlugin;

#[async_trait]
impl Plugin for DesignPlugin {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        if authorise(caller, &READ, &Resource::All).is_err() {
            return Vec::new();
        }
        let query = query.to_lowercase();
        kit::gallery::all()
            .into_iter()
            .filter(|docs| docs.title.to_lowercase().contains(&query))
            .map(|docs| Hit {
                title: docs.title.into(),
                detail: docs.summary.into(),
                kind: "Design system".into(),
                path: gallery::address(docs.name),
            })
            .take(limit as usize)
            .collect()
    }
}
