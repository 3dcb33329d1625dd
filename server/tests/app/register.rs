//! Registering a location after a look at what that would do, and unregistering it.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::info::READ_ENTITIES;
use catalog::server::NewRules;
use http::Method;
use kit::identity::Caller;
use kit::server::db;
use kit::server::testing::{TestDb, databases};
use serde_json::{Value, json};
use server::config::{CatalogConfig, Config};

use crate::remote::{Site, allowing, git, with_host};
use crate::support::{
    Answer, TABLES, TestApp, assert_counts, component, component_of, location, parsed, person, request, write,
};

const OPERATOR: Caller = Caller::Operator;

/// Every row of every table that a plugin writes.
async fn all_rows(app: &TestApp) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in TABLES.into_iter().chain(["job", "audit_event", "search_document"]) {
        all.insert(table, app.rows(table).await);
    }
    all
}

async fn preview(app: &TestApp, target: &str) -> Value {
    let catalog = &app.instance.catalog.catalog;
    let location = catalog.location_of(&Caller::Operator, target).await.expect("a location");
    let reader = catalog.reader(&Caller::Operator, &READ_ENTITIES).await.expect("a reader");
    let plan = reader.plan(location).await.expect("a plan");
    json!(reader.preview(plan).await.expect("a preview"))
}

/// The refs of which `change` would become.
fn refs(preview: &Value, change: &str) -> Vec<String> {
    let groups = preview["changes"].as_array().expect("changes");
    let group = groups.iter().find(|group| group["change"] == change).expect("the change");
    let rows = group["first"].as_array().expect("rows");
    let mut refs: Vec<String> =
        rows.iter().map(|row| row["link"]["entity_ref"].as_str().expect("a ref").to_owned()).collect();
    refs.sort();
    assert_eq!(group["total"], refs.len());
    refs
}

/// The problems in the form of [`TestApp::problems`], without code.
fn problems(preview: &Value) -> Vec<String> {
    let mut lines: Vec<String> = preview["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|problem| {
            format!(
                "{}:{}:{} {}",
                problem["path"].as_str().expect("a path"),
                problem["line"],
                problem["column"],
                problem["message"].as_str().expect("a message")
            )
        })
        .collect();
    lines.sort();
    lines
}

async fn problems_of(app: &TestApp, id: i64) -> Vec<String> {
    let text = format!("SELECT path, line, column_no, message FROM catalog_problem WHERE location_id = {id}");
    let rows = app.query(&text).await;
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{}:{}:{} {}",
                row["path"].as_str().expect("a path"),
                row["line"],
                row["column_no"],
                row["message"].as_str().expect("a message")
            )
        })
        .collect();
    lines.sort();
    lines
}

async fn submit(app: &TestApp, endpoint: &str, pairs: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = request(Method::POST, &format!("/api/catalog/fn/{endpoint}"))
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("referer", "http://127.0.0.1:3000/locations/register");
    app.send(request.body(body.into())).await
}

/// Whether the page offers to register what was checked.
fn submits_register(page: &str) -> bool {
    page.contains("/api/catalog/fn/register")
}

async fn trail(app: &TestApp) -> Vec<String> {
    app.column("SELECT action FROM audit_event ORDER BY id").await
}

const BAD: &str = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: bad\nspec:\n  type: service\n  lifecycle: 7\n  owner: team-a\n";

const ROBOT: &str = "apiVersion: backstage.io/v1alpha1\nkind: Robot\nmetadata: {name: r}\n";

