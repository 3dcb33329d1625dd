//! Locations that are not on this machine: git repositories and addresses.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use catalog::server::NewLocation;
use http::StatusCode;
use kit::identity::Caller;
use kit::server::testing::{TestDb, databases};
use server::config::{Config, IntegrationConfig};

use crate::support::{TestApp, component, component_of, location, parsed, write};

/// A web server with these files; notes what it was asked for.
#[derive(Clone, Default)]
pub struct Site {
    files: Arc<Mutex<HashMap<String, (u16, String)>>>,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Starts it; gives its host and port.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let router = Router::new().fallback(serve).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        host
    }

    pub fn put(&self, path: &str, status: u16, body: &str) {
        self.files.lock().expect("files").insert(path.to_owned(), (status, body.to_owned()));
    }

    /// What it was asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("asked").clone()
    }
}

async fn serve(State(site): State<Site>, request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    site.asked.lock().expect("asked").push(path.clone());
    let (status, body) = site.files.lock().expect("files").get(&path).cloned().unwrap_or((404, String::new()));
    (StatusCode::from_u16(status).expect("a status"), body)
}

pub fn app(db: &TestDb, host: &str) -> TestApp {
    with_host(db, host, Config::default())
}

/// An instance with this configuration that may fetch from `host`.
pub fn with_host(db: &TestDb, host: &str, config: Config) -> TestApp {
    TestApp::with(db, allowing(host, config), &[], Caller::Operator)
}

/// This configuration with leave to fetch from `host`.
pub fn allowing(host: &str, config: Config) -> Config {
    let integration = IntegrationConfig {
        kind: "plain".into(),
        host: host.to_owned(),
        api_base: None,
        token: Some("geheim".into()),
        token_file: None,
        token_env: None,
        ca_file: None,
        proxy: None,
        allow_private: true,
    };
    Config { integrations: vec![integration], ..config }
}

pub async fn import(app: &TestApp, url: &str) -> i64 {
    app.import_location(&NewLocation::parse(url).expect("an address")).await
}

