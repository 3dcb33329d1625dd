//! What a review of the security found, each held by a test; `docs/security.md` names them by advisory.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use catalog::server::NewLocation;
use http::{HeaderMap, Method, StatusCode};
use kit::identity::Caller;
use kit::server::testing::{TestDb, databases};
use serde_json::{Value, json};
use server::config::{Config, IntegrationConfig};

use crate::support::{TestApp, component, component_of, location, parsed, request, write};

/// The token of every host here.
const TOKEN: &str = "geheim";

/// What a web server answers.
#[derive(Clone)]
struct Page {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A web server with these pages by path and query; notes what it was asked for, and with what credential.
#[derive(Clone, Default)]
struct Site {
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Site {
    /// Starts it on this address; gives its host and port.
    async fn start(&self, address: &str) -> String {
        let listener = tokio::net::TcpListener::bind((address, 0)).await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let router = Router::new().fallback(serve).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        host
    }

    fn put(&self, path: &str, body: &str) {
        self.answer(path, 200, &[], body);
    }

    fn answer(&self, path: &str, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.pages.lock().expect("pages").insert(path.to_owned(), Page { status, headers, body: body.to_owned() });
    }

    /// What it was asked for, each once, with the credential's scheme.
    fn asked(&self) -> BTreeSet<(String, String)> {
        self.asked.lock().expect("asked").iter().cloned().collect()
    }
}

async fn serve(State(site): State<Site>, request: Request) -> impl IntoResponse {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let credential = request.headers().get("authorization").map_or("", |value| value.to_str().expect("text"));
    let scheme = credential.split(' ').next().unwrap_or_default().to_owned();
    site.asked.lock().expect("asked").push((path.clone(), scheme));
    let page = site.pages.lock().expect("pages").get(&path).cloned();
    let page = page.unwrap_or(Page { status: 404, headers: Vec::new(), body: String::new() });
    let mut headers = HeaderMap::new();
    for (name, value) in page.headers {
        headers.insert(name, value.parse().expect("a header"));
    }
    (StatusCode::from_u16(page.status).expect("a status"), headers, page.body)
}

fn host(kind: &str, name: &str, allow_private: bool) -> IntegrationConfig {
    IntegrationConfig {
        kind: kind.into(),
        host: name.to_owned(),
        api_base: None,
        token: Some(TOKEN.into()),
        token_file: None,
        token_env: None,
        ca_file: None,
        proxy: None,
        allow_private,
    }
}

fn app(db: &TestDb, integrations: Vec<IntegrationConfig>) -> TestApp {
    TestApp::with(db, Config { integrations, ..Config::default() }, &[], Caller::Operator)
}

async fn import(app: &TestApp, url: &str) -> i64 {
    app.import_location(&NewLocation::parse(url).expect("an address")).await
}

/// What none of these tests depends on is tested on one database.
async fn one() -> TestDb {
    databases().await.swap_remove(0)
}

/// A component whose `spec` holds these placeholders.
fn with_texts(name: &str, targets: &[&str]) -> String {
    let lines = targets.iter().enumerate().map(|(number, target)| format!("  p{number}: {{$text: '{target}'}}\n"));
    component(name) + &lines.collect::<String>()
}

fn group(name: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\nspec:\n  type: team\n  children: []\n"
    )
}

fn pairs(all: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    all.iter().map(|(path, scheme)| ((*path).to_owned(), (*scheme).to_owned())).collect()
}

/// Everything in the catalog, to look for what must not be there.
async fn all_rows(app: &TestApp) -> String {
    let rows: Vec<String> = app.everything().await.into_values().flatten().collect();
    rows.join("\n") + &app.rows("catalog_location").await.join("\n") + &app.rows("audit_event").await.join("\n")
}

async fn message_of(app: &TestApp, id: i64) -> String {
    app.column(&format!("SELECT message FROM catalog_location WHERE id = {id}")).await.swap_remove(0)
}

#[tokio::test]
async fn cve_2026_106498_cve_2026_106462_a_placeholder_sends_the_token_only_within_its_own_repository() {
    let db = one().await;
    let site = Site::default();
    let name = site.start("127.0.0.1").await;
    let app = app(&db, vec![host("github", &name, true)]);
    let at = |path: &str| format!("http://{name}{path}");
    let targets = [
        "./sub/beside.txt".to_owned(),
        at("/o/r/blob/main/own.txt"),
        at("/o/other/blob/main/x.txt"),
        at("/o/r/blob/refs/pull/9/head/x.txt"),
        at("/o/r/blob/main/x.txt?at=other"),
        at("/api/v3/user"),
    ];
    site.put("/o/r/raw/main/a.yaml", &with_texts("a", &targets.each_ref().map(String::as_str)));
    for path in [
        "/o/r/raw/main/sub/beside.txt",
        "/o/r/raw/main/own.txt",
        "/o/other/raw/main/x.txt",
        "/o/r/raw/refs/pull/9/head/x.txt",
        "/o/r/raw/main/x.txt",
        "/api/v3/user",
    ] {
        site.put(path, "text");
    }
    let expected = pairs(&[
        ("/o/r/raw/main/a.yaml", "Bearer"),
        ("/o/r/raw/main/sub/beside.txt", "Bearer"),
        ("/o/r/raw/main/own.txt", "Bearer"),
        ("/o/other/raw/main/x.txt", ""),
        ("/o/r/raw/refs/pull/9/head/x.txt", ""),
        ("/o/r/raw/main/x.txt", ""),
        ("/api/v3/user", ""),
    ]);
    let id = import(&app, &at("/o/r/blob/main/a.yaml")).await;
    assert_eq!(app.refs().await, ["component:default/a"], "{:?}", app.problems().await);
    assert_eq!(site.asked(), expected);
    app.refresh(id).await;
    assert_eq!(site.asked(), expected, "looking whether they changed sends no more than reading them");

    site.asked.lock().expect("asked").clear();
    app.write("local.yaml", &with_texts("local", &[&at("/o/r/blob/main/own.txt")]));
    app.import().await;
    assert_eq!(site.asked(), pairs(&[("/o/r/raw/main/own.txt", "")]), "a file on this machine has no token of a host");
}

#[tokio::test]
async fn cve_2026_106498_a_target_elsewhere_on_a_plain_host_is_asked_without_the_token() {
    let db = one().await;
    let site = Site::default();
    let name = site.start("127.0.0.1").await;
    let app = app(&db, vec![host("plain", &name, true)]);
    let at = |path: &str| format!("http://{name}{path}");
    let targets = ["./a.yaml".to_owned(), at("/repo/sub/b.yaml"), at("/else/c.yaml"), at("/repo/d.yaml?at=other")];
    site.put("/repo/all.yaml", &location("all", &targets.each_ref().map(String::as_str)));
    for (path, name) in
        [("/repo/a.yaml", "a"), ("/repo/sub/b.yaml", "b"), ("/else/c.yaml", "c"), ("/repo/d.yaml?at=other", "d")]
    {
        site.put(path, &component(name));
    }
    import(&app, &at("/repo/all.yaml")).await;
    assert_eq!(app.refs().await.len(), 5, "{:?}", app.problems().await);
    let expected = pairs(&[
        ("/repo/all.yaml", "Bearer"),
        ("/repo/a.yaml", "Bearer"),
        ("/repo/sub/b.yaml", "Bearer"),
        ("/else/c.yaml", ""),
        ("/repo/d.yaml?at=other", ""),
    ]);
    assert_eq!(site.asked(), expected);
}

#[tokio::test]
async fn cve_2026_106463_another_revision_or_folder_of_a_trusted_address_brings_no_group() {
    for db in databases().await {
        let site = Site::default();
        let name = site.start("127.0.0.1").await;
        let github = Site::default();
        let github_name = github.start("127.0.0.1").await;
        let app = app(&db, vec![host("plain", &name, true), host("github", &github_name, true)]);
        let trusted = async |url: String| {
            let location = NewLocation { trust_org: true, ..NewLocation::parse(&url).expect("an address") };
            app.import_location(&location).await
        };

        let at = |path: &str| format!("http://{name}{path}");
        let foreign = [at("/org/evil.yaml?at=evil"), at("/org/plain.yaml"), at("/else/group.yaml?at=main")];
        let mut targets = vec!["./own.yaml"];
        targets.extend(foreign.iter().map(String::as_str));
        site.put("/org/all.yaml?at=main", &location("all", &targets));
        site.put("/org/own.yaml?at=main", &group("own"));
        site.put("/org/evil.yaml?at=evil", &group("evil"));
        site.put("/org/plain.yaml", &group("plain"));
        site.put("/else/group.yaml?at=main", &group("else"));
        trusted(at("/org/all.yaml?at=main")).await;
        assert_eq!(app.refs().await, ["group:default/own", "location:default/all"], "{}", app.name);

        let at = |path: &str| format!("http://{github_name}{path}");
        let foreign = [
            at("/o/r/blob/refs/pull/9/head/org/pull.yaml"),
            at("/o/r/blob/other/org/branch.yaml"),
            at("/o/fork/blob/main/org/fork.yaml"),
            at("/o/r/blob/main/else/folder.yaml"),
        ];
        let mut targets = vec!["./sub/inner.yaml"];
        targets.extend(foreign.iter().map(String::as_str));
        github.put("/o/r/raw/main/org/all.yaml", &location("github", &targets));
        github.put("/o/r/raw/main/org/sub/inner.yaml", &group("inner"));
        github.put("/o/r/raw/refs/pull/9/head/org/pull.yaml", &group("pull"));
        github.put("/o/r/raw/other/org/branch.yaml", &group("branch"));
        github.put("/o/fork/raw/main/org/fork.yaml", &group("fork"));
        github.put("/o/r/raw/main/else/folder.yaml", &group("folder"));
        trusted(at("/o/r/blob/main/org/all.yaml")).await;
        assert_eq!(
            app.refs().await,
            ["group:default/inner", "group:default/own", "location:default/all", "location:default/github"],
            "{}",
            app.name
        );
        let errors = app.errors().await;
        assert_eq!(errors.len(), 7, "{errors:#?}");
        assert!(errors.iter().all(|line| line.contains(" error kind-not-allowed ")), "{errors:#?}");
    }
}

#[tokio::test]
async fn cve_2026_106496_a_kind_that_a_placeholder_brings_is_no_way_around_the_rule() {
    let db = one().await;
    let app = TestApp::new(&db);
    app.write("kind.txt", "Group");
    app.write("whole.json", r#"{"kind": "Group"}"#);
    app.write("a.yaml", &group("a").replace("kind: Group", "kind: {$text: ./kind.txt}"));
    app.write("b.yaml", &group("b").replace("kind: Group", "kind: {$json: ./whole.json}"));
    app.import().await;
    assert_eq!(app.refs().await, Vec::<String>::new());
    let limited = NewLocation { allowed_kinds: Some(vec!["Component".into()]), ..parsed(&app.path("")) };
    app.import_location(&NewLocation { trust_org: true, ..limited }).await;
    assert_eq!(app.refs().await, Vec::<String>::new());
}

#[tokio::test]
async fn cve_2026_106496_the_allowed_kinds_bind_organisation_data_too() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("all.yaml", &[component("a"), group("g")].join("---\n"));
        let kinds = Some(vec!["Component".to_owned()]);
        let limited = NewLocation { trust_org: true, allowed_kinds: kinds, ..parsed(&app.path("")) };
        app.import_location(&limited).await;
        assert_eq!(app.refs().await, ["component:default/a"], "{}", app.name);
        let errors = app.errors().await;
        assert!(errors.len() == 1 && errors[0].contains("kind-not-allowed"), "{errors:?}");

        // Registered again without a word of trust or kinds: what holds is what it had.
        app.import().await;
        let details =
            app.column("SELECT detail FROM audit_event WHERE action = 'catalog.location.register' ORDER BY id").await;
        let details: Vec<Value> = details.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        assert_eq!(details.len(), 2, "{}", app.name);
        for detail in details {
            assert_eq!((&detail["trustOrg"], &detail["allowedKinds"]), (&json!(true), &json!("Component")), "{detail}");
        }
        assert_eq!(app.refs().await, ["component:default/a"], "{}", app.name);
    }
}

