//! One process: the database, the shared parts and the plugins that run here.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::server::Access;
use anyhow::Context;
use audit::server::Audit;
use catalog::server::{Catalog, CatalogPlugin, Limits, Options};
use contributions::server::Contributions;
use design::server::DesignPlugin;
use golden_paths::server::{GoldenPaths, Parts as PathParts};
use inbox::server::Inbox;
use kit::server::audit::Sealer;
use kit::server::clock::Clock;
use kit::server::context::Kit;
use kit::server::db::Db;
use kit::server::entities::Entities;
use kit::server::fetch::{Fetcher, Policy};
use kit::server::jobs::{Wake, Worker, WorkerConfig};
use kit::server::plugin::Plugin;
use kit::server::repositories::Repositories;
use kit::server::runs::{Runs, Watch};
use kit::server::secrets;
use migrations::{Migrator, MigratorTrait};
use scaffold::action::World;
use scaffold::actions::debug_wait::DebugWait;
use scaffold::actions::external::Services;
use scaffold::registry::Registry;
use scaffold::workspace::WorkspaceLimits;
use search::server::Search;
use settings::server::Settings;
use templates::server::Templates;
use templates::server::callbacks::Addresses;
use templates::server::published::Published;
use templates::server::tasks::{Options as TaskOptions, Parts};
use tokio_util::sync::CancellationToken;

use crate::assets::Assets;
use crate::config::{Config, DATABASE, TemplatesConfig};
use crate::evidence::Browser;
use crate::policies;
use crate::portal::InnerPortal;
use crate::secrets::private;
use crate::sign_in::LOCAL;

/// The folder of the data directory with the files of runs while this process is at them.
pub const RUNS: &str = "runs";

/// Everything that this process works with.
pub struct Instance {
    /// The shared parts.
    pub kit: Kit,
    /// The catalog, whether its plugin runs here or not: the command line works on it directly.
    pub catalog: Arc<CatalogPlugin>,
    /// Seals the audit trail, whichever plugins run here.
    pub sealer: Arc<Sealer>,
    /// The plugins that run here.
    pub plugins: Vec<Arc<dyn Plugin>>,
    /// The files of the browser's side, in the bank's look.
    pub assets: Arc<Assets>,
    /// What asks this instance on behalf of somebody.
    pub portal: InnerPortal,
    /// Contributions, whether their plugin runs here or not: the example bank has some.
    pub contributions: Contributions,
    /// What looks at pages of contributors, and holds those that are shown.
    pub browser: Arc<Browser>,
    /// The runs of templates, for whatever plugin has some done.
    pub runs: Arc<dyn Runs>,
    /// The services that do steps of templates.
    pub services: Arc<Services>,
    /// Cancelled when the process stops: what is open without an end of its own ends then.
    pub stop: CancellationToken,
    #[expect(dead_code, reason = "holding it is its use")]
    held: Option<File>,
}

