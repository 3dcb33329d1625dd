//! Sign-in through a provider, and everything that a provider or somebody in between may try.

pub mod fake;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request, StatusCode};
use kit::error::AppError;
use kit::server::clock::Clock;
use kit::server::directory::{Directory, Known, Membership, Origin};
use kit::server::testing::{TestDb, databases};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{Value, json};
use server::config::Config;
use server::guard::Identity;
use server::instance::Instance;
use server::router;
use server::session::Sessions;
use server::sign_in::SignIn;
use server::sso::Sso;
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

use self::fake::{ACCESS_TOKEN, CODE, Fake, SECRET, key, published, signed, signed_with_secret, unsigned};
use crate::support::{START, query};

/// The seconds at which every test begins.
const NOW: i64 = START / 1000;

/// A portal with a provider, and a browser.
struct Portal {
    instance: Instance,
    sso: Arc<Sso>,
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
    _folder: TempDir,
}

/// What the browser was shown.
struct Shown {
    status: StatusCode,
    location: String,
    body: String,
}

/// The organisation: Jane, who is in no group by it.
struct Organisation;

#[async_trait::async_trait]
impl Directory for Organisation {
    async fn person(&self, entity_ref: &str) -> Result<Option<Known>, AppError> {
        Ok((entity_ref == "user:default/jane").then(jane))
    }

    async fn with_email(&self, email: &str) -> Result<Vec<Known>, AppError> {
        Ok((email == "jane@bank.example").then(jane).into_iter().collect())
    }

    async fn people(&self, _: u32) -> Result<Vec<Known>, AppError> {
        Ok(vec![jane()])
    }

    async fn groups(&self, _: Option<&str>, named: &[String]) -> Result<Vec<Membership>, AppError> {
        let of = |group: &String| Membership { group: group.clone(), title: group.clone(), origin: Origin::Token };
        Ok(named.iter().map(of).collect())
    }
}

fn jane() -> Known {
    Known {
        entity_ref: "user:default/jane".into(),
        name: "Jane".into(),
        email: "jane@bank.example".into(),
        teams: Vec::new(),
    }
}

impl Portal {
    /// With `more` settings of the provider, and a second provider that never answers.
    fn new(db: &TestDb, fake: &Fake, more: &str) -> Self {
        let text = format!(
            "[[providers]]\nid = 'bank'\nlabel = 'Bank SSO'\nkind = 'oidc'\nissuer = '{}'\nclient_id = 'portico'\n\
             client_secret = '{SECRET}'\nallow_private = true\nbind = 'claim:login'\n{more}\n\
             [[providers]]\nid = 'other'\nlabel = 'Other'\nkind = 'oidc'\nissuer = 'http://127.0.0.1:9'\nclient_id = 'portico'\nallow_private = true\n",
            fake.issuer
        );
        Self::with(db, &text)
    }

    fn with(db: &TestDb, text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config: Config = toml::from_str(text).expect("settings");
        config.check().expect("settings that are right");
        let mut config = Config { data_dir: folder.path().join("data"), ..config };
        config.limits.sign_in = 0;
        let instance = Instance::with_db(&config, (**db).clone(), Clock::fixed(START)).expect("an instance");
        let sessions = Sessions::new(instance.kit.clone(), Arc::new(Organisation), &config).expect("sessions");
        let sso = Arc::new(Sso::new(&config, instance.kit.clone(), sessions.clone()).expect("providers"));
        let identity = Identity::SignedIn(SignIn { sessions, local: false, sso: sso.clone() });
        let router = router::router(&instance, &config, identity).expect("a router");
        Self { instance, sso, router, cookies: Mutex::default(), _folder: folder }
    }

