//! Runs from their begin to their end, each on every database.

mod pinned;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Thing;
use kit::server::clock::Clock;
use kit::server::db;
use kit::server::definitions::Range;
use kit::server::jobs::{Worker, WorkerConfig};
use kit::server::runs::Refused;
use kit::server::secrets::MASK;
use kit::server::testing::{HeldCatalog, NoFiles, NoPeople, TestDb, databases, kit};
use scaffold::action::{Action, ActionError, ActionInfo, CallbackAnswer, Callbacks, Outcome, Reach, Repeat, Step};
use scaffold::definition::Template;
use scaffold::registry::Registry;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::callbacks::Addresses;
use super::log::{LineKind, LogLimits};
use super::source::{Definition, Definitions};
use super::state::{StepState, TaskState};
use super::store::{self, StepRow, Task};
use super::tasks::{Decision, Options, Parts, Query, Scope, Submission};
use super::*;

const NOW: i64 = 1_800_000_000_000;

/// What a step does is said by its input.
#[derive(Default)]
struct Scripted {
    infos: BTreeMap<&'static str, ActionInfo>,
    /// How often each thing was done, by its name.
    done: Mutex<HashMap<String, usize>>,
    /// Notified when a step hangs.
    hangs: Notify,
}

struct One(Arc<Scripted>, &'static str);

impl Scripted {
    fn new() -> Arc<Self> {
        let info = |id: &'static str, repeat, reach| {
            let info = ActionInfo {
                id: id.to_owned(),
                description: String::new(),
                input: json!({ "type": "object" }),
                output: json!({ "type": "object" }),
                examples: Vec::new(),
                reach,
                repeat,
            };
            (id, info)
        };
        let infos = [
            info("test:safe", Repeat::Safe, Reach::Workspace),
            info("test:checked", Repeat::Checked, Reach::Outside),
            info("test:unknown", Repeat::Unknown, Reach::Outside),
        ];
        Arc::new(Self { infos: infos.into(), ..Self::default() })
    }

    fn times(&self, what: &str) -> usize {
        self.done.lock().expect("lock").get(what).copied().unwrap_or(0)
    }
}

#[async_trait]
impl Action for One {
    fn info(&self) -> &ActionInfo {
        &self.0.infos[self.1]
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let text = |name: &str| step.input.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| step.input.get(name).and_then(Value::as_u64).unwrap_or(0);
        let what = text("what");
        let times = {
            let mut done = self.0.done.lock().expect("lock");
            let times = done.entry(what.clone()).or_default();
            *times += 1;
            *times as u64
        };
        for _ in 0..number("lines") {
            step.log.info(&"x".repeat(number("long") as usize));
        }
        if !text("say").is_empty() {
            step.log.info(&text("say"));
        }
        if !text("write").is_empty() {
            step.workspace.write(&text("write"), format!("by {what}").as_bytes(), false)?;
        }
        let mut output = Map::new();
        if !text("read").is_empty() {
            let content = step.workspace.read(&text("read"))?;
            output.insert("content".into(), String::from_utf8_lossy(&content).into_owned().into());
        }
        match text("then").as_str() {
            "fail" if times <= number("times") => return Err(ActionError::Failed(format!("{what} is broken"))),
            "pass" if times <= number("times") => return Err(ActionError::Transient(format!("{what} is away"))),
            "doubt" => return Err(ActionError::OutcomeUnknown(format!("{what} may have been done"))),
            "panic" => panic!("{what}"),
            "hang" if times <= number("times") => {
                self.0.hangs.notify_one();
                step.cancelled.cancelled().await;
                return Err(ActionError::Cancelled);
            }
            "block" => {
                self.0.hangs.notify_one();
                std::thread::sleep(Duration::from_millis(number("times")));
            }
            "wait" if step.state.is_null() => {
                return Ok(Outcome::Wait { until: step.now + 60_000, state: json!({ "waited": true }) });
            }
            "call" if step.state["answer"].is_null() => {
                output.insert("state".into(), json!(1));
                return Ok(Outcome::Wait { until: step.now + 3_600_000, state: json!({ "for": what }) });
            }
            "call" => {
                output.insert("answer".into(), step.state["answer"].clone());
            }
            _ => {}
        }
        output.insert("what".into(), json!(what));
        output.insert("key".into(), json!(step.key));
        if let Some(give) = step.input.get("give") {
            output.insert("given".into(), give.clone());
        }
        Ok(Outcome::Done(output))
    }

    fn called_back(&self, state: &Value, answer: &CallbackAnswer<'_>) -> Result<Value, ActionError> {
        if answer.body == b"wrong" {
            return Err(ActionError::Failed("this is no answer".into()));
        }
        Ok(json!({ "for": state["for"], "answer": String::from_utf8_lossy(answer.body) }))
    }
}

