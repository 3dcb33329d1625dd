//! A second plugin, as small as one can be, proves the contract: what it does wrong costs its own pages and nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Extension;
use axum::body::Body;
use http::Method;
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::{Hit, Permission, PluginInfo};
use kit::server::audit;
use kit::server::authorise::Resource;
use kit::server::context::Kit;
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use kit::server::plugin::{Health, Plugin, Routes};
use kit::server::testing::{TestDb, databases};
use serde_json::json;
use server::config::Config;

use crate::support::{TestApp, component, request};

const READ: Permission = Permission { action: "probe.item.read", allows: "read the probe", writes: false };

pub static INFO: PluginInfo = PluginInfo {
    id: "probe",
    title: "Probe",
    prefixes: &["/probe", "/api/probe"],
    navigation: &[],
    permissions: &[READ],
    page: |_| Box::pin(async { Err(AppError::nowhere()) }),
};

const COUNT: &str = "probe.count";

pub struct Probe {
    down: bool,
    kit: Option<Kit>,
}

#[async_trait]
impl Plugin for Probe {
    fn info(&self) -> &'static PluginInfo {
        &INFO
    }

    fn routes(&self) -> Routes {
        Routes::new().get("/api/probe/item", item).get("/probe/panic", panics).post("/api/probe/panic", panics)
    }

    fn jobs(&self) -> Vec<(&'static str, Arc<dyn Handler>)> {
        self.kit.iter().map(|kit| (COUNT, Arc::new(Count(kit.clone())) as Arc<dyn Handler>)).collect()
    }

    async fn health(&self) -> Health {
        if self.down { Health::Down("the probe is unplugged".into()) } else { Health::Up }
    }

    async fn search(&self, _: &Caller, query: &str, limit: u32) -> Vec<Hit> {
        let hit = Hit {
            title: format!("About {query}"),
            detail: String::new(),
            kind: "Probe".into(),
            path: "/probe/1".into(),
        };
        vec![hit; limit.min(1) as usize]
    }
}

async fn item(Extension(kit): Extension<Kit>, Extension(caller): Extension<Caller>) -> Result<&'static str, AppError> {
    kit.authorise(&caller, &READ, &Resource::All).await?;
    Ok("an item")
}

async fn panics() -> &'static str {
    panic!("the probe's secret: {}", ["never", "shown"].join("-"))
}

/// Writes an event for each run.
struct Count(Kit);

#[async_trait]
impl Handler for Count {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let tx = self.0.db.begin().await?;
        lease.fence(&tx).await?;
        let event = audit::Event {
            at: self.0.clock.now(),
            actor: &Caller::System,
            action: COUNT,
            resource: &lease.key,
            detail: json!({}),
        };
        audit::append(&tx, event).await?;
        tx.commit().await?;
        Ok(Next::Done)
    }
}

async fn app(db: &TestDb, down: bool, caller: Caller) -> TestApp {
    let app = TestApp::with(db, Config::default(), &[Arc::new(Probe { down, kit: None })], caller);
    app.write("a.yaml", &component("a"));
    app.import().await;
    app
}

#[tokio::test]
async fn its_routes_are_served_and_authorise() {
    let db = databases().await.swap_remove(0);
    assert_eq!(app(&db, false, Caller::Operator).await.get("/api/probe/item").await.body, "an item");
    let refused = app(&db, false, Caller::Anonymous).await.get_json("/api/probe/item").await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"]["error"].clone()), (401, json!("unauthenticated")));
}

