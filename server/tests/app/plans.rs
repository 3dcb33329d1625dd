//! Every query of a page is answered through an index, on both databases.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use catalog::info::READ_ENTITIES;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::authorise::{Attribute, Filter};
use kit::server::db::{STATEMENTS, rows};
use kit::server::testing::databases;
use sea_orm::{ConnectionTrait, DatabaseBackend, TransactionTrait};
use server::config::Config;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::support::{Answer, TestApp, component_of, person};

/// Pages and API calls whose statements are explained; `{cursor}` is the second page's.
const ASKED: [&str; 19] = [
    "/",
    "/catalog",
    "/catalog?page={cursor}",
    "/catalog?sort=-changed",
    "/catalog?sort=owner",
    "/catalog?kind=component",
    "/catalog?kind=component&lifecycle=production&type=service",
    "/catalog?owner=group:default/team-3&sort=lifecycle",
    "/catalog?tag=java&kind=component",
    "/catalog?q=payments&kind=api",
    "/catalog/default/component/service-7",
    "/catalog/default/group/team-3",
    "/catalog/default/user/user-3",
    "/catalog/default/group/team-3?tab=relations",
    "/catalog/default/component/service-7?tab=relations&hops=3",
    "/catalog/default/component/service-7?tab=descriptor",
    "/locations",
    "/api/catalog/entities/by-query?filter=kind=component,spec.lifecycle=production&orderField=metadata.name,asc&limit=20",
    "/api/catalog/entities/by-query?filter=relations.ownedby=group:default/team-3&limit=20",
];

#[tokio::test]
async fn no_page_reads_a_whole_table() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &bank(600));
        app.import_from(&app.path(""), true).await;
        let read = app.db().read();
        let many = "INSERT INTO catalog_location (kind, target, trust_org, state, created_at, created_by) \
                    SELECT 'dir', ref, FALSE, CASE WHEN id % 9 = 0 THEN 'errors' ELSE 'ok' END, 0, 'test' FROM catalog_entity";
        read.execute_unprepared(many).await.expect("many locations");
        read.execute_unprepared("ANALYZE").await.expect("statistics");
        let second = app.get("/catalog").await.body;
        let cursor =
            second.split("page=").nth(1).and_then(|rest| rest.split('"').next()).expect("a second page").to_owned();
        let mut bad = String::new();
        for path in ASKED {
            let path = path.replace("{cursor}", &cursor);
            for statement in statements_of(&app, &path).await {
                let plan = plan(&app, &statement).await;
                if let Some(line) = plan.lines().find(|line| reads_all(db.backend(), line)) {
                    let _ = writeln!(bad, "{}: {path}\n  {statement}\n  {line}", db.name());
                }
            }
        }
        assert!(bad.is_empty(), "{bad}");
    }
}

/// What people may see, as conditions of the sort that policies come to; all but the last show a good part of the catalog.
fn filters() -> Vec<(Filter, bool)> {
    let any =
        |attribute, values: &[&str]| Filter::In(attribute, values.iter().map(|value| (*value).to_owned()).collect());
    let owners = any(Attribute::Owner, &["group:default/team-1", "group:default/team-2", "group:default/team-3"]);
    vec![
        (any(Attribute::Namespace, &["default", "open"]), true),
        (any(Attribute::Kind, &["component", "system"]), true),
        (Filter::Not(Box::new(any(Attribute::Namespace, &["secret"]))), true),
        (owners.clone(), true),
        (Filter::Some(vec![any(Attribute::Kind, &["group", "user"]), owners]), true),
        (any(Attribute::Owner, &["group:default/team-4"]), true),
        (any(Attribute::Namespace, &["nowhere"]), false),
    ]
}

#[tokio::test]
async fn no_page_under_a_filter_reads_a_whole_table_and_lists_stay_in_the_order_of_an_index() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("all.yaml", &bank(600));
        operator.import_from(&operator.path(""), true).await;
        let person = Principal {
            kind: PrincipalKind::Person,
            subject: "user:default/jane".into(),
            name: "Jane".into(),
            groups: Vec::new(),
            administrator: false,
            via: Via::Session(1),
            scopes: None,
            request: "test".into(),
        };
        let app = TestApp::with(&db, Config::default(), &[], Caller::Principal(Arc::new(person)));
        let mut bad = String::new();
        let sorts = |statement: &str, line: &str| {
            statement.contains("order_value") && line.contains("TEMP B-TREE FOR ORDER BY")
        };
        for path in ASKED.into_iter().filter(|path| !path.contains("{cursor}")) {
            // What is sorted where all may be seen: few rows that another condition finds.
            let mut sorted = false;
            for statement in statements_of(&operator, path).await {
                sorted |= plan(&operator, &statement).await.lines().any(|line| sorts(&statement, line));
            }
            for (filter, is_broad) in filters() {
                app.restrict(READ_ENTITIES.action, &filter);
                for statement in heard(&app, path).await.1 {
                    let plan = plan(&app, &statement).await;
                    let wrong = plan
                        .lines()
                        .find(|line| reads_all(db.backend(), line) || is_broad && !sorted && sorts(&statement, line));
                    if let Some(line) = wrong {
                        let _ = writeln!(bad, "{}: {filter:?}: {path}\n  {statement}\n  {line}", db.name());
                    }
                }
            }
        }
        assert!(bad.is_empty(), "{bad}");
    }
}