#[tokio::test]
async fn an_address_is_read_with_the_targets_beside_it() {
    for db in databases().await {
        let site = Site::default();
        let host = site.start().await;
        let app = app(&db, &host);
        site.put("/repo/all.yaml", 200, &[location("all", &["./a.yaml", "sub/b.yaml"]), component("c")].join("---\n"));
        site.put("/repo/a.yaml", 200, &component("a"));
        site.put("/repo/sub/b.yaml", 200, &component("b"));
        let id = import(&app, &format!("http://{host}/repo/all.yaml")).await;
        let all = ["component:default/a", "component:default/b", "component:default/c", "location:default/all"];
        assert_eq!(app.refs().await, all, "{}: {:?}", app.name, app.problems().await);

        site.put("/repo/a.yaml", 500, "busy");
        app.refresh(id).await;
        assert_eq!(app.refs().await, all, "what cannot be read at the moment stays");
        let errors = app.errors().await;
        assert!(
            errors.len() == 1
                && errors[0].contains("all.yaml:7:7 error target /spec/targets/0")
                && errors[0].contains("500"),
            "{errors:?}"
        );
        app.refresh(id).await;
        assert_eq!(app.errors().await, errors, "the same failure is noted once");

        site.put("/repo/a.yaml", 200, &component_of("a", "team-b", ""));
        app.refresh(id).await;
        assert_eq!(app.errors().await, Vec::<String>::new(), "{}", app.name);
        assert_eq!(app.refs().await, all);

        site.put("/repo/a.yaml", 404, "");
        app.refresh(id).await;
        assert_eq!(app.refs().await, all[1..], "what is gone is orphaned");
        assert_eq!(app.errors().await.len(), 1);

        site.put("/repo/all.yaml", 500, "");
        app.refresh(id).await;
        assert_eq!(app.refs().await, all[1..], "the address itself may fail for a while, too");
        assert!(app.errors().await.iter().any(|line| line.contains("500")), "{:?}", app.errors().await);
        site.put("/repo/all.yaml", 404, "");
        app.refresh(id).await;
        assert_eq!(app.refs().await, Vec::<String>::new(), "{}", app.name);
    }
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_asked() {
    for db in databases().await {
        let (site, other) = (Site::default(), Site::default());
        let (host, stranger) = (site.start().await, other.start().await);
        let app = app(&db, &host);
        other.put("/x.yaml", 200, &component("x"));
        site.put(
            "/all.yaml",
            200,
            &location(
                "all",
                &[&format!("http://{stranger}/x.yaml"), "http://169.254.169.254/x.yaml", "ftp://x.example/x.yaml"],
            ),
        );
        import(&app, &format!("http://{host}/all.yaml")).await;
        import(&app, &format!("http://{stranger}/x.yaml")).await;
        assert_eq!(app.refs().await, ["location:default/all"], "{}", app.name);
        let errors = app.errors().await;
        assert_eq!(errors.iter().filter(|line| line.contains("is not an allowed host")).count(), 3, "{errors:#?}");
        assert_eq!(other.asked.lock().expect("asked").len(), 0);
        let states = app.column("SELECT state FROM catalog_location ORDER BY id").await;
        assert!(states.iter().all(|state| matches!(state.as_str(), "errors" | "unreadable")), "{states:?}");
    }
}

#[tokio::test]
async fn cve_2026_29185_relative_targets_of_an_address_stay_in_its_folder() {
    for db in databases().await {
        let site = Site::default();
        let host = site.start().await;
        let app = app(&db, &host);
        let ways = [
            "../secret.yaml",
            "/secret.yaml",
            "//127.0.0.1/secret.yaml",
            "%2e%2e/secret.yaml",
            "..%2fsecret.yaml",
            "..%5csecret.yaml",
            "sub/%2E%2E/%2e%2e/secret.yaml",
            "..\\secret.yaml",
        ];
        site.put(
            "/repo/all.yaml",
            200,
            &location("all", &ways.map(|way| format!("'{way}'")).each_ref().map(String::as_str)),
        );
        site.put("/secret.yaml", 200, &component("secret"));
        import(&app, &format!("http://{host}/repo/all.yaml")).await;
        assert_eq!(app.refs().await, ["location:default/all"], "{}", app.name);
        assert_eq!(app.errors().await.len(), ways.len(), "{:#?}", app.errors().await);
        assert_eq!(
            *site.asked.lock().expect("asked"),
            ["/repo/all.yaml"],
            "nothing else was asked for, and no token sent there"
        );
    }
}

#[tokio::test]
async fn users_and_groups_of_a_trusted_address_come_from_its_own_folder_only() {
    for db in databases().await {
        let site = Site::default();
        let host = site.start().await;
        let app = app(&db, &host);
        let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: NAME\nspec:\n  type: team\n  children: []\n";
        let elsewhere = format!("http://{host}/elsewhere/group.yaml");
        site.put("/org/all.yaml", 200, &location("all", &["./own.yaml", &elsewhere]));
        site.put("/org/own.yaml", 200, &group.replace("NAME", "own"));
        site.put("/elsewhere/group.yaml", 200, &group.replace("NAME", "foreign"));
        let trusted = NewLocation {
            trust_org: true,
            ..NewLocation::parse(&format!("http://{host}/org/all.yaml")).expect("an address")
        };
        app.import_location(&trusted).await;
        assert_eq!(app.refs().await, ["group:default/own", "location:default/all"], "{}", app.name);
        assert!(
            app.errors().await.join("").contains("only from the trusted location's own files"),
            "{:?}",
            app.errors().await
        );
    }
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@bank.example",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is on PATH");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_git_repository_is_read_and_a_new_commit_is_picked_up() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let (work, bare) = (app.path("work"), app.path("repo.git"));
        std::fs::create_dir_all(&work).expect("a folder");
        git(&work, &["init", "--quiet"]);
        write(
            &work.join("catalog-info.yaml"),
            &[location("all", &["./services/*.yaml"]), component("root")].join("---\n"),
        );
        write(&work.join("services/a.yaml"), &component("a"));
        write(&app.path("secret.yaml"), &component("secret"));
        std::os::unix::fs::symlink(app.path("secret.yaml"), work.join("services/link.yaml")).expect("a link");
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", "one"]);
        git(&work, &["clone", "--quiet", "--bare", ".", bare.to_str().expect("a path")]);
        let new = parsed(&bare);
        assert_eq!(new.kind, "git");
        let id = app.import_location(&new).await;
        assert_eq!(
            app.refs().await,
            ["component:default/a", "component:default/root", "location:default/all"],
            "{}: {:?}",
            app.name,
            app.query("SELECT state, message FROM catalog_location").await
        );
        let revision = app.column("SELECT revision FROM catalog_location").await;
        assert_eq!(revision[0].len(), 40);

        let before = app.everything().await;
        app.refresh(id).await;
        assert_eq!(app.everything().await, before, "the same commit changes nothing");

        write(&work.join("services/b.yaml"), &component("b"));
        std::fs::remove_file(work.join("services/a.yaml")).expect("removed");
        git(&work, &["add", "--all", "."]);
        git(&work, &["commit", "--quiet", "-m", "two"]);
        git(&work, &["push", "--quiet", bare.to_str().expect("a path"), "HEAD"]);
        app.refresh(id).await;
        assert_eq!(
            app.refs().await,
            ["component:default/b", "component:default/root", "location:default/all"],
            "{}",
            app.name
        );
        assert_ne!(app.column("SELECT revision FROM catalog_location").await, revision);

        std::fs::rename(&bare, app.path("moved.git")).expect("moved");
        app.refresh(id).await;
        assert_eq!(app.refs().await.len(), 3, "a repository that is away for a while costs nothing");
        assert_eq!(app.column("SELECT state FROM catalog_location").await, ["unreadable"]);
        let page = app.get(&format!("/locations/{id}")).await;
        assert!(page.status == 200 && page.body.contains("Not readable"), "{}", page.body);
    }
}

#[tokio::test]
async fn cve_2026_25153_a_git_address_is_no_way_to_run_a_command_or_read_a_file() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    for text in [
        "ext::sh -c touch% /tmp/x.git",
        "file:///etc",
        "--upload-pack=touch x",
        "git://x.example/x.git",
        "ftp://x.example/x.git",
    ] {
        assert!(NewLocation::parse(text).is_err(), "{text}");
    }
    for text in ["ssh://-oProxyCommand=touch/x.git", "https://stranger.example/x.git", "http://127.0.0.1:9/x.git"] {
        let Ok(location) = NewLocation::parse(text) else { continue };
        let id = app.import_location(&location).await;
        let message = app.column(&format!("SELECT message FROM catalog_location WHERE id = {id}")).await;
        assert!(message[0].contains("is not on an allowed host"), "{text}: {message:?}");
    }
}