impl Instance {
    /// Opens the database, brings it up to date, and makes the plugins.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let instance = Self::open_with_any_key(config).await?;
        secrets::check(&instance.kit.db, &instance.kit.vault)
            .await
            .context("secrets.key_file: the keys of this instance are not those of its database")?;
        Ok(instance)
    }

    /// The same for a command that works on what is there: it makes no database, so that one in the wrong place does not look like a whole one.
    pub async fn open_existing(config: &Config) -> anyhow::Result<Self> {
        expect_database(config)?;
        Self::open(config).await
    }

    /// The same whether the keys are those of the database or not.
    pub async fn open_with_any_key(config: &Config) -> anyhow::Result<Self> {
        make_data_dir(&config.data_dir)?;
        let held = hold(&config.data_dir)?;
        let db = open_database(config).await?;
        Ok(Self { held: Some(held), ..Self::with_db(config, db, Clock::System)? })
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
            gate: Arc::new(policies::gate(&config.access)?),
            vault: Arc::new(crate::secrets::vault(config)?),
        };
        let sealer = Arc::new(Sealer::new(kit.db.clone(), kit.clock.clone(), config.seal()?));
        let portal_url = config.reached_at()?;
        let repositories = Arc::new(Repositories::new(config.data_dir.join("repositories"), &portal_url));
        let options = Options {
            integrations: integrations.clone(),
            checkouts: config.data_dir.join("git"),
            repositories: repositories.clone(),
            interval: i64::from(config.catalog.refresh_seconds) * 1000,
            limits: Limits {
                files: config.catalog.max_files as usize,
                checkout_bytes: u64::from(config.catalog.max_checkout_mb) * 1024 * 1024,
                check_time: Duration::from_secs(u64::from(config.catalog.check_seconds)),
                locations_per_person: config.catalog.max_locations_per_person,
            },
            administrators: config.administrators()?.into(),
            followers: vec![golden_paths::server::publish::WATCH, templates::server::publish::WATCH],
        };
        let catalog = Arc::new(CatalogPlugin::new(Catalog::new(kit.clone(), options)));
        let tokens = Arc::new(config.tokens()?);
        let administrators: Arc<[String]> = config.administrators()?.into();
        let runs_here =
            |id: &str| config.plugins.is_empty() || config.plugins.iter().any(|configured| configured == id);
        let mut plugins: Vec<Arc<dyn Plugin>> =
            vec![catalog.clone(), Arc::new(DesignPlugin { kit: kit.clone(), tokens: tokens.clone() })];
        plugins.push(Arc::new(Audit { kit: kit.clone(), sealer: sealer.clone() }));
        plugins.push(Arc::new(Access {
            kit: kit.clone(),
            directory: Arc::new(catalog.catalog.clone()),
            things: Arc::new(catalog.catalog.clone()),
            administrators: administrators.clone(),
        }));
        plugins.push(Arc::new(Settings {
            kit: kit.clone(),
            directory: Arc::new(catalog.catalog.clone()),
            actions: app::PLUGINS.iter().flat_map(|plugin| plugin.permissions).collect(),
            idle: i64::from(config.sessions.idle_minutes) * 60_000,
            providers: config
                .providers
                .iter()
                .map(|provider| (provider.id.clone(), provider.label.clone()))
                .chain([(LOCAL.to_owned(), "The example’s own sign-in".to_owned())])
                .collect(),
        }));
        let stop = CancellationToken::new();
        let entities: Arc<dyn Entities> = Arc::new(catalog.catalog.clone());
        let portal = InnerPortal::default();
        let policy = Policy {
            hosts: config.action_hosts()?,
            max_bytes: config.fetch.max_bytes,
            timeout: Duration::from_secs(u64::from(config.fetch.timeout_seconds)),
        };
        let fetcher = Arc::new(Fetcher::new(policy)?);
        let services = Arc::new(Services::new(config.actions()?, fetcher.clone()));
        let mut registry = Registry::built_in().with_services(services.clone());
        let longest = Duration::from_secs(u64::from(config.templates.longest_wait_hours) * 3_600);
        registry.add(Arc::new(DebugWait::new(longest)));
        let world = World {
            entities: entities.clone(),
            fetcher,
            hosts: integrations,
            repositories,
            portal: Arc::new(portal.clone()),
            callbacks: Arc::new(Addresses { kit: kit.clone(), portal: portal_url.clone() }),
        };
        let wake = Wake::default();
        let templates = Templates::new(Parts {
            kit: kit.clone(),
            definitions: Arc::new(Published::new(kit.db.clone(), entities.clone())),
            entities: entities.clone(),
            directory: Arc::new(catalog.catalog.clone()),
            administrators: administrators.clone(),
            registry: Arc::new(registry),
            world: Some(Arc::new(world)),
            options: task_options(config),
            idle: i64::from(config.sessions.idle_minutes) * 60_000,
            stop: stop.clone(),
            watch: Some(Watch { job: golden_paths::server::engine::advance_job, wake: wake.clone() }),
        });
        let runs: Arc<dyn Runs> = templates.tasks.clone();
        plugins.push(Arc::new(templates));
        let browser = Arc::new(Browser::new(&tokens)?);
        let previews = config.previews()?;
        let assets = Arc::new(Assets::new(&tokens).with_frames(previews.sources()));
        let contributions = Contributions {
            kit: kit.clone(),
            entities: entities.clone(),
            directory: Arc::new(catalog.catalog.clone()),
            administrators: administrators.clone(),
            rules: Arc::new(config.rules()?),
            evidence: browser.clone(),
            previews,
            plugins: &app::PLUGINS,
            mirror: config.mirror()?.map(Arc::new),
            check_every: i64::from(config.contributions.check_minutes) * 60_000,
        };
        plugins.push(Arc::new(contributions.clone()));
        plugins.push(Arc::new(GoldenPaths::new(PathParts {
            kit: kit.clone(),
            entities,
            runs: runs.clone(),
            directory: Arc::new(catalog.catalog.clone()),
            administrators: administrators.clone(),
            portal: portal_url,
            wake,
            idle: i64::from(config.sessions.idle_minutes) * 60_000,
            stop: stop.clone(),
        })));
        plugins.retain(|plugin| runs_here(plugin.info().id));
        if runs_here(search::INFO.id) {
            plugins.push(Arc::new(Search { kit: kit.clone(), plugins: plugins.iter().cloned().collect() }));
        }
        if runs_here(inbox::INFO.id) {
            let mailer = config.mailer()?.map(Arc::new);
            let idle = i64::from(config.sessions.idle_minutes) * 60_000;
            let holders = plugins.iter().cloned().collect();
            plugins.push(Arc::new(Inbox::new(kit.clone(), holders, mailer, administrators, idle, stop.clone())));
        }
        Ok(Self {
            kit,
            catalog,
            sealer,
            plugins,
            assets,
            portal,
            contributions,
            browser,
            runs,
            services,
            stop,
            held: None,
        })
    }

    /// Seals what a command has done and closes the database. A trail that is not as it was sealed is said and does not undo what was done.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.sealer.seal().await {
            Err(error) if error.is_about_the_trail() => eprintln!("portico: warning: {error}"),
            sealed => sealed.context("sealing the audit trail")?,
        }
        Ok(self.kit.db.close().await?)
    }

    /// A worker for the jobs of the plugins that run here.
    pub fn worker(&self) -> Worker {
        let handlers = self.plugins.iter().flat_map(|plugin| plugin.jobs()).collect();
        Worker::new(self.kit.db.clone(), self.kit.clock.clone(), handlers, WorkerConfig::default())
    }

    /// The workers of those jobs that have one of their own.
    pub fn lanes(&self) -> Vec<Worker> {
        let lanes = self.plugins.iter().flat_map(|plugin| plugin.lanes());
        lanes
            .map(|lane| {
                let config = WorkerConfig { concurrency: lane.concurrency, wake: lane.wake, ..WorkerConfig::default() };
                Worker::new(self.kit.db.clone(), self.kit.clock.clone(), lane.handlers, config)
            })
            .collect()
    }
}

