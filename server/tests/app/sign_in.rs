//! Signing in, sessions and tokens.

use axum::body::Body;
use http::{Method, StatusCode};
use kit::server::testing::{TestDb, databases};
use server::config::{AccessConfig, Config};
use server::guard::Identity;

use crate::support::{Answer, TestApp, request};

const PEOPLE: &str = "apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: division, children: [cards]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: cards, title: Cards}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {displayName: Ann Example, email: ann@bank.example}, memberOf: [cards]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {memberOf: []}
";

const MINUTE: i64 = 60_000;

/// A portal whose people are Ann, in a team, and Bob, who is an administrator.
async fn portal(db: &TestDb) -> TestApp {
    let access = AccessConfig { administrators: vec!["User:default/Bob".into()], ..AccessConfig::default() };
    let app = TestApp::local(db, Config { access, ..Config::default() });
    app.write("org.yaml", PEOPLE);
    app.import_from(&app.path(""), true).await;
    app
}

/// Signs in and gives the session's cookie.
async fn sign_in(app: &TestApp, person: &str, cookie: &str) -> String {
    let form = format!("person=user:default/{person}&to=/catalog");
    let answer = app
        .send(
            request(Method::POST, "/sign-in/local")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", cookie)
                .body(Body::from(form)),
        )
        .await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/catalog"), "{}", answer.body);
    session_cookie(&answer)
}

fn session_cookie(answer: &Answer) -> String {
    let all = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII"));
    let line = all.into_iter().find(|line| line.starts_with("portico-3000=")).expect("a session");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
    line.split(';').next().expect("a cookie").to_owned()
}

async fn get(app: &TestApp, path: &str, header: (&str, &str)) -> Answer {
    let asked = request(Method::GET, path).header("accept", "text/html").header(header.0, header.1);
    app.send(asked.body(Body::empty())).await
}

async fn form(app: &TestApp, path: &str, cookie: &str, body: &str) -> Answer {
    let asked = request(Method::POST, path)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie);
    app.send(asked.body(Body::from(body.to_owned()))).await
}

#[tokio::test]
async fn whoever_is_nobody_is_led_to_the_sign_in_and_back() {
    for db in databases().await {
        let app = portal(&db).await;
        let answer = app.get("/catalog?kind=user&q=a%26b").await;
        let to = "/sign-in?to=/catalog?kind%3Duser%26q%3Da%2526b";
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, to));
        let page = app.get("/sign-in?to=/catalog").await;
        assert!(page.body.contains("Ann Example") && page.body.contains("This is an example"), "{}", page.body);
        assert_eq!(app.get_json("/api/catalog/entities/by-query").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
        let ann = sign_in(&app, "ann", "").await;
        let page = get(&app, "/catalog", ("cookie", &ann)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Ann Example"), "the shell says who is signed in");
        assert_eq!(get(&app, "/sign-in?to=//evil.example", ("cookie", &ann)).await.header("location"), "/");
    }
}

