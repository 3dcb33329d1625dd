//! Runs that other plugins have begun, of versions that they have pinned.

use std::collections::BTreeSet;

use kit::identity::{Principal, PrincipalKind, Via};
use kit::server::definitions::{self, File, NewVersion, State};
use kit::server::jobs::{NewJob, Wake};
use kit::server::runs::{NewRun, Pin, RunState, Runs, Watch};

use super::super::published::Published;
use super::*;

const SERVICE: &str = "template:default/service";

fn watched(now: i64, key: &str) -> NewJob {
    NewJob { kind: "test.watch", key: key.to_owned(), payload: json!({}), run_at: now, max_attempts: 1 }
}

/// An instance whose templates are versions that were published.
struct Instance {
    tasks: Arc<Tasks>,
    catalog: Arc<Catalog>,
    scripted: Arc<Scripted>,
    clock: Clock,
    folder: TempDir,
}

impl Instance {
    fn new(db: &TestDb) -> Self {
        let (folder, clock, scripted) = (tempfile::tempdir().expect("a folder"), Clock::fixed(NOW), Scripted::new());
        let catalog = Arc::new(Catalog::default());
        let tasks = tasks_on(db, &clock, &scripted, &catalog, folder.path());
        Self { tasks, catalog, scripted, clock, folder }
    }

    /// Another process on the same database.
    fn other(&self, db: &TestDb) -> Arc<Tasks> {
        tasks_on(db, &self.clock, &self.scripted, &self.catalog, self.folder.path())
    }

    fn is_owned_by(&self, owner: &str) {
        let entity = json!({ "spec": { "type": "service" }, "relations": [{ "type": "ownedBy", "targetRef": owner }] });
        self.catalog.0.lock().expect("lock").insert(SERVICE.to_owned(), entity);
    }

    async fn publish(&self, number: &str, steps: Value) {
        let content = json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": { "name": "service", "title": format!("Service {number}"), "description": "Makes one" },
            "spec": {
                "type": "service",
                "owner": "platform",
                "parameters": { "required": ["name"], "properties": { "name": { "type": "string", "minLength": 3 } } },
                "steps": steps,
                "output": { "number": number, "links": [] },
            },
        });
        let new = NewVersion {
            number: definitions::number(number),
            start: "template.yaml".into(),
            files: vec![File {
                path: "template.yaml".into(),
                content: content.to_string().into_bytes(),
                executable: false,
            }],
            ..NewVersion::default()
        };
        let tx = self.tasks.kit.db.begin().await.expect("begin");
        let definition = definitions::Definition { plugin: crate::INFO.id, name: SERVICE };
        definitions::publish(&tx, NOW, &Caller::System, definition, &new).await.expect("published");
        tx.commit().await.expect("commit");
    }

    async fn withdraw(&self, pin: &Pin) {
        let version = definitions::by_id(self.tasks.kit.db.read(), pin.version_id).await.expect("read").expect("there");
        let tx = self.tasks.kit.db.begin().await.expect("begin");
        let state = State::Withdrawn { reason: "It is broken".into() };
        definitions::set_state(&tx, NOW, &Caller::System, &version, &state).await.expect("withdrawn");
        tx.commit().await.expect("commit");
    }

    async fn pin(&self, range: Option<&str>) -> Pin {
        self.tasks.resolve(&Caller::Operator, SERVICE, range).await.expect("pinned")
    }

    async fn work(&self) {
        let lane = self.tasks.lane();
        let worker = Worker::new(self.tasks.kit.db.clone(), self.clock.clone(), lane.handlers, WorkerConfig::default());
        worker.run_due(store::TASK, &[]).await.expect("the runs were done");
    }

    async fn column(&self, text: &str) -> Vec<String> {
        let rows = db::rows(self.tasks.kit.db.read(), text, []).await.expect("read");
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    /// The watchers who were told something, who are then told of nothing.
    async fn told(&self) -> Vec<String> {
        let told = self.column("SELECT job_key FROM job WHERE kind = 'test.watch' ORDER BY job_key").await;
        let tx = self.tasks.kit.db.begin().await.expect("begin");
        db::execute(&tx, "DELETE FROM job WHERE kind = 'test.watch'", []).await.expect("forgotten");
        tx.commit().await.expect("commit");
        told
    }

    async fn state(&self, id: &str) -> RunState {
        self.tasks.run(id).await.expect("read").expect("there").state
    }
}

fn tasks_on(db: &TestDb, clock: &Clock, scripted: &Arc<Scripted>, catalog: &Arc<Catalog>, folder: &Path) -> Arc<Tasks> {
    let base = parts(db, clock, scripted, Options::new(folder.join("runs")));
    let definitions = Arc::new(Published::new((**db).clone(), catalog.clone()));
    let watch = Some(Watch { job: watched, wake: Wake::default() });
    Tasks::new(Parts { definitions, entities: catalog.clone(), watch, ..base })
}