#[tokio::test]
async fn its_jobs_run_through_the_one_machinery() {
    for db in databases().await {
        let mut app = app(&db, false, Caller::Operator).await;
        let kit = app.instance.kit.clone();
        app.instance.plugins.push(Arc::new(Probe { down: false, kit: Some(kit) }));
        let tx = app.db().begin().await.expect("begin");
        for key in ["1", "2"] {
            let job = NewJob { kind: COUNT, key: key.into(), payload: json!({}), run_at: 0, max_attempts: 1 };
            jobs::enqueue(&tx, 0, job).await.expect("enqueue");
        }
        tx.commit().await.expect("commit");
        app.instance.worker().run_due(COUNT, &[]).await.expect("the jobs ran");
        let done = app.column("SELECT resource FROM audit_event WHERE action = 'probe.count' ORDER BY resource").await;
        assert_eq!(done, ["1", "2"], "{}", app.name);
        assert_eq!(
            app.column("SELECT kind FROM job ORDER BY kind").await,
            ["catalog.refresh", "golden-paths.watch", "templates.watch"],
            "what is done has no row"
        );
    }
}

#[tokio::test]
async fn its_hits_are_in_the_search() {
    let probe = Probe { down: false, kit: None };
    assert_eq!(probe.search(&Caller::Operator, "x", 5).await.len(), 1);
    let db = databases().await.swap_remove(0);
    let app = app(&db, false, Caller::Operator).await;
    let hits = app.instance.catalog.search(&Caller::Operator, "a", 5).await;
    assert_eq!(
        hits,
        [Hit {
            title: "a".into(),
            detail: String::new(),
            kind: "Component".into(),
            path: "/catalog/default/component/a".into()
        }]
    );
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_tells_nothing() {
    let db = databases().await.swap_remove(0);
    let app = app(&db, false, Caller::Operator).await;
    for method in [Method::GET, Method::POST] {
        let path = if method == Method::GET { "/probe/panic" } else { "/api/probe/panic" };
        let answer = app.send(request(method, path).header("accept", "text/html").body(Body::empty())).await;
        assert_eq!(answer.status, 500);
        assert!(
            answer.body.contains("Something failed on our side") && answer.body.contains("quote"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("secret") && !answer.body.contains("never-shown"), "{}", answer.body);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    }
    assert_eq!(app.get("/catalog/default/component/a").await.status, 200);
}

#[tokio::test]
async fn while_it_is_down_the_instance_is_not_ready_and_says_why_and_the_catalog_works() {
    let db = databases().await.swap_remove(0);
    let down = app(&db, true, Caller::Operator).await;
    let ready = down.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), ready.body.as_str()),
        (
            503,
            "catalog: up\ndesign: up\naudit: up\naccess: up\nsettings: up\ntemplates: up\ncontributions: up\ngolden-paths: up\nsearch: up\ninbox: up\nprobe: down: the probe is unplugged\n"
        )
    );
    assert_eq!(down.get("/healthz").await.status, 200, "the process itself is fine");
    assert_eq!(down.get("/catalog").await.status, 200);
    assert_eq!(down.get("/").await.status, 200);
    assert_eq!(app(&db, false, Caller::Operator).await.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn an_instance_without_the_catalog_says_that_it_is_unavailable_and_serves_the_rest() {
    let db = databases().await.swap_remove(0);
    let config = Config { plugins: vec!["probe".into()], ..Config::default() };
    let app = TestApp::with(&db, config, &[Arc::new(Probe { down: false, kit: None })], Caller::Operator);
    for path in ["/catalog", "/catalog/default/component/a", "/locations"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(
            answer.body.starts_with("<!DOCTYPE html>") && answer.body.contains("Unavailable at the moment"),
            "{path}: {}",
            answer.body
        );
    }
    for path in ["/api/catalog/entities/by-query", "/catalog"] {
        let answer = app.get_json(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"]["error"].clone()),
            (503, json!("unavailable")),
            "{path}"
        );
    }
    assert_eq!(app.page("/catalog").await.status, 503);
    assert_eq!(app.get("/api/probe/item").await.status, 200);
    assert_eq!(app.get("/catalogue").await.status, 404, "a prefix ends at a segment");
    let home = app.get("/").await;
    assert_eq!(home.status, 200, "the home page is there");
    assert!(
        home.body.contains("action=\"/catalog\"") && home.body.contains("unavailable at the moment"),
        "{}",
        home.body
    );
}
