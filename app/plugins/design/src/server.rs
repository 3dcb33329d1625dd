//! The design system on the server.

pub(crate) mod gallery;
mod markup;
mod tokens;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Query;
use axum::{Extension, Json};
use kit::components::Choice;
use kit::error::AppError;
use kit::gallery::Docs;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::authorise::Resource;
use kit::server::context::Kit;
use kit::server::plugin::{Plugin, Routes};
use serde::Deserialize;
use style::TokenSet;

use crate::info::READ;

/// The design system on this instance.
pub struct DesignPlugin {
    /// The shared parts.
    pub kit: Kit,
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

    fn routes(&self) -> Routes {
        Routes::new().get("/api/design/choices", choices)
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(Served(self.tokens.clone()));
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        if self.kit.gate.authorise(caller, &READ, &Resource::All).is_err() {
            return Vec::new();
        }
        matching(query)
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

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /api/design/choices?q=`: the components whose name has `q` in it, as a combobox asks for them.
async fn choices(
    Extension(kit): Extension<Kit>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<Choice>>, AppError> {
    kit.authorise(&caller, &READ, &Resource::All).await?;
    let choice = |docs: &Docs| Choice::new(docs.name, docs.title).with(docs.group.title());
    Ok(Json(matching(&asked.q).map(choice).collect()))
}

fn matching(query: &str) -> impl Iterator<Item = &'static Docs> + use<> {
    let query = query.to_lowercase();
    kit::gallery::all().into_iter().filter(move |docs| docs.title.to_lowercase().contains(&query))
}
