//! The design system on the server.

pub(crate) mod gallery;
mod markup;
mod tokens;

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::Hit;
use kit::plugin::PluginInfo;
use kit::server::authorise::{Resource, authorise};
use kit::server::plugin::Plugin;
use style::TokenSet;

use crate::info::READ;

/// The design system on this instance.
pub struct DesignPlugin {
    /// The tokens that it serves.
    pub tokens: Arc<TokenSet>,
}

/// The tokens in the context of a request.
#[derive(Clone)]
pub(crate) struct Served(pub Arc<TokenSet>);

#[async_trait]
impl Plugin for DesignPlugin {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(Served(self.tokens.clone()));
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
