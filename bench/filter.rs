//! Requests per second of the catalog's list by what the caller may see, through the whole router of one process:
//! `cargo run --release -p server --features bench --example filter -- DATA_DIR [ROUNDS]`, on the data directory of a portal that nobody else uses.
//! Rounds are interleaved, so that a slow second of the machine touches every filter alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::Source;
use kit::server::db;
use server::config::Config;
use server::guard::Identity;
use server::instance::Instance;
use server::limits::LimitsConfig;
use server::{policies, router};
use tower::ServiceExt;

/// Requests of one filter in one round.
const REQUESTS: usize = 40;

/// Requests at once.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data_dir = arguments.next().ok_or_else(|| anyhow::anyhow!("name the data directory"))?;
    let rounds: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let limits = LimitsConfig { api: 0, search: 0, ..LimitsConfig::default() };
    let config = Config { data_dir: data_dir.into(), limits, ..Config::default() };
    let instance = Instance::open(&config).await?;
    let person = Principal {
        kind: PrincipalKind::Person,
        subject: "user:default/bench".into(),
        name: "Bench".into(),
        groups: (0..5).map(|team| format!("group:default/team-{team}")).collect(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "bench".into(),
    };
    let router = router::router(&instance, &config, Identity::Fixed(Caller::Principal(Arc::new(person))))?;
    let teams = |from: usize, to: usize| {
        let teams: Vec<String> = (from..to).map(|team| format!("Group::\"group:default/team-{team}\"")).collect();
        format!("[{}].contains(resource.owner)", teams.join(", "))
    };
    let readable = [
        ("everything: the default policies", None),
        ("the same again, for the noise", None),
        ("one of two namespaces", Some(r#"["default", "open"].contains(resource.namespace)"#.to_owned())),
        ("all but one kind", Some(r#"resource.kind != "api""#.into())),
        ("owned by one of 100 groups", Some(teams(0, 100))),
        ("owned by one of 3 rare groups", Some(teams(250, 253))),
        (
            "own, or of an open kind",
            Some(r#"principal in resource.owner || ["api", "system", "group"].contains(resource.kind)"#.into()),
        ),
    ];
    let paths =
        ["/catalog", "/catalog?kind=component", "/api/catalog/entities/by-query?filter=kind=component&limit=20"];
    for path in paths {
        let mut rates = vec![Vec::new(); readable.len()];
        let mut first = vec![Vec::new(); readable.len()];
        for _ in 0..rounds {
            for (number, (_, condition)) in readable.iter().enumerate() {
                put(&instance, condition.as_deref())?;
                changed(&instance).await?;
                let start = Instant::now();
                ask(router.clone(), path).await?;
                first[number].push(start.elapsed().as_secs_f64() * 1e3);
                rates[number].push(rate(&router, path).await?);
            }
        }
        println!(
            "{path}\n{:<34} {:>10} {:>7} {:>22}",
            "what may be seen", "requests/s", "ratio", "first after a change, ms"
        );
        let all = median(&mut rates[0]);
        for (number, (name, _)) in readable.iter().enumerate() {
            let rate = median(&mut rates[number]);
            println!("{name:<34} {rate:>10.0} {:>7.2} {:>22.1}", rate / all, median(&mut first[number]));
        }
    }
    Ok(())
}

/// Puts the default policies in force, and one besides that hides every entity which does not meet the condition.
fn put(instance: &Instance, condition: Option<&str>) -> anyhow::Result<()> {
    let ours = Source { name: "default.cedar".into(), text: policies::DEFAULT.into() };
    let more = condition.map(|condition| Source {
        name: "bench.cedar".into(),
        text: format!(
            "@id(\"bench\") forbid (principal, action == Action::\"catalog.entity.read\", resource) unless {{ {condition} }};"
        ),
    });
    let sources: Vec<Source> = [ours].into_iter().chain(more).collect();
    instance.kit.gate.replace(&sources).map_err(|problems| policies::Problems(problems).into())
}

/// As if somebody had changed an entity: what was counted is counted anew.
async fn changed(instance: &Instance) -> anyhow::Result<()> {
    let tx = instance.kit.db.begin().await?;
    db::execute(&tx, "UPDATE catalog_revision SET number = number + 1", []).await?;
    Ok(tx.commit().await?)
}

async fn rate(router: &Router, path: &'static str) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..AT_ONCE {
        let router = router.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..REQUESTS / AT_ONCE {
                ask(router.clone(), path).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let took: Duration = start.elapsed();
    Ok(REQUESTS as f64 / took.as_secs_f64())
}

async fn ask(router: Router, path: &str) -> anyhow::Result<()> {
    let request =
        Request::get(path).header("host", "127.0.0.1:3000").header("accept", "text/html").body(Body::empty())?;
    let answer = router.oneshot(request).await?;
    let status = answer.status();
    to_bytes(answer.into_body(), usize::MAX).await?;
    anyhow::ensure!(status == 200, "{path}: {status}");
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
