//! An instance on a fresh database, a folder for descriptors, and a way to ask.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use catalog::server::{NewLocation, REFRESH};
use golden_paths::server::engine::ADVANCE;
use golden_paths::server::publish;
use http::{HeaderMap, Method, Request, StatusCode};
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::{Attribute, Filter, Source};
use kit::server::clock::{Clock, Millis};
use kit::server::db::{self, Db};
use kit::server::plugin::Plugin;
use kit::server::testing::TestDb;
use sea_orm::{DatabaseBackend, FromQueryResult, JsonValue};
use serde_json::Value;
use server::config::Config;
use server::guard::Identity;
use server::instance::Instance;
use server::policies;
use server::router;
use server::session::Sessions;
use server::sign_in::SignIn;
use server::sso::Sso;
use tempfile::TempDir;
use templates::server::publish::{PUBLISH, WATCH};
use templates::server::store::TASK;
use tower::ServiceExt;

/// When every test begins: 2026-11-22, 12:00 UTC.
pub const START: Millis = 1_795_348_800_000;

/// What every instance here seals secrets with.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The tables of the catalog.
pub const TABLES: [&str; 10] = [
    "catalog_location",
    "catalog_file",
    "catalog_entity",
    "catalog_facet",
    "catalog_count",
    "catalog_relation",
    "catalog_problem",
    "catalog_docs",
    "catalog_doc",
    "catalog_doc_file",
];

/// A whole instance.
pub struct TestApp {
    pub instance: Instance,
    pub name: &'static str,
    router: Router,
    folder: TempDir,
}

impl TestApp {
    /// With all plugins, for the local operator.
    pub fn new(db: &TestDb) -> Self {
        Self::with(db, Config::default(), &[], Caller::Operator)
    }

    /// With all plugins, for nobody.
    pub fn anonymous(db: &TestDb) -> Self {
        Self::with(db, Config::default(), &[], Caller::Anonymous)
    }

    /// Where the example bank's people sign in: who calls is whoever's cookie or token is sent.
    pub fn local(db: &TestDb, config: Config) -> Self {
        Self::made(db, config, &[], |instance, config| {
            let directory = Arc::new(instance.catalog.catalog.clone());
            let sessions = Sessions::new(instance.kit.clone(), directory, config).expect("sessions");
            let sso = Arc::new(Sso::new(config, instance.kit.clone(), sessions.clone()).expect("providers"));
            Identity::SignedIn(SignIn { sessions, local: true, sso })
        })
    }

    /// With this configuration and these plugins besides the usual ones.
    pub fn with(db: &TestDb, config: Config, more: &[Arc<dyn Plugin>], caller: Caller) -> Self {
        Self::made(db, config, more, |_, _| Identity::Fixed(caller))
    }