#[tokio::test]
async fn cve_2024_53983_what_git_keeps_for_itself_is_not_read() {
    let db = one().await;
    let app = TestApp::new(&db);
    for folder in [".git", "sub/.git", ".GIT"] {
        app.write(&format!("{folder}/config"), "[remote]\n\turl = https://ada:geheim@x.example/r.git\n");
        app.write(&format!("{folder}/secret.txt"), &component("secret"));
    }
    let ways = ["./.git/config", ".git/config", "sub/../.git/config", "./sub/.git/config", "./.GIT/config"];
    app.write("a.yaml", &with_texts("a", &ways));
    let globs = ["./.g?t/config", "./*/config", "./**/config", "./[.]git/config", "./{.git,x}/config"];
    app.write("globs.yaml", &with_texts("globs", &globs));
    app.write("all.yaml", &location("all", &["./.git/secret.txt", "./.Git/secret.txt", "./sub/.git/secret.txt"]));
    std::fs::remove_dir_all(app.path(".GIT")).expect("removed");
    app.import().await;
    assert!(!all_rows(&app).await.contains(TOKEN));
    assert!(!app.refs().await.contains(&"component:default/secret".to_owned()));
    let errors = app.errors().await;
    assert_eq!(
        errors.iter().filter(|line| line.contains(".git belongs to git")).count(),
        ways.len() + 3,
        "{errors:#?}"
    );
}