#[tokio::test]
async fn a_check_says_what_registering_does_and_writes_nothing() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("first/x.yaml", &component_of("x", "team-1", ""));
        app.write("first/old.yaml", &component("orphaned"));
        let first = app.import_from(&app.path("first"), false).await;
        app.remove("first/old.yaml");
        app.refresh(first).await;

        app.write("second/all.yaml", &[component("a").as_str(), BAD, &component("x"), &component("a")].join("---\n"));
        app.write("second/b.yaml", &[component("b"), component("orphaned")].join("---\n"));
        app.write("second/z.yaml", &component("b"));
        app.write(
            "second/user.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: ada\nspec: {memberOf: []}\n",
        );
        let target = app.path("second").display().to_string();
        let before = all_rows(&app).await;
        let seen = preview(&app, &target).await;
        assert_eq!(all_rows(&app).await, before, "{}: a check writes nothing", app.name);
        assert_eq!(seen["registered"], Value::Null);
        assert_eq!(refs(&seen, "Added"), ["component:default/a", "component:default/b"], "{}", app.name);
        assert_eq!(refs(&seen, "Changed"), ["component:default/orphaned"], "an orphan is adopted");
        assert_eq!(seen["rejected"], 5, "{seen:#}");
        let contested = format!("x is already defined by x.yaml:1 of the location {}", app.path("first").display());
        assert!(problems(&seen).iter().any(|line| line.contains(&contested)), "{:#?}", problems(&seen));
        assert!(problems(&seen).iter().any(|line| line.starts_with("all.yaml:16:14 ")), "{:#?}", problems(&seen));

        let page = app.get(&kit::query::href("/locations/register", [("target", target.as_str())])).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("2 would be added, 1 changed, 5 rejected, in 4 files."), "{}", page.body);
        assert!(submits_register(&page.body), "{}", page.body);
        assert!(page.body.contains("16:14") && page.body.contains("/catalog/default/component/orphaned"));
        assert_eq!(all_rows(&app).await, before, "nor does the page");

        let answer = submit(&app, "register", &[("target", &target)]).await;
        let id = first + 1;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, format!("/locations/{id}").as_str()));
        assert_eq!(trail(&app).await.last().expect("an event"), "catalog.location.register");
        app.work().await;
        let all = ["component:default/a", "component:default/b", "component:default/orphaned", "component:default/x"];
        assert_eq!(app.refs().await, all, "{}", app.name);
        assert_eq!(problems_of(&app, id).await, problems(&seen), "{}: what was foretold is what is wrong", app.name);

        app.write("second/all.yaml", &[component_of("a", "team-b", ""), component("c")].join("---\n"));
        app.remove("second/z.yaml");
        app.write("second/b.yaml", &component("b"));
        let before = all_rows(&app).await;
        let seen = preview(&app, &target).await;
        assert_eq!(all_rows(&app).await, before);
        assert_eq!(seen["registered"], id);
        assert_eq!(refs(&seen, "Added"), ["component:default/c"]);
        assert_eq!(refs(&seen, "Changed"), ["component:default/a"], "{}", app.name);
        assert_eq!(refs(&seen, "Unchanged"), ["component:default/b"]);
        assert_eq!(refs(&seen, "Gone"), ["component:default/orphaned"]);
        let page = app.get(&kit::query::href("/locations/register", [("target", target.as_str())])).await;
        assert!(page.body.contains("registered already") && page.body.contains(&format!("/locations/{id}\"")));
        app.refresh(id).await;
        assert_eq!(problems_of(&app, id).await, problems(&seen));
        let orphans = app.column("SELECT ref FROM catalog_entity WHERE orphan = TRUE").await;
        assert_eq!(orphans, ["component:default/orphaned"]);
    }
}

#[tokio::test]
async fn what_a_check_cannot_read_is_said_and_cannot_be_registered_from_the_page() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    for (target, reason) in [
        ("nonsense", "is neither an address"),
        ("/no/such/folder", "No such file"),
        ("ftp://x.example/x.yaml", "an address begins with https://"),
        ("https://ada:geheim@x.example/x.yaml", "configure the host's token"),
    ] {
        let page = app.get(&kit::query::href("/locations/register", [("target", target)])).await;
        assert!(page.body.contains("aria-invalid=\"true\"") && !submits_register(&page.body), "{}", page.body);
        assert!(page.body.to_lowercase().contains(&reason.to_lowercase()), "{target}: {}", page.body);
        assert_eq!(
            app.post("/api/catalog/fn/register", "application/x-www-form-urlencoded", &format!("target={target}"))
                .await
                .status,
            400
        );
    }
    let page = app.get("/locations/register?target=https://stranger.example/x.yaml").await;
    assert!(page.body.contains("is not an allowed host") && !submits_register(&page.body), "{}", page.body);
    assert_eq!(app.rows("catalog_location").await.len(), 0);
}

