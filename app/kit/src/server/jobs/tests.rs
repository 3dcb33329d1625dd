//! Each on every database.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::queue::{Claimed, Due, Outcome, Scope};
use super::*;
use crate::server::clock::Clock;
use crate::server::db::Db;
use crate::server::testing::databases;

const KIND: &str = "test.do";
const NOW: Millis = 1_800_000_000_000;
const LEASE: Duration = Duration::from_secs(15);
const EVERYTHING: Due = Due { expired: true, waiting: true };
const SCOPE: Scope<'static> = Scope { kinds: &[KIND], keys: &[] };

#[tokio::test]
async fn one_job_of_a_kind_and_key_is_brought_forward_but_never_put_back() {
    for db in databases().await {
        add(&db, job("a", NOW + 50)).await;
        add(&db, job("a", NOW + 90)).await;
        assert_eq!(column(&db, "run_at").await, [NOW + 50], "{}", db.name());
        add(&db, NewJob { payload: json!({ "new": true }), ..job("a", NOW - 5) }).await;
        assert_eq!(column(&db, "run_at").await, [NOW - 5], "{}", db.name());
        assert_eq!(claim(&db, "me", NOW).await.expect("due").payload, r#"{"new":true}"#);
    }
}

#[tokio::test]
async fn a_job_that_is_rolled_back_with_its_change_was_never_added() {
    for db in databases().await {
        let tx = db.begin().await.expect("begin");
        enqueue(&tx, NOW, job("a", NOW)).await.expect("enqueue");
        tx.rollback().await.expect("rollback");
        assert!(claim(&db, "me", NOW).await.is_none(), "{}", db.name());
    }
}

#[tokio::test]
async fn what_is_due_is_claimed_once_and_in_order() {
    for db in databases().await {
        for (key, at) in [("late", NOW), ("early", NOW - 9), ("not yet", NOW + 1)] {
            add(&db, job(key, at)).await;
        }
        assert_eq!(claim(&db, "a", NOW).await.expect("due").key, "early", "{}", db.name());
        assert_eq!(claim(&db, "b", NOW).await.expect("due").key, "late", "{}", db.name());
        assert!(claim(&db, "c", NOW).await.is_none(), "{}", db.name());
        let other = Scope { kinds: &["test.other"], keys: &[] };
        assert!(!queue::due(&db, &other, NOW + 1).await.expect("read").waiting);
    }
}

#[tokio::test]
async fn many_workers_do_each_job_once() {
    for db in databases().await {
        let keys: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
        for key in &keys {
            add(&db, job(key, NOW)).await;
        }
        let done = Arc::new(Recorder::default());
        let workers = [db.again().await, db.again().await].map(|db| worker(db, Clock::fixed(NOW), done.clone(), 4));
        let (a, b) = tokio::join!(workers[0].run_due(KIND, &[]), workers[1].run_due(KIND, &[]));
        a.and(b).expect("run");
        let mut done = done.seen.lock().expect("lock").clone();
        done.sort();
        assert_eq!(done, keys, "{}", db.name());
        assert_eq!(counts(db.read()).await.expect("counts"), []);
    }
}

#[tokio::test]
async fn an_expired_lease_is_taken_over_and_its_first_holder_is_fenced_off() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let first = claim(&db, "first", NOW).await.expect("due");
        assert!(claim(&db, "second", NOW + 15_000).await.is_none(), "the lease still holds");
        let second = claim(&db, "second", NOW + 15_001).await.expect("expired");
        assert_eq!((second.id, second.attempt, second.token), (first.id, 2, first.token + 1), "{}", db.name());

        assert!(!queue::extend(&db, first.id, first.token, NOW + 90_000).await.expect("extend"));
        assert!(!queue::finish(&db, first.id, first.token, &Outcome::Done, NOW).await.expect("finish"));
        for (claimed, holds) in [(&first, false), (&second, true)] {
            let tx = db.begin().await.expect("begin");
            assert_eq!(lease(claimed).fence(&tx).await.is_ok(), holds, "{}", db.name());
            tx.rollback().await.expect("rollback");
        }
        assert!(queue::finish(&db, second.id, second.token, &Outcome::Done, NOW).await.expect("finish"));
        let tx = db.begin().await.expect("begin");
        assert!(matches!(lease(&second).fence(&tx).await, Err(JobError::LeaseLost)), "a job that is done has no lease");
    }
}

