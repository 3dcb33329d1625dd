//! What keeps whoever asks too much, says too much or pretends to be somebody else in their place; and that no secret reaches the log.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use axum::body::Body;
use http::Method;
use kit::identity::Caller;
use kit::server::testing::{TestDb, databases};
use server::client::ProxyConfig;
use server::config::Config;
use server::limits::LimitsConfig;

use crate::support::{Answer, TestApp, component, request, write};

/// What none of these tests depends on is tested on one database.
async fn one() -> TestDb {
    databases().await.swap_remove(0)
}

fn app(db: &TestDb, config: Config) -> TestApp {
    TestApp::with(db, config, &[], Caller::Operator)
}

async fn with_headers(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    app.send(request.body(Body::empty())).await
}

#[tokio::test]
async fn every_answer_bears_a_number_that_a_stranger_cannot_choose() {
    let db = one().await;
    let stranger = app(&db, Config::default());
    let mut seen = std::collections::HashSet::new();
    for path in ["/", "/nowhere", "/api/catalog/entities/by-query", "/healthz", "/assets/none.js"] {
        let answer = with_headers(&stranger, path, &[("x-request-id", "chosen-by-me")]).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(id.len() == 32 && id != "chosen-by-me", "{path}: {id:?}");
        assert!(seen.insert(id), "each has its own");
    }
    let proxy = ProxyConfig { trusted: vec!["127.0.0.0/8".into()] };
    let behind = app(&db, Config { proxy, ..Config::default() });
    let id = async |sent: &str| {
        with_headers(&behind, "/", &[("x-request-id", sent)]).await.header("x-request-id").to_owned()
    };
    assert_eq!(id("from-the-proxy-7").await, "from-the-proxy-7");
    assert_eq!(id("bad <id>").await.len(), 32);
}

