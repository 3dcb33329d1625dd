//! Golden paths: journeys through templates, tasks and approvals of several teams, on the real plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use http::StatusCode;
use journey::GoldenPath;
use kit::identity::Caller;
use kit::server::testing::{TestDb, databases};
use serde_json::{Map, Value, json};
use server::config::Config;

use crate::support::{Answer, TestApp, person};

const JSON: &str = "application/json";

/// Whose example bank it is: Jane makes something, Sam is of security, Ada and Bob of data, Max of nothing.
const ORGANISATION: &str = "apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: security}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: data}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: jane}
spec: {profile: {displayName: Jane}, memberOf: [payments]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: joe}
spec: {profile: {displayName: Joe}, memberOf: [payments]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: sam}
spec: {profile: {displayName: Sam}, memberOf: [security]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: sue}
spec: {profile: {displayName: Sue}, memberOf: [security]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {profile: {displayName: Ada}, memberOf: [data]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {profile: {displayName: Bob}, memberOf: [data]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: max}
spec: {profile: {displayName: Max}, memberOf: []}
";

/// A template that makes up an address of what it was given.
pub fn maker(name: &str, says: &str) -> String {
    format!(
        "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: {name}, title: Make a {name}}}
spec:
  type: service
  owner: group:default/payments
  parameters:
    - title: About
      required: [name]
      properties:
        name: {{title: Name, type: string, minLength: 3}}
  steps:
    - {{id: say, name: Say it, action: 'debug:log', input: {{message: '{says} ${{{{ parameters.name }}}}'}}}}
  output:
    repo: 'https://git.example.com/{says}/${{{{ parameters.name }}}}'
"
    )
}

/// A path of these steps, in YAML, indented by four.
pub fn golden_path(name: &str, more: &str, steps: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1beta1
kind: GoldenPath
metadata: {{name: {name}, title: The {name} path}}
spec:
  type: service
  owner: group:default/payments
{more}  parameters:
    required: [name]
    properties:
      name: {{title: Name, type: string}}
  steps:
{steps}"
    )
}

const THREE_TEAMS: &str = "    - id: create
      name: Create the service
      template: template:default/service
    - id: review
      name: Review
      kind: task
      owner: group:default/security
      task:
        instructions: 'Look at ${{ outputs.create.repo }}'
        evidence: true
        form: {required: [rating], properties: {rating: {type: string}}}
    - id: classify
      name: Classify the data
      kind: approval
      owner: group:default/data
      approval: {quorum: 2}
";

/// The bank with several people on one database.
pub struct Bank {
    pub operator: TestApp,
    db: TestDb,
    config: Config,
}

impl Bank {
    pub async fn open(db: TestDb, files: &[(&str, &str)]) -> Self {
        Self::open_with(db, Config::default(), files).await
    }

    pub async fn open_with(db: TestDb, config: Config, files: &[(&str, &str)]) -> Self {
        let operator = TestApp::with(&db, config.clone(), &[], Caller::Operator);
        operator.write("org.yaml", ORGANISATION);
        operator.write("service.yaml", &maker("service", "services"));
        for (name, text) in files {
            operator.write(name, text);
        }
        operator.import_from(&operator.path(""), true).await;
        operator.publish().await;
        Self { operator, db, config }
    }

    /// Somebody's own way in.
    pub fn as_(&self, name: &str) -> Person {
        let groups: &[&str] = match name {
            "jane" | "joe" => &["group:default/payments"],
            "sam" | "sue" => &["group:default/security"],
            "ada" | "bob" => &["group:default/data"],
            _ => &[],
        };
        self.caller(person(&format!("user:default/{name}"), groups))
    }

    pub fn caller(&self, caller: Caller) -> Person {
        let app = TestApp::with(&self.db, self.config.clone(), &[], caller);
        let elapsed = self.operator.instance.kit.clock.now() - app.instance.kit.clock.now();
        app.instance.kit.clock.advance(elapsed);
        Person { app }
    }

    /// A journey of Jane's along a path, started.
    pub async fn journey(&self, path: &str) -> String {
        let jane = self.as_("jane");
        let id = jane.begin(path).await;
        let started = jane.send(&id, "start", json!({ "values": { "name": "ledger" } })).await;
        assert_eq!(started.status, 200, "{}", started.body);
        self.operator.travel().await;
        id
    }

    pub async fn stands(&self, id: &str) -> Vec<String> {
        let journey = self.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}")).await.json();
        let steps = journey["steps"].as_array().expect("steps").iter();
        let state = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        std::iter::once(state(&journey["state"])).chain(steps.map(|step| state(&step["state"]))).collect()
    }

    pub async fn step(&self, id: &str, at: usize) -> Value {
        self.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}")).await.json()["steps"][at].clone()
    }
}

