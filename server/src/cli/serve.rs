//! `portico serve`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use catalog::server::NewLocation;
use kit::identity::Caller;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::guard::Identity;
use crate::instance::Instance;
use crate::{examples, router};

/// The longest that running requests and jobs may take once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Serves until the process is asked to stop, then finishes what is under way.
pub async fn serve(config: Config, example: bool) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&config).await?;
    if example {
        register_example(&config, &instance).await?;
    }
    let router = router::router(&instance, Identity(Caller::Operator));
    let listener = TcpListener::bind(config.addr).await.with_context(|| format!("listening on {}", config.addr))?;
    let stop = instance.stop.clone();
    let worker = instance.worker();
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    println!("Portico is ready at http://{}", listener.local_addr()?);
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut serving = tokio::spawn(serving.into_future());
    tokio::select! {
        () = asked_to_stop() => {}
        ended = &mut serving => ended?.context("serving")?,
    }
    tracing::info!("stopping");
    stop.cancel();
    let finished = async {
        let _ = serving.await;
        let _ = working.await;
    };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!(grace_seconds = GRACE.as_secs(), "requests or jobs were still running and are cut off");
    }
    instance.kit.db.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Registers the example bank, trusted for organisation data since it is our own.
pub async fn register_example(config: &Config, instance: &Instance) -> anyhow::Result<i64> {
    let root = examples::unpack(&config.data_dir).context("writing the example content")?;
    let mut location = NewLocation::parse(&root.to_string_lossy())?;
    location.trust_org = true;
    Ok(instance.catalog.catalog.register(&Caller::Operator, &location).await?.id)
}

async fn asked_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
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