    async fn get(&self, path: &str) -> Shown {
        self.send(Method::GET, path, String::new()).await
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Shown {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:3000")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .body(Body::from(body))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let (parts, body) = response.into_parts();
        let location = parts.headers.get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Shown { status: parts.status, location, body }
    }

    /// Begins a sign-in; gives what the provider is asked.
    async fn start(&self, path: &str) -> BTreeMap<String, String> {
        let shown = self.get(path).await;
        assert_eq!(shown.status, 303, "{}", shown.body);
        let url = Url::parse(&shown.location).expect("an address");
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    async fn callback(&self, asked: &BTreeMap<String, String>) -> Shown {
        self.get(&format!("/sign-in/bank/callback?code={CODE}&state={}", asked["state"])).await
    }

    /// The name of whoever is signed in with this browser.
    async fn subjects(&self) -> Vec<Value> {
        let rows = query(&self.instance.kit.db, "SELECT subject FROM session WHERE subject IS NOT NULL").await;
        rows.into_iter().map(|row| row["subject"].clone()).collect()
    }

    /// Whether the portal knows who asks.
    async fn knows_me(&self) -> bool {
        !self.get("/catalog").await.location.starts_with("/sign-in")
    }

    /// Why the last sign-in was refused, by the audit trail.
    async fn refused(&self) -> String {
        let text =
            "SELECT actor, detail FROM audit_event WHERE action = 'session.sign-in.refused' ORDER BY id DESC LIMIT 1";
        let rows = query(&self.instance.kit.db, text).await;
        let Some(row) = rows.first() else { return String::new() };
        assert_eq!(row["actor"], "anonymous");
        let detail: Value = serde_json::from_str(row["detail"].as_str().unwrap()).unwrap();
        detail["reason"].as_str().unwrap().to_owned()
    }
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" })
}

/// The claims of a token that is good.
fn claims(fake: &Fake, asked: &BTreeMap<String, String>) -> Value {
    json!({
        "iss": fake.issuer, "aud": "portico", "sub": "4711", "exp": NOW + 300, "iat": NOW, "nonce": asked["nonce"],
        "name": "Jane Doe", "login": "jane", "email": "jane@bank.example", "email_verified": true,
        "groups": ["Payments", "user:default/root"],
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

async fn one() -> TestDb {
    databases().await.swap_remove(0)
}

#[tokio::test]
async fn a_person_signs_in_and_lands_where_it_was_going() {
    for db in databases().await {
        let fake = Fake::start().await;
        let portal = Portal::new(&db, &fake, "");
        let first = portal.get("/catalog?kind=api").await;
        assert_eq!(first.location, "/sign-in?to=/catalog?kind%3Dapi");
        let page = portal.get(&first.location).await;
        assert!(page.body.contains("href=\"/sign-in/bank?to=/catalog?kind%3Dapi\""), "{}", page.body);
        let asked = portal.start("/sign-in/bank?to=/catalog?kind%3Dapi").await;
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!(asked["redirect_uri"], "http://127.0.0.1:3000/sign-in/bank/callback");
        assert_eq!(asked["scope"], "openid profile email");
        let before = portal.cookies.lock().unwrap().clone();
        fake.gives(signed(&header(), &claims(&fake, &asked), &key(1, "one")));
        let shown = portal.callback(&asked).await;
        assert_eq!(
            (shown.status, shown.location.as_str()),
            (StatusCode::SEE_OTHER, "/catalog?kind=api"),
            "{}",
            shown.body
        );
        assert_ne!(before["portico-3000"], portal.cookies.lock().unwrap()["portico-3000"], "the session has a new id");
        assert_eq!(portal.subjects().await, ["user:default/jane"]);
        assert!(portal.knows_me().await, "{}", db.name());
        let people = query(&portal.instance.kit.db, "SELECT name, email, named_groups FROM person").await;
        assert_eq!(
            people[0],
            json!({ "name": "Jane Doe", "email": "jane@bank.example", "named_groups": "[\"group:default/payments\"]" })
        );
        let (exchanged, authorization) = fake.says(|said| (said.exchanged.clone(), said.authorization.clone()));
        let sent: BTreeMap<_, _> = url::form_urlencoded::parse(exchanged.as_bytes()).into_owned().collect();
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(sent["code_verifier"].clone()));
        assert_eq!(challenge.as_str(), asked["code_challenge"]);
        assert!(authorization.starts_with("Basic ") && !exchanged.contains("client_secret"), "{exchanged}");
        let trail = query(&portal.instance.kit.db, "SELECT * FROM audit_event").await;
        let trail = format!("{trail:?}");
        for secret in [CODE, ACCESS_TOKEN, "eyJ", &asked["state"], &asked["nonce"], &sent["code_verifier"]] {
            assert!(!trail.contains(secret), "{secret} in {trail}");
        }
        let cookies = std::mem::take(&mut *portal.cookies.lock().unwrap());
        portal.cookies.lock().unwrap().extend(before);
        assert!(!portal.knows_me().await, "the id from before the sign-in is worth nothing");
        *portal.cookies.lock().unwrap() = cookies;
        assert!(portal.knows_me().await);
    }
}

#[tokio::test]
async fn a_token_that_fails_a_check_signs_nobody_in() {
    type Forge = fn(Value) -> String;
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "clock_skew_seconds = 60");
    type Change = fn(Value) -> Value;
    let changed: [(&str, Change); 16] = [
        ("nonce", |claims| with(claims, "nonce", json!("another"))),
        ("nonce", |claims| without(claims, "nonce")),
        ("audience", |claims| with(claims, "aud", json!("another"))),
        ("audience", |claims| with(claims, "aud", json!(["portico", "another"]))),
        ("audience", |claims| with(claims, "aud", json!([]))),
        ("issuer", |claims| with(claims, "iss", json!("http://127.0.0.1:9"))),
        ("issuer", |claims| with(claims.clone(), "iss", json!(format!("{}/", claims["iss"].as_str().unwrap())))),
        ("authorized-party", |claims| with(claims, "azp", json!("another"))),
        ("expired", |claims| with(claims, "exp", json!(NOW - 61))),
        ("expired", |claims| with(claims, "exp", json!(0))),
        ("too-early", |claims| with(claims, "iat", json!(NOW + 61))),
        ("too-early", |claims| with(claims, "nbf", json!(NOW + 61))),
        ("access-token-hash", |claims| with(claims, "at_hash", json!("AAAA"))),
        ("token", |claims| with(claims, "events", json!({}))),
        ("subject", |claims| with(claims, "sub", json!(""))),
        ("token", |claims| without(claims, "exp")),
    ];
    let forged: [(&str, Forge); 10] = [
        ("algorithm", |claims| unsigned(&json!({ "alg": "none" }), &claims)),
        ("algorithm", |claims| unsigned(&json!({ "alg": "none", "kid": "one" }), &claims)),
        ("token", |claims| unsigned(&json!({ "alg": "nOnE" }), &claims)),
        ("algorithm", |claims| {
            signed_with_secret(&json!({ "alg": "HS256", "kid": "one" }), &claims, SECRET.as_bytes())
        }),
        ("algorithm", |claims| {
            let public = published(&key(1, "one"))["x"].as_str().unwrap().to_owned();
            signed_with_secret(&json!({ "alg": "HS256", "kid": "one" }), &claims, public.as_bytes())
        }),
        ("signature", |claims| signed(&header(), &claims, &key(2, "one"))),
        ("unknown-key", |claims| signed(&with(header(), "kid", json!("two")), &claims, &key(2, "two"))),
        ("token", |claims| signed(&with(header(), "typ", json!("logout+jwt")), &claims, &key(1, "one"))),
        ("token", |claims| signed(&with(header(), "typ", json!("at+jwt")), &claims, &key(1, "one"))),
        ("token", |claims| signed(&with(header(), "crit", json!(["exp"])), &claims, &key(1, "one"))),
    ];
    for (number, (reason, change)) in changed.into_iter().enumerate() {
        let asked = portal.start("/sign-in/bank").await;
        fake.gives(signed(&header(), &change(claims(&fake, &asked)), &key(1, "one")));
        expect_refused(&portal, &asked, reason, number).await;
    }
    for (number, (reason, forge)) in forged.into_iter().enumerate() {
        let asked = portal.start("/sign-in/bank").await;
        fake.gives(forge(claims(&fake, &asked)));
        expect_refused(&portal, &asked, reason, number).await;
    }
    let asked = portal.start("/sign-in/bank").await;
    fake.says(|said| said.token = json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer" }));
    expect_refused(&portal, &asked, "no-id-token", 0).await;
    let asked = portal.start("/sign-in/bank").await;
    let elsewhere = signed(&header(), &claims(&fake, &asked), &key(1, "one"));
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(elsewhere);
    expect_refused(&portal, &asked, "nonce", 1).await;
}

async fn expect_refused(portal: &Portal, asked: &BTreeMap<String, String>, reason: &str, number: usize) {
    let shown = portal.callback(asked).await;
    assert_eq!(shown.status, StatusCode::BAD_GATEWAY, "{reason} {number}: {}", shown.location);
    assert_eq!(portal.refused().await, reason, "{number}");
    assert!(shown.body.contains("Try again") && !shown.body.contains("eyJ"), "{}", shown.body);
    assert_eq!(portal.subjects().await, Vec::<Value>::new(), "{reason} {number}");
}

#[tokio::test]
async fn clocks_may_differ_by_the_limit() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "clock_skew_seconds = 60");
    type Change = fn(Value) -> Value;
    let late: [Change; 3] = [
        |claims| with(claims, "exp", json!(NOW - 59)),
        |claims| with(claims, "iat", json!(NOW + 59)),
        |claims| with(claims, "nbf", json!(NOW + 59)),
    ];
    for change in late {
        let asked = portal.start("/sign-in/bank").await;
        fake.gives(signed(&header(), &change(claims(&fake, &asked)), &key(1, "one")));
        assert_eq!(portal.callback(&asked).await.status, 303);
    }
}

#[tokio::test]
async fn a_stranger_cannot_fill_the_audit_trail_with_made_up_answers() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    for number in 0..70 {
        let answer = portal.get(&format!("/sign-in/bank/callback?code={CODE}&state=made-up-{number}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let text = "SELECT detail FROM audit_event WHERE action = 'session.sign-in.refused'";
    let rows = kit::server::db::rows(portal.instance.kit.db.read(), text, []).await.expect("rows");
    let written: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("detail")).collect();
    assert_eq!(written.len(), 60, "the rest is in the log");
    assert!(written.iter().all(|detail| detail.contains("\"address\":\"127.0.0.1\"")), "{}", written[0]);
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(signed(&header(), &claims(&fake, &asked), &key(1, "one")));
    let cookies = portal.cookies.lock().unwrap().clone();
    for path in [
        format!("/sign-in/bank/callback?code={CODE}&state=another"),
        format!("/sign-in/bank/callback?code={CODE}"),
        "/sign-in/bank/callback".to_owned(),
        format!("/sign-in/bank/callback?code={CODE}&state={0}&state={0}", asked["state"]),
        format!("/sign-in/other/callback?code={CODE}&state={}", asked["state"]),
        "/sign-in/bank/callback?error=x&error_description=Call%200800-EVIL".to_owned(),
    ] {
        let shown = portal.get(&path).await;
        assert_eq!(
            (shown.status, portal.refused().await.as_str()),
            (StatusCode::BAD_REQUEST, "unknown-state"),
            "{path}"
        );
        assert!(!shown.body.contains("EVIL"), "words of an answer that nobody asked for");
    }
    portal.cookies.lock().unwrap().clear();
    assert_eq!(portal.callback(&asked).await.status, 400, "another browser");
    *portal.cookies.lock().unwrap() = cookies.clone();
    assert_eq!(portal.callback(&asked).await.status, 303);
    assert_eq!(portal.callback(&asked).await.status, 400, "the same answer again");
    *portal.cookies.lock().unwrap() = cookies;
    assert_eq!(portal.callback(&asked).await.status, 400, "the same answer in the session from before");
    assert_eq!(fake.says(|said| said.asked[2]), 1, "one code was exchanged");

    portal.cookies.lock().unwrap().clear();
    let asked = portal.start("/sign-in/bank").await;
    portal.instance.kit.clock.advance(10 * 60 * 1000 + 1);
    assert_eq!(portal.callback(&asked).await.status, 400);
    assert_eq!(portal.refused().await, "too-late");
    let asked = portal.start("/sign-in/bank?to=/catalog").await;
    fake.says(|said| said.token = json!({ "error": "invalid_grant", "error_description": "used before" }));
    let shown = portal.callback(&asked).await;
    assert_eq!((shown.status, portal.refused().await.as_str()), (StatusCode::BAD_REQUEST, "code"));
    assert!(shown.body.contains("/sign-in/bank?to=/catalog"), "{}", shown.body);
}

#[tokio::test]
async fn several_tabs_sign_in_side_by_side() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let (one, two) = (portal.start("/sign-in/bank?to=/one").await, portal.start("/sign-in/bank?to=/two").await);
    fake.says(|said| said.token = json!({ "error": "invalid_grant" }));
    assert_eq!(portal.callback(&two).await.status, 400);
    fake.gives(signed(&header(), &claims(&fake, &one), &key(1, "one")));
    assert_eq!(portal.callback(&one).await.location, "/one");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let with_issuer = |asked: &BTreeMap<String, String>, issuer: &str| {
        format!("/sign-in/bank/callback?code={CODE}&state={}&iss={issuer}", asked["state"])
    };
    let asked = portal.start("/sign-in/bank").await;
    assert_eq!(portal.get(&with_issuer(&asked, "https://evil.example")).await.status, 400);
    assert_eq!(portal.refused().await, "mixed-up");
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(signed(&header(), &claims(&fake, &asked), &key(1, "one")));
    assert_eq!(portal.get(&with_issuer(&asked, &fake.issuer)).await.status, 303);
    fake.says(|said| said.metadata = json!({ "authorization_response_iss_parameter_supported": true }));
    portal.instance.kit.clock.advance(60 * 60 * 1000);
    portal.cookies.lock().unwrap().clear();
    let asked = portal.start("/sign-in/bank").await;
    assert_eq!(portal.callback(&asked).await.status, 400, "what is announced must be there");
}

#[tokio::test]
async fn words_of_a_provider_are_text() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let asked = portal.start("/sign-in/bank").await;
    let said = format!("<script>alert(1)</script>\u{202e}{}", "x".repeat(1000));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("state", asked["state"].as_str()), ("error", "access_denied"), ("error_description", &said)])
        .finish();
    let shown = portal.get(&format!("/sign-in/bank/callback?{query}")).await;
    assert_eq!((shown.status, portal.refused().await.as_str()), (StatusCode::FORBIDDEN, "denied"));
    assert!(shown.body.contains("&lt;script&gt;") && !shown.body.contains("<script"), "{}", shown.body);
    assert!(!shown.body.contains(&"x".repeat(201)) && !shown.body.contains('\u{202e}'), "{}", shown.body);
    assert!(shown.body.contains("Sign in with Other"), "another way in is offered");
}

