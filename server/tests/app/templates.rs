//! Templates: published as versions, shown to whoever may see them, and what is made with them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use kit::identity::Caller;
use kit::server::authorise::{Attribute, Filter};
use kit::server::entities::{Entities, EntityQuery};
use kit::server::testing::databases;
use scaffold::action::Origin;
use serde_json::{Value, json};
use server::config::Config;

use crate::support::{TestApp, component, component_of, parsed, person, template};

const FORM: &str = "application/x-www-form-urlencoded";

/// Five minutes and a second: after that files are looked at again.
const LATER: i64 = 301_000;

/// An instance that has read what was written into it.
async fn published(app: &TestApp) -> i64 {
    let id = app.import().await;
    app.publish().await;
    id
}

async fn numbers(app: &TestApp) -> Vec<String> {
    app.column("SELECT number FROM definition_version ORDER BY id").await
}

#[tokio::test]
async fn a_template_has_a_version_soon_after_it_or_its_files_changed() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("t/template.yaml", &template("service", "team-a", ""));
        app.write("t/skeleton/README.md", "# ${{ values.name }}\n");
        app.write("t/other/README.md", "not reached\n");
        let id = published(&app).await;
        assert_eq!(numbers(&app).await, ["1.0.0"], "{}", app.name);
        let files = app.column("SELECT path FROM definition_file ORDER BY path").await;
        assert_eq!(files, ["t/skeleton/README.md", "t/template.yaml"], "{}", app.name);
        app.publish().await;
        assert_eq!(numbers(&app).await, ["1.0.0"], "nothing changed");
        app.write("t/skeleton/README.md", "# The ${{ values.name }}\n");
        app.instance.kit.clock.advance(LATER);
        app.publish().await;
        assert_eq!(numbers(&app).await, ["1.0.0", "1.0.1"], "a skeleton changes without its descriptor");
        app.write("t/template.yaml", &template("service", "team-b", "  version: 2.0.0\n"));
        app.refresh(id).await;
        app.publish().await;
        assert_eq!(numbers(&app).await, ["1.0.0", "1.0.1", "2.0.0"], "{}", app.name);
        let page = app.get("/create/templates/default/service").await;
        for part in
            ["The service", "2.0.0", "Write the files", "<em>a thing</em>", "bank:say", "What it asks", "team-b"]
        {
            assert!(page.body.contains(part), "{}: {part} {}", app.name, page.body);
        }
        let changes = app.get("/create/templates/default/service/versions/1.0.1").await.body;
        assert!(
            changes.contains("Changes from 1.0.0") && changes.contains("1 line added, 1 line removed"),
            "{changes}"
        );
        let compared = app.get("/create/templates/default/service/versions/2.0.0?from=1.0.0").await.body;
        assert!(compared.contains("Changes from 1.0.0") && compared.contains("t/template.yaml"), "{compared}");
        app.remove("t/template.yaml");
        app.refresh(id).await;
        let uids = app.column("SELECT uid FROM catalog_entity").await;
        app.instance.catalog.catalog.delete_entity(&Caller::Operator, &uids[0]).await.expect("deleted");
        app.publish().await;
        assert_eq!(app.get("/create/templates/default/service").await.status, 404, "{}", app.name);
        assert_eq!(numbers(&app).await.len(), 3, "runs still have their versions");
    }
}

#[tokio::test]
async fn a_template_whose_source_is_down_keeps_its_version_and_one_that_is_wrong_says_so() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("t/template.yaml", &template("service", "team-a", ""));
        app.write("t/skeleton/x", "x");
        published(&app).await;
        let (here, away) = (app.path(""), app.path("").with_extension("away"));
        std::fs::rename(&here, &away).expect("moved away");
        app.post("/api/templates/fn/check", FORM, "template=template:default/service").await;
        app.publish().await;
        let page = app.get("/create/templates/default/service").await.body;
        assert!(page.contains("could not be made a version") && page.contains("Version 1.0.0 stays in use"), "{page}");
        std::fs::rename(&away, &here).expect("moved back");
        app.instance.kit.clock.advance(LATER);
        app.publish().await;
        let page = app.get("/create/templates/default/service").await.body;
        assert!(!page.contains("could not be made a version"), "{}: it is read again by itself {page}", app.name);
        app.write("t/template.yaml", &template("service", "team-a", "").replace("./skeleton", "./none"));
        app.instance.kit.clock.advance(LATER);
        app.publish().await;
        let page = app.get("/create/templates/default/service").await.body;
        assert!(page.contains("t/none does not exist"), "{}: {page}", app.name);
    }
}

