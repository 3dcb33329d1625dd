//! The design system on the server.

pub(crate) mod gallery;
mod markup;

use async_trait::async_trait;
use kit::plugin::PluginInfo;
use kit::server::plugin::{Hit, Plugin};

/// The design system on this instance.
pub struct DesignPlugin;

#[async_trait]
impl Plugin for DesignPlugin {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    async fn search(&self, query: &str, limit: u32) -> Vec<Hit> {
        let query = query.to_lowercase();
        kit::gallery::all()
            .into_iter()
            .filter(|docs| docs.title.to_lowercase().contains(&query))
            .map(|docs| Hit {
                title: docs.title.into(),
                kind: "component of the design system".into(),
                path: gallery::address(docs.name),
            })
            .take(limit as usize)
            .collect()
    }
}