/// Sends the same wish to the form, to the call and to the call that only checks; gives what each says.
async fn wishes(app: &TestApp, target: &str, more: &str) -> [(u16, String); 3] {
    let form = app
        .post("/api/catalog/fn/register", "application/x-www-form-urlencoded", &format!("target={target}{more}"))
        .await;
    let mut body = json!({ "type": "url", "target": target });
    if !more.is_empty() {
        body["trustOrg"] = json!(true);
    }
    let call = app.post("/api/catalog/locations", "application/json", &body.to_string()).await;
    let dry = app.post("/api/catalog/locations?dryRun=true", "application/json", &body.to_string()).await;
    let said = |answer: &Answer, pointer: &str| {
        let message = answer.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        (answer.status.as_u16(), message)
    };
    [said(&form, "/message"), said(&call, "/error/message"), said(&dry, "/error/message")]
}

#[tokio::test]
async fn what_the_check_refuses_cannot_be_registered() {
    let db = databases().await.swap_remove(0);
    let app = with_host(&db, "git.bank.example", Config::default());
    for target in [
        "https://stranger.example/x.yaml",
        "https://stranger.example/x.git",
        "ssh://git@stranger.example/x.git",
        "https://git.bank.example:8443/x.yaml",
        "http://169.254.169.254/latest",
    ] {
        let all = wishes(&app, target, "").await;
        for (status, message) in &all {
            assert_eq!(*status, 400, "{target}: {message}");
            assert!(message.contains("allowed host") && message.contains("operator"), "{target}: {message}");
            assert_eq!(*message, all[0].1, "{target}");
        }
    }
    for (status, message) in wishes(&app, "https://git.bank.example/x.yaml", "&trustOrg=true").await {
        assert_eq!(status, 400, "{message}");
        assert!(message.contains("trustOrg") && message.contains("portico rules"), "{message}");
    }
    assert_eq!(app.rows("catalog_location").await.len(), 0, "nothing of it is registered");
}

#[tokio::test]
async fn nobody_registers_more_locations_than_the_operator_allows() {
    for db in databases().await {
        let config = || allowing("git.bank.example", with_catalog(|catalog| catalog.max_locations_per_person = 2));
        let app_of = |caller: Caller| TestApp::with(&db, config(), &[], caller);
        let jane = app_of(person("user:default/jane", &[]));
        let address = |name: &str| format!("https://git.bank.example/{name}.yaml");
        let register = async |app: &TestApp, name: &str| {
            let body = format!("target={}", address(name));
            let answer = app.post("/api/catalog/fn/register", "application/x-www-form-urlencoded", &body).await;
            (answer.status.as_u16(), answer.body)
        };
        for name in ["a", "b", "a"] {
            assert_eq!(register(&jane, name).await.0, 200, "{}: {name}", jane.name);
        }
        for (status, message) in wishes(&jane, &address("c"), "").await {
            assert_eq!(status, 400, "{}: {message}", jane.name);
            assert!(message.contains("You have registered 2 locations"), "{message}");
            assert!(message.contains("catalog.max_locations_per_person"), "{message}");
        }
        assert_eq!(jane.rows("catalog_location").await.len(), 2);
        // What is another's does not count, and the operator is not limited.
        assert_eq!(register(&app_of(person("user:default/joe", &[])), "c").await.0, 200, "{}", jane.name);
        let operator = app_of(OPERATOR);
        for name in ["d", "e", "f"] {
            assert_eq!(register(&operator, name).await.0, 200, "{}", jane.name);
        }
        let first = jane.column("SELECT id FROM catalog_location ORDER BY id LIMIT 1").await.remove(0);
        let form = format!("id={first}");
        let gone = jane.post("/api/catalog/fn/unregister", "application/x-www-form-urlencoded", &form).await;
        assert_eq!(gone.status, 200, "{}", gone.body);
        assert_eq!(register(&jane, "g").await.0, 200, "{}: there is room again", jane.name);
    }
}