#[tokio::test]
async fn a_template_that_is_hidden_is_as_if_it_were_not_there() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("open/template.yaml", &template("open", "team-a", ""));
        operator.write("secret/template.yaml", &template("secret-one", "team-b", ""));
        published(&operator).await;
        let all = operator.get("/create").await.body;
        assert!(all.contains("The open") && all.contains("The secret-one") && all.contains("2 templates"), "{all}");
        let open = Filter::In(Attribute::Owner, vec!["group:default/team-a".into()]);
        for action in ["templates.template.read", "catalog.entity.read"] {
            let jane = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
            jane.restrict(action, &open);
            for address in [
                "/create",
                "/create?q=secret",
                "/create?owner=group:default/team-b",
                "/create?type=service",
                "/search?q=secret",
            ] {
                let body = jane.get(address).await.body;
                // The search also tells what the catalog shows.
                let told =
                    if address.starts_with("/search") { "/create/templates/default/secret-one" } else { "secret-one" };
                assert!(!body.contains(told), "{} {action} {address}: {body}", operator.name);
            }
            assert!(jane.get("/create").await.body.contains("1 template"), "{} {action}", operator.name);
            let page = "/create/templates/default/secret-one";
            for address in [page.to_owned(), format!("{page}/versions"), format!("{page}/versions/1.0.0")] {
                let hidden = jane.page(&address).await;
                let none = jane.page(&address.replace("secret-one", "no-such-1")).await;
                assert_eq!(
                    (hidden.status.as_u16(), none.status.as_u16()),
                    (404, 404),
                    "{} {action} {address}",
                    operator.name
                );
                assert_eq!(
                    hidden.body.replace("secret-one", "no-such-1"),
                    none.body,
                    "{} {action} {address}",
                    operator.name
                );
            }
            for (path, body) in [
                ("star", "item=template:default/secret-one&starred=true"),
                ("check", "template=template:default/secret-one"),
                ("change-version", "template=template:default/secret-one&number=1.0.0&state=withdrawn&reason=x"),
            ] {
                let answer = jane.post(&format!("/api/templates/fn/{path}"), FORM, body).await;
                assert_eq!(answer.status, 404, "{} {action} {path}: {}", operator.name, answer.body);
            }
            let run = json!({ "templateRef": "template:default/secret-one", "values": { "name": "x" } }).to_string();
            let run = jane.post("/api/scaffolder/v2/tasks", "application/json", &run).await;
            assert_eq!(run.status, 404, "{} {action}: {}", operator.name, run.body);
            let schema = "/api/scaffolder/v2/templates/default/template/secret-one/parameter-schema";
            assert_eq!(jane.get_json(schema).await.status, 404, "{} {action}", operator.name);
        }
        let schema = "/api/scaffolder/v2/templates/default/Template/open/parameter-schema";
        let schema = operator.get_json(schema).await.json();
        assert_eq!(schema["steps"][0]["title"], "About", "{schema}");
        assert_eq!(schema["steps"][0]["schema"]["properties"]["name"]["type"], "string", "{schema}");
    }
}