#[tokio::test]
async fn the_navigation_offers_what_its_pages_allow() {
    for db in databases().await {
        let app = portal(&db).await;
        for (person, shown) in [("ann", false), ("bob", true)] {
            let cookie = sign_in(&app, person, "").await;
            let page = get(&app, "/catalog", ("cookie", &cookie)).await;
            for (path, offered) in [("/audit", shown), ("/access", shown), ("/catalog", true)] {
                let link = format!("href=\"{path}\"");
                let entries = page.body.split("<li").filter(|entry| entry.contains(&link) && entry.contains("item"));
                let tags: Vec<&str> = entries.filter_map(|entry| entry.split('>').next()).collect();
                assert!(!tags.is_empty(), "{path}: {}", page.body);
                for tag in tags {
                    assert_eq!(tag.contains("hidden"), !offered, "{person} {path}: <li{tag}>");
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_cookie_that_was_there_before_or_is_made_up() {
    for db in databases().await {
        let app = portal(&db).await;
        let bob = sign_in(&app, "bob", "").await;
        // Fixation: the id that the browser had is not the one that is signed in.
        let ann = sign_in(&app, "ann", &bob).await;
        assert_ne!(ann, bob);
        assert_eq!(
            get(&app, "/catalog", ("cookie", &bob)).await.status,
            StatusCode::SEE_OTHER,
            "the old id is worth nothing"
        );
        for made_up in [
            "portico-3000=AAAAAAAAAAAAAAAAAAAAAA",
            "portico-3000=x",
            "portico-3000=",
            "__Host-portico=AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(get(&app, "/catalog", ("cookie", made_up)).await.status, StatusCode::SEE_OTHER, "{made_up}");
        }
        // Who reads the table has no cookie.
        let key = app.column("SELECT session_key FROM session").await.remove(0);
        assert!(!key.contains(ann.split('=').nth(1).expect("a value")));
        assert_eq!(
            get(&app, "/catalog", ("cookie", &format!("portico-3000={key}"))).await.status,
            StatusCode::SEE_OTHER
        );
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_after_half_a_day_in_any_case() {
    for db in databases().await {
        let app = portal(&db).await;
        let clock = &app.instance.kit.clock;
        let ann = sign_in(&app, "ann", "").await;
        clock.advance(14 * MINUTE);
        assert_eq!(get(&app, "/catalog", ("cookie", &ann)).await.status, StatusCode::OK);
        clock.advance(14 * MINUTE);
        assert_eq!(get(&app, "/catalog", ("cookie", &ann)).await.status, StatusCode::OK, "it was used in between");
        clock.advance(15 * MINUTE);
        assert_eq!(get(&app, "/catalog", ("cookie", &ann)).await.status, StatusCode::SEE_OTHER, "idle");
        let ann = sign_in(&app, "ann", "").await;
        for _ in 0..71 {
            clock.advance(10 * MINUTE);
            assert_eq!(get(&app, "/catalog", ("cookie", &ann)).await.status, StatusCode::OK);
        }
        clock.advance(10 * MINUTE);
        assert_eq!(get(&app, "/catalog", ("cookie", &ann)).await.status, StatusCode::SEE_OTHER, "12 hours");
    }
}

#[tokio::test]
async fn another_instance_knows_the_session_and_a_restart_keeps_it() {
    for db in databases().await {
        let app = portal(&db).await;
        let ann = sign_in(&app, "ann", "").await;
        let other = TestApp::local(&db, Config::default());
        assert_eq!(get(&other, "/catalog", ("cookie", &ann)).await.status, StatusCode::OK);
        assert_eq!(form(&other, "/sign-out", &ann, "").await.header("location"), "/signed-out");
        assert_eq!(
            get(&app, "/catalog", ("cookie", &ann)).await.status,
            StatusCode::SEE_OTHER,
            "signed out everywhere"
        );
        let acts = app.column("SELECT action FROM audit_event WHERE action LIKE 'session.%' ORDER BY id").await;
        assert_eq!(acts, ["session.sign-in", "session.sign-out"]);
    }
}

#[tokio::test]
async fn everybody_ends_their_own_sessions_and_nobody_elses() {
    for db in databases().await {
        let app = portal(&db).await;
        let (ann, laptop, bob) =
            (sign_in(&app, "ann", "").await, sign_in(&app, "ann", "").await, sign_in(&app, "bob", "").await);
        let ids = app.column("SELECT id FROM session WHERE subject = 'user:default/ann' ORDER BY id").await;
        let refused = form(&app, "/api/settings/fn/end-session", &bob, &format!("id={}", ids[1])).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
        assert_eq!(get(&app, "/catalog", ("cookie", &laptop)).await.status, StatusCode::OK);
        let page = get(&app, "/settings/sessions", ("cookie", &ann)).await;
        assert_eq!(page.body.matches("This one").count(), 1);
        assert_eq!(
            form(&app, "/api/settings/fn/end-session", &ann, &format!("id={}", ids[1])).await.status,
            StatusCode::OK
        );
        assert_eq!(get(&app, "/catalog", ("cookie", &laptop)).await.status, StatusCode::SEE_OTHER);
        let laptop = sign_in(&app, "ann", "").await;
        assert_eq!(form(&app, "/api/settings/fn/end-other-sessions", &ann, "").await.body, "1");
        assert_eq!(get(&app, "/catalog", ("cookie", &laptop)).await.status, StatusCode::SEE_OTHER);
        assert_eq!(get(&app, "/catalog", ("cookie", &bob)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn groups_come_from_trusted_places_alone() {
    for db in databases().await {
        let app = portal(&db).await;
        let ann = sign_in(&app, "ann", "").await;
        let about = get(&app, "/settings", ("cookie", &ann)).await.body;
        for group in ["group:default/cards", "group:default/payments"] {
            assert!(about.contains(group), "{group}: {about}");
        }
        assert!(about.contains("Cards is below it") && !about.contains("Administrator"), "{about}");
        // Somebody registers a group that names Bob, and a user who claims to be in one.
        let evil = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: administrators}\nspec: {type: team, children: [], members: [ann, bob]}\n---\n\
                    apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ann, namespace: evil}\nspec: {memberOf: ['group:default/payments']}\n";
        app.write("evil/evil.yaml", evil);
        app.import_from(&app.path("evil"), false).await;
        let again = sign_in(&app, "ann", "").await;
        let about = get(&app, "/settings", ("cookie", &again)).await.body;
        assert!(!about.contains("administrators"), "{about}");
        let refused = form(&app, "/sign-in/local", "", "person=user:evil/ann").await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        let bob = sign_in(&app, "bob", "").await;
        assert!(get(&app, "/settings", ("cookie", &bob)).await.body.contains("Administrator"));
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_owners_rights_cover_until_it_is_revoked() {
    for db in databases().await {
        let app = portal(&db).await;
        let ann = sign_in(&app, "ann", "").await;
        let make = |body: &'static str| form(&app, "/api/settings/fn/create-token", &ann, body);
        for (wrong, told) in [
            ("name=&scopes[]=catalog.*&days=7", "name"),
            ("name=x&days=7", "Choose 1 to"),
            ("name=x&scopes[]=cat*&days=7", "cat*"),
            ("name=x&scopes[]=nothing.at.all&days=7", "nothing.at.all"),
            ("name=x&scopes[]=settings.token.create&days=7", "settings.token.create"),
            ("name=x&scopes[]=catalog.*&days=4000", "366"),
        ] {
            let refused = make(wrong).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
            assert!(refused.body.contains(told), "{wrong}: {}", refused.body);
        }
        let made = make("name=export&scopes[]=catalog.entity.read&scopes[]=settings.*&days=7").await;
        let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
        let bearer = format!("Bearer {secret}");
        let with = |path: &'static str| get(&app, path, ("authorization", &bearer));
        assert_eq!(with("/api/catalog/entities/by-query").await.status, StatusCode::OK);
        assert_eq!(with("/locations").await.status, StatusCode::FORBIDDEN, "not in its scopes");
        // What it made would outlive it.
        let another = request(Method::POST, "/api/settings/fn/create-token")
            .header("authorization", &bearer)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("name=x&scopes[]=catalog.entity.read&days=1"));
        let refused = app.send(another).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.body.contains("A token makes no tokens"), "{}", refused.body);
        // The secret is nowhere but in its maker's hands.
        for table in ["api_token", "audit_event", "session"] {
            assert!(!app.rows(table).await.concat().contains(&secret), "{table}");
        }
        let page = get(&app, "/settings/tokens", ("cookie", &ann)).await.body;
        assert!(page.contains("export") && !page.contains(&secret), "{page}");
        for bad in ["Bearer portico_00", "Bearer ", "Bearer x", &format!("Bearer {secret}0")] {
            assert_eq!(
                get(&app, "/api/catalog/entities/by-query", ("authorization", bad)).await.status,
                StatusCode::UNAUTHORIZED,
                "{bad}"
            );
        }
        let bob = sign_in(&app, "bob", "").await;
        let id = app.column("SELECT id FROM api_token").await.remove(0);
        let revoke = format!("id={id}");
        assert_eq!(form(&app, "/api/settings/fn/revoke-token", &bob, &revoke).await.status, StatusCode::NOT_FOUND);
        assert_eq!(form(&app, "/api/settings/fn/revoke-token", &ann, &revoke).await.status, StatusCode::OK);
        assert_eq!(with("/api/catalog/entities/by-query").await.status, StatusCode::UNAUTHORIZED, "revoked");
        let short =
            make("name=short&scopes[]=catalog.*&days=1").await.json()["secret"].as_str().expect("a secret").to_owned();
        let bearer = format!("Bearer {short}");
        assert_eq!(
            get(&app, "/api/catalog/entities/by-query", ("authorization", &bearer)).await.status,
            StatusCode::OK
        );
        app.instance.kit.clock.advance(24 * 60 * MINUTE);
        assert_eq!(
            get(&app, "/api/catalog/entities/by-query", ("authorization", &bearer)).await.status,
            StatusCode::UNAUTHORIZED,
            "over"
        );
    }
}

#[tokio::test]
async fn every_cookie_behind_https_is_secure_and_the_hosts_alone() {
    let db = databases().await.swap_remove(0);
    let public_url = Some("https://portico.bank.example".parse().expect("a URL"));
    let app = TestApp::local(&db, Config { public_url, ..Config::default() });
    app.write("org.yaml", PEOPLE);
    app.import_from(&app.path(""), true).await;
    let post = async |path: &str, cookies: &str, body: &'static str| {
        let asked = request(Method::POST, path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("referer", "http://127.0.0.1:3000/settings/tokens")
            .header("cookie", cookies);
        let answer = app.send(asked.body(Body::from(body))).await;
        let all: Vec<String> =
            answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("ASCII").to_owned()).collect();
        assert!(!all.is_empty(), "{path}: {} {}", answer.status, answer.body);
        for cookie in &all {
            for rule in ["; Secure", "; HttpOnly", "; Path=/", "; SameSite="] {
                assert!(cookie.contains(rule), "{path}: {cookie}");
            }
            assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{path}: {cookie}");
        }
        all.iter().map(|line| line.split(';').next().expect("a cookie").to_owned()).collect::<Vec<_>>()
    };
    let signed_in = post("/sign-in/local", "", "person=user:default/ann&to=/").await;
    assert_eq!(signed_in.len(), 2, "a session and a device: {signed_in:?}");
    let cookies = signed_in.join("; ");
    let made = post("/api/settings/fn/create-token", &cookies, "name=x&scopes[]=catalog.*&days=1").await;
    assert!(made.iter().any(|cookie| cookie.starts_with("__Host-portico-said=!portico")), "{made:?}");
    let shown = get(&app, "/settings/tokens", ("cookie", &format!("{cookies}; {}", made.join("; ")))).await.body;
    assert!(shown.contains("id=\"secret\">portico_"), "{shown}");
    let refused = post("/api/settings/fn/create-token", &cookies, "name=&scopes[]=catalog.*&days=1").await;
    assert!(refused.iter().any(|cookie| cookie.starts_with("__Host-portico-said=-")), "{refused:?}");
}

#[tokio::test]
async fn without_a_way_to_sign_in_there_is_one_page_and_health() {
    let db = databases().await.swap_remove(0);
    let app = TestApp::made(&db, Config::default(), &[], |_, _| Identity::Unconfigured);
    for path in [
        "/",
        "/catalog",
        "/api/catalog/entities/by-query",
        "/sign-in",
        "/sign-in/bank",
        "/metrics",
        "/design/v1/tokens.css",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.body.contains("Set up sign-in") || answer.status.is_server_error(), "{path}");
    }
    assert!(app.get("/").await.body.contains("[[providers]]"));
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
}