#[tokio::test]
async fn another_site_or_a_browser_that_looks_ahead_makes_the_server_fetch_nothing() {
    let db = databases().await.swap_remove(0);
    let site = Site::default();
    let host = site.start().await;
    let app = with_host(&db, &host, Config::default());
    site.put("/a.yaml", 200, &component("a"));
    let path = format!("/locations/register?target=http://{host}/a.yaml");
    let get = async |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(request(Method::GET, &path), |request, (name, value)| request.header(*name, *value));
        app.send(request.header("accept", "text/html").body(String::new().into())).await
    };
    for headers in [
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
        [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")],
        [("sec-fetch-site", "same-origin"), ("sec-purpose", "prefetch")],
    ] {
        let page = get(&headers).await;
        assert!(page.status == 200 && page.body.contains("Nothing has been read yet"), "{headers:?}: {}", page.body);
        assert!(
            page.body.contains(&format!("value=\"http://{host}/a.yaml\"")),
            "what was meant is there to be checked"
        );
    }
    assert_eq!(site.asked(), Vec::<String>::new());
    for site_header in ["same-origin", "none"] {
        assert!(get(&[("sec-fetch-site", site_header)]).await.body.contains("1 would be added"));
    }
    assert_eq!(site.asked().len(), 2);
}

#[tokio::test]
async fn a_check_ends_in_time_and_says_so() {
    let db = databases().await.swap_remove(0);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = silent.local_addr().expect("an address").to_string();
    let app = with_host(&db, &host, with_catalog(|catalog| catalog.check_seconds = 1));
    let seen = tokio::time::timeout(Duration::from_secs(20), preview(&app, &format!("http://{host}/a.yaml"))).await;
    let seen = seen.expect("an answer before the request's own limit");
    assert!(seen["cut"].as_str().expect("a reason").contains("longer than the 1 s"), "{seen}");
    drop(silent);
}

fn with_catalog(change: impl Fn(&mut CatalogConfig)) -> Config {
    let mut config = Config::default();
    change(&mut config.catalog);
    config
}

fn with(db: &TestDb, change: impl Fn(&mut CatalogConfig)) -> TestApp {
    TestApp::with(db, with_catalog(change), &[], OPERATOR)
}

#[tokio::test]
async fn targets_that_lead_on_and_on_come_to_an_end() {
    for db in databases().await {
        let app = with(&db, |catalog| catalog.max_files = 4);
        for number in 0..9 {
            let next = format!("./{}.yaml", number + 1);
            app.write(&format!("{number}.yaml"), &location(&format!("l{number}"), &[&next]));
        }
        let target = app.path("0.yaml");
        let seen = preview(&app, &target.display().to_string()).await;
        let reason = "leads to more than 4 files";
        assert!(seen["unreadable"].as_str().expect("a reason").contains(reason), "{seen}");
        let id = app.import_from(&target, false).await;
        assert_eq!(app.refs().await.len(), 4, "{}", app.name);
        let row = app.query("SELECT state, message FROM catalog_location").await;
        assert_eq!(row[0]["state"], "unreadable");
        assert!(row[0]["message"].as_str().expect("a message").contains(reason), "{row:?}");

        // What is only not looked at is not gone.
        app.write("0.yaml", &[location("l0", &["./1.yaml"]), component("c")].join("---\n"));
        app.write("00.yaml", &component("first"));
        app.write("0.yaml", &location("l0", &["./00.yaml", "./1.yaml"]));
        app.refresh(id).await;
        let all = app.refs().await;
        assert!(
            all.contains(&"component:default/first".to_owned()) && all.contains(&"location:default/l3".to_owned()),
            "{all:?}"
        );
        assert_counts(&app, app.name).await;
    }
}