#[tokio::test]
async fn who_may_not_run_a_template_sees_it_and_is_told_and_the_gallery_narrows() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a/template.yaml", &template("alpha", "team-a", ""));
        operator.write(
            "b/template.yaml",
            &template("beta", "team-b", "").replace("tags: [java, recommended]", "tags: [rust]"),
        );
        published(&operator).await;
        let jane = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
        jane.put_policy(
            "@id(\"restricted\") forbid (principal, action == Action::\"templates.template.run\", resource) when { resource.owner == Group::\"group:default/team-b\" };",
        );
        let body = jane.get("/create").await.body;
        assert_eq!(body.matches("You may not run it").count(), 1, "{}: {body}", operator.name);
        let page = jane.get("/create/templates/default/beta").await.body;
        assert!(
            page.contains("You lack the right to run this template") && !page.contains("Use this template"),
            "{page}"
        );
        assert!(
            jane.get("/create/templates/default/alpha").await.body.contains("/create/templates/default/alpha/form")
        );
        for (query, shown) in [
            ("tag=rust", ["beta"].as_slice()),
            ("tag=rust&tag=java", &["alpha", "beta"]),
            ("owner=group:default/team-a", &["alpha"]),
            ("q=alp", &["alpha"]),
            ("type=website", &[]),
            ("show=starred", &["beta"]),
            ("show=recent", &[]),
        ] {
            jane.post("/api/templates/fn/star", FORM, "item=template:default/beta&starred=true").await;
            let body = jane.get(&format!("/create?{query}")).await.body;
            let found: Vec<&str> =
                ["alpha", "beta"].into_iter().filter(|name| body.contains(&format!("The {name}</a>"))).collect();
            assert_eq!(found, shown, "{} {query}: {body}", operator.name);
        }
        assert!(
            jane.get("/search?q=alpha").await.body.contains("/create/templates/default/alpha"),
            "{}",
            operator.name
        );
        assert!(jane.get("/starred").await.body.contains("/create/templates/default/beta"), "{}", operator.name);
    }
}

#[tokio::test]
async fn a_family_is_shown_as_one_with_its_majors() {
    for db in databases().await {
        let app = TestApp::new(&db);
        for name in ["service-v1", "service-v2", "other"] {
            app.write(&format!("{name}/template.yaml"), &template(name, "team-a", ""));
        }
        published(&app).await;
        let body = app.get("/create").await.body;
        assert!(
            body.contains("2 templates") && body.contains("The service-v2</a>") && !body.contains("The service-v1</a>"),
            "{body}"
        );
        assert!(body.contains("/create/templates/default/service-v1"), "{}: it leads to the other major", app.name);
        let first = app.get("/create/templates/default/service-v1").await.body;
        assert!(first.contains("/create/templates/default/service-v2"), "{}", app.name);
        // Where the newer one is hidden, the older one stands for the family.
        let jane = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
        jane.put_policy(
            "@id(\"restricted\") forbid (principal, action == Action::\"templates.template.read\", resource == Thing::\"template:default/service-v2\");",
        );
        let body = jane.get("/create").await.body;
        assert!(body.contains("The service-v1</a>") && !body.contains("service-v2"), "{}: {body}", app.name);
    }
}

#[tokio::test]
async fn owners_deprecate_and_withdraw_versions_and_nobody_else_does() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("t/template.yaml", &template("service", "team-a", ""));
        let id = published(&operator).await;
        operator.write("t/template.yaml", &template("service", "team-a", "").replace("Say it", "Say it again"));
        operator.refresh(id).await;
        operator.publish().await;
        let change = |number: &str, state: &str, more: &str| {
            format!("template=template:default/service&number={number}&state={state}{more}")
        };
        let path = "/api/templates/fn/change-version";
        let other = TestApp::with(&db, Config::default(), &[], person("user:default/joe", &["group:default/team-b"]));
        let refused = other.post(path, FORM, &change("1.0.1", "withdrawn", "&reason=x")).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert!(refused.body.contains("group:default/team-a, which owns it"), "{}", refused.body);
        assert!(!other.get("/create/templates/default/service/versions/1.0.1").await.body.contains("Withdraw it"));
        let owner = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &["group:default/team-a"]));
        assert_eq!(owner.post(path, FORM, &change("1.0.1", "withdrawn", "")).await.status, 400, "without a reason");
        assert_eq!(owner.post(path, FORM, &change("1.0.1", "gone", "&reason=x")).await.status, 400);
        assert_eq!(
            owner.post(path, FORM, &change("1.0.1", "deprecated", "&reason=x&successor=9.9.9")).await.status,
            404
        );
        assert!(
            owner
                .post(path, FORM, &change("1.0.1", "deprecated", "&reason=slow&successor=1.0.0"))
                .await
                .status
                .as_u16()
                < 400
        );
        let page = owner.get("/create/templates/default/service").await.body;
        assert!(page.contains("This version is deprecated") && page.contains("Use 1.0.0 instead"), "{page}");
        assert!(owner.post(path, FORM, &change("1.0.1", "withdrawn", "&reason=broken")).await.status.as_u16() < 400);
        let page = owner.get("/create/templates/default/service").await.body;
        assert!(
            page.contains("/create/templates/default/service/versions/1.0.0"),
            "{}: the one before is in use {page}",
            operator.name
        );
        assert!(owner.get("/create/templates/default/service/versions").await.body.contains("Withdrawn"));
        assert!(owner.post(path, FORM, &change("1.0.1", "current", "")).await.status.as_u16() < 400);
        let actions =
            operator.column("SELECT action FROM audit_event WHERE action LIKE 'templates.version.%' ORDER BY id").await;
        let (publish, change) = ("templates.version.publish", "templates.version.change");
        assert_eq!(actions.iter().filter(|each| *each == publish).count(), 2, "{actions:?}");
        assert!(actions.iter().filter(|each| *each == change).count() >= 3, "{actions:?}");
    }
}