#[tokio::test]
async fn keys_are_fetched_again_when_one_is_unknown_and_not_too_often() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let fetched = || fake.says(|said| said.asked[1]);
    let sign_in = async |seed: u8, id: &str| {
        let asked = portal.start("/sign-in/bank").await;
        fake.gives(signed(&with(header(), "kid", json!(id)), &claims(&fake, &asked), &key(seed, id)));
        portal.callback(&asked).await.status.as_u16()
    };
    assert_eq!((sign_in(1, "one").await, fetched()), (303, 1));
    fake.says(|said| said.keys = vec![published(&key(2, "two"))]);
    assert_eq!((sign_in(2, "two").await, fetched()), (502, 1), "the keys are only just fetched");
    portal.instance.kit.clock.advance(6_000);
    assert_eq!((sign_in(2, "two").await, fetched()), (303, 2));
    assert_eq!((sign_in(1, "one").await, fetched()), (502, 2), "a key that was taken back is worth nothing");
    portal.instance.kit.clock.advance(6_000);
    for _ in 0..5 {
        assert_eq!((sign_in(3, "three").await, fetched()), (502, 3), "once in five seconds, however often it is tried");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_costs_sign_in_alone() {
    let db = one().await;
    let fake = Fake::start().await;
    fake.says(|said| said.down = true);
    let portal = Portal::new(&db, &fake, "");
    let asked = || fake.says(|said| said.asked[0]);
    for _ in 0..3 {
        let shown = portal.get("/sign-in/bank?to=/catalog").await;
        assert_eq!((shown.status, portal.refused().await.as_str()), (StatusCode::BAD_GATEWAY, "unavailable"));
        assert!(
            shown.body.contains("does not answer") && shown.body.contains("href=\"/sign-in/bank?to=/catalog\""),
            "{}",
            shown.body
        );
        assert!(shown.body.contains("href=\"/sign-in/other?to=/catalog\""), "{}", shown.body);
    }
    assert_eq!(asked(), 1, "it is left alone for a second");
    portal.instance.kit.clock.advance(1_000);
    portal.get("/sign-in/bank").await;
    portal.instance.kit.clock.advance(1_000);
    portal.get("/sign-in/bank").await;
    assert_eq!(asked(), 2, "then for two");
    fake.says(|said| said.down = false);
    portal.instance.kit.clock.advance(1_000);
    let state = portal.start("/sign-in/bank").await;
    fake.gives(signed(&header(), &claims(&fake, &state), &key(1, "one")));
    assert_eq!(portal.callback(&state).await.status, 303);
    fake.says(|said| said.down = true);
    assert!(portal.knows_me().await, "whoever is signed in stays so");
    let state = portal.start("/sign-in/bank").await;
    portal.instance.kit.clock.advance(61_000);
    assert_eq!(portal.get("/sign-in/bank").await.status, 502, "nobody is sent to one that is down");
    assert_eq!(portal.callback(&state).await.status, 502);
    assert_eq!(portal.get("/sign-in/other").await.status, 502, "a port where nobody listens");
    assert_eq!(portal.get("/sign-in/nobody").await.status, 404);
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_checked() {
    let db = one().await;
    for wrong in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "authorization_endpoint": "http://evil.example/authorize" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://169.254.169.254/keys" }),
        json!({ "jwks_uri": "https://evil.example/keys" }),
    ] {
        let fake = Fake::start().await;
        fake.says(|said| said.metadata = wrong.clone());
        let shown = Portal::new(&db, &fake, "").get("/sign-in/bank").await;
        assert_eq!(shown.status, 502, "{wrong}");
        assert!(!shown.body.contains("evil"), "{}", shown.body);
    }
    let fake = Fake::start().await;
    fake.says(|said| said.metadata = json!({ "token_endpoint": "http://127.0.0.1:9/token" }));
    let portal = Portal::new(&db, &fake, "");
    let asked = portal.start("/sign-in/bank").await;
    assert_eq!(portal.callback(&asked).await.status, 502, "a host that the settings do not name is not asked");
}

#[tokio::test]
async fn claims_that_the_token_lacks_are_asked_for() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let thin = |asked: &BTreeMap<String, String>| {
        let thin = ["name", "login", "groups"].iter().fold(claims(&fake, asked), |claims, name| without(claims, name));
        signed(&header(), &thin, &key(1, "one"))
    };
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(thin(&asked));
    fake.says(|said| said.user_info = json!({ "sub": "4712", "login": "jane" }));
    assert_eq!(portal.callback(&asked).await.status, 502);
    assert_eq!(portal.refused().await, "user-info-subject");
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(thin(&asked));
    fake.says(|said| {
        said.user_info = json!({ "sub": "4711", "login": "jane", "groups": ["risk"], "email_verified": false })
    });
    assert_eq!(portal.callback(&asked).await.status, 303);
    assert_eq!(portal.subjects().await, ["user:default/jane"]);
    let people = query(&portal.instance.kit.db, "SELECT email, named_groups FROM person").await;
    assert_eq!(people[0]["named_groups"], "[\"group:default/risk\"]");
    assert_eq!(people[0]["email"], "jane@bank.example", "the token goes before the user info");
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_signs_nobody_in() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    drop(portal);
    let text = format!(
        "[[providers]]\nid = 'bank'\nkind = 'oidc'\nissuer = '{}'\nclient_id = 'portico'\nallow_private = true\nbind = 'email'",
        fake.issuer
    );
    let portal = Portal::with(&db, &text);
    for verified in [json!(false), json!("true"), json!(null)] {
        let asked = portal.start("/sign-in/bank").await;
        let claims = if verified == json!("true") {
            // The standard has a boolean here, so that a text is no answer at all.
            without(claims(&fake, &asked), "email_verified")
        } else {
            with(claims(&fake, &asked), "email_verified", verified)
        };
        fake.says(|said| said.user_info = json!({ "sub": "4711" }));
        fake.gives(signed(&header(), &claims, &key(1, "one")));
        let shown = portal.callback(&asked).await;
        assert_eq!((shown.status, portal.refused().await.as_str()), (StatusCode::FORBIDDEN, "email-not-verified"));
        assert!(shown.body.contains("not confirmed"), "{}", shown.body);
    }
    let asked = portal.start("/sign-in/bank").await;
    fake.gives(signed(&header(), &claims(&fake, &asked), &key(1, "one")));
    assert_eq!(portal.callback(&asked).await.status, 303);
    assert_eq!(portal.subjects().await, ["user:default/jane"]);
}