    /// The same for those who call by `identity`.
    pub fn made(
        db: &TestDb,
        config: Config,
        more: &[Arc<dyn Plugin>],
        identity: impl FnOnce(&Instance, &Config) -> Identity,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("files")).expect("a folder for descriptors");
        let config = Config { data_dir: folder.path().join("data"), ..config };
        // One key for all: several of them may be instances on one database.
        server::instance::make_data_dir(&config.data_dir).expect("a folder for data");
        write(&config.data_dir.join("secret.key"), KEY);
        std::fs::set_permissions(config.data_dir.join("secret.key"), PermissionsExt::from_mode(0o600)).expect("set");
        let mut instance = Instance::with_db(&config, (**db).clone(), Clock::fixed(START)).expect("an instance");
        instance.plugins.extend(more.iter().cloned());
        let identity = identity(&instance, &config);
        let router = router::router(&instance, &config, identity).expect("a configuration");
        Self { instance, name: db.name(), router, folder }
    }

    /// Puts this policy in force besides the default ones, in place of one that was put so before.
    pub fn put_policy(&self, text: &str) {
        let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
        let sources = [source("default.cedar", policies::DEFAULT), source("test.cedar", text)];
        self.instance.kit.gate.replace(&sources).unwrap_or_else(|problems| panic!("{problems:?} {text}"));
    }

    /// Forbids people and services `action` on everything but what `filter` lets through.
    pub fn restrict(&self, action: &str, filter: &Filter) {
        let condition = cedar(filter);
        self.put_policy(&format!(
            "@id(\"restricted\") forbid (principal, action == Action::{action:?}, resource) unless {{ {condition} }};"
        ));
    }

    pub fn db(&self) -> &Db {
        &self.instance.kit.db
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder for descriptors, or something in it.
    pub fn path(&self, path: &str) -> PathBuf {
        let files = self.folder.path().canonicalize().expect("the folder").join("files");
        if path.is_empty() { files } else { files.join(path) }
    }

    pub fn write(&self, path: &str, text: &str) {
        write(&self.path(path), text);
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).expect("the file was there");
    }

    /// Registers the folder for descriptors and reads it; gives the location's number.
    pub async fn import(&self) -> i64 {
        self.import_from(&self.path(""), false).await
    }

    pub async fn import_from(&self, path: &Path, trust_org: bool) -> i64 {
        let location = NewLocation { trust_org, ..parsed(path) };
        self.import_location(&location).await
    }

    pub async fn import_location(&self, location: &NewLocation) -> i64 {
        let catalog = &self.instance.catalog.catalog;
        let registered = catalog.register(&Caller::Operator, location).await.expect("registered");
        self.work().await;
        registered.id
    }

    /// Has a location read again, a second later.
    pub async fn refresh(&self, id: i64) {
        self.instance.kit.clock.advance(1_000);
        self.instance.catalog.catalog.refresh(&Caller::Operator, id).await.expect("asked for a refresh");
        self.work().await;
    }

    /// Does every refresh that is due.
    pub async fn work(&self) {
        self.instance.worker().run_due(REFRESH, &[]).await.expect("the jobs ran");
    }

    /// Makes versions of the templates and golden paths that changed.
    pub async fn publish(&self) {
        for kind in [WATCH, PUBLISH, publish::WATCH, publish::PUBLISH] {
            self.instance.worker().run_due(kind, &[]).await.expect("the jobs ran");
        }
    }

    /// Does what is due of a kind that a worker of its own does.
    pub async fn run_in_lanes(&self, kind: &str, keys: &[String]) {
        let mut is_done = false;
        for lane in self.instance.lanes() {
            is_done |= lane.run_due(kind, keys).await.is_ok();
        }
        assert!(is_done, "no worker does {kind}");
    }

    /// Has journeys and what they run go on until nothing of them is due.
    pub async fn travel(&self) {
        for _ in 0..20 {
            for kind in [ADVANCE, TASK] {
                self.run_in_lanes(kind, &[]).await;
            }
            let now = self.instance.kit.clock.now();
            let text = format!(
                "SELECT 1 AS one FROM job WHERE kind IN ('{ADVANCE}', '{TASK}') AND state = 'waiting' AND run_at <= {now}"
            );
            if self.query(&text).await.is_empty() {
                return;
            }
        }
        panic!("{}: journeys go on without end", self.name);
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).header("accept", "text/html").body(Body::empty())).await
    }

    pub async fn get_json(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path).header("accept", "application/json").body(Body::empty())).await
    }

    /// What the browser asks for when a link is followed: the page at `address`, from the plugin that it belongs to.
    pub async fn page(&self, address: &str) -> Answer {
        let path = address.split('?').next().unwrap_or_default();
        let plugin = app::PLUGINS.iter().find(|plugin| plugin.owns(path)).map_or("home", |plugin| plugin.id);
        let arguments = serde_json::json!({ "address": address });
        self.post(&format!("/api/{plugin}/fn/page"), "application/json", &arguments.to_string()).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let request =
            request(Method::POST, path).header("accept", "application/json").header("content-type", content_type);
        self.send(request.body(Body::from(body.to_owned()))).await
    }

    /// The answer with a body that is not read yet.
    pub async fn open(&self, request: http::Result<Request<Body>>) -> http::Response<Body> {
        self.router.clone().oneshot(request.expect("a request")).await.expect("the router always answers")
    }

    pub async fn send(&self, request: http::Result<Request<Body>>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("the whole body");
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// All rows of a table, as JSON, sorted.
    pub async fn rows(&self, table: &str) -> Vec<String> {
        let rows = self.query(&format!("SELECT * FROM {table}")).await;
        let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        rows.sort();
        rows
    }

    /// All rows of the catalog but those of its locations, by table.
    pub async fn everything(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut all = BTreeMap::new();
        for table in TABLES.into_iter().filter(|table| *table != "catalog_location") {
            all.insert(table, self.rows(table).await);
        }
        all
    }

    pub async fn query(&self, text: &str) -> Vec<Value> {
        query(self.db(), text).await
    }

    /// The first column of each row, as text.
    pub async fn column(&self, text: &str) -> Vec<String> {
        let rows = self.query(text).await;
        let first = |row: &Value| row.as_object().and_then(|row| row.values().next().cloned()).expect("a column");
        rows.iter().map(|row| first(row).as_str().map_or_else(|| first(row).to_string(), str::to_owned)).collect()
    }

    /// The refs of what is in the catalog and not orphaned.
    pub async fn refs(&self) -> Vec<String> {
        self.column("SELECT ref FROM catalog_entity WHERE orphan = FALSE ORDER BY ref").await
    }

    /// What is wrong, a line each.
    pub async fn problems(&self) -> Vec<String> {
        let text = "SELECT path, line, column_no, pointer, severity, code, message, ref FROM catalog_problem ORDER BY path, line, column_no, message";
        self.query(text).await.iter().map(problem_line).collect()
    }

    /// The errors, a line each.
    pub async fn errors(&self) -> Vec<String> {
        self.problems().await.into_iter().filter(|line| line.contains(" error ")).collect()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }
}