#[tokio::test]
async fn a_list_of_the_few_that_may_be_seen_begins_with_them() {
    let db = databases().await.swap_remove(0);
    let operator = TestApp::new(&db);
    operator.write("all.yaml", &bank(600));
    operator.write("rare.yaml", &component_of("the-rare-one", "rare", ""));
    operator.import_from(&operator.path(""), true).await;
    let app = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
    app.restrict(READ_ENTITIES.action, &Filter::In(Attribute::Owner, vec!["group:default/rare".into()]));
    for path in ["/catalog?kind=component", "/api/catalog/entities/by-query?filter=kind=component"] {
        let (answer, statements) = heard(&app, path).await;
        assert!(answer.body.contains("the-rare-one") && !answer.body.contains("service-7"), "{}", answer.body);
        let lists: Vec<&String> = statements.iter().filter(|statement| statement.contains("order_value")).collect();
        assert!(!lists.is_empty(), "{statements:?}");
        for statement in lists {
            let plan = plan(&app, statement).await;
            let begins_with_them = plan.contains("catalog_entity_owner") && !plan.contains("LIST SUBQUERY");
            assert!(begins_with_them, "{path}\n  {statement}\n  {plan}");
        }
    }
}

/// What a page asks the database.
pub async fn statements_of(app: &TestApp, path: &str) -> Vec<String> {
    let (answer, statements) = heard(app, path).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.status);
    assert!(!statements.is_empty(), "{path} asks the database");
    statements
}

async fn heard(app: &TestApp, path: &str) -> (Answer, Vec<String>) {
    let heard = Heard::default();
    let layer = heard.clone().with_filter(Targets::new().with_target(STATEMENTS, tracing::Level::TRACE));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let answer = app.get(path).await;
    drop(guard);
    let statements = heard.0.lock().expect("one thread").clone();
    (answer, statements)
}

async fn plan(app: &TestApp, statement: &str) -> String {
    let read = app.db().read();
    if app.db().backend() == DatabaseBackend::Sqlite {
        let lines = rows(read, &format!("EXPLAIN QUERY PLAN {statement}"), []).await.expect("a plan");
        return lines.iter().map(|row| row.try_get::<String>("", "detail").expect("a line") + "\n").collect();
    }
    // A small table is read whole because that is cheaper; what is asked here is whether an index could serve.
    let tx = read.begin().await.expect("a transaction");
    tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.expect("a setting");
    let lines = rows(&tx, &format!("EXPLAIN {statement}"), []).await.expect("a plan");
    lines.iter().map(|row| row.try_get::<String>("", "QUERY PLAN").expect("a line") + "\n").collect()
}

/// Whether a line of a plan says that a table of ours is read from end to end without the order of an index.
fn reads_all(backend: DatabaseBackend, line: &str) -> bool {
    if backend == DatabaseBackend::Postgres {
        return line.contains("Seq Scan on catalog_");
    }
    let line = line.trim();
    let scans = line.starts_with("SCAN ") && !line.contains("VIRTUAL TABLE") && !line.contains("CONSTANT ROW");
    // A walk along an index that the limit ends, and a walk over a subquery's few rows, are no scans of a table.
    let subquery = ["SCAN n", "SCAN d", "SCAN g", "SCAN counted", "SCAN (subquery"]
        .iter()
        .any(|known| line == *known || line.starts_with("SCAN (subquery"));
    scans && !line.contains("USING INDEX") && !line.contains("USING COVERING INDEX") && !subquery
}

/// A bank of `services` services with owners, systems, tags and APIs.
fn bank(services: usize) -> String {
    let mut text = String::new();
    for team in 0..12 {
        let _ = writeln!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: team-{team}}}\nspec: {{type: team, parent: team-{}, children: []}}",
            team / 2
        );
        let _ = writeln!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {{name: user-{team}}}\nspec: {{memberOf: [team-{team}, team-0]}}"
        );
    }
    for service in 0..services {
        let (team, system) = (service % 12, service % 40);
        let lifecycle = ["production", "experimental", "deprecated"][service % 3];
        let kind = ["service", "website", "library"][service % 3];
        let tag = ["java", "rust", "kafka", "pci"][service % 4];
        let _ = writeln!(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: service-{service}, tags: [{tag}], description: payments of day {service}}}\n\
             spec: {{type: {kind}, lifecycle: {lifecycle}, owner: team-{team}, system: system-{system}, dependsOn: [component:service-{}]}}",
            service / 2
        );
    }
    text
}

/// The statements that were traced.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Record(self));
    }
}

struct Record<'a>(&'a Heard);

impl Visit for Record<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "statement" {
            self.0.0.lock().expect("one thread").push(format!("{value:?}"));
        }
    }
}
