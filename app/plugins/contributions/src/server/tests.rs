//! Contributions over HTTP on both databases: the way from a pitch to live, and every refusal on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::{Extension, Router};
use http::{Request, StatusCode};
use kit::error::AppError;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::plugin::Hit;
use kit::server::authorise::{Filter, Gate, Source};
use kit::server::clock::Clock;
use kit::server::context::Kit;
use kit::server::db;
use kit::server::entities::{Entities, EntityQuery, Found};
use kit::server::jobs::{Worker, WorkerConfig};
use kit::server::plugin::Plugin;
use kit::server::source::{SourceError, Tree};
use kit::server::testing::{self, TestDb, databases};
use review::{Finding, Report, ReportVerdict, Rules};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Contributions;
use super::checks::{CHECK, SWEEP, sweep_job};
use super::evidence::{EVIDENCE, Evidence, Looked, Pages, Rule};
use super::previews::Previews;
use super::rest;

const NOW: i64 = 1_795_348_800_000;
const DAY: i64 = 86_400_000;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";
const BASE: &str = "/api/contributions/v1/contributions";

/// People see, pitch and take part; what is of the secret team, its members alone see.
const POLICY: &str = "@id(\"open\") permit (principal is Person, action in [Action::\"contributions.contribution.read\", Action::\"contributions.contribution.pitch\", \
                      Action::\"contributions.contribution.take-part\"], resource);
