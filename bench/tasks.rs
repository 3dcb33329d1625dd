//! Runs of a template with two steps that log, from being asked for to their end, in one process:
//! `cargo run --release -p server --features bench --example tasks -- DATA_DIR [ROUNDS] [DATABASE_URL]`, on a data directory of its own.
//! Rounds of one after the other, of twenty and of a thousand at once are interleaved, so that a slow second of the machine touches each alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kit::error::AppError;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::Thing;
use kit::server::definitions::Range;
use kit::server::source::{SourceError, Tree, TreeFile};
use scaffold::definition::Template;
use scaffold::registry::Registry;
use serde_json::json;
use server::config::Config;
use server::instance::Instance;
use templates::server::source::{Definition, Definitions};
use templates::server::state::TaskState;
use templates::server::store;
use templates::server::tasks::{Options, Parts, Submission, Tasks};
use tokio_util::sync::CancellationToken;

const TEMPLATE: &str = "template:default/bench";

/// Runs one after the other in a round.
const ALONE: usize = 100;

/// Runs of a small and of a large burst.
const BURSTS: [usize; 2] = [20, 1_000];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data_dir = arguments.next().ok_or_else(|| anyhow::anyhow!("name a data directory"))?;
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let database_url = arguments.next().unwrap_or_default();
    let config = Config { data_dir: data_dir.into(), database_url, ..Config::default() };
    let instance = Instance::open(&config).await?;
    let entities = Arc::new(instance.catalog.catalog.clone());
    let tasks = Tasks::new(Parts {
        kit: instance.kit.clone(),
        definitions: Arc::new(One::new()),
        entities: entities.clone(),
        directory: entities,
        administrators: Arc::new([]),
        registry: Arc::new(Registry::built_in()),
        world: None,
        options: Options::new(config.data_dir.join("runs")),
        idle: i64::MAX / 2,
        stop: instance.stop.clone(),
        watch: None,
    });
    let stop = CancellationToken::new();
    let lane = tasks.lane();
    let config = kit::server::jobs::WorkerConfig {
        concurrency: lane.concurrency,
        wake: lane.wake,
        ..kit::server::jobs::WorkerConfig::default()
    };
    let worker =
        kit::server::jobs::Worker::new(instance.kit.db.clone(), instance.kit.clock.clone(), lane.handlers, config);
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let caller = Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: "user:default/bench".into(),
        name: "Bench".into(),
        groups: vec!["group:default/bench".into()],
        administrator: true,
        via: Via::Session(1),
        scopes: None,
        request: "bench".into(),
    }));
    // The first of a process finds nothing ready.
    alone(&tasks, &caller, 20).await?;
    let mut one = Vec::new();
    let mut bursts = BURSTS.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..rounds {
        one.extend(alone(&tasks, &caller, ALONE).await?);
        for (size, (rates, times)) in BURSTS.into_iter().zip(&mut bursts) {
            let (rate, took) = burst(&tasks, &caller, size).await?;
            rates.push(rate);
            times.extend(took);
        }
    }
    println!("{:<24} {:>8} {:>10} {:>10}", "", "runs/s", "p50, ms", "p95, ms");
    let rate = one.len() as f64 / one.iter().sum::<f64>() * 1e3;
    println!("{:<24} {rate:>8.0} {:>10.2} {:>10.2}", "one after the other", at(&mut one, 0.5), at(&mut one, 0.95));
    for (size, (rates, times)) in BURSTS.into_iter().zip(&mut bursts) {
        let name = format!("{size} at once");
        let rate = at(rates, 0.5);
        println!("{name:<24} {rate:>8.0} {:>10.2} {:>10.2}", at(times, 0.5), at(times, 0.95));
    }
    stop.cancel();
    working.await?;
    instance.close().await
}

/// Milliseconds from asking to the end, run by run.
async fn alone(tasks: &Arc<Tasks>, caller: &Caller, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        let id = begin(tasks, caller).await?;
        end(tasks, &id).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// Runs a second, and milliseconds from asking to the end of each.
async fn burst(tasks: &Arc<Tasks>, caller: &Caller, count: usize) -> anyhow::Result<(f64, Vec<f64>)> {
    let began = Instant::now();
    let runs = join_all((0..count).map(|_| begin(tasks, caller))).await;
    let mut took = Vec::new();
    for run in runs {
        end(tasks, &run?).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok((count as f64 / began.elapsed().as_secs_f64(), took))
}

async fn begin(tasks: &Arc<Tasks>, caller: &Caller) -> anyhow::Result<String> {
    let submission = Submission { template: TEMPLATE.into(), ..Submission::default() };
    tasks.submit(caller, submission).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))
}

/// Waits for the end as a client would that asks for it, often enough not to be what is measured.
async fn end(tasks: &Arc<Tasks>, id: &str) -> anyhow::Result<()> {
    loop {
        let task = store::task(tasks.kit.db.read(), id).await?.ok_or_else(|| anyhow::anyhow!("a run is gone"))?;
        match task.state {
            TaskState::Completed => return Ok(()),
            state if state.is_over() => anyhow::bail!("{state}: {}", task.error),
            _ => tokio::time::sleep(Duration::from_micros(200)).await,
        }
    }
}

/// The one template.
struct One(Arc<Definition>);

impl One {
    fn new() -> Self {
        let template = Template::from_value(json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": { "name": "bench" },
            "spec": { "type": "service", "owner": "bench", "steps": [
                { "id": "one", "name": "One", "action": "debug:log", "input": { "message": "one" } },
                { "id": "two", "name": "Two", "action": "debug:log", "input": { "message": "two" } },
            ] },
        }));
        let owner = "group:default/bench".to_owned();
        let thing = Thing {
            id: TEMPLATE.into(),
            kind: "template".into(),
            namespace: "default".into(),
            owner,
            ..Thing::default()
        };
        Self(Arc::new(Definition {
            thing,
            template: Arc::new(template),
            version: "1.0.0".into(),
            version_id: None,
            hash: String::new(),
            tree: Arc::new(Nothing),
        }))
    }
}

#[async_trait::async_trait]
impl Definitions for One {
    async fn thing(&self, _: &Caller, _: &str) -> Result<Option<Thing>, AppError> {
        Ok(Some(self.0.thing.clone()))
    }

    async fn newest(&self, _: &str, _: Option<&Range>) -> Result<Option<Arc<Definition>>, AppError> {
        Ok(Some(self.0.clone()))
    }

    async fn version(&self, _: &str, _: &str, _: Option<i64>) -> Result<Arc<Definition>, AppError> {
        Ok(self.0.clone())
    }
}

struct Nothing;

#[async_trait::async_trait]
impl Tree for Nothing {
    fn start(&self) -> &str {
        "template.yaml"
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        Err(SourceError::Missing(folder.to_owned()))
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Missing(path.to_owned()))
    }
}

/// The value at a share of all, which are put in order.
fn at(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