#[tokio::test]
async fn of_two_workers_with_the_same_job_one_lands_its_effect() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let first = claim(&db, "first", NOW).await.expect("due");
        let second = claim(&db, "second", NOW + 20_000).await.expect("expired");
        let others = db.again().await;
        let (a, b) = tokio::join!(effect(&db, &first), effect(&others, &second));
        assert!(matches!(a, Err(JobError::LeaseLost)), "{}", db.name());
        assert!(b.is_ok(), "{}", db.name());
        assert_eq!(effects(&db).await, ["2"], "{}", db.name());
    }
}

#[tokio::test]
async fn a_lease_that_is_fenced_is_not_taken_before_the_commit() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let first = claim(&db, "first", NOW).await.expect("due");
        let tx = db.begin().await.expect("begin");
        lease(&first).fence(&tx).await.expect("holds");
        let others = db.again().await;
        let thief = tokio::spawn(async move { claim(&others, "thief", NOW + 20_000).await });
        sleep(Duration::from_millis(100)).await;
        insert_effect(&tx, "1").await;
        tx.commit().await.expect("commit");
        // SQLite's thief waits for the commit, PostgreSQL's passes the locked row by; either way the effect came first.
        let stolen = thief.await.expect("thief");
        assert_eq!(effects(&db).await, ["1"], "{}", db.name());
        if db.name() == "PostgreSQL" {
            assert!(stolen.is_none());
        }
    }
}

#[tokio::test]
async fn a_failing_job_backs_off_and_becomes_a_dead_letter() {
    for db in databases().await {
        add(&db, NewJob { max_attempts: 3, ..job("a", NOW) }).await;
        let (clock, handler) = (Clock::fixed(NOW), Arc::new(Failing::default()));
        let worker = worker(db.clone(), clock.clone(), handler.clone(), 1);
        for attempt in 1..=3 {
            worker.run_due(KIND, &[]).await.expect("run");
            assert_eq!(handler.runs.load(Ordering::SeqCst), attempt, "{}", db.name());
            worker.run_due(KIND, &[]).await.expect("run");
            assert_eq!(handler.runs.load(Ordering::SeqCst), attempt, "it waits before the next try");
            clock.advance(300_000);
        }
        worker.run_due(KIND, &[]).await.expect("run");
        assert_eq!(handler.runs.load(Ordering::SeqCst), 3, "{}", db.name());
        let dead = dead_letters(db.read(), 9).await.expect("dead letters");
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].key.as_str(), dead[0].attempts, dead[0].last_error.as_str()), ("a", 3, "no luck"));
        let count = Count { kind: KIND.into(), state: "dead".into(), count: 1 };
        assert_eq!(counts(db.read()).await.expect("counts"), [count]);

        add(&db, job("a", clock.now())).await;
        let revived = claim(&db, "me", clock.now()).await.expect("revived");
        assert_eq!(revived.attempt, 1, "{}", db.name());
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_and_the_worker_lives_on() {
    for db in databases().await {
        add(&db, NewJob { max_attempts: 1, ..job("panic", NOW - 1) }).await;
        add(&db, job("fine", NOW)).await;
        let handler = Arc::new(Recorder::default());
        worker(db.clone(), Clock::fixed(NOW), handler.clone(), 1).run_due(KIND, &[]).await.expect("run");
        assert_eq!(*handler.seen.lock().expect("lock"), ["fine"], "{}", db.name());
        let dead = dead_letters(db.read(), 9).await.expect("dead letters");
        assert_eq!(dead[0].last_error, "the handler panicked: asked to panic", "{}", db.name());
    }
}

#[tokio::test]
async fn a_job_added_while_it_runs_runs_once_more() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let gate = Arc::new(Gated::default());
        let worker = Arc::new(worker(db.clone(), Clock::fixed(NOW), gate.clone(), 1));
        let run = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run_due(KIND, &[]).await }
        });
        gate.begun.acquire().await.expect("open").forget();
        for _ in 0..3 {
            add(&db, job("a", NOW)).await;
        }
        gate.go.add_permits(9);
        run.await.expect("join").expect("run");
        assert_eq!(gate.runs.load(Ordering::SeqCst), 2, "{}", db.name());
        assert!(column(&db, "id").await.is_empty(), "{}", db.name());
    }
}