#[tokio::test]
async fn hidden_files_beside_a_single_registered_file_are_not_read() {
    let db = one().await;
    let app = TestApp::new(&db);
    app.write("home/.ssh/id_rsa", TOKEN);
    app.write("home/.netrc", TOKEN);
    app.write("home/.config/x.yaml", &component("hidden"));
    app.write("home/seen/x.yaml", &component("seen"));
    let ways = [
        "./.ssh/id_rsa",
        "seen/../.ssh/id_rsa",
        "./.netrc",
        "./?ssh/id_rsa",
        "./*/id_rsa",
        "./**/id_rsa",
        "./[.]ssh/id_rsa",
        "./{.ssh,x}/id_rsa",
        "./?netrc",
        "./*netrc",
    ];
    app.write(
        "home/a.yaml",
        &(with_texts("a", &ways) + "---\n" + &location("all", &["./*/x.yaml", "./.config/x.yaml"])),
    );
    app.import_from(&app.path("home/a.yaml"), false).await;
    assert!(!all_rows(&app).await.contains(TOKEN), "{:#?}", app.problems().await);
    assert_eq!(app.refs().await, ["component:default/a", "component:default/seen", "location:default/all"]);
    let errors = app.errors().await;
    assert_eq!(errors.len(), ways.len() + 1, "{errors:#?}");
}