#[tokio::test]
async fn a_browser_is_told_to_stay_with_https_only_where_the_portal_has_it() {
    let db = one().await;
    for (url, has) in
        [(None, false), (Some("http://localhost:3000"), false), (Some("https://portico.bank.example"), true)]
    {
        let config = Config { public_url: url.map(|url| url.parse().expect("a URL")), ..Config::default() };
        let app = app(&db, config);
        for path in ["/", "/api/catalog/entities/by-query", "/nowhere"] {
            let answer = app.get(path).await;
            assert_eq!(answer.headers.contains_key("strict-transport-security"), has, "{url:?} {path}");
            assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_portal_answers_to_its_configured_name_and_its_own_pages() {
    let db = one().await;
    let public_url = Some("https://portico.bank.example".parse().expect("a URL"));
    let app = app(&db, Config { public_url, ..Config::default() });
    let ask = async |method: Method, headers: &[(&str, &str)]| {
        let request = http::Request::builder().method(method).uri("/api/catalog/fn/refresh");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        app.send(request.body(Body::from("id=99"))).await.status.as_u16()
    };
    let (bank, own) = (("host", "portico.bank.example"), ("origin", "https://portico.bank.example"));
    assert_eq!(ask(Method::POST, &[bank, own]).await, 404);
    assert_eq!(ask(Method::POST, &[("host", "other.bank.example"), own]).await, 400);
    assert_eq!(ask(Method::POST, &[bank, ("origin", "http://portico.bank.example")]).await, 400, "not the same scheme");
    assert_eq!(ask(Method::POST, &[bank, ("origin", "https://portico.bank.example:8443")]).await, 400);
    assert_eq!(ask(Method::POST, &[bank, bank, own]).await, 400, "two names");
    let forwarded = ("x-forwarded-host", "portico.bank.example");
    assert_eq!(ask(Method::POST, &[("host", "inner"), forwarded, own]).await, 400, "nobody trusted says so");
}

#[tokio::test]
async fn a_proxy_that_is_trusted_names_the_host_that_was_asked_for() {
    let db = one().await;
    let public_url = Some("https://portico.bank.example".parse().expect("a URL"));
    let proxy = ProxyConfig { trusted: vec!["127.0.0.1".into()] };
    let app = app(&db, Config { public_url, proxy, ..Config::default() });
    let ask = async |name: &str| {
        let request =
            http::Request::builder().uri("/healthz").header("host", "inner:3000").header("x-forwarded-host", name);
        app.send(request.body(Body::empty())).await.status.as_u16()
    };
    assert_eq!(ask("portico.bank.example").await, 200);
    assert_eq!(ask("attacker.example").await, 400);
}

#[tokio::test]
async fn no_route_changes_anything_for_a_page_of_another_site() {
    let db = one().await;
    let app = app(&db, Config::default());
    let mut routes: Vec<(Method, String)> = Vec::new();
    for plugin in &app.instance.plugins {
        routes.extend(plugin.routes().listed.into_iter().map(|(method, path)| (method, path.to_owned())));
    }
    routes.retain(|(method, _)| *method != Method::GET);
    assert!(routes.iter().any(|(method, _)| *method == Method::DELETE), "{routes:?}");
    for path in
        ["/sign-in/local", "/sign-out", "/api/catalog/fn/refresh", "/api/catalog/fn/unregister", "/", "/nowhere"]
    {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            routes.push((method, path.to_owned()));
        }
    }
    let before = app.rows("audit_event").await.len();
    for (method, path) in routes {
        let path = path.replace("{id}", "1").replace("{uid}", "1");
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://attacker.example")],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1:3001")],
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        ] {
            let request = request(method.clone(), &path).header("content-type", "application/x-www-form-urlencoded");
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = app.send(request.body(Body::from("id=1"))).await;
            assert_eq!(answer.status, 400, "{method} {path} {headers:?}");
            assert!(answer.body.contains("another site"), "{method} {path}: {}", answer.body);
        }
    }
    assert_eq!(app.rows("audit_event").await.len(), before);
}

#[tokio::test]
async fn cve_2020_8827_whoever_asks_too_often_is_told_to_wait() {
    let db = one().await;
    let limits = LimitsConfig { sign_in: 2, failures: 2, search: 2, api: 2 };
    let fresh = || TestApp::with(&db, Config { limits: limits.clone(), ..Config::default() }, &[], Caller::Anonymous);
    for path in ["/search?q=a", "/api/catalog/entities/by-query", "/sign-in"] {
        let app = fresh();
        for _ in 0..2 {
            assert_ne!(app.get(path).await.status, 429, "{path}");
        }
        let page = app.get(path).await;
        assert_eq!(page.status, 429, "{path}");
        assert!(
            page.body.contains("<h1>Too many requests</h1>") && page.body.contains("try again in"),
            "{}",
            page.body
        );
        let seconds: u32 = page.header("retry-after").parse().expect("seconds");
        assert!((1..=31).contains(&seconds), "{seconds}");
        let script = app.get_json(path).await;
        assert_eq!((script.status.as_u16(), script.json()["error"]["error"].as_str()), (429, Some("too-many")));
        for other in ["/catalog", "/healthz", "/nowhere"] {
            assert_ne!(app.get(other).await.status, 429, "{path} costs {other} nothing");
        }
    }
    let app = fresh();
    let guess = async || {
        with_headers(&app, "/api/catalog/locations/1", &[("authorization", "Bearer guessed")]).await.status.as_u16()
    };
    let guesses = [guess().await, guess().await, guess().await, guess().await];
    assert!(guesses.contains(&401) && guesses[3] == 429, "{guesses:?}");
}

/// What must never be found in the log.
const SECRETS: [&str; 9] = [
    "s3cret-bearer",
    "s3cret-cookie",
    "s3cret-code",
    "s3cret-state",
    "s3cret-form",
    "s3cret-json",
    "s3cret-integration",
    "s3cret-key",
    "s3cret-device",
];

struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(folder: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portico"))
            .args(["serve", "--addr", "127.0.0.1:0", "--example", "--config", "portico.toml"])
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join("log")).expect("a file"))
            .spawn()
            .expect("portico runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit_once("http://").map_or_else(String::new, |(_, address)| address.to_owned());
        Self { child, address }
    }

    /// Head and body of the answer.
    fn ask(&self, head: &str, headers: &str, body: &str) -> (String, String) {
        let Self { address, .. } = self;
        let mut stream = TcpStream::connect(address).expect("it listens");
        let length = body.len();
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
        .expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), body.to_owned())
    }

    fn stop(mut self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn no_secret_reaches_the_log_and_each_line_of_a_request_has_its_number() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        &folder.path().join("portico.toml"),
        "[log]\nlevel = 'trace'\nformat = 'json'\n[[integrations]]\nkind = 'github'\nhost = 'ghe.example'\ntoken = 's3cret-integration'\nproxy = 'http://ada:s3cret-integration@127.0.0.1:9'\n",
    );
    write(&folder.path().join("more/a.yaml"), &component("a"));
    let served = Served::start(folder.path());
    let port = served.address.rsplit(':').next().expect("a port").to_owned();
    let secret_headers = format!(
        "authorization: Bearer s3cret-bearer\r\ncookie: portico-{port}=s3cret-cookie; portico-device=s3cret-device\r\nx-api-key: s3cret-key\r\naccept: text/html\r\n"
    );
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    for head in [
        "GET /catalog",
        "GET /api/catalog/entities/by-query",
        "GET /sign-in/callback?code=s3cret-code&state=s3cret-state",
        "GET /nowhere?token=s3cret-code",
    ] {
        served.ask(head, &secret_headers, "");
        served.ask(head, &format!("cookie: portico-{port}=s3cret-cookie\r\n"), "");
    }
    served.ask("POST /sign-in/local", form, "person=s3cret-form&to=/s3cret-form");
    served.ask(
        "POST /api/catalog/fn/page",
        "content-type: application/json\r\n",
        "{\"address\":\"/catalog?page=s3cret-json\"}",
    );
    served.ask("POST /api/catalog/fn/refresh", form, "id=s3cret-form");

    // A real session, whose cookie is a secret too.
    let mut session = String::new();
    for _ in 0..100 {
        let (head, _) = served.ask("POST /sign-in/local", form, "person=user:default/elena.petrova&to=/catalog");
        let cookie = head.lines().find_map(|line| line.strip_prefix(&format!("set-cookie: portico-{port}=")));
        if let Some(cookie) = cookie.filter(|_| head.contains("location: /catalog")) {
            session = cookie.split(';').next().unwrap_or_default().to_owned();
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(session.len() > 15, "signed in");
    let cookie = format!("cookie: portico-{port}={session}\r\naccept: text/html\r\n");
    // Importing something that is not there leads through fetching with the token.
    served.ask(
        "POST /api/catalog/locations",
        &format!("{cookie}content-type: application/json\r\n"),
        "{\"type\":\"url\",\"target\":\"https://ghe.example/o/r/blob/main/a.yaml\"}",
    );
    let (head, _) = served.ask("GET /catalog", &cookie, "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("a number").to_owned();
    let key = std::fs::read_to_string(folder.path().join("data/secret.key")).expect("the key");
    std::thread::sleep(std::time::Duration::from_secs(2));
    served.stop();

    let log = std::fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.lines().count() > 50, "it says a lot at this level: {}", log.lines().count());
    for secret in SECRETS.iter().copied().chain([session.as_str(), key.trim()]) {
        let found: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(found.is_empty(), "{secret}: {found:#?}");
    }
    let of_the_page: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
    assert!(of_the_page.iter().any(|line| line.contains("\"message\":\"request\"")), "{of_the_page:#?}");
}