/// Templates that the test says.
#[derive(Default)]
struct Said(Mutex<HashMap<String, Arc<Definition>>>);

#[async_trait]
impl Definitions for Said {
    async fn thing(&self, _: &Caller, template: &str) -> Result<Option<Thing>, AppError> {
        Ok(self.0.lock().expect("lock").get(template).map(|definition| definition.thing.clone()))
    }
    async fn newest(&self, template: &str, _: Option<&Range>) -> Result<Option<Arc<Definition>>, AppError> {
        Ok(self.0.lock().expect("lock").get(template).cloned())
    }
    async fn version(&self, template: &str, _: &str, _: Option<i64>) -> Result<Arc<Definition>, AppError> {
        self.0.lock().expect("lock").get(template).cloned().ok_or_else(|| AppError::not_found(template))
    }
}

/// What an instance that does runs is made with.
fn parts(db: &TestDb, clock: &Clock, scripted: &Arc<Scripted>, options: Options) -> Parts {
    let mut registry = Registry::built_in();
    for id in scripted.infos.keys().copied() {
        registry.add(Arc::new(One(scripted.clone(), id)));
    }
    Parts {
        kit: kit(db, clock.clone()),
        definitions: Arc::new(Said::default()),
        entities: Arc::new(HeldCatalog::default()),
        directory: Arc::new(NoPeople),
        administrators: Arc::new([]),
        registry: Arc::new(registry),
        world: None,
        options,
        idle: 1_000_000,
        stop: CancellationToken::new(),
        watch: None,
    }
}

/// An instance that does runs.
struct Fixture {
    tasks: Arc<Tasks>,
    said: Arc<Said>,
    scripted: Arc<Scripted>,
    clock: Clock,
    name: &'static str,
    _folder: TempDir,
}

impl Fixture {
    fn new(db: &TestDb) -> Self {
        Self::with(db, |_| {})
    }

    fn with(db: &TestDb, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, scripted, said) = (Clock::fixed(NOW), Scripted::new(), Arc::new(Said::default()));
        let mut options = Options::new(folder.path().join("runs"));
        change(&mut options);
        let tasks = Tasks::new(Parts { definitions: said.clone(), ..parts(db, &clock, &scripted, options) });
        Self { tasks, said, scripted, clock, name: db.name(), _folder: folder }
    }

    /// A template with these steps.
    fn template(&self, name: &str, steps: Value) {
        self.full(name, json!({ "steps": steps, "output": { "links": [{ "title": "Key", "url": "https://x/${{ steps.last.output.key }}" }] } }));
    }

    fn full(&self, name: &str, mut spec: Value) {
        spec["type"] = json!("service");
        spec["owner"] = json!("group:default/platform");
        let id = format!("template:default/{name}");
        let template = Template::from_value(json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": { "name": name, "title": format!("The {name}") },
            "spec": spec,
        }));
        let thing = Thing {
            id: id.clone(),
            kind: "template".into(),
            namespace: "default".into(),
            owner: "group:default/platform".into(),
            ..Thing::default()
        };
        let definition = Definition {
            thing,
            template: Arc::new(template),
            version: "1.0.0".into(),
            version_id: None,
            hash: String::new(),
            tree: Arc::new(NoFiles),
        };
        self.said.0.lock().expect("lock").insert(id, Arc::new(definition));
    }

    async fn begin(&self, name: &str) -> String {
        self.begin_with(name, json!({}), json!({})).await
    }

    async fn begin_with(&self, name: &str, values: Value, secrets: Value) -> String {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let submission = Submission {
            template: format!("template:default/{name}"),
            values: object(values),
            secrets: object(secrets),
            ..Submission::default()
        };
        self.tasks.submit(&Caller::Operator, submission).await.expect("begun")
    }

    /// Another worker, as another process has it.
    fn worker(&self) -> Worker {
        let lane = self.tasks.lane();
        let config = WorkerConfig {
            lease: Duration::from_secs(15),
            poll: Duration::from_millis(10),
            concurrency: lane.concurrency,
            wake: lane.wake,
        };
        Worker::new(self.tasks.kit.db.clone(), self.clock.clone(), lane.handlers, config)
    }

    /// Does what is due.
    async fn work(&self) {
        self.worker().run_due(store::TASK, &[]).await.expect("the runs were done");
    }

    async fn task(&self, id: &str) -> Task {
        store::task(self.tasks.kit.db.read(), id).await.expect("read").expect("there")
    }

    async fn steps(&self, id: &str) -> Vec<StepRow> {
        store::steps(self.tasks.kit.db.read(), self.task(id).await.id).await.expect("read")
    }

    async fn states(&self, id: &str) -> Vec<&'static str> {
        self.steps(id).await.iter().map(|step| step.state.name()).collect()
    }

    async fn lines(&self, id: &str) -> Vec<String> {
        let lines = store::lines(self.tasks.kit.db.read(), self.task(id).await.id, 0, 100_000).await.expect("read");
        assert!(lines.iter().zip(1..).all(|(line, number)| line.number == number), "they are numbered without a gap");
        lines.into_iter().map(|line| line.text).collect()
    }

    async fn is(&self, id: &str, state: TaskState) -> Task {
        let task = self.task(id).await;
        assert_eq!(task.state, state, "{}: {} {:?}", self.name, task.error, self.steps(id).await);
        task
    }

    async fn column(&self, text: &str) -> Vec<String> {
        let rows = db::rows(self.tasks.kit.db.read(), text, []).await.expect("read");
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    async fn retry(&self, id: &str) -> Result<(), Refused> {
        self.tasks.retry(&Caller::Operator, id, None, Map::new()).await
    }
}

