//! Journeys with very many others in the database, in one process:
//! `cargo run --release -p server --features bench --example journeys -- DATA_DIR [JOURNEYS] [DATABASE_URL]`, on a data directory of its own.
//! How many start a second, how many steps of theirs pass on a second, and how long the pages of a journey and of a team's queue take.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use futures::future::join_all;
use golden_paths::server::service::Refused;
use golden_paths::server::{GoldenPaths, Parts};
use http::Request;
use journey::Command;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::db;
use kit::server::definitions::{self, Definition, File, NewVersion};
use kit::server::jobs::{Wake, Worker, WorkerConfig};
use kit::server::publishing::Listing;
use serde_json::{Map, Value, json};
use server::config::Config;
use server::guard::Identity;
use server::instance::Instance;
use server::limits::LimitsConfig;
use server::router;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const PATH: &str = "goldenpath:default/bench";

/// Journeys that are begun and led to their end in what is measured.
const MEASURED: usize = 2_000;

/// How many people do something at a time.
const AT_ONCE: usize = 32;

/// Teams that have something to do.
const TEAMS: usize = 100;

/// Pages of each kind that are asked for, one after the other.
const QUESTIONS: usize = 1_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data_dir = arguments.next().ok_or_else(|| anyhow::anyhow!("name a data directory"))?;
    let others: usize = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let database_url = arguments.next().unwrap_or_default();
    let limits = LimitsConfig { api: 0, search: 0, ..LimitsConfig::default() };
    let config = Config { data_dir: data_dir.into(), database_url, limits, ..Config::default() };
    let instance = Instance::open(&config).await?;
    let catalog = Arc::new(instance.catalog.catalog.clone());
    let wake = Wake::default();
    let paths = GoldenPaths::new(Parts {
        kit: instance.kit.clone(),
        entities: catalog.clone(),
        runs: instance.runs.clone(),
        directory: catalog,
        administrators: Arc::new([]),
        portal: config.reached_at()?,
        wake,
        idle: i64::MAX / 2,
        stop: instance.stop.clone(),
    });
    publish(&paths).await?;
    let jane = person("jane", "group:default/makers");
    let template = begin(&paths, &jane).await?;
    fill(&paths, &template, others).await?;
    let stop = CancellationToken::new();
    let lane = paths.lane();
    let usual = WorkerConfig { concurrency: lane.concurrency, wake: lane.wake, ..WorkerConfig::default() };
    let worker = Worker::new(instance.kit.db.clone(), instance.kit.clock.clone(), lane.handlers, usual);
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });

    let began = Instant::now();
    let ids = spread(MEASURED, |_| {
        let (paths, jane) = (paths.clone(), jane.clone());
        async move { begin(&paths, &jane).await }
    })
    .await?;
    println!("journeys started a second: {:.0}", MEASURED as f64 / began.elapsed().as_secs_f64());

    let (sam, ada) = (person("sam", "group:default/team-0"), person("ada", "group:default/data"));
    let began = Instant::now();
    spread(MEASURED, |number| {
        let (paths, sam, ada, id) = (paths.clone(), sam.clone(), ada.clone(), ids[number].clone());
        async move {
            let done = Command::Complete { step: "ask".into(), values: Map::new(), evidence: Vec::new() };
            act(&paths, &sam, &id, done).await?;
            act(&paths, &ada, &id, Command::Approve { step: "agree".into(), comment: String::new() }).await
        }
    })
    .await?;
    // A task that is done, an approval that opens and is given: three steps pass on, and the journey with the last.
    println!("transitions a second: {:.0}", (MEASURED * 3) as f64 / began.elapsed().as_secs_f64());

    let jane = router::router(&instance, &config, Identity::Fixed(jane))?;
    let mut took = Vec::new();
    for number in 0..QUESTIONS {
        let path = format!("/golden-paths/journeys/{}", ids[number % ids.len()]);
        took.push(ask(&jane, &path, "Look at it").await?);
    }
    println!("a journey’s page, ms: p50 {:.2} p95 {:.2}", at(&mut took, 0.5), at(&mut took, 0.95));
    let teams = (0..TEAMS).step_by(10).map(|number| person("tim", &format!("group:default/team-{number}")));
    let teams = teams.map(|team| router::router(&instance, &config, Identity::Fixed(team)));
    let teams: Vec<Router> = teams.collect::<Result<_, _>>()?;
    let mut took = Vec::new();
    for number in 0..QUESTIONS {
        took.push(ask(&teams[number % teams.len()], "/golden-paths/queue", "Look at it").await?);
    }
    println!("a team’s queue, ms: p50 {:.2} p95 {:.2}", at(&mut took, 0.5), at(&mut took, 0.95));
    stop.cancel();
    working.await?;
    instance.close().await
}