@id(\"read\") permit (principal is Service, action == Action::\"contributions.contribution.read\", resource);
@id(\"secret\") forbid (principal, action == Action::\"contributions.contribution.read\", resource) when { resource.owner == Group::\"group:default/secret\" } \
unless { principal in Group::\"group:default/secret\" };";

/// A machine that finds what a test says.
struct Scripted {
    finds: Mutex<Result<Vec<&'static str>, &'static str>>,
}

#[async_trait]
impl Evidence for Scripted {
    async fn take(&self, pages: &Pages) -> Result<String, String> {
        match pages {
            Pages::Archive(content) if content == b"PK good" => Ok("h1".into()),
            Pages::Files(files) if files.iter().any(|(path, _)| path == "index.html") => Ok("h2".into()),
            _ => Err("This is no set of static files".into()),
        }
    }

    async fn look(&self, pages: &Pages) -> Result<Looked, String> {
        let hash = self.take(pages).await?;
        let found = self.finds.lock().expect("lock").clone()?;
        let finding = |key: &&str| Finding { key: (*key).into(), rule: "contrast".into(), ..Finding::default() };
        let report = Report {
            id: String::new(),
            reviewed: hash,
            rules: "1".into(),
            browser: "1".into(),
            verdict: if found.is_empty() { ReportVerdict::Pass } else { ReportVerdict::Fail },
            blocking: found.iter().map(finding).collect(),
            to_look_at: 2,
        };
        Ok(Looked { report, whole: json!({ "verdict": "whole", "found": found }), pictures: vec![b"png".to_vec()] })
    }

    fn rule(&self, _: &str) -> Option<Rule> {
        None
    }
}

/// A catalog of a few groups and people, and of what a test puts into it.
#[derive(Default)]
struct Catalog {
    entities: Mutex<HashMap<String, Value>>,
}

#[async_trait]
impl Entities for Catalog {
    async fn entity(&self, _: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError> {
        Ok(self.entities.lock().expect("lock").get(entity_ref).cloned())
    }

    async fn find(&self, _: &Caller, _: &EntityQuery) -> Result<Vec<Found>, AppError> {
        Ok(Vec::new())
    }

    async fn like(&self, _: &Caller, words: &[String], _: u32) -> Result<Vec<Hit>, AppError> {
        let path = "/catalog/default/component/pager".to_owned();
        let hit = Hit { title: "Pager".into(), detail: words.join(" "), kind: "Component".into(), path };
        Ok(if words.iter().any(|word| word == "rota") { vec![hit] } else { Vec::new() })
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

    async fn register(
        &self,
        _: &Caller,
        _: &str,
        _: &std::collections::BTreeMap<String, String>,
    ) -> Result<String, AppError> {
        Err(AppError::nowhere())
    }

    async fn tree(&self, entity_ref: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(entity_ref.into()))
    }

    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        Err(SourceError::Missing(address.into()))
    }
}

/// The portal of a test.
pub(super) struct Bank {
    pub here: Contributions,
    evidence: Arc<Scripted>,
    catalog: Arc<Catalog>,
    router: Router,
}

/// An answer.
struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub(super) fn person(name: &str, groups: &[&str]) -> Caller {
    let groups = groups.iter().map(|group| format!("group:default/{group}")).collect();
    Caller::Principal(Arc::new(Principal {
        kind: if name.starts_with("service:") { PrincipalKind::Service } else { PrincipalKind::Person },
        subject: if name.contains(':') { name.into() } else { format!("user:default/{name}") },
        name: name.into(),
        groups,
        administrator: false,
        via: Via::Session(1),
        scopes: None,
        request: "r".into(),
    }))
}

fn author() -> Caller {
    person("amelie", &["instant-payments"])
}

fn designer() -> Caller {
    person("mikko", &["web-banking"])
}

fn architect(name: &str) -> Caller {
    person(name, &["technology-standards-board"])
}

fn engineer() -> Caller {
    person("matthias", &["security-engineering"])
}

impl Bank {
    pub fn open(db: &TestDb) -> Self {
        let clock = Clock::fixed(NOW);
        let source = Source { name: "test".into(), text: POLICY.into() };
        let gate =
            Gate::new(crate::INFO.permissions.iter(), &[source]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let kit = Kit { gate: Arc::new(gate), ..testing::kit(db, clock) };
        let (evidence, catalog) =
            (Arc::new(Scripted { finds: Mutex::new(Ok(Vec::new())) }), Arc::new(Catalog::default()));
        let here = Contributions {
            kit,
            entities: catalog.clone(),
            directory: Arc::new(testing::NoPeople),
            administrators: Arc::from([]),
            rules: Arc::new(Rules::default()),
            evidence: evidence.clone(),
            previews: Previews::Here,
            plugins: &[],
            mirror: None,
            check_every: 60_000,
        };
        let routes = rest::routes(here.clone());
        let router = routes.router.merge(routes.files);
        Self { here, evidence, catalog, router }
    }

    pub fn later(&self, by: i64) {
        self.here.kit.clock.advance(by);
    }

    async fn ask(&self, by: &Caller, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).expect("a request");
        let router = self.router.clone().layer(Extension(by.clone()));
        let response = router.oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, by: &Caller, path: &str) -> Value {
        let answer = self.ask(by, "GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    async fn pitch(&self, by: &Caller, title: &str, kind: &str) -> String {
        let pitch = json!({
            "title": title,
            "problem": "Nobody knows who is on call tonight",
            "audience": "Every team",
            "kind": kind,
            "owner": "group:default/instant-payments",
        });
        let answer = self.ask(by, "POST", BASE, &pitch.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["id"].as_str().expect("a number").to_owned()
    }

    async fn command(&self, by: &Caller, id: &str, command: &Value) -> Answer {
        self.ask(by, "POST", &format!("{BASE}/{id}/commands"), &command.to_string()).await
    }

    async fn done(&self, by: &Caller, id: &str, command: Value) -> Value {
        let answer = self.command(by, id, &command).await;
        assert_eq!(answer.status, 200, "{command}: {}", answer.body);
        answer.json()
    }

    #[track_caller]
    fn refuses(answer: &Answer, status: u16) {
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    }

    async fn one(&self, id: &str) -> Value {
        self.get(&author(), &format!("{BASE}/{id}")).await
    }

    async fn at(&self, id: &str) -> (String, String) {
        let one = self.one(id).await;
        let text = |name: &str| one[name].as_str().expect("a text").to_owned();
        (text("stage"), text("state"))
    }

    async fn submit(&self, id: &str, stage: &str) -> Answer {
        let kind = self.one(id).await["pitch"]["kind"].as_str().expect("a kind").to_owned();
        self.command(&author(), id, &json!({ "command": "submit", "stage": stage, "material": material(stage, &kind) }))
            .await
    }

    async fn submitted(&self, id: &str, stage: &str) {
        let answer = self.submit(id, stage).await;
        assert_eq!(answer.status, 200, "{stage}: {}", answer.body);
    }

    async fn accept(&self, id: &str) -> Value {
        let one = self.one(id).await;
        let open = one["submissions"].as_array().and_then(|all| all.last()).expect("a submission");
        let items = open["checklist"]["items"].as_array().expect("items");
        let answers: serde_json::Map<String, Value> =
            items.iter().map(|item| (item["id"].as_str().expect("an id").to_owned(), json!("met"))).collect();
        json!({
            "command": "accept",
            "stage": open["stage"],
            "submission": open["number"],
            "commit": open["material"]["change"]["commit"].as_str().unwrap_or_default(),
            "answers": answers,
        })
    }

    async fn work(&self) {
        let worker = Worker::new(
            self.here.kit.db.clone(),
            self.here.kit.clock.clone(),
            self.here.jobs(),
            WorkerConfig::default(),
        );
        for kind in [SWEEP, EVIDENCE, CHECK] {
            worker.run_due(kind, &[]).await.expect("the jobs that are due are done");
        }
    }

    pub async fn column(&self, text: &str) -> Vec<String> {
        let rows = db::rows(self.here.kit.db.read(), text, []).await.expect("rows");
        rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("a text")).collect()
    }

    /// Brings a contribution to a gate, where it is submitted.
    async fn to(&self, kind: &str, stage: &str) -> String {
        let id = self.pitch(&author(), "Rota", kind).await;
        for (gate, reviewers) in [
            ("ux", vec![designer()]),
            ("architecture", vec![architect("layla"), architect("thabo")]),
            ("code", vec![engineer()]),
            ("readiness", Vec::new()),
        ] {
            if gate == "ux" && kind == "native-plugin" {
                self.upload(&id).await;
            }
            self.submitted(&id, gate).await;
            if gate == stage {
                break;
            }
            self.work().await;
            for reviewer in reviewers {
                let accept = self.accept(&id).await;
                self.done(&reviewer, &id, accept).await;
            }
        }
        id
    }

    async fn upload(&self, id: &str) {
        let sent = self.ask(&author(), "POST", &format!("{BASE}/{id}/uploads?name=rota.zip"), "PK good").await;
        assert_eq!(sent.status, 201, "{}", sent.body);
        assert_eq!(sent.json(), json!({ "from": "upload", "name": "rota.zip", "hash": "h1" }));
    }

    fn describe(&self, annotations: Value) {
        let mut entities = self.catalog.entities.lock().expect("lock");
        let group =
            json!({ "kind": "Group", "relations": [{ "type": "hasMember", "targetRef": "user:default/amelie" }] });
        entities.insert("group:default/instant-payments".into(), group);
        let entity = json!({
            "kind": "Component",
            "metadata": { "name": "rota", "annotations": annotations },
            "spec": { "owner": "instant-payments" },
        });
        entities.insert("component:default/rota".into(), entity);
    }
}

fn material(stage: &str, kind: &str) -> Value {
    let shown = |item: &str| json!({ (item): { "url": "https://docs.bank.example/1" } });
    match (stage, kind) {
        ("ux", "native-plugin") => json!({ "ui": { "from": "upload", "name": "rota.zip", "hash": "h1" } }),
        ("ux", "documentation") => json!({ "evidence": shown("reader") }),
        ("ux", _) => json!({}),
        ("architecture", _) => json!({
            "manifest": {
                "id": "rota",
                "owner": "instant-payments",
                "routes": [{ "method": "GET", "path": "/rota" }],
                "permissions": ["catalog.entity.read"],
            },
            "evidence": if kind == "documentation" { json!({}) } else { shown("upstreams") },
        }),
        ("code", _) => json!({
            "change": { "url": "https://git.bank.example/p/1", "commit": COMMIT },
            "evidence": if kind == "documentation" { json!({}) } else { shown("tests") },
        }),
        _ => json!({ "entity": "rota" }),
    }
}

#[tokio::test]
async fn a_plugin_gets_from_a_pitch_to_live_through_every_gate() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("native-plugin", "readiness").await;
        assert_eq!(bank.at(&id).await, ("readiness".into(), "in-review".into()), "{}", db.name());
        // What is missing is said, and the gate opens by itself once it is there.
        bank.work().await;
        assert_eq!(bank.one(&id).await["standards"][0]["met"], false);
        bank.describe(json!({}));
        bank.later(60_000);
        bank.work().await;
        let unmet = bank.one(&id).await["standards"].as_array().expect("standards").clone();
        let unmet: Vec<&str> =
            unmet.iter().filter(|each| each["met"] == false).filter_map(|each| each["standard"].as_str()).collect();
        assert_eq!(unmet, ["runbook", "on-call", "slo", "classification", "liveness", "readiness"]);
        let too_soon = bank.command(&author(), &id, &json!({ "command": "go-live" })).await;
        Bank::refuses(&too_soon, 409);
    }
}

#[tokio::test]
async fn a_template_goes_live_is_flagged_once_and_cleared() {
    for db in databases().await {
        let bank = Bank::open(&db);
        bank.describe(json!({ "portico.dev/data-classification": "internal" }));
        let id = bank.to("template", "readiness").await;
        bank.work().await;
        assert_eq!(bank.at(&id).await, ("live".into(), "open".into()));
        bank.done(&author(), &id, json!({ "command": "go-live" })).await;
        Bank::refuses(&bank.command(&author(), &id, &json!({ "command": "go-live" })).await, 409);
        bank.describe(json!({ "portico.dev/data-classification": "nonsense" }));
        for _ in 0..3 {
            bank.later(60_000);
            bank.work().await;
        }
        let one = bank.one(&id).await;
        assert_eq!(one["flag"]["standards"], json!(["classification"]));
        let flagged = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.flagged'";
        assert_eq!(bank.column(flagged).await, ["g:group:default/cloud-platform"]);
        let told = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.standards'";
        assert_eq!(bank.column(told).await, ["g:group:default/instant-payments"]);
        let events = "SELECT name FROM contributions_event WHERE name = 'flagged'";
        assert_eq!(bank.column(events).await.len(), 1);
        bank.describe(json!({ "portico.dev/data-classification": "internal" }));
        bank.later(60_000);
        bank.work().await;
        assert_eq!(bank.one(&id).await["flag"], Value::Null);
        assert_eq!(bank.column(told).await.len(), 0, "what is no longer the case is taken back");
    }
}

#[tokio::test]
async fn every_jump_is_refused_and_changes_nothing() {
    for db in databases().await {
        let bank = Bank::open(&db);
        for at in ["", "ux", "architecture", "code", "readiness"] {
            let id = if at.is_empty() {
                bank.pitch(&author(), "Rota", "template").await
            } else {
                bank.to("template", at).await
            };
            let before = bank.one(&id).await;
            for stage in ["pitch", "ux", "architecture", "code", "readiness", "live"] {
                // To the first gate, and anew to the one where nobody sends it back.
                if (at.is_empty() && stage == "ux") || (at == "readiness" && stage == at) {
                    continue;
                }
                let answer = bank.submit(&id, stage).await;
                assert!(answer.status == 409, "{at} to {stage}: {} {}", answer.status, answer.body);
            }
            Bank::refuses(&bank.command(&author(), &id, &json!({ "command": "go-live" })).await, 409);
            assert_eq!(bank.one(&id).await, before, "{}", db.name());
        }
    }
}

#[tokio::test]
async fn double_self_and_stale_decisions_are_refused() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("template", "architecture").await;
        let accept = bank.accept(&id).await;
        // Nobody decides about their own, whatever groups they are in; and nobody outside the groups.
        let own = person("amelie", &["instant-payments", "technology-standards-board"]);
        Bank::refuses(&bank.command(&own, &id, &accept).await, 403);
        Bank::refuses(&bank.command(&designer(), &id, &accept).await, 403);
        let back = json!({ "command": "send-back", "stage": "architecture", "submission": 2, "changes": ["Less"] });
        Bank::refuses(&bank.command(&own, &id, &back).await, 403);
        let reject = json!({ "command": "reject", "stage": "architecture", "submission": 2, "reason": "No" });
        Bank::refuses(&bank.command(&own, &id, &reject).await, 403);
        Bank::refuses(&bank.command(&own, &id, &json!({ "command": "claim", "submission": 2 })).await, 403);
        // Twice by the same, once more than it takes, and once it is decided.
        bank.done(&architect("layla"), &id, accept.clone()).await;
        Bank::refuses(&bank.command(&architect("layla"), &id, &accept).await, 409);
        Bank::refuses(&bank.command(&architect("layla"), &id, &back).await, 409);
        bank.done(&architect("thabo"), &id, json!({ "command": "claim", "submission": 2 })).await;
        Bank::refuses(&bank.command(&architect("maxi"), &id, &accept).await, 409);
        bank.done(&architect("thabo"), &id, back.clone()).await;
        Bank::refuses(&bank.command(&architect("thabo"), &id, &back).await, 409);
        // Of an older submission: it was another one that they looked at.
        bank.submitted(&id, "architecture").await;
        Bank::refuses(&bank.command(&architect("layla"), &id, &accept).await, 409);
        Bank::refuses(&bank.command(&architect("layla"), &id, &reject).await, 409);
        let newer = bank.accept(&id).await;
        let mut elsewhere = newer.clone();
        elsewhere["stage"] = json!("code");
        Bank::refuses(&bank.command(&architect("layla"), &id, &elsewhere).await, 409);
        for name in ["layla", "thabo"] {
            bank.done(&architect(name), &id, newer.clone()).await;
        }
        Bank::refuses(&bank.command(&architect("maxi"), &id, &newer).await, 409);
        // Of another commit.
        bank.submitted(&id, "code").await;
        let mut other = bank.accept(&id).await;
        other["commit"] = json!(OTHER);
        Bank::refuses(&bank.command(&engineer(), &id, &other).await, 409);
        bank.done(&engineer(), &id, bank.accept(&id).await).await;
        assert_eq!(bank.at(&id).await, ("readiness".into(), "open".into()), "{}", db.name());
        let changes = bank.get(&author(), &format!("{BASE}/{id}/submissions/3/changes")).await;
        assert_eq!(changes["changes"], json!([]));
    }
}