/// Somebody.
pub struct Person {
    pub app: TestApp,
}

impl Person {
    pub async fn begin(&self, path: &str) -> String {
        self.begin_along(&format!("goldenpath:default/{path}")).await
    }

    async fn begin_along(&self, path: &str) -> String {
        let body = json!({ "path": path }).to_string();
        let begun = self.app.post("/api/golden-paths/v1/journeys", JSON, &body).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
        begun.json()["id"].as_str().expect("a number").to_owned()
    }

    pub async fn send(&self, id: &str, to: &str, body: Value) -> Answer {
        self.app.post(&format!("/api/golden-paths/v1/journeys/{id}/{to}"), JSON, &body.to_string()).await
    }

    /// Asks something of a journey, and gives the status of the answer.
    pub async fn asks(&self, id: &str, command: &str, step: &str, more: Value) -> u16 {
        let mut body = more;
        body["command"] = json!(command);
        body["step"] = json!(step);
        let answer = self.send(id, "commands", body).await;
        if !answer.status.is_success() {
            eprintln!("{command} {step}: {} {}", answer.status, answer.body);
        }
        answer.status.as_u16()
    }

    pub async fn queue(&self) -> Vec<String> {
        let queue = self.app.get_json("/api/golden-paths/v1/queue").await.json();
        let items = queue["items"].as_array().expect("items").iter();
        items
            .map(|item| format!("{} {}", item["what"].as_str().unwrap_or(""), item["step"].as_str().unwrap_or("")))
            .collect()
    }
}

fn link() -> Value {
    json!([{ "name": "The report", "href": "https://reports.example.com/1" }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_runs_a_template_waits_for_a_task_and_for_two_who_agree_and_is_completed() {
    for db in databases().await {
        let bank = Bank::open(db, &[("path.yaml", &golden_path("live", "", THREE_TEAMS))]).await;
        let id = bank.journey("live").await;
        assert_eq!(bank.stands(&id).await, ["waiting", "completed", "waiting", "pending"], "{}", bank.operator.name);
        let review = bank.step(&id, 1).await;
        assert_eq!(review["said"], "Look at https://git.example.com/services/ledger");
        let (sam, ada, bob) = (bank.as_("sam"), bank.as_("ada"), bank.as_("bob"));
        assert_eq!(sam.queue().await, ["task review"], "{}", bank.operator.name);
        assert!(sam.app.get("/inbox").await.body.contains("/api/golden-paths/fn/claim"), "{}", bank.operator.name);
        let done = json!({ "values": { "rating": "good" }, "evidence": link() });
        assert_eq!(bank.as_("jane").asks(&id, "complete", "review", done.clone()).await, 403);
        assert_eq!(sam.asks(&id, "complete", "review", json!({ "values": { "rating": "good" } })).await, 400);
        assert_eq!(sam.asks(&id, "complete", "review", done).await, 200);
        // Her inbox lets her decide where she is told of it, and nobody who asked for it.
        let inbox = ada.app.get("/inbox").await.body;
        assert!(inbox.contains("/api/golden-paths/fn/approve") && inbox.contains("/api/golden-paths/fn/decline"));
        let form = format!("id={id}&step=classify&back=%2Finbox");
        let agreed = ada.app.post("/api/golden-paths/fn/approve", "application/x-www-form-urlencoded", &form).await;
        assert!(agreed.status.is_success() || agreed.status.is_redirection(), "{} {}", agreed.status, agreed.body);
        let inbox = ada.app.get("/inbox").await.body;
        assert!(!inbox.contains("/api/golden-paths/fn/approve"), "she has agreed");
        let owner = bank.caller(person("user:default/jane", &["group:default/payments", "group:default/data"]));
        let theirs = owner.app.get("/inbox").await.body;
        assert!(theirs.contains("A decision waits") && !theirs.contains("/api/golden-paths/fn/approve"), "{theirs}");
        assert_eq!(bank.stands(&id).await, ["waiting", "completed", "completed", "waiting"]);
        assert_eq!(bob.asks(&id, "approve", "classify", json!({ "comment": "Fine" })).await, 200);
        assert_eq!(bank.stands(&id).await, ["completed", "completed", "completed", "completed"]);
        assert!(bob.queue().await.is_empty());
        let history = bank.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}/history")).await.body;
        let names: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let numbers: Vec<u64> = names.iter().filter_map(|entry| entry["seq"].as_u64()).collect();
        assert_eq!(numbers, (1..=names.len() as u64).collect::<Vec<_>>(), "complete and in order");
        assert_eq!(names.last().map(|last| last["event"].clone()), Some(json!("became")));
    }
}

/// The documents in the form that ING published.
fn ing() -> Vec<(String, String)> {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("../app/plugins/golden-paths/journey/tests/ing");
    let files = std::fs::read_dir(folder).expect("documents").map(|file| file.expect("a file").path());
    files
        .map(|file| {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&file).expect("a document"))
        })
        .collect()
}

