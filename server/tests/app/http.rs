//! What a browser, a script and an attacker get over HTTP.

use axum::body::Body;
use http::Method;
use kit::server::testing::{TestDb, databases};
use serde_json::json;

use crate::support::{Answer, TestApp, component, component_of, request};

/// What none of these tests depends on is tested on one database.
async fn one() -> TestDb {
    databases().await.swap_remove(0)
}

async fn with_one_entity(db: &TestDb) -> TestApp {
    let app = TestApp::new(db);
    app.write("a.yaml", &component("a"));
    app.import().await;
    app
}

async fn to_host(app: &TestApp, host: &str) -> Answer {
    app.send(http::Request::builder().uri("/catalog").header("host", host).body(Body::empty())).await
}

#[tokio::test]
async fn a_name_that_was_rebound_to_this_machine_gets_nothing() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    for host in ["127.0.0.1:3000", "localhost", "LocalHost:1", "[::1]:3000"] {
        assert_eq!(to_host(&app, host).await.status, 200, "{host}");
    }
    for host in [
        "portico.attacker.example",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example:3000",
        "attacker.example:127.0.0.1",
        "127.0.0.2",
        "0.0.0.0:3000",
        "[::ffff:127.0.0.1]",
        "localhost@attacker.example",
        "",
    ] {
        let answer = to_host(&app, host).await;
        assert_eq!(answer.status, 400, "{host}");
        assert!(!answer.body.contains("/catalog/default/component/a"), "{host}");
    }
    let both = http::Request::builder().uri("http://portico.attacker.example/catalog").header("host", "127.0.0.1:3000");
    assert_eq!(app.send(both.body(Body::empty())).await.status, 400, "two names");
    let without = app.send(http::Request::builder().uri("/catalog").body(Body::empty())).await;
    assert_eq!(without.status, 400, "a request that names no host");
}

#[tokio::test]
async fn a_page_of_another_site_can_change_nothing() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    let post = async |headers: &[(&str, &str)]| {
        let mut request = request(Method::POST, "/api/catalog/fn/refresh")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.send(request.body(Body::from("id=1"))).await.status.as_u16()
    };
    for refused in [
        &[("origin", "https://attacker.example")][..],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:4000")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")],
    ] {
        assert_eq!(post(refused).await, 400, "{refused:?}");
    }
    let events = app.rows("audit_event").await.len();
    for allowed in [&[("origin", "http://127.0.0.1:3000")][..], &[("sec-fetch-site", "same-origin")], &[]] {
        let status = post(allowed).await;
        assert!(matches!(status, 200 | 302 | 303), "{allowed:?}: {status}");
    }
    assert_eq!(app.rows("audit_event").await.len(), events + 3, "what was refused left no trace, the rest did");
}

#[tokio::test]
async fn a_plain_form_refreshes_a_location_and_leads_back() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    let form = request(Method::POST, "/api/catalog/fn/refresh")
        .header("accept", "text/html")
        .header("referer", "http://127.0.0.1:3000/locations/1")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = app.send(form.body(Body::from("id=1"))).await;
    // The framework adds an empty query.
    let back = answer.header("location").trim_end_matches('?');
    assert_eq!((answer.status.as_u16(), back), (302, "http://127.0.0.1:3000/locations/1"));
    let unknown =
        request(Method::POST, "/api/catalog/fn/refresh").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(app.send(unknown.body(Body::from("id=99"))).await.status, 404);
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    for (path, status) in [
        ("/", 200),
        ("/catalog", 200),
        ("/nowhere", 404),
        ("/api/catalog/entities/by-query", 200),
        ("/api/catalog/entities/by-name/component/default/none", 404),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/assets/none.js", 404),
        ("/favicon.svg", 200),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        // Pages of contributors are each on a host of their own, and only as frames.
        let policy = policy.replace("frame-src http://*.localhost:*", "");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains('*'),
            "{path}: {policy}"
        );
        let kept = matches!(path, "/favicon.svg");
        assert!(kept || answer.header("cache-control") == "no-store", "{path}: {}", answer.header("cache-control"));
    }
}

