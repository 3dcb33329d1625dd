//! Journeys on both databases, with runs that a test says how they go.

mod matrix;
mod points;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use form::FieldError;
use journey::{Entry, Journey, JourneyState};
use kit::components::LogEntry;
use kit::error::AppError;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::{Filter, Gate, Source};
use kit::server::clock::Clock;
use kit::server::context::Kit;
use kit::server::db::{self, Db};
use kit::server::definitions::{self, Definition, File, NewVersion, Range};
use kit::server::directory::{Directory, Known, Membership, Origin};
use kit::server::entities::{Entities, EntityQuery, Found};
use kit::server::fetch::{Fetcher, Host, Policy};
use kit::server::jobs::{self, Wake, Worker, WorkerConfig};
use kit::server::publishing::Listing;
use kit::server::runs::{Asked, NewRun, Pin, Refused, Run, RunState, Runs};
use kit::server::secrets::Vault;
use kit::server::source::{SourceError, Tree};
use kit::server::testing::TestDb;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::engine::{ADVANCE, advance_job};
use super::faults::Faults;
use super::store::{self, Stored};
use super::{GoldenPaths, Parts};

const NOW: i64 = 1_795_348_800_000;
const HOUR: i64 = 3_600_000;
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Everybody does what belongs to them, and starts what they like.
const POLICY: &str = "@id(\"open\") permit (principal, action in [Action::\"golden-paths.path.read\", Action::\"golden-paths.journey.start\"], resource);
@id(\"own\") permit (principal, action in [Action::\"golden-paths.journey.read\", Action::\"golden-paths.journey.change\"], resource) when { principal in resource.owner };";

/// The values and the secrets of a run.
type Given = (Map<String, Value>, Map<String, Value>);

/// Templates whose runs go as their names say, kept for all instances of a test.
struct Scripted {
    db: Db,
    clock: Clock,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    asked: HashMap<i64, Value>,
    /// The runs in the order in which they began, with the key of each.
    runs: Vec<(String, Run)>,
    /// What each was given.
    given: HashMap<String, Given>,
    watchers: HashMap<String, String>,
    /// Keys at which the next begin never comes back.
    hangs: bool,
}

impl Scripted {
    async fn publish(&self, template: &str, parameters: Value) -> i64 {
        let content = json!({ "template": template, "parameters": parameters }).to_string();
        let file = File { path: "t.json".into(), content: content.into_bytes(), executable: false };
        let new = NewVersion { start: "t.json".into(), files: vec![file], ..NewVersion::default() };
        let tx = self.db.begin().await.expect("begin");
        let definition = Definition { plugin: "templates", name: template };
        definitions::publish(&tx, self.clock.now(), &Caller::System, definition, &new).await.expect("published");
        tx.commit().await.expect("commit");
        let version = definitions::newest(self.db.read(), definition).await.expect("read").expect("there");
        self.inner.lock().expect("lock").asked.insert(version.id, parameters);
        version.id
    }

    fn keys(&self) -> Vec<String> {
        self.inner.lock().expect("lock").runs.iter().map(|(key, _)| key.clone()).collect()
    }

    fn states(&self, of: &str) -> Vec<(String, RunState)> {
        let inner = self.inner.lock().expect("lock");
        let of = inner.runs.iter().filter(|(key, _)| key.starts_with(of));
        of.map(|(key, run)| (key.clone(), run.state)).collect()
    }

    async fn set(&self, id: &str, state: RunState) {
        let watcher = {
            let mut inner = self.inner.lock().expect("lock");
            let (_, run) = inner.runs.iter_mut().find(|(_, run)| run.id == id).expect("a run");
            run.state = state;
            inner.watchers.get(id).cloned().unwrap_or_default()
        };
        let now = self.clock.now();
        let tx = self.db.begin().await.expect("begin");
        jobs::enqueue(&tx, now, advance_job(now, &watcher)).await.expect("told");
        tx.commit().await.expect("commit");
    }
}

#[async_trait]
impl Runs for Scripted {
    async fn resolve(&self, _: &Caller, template: &str, range: Option<&str>) -> Result<Pin, AppError> {
        self.newest(template, range).await?.ok_or_else(|| AppError::not_found(template))
    }

    async fn newest(&self, template: &str, range: Option<&str>) -> Result<Option<Pin>, AppError> {
        let definition = Definition { plugin: "templates", name: template };
        let version = match range.and_then(Range::parse) {
            Some(range) => definitions::within(self.db.read(), definition, &range).await?,
            None => definitions::latest(self.db.read(), definition).await?,
        };
        Ok(version.map(|version| Pin {
            template: template.into(),
            title: template.into(),
            owner: "group:default/payments".into(),
            version: version.number.to_string(),
            version_id: version.id,
            hash: version.hash,
        }))
    }

    async fn asked(&self, pin: &Pin) -> Result<Asked, AppError> {
        let inner = self.inner.lock().expect("lock");
        let parameters = inner.asked.get(&pin.version_id).cloned().ok_or_else(|| AppError::not_found("It"))?;
        Ok(Asked { title: pin.title.clone(), description: String::new(), parameters, steps: vec![], outputs: vec![] })
    }

    async fn check(&self, _: &Pin, _: &Map<String, Value>) -> Result<Vec<FieldError>, AppError> {
        Ok(Vec::new())
    }

    async fn begin(&self, new: NewRun) -> Result<String, Refused> {
        let hangs = std::mem::take(&mut self.inner.lock().expect("lock").hangs);
        if hangs {
            std::future::pending::<()>().await;
        }
        let mut inner = self.inner.lock().expect("lock");
        if let Some((_, run)) = inner.runs.iter().find(|(key, _)| *key == new.key) {
            return Ok(run.id.clone());
        }
        let id = format!("run-{}", inner.runs.len() + 1);
        let name = new.pin.template.rsplit('/').next().unwrap_or_default().to_owned();
        let (state, error) = match name.as_str() {
            "fails" => (RunState::Failed, "It is broken"),
            "hangs" => (RunState::Running, ""),
            "doubts" => (RunState::Unknown, "It may have been done"),
            _ => (RunState::Completed, ""),
        };
        let output = Map::from_iter([("repo".to_owned(), json!(format!("https://git.example.com/{id}")))]);
        let run = Run {
            id: id.clone(),
            state,
            step: String::new(),
            error: error.into(),
            output,
            entities: Vec::new(),
            path: String::new(),
            created_at: NOW,
            started_at: Some(NOW),
            ended_at: None,
        };
        inner.runs.push((new.key, run));
        inner.watchers.insert(id.clone(), new.watcher);
        inner.given.insert(id.clone(), (new.values, new.secrets));
        Ok(id)
    }

    async fn find(&self, key: &str) -> Result<Option<String>, AppError> {
        let inner = self.inner.lock().expect("lock");
        Ok(inner.runs.iter().find(|(known, _)| known == key).map(|(_, run)| run.id.clone()))
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, AppError> {
        let inner = self.inner.lock().expect("lock");
        Ok(inner.runs.iter().find(|(_, run)| run.id == id).map(|(_, run)| run.clone()))
    }

    async fn cancel(&self, _: &Caller, id: &str) -> Result<(), AppError> {
        let state = self.run(id).await?.map(|run| run.state);
        match state {
            None => Err(AppError::not_found("This run")),
            Some(state) if state.is_over() => Err(AppError::conflict("It is over")),
            Some(_) => {
                self.set(id, RunState::Cancelled).await;
                Ok(())
            }
        }
    }

    async fn log(&self, _: &Caller, _: &str, _: u32) -> Result<Vec<LogEntry>, AppError> {
        Ok(Vec::new())
    }

    async fn retry(
        &self,
        _: &Caller,
        id: &str,
        _: Option<Map<String, Value>>,
        _: Map<String, Value>,
    ) -> Result<(), Refused> {
        let state = self.run(id).await?.map(|run| run.state);
        if state != Some(RunState::Failed) {
            return Err(AppError::conflict("It has not failed").into());
        }
        self.set(id, RunState::Completed).await;
        Ok(())
    }
}

/// A catalog in which there are all groups and people that anybody names, and the paths of the test.
#[derive(Default)]
struct Catalog(Mutex<HashMap<String, Value>>);

#[async_trait]
impl Entities for Catalog {
    async fn entity(&self, _: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError> {
        Ok(self.0.lock().expect("lock").get(entity_ref).cloned())
    }
    async fn find(&self, _: &Caller, _: &EntityQuery) -> Result<Vec<Found>, AppError> {
        Ok(Vec::new())
    }
    async fn titles(&self, _: &Caller, refs: &[String]) -> Result<HashMap<String, String>, AppError> {
        Ok(refs.iter().filter(|each| !each.ends_with("/nobody")).map(|each| (each.clone(), each.clone())).collect())
    }
    fn visible(&self, _: &Caller) -> Filter {
        Filter::All
    }
    async fn revision(&self) -> Result<i64, AppError> {
        Ok(0)
    }
    async fn register(&self, _: &Caller, _: &str, _: &BTreeMap<String, String>) -> Result<String, AppError> {
        Err(AppError::not_found("It"))
    }
    async fn tree(&self, entity_ref: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(entity_ref.into()))
    }
    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(address.into()))
    }
}