/// A filter as a policy writes it.
fn cedar(filter: &Filter) -> String {
    let joined = |parts: &[Filter], word: &str| format!("({})", parts.iter().map(cedar).collect::<Vec<_>>().join(word));
    let set = |kind: &str, values: &[String]| {
        format!("[{}]", values.iter().map(|value| format!("{kind}{value:?}")).collect::<Vec<_>>().join(", "))
    };
    let one_of = |values: &[String], name: &str| format!("{}.contains(resource.{name})", set("", values));
    match filter {
        Filter::All => "true".into(),
        Filter::None => "false".into(),
        // A condition that nothing meets, but of which only the things themselves tell.
        Filter::In(_, values) if values.is_empty() => "resource.kind == \"nothing\"".into(),
        Filter::In(Attribute::Id, values) => format!("resource in {}", set("Thing::", values)),
        Filter::In(Attribute::Owner, values) => format!("{}.contains(resource.owner)", set("Group::", values)),
        Filter::In(Attribute::Kind, values) => one_of(values, "kind"),
        Filter::In(Attribute::Namespace, values) => one_of(values, "namespace"),
        Filter::In(Attribute::Type, values) => one_of(values, "type"),
        Filter::In(Attribute::Lifecycle, values) => one_of(values, "lifecycle"),
        Filter::Every(parts) => joined(parts, " && "),
        Filter::Some(parts) => joined(parts, " || "),
        Filter::Not(part) => format!("!({})", cedar(part)),
    }
}

/// A person who is in these groups.
pub fn person(subject: &str, groups: &[&str]) -> Caller {
    let mut groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    groups.sort();
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: subject.to_owned(),
        name: subject.to_owned(),
        groups,
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "a-request".to_owned(),
    }))
}

