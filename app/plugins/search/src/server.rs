//! The search on the server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::Query;
use axum::{Extension, Json};
use futures::future::join_all;
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::authorise::Resource;
use kit::server::context::Kit;
use kit::server::plugin::{Plugin, Routes};
use kit::server::search::asked;
use serde::Deserialize;

use crate::info::SEARCH;
use crate::model::Found;

/// Hits of each plugin on the search page.
pub(crate) const PAGE: u32 = 25;

/// Hits of each plugin in the command menu.
const MENU: u32 = 8;

/// The longest query, in bytes.
const MAX_QUERY: usize = 200;

/// Words of a query that are corrected for a caller who may not see all; each costs searches.
const CORRECTED: usize = 3;

/// Near words that are tried for each of them.
const NEAR: usize = 20;

/// Hits of each plugin that are asked for when only whether there is one is of interest; one is too few for what a plugin shares out.
const ANY: u32 = 2;

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The search on this instance: cheap to clone.
#[derive(Clone)]
pub struct Search {
    /// The shared parts.
    pub kit: Kit,
    /// The plugins that are asked.
    pub plugins: Arc<[Arc<dyn Plugin>]>,
}

#[async_trait]
impl Plugin for Search {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        let search = self.clone();
        Routes::new().get("/api/search", move |caller, asked| menu(search.clone(), caller, asked))
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.clone());
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /api/search?q=`: the matches for the command menu.
async fn menu(
    search: Search,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Result<Json<Found>, AppError> {
    search.kit.authorise(&caller, &SEARCH, &Resource::All).await?;
    Ok(Json(search.everywhere(&caller, &asked.q, MENU).await?))
}

impl Search {
    /// What the plugins find, at most `limit` each; with the nearest known words where nothing holds the ones that were typed.
    pub(crate) async fn everywhere(&self, caller: &Caller, query: &str, limit: u32) -> Result<Found, AppError> {
        let query = query.trim();
        if query.len() > MAX_QUERY {
            return Err(AppError::bad_request(format!("A search has at most {MAX_QUERY} bytes")));
        }
        if query.is_empty() {
            return Ok(Found::default());
        }
        let hits = self.ask_all(caller, query, limit).await;
        if !hits.is_empty() {
            return Ok(Found { hits, instead: None });
        }
        let corrected = if self.plugins.iter().all(|plugin| plugin.shows_all(caller)) {
            self.kit.vocabulary.corrected(&self.kit, query).await?
        } else {
            self.corrected_within_sight(caller, query).await?
        };
        match corrected {
            None => Ok(Found::default()),
            Some(instead) => Ok(Found { hits: self.ask_all(caller, &instead, limit).await, instead: Some(instead) }),
        }
    }

    /// The query with each word that finds nothing replaced by the nearest that does, for a caller that may not see all: the words that it
    /// may not see are neither told nor do they change what is.
    async fn corrected_within_sight(&self, caller: &Caller, query: &str) -> Result<Option<String>, AppError> {
        let asked = asked(query);
        let mut corrected = Vec::new();
        for word in asked.iter().take(CORRECTED) {
            if !self.ask_all(caller, word, ANY).await.is_empty() {
                corrected.push(word.clone());
                continue;
            }
            let mut found = None;
            for near in self.kit.vocabulary.near(&self.kit, word, NEAR).await? {
                if !self.ask_all(caller, &near, ANY).await.is_empty() {
                    found = Some(near);
                    break;
                }
            }
            let Some(found) = found else { return Ok(None) };
            corrected.push(found);
        }
        corrected.extend(asked.iter().skip(CORRECTED).cloned());
        Ok((corrected != asked).then(|| corrected.join(" ")))
    }

    async fn ask_all(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        let asked = self.plugins.iter().map(|plugin| ask(plugin.clone(), caller.clone(), query.to_owned(), limit));
        join_all(asked.collect::<Vec<_>>()).await.into_iter().flatten().collect()
    }
}

async fn ask(plugin: Arc<dyn Plugin>, caller: Caller, query: String, limit: u32) -> Vec<Hit> {
    let id = plugin.info().id;
    // A task of its own, so that a panic costs this plugin's hits alone.
    let hits = tokio::spawn(async move { plugin.search(&caller, &query, limit).await });
    match tokio::time::timeout(PATIENCE, hits).await {
        Ok(Ok(hits)) => hits,
        Ok(Err(_)) => {
            tracing::error!(plugin = id, "the search of a plugin failed");
            Vec::new()
        }
        Err(_) => {
            tracing::warn!(plugin = id, "the search of a plugin took too long");
            Vec::new()
        }
    }
}