#[tokio::test]
async fn a_git_checkout_has_its_size() {
    for db in databases().await {
        let app = with(&db, |catalog| catalog.max_checkout_mb = 1);
        let (work, bare) = (app.path("work"), app.path("repo.git"));
        write(&work.join("catalog-info.yaml"), &component("a"));
        git(&work, &["init", "--quiet"]);
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", "one"]);
        git(&work, &["clone", "--quiet", "--bare", ".", bare.to_str().expect("a path")]);
        let target = bare.display().to_string();
        let seen = preview(&app, &target).await;
        assert_eq!(refs(&seen, "Added"), ["component:default/a"], "{}", app.name);
        let id = app.import_location(&parsed(&bare)).await;

        write(&work.join("large.bin"), &"x".repeat(2 * 1024 * 1024));
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", "two"]);
        git(&work, &["push", "--quiet", bare.to_str().expect("a path"), "HEAD"]);
        let seen = preview(&app, &target).await;
        let reason = "takes more than 1 MB";
        assert!(seen["unreadable"].as_str().expect("a reason").contains(reason), "{seen}");
        app.refresh(id).await;
        let row = app.query("SELECT state, message FROM catalog_location").await;
        assert!(row[0]["message"].as_str().expect("a message").contains(reason), "{}: {row:?}", app.name);
        assert_eq!(app.refs().await, ["component:default/a"], "what it brought stays");
    }
}

#[tokio::test]
async fn a_ref_that_an_earlier_location_takes_over_stands_in_the_trail() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("first/a.yaml", &component("a"));
        app.write("second/z.yaml", &component("x"));
        let first = app.import_from(&app.path("first"), false).await;
        let second = app.import_from(&app.path("second"), false).await;
        app.write("first/x.yaml", &component("x"));
        app.refresh(first).await;
        let events =
            app.query("SELECT actor, resource, detail FROM audit_event WHERE action = 'catalog.entity.takeover'").await;
        assert_eq!(events.len(), 1, "{}: {events:?}", app.name);
        assert_eq!((&events[0]["actor"], &events[0]["resource"]), (&json!("system"), &json!("component:default/x")));
        let detail: Value = serde_json::from_str(events[0]["detail"].as_str().expect("detail")).expect("JSON");
        assert_eq!((&detail["from"]["id"], &detail["to"]["id"]), (&json!(second), &json!(first)));
        let winner = format!("is already defined by x.yaml:1 of the location {}", app.path("first").display());
        assert!(app.errors().await.iter().any(|line| line.contains(&winner)), "{:?}", app.errors().await);
        app.refresh(first).await;
        assert_eq!(trail(&app).await.iter().filter(|action| *action == "catalog.entity.takeover").count(), 1);
    }
}