/// A template that logs a word, with further lines of its spec.
pub fn template(name: &str, owner: &str, spec: &str) -> String {
    format!(
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: {name}\n  title: The {name}\n  description: Makes *a thing*\n  tags: [java, recommended]\n\
         spec:\n  type: service\n  owner: {owner}\n{spec}  parameters:\n    - title: About\n      required: [name]\n      properties:\n        name: {{title: Name, type: string}}\n\
         \x20 steps:\n    - {{id: fetch, name: Write the files, action: 'fetch:template', input: {{url: ./skeleton}}}}\n    - {{id: say, name: Say it, action: 'bank:say', input: {{}}}}\n"
    )
}

/// A request to this machine.
pub fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000")
}

pub async fn query(db: &Db, text: &str) -> Vec<Value> {
    let rows = db::rows(db.read(), text, []).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    let rows = rows.iter().map(|row| JsonValue::from_query_result(row, "").expect("a row as JSON"));
    rows.map(|mut row| {
        // SQLite has no booleans of its own.
        if db.backend() == DatabaseBackend::Sqlite
            && let Some(row) = row.as_object_mut()
        {
            for name in ["orphan", "trust_org"] {
                if let Some(value) = row.get_mut(name).filter(|value| value.is_number()) {
                    *value = (*value == 1).into();
                }
            }
        }
        row
    })
    .collect()
}

fn problem_line(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let (path, severity, code, pointer, message) =
        (text("path"), text("severity"), text("code"), text("pointer"), text("message"));
    format!("{path}:{}:{} {severity} {code} {pointer} {message}", row["line"], row["column_no"])
}

/// The catalog in words: what is in it without row numbers and times, so that two of them can be compared.
pub async fn picture(db: &Db) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, text) in [
        (
            "location",
            "SELECT kind, target, trust_org, allowed_kinds, state, message, entities, errors, warnings FROM catalog_location",
        ),
        (
            "file",
            "SELECT l.target, f.path, f.hash, f.inputs, f.targets FROM catalog_file f JOIN catalog_location l ON l.id = f.location_id",
        ),
        (
            "entity",
            "SELECT e.ref, e.uid, e.kind, e.namespace, e.name, e.sort_name, e.title, e.description, e.type, e.lifecycle, e.owner, e.system, \
             l.target, f.path AS file, e.path, e.doc, e.line, e.entity, e.source, e.etag, e.orphan \
             FROM catalog_entity e JOIN catalog_location l ON l.id = e.location_id LEFT JOIN catalog_file f ON f.id = e.file_id",
        ),
        (
            "facet",
            "SELECT e.ref, f.facet_key, f.facet_value FROM catalog_facet f JOIN catalog_entity e ON e.id = f.entity_id",
        ),
        ("count", "SELECT kind, facet_key, facet_value, entities FROM catalog_count WHERE entities <> 0"),
        (
            "relation",
            "SELECT e.ref, r.source_ref, r.type, r.target_ref FROM catalog_relation r JOIN catalog_entity e ON e.id = r.entity_id",
        ),
        (
            "problem",
            "SELECT l.target, f.path AS file, p.path, p.doc, p.line, p.column_no, p.pointer, p.severity, p.code, p.message, p.ref \
             FROM catalog_problem p JOIN catalog_location l ON l.id = p.location_id LEFT JOIN catalog_file f ON f.id = p.file_id",
        ),
        ("search", "SELECT e.ref, d.plugin FROM search_document d LEFT JOIN catalog_entity e ON e.id = d.item_id"),
    ] {
        let mut rows: Vec<String> = query(db, text).await.iter().map(|row| format!("{name} {row}")).collect();
        rows.sort();
        lines.extend(rows);
    }
    lines
}

/// Fails with the first lines that only one of two pictures has.
pub fn assert_same(left: &[String], right: &[String], what: &str) {
    let only = |one: &[String], other: &[String], sign: &str| {
        let other: std::collections::HashSet<&String> = other.iter().collect();
        let lines = one.iter().filter(|line| !other.contains(line)).take(8);
        lines.map(|line| format!("{sign} {}", line.chars().take(600).collect::<String>())).collect::<Vec<_>>()
    };
    let difference = [only(left, right, "-"), only(right, left, "+")].concat();
    assert!(difference.is_empty(), "{what}:\n{}", difference.join("\n"));
    assert_eq!(left.len(), right.len(), "{what}: rows are there twice");
}