fn step(id: &str, action: &str, input: Value) -> Value {
    json!({ "id": id, "name": format!("Step {id}"), "action": action, "input": input })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_from_its_begin_to_its_end() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template(
            "service",
            json!([
                step("first", "debug:log", json!({ "message": "Hello ${{ parameters.name }}" })),
                json!({ "id": "skipped", "action": "debug:log", "if": "${{ false }}", "input": { "message": "not said" } }),
                step("last", "test:safe", json!({ "what": "last", "give": "${{ parameters.name }}" })),
            ]),
        );
        let id = fixture.begin_with("service", json!({ "name": "ledger" }), json!({})).await;
        fixture.is(&id, TaskState::Open).await;
        fixture.work().await;
        let task = fixture.is(&id, TaskState::Completed).await;
        assert_eq!(task.output["links"][0]["url"], format!("https://x/{id}.last"));
        assert_eq!((task.started_at, task.ended_at, task.position), (Some(NOW), Some(NOW), 3));
        assert_eq!(fixture.states(&id).await, ["completed", "skipped", "completed"]);
        let lines = fixture.lines(&id).await;
        assert!(lines.contains(&"Hello ledger".to_owned()) && !lines.contains(&"not said".to_owned()), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("Run completed with status: completed"));
        let trail = fixture.column("SELECT action FROM audit_event ORDER BY id").await;
        let expected = ["create", "begin", "complete"].map(|word| format!("templates.task.{word}"));
        assert_eq!(trail, expected, "{}", fixture.name);
        assert_eq!(fixture.column("SELECT state FROM job").await, Vec::<String>::new(), "the job is gone with its end");
        let left = std::fs::read_dir(&fixture.tasks.options.workspaces).map_or(0, Iterator::count);
        assert!(left <= 1, "the files are being removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_goes_on_from_its_step_with_its_files_and_other_values() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template(
            "broken",
            json!([
                step("first", "test:safe", json!({ "what": "first", "write": "a.txt" })),
                step(
                    "last",
                    "test:safe",
                    json!({ "what": "${{ parameters.what }}", "then": "fail", "times": 1, "read": "a.txt" })
                ),
            ]),
        );
        let id = fixture.begin_with("broken", json!({ "what": "last" }), json!({})).await;
        fixture.work().await;
        let task = fixture.is(&id, TaskState::Failed).await;
        assert_eq!(task.error, "Step “Step last”: last is broken");
        assert_eq!(fixture.states(&id).await, ["completed", "failed"]);
        let values = json!({ "what": "other" }).as_object().cloned();
        fixture.tasks.retry(&Caller::Operator, &id, values, Map::new()).await.expect("tried again");
        fixture.is(&id, TaskState::Open).await;
        fixture.work().await;
        fixture.is(&id, TaskState::Failed).await;
        fixture.retry(&id).await.expect("tried again");
        fixture.work().await;
        fixture.is(&id, TaskState::Completed).await;
        let times = ["first", "last", "other"].map(|what| fixture.scripted.times(what));
        assert_eq!(times, [1, 1, 2], "{}: what was done is not done again", fixture.name);
        assert_eq!(fixture.steps(&id).await[1].output["content"], "by first", "the files came back");
        assert_eq!(fixture.column("SELECT 'left' FROM templates_snapshot").await, Vec::<String>::new());
        let Err(Refused::Error(AppError::Conflict { .. })) = fixture.retry(&id).await else { panic!("it is done") };

        let again = fixture.tasks.start_over(&Caller::Operator, &id, None, Map::new()).await.expect("begun");
        assert_eq!(fixture.task(&again).await.started_over, id);
        fixture.work().await;
        fixture.is(&again, TaskState::Completed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_a_few_times_and_holds_no_worker() {
    for db in databases().await {
        let fixture = Fixture::with(&db, |options| options.attempts = 3);
        fixture.template(
            "away",
            json!([step("last", "test:checked", json!({ "what": "away", "then": "pass", "times": 2 }))]),
        );
        fixture.template(
            "gone",
            json!([step("last", "test:checked", json!({ "what": "gone", "then": "pass", "times": 9 }))]),
        );
        let (away, gone) = (fixture.begin("away").await, fixture.begin("gone").await);
        fixture.work().await;
        fixture.is(&away, TaskState::Waiting).await;
        fixture.work().await;
        assert_eq!(fixture.scripted.times("away"), 1, "not before its time");
        fixture.clock.advance(2_000);
        fixture.work().await;
        fixture.clock.advance(4_000);
        fixture.work().await;
        assert_eq!(fixture.scripted.times("away"), 2, "{}: the pause has grown", fixture.name);
        fixture.clock.advance(4_000);
        fixture.work().await;
        fixture.is(&away, TaskState::Completed).await;
        let task = fixture.is(&gone, TaskState::Failed).await;
        assert!(task.error.contains("failed 3 times; the last time: gone is away"), "{}", task.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_a_row_and_goes_on_at_its_time_or_when_called_back() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template("waits", json!([step("last", "test:unknown", json!({ "what": "waits", "then": "wait" }))]));
        fixture.template("called", json!([step("last", "test:unknown", json!({ "what": "called", "then": "call" }))]));
        let (waits, called) = (fixture.begin("waits").await, fixture.begin("called").await);
        fixture.work().await;
        fixture.is(&waits, TaskState::Waiting).await;
        assert_eq!(fixture.column("SELECT state FROM job").await, ["waiting", "waiting"], "{}", fixture.name);
        fixture.clock.advance(60_000);
        fixture.work().await;
        fixture.is(&waits, TaskState::Completed).await;

        let portal = "https://portico.example/".parse().expect("an address");
        let addresses = Addresses { kit: fixture.tasks.kit.clone(), portal };
        let key = format!("{called}.last");
        let until = fixture.clock.now() + 1_000;
        let old = addresses.open(&key, until).await.expect("an address");
        let address = addresses.open(&key, until).await.expect("an address");
        let token = |url: &url::Url| url.path().strip_prefix(callbacks::PATH).expect("a token").to_owned();
        let answer = async |token: &str, body: &'static [u8]| {
            callbacks::answer(&fixture.tasks, token, &http::HeaderMap::new(), body).await
        };
        assert!(matches!(answer("nonsense", b"").await, Err(AppError::NotFound { .. })));
        assert!(matches!(answer(&token(&old), b"yes").await, Err(AppError::Conflict { .. })), "another took its place");
        assert!(matches!(answer(&token(&address), b"wrong").await, Err(AppError::BadRequest { .. })));
        answer(&token(&address), b"yes").await.expect("taken");
        assert!(matches!(answer(&token(&address), b"no").await, Err(AppError::Conflict { .. })), "one answer alone");
        fixture.work().await;
        fixture.is(&called, TaskState::Completed).await;
        assert_eq!(fixture.steps(&called).await[0].output["answer"], "yes", "{}", fixture.name);
        let late = addresses.open(&key, until).await.expect("an address");
        assert!(matches!(answer(&token(&late), b"").await, Err(AppError::Conflict { .. })), "the step has ended");
        assert!(addresses.open("nobody.last", until).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_is_begun_again_where_that_is_safe_and_else_a_person_is_asked() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        for (name, action) in [("safe", "test:safe"), ("unknown", "test:unknown")] {
            fixture.template(
                name,
                json!([
                    step("first", "test:safe", json!({ "what": format!("{name}-first"), "write": "a.txt" })),
                    step("middle", action, json!({ "what": name, "then": "hang", "times": 1, "read": "a.txt" })),
                    step("last", "test:safe", json!({ "what": format!("{name}-last") })),
                ]),
            );
            let id = fixture.begin(name).await;
            // A process that ends in the middle of a step: its worker is dropped, and nobody lets go of the lease.
            let worker = fixture.worker();
            let running = tokio::spawn(async move { worker.run(CancellationToken::new()).await });
            fixture.scripted.hangs.notified().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            running.abort();
            tokio::time::sleep(Duration::from_millis(50)).await;
            fixture.clock.advance(20_000);
            fixture.work().await;
            assert_eq!(
                fixture.scripted.times(&format!("{name}-first")),
                1,
                "{}: what was finished stays",
                fixture.name
            );
            if name == "safe" {
                fixture.is(&id, TaskState::Completed).await;
                assert_eq!(fixture.scripted.times("safe"), 2);
                assert!(fixture.lines(&id).await.iter().any(|line| line.starts_with("Taken up again")));
                continue;
            }
            let task = fixture.is(&id, TaskState::Unknown).await;
            assert!(task.error.contains("nobody can tell how far it came"), "{}", task.error);
            assert_eq!(fixture.scripted.times("unknown"), 1, "{}: not begun again", fixture.name);
            let asked = fixture.column("SELECT recipient FROM inbox_message ORDER BY recipient").await;
            assert_eq!(asked, ["g:group:default/platform", "p:operator"]);
            let output = json!({ "content": "found" }).as_object().cloned().expect("an object");
            fixture.tasks.decide(&Caller::Operator, &id, Decision::Done(output)).await.expect("decided");
            assert_eq!(fixture.column("SELECT recipient FROM inbox_message").await, Vec::<String>::new());
            fixture.work().await;
            fixture.is(&id, TaskState::Completed).await;
            assert_eq!(fixture.steps(&id).await[1].output["content"], "found");
            assert_eq!((fixture.scripted.times("unknown"), fixture.scripted.times("unknown-last")), (1, 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_what_became_of_a_step() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template("doubt", json!([step("last", "test:checked", json!({ "what": "doubt", "then": "doubt" }))]));
        let decided = async |decision: Decision| {
            let id = fixture.begin("doubt").await;
            fixture.work().await;
            fixture.is(&id, TaskState::Unknown).await;
            let Err(Refused::Error(AppError::Conflict { .. })) = fixture.retry(&id).await else { panic!("not yet") };
            fixture.tasks.decide(&Caller::Operator, &id, decision).await.expect("decided");
            fixture.work().await;
            id
        };
        let id = decided(Decision::Fail).await;
        fixture.is(&id, TaskState::Failed).await;
        assert!(fixture.tasks.decide(&Caller::Operator, &id, Decision::Fail).await.is_err(), "it is decided");
        let before = fixture.scripted.times("doubt");
        let id = decided(Decision::Repeat).await;
        assert_eq!(fixture.scripted.times("doubt"), before + 2, "{}: it was done once more", fixture.name);
        fixture.is(&id, TaskState::Unknown).await;
        fixture.tasks.cancel(&Caller::Operator, &id).await.expect("cancelled");
        fixture.is(&id, TaskState::Cancelled).await;
        assert_eq!(fixture.column("SELECT recipient FROM inbox_message").await, Vec::<String>::new());
        let trail = fixture.column("SELECT action FROM audit_event WHERE resource = (SELECT max(uuid) FROM templates_task WHERE state = 'failed') ORDER BY id").await;
        let expected = ["create", "begin", "ask", "decide"].map(|word| format!("templates.task.{word}"));
        assert_eq!(trail, expected, "{}", fixture.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_ended_while_it_waits_while_it_runs_and_before_it_begins() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template("waits", json!([step("last", "test:safe", json!({ "what": "w", "then": "wait" }))]));
        fixture
            .template("hangs", json!([step("last", "test:safe", json!({ "what": "h", "then": "hang", "times": 1 }))]));
        fixture.template("plain", json!([step("last", "test:safe", json!({ "what": "p" }))]));
        let waits = fixture.begin("waits").await;
        fixture.work().await;
        let hangs = fixture.begin("hangs").await;
        let worker = fixture.worker();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { worker.run(stopped).await });
        fixture.scripted.hangs.notified().await;
        for id in [&waits, &hangs] {
            fixture.tasks.cancel(&Caller::Operator, id).await.expect("cancelled");
        }
        let ended = async {
            while !(fixture.task(&waits).await.state.is_over() && fixture.task(&hangs).await.state.is_over()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("they end");
        stop.cancel();
        running.await.expect("it stops");
        let plain = fixture.begin("plain").await;
        fixture.tasks.cancel(&Caller::Operator, &plain).await.expect("cancelled");
        fixture.work().await;
        for id in [&waits, &hangs, &plain] {
            fixture.is(id, TaskState::Cancelled).await;
            assert!(fixture.tasks.cancel(&Caller::Operator, id).await.is_err(), "it is over");
        }
        assert_eq!(fixture.scripted.times("p"), 0, "{}", fixture.name);
        assert_eq!(fixture.column("SELECT state FROM job").await, Vec::<String>::new());
        fixture.retry(&hangs).await.expect("tried again");
        fixture.work().await;
        fixture.is(&hangs, TaskState::Completed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cve_2025_55285_cve_2026_29184_secrets_are_sealed_masked_dropped_and_asked_for_again() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        let input = json!({ "what": "s", "say": "the token is ${{ secrets.token }}", "give": "<${{ secrets.token }}>", "then": "fail", "times": 1 });
        fixture.template(
            "secret",
            json!([
                step("first", "test:safe", json!({ "what": "x", "give": "a${{ secrets.token }}" })),
                step("last", "test:safe", input)
            ]),
        );
        let id = fixture.begin_with("secret", json!({}), json!({ "token": "geheimnis" })).await;
        let task = fixture.task(&id).await;
        assert!(!task.sealed.is_empty() && !task.sealed.contains("geheimnis"));
        assert_eq!(task.secret_names, ["token"]);
        fixture.work().await;
        let task = fixture.is(&id, TaskState::Failed).await;
        assert_eq!(task.sealed, "", "{}: dropped at the end", fixture.name);
        assert!(fixture.lines(&id).await.contains(&format!("the token is {MASK}")));
        assert_eq!(fixture.steps(&id).await[0].output["given"], format!("a{MASK}"));
        let Err(Refused::Error(AppError::BadRequest { message })) = fixture.retry(&id).await else {
            panic!("asked for")
        };
        assert!(message.contains("enter token again"), "{message}");
        let secrets = json!({ "token": "geheimnis" }).as_object().cloned().expect("an object");
        fixture.tasks.retry(&Caller::Operator, &id, None, secrets).await.expect("tried again");
        fixture.work().await;
        fixture.is(&id, TaskState::Completed).await;
        for table in ["templates_task", "templates_step", "templates_log", "audit_event"] {
            let rows = fixture.column(&format!("SELECT '{table}' FROM {table} WHERE {}", match table {
                "templates_task" => "parameters LIKE '%geheimnis%' OR sealed <> '' OR output LIKE '%geheimnis%' OR error LIKE '%geheimnis%'",
                "templates_step" => "output LIKE '%geheimnis%' OR error LIKE '%geheimnis%'",
                "templates_log" => "text LIKE '%geheimnis%'",
                _ => "detail LIKE '%geheimnis%'",
            })).await;
            assert_eq!(rows, Vec::<String>::new(), "{}: {table}", fixture.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_runs_end_with_a_clear_error_and_hold_up_nobody() {
    for db in databases().await {
        let fixture = Fixture::with(&db, |options| {
            options.step_time = Duration::from_secs(2);
            options.log = LogLimits { lines: 2_000, bytes: 1 << 20 };
            options.output_bytes = 1_000;
        });
        let hostile = [
            ("loud", json!({ "what": "loud", "lines": 1_000, "long": 100_000 }), "told more than 2000 lines or 1 MB"),
            ("large", json!({ "what": "large", "give": "x".repeat(5_000) }), "its outputs are"),
            ("broken", json!({ "what": "broken", "then": "panic" }), "the action itself is broken"),
            ("endless", json!({ "what": "endless", "then": "hang", "times": 9 }), "took longer than 2 seconds"),
            ("absent", json!({}), "the action nobody:has is not installed; ask group:default/platform"),
        ];
        let mut runs = Vec::new();
        for (name, input, error) in hostile {
            let action = if name == "absent" { "nobody:has" } else { "test:safe" };
            let mut step = step("last", action, input);
            if name == "absent" {
                step["if"] = json!(true);
            }
            fixture.template(name, json!([step]));
            runs.push((fixture.begin(name).await, error));
        }
        // One that computes without end and does not listen.
        fixture.template(
            "busy",
            json!([step("last", "test:safe", json!({ "what": "busy", "then": "block", "times": 4_000 }))]),
        );
        let busy = fixture.begin("busy").await;
        fixture.template("plain", json!([step("last", "debug:log", json!({ "message": "fine" }))]));
        let mut plain = Vec::new();
        for _ in 0..20 {
            plain.push(fixture.begin("plain").await);
        }
        let worker = fixture.worker();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { worker.run(stopped).await });
        let others = async {
            for id in &plain {
                while fixture.task(id).await.state != TaskState::Completed {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), others).await.expect("the others go on");
        let ends = async {
            for (id, _) in &runs {
                while !fixture.task(id).await.state.is_over() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            while !fixture.task(&busy).await.state.is_over() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ends).await.expect("each ends");
        stop.cancel();
        running.await.expect("it stops");
        for (id, error) in &runs {
            let task = fixture.is(id, TaskState::Failed).await;
            assert!(task.error.contains(error), "{}: {}", fixture.name, task.error);
        }
        let loud = fixture.task(&runs[0].0).await;
        assert!(loud.log_bytes < 2 << 20, "{}", loud.log_bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_not_installed_is_named_before_anything_begins() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture
            .template("absent", json!([step("first", "debug:log", json!({})), step("last", "nobody:has", json!({}))]));
        let submission = Submission { template: "template:default/absent".into(), ..Submission::default() };
        let Err(Refused::Error(AppError::BadRequest { message })) =
            fixture.tasks.submit(&Caller::Operator, submission).await
        else {
            panic!("it is refused")
        };
        assert!(message.contains("nobody:has") && message.contains("group:default/platform"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_that_are_done_are_not_done_again() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        let mut each = step(
            "last",
            "test:safe",
            json!({ "what": "${{ each.value }}", "then": "${{ 'fail' if each.value == 'b' else '' }}", "times": 1 }),
        );
        each["each"] = json!(["a", "b", "c"]);
        fixture.template("rounds", json!([each]));
        let id = fixture.begin("rounds").await;
        fixture.work().await;
        fixture.is(&id, TaskState::Failed).await;
        fixture.retry(&id).await.expect("tried again");
        fixture.work().await;
        fixture.is(&id, TaskState::Completed).await;
        assert_eq!(["a", "b", "c"].map(|what| fixture.scripted.times(what)), [1, 2, 1], "{}", fixture.name);
        let keys = ["0", "1", "2"].map(|round| format!("{id}.last.{round}"));
        assert_eq!(fixture.steps(&id).await[0].output["key"], json!(keys));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_only_slow_cannot_write_after_another_took_over() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template(
            "slow",
            json!([step("last", "test:checked", json!({ "what": "slow", "then": "block", "times": 600 }))]),
        );
        let id = fixture.begin("slow").await;
        let worker = fixture.worker();
        let running = tokio::spawn(async move { worker.run_due(store::TASK, &[]).await });
        fixture.scripted.hangs.notified().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let tx = db.begin().await.expect("begin");
        db::execute(&tx, "UPDATE job SET lease_token = lease_token + 1, lease_until = ?", [(NOW - 1).into()])
            .await
            .expect("stolen");
        tx.commit().await.expect("commit");
        running.await.expect("it ends").expect("done by whoever took over");
        fixture.is(&id, TaskState::Completed).await;
        assert_eq!(fixture.scripted.times("slow"), 2);
        let lines = fixture.lines(&id).await;
        assert_eq!(lines.iter().filter(|line| line.starts_with("Finished")).count(), 1, "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_from_where_the_reader_was() {
    use futures::StreamExt;
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template(
            "talks",
            json!([
                step("last", "test:safe", json!({ "what": "t", "say": "one" })),
                step("more", "test:safe", json!({ "what": "t", "say": "two" }))
            ]),
        );
        let id = fixture.begin("talks").await;
        let task = fixture.task(&id).await;
        let all = fixture.tasks.hub.listen(Caller::Operator, live::At::new(&task, 0), None);
        let rest = fixture.tasks.hub.listen(Caller::Operator, live::At::new(&task, 4), None);
        fixture.work().await;
        let gather = |lines: Vec<super::log::Line>| lines.into_iter().map(|line| line.number).collect::<Vec<i64>>();
        let last = fixture.task(&id).await.log_lines;
        let limit = Duration::from_secs(10);
        let all = tokio::time::timeout(limit, all.collect::<Vec<_>>()).await.expect("it ends with the run");
        assert_eq!(all.last().map(|line| line.kind), Some(LineKind::Completion));
        assert_eq!(gather(all), (1..=last).collect::<Vec<_>>(), "{}", fixture.name);
        let rest = tokio::time::timeout(limit, rest.collect::<Vec<_>>()).await.expect("it ends with the run");
        assert_eq!(gather(rest), (5..=last).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_by_state_template_and_place() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template("one", json!([step("last", "debug:log", json!({}))]));
        fixture.template("two", json!([step("last", "test:safe", json!({ "what": "f", "then": "fail", "times": 9 }))]));
        for name in ["one", "two", "one"] {
            fixture.begin(name).await;
        }
        fixture.work().await;
        let list = async |query: Query| fixture.tasks.list(&Caller::Operator, &query).await.expect("listed");
        let base = Query { limit: 2, ..Query::default() };
        let page = list(base.clone()).await;
        assert_eq!((page.tasks.len(), page.total), (2, 3), "{}", fixture.name);
        let page = list(Query { offset: 2, oldest_first: true, ..base.clone() }).await;
        assert_eq!(page.tasks[0].template, "template:default/one");
        assert_eq!(list(Query { states: vec![TaskState::Failed], ..base.clone() }).await.total, 1);
        assert_eq!(
            list(Query { template: "template:default/one".into(), scope: Scope::All, ..base.clone() }).await.total,
            2
        );
        assert_eq!(list(Query { scope: Scope::Teams, ..base.clone() }).await.total, 0);
        assert_eq!(list(Query { callers: vec!["user:default/x".into()], ..base }).await.total, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_needs_any_more_is_swept_away() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        let steps = json!([
            step("first", "test:safe", json!({ "what": "a", "write": "a" })),
            step("last", "test:checked", json!({ "what": "b", "then": "doubt" })),
        ]);
        fixture.template("kept", steps);
        let id = fixture.begin_with("kept", json!({}), json!({ "token": "geheimnis" })).await;
        fixture.work().await;
        fixture.is(&id, TaskState::Unknown).await;
        let sweep = async || {
            let tx = db.begin().await.expect("begin");
            kit::server::jobs::enqueue(&tx, fixture.clock.now(), sweep::sweep_job(fixture.clock.now()))
                .await
                .expect("added");
            tx.commit().await.expect("commit");
            let handler: Arc<dyn jobs::Handler> = Arc::new(Sweep { tasks: fixture.tasks.clone() });
            let worker =
                Worker::new((*db).clone(), fixture.clock.clone(), vec![(SWEEP, handler)], WorkerConfig::default());
            worker.run_due(SWEEP, &[]).await.expect("swept");
        };
        sweep().await;
        assert!(!fixture.task(&id).await.sealed.is_empty());
        assert_eq!(fixture.column("SELECT 'kept' FROM templates_snapshot").await, ["kept"], "{}", fixture.name);
        fixture.clock.advance(2 * 86_400_000);
        sweep().await;
        assert_eq!(fixture.task(&id).await.sealed, "", "secrets are kept for a day");
        assert!(
            fixture.tasks.decide(&Caller::Operator, &id, Decision::Repeat).await.is_err(),
            "not without its secrets"
        );
        fixture.tasks.decide(&Caller::Operator, &id, Decision::Fail).await.expect("decided");
        fixture.clock.advance(8 * 86_400_000);
        sweep().await;
        assert_eq!(fixture.column("SELECT 'kept' FROM templates_snapshot").await, Vec::<String>::new());
        // Begun a year later: one that is over by then and one that still waits for a decision.
        let waits = fixture.begin("kept").await;
        fixture.work().await;
        fixture.clock.advance(356 * 86_400_000);
        sweep().await;
        assert_eq!(fixture.task(&id).await.state, TaskState::Failed, "it is kept for a year");
        fixture.clock.advance(2 * 86_400_000);
        sweep().await;
        let left = fixture.column("SELECT uuid FROM templates_task").await;
        assert_eq!(left, [waits.as_str()], "{}: what is not over stays", fixture.name);
        for table in ["templates_step", "templates_log"] {
            let of_others =
                format!("SELECT '{table}' FROM {table} WHERE task_id NOT IN (SELECT id FROM templates_task)");
            assert_eq!(fixture.column(&of_others).await, Vec::<String>::new(), "{}", fixture.name);
        }
        let told = "SELECT resource FROM audit_event WHERE action = 'templates.task.forget'";
        assert_eq!(fixture.column(told).await, ["templates"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_processes_end_again_and_again_fails_and_can_be_tried_again() {
    for db in databases().await {
        let fixture = Fixture::new(&db);
        fixture.template("deadly", json!([step("last", "test:checked", json!({ "what": "deadly" }))]));
        let (begun, fresh) = (fixture.begin("deadly").await, fixture.begin("deadly").await);
        let tx = db.begin().await.expect("begin");
        let text = "UPDATE templates_task SET state = 'processing', started_at = ? WHERE uuid = ?";
        db::execute(&tx, text, [NOW.into(), begun.as_str().into()]).await.expect("begun");
        let row = StepRow { begun: true, attempts: 20, ..StepRow::open(0, "last", "Step last", "test:checked") };
        store::put_steps(&tx, &[(fixture.task(&begun).await.id, &row)]).await.expect("written");
        db::execute(&tx, "UPDATE job SET attempts = 20", []).await.expect("cut off twenty times");
        tx.commit().await.expect("commit");
        fixture.work().await;
        let task = fixture.is(&begun, TaskState::Failed).await;
        assert!(task.error.contains("“Step last” was begun 20 times"), "{}: {}", fixture.name, task.error);
        let task = fixture.is(&fresh, TaskState::Failed).await;
        assert!(task.error.contains("never came to an end"), "{}: {}", fixture.name, task.error);
        assert_eq!(fixture.scripted.times("deadly"), 0);
        for id in [&begun, &fresh] {
            fixture.retry(id).await.expect("tried again");
            fixture.work().await;
            fixture.is(id, TaskState::Completed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_each_done_once() {
    for db in databases().await {
        let fixture = Arc::new(Fixture::new(&db));
        fixture.template(
            "plain",
            json!([
                step("first", "debug:log", json!({ "message": "one" })),
                step("last", "test:safe", json!({ "what": "done" }))
            ]),
        );
        let began = AtomicUsize::new(0);
        let begins = (0..120).map(|_| async {
            began.fetch_add(1, Ordering::Relaxed);
            fixture.begin("plain").await
        });
        let ids = futures::future::join_all(begins).await;
        let (one, other) = (fixture.worker(), fixture.worker());
        let (one, other) = tokio::join!(one.run_due(store::TASK, &[]), other.run_due(store::TASK, &[]));
        one.and(other).expect("done");
        for id in &ids {
            fixture.is(id, TaskState::Completed).await;
            assert_eq!(
                fixture.steps(id).await.iter().map(|step| step.state).collect::<Vec<_>>(),
                [StepState::Completed; 2]
            );
        }
        assert_eq!(fixture.scripted.times("done"), 120, "{}", fixture.name);
        for action in ["create", "begin", "complete"] {
            let told = format!("SELECT resource FROM audit_event WHERE action = 'templates.task.{action}'");
            assert_eq!(fixture.column(&told).await.len(), 120, "{}: {action}", fixture.name);
        }
    }
}