/// The groups of everybody.
fn groups_of(name: &str) -> Vec<String> {
    let group = match name {
        "jane" | "joe" => "payments",
        "sam" | "sue" => "security",
        "ada" | "bob" | "cleo" => "data",
        _ => return Vec::new(),
    };
    vec![format!("group:default/{group}")]
}

struct Organisation;

#[async_trait]
impl Directory for Organisation {
    async fn person(&self, entity_ref: &str) -> Result<Option<Known>, AppError> {
        let name = entity_ref.trim_start_matches("user:default/").to_owned();
        Ok(Some(Known { entity_ref: entity_ref.into(), name, email: String::new(), teams: Vec::new() }))
    }
    async fn with_email(&self, _: &str) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }
    async fn people(&self, _: u32) -> Result<Vec<Known>, AppError> {
        Ok(Vec::new())
    }
    async fn groups(&self, entity_ref: Option<&str>, _: &[String]) -> Result<Vec<Membership>, AppError> {
        let groups = groups_of(entity_ref.unwrap_or_default().trim_start_matches("user:default/"));
        let of = |group: String| Membership { title: group.clone(), group, origin: Origin::Location("org".into()) };
        Ok(groups.into_iter().map(of).collect())
    }
}

/// Somebody of the example bank.
fn person(name: &str) -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: format!("user:default/{name}"),
        name: name.into(),
        groups: groups_of(name),
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: String::new(),
    }))
}