#[tokio::test]
async fn what_only_an_unregistered_location_brought_goes_with_it() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("first/a.yaml", &[component("only"), component("both")].join("---\n"));
        app.write("first/gone.yaml", &component("orphan"));
        // More than one transaction's worth.
        for file in 0..3 {
            let many: Vec<String> = (0..300).map(|number| component(&format!("m-{file}-{number}"))).collect();
            app.write(&format!("first/many-{file}.yaml"), &many.join("---\n"));
        }
        let documented = "  annotations: { backstage.io/techdocs-ref: 'dir:./guide' }\n";
        app.write("first/docs.yaml", &component_of("documented", "team-a", documented));
        app.write("first/guide/docs/index.md", "# Guide\n\nHow it runs.\n");
        app.write("second/b.yaml", &[component_of("both", "team-b", ""), component("second")].join("---\n"));
        let first = app.import_from(&app.path("first"), false).await;
        app.import_from(&app.path("second"), false).await;
        app.remove("first/gone.yaml");
        app.refresh(first).await;

        assert_eq!(app.rows("catalog_doc").await.len(), 1, "{:?}", app.problems().await);
        let page = app.get(&format!("/locations/{first}/unregister")).await;
        assert_eq!(page.status, 200);
        for words in ["903 entities are removed", "and 853 more", "1 entity that another location also defines is kept"]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        let created = app.column("SELECT created_at FROM catalog_entity WHERE ref = 'component:default/both'").await;
        let answer = submit(&app, "unregister", &[("id", &first.to_string())]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, "/locations"));
        assert!(app.get("/locations").await.body.contains("Being removed"));
        assert_eq!(app.get_json(&format!("/api/catalog/locations/{first}")).await.status, 404);
        app.work().await;
        assert_eq!(app.refs().await, ["component:default/both", "component:default/second"], "{}", app.name);
        assert_eq!(app.rows("catalog_entity").await.len(), 2, "orphans are gone, too");
        assert_eq!((app.rows("catalog_doc").await.len(), app.rows("search_document").await.len()), (0, 2), "and docs");
        assert_eq!(
            app.column("SELECT created_at FROM catalog_entity WHERE ref = 'component:default/both'").await,
            created
        );
        assert_eq!(app.errors().await, Vec::<String>::new(), "{}", app.name);
        assert_eq!(app.get(&format!("/locations/{first}")).await.status, 404);
        assert_counts(&app, app.name).await;
        let left = app.column(&format!("SELECT kind FROM job WHERE job_key = '{first}'")).await;
        assert_eq!(left, Vec::<String>::new(), "its job is done");
        let trail = trail(&app).await;
        assert!(
            trail.contains(&"catalog.location.unregister".to_owned())
                && trail.contains(&"catalog.location.remove".to_owned()),
            "{trail:?}"
        );
        assert_eq!(
            submit(&app, "unregister", &[("id", &first.to_string())]).await.status,
            302,
            "back to the form, with the error"
        );
        assert_eq!(
            app.post("/api/catalog/fn/unregister", "application/x-www-form-urlencoded", &format!("id={first}"))
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn a_location_that_is_registered_again_while_it_leaves_stays() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component("a"));
        let id = app.import().await;
        let catalog = &app.instance.catalog.catalog;
        catalog.unregister(&OPERATOR, id).await.expect("unregistered");
        let again = catalog.register(&OPERATOR, &parsed(&app.path(""))).await.expect("registered");
        assert_eq!(again.id, id);
        app.work().await;
        assert_eq!(app.refs().await, ["component:default/a"], "{}", app.name);
        assert_eq!(app.column("SELECT state FROM catalog_location").await, ["ok"]);
    }
}

#[tokio::test]
async fn trust_can_be_revoked_and_kinds_can_be_limited_afterwards() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: g\nspec:\n  type: team\n  children: []\n";
        app.write("all.yaml", &[component("a").as_str(), group, ROBOT].join("---\n"));
        let id = app.import_from(&app.path(""), true).await;
        assert_eq!(app.refs().await.len(), 3, "{:?}", app.errors().await);
        let catalog = &app.instance.catalog.catalog;
        let set = async |rules: NewRules| {
            catalog.set_rules(&OPERATOR, id, &rules).await.expect("changed");
            app.work().await;
            app.refs().await
        };
        let revoked = set(NewRules { trust_org: Some(false), ..NewRules::default() }).await;
        assert_eq!(revoked, ["component:default/a", "robot:default/r"], "{}", app.name);
        let limited =
            set(NewRules { allowed_kinds: Some(Some(vec!["Component".into()])), ..NewRules::default() }).await;
        assert_eq!(limited, ["component:default/a"]);
        let page = app.get(&format!("/locations/{id}")).await.body;
        assert!(page.contains("Allowed kinds") && page.contains("Users and groups are not read from it"), "{page}");
        let open = set(NewRules { trust_org: Some(true), allowed_kinds: Some(None) }).await;
        assert_eq!(open.len(), 3);
        let changes = trail(&app).await.into_iter().filter(|action| action == "catalog.location.trust").count();
        assert_eq!(changes, 3, "{}", app.name);
    }
}