#[tokio::test]
async fn a_job_added_during_its_last_failing_attempt_is_tried_anew() {
    for db in databases().await {
        for (outcome, at) in [(Some(Outcome::Failed("no".into())), NOW), (None, NOW + 20_000)] {
            add(&db, NewJob { max_attempts: 1, ..job("a", NOW) }).await;
            let claimed = claim(&db, "me", NOW).await.expect("due");
            add(&db, NewJob { max_attempts: 1, ..job("a", NOW) }).await;
            if let Some(outcome) = outcome {
                assert!(queue::finish(&db, claimed.id, claimed.token, &outcome, NOW).await.expect("finish"));
            }
            let again = claim(&db, "me", at).await.expect("due again");
            assert_eq!(again.attempt, 1, "{}", db.name());
            assert!(queue::finish(&db, again.id, again.token, &Outcome::Done, at).await.expect("finish"));
        }
    }
}

#[tokio::test]
async fn a_job_that_comes_back_at_a_time_has_its_attempts_back() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let claimed = claim(&db, "me", NOW).await.expect("due");
        assert!(queue::finish(&db, claimed.id, claimed.token, &Outcome::At(NOW + 70), NOW).await.expect("finish"));
        assert_eq!((column(&db, "run_at").await, column(&db, "attempts").await), (vec![NOW + 70], vec![0]));

        let claimed = claim(&db, "me", NOW + 70).await.expect("due");
        add(&db, job("a", NOW + 80)).await;
        assert!(queue::finish(&db, claimed.id, claimed.token, &Outcome::At(NOW + 900), NOW).await.expect("finish"));
        assert_eq!(column(&db, "run_at").await, [NOW + 80], "the earlier of the two, on {}", db.name());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_lease_of_a_dead_process_is_released_at_once() {
    for db in databases().await {
        for key in ["dead", "alive", "elsewhere"] {
            add(&db, job(key, NOW)).await;
        }
        let (rest, _) = owner::me().rsplit_once('/').expect("place and start");
        for owner in [&format!("{rest}/1"), owner::me(), "another machine/1/1"] {
            claim(&db, owner, NOW).await.expect("due");
        }
        queue::release_gone(&db, NOW).await.expect("release");
        let released = claim(&db, "me", NOW).await.expect("released");
        assert_eq!((released.key.as_str(), released.attempt), ("dead", 2), "{}", db.name());
        assert!(claim(&db, "me", NOW).await.is_none(), "{}", db.name());
    }
}

#[tokio::test]
async fn a_job_whose_workers_vanish_every_time_ends_as_a_dead_letter() {
    for db in databases().await {
        add(&db, NewJob { max_attempts: 2, ..job("a", NOW) }).await;
        for round in 0..2 {
            claim(&db, "me", NOW + round * 20_000).await.expect("due");
        }
        assert!(claim(&db, "me", NOW + 60_000).await.is_none(), "{}", db.name());
        assert_eq!(dead_letters(db.read(), 9).await.expect("dead letters")[0].attempts, 2, "{}", db.name());
    }
}

#[tokio::test]
async fn stopping_releases_what_runs_without_counting_the_attempt() {
    for db in databases().await {
        for key in ["polite", "deaf"] {
            add(&db, job(key, NOW)).await;
        }
        let handler = Arc::new(Stoppable { begun: Semaphore::new(0) });
        let config = WorkerConfig {
            lease: Duration::from_millis(600),
            poll: Duration::from_millis(10),
            concurrency: 2,
            ..WorkerConfig::default()
        };
        let worker = Worker::new(db.clone(), Clock::fixed(NOW), vec![(KIND, handler.clone())], config);
        let stop = CancellationToken::new();
        let run = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop).await }
        });
        handler.begun.acquire_many(2).await.expect("open").forget();
        stop.cancel();
        timeout(Duration::from_secs(10), run).await.expect("it stops").expect("join");
        let expected = vec![Count { kind: KIND.into(), state: "waiting".into(), count: 2 }];
        assert_eq!(counts(db.read()).await.expect("counts"), expected, "{}", db.name());
        assert_eq!(column(&db, "attempts").await, [0, 0], "{}", db.name());
    }
}