/// An instance.
struct World {
    paths: GoldenPaths,
    scripted: Arc<Scripted>,
    catalog: Arc<Catalog>,
    clock: Clock,
    db: Db,
    hosts: Vec<Host>,
}

impl World {
    async fn new(db: &TestDb) -> Self {
        Self::reaching(db, Vec::new()).await
    }

    async fn reaching(db: &TestDb, hosts: Vec<Host>) -> Self {
        let clock = Clock::fixed(NOW);
        let scripted =
            Arc::new(Scripted { db: (**db).clone(), clock: clock.clone(), inner: Mutex::new(Inner::default()) });
        let catalog = Arc::new(Catalog::default());
        let paths = paths(db, &clock, &scripted, &catalog, &hosts);
        let world = Self { paths, scripted, catalog, clock, db: (**db).clone(), hosts };
        let form = json!({ "properties": { "name": { "type": "string" } } });
        for template in ["ok", "fails", "hangs", "doubts", "undo"] {
            world.scripted.publish(&format!("template:default/{template}"), form.clone()).await;
        }
        world
    }

    /// Another process on the same database.
    async fn again(&self, db: &TestDb) -> Self {
        let other = db.again().await;
        Self {
            paths: paths(&other, &self.clock, &self.scripted, &self.catalog, &self.hosts),
            scripted: self.scripted.clone(),
            catalog: self.catalog.clone(),
            clock: self.clock.clone(),
            db: other,
            hosts: self.hosts.clone(),
        }
    }

    fn breaking(&self, faults: Arc<dyn Faults>) -> Self {
        Self {
            paths: self.paths.clone().breaking(faults),
            scripted: self.scripted.clone(),
            catalog: self.catalog.clone(),
            clock: self.clock.clone(),
            db: self.db.clone(),
            hosts: self.hosts.clone(),
        }
    }

    /// Publishes a path of these steps.
    async fn path(&self, name: &str, steps: Value) -> String {
        let entity = json!({
            "apiVersion": "backstage.io/v1beta1",
            "kind": "GoldenPath",
            "metadata": { "name": name },
            "spec": { "type": "service", "owner": "group:default/payments", "steps": steps },
        });
        self.publish(name, entity).await
    }

    async fn publish(&self, name: &str, entity: Value) -> String {
        let path = format!("goldenpath:default/{name}");
        let file = File { path: "p.yaml".into(), content: entity.to_string().into_bytes(), executable: false };
        let new = NewVersion { start: "p.yaml".into(), files: vec![file], ..NewVersion::default() };
        let tx = self.db.begin().await.expect("begin");
        self.paths.put(&tx, NOW, &path, &entity, "").await.expect("listed");
        let definition = super::versions::definition(&path);
        definitions::publish(&tx, NOW, &Caller::System, definition, &new).await.expect("published");
        tx.commit().await.expect("commit");
        self.catalog.0.lock().expect("lock").insert(path.clone(), entity);
        path
    }