/// A path through a task and an approval.
async fn publish(paths: &GoldenPaths) -> anyhow::Result<()> {
    let entity = json!({
        "apiVersion": "backstage.io/v1beta1",
        "kind": "GoldenPath",
        "metadata": { "name": "bench", "title": "A path" },
        "spec": { "type": "service", "owner": "group:default/makers", "steps": [
            { "id": "ask", "name": "Look at it", "owner": "group:default/team-0", "task": { "instructions": "Look" }, "sla": "30d" },
            { "id": "agree", "name": "Agree", "owner": "group:default/data", "approval": {} },
        ] },
    });
    let file = File { path: "path.json".into(), content: entity.to_string().into_bytes(), executable: false };
    let new = NewVersion { start: "path.json".into(), files: vec![file], ..NewVersion::default() };
    let now = paths.kit.clock.now();
    let tx = paths.kit.db.begin().await?;
    paths.put(&tx, now, PATH, &entity, "").await?;
    definitions::publish(&tx, now, &Caller::System, Definition { plugin: golden_paths::INFO.id, name: PATH }, &new)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The same journey so many times, spread over the teams.
async fn fill(paths: &GoldenPaths, id: &str, count: usize) -> anyhow::Result<()> {
    let columns = "path, title, version, version_id, state, owner, starter, parent, steps_done, steps_total, next_action, whose, snapshot, seq, wake_at, \
                   created_at, started_at, changed_at, ended_at";
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let tx = paths.kit.db.begin().await?;
    let copies = "FROM golden_paths_journey c WHERE c.uuid LIKE 'copy-%'";
    for text in [
        format!(
            "INSERT INTO golden_paths_journey (uuid, {columns}) {numbers} SELECT 'copy-' || n.i, {columns} FROM golden_paths_journey, n WHERE uuid = '{id}'"
        ),
        format!(
            "INSERT INTO golden_paths_party (party, journey_id) SELECT p.party, c.id FROM golden_paths_journey c, golden_paths_party p JOIN golden_paths_journey o ON o.id = p.journey_id \
             WHERE o.uuid = '{id}' AND c.uuid LIKE 'copy-%'"
        ),
        format!(
            "INSERT INTO golden_paths_step (journey_id, step_key, step, path, name, kind, state, since, reached_at, ended_at) \
             SELECT c.id, s.step_key, s.step, s.path, s.name, s.kind, s.state, s.since, s.reached_at, s.ended_at FROM golden_paths_journey c, golden_paths_step s \
             JOIN golden_paths_journey o ON o.id = s.journey_id WHERE o.uuid = '{id}' AND c.uuid LIKE 'copy-%'"
        ),
        format!(
            "INSERT INTO golden_paths_wait (team, journey_id, step_key, what, name, assignee, since, due_at, order_at) \
             SELECT 'group:default/team-' || (c.id % {TEAMS}), c.id, 'ask', 'task', 'Look at it', '', c.created_at, c.wake_at, c.wake_at + c.id {copies}"
        ),
        format!(
            "INSERT INTO golden_paths_event (journey_id, seq, at, actor, name, data) SELECT c.id, 1, c.created_at, 'portal', 'drafted', '{{}}' {copies}"
        ),
        format!(
            "INSERT INTO job (kind, job_key, payload, state, run_at, max_attempts, created_at, updated_at) \
             SELECT 'golden-paths.advance', c.uuid, '{{}}', 'waiting', c.wake_at, 1000, c.created_at, c.created_at {copies}"
        ),
    ] {
        db::execute(&tx, &text, []).await?;
    }
    tx.commit().await?;
    let analyse = sea_orm::ConnectionTrait::execute_unprepared(paths.kit.db.read(), "ANALYZE").await;
    analyse.map(drop).map_err(Into::into)
}

async fn begin(paths: &GoldenPaths, caller: &Caller) -> anyhow::Result<String> {
    let id = paths.begin(caller, PATH, None).await?;
    paths.start(caller, &id, Some(Map::<String, Value>::new())).await.map_err(Refused::said)?;
    Ok(id)
}

async fn act(paths: &GoldenPaths, caller: &Caller, id: &str, command: Command) -> anyhow::Result<()> {
    paths.act(caller, id, command).await.map_err(Refused::said)?;
    Ok(())
}

/// How long a page takes, in milliseconds.
async fn ask(router: &Router, path: &str, shows: &str) -> anyhow::Result<f64> {
    let request =
        Request::get(path).header("host", "127.0.0.1:3000").header("accept", "text/html").body(Body::empty())?;
    let began = Instant::now();
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    let body = String::from_utf8_lossy(&body);
    anyhow::ensure!(status == 200 && body.contains(shows), "{path}: {status} {body}");
    Ok(took)
}

/// Does something so many times, some at once.
async fn spread<T, F>(count: usize, each: impl Fn(usize) -> F) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let each = &each;
    let lanes = join_all((0..AT_ONCE).map(|lane| async move {
        let mut done = Vec::new();
        for number in (lane..count).step_by(AT_ONCE) {
            done.push(each(number).await?);
        }
        anyhow::Ok(done)
    }));
    let mut all = Vec::with_capacity(count);
    for lane in lanes.await {
        all.extend(lane?);
    }
    Ok(all)
}

fn person(name: &str, group: &str) -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: format!("user:default/{name}"),
        name: name.into(),
        groups: vec![group.into()],
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "bench".into(),
    }))
}

/// The value at a share of all, which are put in order.
fn at(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