#[tokio::test]
async fn a_heartbeat_keeps_the_lease_and_notices_its_loss() {
    for db in databases().await {
        add(&db, job("a", NOW)).await;
        let handler = Arc::new(Stoppable { begun: Semaphore::new(0) });
        let config = WorkerConfig {
            lease: Duration::from_millis(300),
            poll: Duration::from_millis(10),
            concurrency: 1,
            ..WorkerConfig::default()
        };
        let clock = Clock::fixed(NOW);
        let worker = Worker::new(db.clone(), clock.clone(), vec![(KIND, handler.clone())], config);
        let stop = CancellationToken::new();
        let run = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop).await }
        });
        handler.begun.acquire().await.expect("open").forget();
        clock.advance(250);
        let extended = async {
            while column(&db, "lease_until").await != [NOW + 550] {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(10), extended).await.expect("a heartbeat");

        // Another worker takes the job: the first one's handler is told, and nothing of its end is written.
        let tx = db.begin().await.expect("begin");
        db::execute(&tx, "UPDATE job SET lease_token = lease_token + 1, lease_until = ?", [(NOW + 90_000).into()])
            .await
            .expect("steal");
        tx.commit().await.expect("commit");
        sleep(Duration::from_millis(500)).await;
        stop.cancel();
        timeout(Duration::from_secs(10), run).await.expect("it stops").expect("join");
        assert_eq!(column(&db, "lease_until").await, [NOW + 90_000], "{}", db.name());
    }
}

#[tokio::test]
async fn run_due_does_its_keys_alone_and_waits_for_another_process() {
    for db in databases().await {
        for key in ["mine", "theirs", "other"] {
            add(&db, job(key, NOW)).await;
        }
        let theirs =
            queue::claim(&db, &Scope { kinds: &[KIND], keys: &["theirs".into()] }, EVERYTHING, "live", NOW, LEASE, 1)
                .await
                .expect("claim")
                .pop()
                .expect("due");
        let handler = Arc::new(Recorder::default());
        let worker = worker(db.clone(), Clock::fixed(NOW), handler.clone(), 2);
        let keys = ["mine".to_owned(), "theirs".to_owned()];
        let mut run = Box::pin(worker.run_due(KIND, &keys));
        assert!(timeout(Duration::from_millis(300), &mut run).await.is_err(), "theirs still runs");
        assert!(queue::finish(&db, theirs.id, theirs.token, &Outcome::Done, NOW).await.expect("finish"));
        timeout(Duration::from_secs(10), run).await.expect("it returns").expect("run");
        assert_eq!(*handler.seen.lock().expect("lock"), ["mine"], "{}", db.name());
        assert!(worker.run_due("test.unknown", &[]).await.is_err());
    }
}

#[tokio::test]
async fn several_are_claimed_at_once_and_settled_with_what_they_changed() {
    for db in databases().await {
        for (key, at) in [("c", NOW - 1), ("a", NOW - 3), ("b", NOW - 2), ("later", NOW + 1)] {
            add(&db, job(key, at)).await;
        }
        let claimed = queue::claim(&db, &SCOPE, EVERYTHING, "me", NOW, LEASE, 10).await.expect("claim");
        let keys: Vec<&str> = claimed.iter().map(|job| job.key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c"], "{}", db.name());
        add(&db, job("a", NOW + 7)).await;
        let mut leases: Vec<Lease> = claimed.iter().map(lease).collect();
        leases[2].token += 1;
        let leases: Vec<&Lease> = leases.iter().collect();
        let tx = db.begin().await.expect("begin");
        let fenced = Fenced::new(&tx, &leases).await.expect("fenced");
        let holds: Vec<bool> = leases.iter().map(|lease| fenced.holds(lease)).collect();
        assert_eq!(holds, [true, true, false], "{}", db.name());
        let ends: Vec<(&Lease, Next)> = leases.iter().map(|lease| (*lease, Next::Done)).collect();
        fenced.settle(&tx, NOW, &ends).await.expect("settled");
        tx.commit().await.expect("commit");
        let rows =
            db::rows(db.read(), "SELECT job_key, state, run_at FROM job ORDER BY job_key", []).await.expect("rows");
        let left: Vec<(String, String)> = rows
            .iter()
            .map(|row| (row.try_get("", "job_key").expect("key"), row.try_get("", "state").expect("state")))
            .collect();
        let expected = [("a", "waiting"), ("c", "running"), ("later", "waiting")];
        assert_eq!(left, expected.map(|(key, state)| (key.to_owned(), state.to_owned())), "{}", db.name());
        assert_eq!(rows[0].try_get::<Millis>("", "run_at").expect("run_at"), NOW + 7, "it was asked for once more");
    }
}

#[tokio::test]
async fn a_worker_that_is_woken_does_not_sleep_out() {
    for db in databases().await {
        let wake = Wake::default();
        let config = WorkerConfig { poll: Duration::from_secs(600), wake: wake.clone(), ..WorkerConfig::default() };
        let handler = Arc::new(Recorder::default());
        let worker = Worker::new(db.clone(), Clock::fixed(NOW), vec![(KIND, handler.clone())], config);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let run = tokio::spawn(async move { worker.run(stopped).await });
        sleep(Duration::from_millis(100)).await;
        add(&db, job("a", NOW)).await;
        wake.wake();
        let done = async {
            while handler.seen.lock().expect("lock").is_empty() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), done).await.expect("woken");
        stop.cancel();
        run.await.expect("it stops");
    }
}