#[tokio::test]
async fn two_decisions_at_once_count_once() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("template", "ux").await;
        let accept = bank.accept(&id).await;
        let (one, other) = (designer(), person("ines", &["web-banking"]));
        let (first, second) = tokio::join!(bank.command(&one, &id, &accept), bank.command(&other, &id, &accept));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{}", db.name());
        let votes = bank.one(&id).await["submissions"][0]["votes"].as_array().map(Vec::len);
        assert_eq!(votes, Some(1));
    }
}

#[tokio::test]
async fn the_ux_gate_goes_by_the_machine_and_by_waivers() {
    for db in databases().await {
        let bank = Bank::open(&db);
        *bank.evidence.finds.lock().expect("lock") = Err("there is no Chromium");
        let id = bank.pitch(&author(), "Rota", "native-plugin").await;
        // What was not sent is not submitted, and what is no zip is not taken.
        Bank::refuses(&bank.submit(&id, "ux").await, 400);
        let path = format!("{BASE}/{id}/uploads?name=x.zip");
        Bank::refuses(&bank.ask(&author(), "POST", &path, "no zip").await, 400);
        Bank::refuses(&bank.ask(&designer(), "POST", &path, "PK good").await, 403);
        bank.upload(&id).await;
        bank.submitted(&id, "ux").await;
        let accept = bank.accept(&id).await;
        Bank::refuses(&bank.command(&designer(), &id, &accept).await, 409);
        bank.work().await;
        let closed = bank.command(&designer(), &id, &accept).await;
        assert!(closed.status == 409 && closed.body.contains("there is no Chromium"), "{}", closed.body);
        *bank.evidence.finds.lock().expect("lock") = Ok(vec!["a#1"]);
        bank.later(10 * 60_000);
        bank.work().await;
        let report = bank.get(&designer(), &format!("{BASE}/{id}/submissions/1/report")).await;
        assert_eq!(report, json!({ "verdict": "whole", "found": ["a#1"] }));
        let closed = bank.command(&designer(), &id, &accept).await;
        assert!(closed.status == 409 && closed.body.contains("1 finding blocks"), "{}", closed.body);
        let waive = |expires: i64| json!({ "command": "waive", "submission": 1, "finding": "a#1", "reason": "The brand", "expires": expires });
        Bank::refuses(&bank.command(&engineer(), &id, &waive(NOW + 30 * DAY)).await, 403);
        Bank::refuses(&bank.command(&designer(), &id, &waive(NOW)).await, 400);
        bank.done(&designer(), &id, waive(NOW + 30 * DAY)).await;
        bank.done(&designer(), &id, accept).await;
        assert_eq!(bank.at(&id).await.0, "architecture", "{}", db.name());
    }
}

