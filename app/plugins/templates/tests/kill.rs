//! Processes that are killed at any moment lose no run, double no commit and no repository, and say so where nobody can tell. Two processes share the runs.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::{Filter, Gate, Thing};
use kit::server::clock::Clock;
use kit::server::context::Kit;
use kit::server::db::{self, Db};
use kit::server::definitions::Range;
use kit::server::directory::{Directory, Known, Membership};
use kit::server::entities::{Entities, EntityQuery, Found};
use kit::server::fetch::{Fetcher, Policy};
use kit::server::jobs::{Worker, WorkerConfig};
use kit::server::secrets::Vault;
use kit::server::source::{SourceError, Tree, TreeFile};
use kit::server::testing::{TestDb, databases};
use scaffold::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use scaffold::definition::Template;
use scaffold::registry::Registry;
use sea_orm::DatabaseBackend;
use serde_json::{Map, Value, json};
use templates::server::source::{Definition, Definitions};
use templates::server::state::TaskState;
use templates::server::tasks::{Decision, Options, Parts, Submission, Tasks};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const TEMPLATE: &str = "template:default/killed";

/// What every process here seals secrets with.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How long a process of these tests holds a run without a sign of life.
const LEASE: Duration = Duration::from_secs(3);

/// Longer than the runs may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_are_killed_lose_and_double_nothing() {
    let soak = std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full");
    let (runs, kills) = if soak { (20, 50) } else { (8, 8) };
    for db in databases().await {
        let folder = tempfile::tempdir().expect("a folder");
        let tasks = tasks((*db).clone(), folder.path(), "asking");
        let mut ids = Vec::new();
        for number in 0..runs {
            ids.push(begin(&tasks, number).await);
        }
        let began = Instant::now();
        let mut random = u64::from(std::process::id());
        for _ in 0..kills {
            let mut worker = start(&db, folder.path(), "worker");
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_millis(60 + (random >> 33) % 400)).await;
            worker.kill().and_then(|()| worker.wait()).expect("killed");
        }
        let worker = Killed(start(&db, folder.path(), "worker"));
        let mut asked = 0;
        loop {
            assert!(began.elapsed() < PATIENCE, "{}: {:?}", db.name(), states(&tasks, &ids).await);
            let states = states(&tasks, &ids).await;
            if states.iter().all(|state| *state == TaskState::Completed) {
                break;
            }
            for (id, state) in ids.iter().zip(states) {
                match state {
                    TaskState::Failed | TaskState::Cancelled => panic!("{}: {id} is {state}", db.name()),
                    TaskState::Unknown => {
                        asked += 1;
                        // A person looks whether the letter was sent.
                        let sent = lines(&folder.path().join("letters")).contains(id);
                        let decision = if sent { Decision::Done(Map::new()) } else { Decision::Repeat };
                        tasks.decide(&Caller::Operator, id, decision).await.expect("decided");
                    }
                    _ => {}
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
        drop(worker);
        for (number, id) in ids.iter().enumerate() {
            let repository = folder.path().join(format!("repositories/{number}.git"));
            assert_eq!(git(&repository, &["rev-list", "--count", "main"]), "1", "{}: {id}", db.name());
        }
        let repositories = std::fs::read_dir(folder.path().join("repositories")).expect("repositories");
        let finished =
            repositories.filter_map(Result::ok).filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        assert_eq!(finished.count(), runs, "{}", db.name());
        let mut letters = lines(&folder.path().join("letters"));
        letters.sort();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(letters, expected, "{}: each letter was sent once", db.name());
        println!("{}: {runs} runs, {kills} kills, {asked} times a person was asked", db.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_runs_and_one_takes_over_from_one_that_is_killed() {
    for db in databases().await.into_iter().filter(|db| db.backend() == DatabaseBackend::Postgres) {
        let folder = tempfile::tempdir().expect("a folder");
        let tasks = tasks((*db).clone(), folder.path(), "asking");
        let (mut one, two) = (Killed(start(&db, folder.path(), "one")), Killed(start(&db, folder.path(), "two")));
        let mut ids = Vec::new();
        let both_at_work = || {
            let steps = lines(&folder.path().join("steps"));
            steps.len() >= 12 && ["one ", "two "].iter().all(|who| steps.iter().any(|step| step.starts_with(who)))
        };
        // There is always something left to do for the process that is slower to begin.
        let began = Instant::now();
        while ids.len() < 24 || !both_at_work() {
            assert!(began.elapsed() < PATIENCE, "one of the two never began");
            ids.push(begin(&tasks, ids.len()).await);
            sleep(Duration::from_millis(if ids.len() < 24 { 0 } else { 50 })).await;
        }
        one.0.kill().and_then(|()| one.0.wait()).expect("killed");
        let killed = Instant::now();
        let mut open = ids.len();
        while open > 0 {
            assert!(killed.elapsed() < LEASE * 6, "what the killed process held was not taken over");
            open = 0;
            for (id, state) in ids.iter().zip(states(&tasks, &ids).await) {
                if state == TaskState::Unknown {
                    let sent = lines(&folder.path().join("letters")).contains(id);
                    let decision = if sent { Decision::Done(Map::new()) } else { Decision::Repeat };
                    tasks.decide(&Caller::Operator, id, decision).await.expect("decided");
                }
                open += usize::from(state != TaskState::Completed);
            }
            sleep(Duration::from_millis(50)).await;
        }
        drop(two);
        // `<who> <key>`, in the order in which steps began: whoever was not killed began none that the other had begun and not left by its end.
        let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines(&folder.path().join("steps")) {
            let (who, key) = line.split_once(' ').expect("who and what");
            by.entry(key.to_owned()).or_default().push(who.to_owned());
        }
        assert!(by.values().any(|who| who[0] == "one") && by.values().any(|who| who[0] == "two"), "both had some");
        for (key, who) in by {
            let taken_over = who == ["one", "two"] || who == ["one", "two", "two"];
            assert!(who.len() == 1 || taken_over || who == ["two", "two"], "{key} was begun by {who:?}");
            assert!(!(who[0] == "two" && who.contains(&"one".to_owned())), "{key} ran on both: {who:?}");
        }
        let mut letters = lines(&folder.path().join("letters"));
        letters.sort();
        ids.sort();
        assert_eq!(letters, ids, "each letter was sent once");
    }
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
        .spawn()
        .expect("a worker process")
}

async fn begin(tasks: &Tasks, number: usize) -> String {
    let values = Map::from_iter([("number".to_owned(), json!(number))]);
    let submission = Submission { template: TEMPLATE.into(), values, ..Submission::default() };
    tasks.submit(&Caller::Operator, submission).await.expect("begun")
}

async fn states(tasks: &Tasks, ids: &[String]) -> Vec<TaskState> {
    let text = format!("SELECT uuid, state FROM templates_task WHERE uuid IN ({})", db::marks(ids.len()));
    let rows = db::rows(tasks.kit.db.read(), &text, ids.iter().map(|id| id.as_str().into())).await.expect("read");
    let states: BTreeMap<String, String> = rows
        .iter()
        .map(|row| (row.try_get("", "uuid").expect("a number"), row.try_get("", "state").expect("a state")))
        .collect();
    ids.iter().map(|id| TaskState::named(&states[id]).expect("a state")).collect()
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn append(path: &Path, line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    writeln!(file.expect("a file"), "{line}").expect("written");
}

fn git(repository: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@b"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@b"),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("git runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Everything that a process needs for runs.
fn tasks(db: Db, folder: &Path, who: &str) -> Arc<Tasks> {
    let policy = Policy { hosts: Vec::new(), max_bytes: 1, timeout: Duration::from_secs(1) };
    let kit = Kit {
        db,
        clock: Clock::System,
        fetcher: Arc::new(Fetcher::new(policy).expect("a fetcher")),
        vocabulary: Arc::default(),
        gate: Arc::new(Gate::default()),
        vault: Arc::new(Vault::parse(KEY).expect("a key")),
    };
    let mut registry = Registry::built_in();
    for what in [What::Write, What::Publish, What::Letter] {
        registry.add(Arc::new(Does { info: what.info(), what, folder: folder.to_owned(), who: who.to_owned() }));
    }
    Tasks::new(Parts {
        kit,
        definitions: Arc::new(One::new()),
        entities: Arc::new(Empty),
        directory: Arc::new(Empty),
        administrators: Arc::new([]),
        registry: Arc::new(registry),
        world: None,
        options: Options::new(folder.join(format!("runs-{who}"))),
        idle: 1_000_000,
        stop: CancellationToken::new(),
        watch: None,
    })
}

#[derive(Clone, Copy)]
enum What {
    Write,
    Publish,
    Letter,
}

impl What {
    fn info(self) -> ActionInfo {
        let (id, reach, repeat) = match self {
            Self::Write => ("test:write", Reach::Workspace, Repeat::Safe),
            Self::Publish => ("test:publish", Reach::Outside, Repeat::Checked),
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
    who: String,
}

#[async_trait]
impl Action for Does {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        append(&self.folder.join("steps"), &format!("{} {}", self.who, step.key));
        step.log.info("half way");
        sleep(Duration::from_millis(25)).await;
        match self.what {
            What::Write => step.workspace.write("readme.md", b"hello", false)?,
            What::Publish => {
                assert_eq!(step.workspace.read("readme.md")?, b"hello", "the files are there");
                self.publish(step).await;
            }
            What::Letter => append(&self.folder.join("letters"), &step.origin.task),
        }
        sleep(Duration::from_millis(25)).await;
        Ok(Outcome::Done(Map::new()))
    }
}

impl Does {
    /// A repository and one commit in it, each only where it is not there yet.
    async fn publish(&self, step: &Step<'_>) {
        let number = step.input["number"].as_u64().expect("a number");
        let repositories = self.folder.join("repositories");
        std::fs::create_dir_all(&repositories).expect("a folder");
        let repository = repositories.join(format!("{number}.git"));
        if !repository.exists() {
            let fresh = repositories.join(format!(".{number}-{}-{}", self.who, std::process::id()));
            let _ = std::fs::remove_dir_all(&fresh);
            let made =
                Command::new("git").args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&fresh).status();
            assert!(made.expect("git runs").success());
            sleep(Duration::from_millis(10)).await;
            std::fs::rename(&fresh, &repository).expect("moved");
        }
        if git(&repository, &["log", "--format=%B", "main"]).contains(step.key) {
            return;
        }
        sleep(Duration::from_millis(10)).await;
        let tree = git(&repository, &["mktree"]);
        let message = format!("{} at {}", step.key, step.now);
        let head = git(&repository, &["rev-parse", "--verify", "--quiet", "main"]);
        let mut arguments = vec!["commit-tree", &tree, "-m", &message];
        if !head.is_empty() {
            arguments.extend(["-p", &head]);
        }
        let commit = git(&repository, &arguments);
        git(&repository, &["update-ref", "refs/heads/main", &commit]);
        assert!(!git(&repository, &["rev-parse", "--verify", "main"]).is_empty(), "published");
    }
}

/// The one template.
struct One(Arc<Definition>);

impl One {
    fn new() -> Self {
        let step = |id: &str, action: &str| json!({ "id": id, "name": id, "action": action, "input": { "number": "${{ parameters.number }}" } });
        let template = Template::from_value(json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": { "name": "killed" },
            "spec": { "type": "service", "owner": "killed", "steps": [
                step("write", "test:write"),
                step("publish", "test:publish"),
                step("letter", "test:letter"),
                step("last", "debug:log"),
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
            tree: Arc::new(Empty),
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

/// A catalog, an organisation and a tree of files with nothing in them.
struct Empty;

#[async_trait]
impl Tree for Empty {
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

#[async_trait]
impl Entities for Empty {
    async fn entity(&self, _: &Caller, _: &str) -> Result<Option<Value>, AppError> {
        Ok(None)
    }

    async fn find(&self, _: &Caller, _: &EntityQuery) -> Result<Vec<Found>, AppError> {
        Ok(Vec::new())
    }

    async fn titles(&self, _: &Caller, _: &[String]) -> Result<HashMap<String, String>, AppError> {
        Ok(HashMap::new())
    }

    fn visible(&self, _: &Caller) -> Filter {
        Filter::All
    }

    async fn revision(&self) -> Result<i64, AppError> {
        Ok(0)
    }

    async fn register(&self, _: &Caller, _: &str, _: &BTreeMap<String, String>) -> Result<String, AppError> {
        Err(AppError::nowhere())
    }

    async fn tree(&self, entity: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(entity.to_owned()))
    }

    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(address.to_owned()))
    }
}

#[async_trait]
impl Directory for Empty {
    async fn person(&self, _: &str) -> Result<Option<Known>, AppError> {
        Ok(None)
    }

    async fn with_email(&self, _: &str) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }

    async fn people(&self, _: u32) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }

    async fn groups(&self, _: Option<&str>, _: &[String]) -> Result<Vec<Membership>, AppError> {
        Ok(Vec::new())
    }
}
