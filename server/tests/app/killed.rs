//! Journeys while the two processes that drive them are killed again and again, on one PostgreSQL: every one ends right, and nothing has its
//! effect twice.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use kit::server::clock::Clock;
use kit::server::testing::{TestDb, databases};
use sea_orm::DatabaseBackend;
use serde_json::{Value, json};
use server::config::{ActionsConfig, Config};
use tokio::net::TcpListener;
use tokio::time::sleep;
use url::Url;

use crate::golden_paths::{Bank, Person, golden_path};
use crate::instances::Instance;
use crate::support::{KEY, write};

/// What requests to the bank's services are signed with.
const SECRET: &str = "nobody else knows it";

/// Longer than the journeys may take.
const PATIENCE: Duration = Duration::from_secs(600);

const STEPS: &str = "    - id: create
      template: template:default/book
      input: {name: '${{ parameters.name }}-create'}
      onCancel: {template: 'template:default/book', input: {name: 'undo-${{ output.about }}'}}
    - id: regions
      template: template:default/book
      each: [east, west]
      input: {name: '${{ parameters.name }}-${{ each.value }}'}
    - id: review
      owner: group:default/security
      task: {instructions: Look at it}
    - id: agree
      owner: group:default/data
      approval: {quorum: 2}
    - id: letter
      template: template:default/letter
      input: {name: '${{ parameters.name }}-letter'}
      onCancel: {template: 'template:default/letter', input: {name: 'undo-${{ output.about }}'}}
    - id: hook
      wait: {webhook: true}
    - id: inner
      path: goldenpath:default/inner
      input: {name: '${{ parameters.name }}-inner'}
    - id: last
      template: template:default/letter
      input: {name: '${{ parameters.name }}-last'}
";

const INNER: &str = "    - id: book
      template: template:default/book
      input: {name: '${{ parameters.name }}'}
    - id: pause
      wait: {for: 1s}
";