#[tokio::test]
async fn cve_2026_106499_cve_2025_55190_an_address_with_a_password_is_refused_and_not_repeated() {
    for text in [
        "https://ada:geheim@x.example/a.yaml",
        "https://geheim@x.example/a.yaml",
        "http://:geheim@x.example/a.yaml",
        "https://ada:geheim@x.example/r.git",
        "https://geheim@x.example/r.git",
        "ssh://git:geheim@x.example/r.git",
        "ftp://ada:geheim@x.example/r.git",
        "https://ada:geheim@x.example:99999/r.git",
    ] {
        let error = NewLocation::parse(text).expect_err(text).to_string();
        assert!(!error.contains(TOKEN), "{error}");
        let folder = tempfile::tempdir().expect("a folder");
        let output = portico(folder.path(), &["import", text]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(!err(&output).contains(TOKEN) && !out(&output).contains(TOKEN), "{}", err(&output));
    }
    assert!(NewLocation::parse("ssh://git@x.example/r.git").is_ok(), "the user of a git server is no secret");

    let db = one().await;
    let site = Site::default();
    let name = site.start("127.0.0.1").await;
    let app = app(&db, vec![host("plain", &name, true)]);
    let inside = [format!("http://ada:geheim@{name}/x.yaml"), format!("//ada:geheim@{name}/x.yaml")];
    site.put("/all.yaml", &location("all", &inside.each_ref().map(String::as_str)));
    site.put("/x.yaml", &component("x"));
    import(&app, &format!("http://{name}/all.yaml")).await;
    assert_eq!(app.refs().await, ["location:default/all"]);
    assert_eq!(site.asked().len(), 1, "{:?}", site.asked());
    let problems = app.problems().await;
    assert_eq!(problems.iter().filter(|line| line.contains("with a user or password is not read")).count(), 2);
    assert!(!problems.join("").contains(TOKEN), "{problems:#?}");
}

#[tokio::test]
async fn cve_2024_45815_what_is_too_much_is_reported_and_its_neighbours_load() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let deep = component("deep") + &format!("  x: {}\n", nested(150));
        let deeper = component("deeper") + &format!("  x: {}\n", nested(20_000));
        app.write("deep.yaml", &[component("before"), deep, component("after")].join("---\n"));
        app.write("deeper.yaml", &[component("left"), deeper].join("---\n"));
        app.write("json.yaml", &[component("json") + "  x: {$json: ./deep.json}\n", component("right")].join("---\n"));
        app.write("deep.json", &nested(120));
        app.write("many.yaml", &with_texts("many", &["./t.txt"; 101]));
        app.write("t.txt", "text");
        app.write("large.yaml", &[with_texts("large", &["./large.txt"]), component("small")].join("---\n"));
        app.write("large.txt", &"x".repeat(4 * 1024 * 1024 + 1));
        let rest = "---\na: 1\n".repeat(5_000) + "---\n" + &component("late");
        app.write("documents.yaml", &(component("first") + &rest));
        app.import().await;
        let loaded = ["after", "before", "first", "left", "many", "right", "small"];
        assert_eq!(app.refs().await, loaded.map(|name| format!("component:default/{name}")), "{}", app.name);
        let errors = app.errors().await;
        assert_eq!(errors.len(), 6, "{errors:#?}");
        for expected in [
            ("deep.yaml:", " error yaml ", "100 levels"),
            ("deeper.yaml:", " error yaml ", "recursion limit"),
            ("json.yaml:1:1 ", " error limit ", "100 levels"),
            ("many.yaml:", " error placeholder /spec/p", "this one is too many"),
            ("large.yaml:1:1 ", " error limit ", "4194304 are allowed"),
            ("documents.yaml:", " error limit ", "holds 5002 documents; those after the first 5000 are not read"),
        ] {
            let (path, code, words) = expected;
            let is = |line: &&String| line.starts_with(path) && line.contains(code) && line.contains(words);
            assert_eq!(errors.iter().filter(is).count(), 1, "{expected:?}: {errors:#?}");
        }
    }
}