#[tokio::test]
async fn a_duplicate_is_found_and_joined_or_merged() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let first = bank.pitch(&author(), "On-call rota", "template").await;
        bank.pitch(&author(), "Certificates that expire", "template").await;
        let similar = bank.get(&designer(), "/api/contributions/v1/similar?q=a%20rota%20for%20teams").await;
        let items = similar["items"].as_array().expect("items");
        let titles: Vec<&str> = items.iter().filter_map(|item| item["title"].as_str()).collect();
        assert_eq!(titles, ["On-call rota", "Pager"], "{}", db.name());
        assert_eq!(items[0]["contribution"], first.as_str());
        let fan = person("priya", &[]);
        bank.here.join(&fan, &first).await.expect("joined");
        let second = bank.pitch(&fan, "A rota for all", "template").await;
        bank.done(&designer(), &second, json!({ "command": "support" })).await;
        let merge = json!({ "command": "merge", "into": first });
        Bank::refuses(&bank.command(&designer(), &second, &merge).await, 403);
        Bank::refuses(&bank.command(&fan, &second, &json!({ "command": "merge", "into": second })).await, 400);
        Bank::refuses(&bank.command(&fan, &second, &json!({ "command": "merge", "into": "none" })).await, 404);
        bank.done(&fan, &second, merge.clone()).await;
        Bank::refuses(&bank.command(&fan, &second, &merge).await, 409);
        let supporters = bank.one(&first).await["supporters"].clone();
        assert_eq!(supporters, json!(["user:default/mikko", "user:default/priya"]));
        assert_eq!(bank.at(&second).await.1, "merged");
        Bank::refuses(&bank.command(&engineer(), &second, &json!({ "command": "support" })).await, 409);
    }
}