#[tokio::test]
async fn plain_oauth_2_signs_in_by_its_user_info() {
    let db = one().await;
    let fake = Fake::start().await;
    let text = format!(
        "[[providers]]\nid = 'bank'\nkind = 'oauth2'\nclient_id = 'portico'\nclient_secret = '{SECRET}'\nclient_auth = 'post'\nallow_private = true\n\
         authorize_url = '{0}/authorize'\ntoken_url = '{0}/token'\nuser_info_url = '{0}/me'\nscopes = ['read:user']\nbind = 'claim:login'\n\
         [providers.claims]\nsubject = 'id'\nname = 'name'\ngroups = 'teams.names'",
        fake.issuer
    );
    let portal = Portal::with(&db, &text);
    fake.says(|said| {
        said.token = json!({ "access_token": ACCESS_TOKEN, "token_type": "bearer" });
        said.user_info = json!({ "id": 4711, "login": "somebody", "name": "Somebody", "teams": { "names": ["Risk"] } });
    });
    let asked = portal.start("/sign-in/bank?to=/catalog").await;
    assert!(asked.contains_key("code_challenge") && !asked.contains_key("nonce"), "{asked:?}");
    assert_eq!(asked["scope"], "read:user");
    assert_eq!(portal.callback(&asked).await.location, "/catalog");
    assert_eq!(
        portal.subjects().await,
        ["person:bank/4711"],
        "whom the catalog does not know stands under the name at the provider"
    );
    let exchanged = fake.says(|said| said.exchanged.clone());
    assert!(exchanged.contains("client_secret=") && exchanged.contains("code_verifier="), "{exchanged}");
    for (token, status, reason) in [
        (json!({ "error": "invalid_client" }), 502, "registration"),
        (json!({ "error": "server_error" }), 502, "reported"),
        (json!({ "access_token": "not the right one", "token_type": "bearer" }), 502, "user-info"),
        (json!({ "nothing": 1 }), 502, "token"),
    ] {
        let asked = portal.start("/sign-in/bank").await;
        fake.says(|said| said.token = token.clone());
        assert_eq!(portal.callback(&asked).await.status, status, "{token}");
        assert_eq!(portal.refused().await, reason, "{token}");
    }
    let back = Url::parse("http://127.0.0.1:3000/signed-out").unwrap();
    assert_eq!(portal.sso.end_at_provider("bank", None, &back).await, None);
}

