//! A run with a world of its own, and the stand-ins for code hosts.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Filter;
use kit::server::clock::Millis;
use kit::server::entities::{Entities, EntityQuery, Found};
use kit::server::fetch::{Fetcher, Host, Policy};
use kit::server::repositories::Repositories;
use kit::server::secrets::Secret;
use kit::server::source::{SourceError, Tree};
use kit::server::testing::NoFiles;
use scaffold::action::{
    Action, ActionError, Callbacks, CodeHost, CodeHostKind, CodeHosts, Level, Log, Origin, Outcome, Portal, Step, World,
};
use scaffold::workspace::{Workspace, WorkspaceLimits};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;

/// When everything happens.
pub const NOW: Millis = 1_800_000_000_000;

/// A run: its workspace, what it has said, and the world that it is in.
pub struct Run {
    pub dir: TempDir,
    pub workspace: Workspace,
    pub log: Lines,
    pub world: World,
    pub key: String,
    pub attempt: u32,
    pub now: Millis,
    pub state: Value,
    pub secrets: Map<String, Value>,
    entities: Arc<Catalog>,
    portal: Arc<Rest>,
    pub callbacks: Arc<Opened>,
}

impl Run {
    /// A run with three files, in a world with these hosts.
    pub fn new(key: &str, hosts: BTreeMap<String, CodeHost>, allowed: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::create(dir.path(), "run", WorkspaceLimits::default()).unwrap();
        workspace.write("README.md", b"# Ledger\r\n", false).unwrap();
        workspace.write("bin/run", b"#!/bin/sh\n", true).unwrap();
        workspace.write("catalog-info.yaml", b"kind: Component\n", false).unwrap();
        let allowed = allowed.iter().map(|name| Host { name: name.clone(), allow_private: true, ..Host::default() });
        let policy = Policy { hosts: allowed.collect(), timeout: Duration::from_secs(20), ..Policy::default() };
        let portal_url = Url::parse("https://portico.bank.example/").unwrap();
        let (entities, portal, callbacks) =
            (Arc::<Catalog>::default(), Arc::<Rest>::default(), Arc::<Opened>::default());
        let world = World {
            entities: entities.clone(),
            fetcher: Arc::new(Fetcher::new(policy).unwrap()),
            hosts: Arc::new(Hosts(hosts)),
            repositories: Arc::new(Repositories::new(dir.path().join("repositories"), &portal_url)),
            portal: portal.clone(),
            callbacks: callbacks.clone(),
        };
        Self {
            dir,
            workspace,
            log: Lines::default(),
            world,
            key: key.to_owned(),
            attempt: 1,
            now: NOW,
            state: Value::Null,
            secrets: Map::new(),
            entities,
            portal,
            callbacks,
        }
    }

    /// A run without any host.
    pub fn alone() -> Self {
        Self::new("run-1/publish", BTreeMap::new(), &[])
    }

    /// The locations that were registered.
    pub fn registered(&self) -> Vec<String> {
        self.entities.registered.lock().unwrap().clone()
    }

    /// The requests to the portal.
    pub fn asked(&self) -> Vec<String> {
        self.portal.0.lock().unwrap().clone()
    }

    /// One attempt of a step.
    pub async fn attempt(&mut self, action: &dyn Action, input: Value) -> Result<Outcome, ActionError> {
        let origin = Origin {
            template: "template:default/service".into(),
            version: "1.0.0".into(),
            task: "run-1".into(),
            ..Origin::default()
        };
        let mut step = Step {
            id: "publish",
            input: input.as_object().unwrap().clone(),
            workspace: &self.workspace,
            template: &NoFiles,
            origin: &origin,
            caller: &Caller::Operator,
            user: &Value::Null,
            secrets: &self.secrets,
            world: Some(&self.world),
            log: &self.log,
            key: &self.key,
            attempt: self.attempt,
            state: self.state.clone(),
            cancelled: CancellationToken::new(),
            now: self.now,
        };
        let outcome = action.run(&mut step).await;
        self.attempt += 1;
        if let Ok(Outcome::Wait { state, .. }) = &outcome {
            self.state = state.clone();
        }
        outcome
    }

    /// The outputs of a step that is done.
    pub async fn done(&mut self, action: &dyn Action, input: Value) -> Map<String, Value> {
        match self.attempt(action, input).await {
            Ok(Outcome::Done(outputs)) => outputs,
            other => panic!("{other:?}\n{}", self.log.text()),
        }
    }

    /// What a step says that is not done.
    pub async fn fails(&mut self, action: &dyn Action, input: Value) -> String {
        match self.attempt(action, input).await {
            Err(ActionError::Failed(text)) => text,
            other => panic!("{other:?}"),
        }
    }
}

/// What was said.
#[derive(Default)]
pub struct Lines(Mutex<Vec<String>>);

impl Lines {
    pub fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

impl Log for Lines {
    fn line(&self, level: Level, text: &str) {
        self.0.lock().unwrap().push(format!("{level:?}: {text}"));
    }
}

struct Hosts(BTreeMap<String, CodeHost>);

impl CodeHosts for Hosts {
    fn host(&self, name: &str) -> Option<CodeHost> {
        self.0.get(name).cloned()
    }
}

/// A catalog with one entity.
#[derive(Default)]
struct Catalog {
    registered: Mutex<Vec<String>>,
}

#[async_trait]
impl Entities for Catalog {
    async fn entity(&self, _: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError> {
        Ok((entity_ref == "component:default/ledger").then(|| json!({ "kind": "Component" })))
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

    async fn register(
        &self,
        _: &Caller,
        target: &str,
        annotations: &BTreeMap<String, String>,
    ) -> Result<String, AppError> {
        assert_eq!(annotations["portico.io/template-version"], "1.0.0");
        if target.contains("refused") {
            return Err(AppError::bad_request("this location may not be registered"));
        }
        self.registered.lock().unwrap().push(target.to_owned());
        Ok("component:default/ledger".into())
    }

    async fn tree(&self, entity_ref: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(entity_ref.into()))
    }

    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(address.into()))
    }
}