/// A template that takes anything and makes the outputs that paths ask it for.
fn stand_in(template: &str, outputs: &BTreeSet<String>) -> String {
    let (namespace, name) = template.trim_start_matches("template:").split_once('/').expect("a ref");
    let outputs: Map<String, Value> =
        outputs.iter().map(|output| (output.clone(), json!(format!("{name}/{output}")))).collect();
    json!({
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "type": "service",
            "owner": "group:default/payments",
            "steps": [{ "id": "say", "name": "Say it", "action": "debug:log", "input": { "message": "made" } }],
            "output": outputs,
        },
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_in_the_form_that_ing_published_runs_unchanged_from_start_to_end() {
    for db in databases().await {
        let documents = ing();
        let mut paths = Vec::new();
        let mut templates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, text) in &documents {
            let path = GoldenPath::read(descriptor::read(text)[0].value.as_ref().expect("a value"));
            for step in &path.steps {
                let (template, _) = step.kind.runs().expect("a template");
                templates.entry(template.to_owned()).or_default().extend(step.output.iter().cloned());
            }
            paths.push(path);
        }
        let stand_ins: Vec<(String, String)> = templates
            .iter()
            .enumerate()
            .map(|(number, (template, outputs))| {
                // The bank has a template of this name already.
                let is_service = template == "template:default/service";
                let file = if is_service { "service.yaml".into() } else { format!("template-{number}.yaml") };
                (file, stand_in(template, outputs))
            })
            .collect();
        let files = documents.iter().chain(&stand_ins).map(|(name, text)| (name.as_str(), text.as_str()));
        let bank = Bank::open(db, &files.collect::<Vec<_>>()).await;
        let jane = bank.as_("jane");
        assert!(documents.len() >= 21, "the one of the format's note, and twenty more");
        for path in &paths {
            let id = jane.begin_along(&path.entity_ref()).await;
            let asked = path.parameters.to_string();
            let given = [("team", "payments"), ("name", "ledger")];
            let given: Map<String, Value> = given
                .into_iter()
                .filter(|(name, _)| asked.contains(&format!("\"{name}\":{{")))
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            let started = jane.send(&id, "start", json!({ "values": given })).await;
            assert_eq!(started.status, 200, "{}: {}", path.name, started.body);
            bank.operator.travel().await;
            let journey = bank.operator.get_json(&format!("/api/golden-paths/v1/journeys/{id}")).await.json();
            assert_eq!(journey["state"], "completed", "{}: {journey:#}", path.name);
            assert_eq!(journey["status"], "completed", "{}", path.name);
            for step in journey["steps"].as_array().expect("steps") {
                let kept: Vec<&Value> = step["definition"]["output"].as_array().into_iter().flatten().collect();
                let is_left_out = step["state"] == "skipped";
                let is_there = kept.iter().all(|name| step["outputs"][name.as_str().expect("a name")].is_string());
                assert!(is_left_out || is_there, "{}: {step:#}", path.name);
            }
        }
        eprintln!("{}: {} documents", bank.operator.name, documents.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_of_others_is_as_if_it_were_not_there() {
    for db in databases().await {
        let bank = Bank::open(db, &[("path.yaml", &golden_path("live", "", THREE_TEAMS))]).await;
        let id = bank.journey("live").await;
        let none = "00000000-0000-4000-8000-000000000000";
        let base = "/api/golden-paths/v1/journeys";
        for (name, sees) in [("jane", true), ("sam", true), ("ada", true), ("joe", true), ("max", false)] {
            let who = bank.as_(name);
            let listed = who.app.get_json(&format!("{base}?scope=all")).await.json();
            let listed = listed["items"].as_array().expect("items").len();
            assert_eq!(listed, usize::from(sees), "{}: {name}", bank.operator.name);
            for address in ["", "/history", "/offer"] {
                let answer = who.app.get_json(&format!("{base}/{id}{address}")).await;
                assert_eq!(answer.status == 200, sees, "{}: {name} {address} {}", bank.operator.name, answer.body);
            }
        }
        let max = bank.as_("max");
        for (address, body) in [
            ("commands", json!({ "command": "comment", "comment": "Hello" })),
            ("commands", json!({ "command": "complete", "step": "review" })),
            ("start", json!({})),
            ("start-over", json!({})),
            ("offer", json!({ "hash": "x" })),
            ("files", json!({})),
        ] {
            let (theirs, nothing) = (max.send(&id, address, body.clone()).await, max.send(none, address, body).await);
            assert_eq!((theirs.status.as_u16(), nothing.status.as_u16()), (404, 404), "{address}: {}", theirs.body);
            assert_eq!(theirs.body.replace(&id, none), nothing.body, "{}: {address}", bank.operator.name);
        }
        for address in ["", "/history", "/events", "/offer"] {
            let theirs = max.app.get_json(&format!("{base}/{id}{address}")).await;
            let nothing = max.app.get_json(&format!("{base}/{none}{address}")).await;
            assert_eq!((theirs.status.as_u16(), nothing.status.as_u16()), (404, 404), "{address}");
            assert_eq!(theirs.body.replace(&id, none), nothing.body, "{}: {address}", bank.operator.name);
        }
        assert!(max.queue().await.is_empty());
        let file =
            bank.as_("jane").app.post(&format!("{base}/{id}/files?name=report.txt"), "text/plain", "All is well").await;
        assert_eq!(file.status, 201, "{}", file.body);
        let href = file.json()["href"].as_str().expect("an address").to_owned();
        let sam = bank.as_("sam").app.get(&href).await;
        assert_eq!((sam.status.as_u16(), sam.body.as_str()), (200, "All is well"), "{}", bank.operator.name);
        assert!(sam.header("content-disposition").starts_with("attachment"));
        assert_eq!(max.app.get(&href).await.status, 404, "{}", bank.operator.name);
        // A file may be larger than any other body, and not as large as one likes.
        let jane = bank.as_("jane").app;
        for (address, content_type, round) in [
            ("files?name=big", "text/plain", ["", ""]),
            (
                "steps/review/evidence",
                "multipart/form-data; boundary=x",
                ["--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"big\"\r\n\r\n", "\r\n--x--\r\n"],
            ),
        ] {
            for (size, expected) in [(5 << 20, [201, 303]), ((5 << 20) + 1, [413, 413]), (6 << 20, [413, 413])] {
                let body = format!("{}{}{}", round[0], "x".repeat(size), round[1]);
                let sent = jane.post(&format!("{base}/{id}/{address}"), content_type, &body).await;
                assert!(expected.contains(&sent.status.as_u16()), "{address} {size}: {} {}", sent.status, sent.body);
                assert!(sent.status != 413 || sent.body.contains("5 MB"), "{}", sent.body);
            }
        }
        // Whoever may see all journeys by a policy does.
        max.app.put_policy(
            "@id(\"auditors\") permit (principal == Person::\"user:default/max\", action == Action::\"golden-paths.journey.read\", resource);",
        );
        assert_eq!(max.app.get_json(&format!("{base}/{id}")).await.status, 200, "{}", bank.operator.name);
        let listed = max.app.get_json(&format!("{base}?scope=all")).await.json();
        assert_eq!(listed["items"].as_array().expect("items").len(), 1, "{}", bank.operator.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_published_told_when_it_is_wrong_and_started_by_nobody_whose_template_is_unknown() {
    const UNKNOWN: &str = "    - {id: create, template: 'template:default/none@^2'}\n";
    const WRONG: &str = "    - {id: a, template: 'template:default/service', needs: [b]}\n    - {id: b, template: 'template:default/service'}\n";
    for db in databases().await {
        let wrong = golden_path("wrong", "", WRONG);
        let files = [("unknown.yaml", golden_path("unknown", "  version: 1.4.0\n", UNKNOWN)), ("wrong.yaml", wrong)];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let bank = Bank::open(db, &files).await;
        let listed = bank.operator.get_json("/api/golden-paths/v1/paths").await.json();
        let versions: Vec<Value> =
            listed["items"].as_array().expect("items").iter().map(|item| item["version"].clone()).collect();
        assert_eq!(versions, [json!("1.4.0"), Value::Null], "{}: {listed}", bank.operator.name);
        let problem =
            bank.operator.column("SELECT problem FROM golden_paths_path WHERE name = 'wrong'").await.swap_remove(0);
        assert!(problem.contains("needs itself") && problem.contains("wrong.yaml:"), "{problem}");
        let jane = bank.as_("jane");
        let id = jane.begin("unknown").await;
        let refused = jane.send(&id, "start", json!({ "values": { "name": "ledger" } })).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(
            refused.body.contains("template:default/none") && refused.body.contains("group:default/payments"),
            "{}",
            refused.body
        );
        assert_eq!(jane.send(&id, "start", json!({ "values": {} })).await.json()["errors"][0]["path"], "/name");
        assert_eq!(bank.stands(&id).await, ["draft"], "{}", bank.operator.name);
    }
}
