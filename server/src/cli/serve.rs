//! `portico serve`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use catalog::server::NewLocation;
use kit::identity::Caller;
use kit::server::jobs;
use scaffold::workspace::Workspace;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::guard::Identity;
use crate::instance::{Instance, RUNS, hold_to_serve};
use crate::policies::Reloader;
use crate::session::Sessions;
use crate::sign_in::SignIn;
use crate::sso::Sso;
use crate::{examples, listen, router};

/// The longest that running requests and jobs may take once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Who may do everything in the example bank.
const EXAMPLE_ADMINISTRATOR: &str = "user:default/elena.petrova";

/// How often sessions that are over are forgotten.
const SWEEP: Duration = Duration::from_secs(300);

/// Serves until the process is asked to stop, then finishes what is under way.
pub async fn serve(mut config: Config, example: bool) -> anyhow::Result<ExitCode> {
    if example {
        config.access.administrators.push(EXAMPLE_ADMINISTRATOR.to_owned());
    }
    let instance = Instance::open(&config).await?;
    let _serving = hold_to_serve(&config.data_dir)?;
    // Whoever goes on with a run that was cut off has its files from the database.
    Workspace::remove(&config.data_dir, RUNS).context("removing what runs left behind")?;
    if example {
        register_example(&config, &instance).await?;
        instance
            .contributions
            .load_examples(&examples::contributions(), examples::pages().context("the example pages")?)
            .await
            .context("loading the example contributions")?;
    }
    let listener = TcpListener::bind(config.addr).await.with_context(|| format!("listening on {}", config.addr))?;
    // A port that the system chose is known only now, and the name of the cookie holds it.
    config.addr = listener.local_addr()?;
    let identity = identity(&config, &instance, example)?;
    let router = router::router(&instance, &config, identity.clone())?;
    let stop = instance.stop.clone();
    remind(&instance).await?;
    let mut working = JoinSet::new();
    for worker in std::iter::once(instance.worker()).chain(instance.lanes()) {
        let stop = stop.clone();
        working.spawn(async move { worker.run(stop).await });
    }
    // Not stopped with the requests and jobs: what those do last is sealed as well.
    let last = CancellationToken::new();
    let sealing = tokio::spawn({
        let (sealer, last) = (instance.sealer.clone(), last.clone());
        async move { sealer.run(last).await }
    });
    let sweeping = tokio::spawn(sweep(identity));
    let reloading = tokio::spawn(Reloader::new(instance.kit.clone(), config.access.clone()).run(asked_to_reload()));
    let reading = tokio::spawn({
        let (services, stop) = (instance.services.clone(), stop.clone());
        async move { services.keep_fresh(&stop).await }
    });
    // Listened for before anybody is told that the portal is ready, and may ask it to stop.
    let asked = asked_to_stop();
    println!("Portico is ready at http://{}", listener.local_addr()?);
    let mut serving = tokio::spawn(listen::serve(listener, router, stop.clone()));
    tokio::select! {
        () = asked => {}
        ended = &mut serving => ended.context("serving")?,
    }
    tracing::info!("stopping");
    stop.cancel();
    sweeping.abort();
    reloading.abort();
    reading.abort();
    let finished = async {
        let _ = serving.await;
        while working.join_next().await.is_some() {}
    };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!(grace_seconds = GRACE.as_secs(), "requests or jobs were still running and are cut off");
    }
    last.cancel();
    sealing.await?;
    instance.kit.db.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Has people reminded of what is about to expire, runs swept up after and templates published, for as long as the portal lives.
async fn remind(instance: &Instance) -> anyhow::Result<()> {
    let now = instance.kit.clock.now();
    let tx = instance.kit.db.begin().await?;
    jobs::enqueue(&tx, now, inbox::server::remind_job(now)).await?;
    if instance.contributions.mirror.is_some() {
        jobs::enqueue(&tx, now, contributions::server::mirror::mirror_job(now)).await?;
    }
    jobs::enqueue(&tx, now, contributions::server::checks::sweep_job(now)).await?;
    jobs::enqueue(&tx, now, golden_paths::server::publish::watch_job(now)).await?;
    jobs::enqueue(&tx, now, golden_paths::server::sweep::sweep_job(now)).await?;
    jobs::enqueue(&tx, now, templates::server::sweep::sweep_job(now)).await?;
    jobs::enqueue(&tx, now, templates::server::publish::watch_job(now)).await?;
    Ok(tx.commit().await?)
}

/// The ways in: the example bank's people, as long as nobody but this machine reaches the portal.
fn identity(config: &Config, instance: &Instance, example: bool) -> anyhow::Result<Identity> {
    let local = example && config.addr.ip().is_loopback() && config.public_url.is_none();
    let sessions = Sessions::new(instance.kit.clone(), Arc::new(instance.catalog.catalog.clone()), config)?;
    let sso = Arc::new(Sso::new(config, instance.kit.clone(), sessions.clone())?);
    if !local && sso.offered().is_empty() {
        if example {
            tracing::warn!(
                "nobody can sign in: the example's people do so only where addr is loopback and public_url is not set"
            );
        }
        return Ok(Identity::Unconfigured);
    }
    Ok(Identity::SignedIn(SignIn { sessions, local, sso }))
}

/// Registers the example bank, trusted for organisation data since it is our own.
pub async fn register_example(config: &Config, instance: &Instance) -> anyhow::Result<i64> {
    let root = examples::unpack(&config.data_dir).context("writing the example content")?;
    let mut location = NewLocation::parse(&root.to_string_lossy())?;
    location.trust_org = true;
    Ok(instance.catalog.catalog.register(&Caller::Operator, &location).await?.id)
}

/// Forgets the sessions that are over, now and then; any instance may, as often as it likes.
async fn sweep(identity: Identity) {
    let Identity::SignedIn(sign_in) = identity else { return };
    loop {
        if let Err(error) = sign_in.sessions.sweep().await {
            tracing::warn!(%error, "sessions that are over could not be forgotten");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Has something whenever the process is sent SIGHUP.
fn asked_to_reload() -> Receiver<()> {
    let (send, receive) = tokio::sync::mpsc::channel(1);
    #[cfg(unix)]
    tokio::spawn(async move {
        let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else { return };
        while signal.recv().await.is_some() && send.send(()).await.is_ok() {}
    });
    receive
}

/// Ends when the process is asked to stop, by whatever reached it since this was called.
fn asked_to_stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        let terminated = async {
            match terminated {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
    }
}