#[tokio::test]
async fn cve_2024_45815_a_question_has_its_limits() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("a.yaml", &component_of("a", "team-a", "  tags: [java]\n"));
        app.import().await;
        let fields = async |fields: String| {
            app.get_json(&format!("/api/catalog/entities/by-query?fields={fields}")).await.status.as_u16()
        };
        assert_eq!(fields(vec!["kind"; 50].join(",")).await, 200);
        assert_eq!(fields(vec!["kind"; 51].join(",")).await, 400);
        assert_eq!(fields(vec!["kind"; 51].join("&fields=")).await, 400, "repeated or joined");
        assert_eq!(fields("a.".repeat(100)).await, 200);
        assert_eq!(fields("a.".repeat(100) + "b").await, 400);

        let values =
            |name: &str, count: usize| -> String { (0..count).map(|number| format!("&{name}=v{number}")).collect() };
        for (query, status, shown) in [
            (values("owner", 50), 200, "0 entities match"),
            (values("owner", 60), 400, "50"),
            (values("owner", 30) + &values("tag", 30), 400, "50"),
            (format!("&kind={}", "x".repeat(501)), 400, "500"),
            (format!("&q={}", "x".repeat(501)), 400, "500"),
            ("&kind=&owner=&tag=".to_owned(), 200, "1 entity"),
            ("&kind=component&kind=api&kind=".to_owned(), 200, "1 entity matches"),
            ("&tag=java&tag=java".to_owned(), 200, "1 entity matches"),
            ("&orphan=x&orphan=true".to_owned(), 200, "0 entities match"),
        ] {
            let answer = app.page(&format!("/catalog?{}", &query[1..])).await;
            assert_eq!(answer.status.as_u16(), status, "{} {query}: {}", app.name, answer.body);
            assert!(answer.body.contains(shown), "{} {query}: {}", app.name, answer.body);
        }
        let status = app.page("/catalog?q=%00&kind=%00").await.status.as_u16();
        assert!(matches!(status, 200 | 400), "{} {status}", app.name);
    }
}