#[tokio::test]
async fn what_a_run_registers_bears_its_template_and_the_page_tells_what_is_behind() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("t/template.yaml", &template("service", "team-a", ""));
        let id = published(&app).await;
        let made = tempfile::tempdir().expect("a folder");
        let descriptor = component_of("made", "team-a", "");
        std::fs::write(made.path().join("catalog-info.yaml"), format!("{descriptor}---\n{}", component("beside")))
            .expect("written");
        let target = made.path().canonicalize().expect("a path").join("catalog-info.yaml").display().to_string();
        let catalog: &dyn Entities = &app.instance.catalog.catalog;
        let (template_ref, version, task) = ("template:default/service".into(), "1.0.0".into(), "a-run".into());
        let bears = Origin { template: template_ref, version, task, strict: false }.annotations();
        let register = async || {
            let registered = Cell::new(false);
            let registering = async {
                let made = catalog.register(&Caller::Operator, &target, &bears).await.expect("registered");
                registered.set(true);
                made
            };
            // It is never cut off: with a clock that stands still nobody would take over what it holds.
            let working = async {
                while !registered.get() {
                    app.work().await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::join!(registering, working).0
        };
        assert_eq!(register().await, "component:default/made", "{}", app.name);
        assert_eq!(register().await, "component:default/made", "{}: again", app.name);
        for name in ["made", "beside"] {
            let entity = catalog
                .entity(&Caller::Operator, &format!("component:default/{name}"))
                .await
                .expect("read")
                .expect("there");
            let annotations = &entity["metadata"]["annotations"];
            assert_eq!(annotations["portico.io/template"], "template:default/service", "{annotations}");
            assert_eq!(annotations["portico.io/template-version"], "1.0.0", "{annotations}");
            assert_eq!(annotations["backstage.io/source-template"], "template:default/service", "{annotations}");
        }
        let page = app.get("/create/templates/default/service").await.body;
        assert!(
            page.contains("All of them are up to date") && page.contains("/catalog/default/component/made"),
            "{page}"
        );
        app.write("t/template.yaml", &template("service", "team-a", "").replace("Say it", "Say it again"));
        app.refresh(id).await;
        app.publish().await;
        let page = app.get("/create/templates/default/service").await.body;
        assert!(page.contains("2 of 2 were made with a version before 1.0.1"), "{}: {page}", app.name);
        let nobody = catalog.register(&Caller::Anonymous, &target, &BTreeMap::new()).await;
        assert!(nobody.is_err());
        let jane = person("user:default/jane", &[]);
        assert!(catalog.register(&jane, &target, &BTreeMap::new()).await.is_err(), "a path on the portal's own disk");
    }
}