    /// A journey of Jane's that has started; what fails is tried again.
    async fn started(&self, path: &str) -> String {
        let jane = person("jane");
        let id = self.paths.begin(&jane, path, None).await.expect("begun");
        self.start(&id).await;
        id
    }

    async fn start(&self, id: &str) {
        for _ in 0..3 {
            match self.paths.start(&person("jane"), id, None).await {
                Ok(_) => return,
                Err(_) if self.load(id).await.state != JourneyState::Draft => return,
                Err(_) => {}
            }
        }
        panic!("{id} does not start");
    }

    async fn load(&self, id: &str) -> Journey {
        store::load(self.db.read(), id).await.expect("read").expect("there").journey
    }

    async fn history(&self, id: &str) -> Vec<Entry> {
        let Stored { row, .. } = store::load(self.db.read(), id).await.expect("read").expect("there");
        store::history(self.db.read(), row, 0, 10_000).await.expect("read")
    }

    fn worker(&self) -> Worker {
        let config = WorkerConfig { poll: Duration::from_millis(5), concurrency: 4, ..WorkerConfig::default() };
        Worker::new(self.db.clone(), self.clock.clone(), self.paths.lane().handlers, config)
    }

    /// Has all journeys go on until nothing is due; what failed is tried again at once.
    async fn drive(&self) {
        for _ in 0..50 {
            self.worker().run_due(ADVANCE, &[]).await.expect("the jobs ran");
            let tx = self.db.begin().await.expect("begin");
            let text = "UPDATE job SET run_at = ?, attempts = 0 WHERE kind = ? AND state = 'waiting' AND attempts > 0";
            let again = db::execute(&tx, text, [self.clock.now().into(), ADVANCE.into()]).await.expect("again");
            tx.commit().await.expect("commit");
            if again == 0 {
                return;
            }
        }
        panic!("journeys fail again and again: {:?}", self.column("SELECT last_error FROM job").await);
    }

    async fn column(&self, text: &str) -> Vec<String> {
        let rows = db::rows(self.db.read(), text, []).await.expect("read");
        let text = |row: &sea_orm::QueryResult| row.try_get_by_index::<Option<String>>(0).expect("a text");
        rows.iter().map(|row| text(row).unwrap_or_default()).collect()
    }

    /// How the journey and its steps stand.
    async fn stands(&self, id: &str) -> String {
        let journey = self.load(id).await;
        let steps: Vec<String> = journey.steps.iter().map(|step| format!("{}={}", step.key, step.state)).collect();
        format!("{}: {}", journey.state, steps.join(" "))
    }

    /// The history is complete, in order, and comes to what is kept.
    async fn is_sound(&self, id: &str) {
        let history = self.history(id).await;
        let numbers: Vec<u64> = history.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, (1..=history.len() as u64).collect::<Vec<_>>(), "{id}");
        let journey = self.load(id).await;
        assert_eq!(Journey::replay(id, &history), journey, "{id}");
        let waits = super::view::waits(&journey);
        let text = format!(
            "SELECT w.team FROM golden_paths_wait w JOIN golden_paths_journey j ON j.id = w.journey_id WHERE j.uuid = '{id}'"
        );
        assert_eq!(self.column(&text).await.len(), waits.len(), "{id}: what waits");
    }
}

fn paths(db: &Db, clock: &Clock, scripted: &Arc<Scripted>, catalog: &Arc<Catalog>, hosts: &[Host]) -> GoldenPaths {
    let policy = Policy { hosts: hosts.to_vec(), max_bytes: 1 << 20, timeout: Duration::from_secs(5) };
    let source = Source { name: "test.cedar".into(), text: POLICY.into() };
    let kit = Kit {
        db: db.clone(),
        clock: clock.clone(),
        fetcher: Arc::new(Fetcher::new(policy).expect("a fetcher")),
        vocabulary: Arc::default(),
        gate: Arc::new(Gate::new(crate::INFO.permissions, &[source]).expect("a policy")),
        vault: Arc::new(Vault::parse(KEY).expect("a key")),
    };
    GoldenPaths::new(Parts {
        kit,
        entities: catalog.clone(),
        runs: scripted.clone(),
        directory: Arc::new(Organisation),
        administrators: Arc::new([]),
        portal: Url::parse("https://portal.example.com").expect("an address"),
        wake: Wake::default(),
        idle: HOUR,
        stop: CancellationToken::new(),
    })
}