#[tokio::test]
async fn a_rejection_is_appealed_against_once() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("template", "ux").await;
        let reject = json!({ "command": "reject", "stage": "ux", "submission": 1, "reason": "It is there" });
        bank.done(&designer(), &id, reject.clone()).await;
        Bank::refuses(&bank.submit(&id, "ux").await, 409);
        let appeal = json!({ "command": "appeal", "reason": "It is not" });
        Bank::refuses(&bank.command(&designer(), &id, &appeal).await, 403);
        bank.done(&author(), &id, appeal.clone()).await;
        Bank::refuses(&bank.command(&author(), &id, &appeal).await, 409);
        let grant = json!({ "command": "decide-appeal", "granted": true, "reason": "True" });
        Bank::refuses(&bank.command(&designer(), &id, &grant).await, 403);
        bank.done(&architect("layla"), &id, grant.clone()).await;
        Bank::refuses(&bank.command(&architect("layla"), &id, &grant).await, 409);
        Bank::refuses(&bank.command(&designer(), &id, &reject).await, 403);
        bank.done(&person("ines", &["web-banking"]), &id, reject).await;
        Bank::refuses(&bank.command(&author(), &id, &appeal).await, 409);
        assert_eq!(bank.at(&id).await.1, "rejected", "{}", db.name());
    }
}