#[tokio::test]
async fn entities_are_found_by_every_form_of_a_filter_and_only_those_that_may_be_seen() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write(
            "a.yaml",
            &component_of("a", "team-a", "")
                .replace("spec:", "  tags: [java]\n  annotations: {bank.example/tier: one}\nspec:"),
        );
        app.write("b.yaml", &component_of("b", "team-b", "").replace("type: service", "type: website"));
        app.write("t.yaml", &template("t", "team-a", ""));
        app.import().await;
        let catalog: &dyn Entities = &app.instance.catalog.catalog;
        let find = async |caller: &Caller, filter: Value| {
            let filter = match filter {
                Value::Array(all) => all,
                one => vec![one],
            };
            let filter = filter.into_iter().map(|each| each.as_object().expect("fields").clone()).collect();
            let query = EntityQuery { filter, limit: 10, fields: vec!["/spec/owner".into()], ..EntityQuery::default() };
            let found = catalog.find(caller, &query).await.expect("found");
            found
                .into_iter()
                .map(|found| found.entity_ref.rsplit('/').next().expect("a name").to_owned())
                .collect::<Vec<_>>()
        };
        for (filter, expected) in [
            (json!([]), vec!["a", "b", "t"]),
            (json!({}), vec!["a", "b", "t"]),
            (json!({"kind": "Component"}), vec!["a", "b"]),
            (json!({"kind": ["Component", "Template"], "spec.type": "service"}), vec!["a", "t"]),
            (json!([{"kind": "Template"}, {"kind": "Component", "spec.type": "website"}]), vec!["b", "t"]),
            (json!({"metadata.tags": "java"}), vec!["a", "t"]),
            (json!({"metadata.tags": ["java", "none"], "kind": "component"}), vec!["a"]),
            (json!({"metadata.annotations.bank.example/tier": {"exists": true}}), vec!["a"]),
            (json!({"metadata.annotations.bank.example/tier": {"exists": false}}), vec!["b", "t"]),
            (json!({"relations.ownedBy": "group:default/team-b"}), vec!["b"]),
            (json!({"relations.ownedBy": {"exists": true}, "kind": "Component"}), vec!["a", "b"]),
            (json!({"relations.dependsOn": {"exists": false}, "kind": "Component"}), vec!["a", "b"]),
            (json!({"kind": "Component", "spec": {"type": "website"}}), vec!["b"]),
            (json!({"metadata.name": "A"}), vec!["a"]),
        ] {
            assert_eq!(find(&Caller::Operator, filter.clone()).await, expected, "{} {filter}", app.name);
        }
        let bad = EntityQuery {
            filter: vec![serde_json::from_value(json!({"kind": null})).expect("fields")],
            limit: 1,
            ..EntityQuery::default()
        };
        assert!(catalog.find(&Caller::Operator, &bad).await.is_err());
        app.restrict("catalog.entity.read", &Filter::In(Attribute::Owner, vec!["group:default/team-a".into()]));
        let jane = person("user:default/jane", &[]);
        assert_eq!(find(&jane, json!({"kind": "Component"})).await, ["a"], "{}", app.name);
        assert!(catalog.entity(&jane, "component:default/b").await.expect("read").is_none(), "{}", app.name);
        assert!(catalog.entity(&jane, "component:default/a").await.expect("read").is_some(), "{}", app.name);
        let titles =
            catalog.titles(&jane, &["component:default/a".into(), "component:default/b".into()]).await.expect("titles");
        assert_eq!(titles.len(), 1, "{titles:?}");
        let query =
            EntityQuery { limit: 1, text: "a".into(), fields: vec!["/spec/owner".into()], ..EntityQuery::default() };
        assert_eq!(catalog.find(&jane, &query).await.expect("found")[0].fields, ["team-a"], "{}", app.name);
        app.restrict("catalog.entity.read", &Filter::None);
        assert!(find(&jane, json!([])).await.is_empty(), "{}", app.name);
    }
}

#[tokio::test]
async fn the_files_round_a_descriptor_are_those_of_its_location() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("t/template.yaml", &template("service", "team-a", ""));
        app.write("t/skeleton/x", "x");
        app.write(".hidden", "secret");
        app.import_location(&parsed(&app.path("t/template.yaml"))).await;
        let catalog: &dyn Entities = &app.instance.catalog.catalog;
        let tree = catalog.tree("template:default/service").await.expect("a tree");
        assert_eq!(
            (tree.start(), tree.read("skeleton/x").await.expect("read")),
            ("template.yaml", b"x".to_vec()),
            "{}",
            app.name
        );
        assert!(catalog.tree("template:default/none").await.is_err());
        assert!(catalog.tree_at("https://nowhere.example/x").await.is_err());
    }
}

/// What tells its secret in a line, a file and an output.
const TELLS: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: tells
spec:
  type: service
  owner: team-a
  parameters:
    - title: About
      properties:
        token: {type: string, ui:field: Secret}
  steps:
    - {id: say, name: Say it, action: 'debug:log', input: {message: 'It is ${{ secrets.token }}'}}
    - {id: write, name: Write it, action: 'catalog:write', input: {filePath: catalog-info.yaml, entity: {kind: Component, apiVersion: v1, metadata: {name: x, description: '${{ secrets.token }}'}}}}
  output:
    text: [{title: Told, content: '${{ secrets.token }}'}]