#[tokio::test]
async fn signing_out_goes_on_to_the_provider() {
    let db = one().await;
    let fake = Fake::start().await;
    let portal = Portal::new(&db, &fake, "");
    let asked = portal.start("/sign-in/bank").await;
    let token = signed(&header(), &claims(&fake, &asked), &key(1, "one"));
    fake.gives(token.clone());
    assert_eq!(portal.callback(&asked).await.status, 303);
    let back = Url::parse("http://127.0.0.1:3000/signed-out").unwrap();
    let there = portal.sso.end_at_provider("bank", Some(&token), &back).await.expect("an address");
    let asked: BTreeMap<_, _> = there.query_pairs().into_owned().collect();
    assert_eq!((asked["x"].as_str(), asked["client_id"].as_str()), ("1", "portico"));
    assert_eq!((&asked["id_token_hint"], asked["post_logout_redirect_uri"].as_str()), (&token, back.as_str()));
    let shown = portal.send(Method::POST, "/sign-out", String::new()).await;
    assert!(shown.body.contains("/end?x=1"), "{}", shown.body);
    assert!(!portal.knows_me().await);
    assert_eq!(portal.sso.end_at_provider("nobody", None, &back).await, None);
    let off = Portal::new(&db, &fake, "logout = false");
    assert_eq!(off.sso.end_at_provider("bank", None, &back).await, None);
}