fn job(key: &str, run_at: Millis) -> NewJob {
    NewJob { kind: KIND, key: key.into(), payload: json!({}), run_at, max_attempts: 5 }
}

async fn add(db: &Db, job: NewJob) {
    let tx = db.begin().await.expect("begin");
    enqueue(&tx, NOW, job).await.expect("enqueue");
    tx.commit().await.expect("commit");
}

async fn claim(db: &Db, owner: &str, now: Millis) -> Option<Claimed> {
    queue::claim(db, &SCOPE, EVERYTHING, owner, now, LEASE, 1).await.expect("claim").pop()
}

fn lease(claimed: &Claimed) -> Lease {
    Lease {
        id: claimed.id,
        key: claimed.key.clone(),
        payload: serde_json::Value::Null,
        attempt: claimed.attempt,
        cancelled: CancellationToken::new(),
        token: claimed.token,
    }
}

/// What a handler does: it makes its change under the fence.
async fn effect(db: &Db, claimed: &Claimed) -> Result<(), JobError> {
    let tx = db.begin().await?;
    lease(claimed).fence(&tx).await?;
    sleep(Duration::from_millis(50)).await;
    insert_effect(&tx, &claimed.attempt.to_string()).await;
    Ok(tx.commit().await?)
}

async fn insert_effect(tx: &DatabaseTransaction, what: &str) {
    let insert = "INSERT INTO audit_event (at, actor, action, resource, detail) VALUES (0, '', '', '', ?)";
    db::execute(tx, insert, [what.into()]).await.expect("insert");
}

async fn effects(db: &Db) -> Vec<String> {
    let rows = db::rows(db.read(), "SELECT detail FROM audit_event ORDER BY id", []).await.expect("read");
    rows.iter().map(|row| row.try_get("", "detail").expect("text")).collect()
}

async fn column(db: &Db, name: &str) -> Vec<i64> {
    let rows = db::rows(db.read(), &format!("SELECT {name} AS value FROM job ORDER BY id"), []).await.expect("read");
    rows.iter().map(|row| row.try_get("", "value").expect("a number")).collect()
}

fn worker(db: Db, clock: Clock, handler: Arc<dyn Handler>, concurrency: usize) -> Worker {
    let config = WorkerConfig { lease: LEASE, poll: Duration::from_millis(10), concurrency, ..WorkerConfig::default() };
    Worker::new(db, clock, vec![(KIND, handler)], config)
}

/// Remembers what it did, and panics when asked.
#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<String>>,
}

#[async_trait]
impl Handler for Recorder {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        if lease.key == "panic" {
            panic!("asked to panic");
        }
        self.seen.lock().expect("lock").push(lease.key.clone());
        Ok(Next::Done)
    }
}

#[derive(Default)]
struct Failing {
    runs: AtomicUsize,
}

#[async_trait]
impl Handler for Failing {
    async fn run(&self, _lease: &Lease) -> Result<Next, JobError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Err(JobError::Failed("no luck".into()))
    }
}

/// Says when it has begun and waits to be let go.
struct Gated {
    begun: Semaphore,
    go: Semaphore,
    runs: AtomicUsize,
}

impl Default for Gated {
    fn default() -> Self {
        Self { begun: Semaphore::new(0), go: Semaphore::new(0), runs: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Handler for Gated {
    async fn run(&self, _lease: &Lease) -> Result<Next, JobError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.begun.add_permits(1);
        self.go.acquire().await.expect("open").forget();
        Ok(Next::Done)
    }
}

/// Ends when it is told to, unless its key says that it does not listen.
struct Stoppable {
    begun: Semaphore,
}

#[async_trait]
impl Handler for Stoppable {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        self.begun.add_permits(1);
        if lease.key == "deaf" {
            std::future::pending::<()>().await;
        }
        lease.cancelled.cancelled().await;
        Err(JobError::Failed("stopped".into()))
    }
}
