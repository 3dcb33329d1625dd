//! Processes that are killed at any moment lose no run, double no commit, no repository and no location, and say so where nobody can tell. Two
//! processes share the runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Thing;
use kit::server::clock::{Clock, Millis};
use kit::server::db::{self, Db};
use kit::server::definitions::Range;
use kit::server::jobs::{Worker, WorkerConfig};
use kit::server::repositories::Repositories;
use kit::server::testing::{HeldCatalog, NoFiles, NoPeople, TestDb, databases, kit};
use scaffold::action::{
    Action, ActionError, ActionInfo, CodeHost, CodeHosts, Outcome, Portal, Reach, Repeat, Step, World,
};
use scaffold::definition::Template;
use scaffold::registry::Registry;
use sea_orm::DatabaseBackend;
use serde_json::{Map, Value, json};
use templates::server::callbacks::Addresses;
use templates::server::source::{Definition, Definitions};
use templates::server::state::TaskState;
use templates::server::store;
use templates::server::tasks::{Decision, Options, Parts, Submission, Tasks};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

const TEMPLATE: &str = "template:default/killed";

/// Who owns the repositories.
const OWNER: &str = "bank";

/// How long a process of these tests holds a run without a sign of life.
const LEASE: Duration = Duration::from_secs(3);

/// Longer than the runs may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_are_killed_lose_and_double_nothing() {
    let (runs, kills) = if soak() { (20, 50) } else { (8, 8) };
    for db in databases().await {
        let folder = tempfile::tempdir().expect("a folder");
        let tasks = tasks((*db).clone(), folder.path(), "asking");
        let mut ids = Vec::new();
        let mut asked = Asked::default();
        let mut random = u64::from(std::process::id());
        for _ in 0..kills {
            // Each finds as many runs under way.
            for _ in 0..runs - open(&tasks, &ids, &mut asked, folder.path()).await {
                ids.push(begin(&tasks, ids.len()).await);
            }
            let mut worker = start(&db, folder.path(), "worker");
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_millis(60 + (random >> 33) % 600)).await;
            if (random >> 20) % 2 == 0 {
                // As when the machine goes down: what git is in the middle of ends as well.
                let group = format!("-{}", worker.id());
                let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
                assert!(killed.is_ok_and(|status| status.success()), "killed");
            }
            worker.kill().and_then(|()| worker.wait()).expect("killed");
        }
        let began = Instant::now();
        let worker = Killed(start(&db, folder.path(), "worker"));
        while open(&tasks, &ids, &mut asked, folder.path()).await > 0 {
            assert!(began.elapsed() < PATIENCE, "{}: {:?}", db.name(), states(&tasks, &ids).await);
            sleep(Duration::from_millis(50)).await;
        }
        drop(worker);
        let kept = repositories(folder.path());
        for (number, id) in ids.iter().enumerate() {
            let path = kept.path_of(OWNER, &format!("r{number}")).expect("a name");
            let steps = tasks.steps(&tasks.task(&Caller::Operator, id).await.expect("there")).await.expect("read");
            let publish = steps.iter().find(|step| step.step == "publish").expect("published");
            let commits = git(&path, &["rev-list", "--all"]);
            assert_eq!(publish.output["commitHash"], commits, "{}: {id} has one commit, the one it tells", db.name());
            assert_eq!(git(&path, &["ls-tree", "--name-only", "main"]), "readme.md", "{}: {id}", db.name());
            assert_eq!(git(&path, &["fsck", "--strict", "--no-dangling"]), "", "{}: {id}", db.name());
        }
        let made = std::fs::read_dir(folder.path().join("repositories").join(OWNER)).expect("repositories");
        let (made, left): (Vec<String>, Vec<String>) = made
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .partition(|name| !name.starts_with('.'));
        assert_eq!(made.len(), ids.len(), "{}: a repository a run", db.name());
        let locations = std::fs::read_dir(folder.path().join("locations")).expect("locations").count();
        assert_eq!(locations, ids.len(), "{}: a location a run", db.name());
        let mut letters = lines(&folder.path().join("letters"));
        letters.sort();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(letters, expected, "{}: each letter was sent once", db.name());
        for (action, times) in
            [("create", ids.len()), ("begin", ids.len() + asked.decided + asked.retried), ("complete", ids.len())]
        {
            let text = "SELECT COUNT(*) AS n FROM audit_event WHERE action = ?";
            let rows = db::rows(db.read(), text, [format!("templates.task.{action}").into()]).await.expect("read");
            let told: i64 = rows[0].try_get("", "n").expect("a number");
            assert_eq!(told, times as i64, "{}: {action} in the trail", db.name());
        }
        println!(
            "{}: {kills} kills while {runs} runs were under way, {} runs in all, {} times a person was asked, {} times one tried again, {} repositories left half made, {} s to finish",
            db.name(),
            ids.len(),
            asked.decided,
            asked.retried,
            left.len(),
            began.elapsed().as_secs()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_runs_and_one_takes_over_from_one_that_is_killed() {
    for _ in 0..if soak() { 5 } else { 1 } {
        for db in databases().await.into_iter().filter(|db| db.backend() == DatabaseBackend::Postgres) {
            let (moved, slowest) = take_over(&db).await;
            println!("{moved} runs moved to the other process, the last one {slowest} ms after the first was killed");
        }
    }
}

/// How many runs moved from a process that was killed, and how long after that the last one did, in milliseconds.
async fn take_over(db: &TestDb) -> (usize, Millis) {
    let folder = tempfile::tempdir().expect("a folder");
    let tasks = tasks((**db).clone(), folder.path(), "asking");
    let (mut one, two) = (Killed(start(db, folder.path(), "one")), Killed(start(db, folder.path(), "two")));
    let mut ids = Vec::new();
    let both_at_work = || {
        let attempts = attempts(folder.path());
        attempts.len() >= 12 && ["one", "two"].iter().all(|who| attempts.iter().any(|each| each.who == *who))
    };
    // There is always something left to do for the process that is slower to begin.
    let began = Instant::now();
    while ids.len() < 24 || !both_at_work() {
        assert!(began.elapsed() < PATIENCE, "one of the two never began");
        ids.push(begin(&tasks, ids.len()).await);
        sleep(Duration::from_millis(if ids.len() < 24 { 0 } else { 50 })).await;
    }
    one.0.kill().and_then(|()| one.0.wait()).expect("killed");
    let (killed, killed_at) = (Instant::now(), Clock::System.now());
    while open(&tasks, &ids, &mut Asked::default(), folder.path()).await > 0 {
        assert!(killed.elapsed() < LEASE * 6, "what the killed process held was not taken over");
        sleep(Duration::from_millis(50)).await;
    }
    drop(two);
    let mut by: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for attempt in attempts(folder.path()) {
        by.entry(attempt.task.clone()).or_default().push(attempt);
    }
    let who = |attempts: &[Attempt]| attempts.iter().map(|each| each.who.clone()).collect::<BTreeSet<String>>();
    assert!(by.values().any(|each| who(each).contains("one")) && by.values().any(|each| who(each).contains("two")));
    let (mut moved, mut slowest) = (0, 0);
    for (task, attempts) in &by {
        if who(attempts).len() == 1 {
            continue;
        }
        assert_eq!(attempts[0].who, "one", "{task}: nothing moves to a process that is gone");
        let first = attempts.iter().find(|each| each.who == "two").map_or(0, |each| each.at);
        assert!(first >= killed_at, "{task} ran on both: {attempts:?}");
        moved += 1;
        slowest = slowest.max(first - killed_at);
    }
    let limit = Millis::try_from(LEASE.as_millis()).expect("a short time") + 1_500;
    assert!(slowest <= limit, "the last run moved {slowest} ms after its process was killed");
    let mut letters = lines(&folder.path().join("letters"));
    letters.sort();
    ids.sort();
    assert_eq!(letters, ids, "each letter was sent once");
    (moved, slowest)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the tests above start and kill"]
async fn worker_process() {
    let Ok(url) = std::env::var("PORTICO_TEST_KILL_URL") else { return };
    let folder = PathBuf::from(std::env::var_os("PORTICO_TEST_KILL_FOLDER").expect("a folder"));
    let who = std::env::var("PORTICO_TEST_KILL_WHO").expect("a name");
    let db = Db::connect(&url).await.expect("the parent's database");
    let tasks = tasks(db.clone(), &folder, &who);
    let lane = tasks.lane();
    let config = WorkerConfig { lease: LEASE, poll: Duration::from_millis(20), concurrency: 4, wake: lane.wake };
    Worker::new(db, Clock::System, lane.handlers, config).run(CancellationToken::new()).await;
}

fn soak() -> bool {
    std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full")
}

/// Ended with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(db: &TestDb, folder: &Path, who: &str) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "worker_process", "--ignored"])
        .env("PORTICO_TEST_KILL_URL", db.url())
        .env("PORTICO_TEST_KILL_FOLDER", folder)
        .env("PORTICO_TEST_KILL_WHO", who)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a worker process")
}

async fn begin(tasks: &Tasks, number: usize) -> String {
    let values = Map::from_iter([("number".to_owned(), json!(number))]);
    let submission = Submission { template: TEMPLATE.into(), values, ..Submission::default() };
    tasks.submit(&Caller::Operator, submission).await.expect("begun")
}

/// What people had to do.
#[derive(Default)]
struct Asked {
    decided: usize,
    retried: usize,
}

/// How many of the runs are not over. Where somebody has to decide, they look whether the letter was sent; a run that met every kill is tried again.
async fn open(tasks: &Tasks, ids: &[String], asked: &mut Asked, folder: &Path) -> usize {
    let mut open = 0;
    for (id, state) in ids.iter().zip(states(tasks, ids).await) {
        match state {
            TaskState::Failed | TaskState::Cancelled => {
                let task = tasks.task(&Caller::Operator, id).await.expect("there");
                if task.error.contains("was begun 20 times") {
                    asked.retried += 1;
                    tasks.retry(&Caller::Operator, id, None, Map::new()).await.expect("tried again");
                    open += 1;
                    continue;
                }
                let log = store::lines(tasks.kit.db.read(), task.id, 0, 1_000).await.expect("read");
                panic!("{id} is {state}: {log:#?}");
            }
            TaskState::Unknown => {
                asked.decided += 1;
                let sent = lines(&folder.join("letters")).contains(id);
                let decision = if sent { Decision::Done(Map::new()) } else { Decision::Repeat };
                tasks.decide(&Caller::Operator, id, decision).await.expect("decided");
            }
            _ => {}
        }
        open += usize::from(state != TaskState::Completed);
    }
    open
}

async fn states(tasks: &Tasks, ids: &[String]) -> Vec<TaskState> {
    if ids.is_empty() {
        return Vec::new();
    }
    let text = format!("SELECT uuid, state FROM templates_task WHERE uuid IN ({})", db::marks(ids.len()));
    let rows = db::rows(tasks.kit.db.read(), &text, ids.iter().map(|id| id.as_str().into())).await.expect("read");
    let states: BTreeMap<String, String> = rows
        .iter()
        .map(|row| (row.try_get("", "uuid").expect("a number"), row.try_get("", "state").expect("a state")))
        .collect();
    ids.iter().map(|id| TaskState::named(&states[id]).expect("a state")).collect()
}

/// A step that was begun, by which process.
#[derive(Debug)]
struct Attempt {
    who: String,
    task: String,
    at: Millis,
}

/// In the order in which they were begun.
fn attempts(folder: &Path) -> Vec<Attempt> {
    let read = |line: String| {
        let mut parts = line.split(' ').map(str::to_owned);
        let (who, task, at) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Attempt { who, task, at: at.parse().ok()? })
    };
    // What a process was killed in the middle of writing is no line.
    lines(&folder.join("steps")).into_iter().filter_map(read).collect()
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn append(path: &Path, line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // In one write, so that two processes do not write into each other's lines.
    file.expect("a file").write_all(format!("{line}\n").as_bytes()).expect("written");
}

fn git(repository: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::null())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn repositories(folder: &Path) -> Repositories {
    Repositories::new(folder.join("repositories"), &portal())
}

fn portal() -> Url {
    Url::parse("https://portico.bank.example/").expect("an address")
}

/// Everything that a process needs for runs.
fn tasks(db: Db, folder: &Path, who: &str) -> Arc<Tasks> {
    let kit = kit(&db, Clock::System);
    let mut registry = Registry::built_in();
    for what in [What::Write, What::Letter] {
        registry.add(Arc::new(Does { info: what.info(), what, folder: folder.to_owned() }));
    }
    for info in registry.infos() {
        let action = registry.get(&info.id).expect("listed");
        registry.add(Arc::new(Noted { action, folder: folder.to_owned(), who: who.to_owned() }));
    }
    let entities = {
        let folder = folder.to_owned();
        Arc::new(HeldCatalog::registering(move |target, annotations| register(&folder, target, annotations)))
    };
    let world = World {
        entities: entities.clone(),
        fetcher: kit.fetcher.clone(),
        hosts: Arc::new(Nowhere),
        repositories: Arc::new(repositories(folder)),
        portal: Arc::new(Nowhere),
        callbacks: Arc::new(Addresses { kit: kit.clone(), portal: portal() }),
    };
    Tasks::new(Parts {
        kit,
        definitions: Arc::new(One::new()),
        entities,
        directory: Arc::new(NoPeople),
        administrators: Arc::new([]),
        registry: Arc::new(registry),
        world: Some(Arc::new(world)),
        options: Options::new(folder.join(format!("runs-{who}"))),
        idle: 1_000_000,
        stop: CancellationToken::new(),
        watch: None,
    })
}

/// Registers a location, or finds it registered, as the catalog does; not without what it names.
fn register(folder: &Path, target: &str, annotations: &BTreeMap<String, String>) -> Result<String, AppError> {
    let run = &annotations["portico.io/template-run"];
    let path = repositories(folder).locate(target).filter(|path| path.is_dir());
    let path = path.ok_or_else(|| AppError::bad_request(format!("{target} is not there")))?;
    assert!(git(&path, &["log", "--format=%B", "main"]).contains(run.as_str()), "the commit is the run's own");
    let locations = folder.join("locations");
    std::fs::create_dir_all(&locations).expect("a folder");
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    std::fs::write(locations.join(&name), target).expect("written");
    std::thread::sleep(Duration::from_millis(25));
    Ok(format!("component:default/{name}"))
}

/// No code host, and a portal that does not answer.
struct Nowhere;

impl CodeHosts for Nowhere {
    fn host(&self, _: &str) -> Option<CodeHost> {
        None
    }
}

#[async_trait]
impl Portal for Nowhere {
    async fn ask(&self, _: &Caller, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ActionError> {
        Err(ActionError::Failed("nobody asks the portal here".into()))
    }
}

/// An action whose attempts are written down.
struct Noted {
    action: Arc<dyn Action>,
    folder: PathBuf,
    who: String,
}

#[async_trait]
impl Action for Noted {
    fn info(&self) -> &ActionInfo {
        self.action.info()
    }

    fn repeat(&self, input: &Map<String, Value>) -> Repeat {
        self.action.repeat(input)
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let line = format!("{} {} {} {}", self.who, step.origin.task, Clock::System.now(), step.id);
        append(&self.folder.join("steps"), &line);
        self.action.run(step).await
    }
}

#[derive(Clone, Copy)]
enum What {
    Write,
    Letter,
}

impl What {
    fn info(self) -> ActionInfo {
        let (id, reach, repeat) = match self {
            Self::Write => ("test:write", Reach::Workspace, Repeat::Safe),
            Self::Letter => ("test:letter", Reach::Outside, Repeat::Unknown),
        };
        ActionInfo {
            id: id.into(),
            description: String::new(),
            input: json!({ "type": "object" }),
            output: json!({ "type": "object" }),
            examples: Vec::new(),
            reach,
            repeat,
        }
    }
}

/// Does something that takes a while, so that it can be cut off in the middle.
struct Does {
    info: ActionInfo,
    what: What,
    folder: PathBuf,
}

#[async_trait]
impl Action for Does {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        step.log.info("half way");
        sleep(Duration::from_millis(25)).await;
        match self.what {
            What::Write => step.workspace.write("readme.md", b"hello", false)?,
            What::Letter => append(&self.folder.join("letters"), &step.origin.task),
        }
        sleep(Duration::from_millis(25)).await;
        Ok(Outcome::Done(Map::new()))
    }
}

/// The one template.
struct One(Arc<Definition>);

impl One {
    fn new() -> Self {
        let step =
            |id: &str, action: &str, input: Value| json!({ "id": id, "name": id, "action": action, "input": input });
        let template = Template::from_value(json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": { "name": "killed" },
            "spec": { "type": "service", "owner": "killed", "steps": [
                step("write", "test:write", json!({})),
                step("publish", "publish:git", json!({ "repoUrl": format!("portico?owner={OWNER}&repo=r${{{{ parameters.number }}}}") })),
                step("register", "catalog:register", json!({ "repoContentsUrl": "${{ steps.publish.output.repoContentsUrl }}" })),
                step("letter", "test:letter", json!({})),
                step("last", "debug:log", json!({ "message": "done" })),
            ] },
        }));
        let thing =
            Thing { id: TEMPLATE.into(), kind: "template".into(), namespace: "default".into(), ..Thing::default() };
        Self(Arc::new(Definition {
            thing,
            template: Arc::new(template),
            version: "1.0.0".into(),
            version_id: None,
            hash: String::new(),
            tree: Arc::new(NoFiles),
        }))
    }
}

#[async_trait]
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