#[tokio::test]
async fn a_provider_signs_somebody_out() {
    for db in databases().await {
        let fake = Fake::start().await;
        let portal = Portal::new(&db, &fake, "");
        let asked = portal.start("/sign-in/bank").await;
        fake.gives(signed(&header(), &claims(&fake, &asked), &key(1, "one")));
        assert_eq!(portal.callback(&asked).await.status, 303);
        let good = json!({
            "iss": fake.issuer, "aud": "portico", "sub": "4711", "iat": NOW, "exp": NOW + 120, "jti": "j",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let tell = async |token: String| {
            portal
                .send(Method::POST, "/sign-in/bank/back-channel", format!("logout_token={token}"))
                .await
                .status
                .as_u16()
        };
        let key_one = key(1, "one");
        for bad in [
            signed(&header(), &with(good.clone(), "nonce", json!("n")), &key_one),
            signed(&header(), &with(good.clone(), "aud", json!("another")), &key_one),
            signed(&header(), &with(good.clone(), "iss", json!("https://evil.example")), &key_one),
            signed(&header(), &with(good.clone(), "exp", json!(NOW - 61)), &key_one),
            signed(&header(), &without(good.clone(), "events"), &key_one),
            signed(&header(), &with(good.clone(), "events", json!({ "another": {} })), &key_one),
            signed(&header(), &without(good.clone(), "jti"), &key_one),
            signed(&header(), &good, &key(2, "one")),
            unsigned(&json!({ "alg": "none" }), &good),
            signed(&header(), &claims(&fake, &asked), &key_one),
            "x".to_owned(),
        ] {
            assert_eq!(tell(bad.clone()).await, 400, "{bad}");
        }
        assert!(portal.knows_me().await);
        let other = with(good.clone(), "sub", json!("4712"));
        assert_eq!(tell(signed(&header(), &other, &key_one)).await, 200, "nobody of that name is signed in");
        assert!(portal.knows_me().await);
        assert_eq!(tell(signed(&with(header(), "typ", json!("logout+jwt")), &good, &key_one)).await, 200);
        assert!(!portal.knows_me().await, "{}", db.name());
        let text = "SELECT actor FROM audit_event WHERE action = 'session.sign-out'";
        assert_eq!(query(&portal.instance.kit.db, text).await, [json!({ "actor": "system" })]);
    }
}