#[tokio::test]
async fn scripts_run_by_a_nonce_that_differs_in_each_answer() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let answer = app.get("/catalog").await;
        let policy = answer.header("content-security-policy");
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert!(nonce.len() >= 16, "{nonce}");
        for script in answer.body.match_indices("<script").map(|(at, _)| &answer.body[at..]) {
            let tag = script.split('>').next().expect("a tag");
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
        }
        assert!(!answer.body.contains(" style=") && !answer.body.contains("<style"), "no style is inline");
        assert!(!answer.body.contains(" onclick=") && !answer.body.contains(" onload="), "no script is inline");
        seen.insert(nonce);
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn errors_of_server_functions_have_their_own_status() {
    for db in databases().await {
        let app = with_one_entity(&db).await;
        for (address, status) in [
            ("/", 200),
            ("/catalog/default/component/a", 200),
            ("/catalog/default/component/none", 404),
            ("/catalog/%2F/%2F/%2F", 404),
            ("/catalog/default/component/none?tab=descriptor", 404),
            ("/catalog/default/component/a?tab=relations&hops=200", 200),
            ("/catalog/default/component/none?tab=relations", 404),
            ("/locations/99", 404),
            ("/locations/1?page=damaged", 400),
            ("/catalog", 200),
            ("/catalog?page=damaged", 400),
            ("/catalog?page=e30", 400),
            ("/catalog/default", 404),
            ("/search/x", 404),
            ("/design/components/none", 404),
        ] {
            let answer = app.page(address).await;
            assert_eq!(answer.status.as_u16(), status, "{} {address}: {}", app.name, answer.body);
        }
        let answer = app.post("/api/catalog/fn/page", "application/json", "{").await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let unknown = app.post("/api/catalog/fn/none", "application/json", "{}").await;
        assert_eq!(unknown.status, 404);
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so_and_helps() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    for (path, status) in [
        ("/nowhere", 404),
        ("/catalog/default/component/none", 404),
        ("/catalog/default/component", 404),
        ("/locations/99", 404),
        ("/locations/x", 404),
        ("/catalog?page=damaged", 400),
        ("/locations/1?page=damaged", 400),
        ("/api/catalog/nothing", 404),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains("href=\"/\"") || answer.body.contains("href=\"/catalog\""), "{path} leads on");
    }
    assert!(app.get("/nowhere").await.body.contains("action=\"/catalog\""), "it offers the search");
}

#[tokio::test]
async fn a_script_gets_json_of_an_address_that_is_none_or_cannot_be_read() {
    let db = one().await;
    let app = TestApp::new(&db);
    let one = "/api/contributions/v1/contributions/C-1/submissions";
    for (path, status, error) in [
        ("/api/contributions/nothing".to_owned(), 404, "not-found"),
        ("/api/nothing".to_owned(), 404, "not-found"),
        (format!("{one}/x/report"), 400, "bad-request"),
        (format!("{one}/1/pictures/-1"), 400, "bad-request"),
    ] {
        let answer = app.get_json(&path).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["error"]), (status, &json!(error)), "{path}");
    }
}

#[tokio::test]
async fn a_cursor_of_the_wrong_sort_is_refused_and_not_run() {
    for db in databases().await {
        let app = with_one_entity(&db).await;
        // A cursor of another order, and values of the wrong type.
        for (value, sort) in [
            (json!({"value": 7, "id": 1}), "name"),
            (json!({"value": "x", "id": 1}), "changed"),
            (json!({"value": null, "id": 1}), "name"),
        ] {
            let cursor = base64_url(&value.to_string());
            let status = app.get(&format!("/catalog?sort={sort}&page={cursor}")).await.status.as_u16();
            assert!(matches!(status, 200 | 400), "{} {value} {sort}: {status}", app.name);
        }
    }
}