#[tokio::test(flavor = "multi_thread")]
async fn journeys_end_right_while_the_two_processes_that_drive_them_are_killed() {
    let (journeys, kills) =
        if std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full") { (50, 100) } else { (6, 6) };
    for db in databases().await.into_iter().filter(|db| db.backend() == DatabaseBackend::Postgres) {
        let began = Instant::now();
        let (books, url) = services().await;
        let database = db.url().to_owned();
        let bank = bank(db, &url).await;
        let folder = tempfile::tempdir().expect("a folder");
        configure(folder.path(), &url);
        let mut people = People::new(&bank, books.clone());
        let mut instances = [1, 2].map(|number| start(folder.path(), number, &database));
        let mut random = u64::from(std::process::id());
        for kill in 0..kills {
            for _ in people.open(&bank).await..journeys {
                people.begin().await;
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // People whose request is cut off as well ask again.
            let moment = sleep(Duration::from_millis(50 + (random >> 33) % 900));
            tokio::select! { () = moment => {} () = people.act_on(&bank) => {} }
            let struck = kill % 2;
            instances[struck].kill();
            instances[struck] = start(folder.path(), struck + 1, &database);
        }
        let last = Instant::now();
        while people.open(&bank).await > 0 {
            assert!(last.elapsed() < PATIENCE, "{:#?}", people.left(&bank).await);
            tokio::select! { () = sleep(Duration::from_secs(5)) => {} () = people.act_on(&bank) => {} }
        }
        drop(instances);
        people.is_right(&bank).await;
        println!(
            "{kills} kills while {journeys} journeys were under way, {} in all, {} cancelled and undone, {} times a person was asked, {} times one tried again; {} s, {} s of it after the last kill",
            people.begun.len(),
            people.begun.keys().filter(|name| is_cancelled(name)).count(),
            people.decided,
            people.retried,
            began.elapsed().as_secs(),
            last.elapsed().as_secs(),
        );
    }
}

/// Those who do what journeys wait for.
struct People {
    jane: Person,
    sam: Person,
    ada: Person,
    bob: Person,
    books: Books,
    /// The numbers of the journeys, by name.
    begun: BTreeMap<String, String>,
    decided: usize,
    retried: usize,
}

/// Every third journey is cancelled when half of it is done.
fn is_cancelled(name: &str) -> bool {
    name.trim_start_matches('n').parse::<usize>().is_ok_and(|number| number % 3 == 2)
}

impl People {
    fn new(bank: &Bank, books: Books) -> Self {
        let [jane, sam, ada, bob] = ["jane", "sam", "ada", "bob"].map(|name| bank.as_(name));
        Self { jane, sam, ada, bob, books, begun: BTreeMap::new(), decided: 0, retried: 0 }
    }

    async fn begin(&mut self) {
        let name = format!("n{}", self.begun.len());
        let id = self.jane.begin("killed").await;
        let started = self.jane.send(&id, "start", json!({ "values": { "name": name } })).await;
        assert_eq!(started.status, 200, "{}", started.body);
        self.begun.insert(name, id);
    }

    /// The journeys of which something is still to come, those along the inner path among them.
    async fn left(&self, bank: &Bank) -> Vec<Value> {
        let text = "SELECT snapshot FROM golden_paths_journey WHERE state NOT IN ('completed', 'cancelled') OR snapshot LIKE '%\"state\":\"pending\"%' OR snapshot LIKE '%\"state\":\"running\"%' ORDER BY id";
        let snapshots = bank.operator.column(text).await;
        let journeys = snapshots.iter().map(|snapshot| serde_json::from_str(snapshot).expect("JSON"));
        journeys.filter(|journey: &Value| is_open(journey)).collect()
    }

    /// How many of those that were begun are not over.
    async fn open(&self, bank: &Bank) -> usize {
        self.left(bank).await.iter().filter(|journey| journey["parent"].is_null()).count()
    }

    /// Does what is to be done by somebody, once for each journey.
    async fn act_on(&mut self, bank: &Bank) {
        self.decide(bank).await;
        for journey in self.left(bank).await {
            let id = journey["id"].as_str().expect("a number");
            let name = journey["parameters"]["name"].as_str().expect("a name");
            for step in journey["steps"].as_array().expect("steps") {
                let key = step["key"].as_str().expect("a key");
                match (key, step["state"].as_str().expect("a state")) {
                    ("review", "waiting") => {
                        self.sam.asks(id, "complete", key, json!({ "values": {} })).await;
                    }
                    ("agree", "waiting") => {
                        self.ada.asks(id, "approve", key, json!({})).await;
                        self.bob.asks(id, "approve", key, json!({})).await;
                    }
                    ("hook", "waiting") if is_cancelled(name) => {
                        self.jane.asks(id, "cancel", "", json!({ "reason": "Enough" })).await;
                    }
                    ("hook", "waiting") => self.signal(id).await,
                    (_, "failed") if journey["state"] != "cancelled" => self.again(id, key, &step["note"]).await,
                    _ => {}
                }
            }
            for undo in journey["undo"].as_array().into_iter().flatten().filter(|undo| undo["state"] == "failed") {
                self.again(id, undo["key"].as_str().expect("a key"), undo).await;
            }
        }
        // Nobody looks without a pause.
        sleep(Duration::from_millis(100)).await;
    }

    /// The signal, and the same once more.
    async fn signal(&self, id: &str) {
        let journey = self.jane.app.get_json(&format!("/api/golden-paths/v1/journeys/{id}")).await.json();
        let steps = journey["steps"].as_array().expect("steps");
        let Some(address) = steps.iter().find_map(|step| step["signal"].as_str()) else { return };
        let path = Url::parse(address).expect("an address").path().to_owned();
        let first = self.jane.app.post(&path, "application/json", "{}").await.status.as_u16();
        let second = self.jane.app.post(&path, "application/json", "{}").await.status.as_u16();
        assert!(matches!((first, second), (204 | 409, 409)), "{first} {second}");
    }

    /// What failed is tried again; nothing fails but what met every kill.
    async fn again(&mut self, id: &str, key: &str, why: &Value) {
        assert!(why.to_string().contains("was begun 20 times"), "{id} {key}: {why}");
        self.retried += usize::from(self.jane.asks(id, "retry", key, json!({})).await == 200);
    }

    /// Where nobody can tell, somebody looks into the books.
    async fn decide(&mut self, bank: &Bank) {
        for run in bank.operator.column("SELECT uuid FROM templates_task WHERE state = 'unknown'").await {
            let about = self.books.of_run(&run);
            let decision = match about {
                Some(about) => json!({ "decision": "done", "output": { "about": about } }),
                None => json!({ "decision": "repeat" }),
            };
            let path = format!("/api/scaffolder/v2/tasks/{run}/decide");
            let answer = bank.operator.post(&path, "application/json", &decision.to_string()).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            self.decided += 1;
        }
    }

    /// Each is in its right end, with everything in the books once and in order.
    async fn is_right(&self, bank: &Bank) {
        let mut expected = Vec::new();
        for (name, id) in &self.begun {
            let journey = bank.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}")).await.json();
            let (state, about): (_, &[&str]) = if is_cancelled(name) {
                ("cancelled", &["{}-create", "{}-east", "{}-west", "{}-letter", "undo-{}-letter", "undo-{}-create"])
            } else {
                ("completed", &["{}-create", "{}-east", "{}-west", "{}-letter", "{}-inner", "{}-last"])
            };
            assert_eq!(journey["state"], state, "{journey:#}");
            let about: Vec<String> = about.iter().map(|each| each.replace("{}", name)).collect();
            let written: Vec<String> = self.books.about(name);
            let sorted = |mut list: Vec<String>| {
                list.sort();
                list
            };
            assert_eq!(sorted(written.clone()), sorted(about.clone()), "{name}");
            if is_cancelled(name) {
                assert_eq!(written[4..], about[4..], "the last is undone first");
            }
            expected.extend(about);
            let history = bank.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}/history")).await.body;
            let numbers: Vec<u64> = history
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["seq"].as_u64().expect("a number"))
                .collect();
            assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{name}");
        }
        assert_eq!(self.books.0.lock().expect("lock").len(), expected.len(), "nothing besides");
        let dead = bank.operator.column("SELECT last_error FROM job WHERE state = 'dead'").await;
        assert!(dead.is_empty(), "{dead:?}");
    }
}