fn new_run(key: &str, pin: &Pin) -> NewRun {
    NewRun {
        key: key.to_owned(),
        pin: pin.clone(),
        caller: Caller::Operator,
        values: Map::from_iter([("name".to_owned(), json!("ledger"))]),
        secrets: Map::new(),
        watcher: "journey".to_owned(),
    }
}

fn stranger() -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: "user:default/stranger".into(),
        name: "A stranger".into(),
        groups: Vec::new(),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: String::new(),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_pinned_to_the_newest_version_that_its_range_allows() {
    for db in databases().await {
        let instance = Instance::new(&db);
        instance.is_owned_by("group:default/platform");
        for number in ["1.0.0", "1.2.0", "2.0.0"] {
            instance.publish(number, json!([step("last", "debug:log", json!({ "message": number }))])).await;
        }
        let number = async |range| instance.pin(range).await.version;
        for (range, version) in [
            (None, "2.0.0"),
            (Some(""), "2.0.0"),
            (Some("^1"), "1.2.0"),
            (Some("1"), "1.2.0"),
            (Some("1.0.0"), "1.0.0"),
            (Some("=1.0.0"), "1.0.0"),
            (Some("<1.2 || ~2"), "2.0.0"),
        ] {
            assert_eq!(number(range).await, version, "{}: {range:?}", db.name());
        }
        let pin = instance.pin(Some("^1")).await;
        assert_eq!((pin.title.as_str(), pin.owner.as_str()), ("Service 1.2.0", "group:default/platform"));
        let asked = instance.tasks.asked(&pin).await.expect("read");
        assert_eq!(
            (asked.description.as_str(), asked.steps.len(), asked.outputs),
            ("Makes one", 1, vec!["number".to_owned(), "links".to_owned()])
        );
        assert_eq!(asked.steps[0].action, "debug:log");
        let wrong = instance.tasks.check(&pin, &Map::from_iter([("name".into(), json!("x"))])).await.expect("checked");
        assert_eq!(wrong.iter().map(|error| error.path.as_str()).collect::<Vec<_>>(), ["/name"]);
        assert!(instance.tasks.check(&pin, &new_run("", &pin).values).await.expect("checked").is_empty());

        instance.withdraw(&pin).await;
        assert_eq!(number(Some("^1")).await, "1.0.0", "{}", db.name());
        assert_eq!(instance.tasks.newest(SERVICE, Some("^1")).await.expect("read").expect("there").version, "1.0.0");
        assert_eq!(instance.tasks.newest(SERVICE, Some("3")).await.expect("read"), None);
        let refused = async |caller: &Caller, template: &str, range| {
            instance.tasks.resolve(caller, template, range).await.expect_err("refused")
        };
        let operator = Caller::Operator;
        assert!(matches!(refused(&operator, SERVICE, Some("3")).await, AppError::NotFound { .. }));
        assert!(matches!(refused(&operator, SERVICE, Some("newest")).await, AppError::BadRequest { .. }));
        assert!(matches!(refused(&operator, "template:default/none", None).await, AppError::NotFound { .. }));
        assert!(matches!(refused(&stranger(), SERVICE, None).await, AppError::Forbidden { .. }));
        let other = Pin { hash: "another".into(), ..pin };
        assert!(matches!(instance.tasks.asked(&other).await, Err(AppError::NotFound { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_under_one_key_is_one_run() {
    for db in databases().await {
        let instance = Instance::new(&db);
        instance.is_owned_by("group:default/platform");
        instance.publish("1.0.0", json!([step("last", "test:safe", json!({ "what": "done" }))])).await;
        let pin = instance.pin(None).await;
        let other = instance.other(&db);
        // Two keys, so that transactions have several of them in whatever order.
        let begins = (0..60).map(|number| {
            let tasks = if number % 3 == 0 { &other } else { &instance.tasks };
            tasks.begin(new_run(if number % 2 == 0 { "a" } else { "b" }, &pin))
        });
        let ids: Vec<String> =
            futures::future::join_all(begins).await.into_iter().map(|id| id.expect("begun")).collect();
        let runs: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(runs.len(), 2, "{}", db.name());
        for text in [
            "SELECT uuid FROM templates_task",
            "SELECT job_key FROM job WHERE kind = 'templates.task'",
            "SELECT resource FROM audit_event WHERE action = 'templates.task.create'",
        ] {
            assert_eq!(instance.column(text).await.iter().collect::<BTreeSet<_>>(), runs, "{}: {text}", db.name());
        }
        assert_eq!(instance.column("SELECT uuid FROM templates_task").await.len(), 2);
        instance.work().await;
        assert_eq!(instance.scripted.times("done"), 2, "{}", db.name());
        instance.withdraw(&pin).await;
        let again = NewRun { caller: stranger(), values: Map::new(), ..new_run("a", &pin) };
        assert_eq!(other.begin(again).await.expect("it has begun"), ids[0]);
        assert_eq!(instance.tasks.find("a").await.expect("read").as_ref(), Some(&ids[0]));
        assert_eq!(instance.tasks.find("c").await.expect("read"), None);
        let refused = instance.tasks.begin(NewRun { values: Map::new(), ..new_run("c", &pin) }).await;
        assert!(matches!(refused, Err(Refused::Values(errors)) if errors[0].path == "/name"));
        assert_eq!(instance.tasks.find("c").await.expect("read"), None, "nothing has begun");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_version_runs_whatever_became_of_its_template() {
    for db in databases().await {
        let instance = Instance::new(&db);
        instance.is_owned_by("group:default/platform");
        let says = |what: &str| json!([step("last", "test:safe", json!({ "what": what }))]);
        instance.publish("1.0.0", says("old")).await;
        let pin = instance.pin(None).await;
        instance.publish("2.0.0", says("new")).await;
        instance.withdraw(&pin).await;
        instance.is_owned_by("group:default/others");
        let withdrawn = instance.tasks.begin(new_run("withdrawn", &pin)).await.expect("begun");
        let forbidden = instance.tasks.begin(NewRun { caller: stranger(), ..new_run("stranger", &pin) }).await;
        assert!(matches!(forbidden, Err(Refused::Error(AppError::Forbidden { .. }))));
        instance.catalog.0.lock().expect("lock").clear();
        // What nobody has read yet.
        let other = instance.other(&db);
        let gone = other.begin(new_run("gone", &pin)).await.expect("begun");
        let forbidden = other.begin(NewRun { caller: stranger(), ..new_run("stranger", &pin) }).await;
        assert!(matches!(forbidden, Err(Refused::Error(AppError::Forbidden { .. }))));
        instance.work().await;
        for id in [&withdrawn, &gone] {
            let run = instance.tasks.run(id).await.expect("read").expect("there");
            assert_eq!((run.state, run.error.as_str(), run.step.as_str()), (RunState::Completed, "", ""));
            assert_eq!(run.output["number"], "1.0.0", "{}", db.name());
            assert_eq!((run.started_at, run.ended_at), (Some(NOW), Some(NOW)));
            assert_eq!(run.path, format!("/create/runs/{id}"));
        }
        assert_eq!((instance.scripted.times("old"), instance.scripted.times("new")), (2, 0));
        let owners = instance.column("SELECT owner FROM templates_task ORDER BY id").await;
        assert_eq!(owners, ["group:default/others", "group:default/platform"], "{}", db.name());
        assert_eq!(instance.tasks.run("nothing").await.expect("read"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_a_run_hears_of_every_change_of_its_state() {
    for db in databases().await {
        let instance = Instance::new(&db);
        instance.is_owned_by("group:default/platform");
        let steps = json!([
            step("waits", "test:unknown", json!({ "what": "waits", "then": "wait" })),
            step("fails", "test:safe", json!({ "what": "fails", "then": "fail", "times": 1 })),
            step("doubts", "test:unknown", json!({ "what": "doubts", "then": "doubt" })),
        ]);
        instance.publish("1.0.0", steps).await;
        let pin = instance.pin(None).await;
        let id = instance.tasks.begin(new_run("one", &pin)).await.expect("begun");
        let alone = NewRun { watcher: String::new(), ..new_run("two", &pin) };
        instance.tasks.begin(alone).await.expect("begun");
        assert_eq!(instance.told().await, Vec::<String>::new(), "who begins it knows");
        instance.work().await;
        assert_eq!(instance.state(&id).await, RunState::Waiting);
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
        instance.clock.advance(60_000);
        instance.work().await;
        assert_eq!(instance.state(&id).await, RunState::Failed);
        assert_eq!(instance.tasks.run(&id).await.expect("read").expect("there").step, "Step fails");
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
        instance.tasks.retry(&Caller::Operator, &id, None, Map::new()).await.expect("tried again");
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
        instance.work().await;
        assert_eq!(instance.state(&id).await, RunState::Unknown);
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
        instance.tasks.decide(&Caller::Operator, &id, Decision::Done(Map::new())).await.expect("decided");
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
        instance.work().await;
        assert_eq!(instance.state(&id).await, RunState::Completed);
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());

        let ended = instance.tasks.begin(new_run("three", &pin)).await.expect("begun");
        Runs::cancel(&*instance.tasks, &Caller::Operator, &ended).await.expect("cancelled");
        instance.work().await;
        assert_eq!(instance.state(&ended).await, RunState::Cancelled);
        assert_eq!(instance.told().await, ["journey"], "{}", db.name());
    }
}