#[tokio::test]
async fn locations_answer_in_backstages_shapes() {
    for db in databases().await {
        let site = Site::default();
        let host = site.start().await;
        let app = with_host(&db, &host, Config::default());
        site.put("/a.yaml", 200, &[component("a").as_str(), BAD].join("---\n"));
        let target = format!("http://{host}/a.yaml");
        let wanted = json!({ "type": "url", "target": target }).to_string();
        let before = all_rows(&app).await;
        let dry = app.post("/api/catalog/locations?dryRun=true", "application/json", &wanted).await;
        assert_eq!(dry.status, 201, "{}", dry.body);
        let dry = dry.json();
        assert_eq!((&dry["exists"], &dry["location"]["target"]), (&json!(false), &json!(target)));
        assert_eq!(dry["entities"][0]["metadata"]["name"], "a");
        assert_eq!(dry["problems"][0]["line"], 16, "{dry:#}");
        assert_eq!(all_rows(&app).await, before, "{}", app.name);

        let made = app.post("/api/catalog/locations", "application/json", &wanted).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let made = made.json();
        let id = made["location"]["id"].as_str().expect("the number as text").to_owned();
        assert_eq!(made, json!({ "location": { "id": id, "type": "url", "target": target }, "entities": [] }));
        app.work().await;
        let again = app.post("/api/catalog/locations", "application/json", &wanted).await;
        assert_eq!((again.status.as_u16(), &again.json()["error"]["name"]), (409, &json!("ConflictError")));
        let dry = app.post("/api/catalog/locations?dryRun=true", "application/json", &wanted).await.json();
        assert_eq!((&dry["exists"], &dry["location"]["id"]), (&json!(true), &json!(id)));

        let all = app.get_json("/api/catalog/locations").await.json();
        assert_eq!(all, json!([{ "data": { "id": id, "type": "url", "target": target } }]));
        assert_eq!(app.get_json(&format!("/api/catalog/locations/{id}")).await.json(), all[0]["data"]);
        let by_entity = app.get_json("/api/catalog/locations/by-entity/Component/default/A").await;
        assert_eq!(by_entity.json(), all[0]["data"]);
        for path in [
            "/api/catalog/locations/77",
            "/api/catalog/locations/x",
            "/api/catalog/locations/by-entity/component/default/none",
        ] {
            let missing = app.get_json(path).await;
            assert_eq!(
                (missing.status.as_u16(), &missing.json()["error"]["name"]),
                (404, &json!("NotFoundError")),
                "{path}"
            );
        }
        for body in ["", "[]", "{\"type\":\"rune\",\"target\":\"x\"}", "{\"type\":\"url\",\"target\":\"x\"}"] {
            let wrong = app.post("/api/catalog/locations", "application/json", body).await;
            assert_eq!((wrong.status.as_u16(), &wrong.json()["error"]["name"]), (400, &json!("InputError")), "{body}");
        }

        let refreshed = app
            .post(
                "/api/catalog/refresh",
                "application/json",
                &json!({ "entityRef": "component:default/a" }).to_string(),
            )
            .await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.body);
        assert_eq!(trail(&app).await.last().expect("an event"), "catalog.location.refresh");
        app.work().await;

        let entity = app.get_json("/api/catalog/entities/by-name/component/default/a").await.json();
        let uid = entity["metadata"]["uid"].as_str().expect("a uid").to_owned();
        assert_eq!(app.get_json(&format!("/api/catalog/entities/by-uid/{uid}")).await.json(), entity);
        let delete =
            async |path: String| app.send(request(Method::DELETE, &path).body(String::new().into())).await.status;
        assert_eq!(delete(format!("/api/catalog/entities/by-uid/{uid}")).await, 204);
        assert_eq!(app.refs().await, Vec::<String>::new());
        assert_counts(&app, app.name).await;
        assert_eq!(delete(format!("/api/catalog/entities/by-uid/{uid}")).await, 404);
        app.refresh(id.parse().expect("a number")).await;
        assert_eq!(app.refs().await, ["component:default/a"], "its file still brings it");

        assert_eq!(delete(format!("/api/catalog/locations/{id}")).await, 204);
        assert_eq!(app.get_json("/api/catalog/locations").await.json(), json!([]));
        app.work().await;
        assert_eq!(app.refs().await, Vec::<String>::new(), "{}", app.name);
        assert_eq!(delete(format!("/api/catalog/locations/{id}")).await, 404);
    }
}