#[tokio::test]
async fn lists_boards_and_queues_show_what_the_caller_may_see() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("template", "ux").await;
        let secret =
            json!({ "title": "Secret rota", "problem": "x", "audience": "x", "kind": "template", "owner": "secret" });
        let insider = person("ines", &["secret"]);
        let hidden =
            bank.ask(&insider, "POST", BASE, &secret.to_string()).await.json()["id"].as_str().expect("id").to_owned();
        let outsider = person("priya", &[]);
        let listed = bank.get(&outsider, BASE).await;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{}", db.name());
        assert_eq!(bank.get(&insider, BASE).await["items"].as_array().map(Vec::len), Some(2));
        Bank::refuses(&bank.ask(&outsider, "GET", &format!("{BASE}/{hidden}"), "").await, 404);
        Bank::refuses(&bank.command(&outsider, &hidden, &json!({ "command": "support" })).await, 404);
        let similar = bank.get(&outsider, "/api/contributions/v1/similar?q=secret%20rota").await;
        assert!(!similar.to_string().contains("Secret rota"), "{similar}");
        for (query, count) in
            [("stage=ux", 1), ("stage=code", 0), ("kind=template&q=rota", 1), ("state=live", 0), ("scope=mine", 0)]
        {
            let listed = bank.get(&outsider, &format!("{BASE}?{query}")).await;
            assert_eq!(listed["items"].as_array().map(Vec::len), Some(count), "{query}");
        }
        Bank::refuses(&bank.ask(&outsider, "GET", &format!("{BASE}?stage=nowhere"), "").await, 400);
        let queue = bank.get(&designer(), "/api/contributions/v1/queue").await;
        assert_eq!(queue["items"][0]["contribution"]["id"], id.as_str());
        assert_eq!(queue["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(bank.get(&outsider, "/api/contributions/v1/queue").await["items"], json!([]));
        bank.done(&designer(), &id, bank.accept(&id).await).await;
        let board = bank.get(&outsider, "/api/contributions/v1/board").await;
        assert_eq!((&board["stages"][1]["firstPass"], &board["stages"][2]["count"]), (&json!(100), &json!(1)));
        // A program reads, and takes no part.
        let program = person("service:bot", &[]);
        bank.get(&program, &format!("{BASE}/{id}")).await;
        Bank::refuses(&bank.command(&program, &id, &json!({ "command": "support" })).await, 403);
        Bank::refuses(&bank.ask(&program, "POST", BASE, &secret.to_string()).await, 403);
    }
}