#[tokio::test]
async fn a_page_of_another_site_reads_nothing_in_the_background() {
    let db = one().await;
    let app = TestApp::new(&db);
    app.write("a.yaml", &component("a"));
    app.import().await;
    let get = async |method: Method, path: &str, headers: &[(&str, &str)]| {
        let mut request = request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.send(request.body(Body::empty())).await
    };
    for path in ["/catalog", "/api/catalog/entities/by-query", "/metrics"] {
        for mode in ["no-cors", "cors", "websocket", ""] {
            for method in [Method::GET, Method::HEAD] {
                let answer = get(method, path, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)]).await;
                assert_eq!(answer.status, 400, "{path} {mode}");
                assert!(!answer.body.contains("component:default/a"), "{path} {mode}");
            }
        }
        assert_eq!(get(Method::GET, path, &[("sec-fetch-site", "cross-site")]).await.status, 400, "{path}");
        for headers in [
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")][..],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
            &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
            &[],
        ] {
            assert_eq!(get(Method::GET, path, headers).await.status, 200, "{path} {headers:?}");
        }
    }
}

/// Where git asks a server first.
const INFO: &str = "/x.git/info/refs?service=git-upload-pack";

#[tokio::test]
async fn cve_2026_106459_git_sends_a_token_in_the_clear_only_to_this_machine() {
    let db = one().await;
    // Both are this machine in truth; the second stands for one that is not known to be.
    let (own, other) = (Site::default(), Site::default());
    let (own_name, other_name) = (own.start("127.0.0.1").await, other.start("127.0.0.2").await);
    let app = app(&db, vec![host("plain", &own_name, true), host("plain", &other_name, true)]);
    for name in [&own_name, &other_name] {
        let id = import(&app, &format!("http://{name}/x.git")).await;
        assert!(message_of(&app, id).await.starts_with("git clone of "), "{}", message_of(&app, id).await);
    }
    assert!(own.asked().contains(&(INFO.to_owned(), "Basic".to_owned())), "{:?}", own.asked());
    assert!(other.asked().contains(&(INFO.to_owned(), String::new())), "{:?}", other.asked());
    assert!(other.asked().iter().all(|(_, scheme)| scheme.is_empty()), "{:?}", other.asked());
    assert!(!all_rows(&app).await.contains(TOKEN));
}