fn base64_url(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let db = one().await;
    let app = TestApp::new(&db);
    let body = json!({ "address": "x".repeat(2 * 1024 * 1024) }).to_string();
    let answer = app.post("/api/catalog/fn/page", "application/json", &body).await;
    // What says its size before is not even read; what does not is cut off.
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("bad-request")));
    for path in ["/catalog", "/api/catalog/fn/register", "/api/catalog/locations"] {
        let sent = |accept| request(Method::POST, path).header("accept", accept).header("content-length", body.len());
        let page = app.send(sent("text/html").body(body.clone().into())).await;
        assert_eq!(page.status, 413, "{path}");
        assert!(
            page.body.contains("<h1>This is too large</h1>") && page.body.contains("1 MB"),
            "{path}: {}",
            page.body
        );
        let answer = app.send(sent("application/json").body(body.clone().into())).await;
        assert_eq!(answer.json()["error"]["error"], "too-large", "{path}");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    for (path, methods, allowed) in [
        ("/catalog", &["FOO", "POST", "PUT", "DELETE", "OPTIONS"][..], "GET,HEAD"),
        ("/nowhere", &["POST"], "GET,HEAD"),
        ("/api/catalog/fn/page", &["FOO", "GET"], "POST"),
        ("/api/catalog/entities/by-query", &["FOO", "POST"], "GET"),
    ] {
        for method in methods {
            let sent = |accept: &str| {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                app.send(request(method, path).header("accept", accept).body(Body::empty()))
            };
            let page = sent("text/html").await;
            assert_eq!(page.status, 405, "{method} {path}");
            assert!(page.header("allow").contains(allowed), "{method} {path}: {:?}", page.headers);
            assert!(page.body.contains(&format!("takes no {method} requests")), "{method} {path}: {}", page.body);
            let answer = sent("application/json").await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["error"]["error"]),
                (405, &json!("method")),
                "{method} {path}"
            );
        }
    }
    assert_eq!(app.post("/api/catalog/nothing", "application/json", "{}").await.status, 404);
    let head = app.send(request(Method::HEAD, "/catalog").body(Body::empty())).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn cve_2021_32662_no_file_of_the_machine_is_served() {
    let db = one().await;
    let app = TestApp::new(&db);
    // The tests run in the folder of the package, as a server runs in the folder of its data.
    assert!(std::path::Path::new("Cargo.toml").is_file());
    for path in [
        "/Cargo.toml",
        "/src/main.rs",
        "/./Cargo.toml",
        "/%2e/Cargo.toml",
        "/../server/Cargo.toml",
        "/%2e%2e/server/Cargo.toml",
        "/..%2fserver%2fCargo.toml",
        "/assets/Cargo.toml",
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..%5cCargo.toml",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/etc/passwd",
        "//etc/passwd",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            !answer.body.contains("[package]") && !answer.body.contains("fn main") && !answer.body.contains("root:x:0"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn assets_are_kept_for_good_and_sent_compressed() {
    let db = one().await;
    let app = TestApp::new(&db);
    let css = app.instance.assets.names().css.clone();
    let plain = app.get(&css).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(plain.body.contains(".pk-button"));
    let compressed =
        app.send(request(Method::GET, &css).header("accept-encoding", "gzip, br;q=1").body(Body::empty())).await;
    assert_eq!(compressed.header("content-encoding"), "br");
    assert_eq!(compressed.header("vary"), "accept-encoding");
    assert!(compressed.body.len() < plain.body.len() / 2);
}

/// Text that would run if it were not escaped.
const SCRIPT: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn cve_2023_25571_nothing_in_a_descriptor_runs_in_the_browser() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let metadata = format!(
            "  title: '\"><img src=x onerror=alert(1)>{SCRIPT}'\n  description: '{SCRIPT}</textarea></title>{SCRIPT}'\n  annotations:\n    bank.example/note: '{SCRIPT}'\n  \
             links:\n    - {{url: 'javascript:alert(1)', title: one}}\n    - {{url: ' JaVaScRiPt:alert(1)', title: two}}\n    \
             - {{url: 'data:text/html,{SCRIPT}', title: four}}\n    - {{url: 'vbscript:x', title: five}}\n    - {{url: 'https://ok.example/\">{SCRIPT}', title: '{SCRIPT}'}}\n"
        );
        app.write(
            "a.yaml",
            &component_of("evil", "team-a", &metadata).replace("type: service", &format!("type: '{SCRIPT}'")),
        );
        app.write("b.yaml", &component_of("tagged", "team-a", &format!("  tags: ['{SCRIPT}']\n")));
        app.write("c.yaml", &component(&format!("'{SCRIPT}'")));
        app.write("d.yaml", &component_of("owned", &format!("'{SCRIPT}'"), ""));
        app.write(
            &format!("{}.yaml", "<img src=x onerror=alert(1)>".replace('/', "")),
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: 7\n",
        );
        let id = app.import().await;
        assert!(
            app.refs().await.contains(&"component:default/evil".to_owned()),
            "{}: {:#?}",
            app.name,
            app.problems().await
        );
        let entity = "/catalog/default/component/evil";
        for path in [
            "/".to_owned(),
            "/catalog".to_owned(),
            entity.to_owned(),
            format!("{entity}?tab=relations"),
            format!("{entity}?tab=descriptor"),
            format!("{entity}?tab=origin"),
            "/catalog/default/component/owned".to_owned(),
            "/locations".to_owned(),
            format!("/locations/{id}"),
            "/catalog?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
            "/catalog?type=%3Cscript%3Ealert(1)%3C/script%3E&sort=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
            "/catalog/default/component/%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
            "/%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
        ] {
            let body = app.get(&path).await.body.to_lowercase();
            assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{} {path}", app.name);
            for scheme in ["javascript:", "data:text", "vbscript:", "java\tscript:"] {
                assert!(
                    !body.contains(&format!("href=\"{scheme}")) && !body.contains(&format!("href=\" {scheme}")),
                    "{} {path} {scheme}",
                    app.name
                );
            }
        }
        let page = app.get(entity).await.body;
        assert!(
            page.contains("https://ok.example/") && page.contains("&lt;script&gt;alert(1)"),
            "what is safe is shown"
        );
        for dropped in [">one<", ">two<", ">four<", ">five<"] {
            assert!(!page.contains(dropped), "{dropped}");
        }
    }
}

#[tokio::test]
async fn what_a_form_had_to_say_is_said_once_and_by_the_portal_alone() {
    let db = one().await;
    let app = with_one_entity(&db).await;
    let form = request(Method::POST, "/api/catalog/fn/register")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("referer", "http://127.0.0.1:3000/locations/register?target=%3Cb%3E");
    let answer = app.send(form.body("target=%3Cb%3Enonsense".into())).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(answer.header("location"), "http://127.0.0.1:3000/locations/register?target=%3Cb%3E");
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Max-Age=60", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let said = cookie.split(';').next().expect("a value");
    let page = request(Method::GET, "/locations/register").header("cookie", said);
    let page = app.send(page.body(Body::empty())).await;
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("&lt;b&gt;nonsense"), "{}", page.body);
    assert!(page.header("set-cookie").contains("portico-said=; ") && page.header("set-cookie").contains("Max-Age=0"));
    // What an address says of an error is not what the form is told.
    let form = request(Method::POST, "/api/catalog/fn/register")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header(
            "referer",
            "http://127.0.0.1:3000/catalog?__path=/x&__err=eyJlcnJvciI6ImJhZC1yZXF1ZXN0IiwibWVzc2FnZSI6ImV2aWwifQ==",
        );
    let answer = app.send(form.body("target=nonsense".into())).await;
    assert!(answer.header("set-cookie").contains("nonsense") && !answer.header("set-cookie").contains("evil"));
    assert_eq!(answer.header("location"), "http://127.0.0.1:3000/catalog");
    // Neither an address nor a broken cookie can have the portal say something.
    let link = kit::query::href(
        "/catalog",
        [("__err", "eyJlcnJvciI6ImJhZC1yZXF1ZXN0IiwibWVzc2FnZSI6ImV2aWwifQ=="), ("__path", "/x")],
    );
    assert!(!app.get(&link).await.body.contains("evil"));
    let page = request(Method::GET, "/catalog").header("cookie", "portico-said=evil");
    assert!(!app.send(page.body(Body::empty())).await.body.contains("evil"));
}