/// A portal that says what it was asked, and by whom.
#[derive(Default)]
struct Rest(Mutex<Vec<String>>);

#[async_trait]
impl Portal for Rest {
    async fn ask(
        &self,
        caller: &Caller,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, ActionError> {
        let said = format!("{} {} {}", caller.subject(), request.method(), request.uri());
        self.0.lock().unwrap().push(said);
        let status = if request.uri().path().ends_with("missing") { 404 } else { 200 };
        let body = json!({ "message": "from the portal", "body": String::from_utf8_lossy(request.body()) }).to_string();
        let answer = http::Response::builder().status(status).header("content-type", "application/json");
        Ok(answer.header("set-cookie", "s3cret").body(body.into_bytes()).unwrap())
    }
}

/// Addresses to call back at.
#[derive(Default)]
pub struct Opened(pub Mutex<Vec<String>>);

#[async_trait]
impl Callbacks for Opened {
    async fn open(&self, key: &str, _until: Millis) -> Result<Url, ActionError> {
        self.0.lock().unwrap().push(key.to_owned());
        Ok(Url::parse("https://portico.bank.example/api/scaffolder/v2/callbacks/once").unwrap())
    }
}

/// A code host on this machine.
pub struct StandIn {
    child: Child,
    pub name: String,
    pub repositories: PathBuf,
    kind: CodeHostKind,
}

impl StandIn {
    /// Starts one; none where its packages are not installed, which CI does not let pass.
    pub fn start(kind: CodeHostKind) -> Option<Self> {
        let root =
            PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../../../end2end");
        let has_node = Command::new("node").arg("--version").output().is_ok();
        if !has_node || !root.join("node_modules/@octokit/openapi").exists() {
            assert!(std::env::var("CI").is_err(), "node or the packages of end2end are missing: script/setup test");
            println!("skipped: node or the packages of end2end are missing");
            return None;
        }
        let name = if kind == CodeHostKind::GitHub { "github" } else { "gitlab" };
        let mut child = Command::new("node")
            .args(["support/code-hosts/server.mjs", name])
            .current_dir(root)
            .env("STAND_IN_SEAL_KEY", seal_key())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("where it listens");
        let name = format!("127.0.0.1:{}", said["port"]);
        Some(Self { child, name, repositories: said["repositories"].as_str().unwrap().into(), kind })
    }

    /// A run that knows the host, with this token of the portal.
    pub fn run(&self, key: &str, token: Option<&str>) -> Run {
        let api = if self.kind == CodeHostKind::GitHub { "api/v3" } else { "api/v4" };
        let host = CodeHost {
            kind: self.kind,
            api: Url::parse(&format!("http://{}/{api}", self.name)).unwrap(),
            web: Url::parse(&format!("http://{}/", self.name)).unwrap(),
            token: token.map(Secret::from),
            git: Vec::new(),
        };
        Run::new(key, BTreeMap::from([(self.name.clone(), host)]), std::slice::from_ref(&self.name))
    }

    /// The `repoUrl` of a repository there.
    pub fn repo_url(&self, owner: &str, repo: &str) -> String {
        format!("{}?owner={owner}&repo={repo}", self.name)
    }

    /// Has something go wrong.
    pub async fn fault(&self, fault: Value) {
        self.control(Some(fault)).await;
    }

    /// What it holds and was asked. Every request must have been one that the host understands.
    pub async fn seen(&self) -> Value {
        let seen = self.control(None).await;
        assert_eq!(seen["violations"], json!([]), "requests against the schema");
        seen
    }

    /// The one repository of this name.
    pub async fn repository(&self, name: &str) -> Value {
        let seen = self.seen().await;
        let all: Vec<&Value> = seen["repositories"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|each| each["name"] == name || each["path"] == name)
            .collect();
        assert_eq!(all.len(), 1, "{seen:#}");
        all[0].clone()
    }

    /// Runs git in a repository there.
    pub fn git(&self, repository: &str, args: &[&str]) -> String {
        git(&self.repositories.join(format!("{repository}.git")), args)
    }

    async fn control(&self, fault: Option<Value>) -> Value {
        let host = Host { name: self.name.clone(), allow_private: true, ..Host::default() };
        let fetcher = Fetcher::new(Policy { hosts: vec![host], ..Policy::default() }).unwrap();
        let method = if fault.is_some() { "POST" } else { "GET" };
        let request = http::Request::builder().method(method).uri(format!("http://{}/stand-in/", self.name));
        let body = fault.map(|fault| fault.to_string().into_bytes()).unwrap_or_default();
        let answer = fetcher.send(request.body(body).unwrap()).await.unwrap();
        serde_json::from_slice(answer.body()).unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // It removes its files when its input ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The key pair that the stand-in has secrets sealed for.
pub fn seal_secret() -> crypto_box::SecretKey {
    crypto_box::SecretKey::from([7; 32])
}

fn seal_key() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(seal_secret().public_key().as_bytes())
}

/// What git prints, in a repository on disk.
pub fn git(path: &Path, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(path).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