#[tokio::test]
async fn cve_2026_24048_git_follows_no_redirect() {
    let db = one().await;
    let (site, elsewhere) = (Site::default(), Site::default());
    let (name, elsewhere_name) = (site.start("127.0.0.1").await, elsewhere.start("127.0.0.1").await);
    site.answer(INFO, 302, &[("location", &format!("http://{elsewhere_name}{INFO}"))], "");
    let app = app(&db, vec![host("plain", &name, true)]);
    import(&app, &format!("http://{name}/x.git")).await;
    assert_eq!(app.column("SELECT state FROM catalog_location").await, ["unreadable"]);
    assert!(!site.asked().is_empty());
    assert_eq!(elsewhere.asked(), BTreeSet::new());
}

#[tokio::test]
async fn cve_2026_101027_git_asks_no_private_address_unless_it_is_allowed() {
    let db = one().await;
    let site = Site::default();
    let name = site.start("127.0.0.1").await;
    let port = name.rsplit(':').next().expect("a port");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    for allow_private in [false, true] {
        let named = format!("localhost:{port}");
        let names = [named.clone(), name.clone(), closed.to_string()];
        let app = app(&db, names.iter().map(|name| host("plain", name, allow_private)).collect());
        for remote in
            [format!("http://{named}/x.git"), format!("http://{name}/x.git"), format!("ssh://git@{closed}/x.git")]
        {
            let id = import(&app, &remote).await;
            let message = message_of(&app, id).await;
            let expected = if allow_private { "git clone of " } else { "has a private or reserved address" };
            assert!(message.contains(expected), "{allow_private} {remote}: {message}");
        }
        assert_eq!(site.asked().is_empty(), !allow_private, "{:?}", site.asked());
    }
}

#[tokio::test]
async fn cve_2021_23347_the_words_of_a_git_server_are_only_text() {
    let db = one().await;
    let site = Site::default();
    let name = site.start("127.0.0.1").await;
    let words = "ERR <script>alert(1)</script><img src=x onerror=alert(1)>";
    let advertisement = [("content-type", "application/x-git-upload-pack-advertisement")];
    let body = format!("001e# service=git-upload-pack\n0000{:04x}{words}", words.len() + 4);
    site.answer(INFO, 200, &advertisement, &body);
    let app = app(&db, vec![host("plain", &name, true)]);
    let id = import(&app, &format!("http://{name}/x.git")).await;
    assert!(message_of(&app, id).await.contains("<script>alert(1)</script>"), "{}", message_of(&app, id).await);
    for path in ["/".to_owned(), "/locations".to_owned(), format!("/locations/{id}")] {
        let page = app.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path}: {}", page.body);
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    for setting in ["user.name=Ada", "user.email=ada@bank.example", "init.defaultBranch=main"] {
        command.args(["-c", setting]);
    }
    command.args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().expect("git is on PATH");
    assert!(output.status.success(), "git {arguments:?}: {}", err(&output));
}

#[tokio::test]
async fn cve_2024_45815_a_checkout_that_was_cut_off_recovers() {
    let db = one().await;
    let app = TestApp::new(&db);
    let (work, bare) = (app.path("work"), app.path("repo.git"));
    write(&work.join("a.yaml"), &component("a"));
    git(&work, &["init", "--quiet"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "one"]);
    git(&work, &["clone", "--quiet", "--bare", ".", bare.to_str().expect("a path")]);
    let id = app.import_location(&parsed(&bare)).await;
    assert_eq!(app.refs().await, ["component:default/a"]);

    let checkouts = app.path("").parent().expect("the folder").join("data/git");
    let checkout = || std::fs::read_dir(&checkouts).expect("checkouts").next().expect("one").expect("an entry").path();
    for (number, left) in ["index.lock", "shallow.lock", "HEAD.lock"].into_iter().enumerate() {
        write(&checkout().join(".git").join(left), "");
        let name = format!("b{number}");
        write(&work.join(format!("{name}.yaml")), &component(&name));
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", &name]);
        git(&work, &["push", "--quiet", bare.to_str().expect("a path"), "HEAD"]);
        app.refresh(id).await;
        assert!(
            app.refs().await.contains(&format!("component:default/{name}")),
            "{left}: {}",
            message_of(&app, id).await
        );
        assert_eq!(std::fs::read_dir(&checkouts).expect("checkouts").count(), 1, "nothing half-made stays");
    }
    std::fs::write(checkout().join(".git/HEAD"), "damaged").expect("written");
    app.refresh(id).await;
    assert_eq!((app.refs().await.len(), message_of(&app, id).await), (4, String::new()));
}