#[tokio::test]
async fn nobody_is_told_of_what_they_may_not_see() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let insider = person("ines", &["secret"]);
        let pitched = async |owner: &str| {
            let pitch = json!({ "title": format!("Of {owner}"), "problem": "x", "kind": "template", "owner": owner })
                .to_string();
            bank.ask(&insider, "POST", BASE, &pitch).await.json()["id"].as_str().expect("id").to_owned()
        };
        let (open, hidden) = (pitched("").await, pitched("secret").await);
        bank.done(&person("priya", &[]), &open, json!({ "command": "follow" })).await;
        bank.done(&insider, &hidden, json!({ "command": "comment", "text": "@mikko, a secret" })).await;
        bank.done(&insider, &open, json!({ "command": "comment", "text": "@mikko, no secret" })).await;
        let told = "SELECT title FROM inbox_message WHERE recipient IN ('p:user:default/mikko', 'p:user:default/priya') ORDER BY title";
        assert_eq!(bank.column(told).await, ["A comment on Of", "You are mentioned: Of"], "{}", db.name());
        // A follower of what is merged into it does not come along.
        bank.done(&insider, &open, json!({ "command": "merge", "into": hidden })).await;
        bank.done(&insider, &hidden, json!({ "command": "comment", "text": "Another secret" })).await;
        assert!(!bank.column(told).await.iter().any(|title| title.contains("secret")), "{}", db.name());
    }
}

#[tokio::test]
async fn the_history_is_only_ever_added_to() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.pitch(&author(), "Rota", "template").await;
        let answer = bank.ask(&author(), "GET", &format!("{BASE}/{id}/history"), "").await;
        assert_eq!(answer.body.lines().count(), 1, "{}", answer.body);
        for text in ["UPDATE contributions_event SET actor = 'x'", "DELETE FROM contributions_event"] {
            let tx = db.begin().await.expect("begin");
            let refused = db::execute(&tx, text, []).await.expect_err(text).to_string();
            assert!(refused.contains("only ever added to"), "{}: {refused}", db.name());
        }
    }
}

#[tokio::test]
async fn people_and_groups_are_told_once_and_of_what_waits_until_it_is_done() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.to("template", "ux").await;
        let waiting = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.review'";
        assert_eq!(bank.column(waiting).await, ["g:group:default/web-banking"], "{}", db.name());
        let text = "@mikko look at this, @nobody";
        bank.done(&person("priya", &[]), &id, json!({ "command": "comment", "text": text })).await;
        let mentioned = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.mention'";
        assert_eq!(bank.column(mentioned).await, ["p:user:default/mikko"]);
        bank.later(6 * DAY);
        let tx = db.begin().await.expect("begin");
        kit::server::jobs::enqueue(&tx, bank.here.kit.clock.now(), sweep_job(bank.here.kit.clock.now()))
            .await
            .expect("a job");
        tx.commit().await.expect("commit");
        bank.work().await;
        let overdue = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.overdue'";
        assert_eq!(bank.column(overdue).await, ["g:group:default/web-banking"]);
        bank.done(&designer(), &id, bank.accept(&id).await).await;
        assert_eq!(bank.column(waiting).await.len(), 0);
        let passed = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.passed'";
        assert_eq!(bank.column(passed).await, ["p:user:default/amelie"]);
        let audited = "SELECT action FROM audit_event WHERE action LIKE 'contributions.%' ORDER BY id";
        let audited = bank.column(audited).await;
        let expected =
            ["pitch", "submit", "comment", "accept"].map(|verb| format!("contributions.contribution.{verb}"));
        assert_eq!(audited, expected);
    }
}