fn is_open(journey: &Value) -> bool {
    let undone = |undo: &Value| matches!(undo["state"].as_str(), Some("done"));
    let is_over = matches!(journey["state"].as_str(), Some("completed" | "cancelled"));
    !is_over || journey["undo"].as_array().is_some_and(|undo| !undo.iter().all(undone))
}

/// What the bank's services did, in order: about what, for which run, and by which key.
#[derive(Clone, Default)]
struct Books(Arc<Mutex<Vec<(String, String, String)>>>);

impl Books {
    fn of_run(&self, run: &str) -> Option<String> {
        let books = self.0.lock().expect("lock");
        books.iter().find(|(_, task, _)| task == run).map(|(about, ..)| about.clone())
    }

    /// What was done for a journey, the first first.
    fn about(&self, name: &str) -> Vec<String> {
        let of = |about: &str| about.trim_start_matches("undo-").split('-').next() == Some(name);
        let books = self.0.lock().expect("lock");
        books.iter().filter(|(about, ..)| of(about)).map(|(about, ..)| about.clone()).collect()
    }
}

/// A service that knows what it has done already, and one that does not.
async fn services() -> (Books, String) {
    let books = Books::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new()
        .route("/book", post(|State(books): State<Books>, Json(step)| answer(books, step, true)))
        .route("/letter", post(|State(books): State<Books>, Json(step)| answer(books, step, false)))
        .with_state(books.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (books, format!("http://{address}"))
}

async fn answer(books: Books, step: Value, remembers: bool) -> Json<Value> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (about, run, key) = (text(&step["input"]["about"]), text(&step["task"]), text(&step["key"]));
    sleep(Duration::from_millis(20)).await;
    {
        let mut books = books.0.lock().expect("lock");
        if !remembers || books.iter().all(|(.., known)| *known != key) {
            books.push((about.clone(), run, key));
        }
    }
    sleep(Duration::from_millis(20)).await;
    Json(json!({ "output": { "about": about } }))
}

/// The bank as it is now: what drives the journeys lives by the clock on the wall.
async fn bank(db: TestDb, services: &str) -> Bank {
    let action = |name: &str, idempotent| ActionsConfig {
        id: format!("bank:{name}"),
        url: Some(Url::parse(&format!("{services}/{name}")).expect("an address")),
        idempotent,
        secret: Some(SECRET.to_owned().into()),
        allow_private: true,
        ..ActionsConfig::default()
    };
    let config = Config { actions: vec![action("book", true), action("letter", false)], ..Config::default() };
    let files = [
        ("book.yaml", template("book")),
        ("letter.yaml", template("letter")),
        ("inner.yaml", golden_path("inner", "", INNER)),
        ("killed.yaml", golden_path("killed", "", STEPS)),
    ];
    let bank = Bank::open_with(db, config, &files.each_ref().map(|(name, text)| (*name, text.as_str()))).await;
    let clock = &bank.operator.instance.kit.clock;
    clock.advance(Clock::System.now() - clock.now());
    bank
}

fn template(name: &str) -> String {
    format!(
        "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: {name}}}
spec:
  type: service
  owner: group:default/payments
  parameters:
    required: [name]
    properties:
      name: {{type: string}}
  steps:
    - {{id: say, name: Say it, action: 'debug:log', input: {{message: 'about ${{{{ parameters.name }}}}'}}}}
    - {{id: do, name: Do it, action: 'bank:{name}', input: {{about: '${{{{ parameters.name }}}}'}}}}
  output:
    about: '${{{{ steps.do.output.about }}}}'
"
    )
}

fn configure(folder: &Path, services: &str) {
    write(&folder.join("keys"), KEY);
    std::fs::set_permissions(folder.join("keys"), PermissionsExt::from_mode(0o600)).expect("set");
    let action = |name: &str, idempotent: bool| {
        format!(
            "[[actions]]\nid = 'bank:{name}'\nurl = '{services}/{name}'\nidempotent = {idempotent}\nsecret = '{SECRET}'\nallow_private = true\n"
        )
    };
    let text = format!("[secrets]\nkey_file = 'keys'\n{}{}", action("book", true), action("letter", false));
    write(&folder.join("portico.toml"), &text);
}

fn start(folder: &Path, number: usize, database: &str) -> Instance {
    tokio::task::block_in_place(|| Instance::start(folder, number, "127.0.0.1:0", database))
}