fn portico(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(arguments).current_dir(folder).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).output().expect("portico runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_place_of_a_secret_in_the_configuration_is_masked() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        &folder.path().join("portico.toml"),
        "database_url = 'postgres://portico@db.example/portico?password=geheim&sslmode=require'\n\
         [[integrations]]\nkind = 'github'\nhost = 'ghe.example'\ntoken = 'geheim'\n\
         proxy = 'http://geheim@proxy.example:3128'\napi_base = 'https://ada:geheim@ghe.example/api/v3?key=geheim'\n",
    );
    let output = portico(folder.path(), &["config", "--config", "portico.toml"]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(!out(&output).contains(TOKEN), "{}", out(&output));
    for shown in ["db.example/portico", "proxy.example:3128", "ghe.example/api/v3"] {
        assert!(out(&output).contains(shown), "{shown} can still be told: {}", out(&output));
    }
    let config = Config { integrations: vec![host("plain", "x.example", false)], ..Config::default() };
    assert!(!format!("{config:?}").contains(TOKEN), "{config:?}");
    assert!(!format!("{:?}", config.integrations().expect("integrations")).contains(TOKEN));
}

#[test]
fn the_data_directory_is_its_owners_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = portico(folder.path(), &["migrate", "--data-dir", "var/data"]);
    assert!(output.status.success(), "{}", err(&output));
    let mode = std::fs::metadata(folder.path().join("var/data")).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    // Where somebody else made the directory, for everybody to look into.
    std::fs::create_dir(folder.path().join("open")).expect("made");
    let output = portico(folder.path(), &["migrate", "--data-dir", "open"]);
    assert!(output.status.success(), "{}", err(&output));
    let mode = std::fs::metadata(folder.path().join("open/portico.db")).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_a_terminal_obeys_does_not_reach_it() {
    const BAD: &str = "x\u{1b}[2J\u{9b}1m\u{7}";
    let folder = tempfile::tempdir().expect("a folder");
    let bad = |name: &str| folder.path().join(format!("{name}{BAD}.yaml"));
    write(&folder.path().join("in").join(format!("{BAD}.yaml")), &component("a").replace("service", "7"));
    let quoted = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: \"b\\e[2J\"}\nspec: {type: 7}\n";
    write(&folder.path().join("in/b.yaml"), quoted);
    // Too large to be read, and a link that leads nowhere: named on the command line, as `import *` would.
    write(&bad("large"), "");
    std::fs::File::options().write(true).open(bad("large")).expect("it").set_len(11 << 20).expect("made large");
    std::os::unix::fs::symlink("nowhere", bad("link")).expect("a link");
    for arguments in [&["in".to_owned()][..], &[format!("large{BAD}.yaml")], &[format!("link{BAD}.yaml")]] {
        let arguments: Vec<&str> = std::iter::once("import").chain(arguments.iter().map(String::as_str)).collect();
        let output = portico(folder.path(), &arguments);
        let all = err(&output) + &out(&output);
        assert!(all.contains(".yaml"), "it is named: {all:?}");
        assert!(!all.contains(|c: char| c.is_control() && c != '\n'), "{all:?}");
    }
}