#[tokio::test]
async fn a_draft_is_kept_for_its_writer_until_it_is_pitched() {
    for db in databases().await {
        let bank = Bank::open(&db);
        let pitch = review::Pitch { title: "Rota".into(), problem: "x".into(), ..review::Pitch::default() };
        bank.here.save_draft(&author(), &pitch).await.expect("kept");
        assert_eq!(bank.here.draft(&author()).await.expect("read"), pitch);
        assert_eq!(bank.here.draft(&designer()).await.expect("read"), review::Pitch::default());
        bank.here.pitch(&author(), pitch).await.expect("pitched");
        assert_eq!(bank.here.draft(&author()).await.expect("read"), review::Pitch::default(), "{}", db.name());
        Bank::refuses(
            &bank.ask(&author(), "POST", BASE, "{\"title\": \"\", \"problem\": \"\", \"kind\": \"template\"}").await,
            400,
        );
        let unowned = json!({ "title": "x", "problem": "x", "kind": "template", "owner": "nobody" });
        Bank::refuses(&bank.ask(&author(), "POST", BASE, &unowned.to_string()).await, 400);
        let list = json!(["A pitch", "as a list"]);
        Bank::refuses(&bank.ask(&author(), "POST", BASE, &list.to_string()).await, 400);
    }
}

/// Words of an example bank, for texts that are made by the dozen.
const WORDS: [&str; 40] = [
    "payment",
    "ledger",
    "rota",
    "incident",
    "template",
    "customer",
    "card",
    "limit",
    "approval",
    "statement",
    "deposit",
    "mortgage",
    "pricing",
    "alert",
    "pipeline",
    "secret",
    "token",
    "consent",
    "screening",
    "report",
    "treasury",
    "collateral",
    "branch",
    "mobile",
    "gateway",
    "schema",
    "archive",
    "batch",
    "runbook",
    "dashboard",
    "latency",
    "quota",
    "certificate",
    "mandate",
    "dispute",
    "terminal",
    "forecast",
    "cost",
    "owner",
    "standard",
];

/// How long it takes to find what is like an idea among 50,000 contributions; a few in a test run, to hold that it works.
#[tokio::test]
async fn what_is_like_an_idea_is_found_quickly_among_many() {
    let soak = std::env::var("PORTICO_SOAK").is_ok_and(|soak| soak == "full");
    let (many, asked) = if soak { (50_000_u64, 400) } else { (300, 20) };
    for db in databases().await {
        let bank = Bank::open(&db);
        let id = bank.pitch(&author(), "A rota of certificates", "template").await;
        let text = |seed: u64, length: u64| -> String {
            let word = |at: u64| {
                let mixed = (seed * 31 + at).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
                // Half the words are common, and half are of a long tail, as in any bank.
                let common = WORDS[(mixed % 40) as usize];
                if mixed.is_multiple_of(2) { common.to_owned() } else { format!("{common}{}", mixed % 4_000) }
            };
            (0..length).map(word).collect::<Vec<_>>().join(" ")
        };
        let tx = db.begin().await.expect("begin");
        for row in 0..many {
            let text_of = text(row, 60);
            let insert = "INSERT INTO contributions_contribution (title, problem, kind, owner, author, stage, state, next_action, whose, supporters, submission, entity, \
                          is_flagged, snapshot, seq, since, created_at, changed_at, uuid) VALUES (?, '', 'template', '', 'user:default/x', 'pitch', 'open', '', '', 0, 0, '', \
                          FALSE, '{}', 1, 0, 0, 0, ?) RETURNING id";
            let made = db::rows(&tx, insert, [text(row, 5).into(), format!("many-{row}").into()]).await.expect("a row");
            let made: i64 = made[0].try_get("", "id").expect("a number");
            kit::server::search::put(&tx, super::store::SEARCHED, made, &text_of).await.expect("its words");
        }
        tx.commit().await.expect("commit");
        // The words are read again after a minute.
        bank.later(61_000);
        let mut took = Vec::new();
        for seed in 0..asked {
            let idea = text(1_000_000 + seed, 30);
            let begun = std::time::Instant::now();
            let found = bank.here.similar(&designer(), &idea).await.expect("found");
            took.push(begun.elapsed());
            assert!(!found.is_empty(), "{idea}");
        }
        took.sort_unstable();
        let p95 = took[took.len() * 95 / 100];
        println!("{}: like an idea among {many}: p95 {p95:?}, middle {:?}", db.name(), took[took.len() / 2]);
        let found = bank.here.similar(&designer(), "certificates on a rota").await.expect("found");
        assert!(found.iter().any(|similar| similar.contribution == id), "{found:?}");
    }
}