";

const SECRET: &str = "geheim-4711-geheim";

#[tokio::test]
async fn cve_2026_106461_cve_2026_106501_runs_of_others_are_not_listed_opened_or_told() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a/template.yaml", TELLS);
        published(&operator).await;
        let jane = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
        let asked = json!({ "templateRef": "template:default/tells", "values": {}, "secrets": { "token": SECRET } });
        let begun = jane.post("/api/scaffolder/v2/tasks", "application/json", &asked.to_string()).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let id = serde_json::from_str::<Value>(&begun.body).expect("JSON")["id"].as_str().expect("an id").to_owned();
        jane.run_in_lanes("templates.task", std::slice::from_ref(&id)).await;
        let own = [
            format!("/api/scaffolder/v2/tasks/{id}"),
            format!("/api/scaffolder/v2/tasks/{id}/events"),
            "/api/scaffolder/v2/tasks".to_owned(),
            format!("/create/runs/{id}"),
        ];
        for path in &own {
            let answer = jane.get(path).await;
            assert_eq!(answer.status, 200, "{}: {path}: {}", operator.name, answer.body);
            assert!(!answer.body.contains(SECRET), "{}: {path}: {}", operator.name, answer.body);
        }
        assert!(jane.get(&own[1]).await.body.contains("It is ********"), "{}", operator.name);
        let bob = TestApp::with(&db, Config::default(), &[], person("user:default/bob", &[]));
        for path in &own {
            let answer = bob.get(path).await;
            assert!(!answer.body.contains(&id) || answer.status != 200, "{}: {path}: {}", operator.name, answer.body);
        }
        for verb in ["cancel", "retry"] {
            let path = format!("/api/scaffolder/v2/tasks/{id}/{verb}");
            let answer = bob.post(&path, "application/json", "{}").await;
            assert!(answer.status.is_client_error(), "{}: {path}: {}", operator.name, answer.body);
        }
        let kept = "SELECT parameters || user_entity || sealed || output || error FROM templates_task";
        let lines = "SELECT text FROM templates_log";
        for row in operator.column(kept).await.iter().chain(&operator.column(lines).await) {
            assert!(!row.contains(SECRET), "{}: {row}", operator.name);
        }
    }
}

#[tokio::test]
async fn ghsa_8wq8_6859_qx77_cve_2026_32237_a_dry_run_gives_no_secret_back() {
    let databases = databases().await;
    let app = TestApp::new(&databases[0]);
    let template = descriptor::data(TELLS).expect("YAML");
    let asked = json!({ "template": template, "values": {}, "secrets": { "token": SECRET }, "directoryContents": [] });
    let answer = app.post("/api/scaffolder/v2/dry-run", "application/json", &asked.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("It is ********"), "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    let files = told["directoryContents"].as_array().expect("files");
    assert_eq!(files.len(), 1, "{}", answer.body);
    let content = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        files[0]["base64Content"].as_str().expect("a content"),
    );
    let content = String::from_utf8(content.expect("base64")).expect("text");
    assert!(content.contains("********") && !content.contains(SECRET) && !answer.body.contains(SECRET), "{content}");
}

/// What asks the portal itself for what its form says.
const ASKS: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: asks
spec:
  type: service
  owner: team-a
  parameters:
    - title: About
      properties:
        method: {type: string}
        path: {type: string}
  steps:
    - {id: ask, name: Ask, action: 'http:backstage:request', input: {method: '${{ parameters.method }}', path: '${{ parameters.path }}', body: {type: url, target: /etc}}}
";

