//! A worker process that is killed at any moment loses no job, and the next one need not wait for its leases to run out.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::server::clock::Clock;
use kit::server::db::{self, Db};
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next, Worker, WorkerConfig};
use kit::server::testing::databases;
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const KIND: &str = "test.kill";
const JOBS: usize = 60;
const KILLS: usize = 4;

/// Much longer than the test may take: only a lease that is released early lets it end in time.
const LEASE: Duration = Duration::from_secs(600);

#[tokio::test]
async fn killed_workers_lose_nothing() {
    for test in databases().await {
        let tx = test.begin().await.expect("begin");
        for number in 0..JOBS {
            let job =
                NewJob { kind: KIND, key: format!("{number:03}"), payload: json!({}), run_at: 0, max_attempts: 1000 };
            jobs::enqueue(&tx, 0, job).await.expect("enqueue");
        }
        tx.commit().await.expect("commit");

        let begun = Instant::now();
        for kill in 1..=KILLS {
            let mut worker = start(test.url());
            while effects(&test).await.len() < kill * JOBS / (KILLS + 2) {
                assert!(begun.elapsed() < LEASE / 5, "{}: no progress after {} kills", test.name(), kill - 1);
                sleep(Duration::from_millis(5)).await;
            }
            worker.kill().and_then(|()| worker.wait()).expect("killed");
        }
        let mut worker = start(test.url());
        while !jobs::counts(test.read()).await.expect("counts").is_empty() {
            assert!(begun.elapsed() < LEASE / 5, "{}: {:?}", test.name(), jobs::counts(test.read()).await);
            sleep(Duration::from_millis(20)).await;
        }
        worker.kill().and_then(|()| worker.wait()).expect("killed");

        let expected: BTreeSet<String> = (0..JOBS).map(|number| format!("{number:03}")).collect();
        assert_eq!(effects(&test).await, expected, "{}", test.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that `killed_workers_lose_nothing` starts and kills"]
async fn worker_process() {
    let Ok(url) = std::env::var("PORTICO_TEST_KILL_URL") else { return };
    let db = Db::connect(&url).await.expect("the parent's database");
    let config =
        WorkerConfig { lease: LEASE, poll: Duration::from_millis(10), concurrency: 3, ..WorkerConfig::default() };
    let handler = Arc::new(Effect { db: db.clone() });
    Worker::new(db, Clock::System, vec![(KIND, handler)], config).run(CancellationToken::new()).await;
}

struct Effect {
    db: Db,
}

#[async_trait]
impl Handler for Effect {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let tx = self.db.begin().await?;
        lease.fence(&tx).await?;
        sleep(Duration::from_millis(5)).await;
        let insert = "INSERT INTO audit_event (at, actor, action, resource, detail) VALUES (0, '', '', ?, '')";
        db::execute(&tx, insert, [lease.key.clone().into()]).await?;
        tx.commit().await?;
        Ok(Next::Done)
    }
}

fn start(url: &str) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "worker_process", "--ignored"])
        .env("PORTICO_TEST_KILL_URL", url)
        .spawn()
        .expect("a worker process")
}

async fn effects(db: &Db) -> BTreeSet<String> {
    let rows = db::rows(db.read(), "SELECT resource FROM audit_event", []).await.expect("read");
    rows.iter().map(|row| row.try_get("", "resource").expect("text")).collect()
}
