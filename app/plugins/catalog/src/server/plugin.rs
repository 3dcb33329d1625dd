//! The catalog as a plugin.

use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::plugin::{Hit, PluginInfo};
use kit::server::authorise::Filter;
use kit::server::jobs;
use kit::server::plugin::{Health, Plugin, Routes};
use sea_orm::ConnectionTrait;

use super::docs;
use super::ingest::{Progress, REFRESH, Refresh};
use super::rest;
use super::service::Catalog;
use crate::info::READ_ENTITIES;

/// The catalog on this instance.
pub struct CatalogPlugin {
    /// What it answers with.
    pub catalog: Catalog,
    /// How far the refreshes of this process have come.
    pub progress: Arc<Progress>,
}

impl CatalogPlugin {
    /// The plugin round a catalog.
    pub fn new(catalog: Catalog) -> Self {
        Self { catalog, progress: Arc::default() }
    }
}

#[async_trait]
impl Plugin for CatalogPlugin {
    fn info(&self) -> &'static PluginInfo {
        &crate::INFO
    }

    fn routes(&self) -> Routes {
        rest::routes(self.catalog.clone())
    }

    fn provide_context(&self) {
        leptos::prelude::provide_context(self.catalog.clone());
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        let refresh = Refresh {
            kit: self.catalog.kit.clone(),
            options: self.catalog.options.clone(),
            directory: Arc::new(self.catalog.clone()),
            progress: self.progress.clone(),
        };
        vec![(REFRESH, Arc::new(refresh))]
    }

    async fn health(&self) -> Health {
        let read = self.catalog.kit.db.read();
        match read.execute_unprepared("SELECT 1").await {
            Ok(_) => Health::Up,
            Err(_) => Health::Down("the database does not answer".into()),
        }
    }

    async fn search(&self, caller: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        let Ok(reader) = self.catalog.reader(caller, &READ_ENTITIES).await else { return Vec::new() };
        let rows = reader.search(query, u64::from(limit)).await.unwrap_or_default();
        let pages = docs::search(&reader, query, limit / 2).await.unwrap_or_default();
        let entities = rows.into_iter().take(limit as usize - pages.len()).map(|row| {
            let detail = row.link.subtitle().unwrap_or_default().to_owned();
            Hit { title: row.link.name, detail, kind: row.link.kind, path: row.link.href }
        });
        entities.chain(pages).collect()
    }

    async fn items(&self, caller: &Caller, items: &[String]) -> Vec<(String, Hit)> {
        let Ok(reader) = self.catalog.reader(caller, &READ_ENTITIES).await else { return Vec::new() };
        reader.entities_of(items).await.unwrap_or_default()
    }

    fn shows_all(&self, caller: &Caller) -> bool {
        self.catalog.kit.gate.filter(caller, &READ_ENTITIES) == Filter::All
    }
}
