//! One process: the database, the shared parts and the plugins that run here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use catalog::server::{Catalog, CatalogPlugin, Limits, Options};
use design::server::DesignPlugin;
use inbox::server::Inbox;
use kit::server::clock::Clock;
use kit::server::context::Kit;
use kit::server::db::Db;
use kit::server::fetch::{Fetcher, Policy};
use kit::server::jobs::{Worker, WorkerConfig};
use kit::server::plugin::Plugin;
use migrations::{Migrator, MigratorTrait};
use search::server::Search;
use tokio_util::sync::CancellationToken;

use crate::assets::Assets;
use crate::config::Config;

/// Everything that this process works with.
pub struct Instance {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog, whether its plugin runs here or not: the command line works on it directly.
    pub catalog: Arc<CatalogPlugin>,
    /// The plugins that run here.
    pub plugins: Vec<Arc<dyn Plugin>>,
    /// The files of the browser's side, in the bank's look.
    pub assets: Arc<Assets>,
    /// Cancelled when the process stops: what is open without an end of its own ends then.
    pub stop: CancellationToken,
}

impl Instance {
    /// Opens the database, brings it up to date, and makes the plugins.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        make_data_dir(&config.data_dir)?;
        let db = Db::connect(&config.database_url()).await.context("the database")?;
        migrate(&db).await?;
        Self::with_db(config, db, Clock::System)
    }

    /// The same on a database that is open and up to date.
    pub fn with_db(config: &Config, db: Db, clock: Clock) -> anyhow::Result<Self> {
        let integrations = Arc::new(config.integrations()?);
        let policy = Policy {
            hosts: integrations.hosts(),
            max_bytes: config.fetch.max_bytes,
            timeout: Duration::from_secs(u64::from(config.fetch.timeout_seconds)),
        };
        let kit = Kit {
            db,
            clock,
            fetcher: Arc::new(Fetcher::new(policy)?),
            vocabulary: Arc::default(),
            gate: Arc::default(),
        };
        let options = Options {
            integrations,
            checkouts: config.data_dir.join("git"),
            interval: i64::from(config.catalog.refresh_seconds) * 1000,
            limits: Limits {
                files: config.catalog.max_files as usize,
                checkout_bytes: u64::from(config.catalog.max_checkout_mb) * 1024 * 1024,
                check_time: Duration::from_secs(u64::from(config.catalog.check_seconds)),
            },
        };
        let catalog = Arc::new(CatalogPlugin::new(Catalog::new(kit.clone(), options)));
        let tokens = Arc::new(config.tokens()?);
        let runs_here =
            |id: &str| config.plugins.is_empty() || config.plugins.iter().any(|configured| configured == id);
        let mut plugins: Vec<Arc<dyn Plugin>> =
            vec![catalog.clone(), Arc::new(DesignPlugin { kit: kit.clone(), tokens: tokens.clone() })];
        plugins.retain(|plugin| runs_here(plugin.info().id));
        if runs_here(search::INFO.id) {
            plugins.push(Arc::new(Search { kit: kit.clone(), plugins: plugins.iter().cloned().collect() }));
        }
        let stop = CancellationToken::new();
        if runs_here(inbox::INFO.id) {
            let mailer = config.mailer()?.map(Arc::new);
            let idle = i64::from(config.sessions.idle_minutes) * 60_000;
            let holders = plugins.iter().cloned().collect();
            plugins.push(Arc::new(Inbox::new(kit.clone(), holders, mailer, idle, stop.clone())));
        }
        let assets = Arc::new(Assets::new(&tokens));
        Ok(Self { kit, catalog, plugins, assets, stop })
    }

    /// A worker for the jobs of the plugins that run here.
    pub fn worker(&self) -> Worker {
        let handlers = self.plugins.iter().flat_map(|plugin| plugin.jobs()).collect();
        Worker::new(self.kit.db.clone(), self.kit.clock.clone(), handlers, WorkerConfig::default())
    }
}

/// Brings the database up to date, one instance at a time.
pub async fn migrate(db: &Db) -> anyhow::Result<()> {
    let connection = db.for_migration().await.context("the database")?;
    Migrator::up(&connection, None).await.context("bringing the database up to date")?;
    Ok(())
}

/// Makes the data directory where it is missing, for its owner alone: everything that the portal knows is in it.
pub fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("the data directory {}", path.display()))
}