#[tokio::test]
async fn a_step_asks_the_portal_itself_with_the_rights_of_whoever_runs_it() {
    for db in databases().await {
        let operator = TestApp::new(&db);
        operator.write("a/template.yaml", ASKS);
        let entities = [component_of("open", "team-a", ""), component_of("hidden", "team-b", "")].join("---\n");
        operator.write("b/catalog-info.yaml", &entities);
        published(&operator).await;
        let jane = TestApp::with(&db, Config::default(), &[], person("user:default/jane", &[]));
        jane.restrict("catalog.entity.read", &Filter::In(Attribute::Owner, vec!["group:default/team-a".into()]));
        let run = async |app: &TestApp, method: &str, path: &str| {
            let values = json!({ "method": method, "path": path });
            let asked = json!({ "templateRef": "template:default/asks", "values": values });
            let begun = app.post("/api/scaffolder/v2/tasks", "application/json", &asked.to_string()).await;
            assert_eq!(begun.status, 201, "{}", begun.body);
            let id = begun.json()["id"].as_str().expect("an id").to_owned();
            app.run_in_lanes("templates.task", std::slice::from_ref(&id)).await;
            let rows = app.column("SELECT state || ' ' || output || error FROM templates_step ORDER BY task_id").await;
            rows.last().expect("a step").clone()
        };
        let open = "catalog/entities/by-name/component/default/open";
        let told = run(&jane, "GET", open).await;
        assert!(told.starts_with("completed") && told.contains("\"name\":\"open\""), "{}: {told}", operator.name);
        let hidden = "catalog/entities/by-name/component/default/hidden";
        let told = run(&jane, "GET", hidden).await;
        assert!(told.starts_with("failed") && told.contains("status 404"), "{}: {told}", operator.name);
        let told = run(&operator, "GET", hidden).await;
        assert!(told.starts_with("completed") && told.contains("\"name\":\"hidden\""), "{}: {told}", operator.name);
        let told = run(&jane, "POST", "catalog/locations").await;
        assert!(told.starts_with("failed") && told.contains("status 403"), "{}: {told}", operator.name);
        let told = run(&jane, "GET", "catalog/none").await;
        assert!(told.starts_with("failed") && told.contains("status 404"), "{}: {told}", operator.name);
    }
}

/// A template that is strict about a value that has a default, and one that nothing on a machine would hold.
const DEFAULTED: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: defaulted}
spec:
  type: service
  owner: group:default/team-a
  strict: true
  parameters:
    properties:
      tier: {type: string, enum: [tier-1, tier-2], default: tier-2}
      repo: {type: string, ui:field: RepoUrlPicker}
  steps:
    - {id: say, name: Say it, action: 'debug:log', input: {message: 'of ${{ parameters.tier }}'}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: endless}
spec:
  type: service
  owner: group:default/team-a
  parameters:
    definitions:
      n: {type: object, properties: {l: {$ref: '#/definitions/n'}, r: {$ref: '#/definitions/n'}}}
    properties:
      a: {$ref: '#/definitions/n'}
  steps:
    - {id: say, name: Say it, action: 'debug:log', input: {message: hello}}
";

#[tokio::test]
async fn what_a_script_leaves_out_has_its_default_and_what_cannot_be_is_refused_before_anything_begins() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a/template.yaml", DEFAULTED);
        published(&app).await;
        let ask = async |name: &str, values: Value| {
            let asked = json!({ "templateRef": format!("template:default/{name}"), "values": values });
            app.post("/api/scaffolder/v2/tasks", "application/json", &asked.to_string()).await
        };
        let begun = ask("defaulted", json!({})).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        let id = begun.json()["id"].as_str().expect("an id").to_owned();
        app.run_in_lanes("templates.task", std::slice::from_ref(&id)).await;
        let told = app.get_json(&format!("/api/scaffolder/v2/tasks/{id}")).await.json();
        assert_eq!(told["state"], "completed", "{}: {told}", app.name);
        for repo in ["portico?owner=../../etc&repo=x", "portico?owner=a&repo=..", "portico?owner=-a&repo=x"] {
            let refused = ask("defaulted", json!({ "repo": repo })).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["errors"][0]["path"]),
                (400, &json!(["repo"])),
                "{repo}"
            );
        }
        assert_eq!(ask("defaulted", json!({ "tier": "none" })).await.status, 400, "no default takes its place");
        // A form that comes to more than a machine holds is refused at once, wherever it would be worked out.
        assert_eq!(ask("endless", json!({})).await.status, 400, "{}", app.name);
        assert_eq!(app.get("/create/templates/default/endless/form").await.status, 200, "{}", app.name);
        let not = json!({ "template": { "kind": "Component" }, "values": {} }).to_string();
        assert_eq!(app.post("/api/scaffolder/v2/dry-run", "application/json", &not).await.status, 400);
    }
}