#[tokio::test]
async fn entities_are_validated_without_being_kept() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    let ask = async |entity: Value, location: &str| {
        let body = json!({ "entity": entity, "location": location }).to_string();
        app.post("/api/catalog/validate-entity", "application/json", &body).await
    };
    let good = json!({ "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": { "name": "a" }, "spec": { "type": "service", "lifecycle": "production", "owner": "team-a" } });
    assert_eq!(ask(good.clone(), "url:https://x.example/x.yaml").await.status, 200);
    assert_eq!(ask(good.clone(), "nowhere").await.status, 400);
    let mut bad = good;
    bad["spec"]["lifecycle"] = json!(7);
    let answer = ask(bad, "url:https://x.example/x.yaml").await;
    assert_eq!(answer.status, 400);
    let message = answer.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("/spec/lifecycle must be a non-empty string"), "{message}");
    assert_eq!(ask(json!({}), "url:https://x.example/x.yaml").await.status, 400);
    assert_eq!(app.rows("catalog_entity").await.len(), 0);
}

#[tokio::test]
async fn without_its_audit_event_nothing_is_unregistered_changed_or_deleted() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component("a"));
        let id = app.import().await;
        let uid = app.column("SELECT uid FROM catalog_entity").await.remove(0);
        let catalog = &app.instance.catalog.catalog;
        let rename = async |from: &str, to: &str| {
            let tx = app.db().begin().await.expect("begin");
            kit::server::db::execute(&tx, &format!("ALTER TABLE {from} RENAME TO {to}"), []).await.expect("renamed");
            tx.commit().await.expect("commit");
        };
        let before = (all_rows(&app).await, app.rows("job").await);
        rename("audit_event", "away").await;
        assert!(catalog.unregister(&OPERATOR, id).await.is_err(), "{}", app.name);
        let rules = NewRules { trust_org: Some(true), ..NewRules::default() };
        assert!(catalog.set_rules(&OPERATOR, id, &rules).await.is_err(), "{}", app.name);
        assert!(catalog.delete_entity(&OPERATOR, &uid).await.is_err(), "{}", app.name);
        rename("away", "audit_event").await;
        assert_eq!((all_rows(&app).await, app.rows("job").await), before, "{}", app.name);
    }
}

#[tokio::test]
async fn a_location_that_waits_for_its_first_read_says_how_far_it_is() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.write("a.yaml", &component("a"));
    let id = app.instance.catalog.catalog.register(&OPERATOR, &parsed(&app.path(""))).await.expect("registered").id;
    assert!(app.get(&format!("/locations/{id}")).await.body.contains("It is being read: 0 files so far."));
    app.work().await;
    assert!(!app.get(&format!("/locations/{id}")).await.body.contains("It is being read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_reading_waits_for_one_and_stops_none() {
    for db in databases().await.into_iter().filter(|db| db.name() == "PostgreSQL") {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component("a"));
        let id = app.import().await;
        let again = parsed(&app.path(""));
        for way in 0..4 {
            // As a reading does it: its job first, the location later.
            let reading = db.begin().await.expect("begun");
            let held = db::rows(&reading, "SELECT id FROM job FOR UPDATE", []).await.expect("held");
            assert!(!held.is_empty());
            let (catalog, again) = (app.instance.catalog.catalog.clone(), again.clone());
            let asked = tokio::spawn(async move {
                let rules = NewRules { trust_org: Some(true), allowed_kinds: None };
                match way {
                    0 => catalog.refresh(&OPERATOR, id).await.map_err(|error| error.to_string()),
                    1 => catalog.set_rules(&OPERATOR, id, &rules).await.map_err(|error| error.to_string()),
                    2 => catalog.register(&OPERATOR, &again).await.map(drop).map_err(|error| error.to_string()),
                    _ => catalog.unregister(&OPERATOR, id).await.map_err(|error| error.to_string()),
                }
            });
            tokio::time::sleep(Duration::from_millis(400)).await;
            db::execute(&reading, "UPDATE catalog_location SET message = '' WHERE id = ?", [id.into()])
                .await
                .unwrap_or_else(|error| panic!("way {way}: {error}"));
            reading.commit().await.expect("kept");
            assert_eq!(asked.await.expect("it ends"), Ok(()), "way {way}");
        }
    }
}