/// How runs of templates work here.
fn task_options(config: &Config) -> TaskOptions {
    let TemplatesConfig {
        concurrency,
        step_minutes,
        run_days,
        longest_wait_hours: _,
        workspace_mb,
        keep_files_days,
        keep_drafts_days,
        keep_runs_days,
    } = config.templates;
    let days = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
    let usual = TaskOptions::new(config.data_dir.join(RUNS));
    TaskOptions {
        concurrency: concurrency as usize,
        step_time: Duration::from_secs(u64::from(step_minutes) * 60),
        task_time: days(run_days),
        workspace: WorkspaceLimits { bytes: u64::from(workspace_mb) << 20, ..usual.workspace },
        keep_files: days(keep_files_days),
        keep_drafts: days(keep_drafts_days),
        keep_runs: days(keep_runs_days),
        ..usual
    }
}

/// Fails where the embedded database is not there.
pub fn expect_database(config: &Config) -> anyhow::Result<()> {
    let missing = config.database_file().filter(|file| !file.is_file());
    missing.map_or(Ok(()), |file| {
        Err(anyhow::anyhow!("there is no database at {}: --data-dir or --config says where it is", file.display()))
    })
}

/// Opens the database, which is made where it is missing, and brings it up to date.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    if config.database_url.is_empty() {
        make_private(&config.data_dir.join(DATABASE))?;
    }
    let db = Db::connect(&config.database_url()).await.context("the database")?;
    migrate(&db).await?;
    Ok(db)
}

/// Brings the database up to date, one instance at a time.
pub async fn migrate(db: &Db) -> anyhow::Result<()> {
    let connection = db.for_migration().await.context("the database")?;
    Migrator::up(&connection, None).await.context("bringing the database up to date")?;
    Ok(())
}

/// Notes that the data directory is in use, by this process and others, until the file is dropped or the process ends in whatever way.
pub fn hold(data_dir: &Path) -> anyhow::Result<File> {
    let file = lock_file(data_dir)?;
    file.try_lock_shared().map_err(|problem| match problem {
        TryLockError::WouldBlock => anyhow::anyhow!("{} is being restored", data_dir.display()),
        TryLockError::Error(problem) => problem.into(),
    })?;
    Ok(file)
}

/// Takes the data directory for this process alone; fails while another uses it.
pub fn hold_alone(data_dir: &Path) -> anyhow::Result<File> {
    let file = lock_file(data_dir)?;
    file.try_lock().map_err(|problem| match problem {
        TryLockError::WouldBlock => anyhow::anyhow!("{} is in use: stop the portal first", data_dir.display()),
        TryLockError::Error(problem) => problem.into(),
    })?;
    Ok(file)
}

/// Takes the data directory for this server; commands may use it as well.
pub fn hold_to_serve(data_dir: &Path) -> anyhow::Result<File> {
    let file = open_lock(&data_dir.join("serve.lock"))?;
    file.try_lock().map_err(|problem| match problem {
        TryLockError::WouldBlock => anyhow::anyhow!("another portico serves from {}", data_dir.display()),
        TryLockError::Error(problem) => problem.into(),
    })?;
    Ok(file)
}

fn lock_file(data_dir: &Path) -> anyhow::Result<File> {
    open_lock(&data_dir.join("portico.lock"))
}

fn open_lock(path: &Path) -> anyhow::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| path.display().to_string())
}

/// Makes an empty file for its owner alone, where there is none: the database gives its journal the same rights.
fn make_private(path: &Path) -> anyhow::Result<()> {
    match private(path) {
        Err(problem) if problem.kind() != ErrorKind::AlreadyExists => {
            Err(problem).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
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