/// Fails unless the totals by facet are what counting gives.
pub async fn assert_counts(app: &TestApp, what: &str) {
    let mut real = Vec::new();
    for (key, text) in [
        ("kind", "SELECT kind, kind AS value FROM catalog_entity"),
        ("metadata.namespace", "SELECT kind, namespace AS value FROM catalog_entity"),
        ("spec.type", "SELECT kind, type AS value FROM catalog_entity"),
        ("spec.lifecycle", "SELECT kind, lifecycle AS value FROM catalog_entity"),
        ("spec.owner", "SELECT kind, owner AS value FROM catalog_entity"),
        ("spec.system", "SELECT kind, system AS value FROM catalog_entity"),
        (
            "metadata.tags",
            "SELECT e.kind, f.facet_value AS value FROM catalog_entity e JOIN catalog_facet f ON f.entity_id = e.id WHERE f.facet_key = 'metadata.tags'",
        ),
        ("orphan", "SELECT kind, 'true' AS value FROM catalog_entity WHERE orphan = TRUE"),
    ] {
        let mut totals: BTreeMap<(String, String), i64> = BTreeMap::new();
        for row in app.query(text).await {
            let (kind, value) = (row["kind"].as_str().expect("a kind"), row["value"].as_str().expect("a value"));
            if !value.is_empty() {
                for kind in ["", kind] {
                    *totals.entry((kind.to_owned(), value.to_owned())).or_default() += 1;
                }
            }
        }
        real.extend(totals.into_iter().map(|((kind, value), n)| format!("{kind} {key} {value} {n}")));
    }
    let kept = app.query("SELECT kind, facet_key, facet_value, entities FROM catalog_count WHERE entities <> 0").await;
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let kept = kept.iter().map(|row| {
        format!("{} {} {} {}", text(row, "kind"), text(row, "facet_key"), text(row, "facet_value"), row["entities"])
    });
    let mut kept: Vec<String> = kept.collect();
    kept.sort();
    real.sort();
    assert_same(&real, &kept, &format!("{what}: counted (-) and kept (+)"));
}

/// The location at a path.
pub fn parsed(path: &Path) -> NewLocation {
    NewLocation::parse(path.to_str().expect("a path of UTF-8")).expect("a location")
}

pub fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    std::fs::write(path, text).expect("written");
}

/// A component's descriptor.
pub fn component(name: &str) -> String {
    component_of(name, "team-a", "")
}

/// A component's descriptor with an owner and more lines of `metadata`, each with two blanks before it.
pub fn component_of(name: &str, owner: &str, metadata: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n{metadata}spec:\n  type: service\n  lifecycle: production\n  owner: {owner}\n"
    )
}

/// The descriptor of a location with these targets.
pub fn location(name: &str, targets: &[&str]) -> String {
    let targets: String = targets.iter().map(|target| format!("    - {target}\n")).collect();
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: {name}\nspec:\n  targets:\n{targets}"
    )
}

/// The folder of the corpus; where it is missing, a test that needs it is skipped, but for CI.
pub fn corpus() -> Option<PathBuf> {
    let beside =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../shared/corpus");
    let folder = std::env::var_os("PORTICO_CORPUS").map_or(beside, PathBuf::from);
    if folder.join("expected-validation.jsonl").is_file() {
        return folder.canonicalize().ok();
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no corpus in {}", folder.display());
    println!("skipped: no corpus in {}", folder.display());
    None
}

/// Whether long loops run in full.
pub fn soak() -> bool {
    std::env::var("PORTICO_SOAK").as_deref() == Ok("full")
}

/// Numbers that look random and are the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}
