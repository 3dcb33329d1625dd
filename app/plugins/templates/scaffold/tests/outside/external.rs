//! Actions that are services: a stand-in here, and the documentation's own example in Python.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use kit::server::clock::Millis;
use kit::server::secrets::Secret;
use scaffold::action::{Action, ActionError, CallbackAnswer, Outcome, Reach, Repeat};
use scaffold::actions::external::{Declared, External, Manifest, SIGNATURE, Service, Services, TIMESTAMP, sign};
use serde_json::{Value, json};
use url::Url;

use crate::support::{NOW, Run};

/// Method, path, headers and body of a request.
type Asked = (Method, String, HeaderMap, String);

/// A service that answers what it is told to, and keeps what it was asked.
#[derive(Clone, Default)]
struct Told {
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Told {
    async fn start() -> (Self, String) {
        let told = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(answer).with_state(told.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (told, name)
    }

    /// What it answers next.
    fn next(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push((status, body));
    }

    fn last(&self) -> Asked {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

async fn answer(
    State(told): State<Told>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    told.asked.lock().unwrap().push((method, uri.to_string(), headers, String::from_utf8_lossy(&body).into_owned()));
    let (status, body) = told.answers.lock().unwrap().remove(0);
    (StatusCode::from_u16(status).unwrap(), if body.is_null() { String::new() } else { body.to_string() })
}

fn secret() -> Secret {
    Secret::from("a secret of the service")
}

fn declared(name: &str, idempotent: bool, callback: bool) -> External {
    let declared = json!({ "id": "jira:issue", "url": format!("http://{name}/issue"), "idempotent": idempotent, "callback": callback });
    let declared: Declared = serde_json::from_value(declared).unwrap();
    External::new(declared, None, &secret()).unwrap()
}

fn run(name: &str) -> Run {
    Run::new("run-1/issue", std::collections::BTreeMap::new(), &[name.to_owned()])
}

#[tokio::test]
async fn a_step_is_asked_for_with_a_signature_and_answered_at_once() {
    let (told, name) = Told::start().await;
    let mut run = run(&name);
    told.next(200, json!({ "output": { "key": "PAY-1" }, "log": ["made PAY-1"] }));
    let outputs = run.done(&declared(&name, true, false), json!({ "title": "x" })).await;
    assert_eq!(json!(outputs), json!({ "key": "PAY-1" }));
    assert_eq!(run.log.text(), "Info: made PAY-1");
    let (method, path, headers, body) = told.last();
    assert_eq!((method, path.as_str()), (Method::POST, "/issue"));
    assert_eq!(headers["idempotency-key"], "run-1/issue");
    let seconds = (NOW / 1000).to_string();
    assert_eq!(headers[SIGNATURE], sign(&secret(), &seconds, body.as_bytes()).as_str());
    assert_eq!(headers[TIMESTAMP], seconds.as_str());
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["input"], &body["key"], &body["callback"]),
        (&json!({ "title": "x" }), &json!("run-1/issue"), &Value::Null)
    );
    told.next(422, json!({ "error": { "message": "there is no project PAY" } }));
    assert_eq!(
        run.fails(&declared(&name, true, false), json!({})).await,
        "jira:issue refuses: there is no project PAY"
    );
}

#[tokio::test]
async fn an_outage_is_waited_out_and_what_may_have_been_done_is_not_done_twice() {
    let (told, name) = Told::start().await;
    let mut run = run(&name);
    let (safe, once) = (declared(&name, true, false), declared(&name, false, false));
    assert_eq!((safe.info().repeat, once.info().repeat), (Repeat::Checked, Repeat::Unknown));
    for status in [429, 503] {
        told.next(status, Value::Null);
        assert!(matches!(run.attempt(&once, json!({})).await, Err(ActionError::Transient(_))), "{status}");
    }
    told.next(500, Value::Null);
    assert!(matches!(run.attempt(&safe, json!({})).await, Err(ActionError::Transient(_))));
    told.next(500, Value::Null);
    assert!(matches!(run.attempt(&once, json!({})).await, Err(ActionError::OutcomeUnknown(_))));
    let gone = declared("127.0.0.1:1", false, false);
    let mut lost = Run::new("run-1/issue", std::collections::BTreeMap::new(), &["127.0.0.1:1".to_owned()]);
    assert!(matches!(lost.attempt(&gone, json!({})).await, Err(ActionError::Transient(_))), "nothing was sent");
    let mut stranger = Run::alone();
    assert!(stranger.fails(&safe, json!({})).await.contains("is not an allowed host"));
    told.next(200, json!({ "output": { "x": "y".repeat(1024 * 1024) } }));
    assert!(run.fails(&safe, json!({})).await.contains("is larger than"));
}

#[tokio::test]
async fn a_step_that_goes_on_elsewhere_is_looked_after() {
    let (told, name) = Told::start().await;
    let mut run = run(&name);
    let action = declared(&name, false, false);
    told.next(202, json!({ "poll": "/jobs/7", "after": 30 }));
    assert!(matches!(run.attempt(&action, json!({})).await, Ok(Outcome::Wait { until, .. }) if until == NOW + 30_000));
    run.now += 30_000;
    told.next(202, json!({ "after": 5, "log": ["half way"] }));
    assert!(matches!(run.attempt(&action, json!({})).await, Ok(Outcome::Wait { until, .. }) if until == NOW + 35_000));
    told.next(503, Value::Null);
    assert!(matches!(run.attempt(&action, json!({})).await, Err(ActionError::Transient(_))));
    told.next(200, json!({ "output": { "done": true } }));
    assert_eq!(json!(run.done(&action, json!({})).await), json!({ "done": true }));
    let (method, path, headers, _) = told.last();
    assert_eq!((method, path.as_str()), (Method::GET, "/jobs/7"));
    assert_eq!(headers[SIGNATURE], sign(&secret(), headers[TIMESTAMP].to_str().unwrap(), b"").as_str());
    // Only at its own host.
    run.state = Value::Null;
    told.next(202, json!({ "poll": "http://169.254.169.254/latest" }));
    assert!(run.fails(&action, json!({})).await.contains("not its own"));
    told.next(202, json!({}));
    assert!(run.fails(&action, json!({})).await.contains("neither where to look nor that it calls back"));
    // Not for ever.
    told.next(202, json!({ "poll": "/jobs/8" }));
    run.attempt(&action, json!({})).await.unwrap();
    run.now += 8 * 24 * 60 * 60 * 1000;
    told.next(202, json!({}));
    assert!(matches!(run.attempt(&action, json!({})).await, Err(ActionError::OutcomeUnknown(_))));
}

#[tokio::test]
async fn a_step_is_called_back_with_a_signature() {
    let (told, name) = Told::start().await;
    let mut run = run(&name);
    let action = declared(&name, false, true);
    told.next(202, json!({}));
    let Ok(Outcome::Wait { state, .. }) = run.attempt(&action, json!({})).await else { panic!("it waits") };
    let callback = serde_json::from_str::<Value>(&told.last().3).unwrap()["callback"].clone();
    assert_eq!(callback, "https://portico.bank.example/api/scaffolder/v2/callbacks/once");
    assert_eq!(*run.callbacks.0.lock().unwrap(), ["run-1/issue"]);

    let body = json!({ "output": { "key": "PAY-1" } }).to_string();
    let signed = |secret: &Secret, at: Millis| {
        let seconds = (at / 1000).to_string();
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, HeaderValue::from_str(&sign(secret, &seconds, body.as_bytes())).unwrap());
        headers.insert(TIMESTAMP, HeaderValue::from_str(&seconds).unwrap());
        headers
    };
    let call = |headers: &HeaderMap, body: &str| {
        action.called_back(&state, &CallbackAnswer { headers, body: body.as_bytes(), now: NOW })
    };
    let good = signed(&secret(), NOW);
    assert!(call(&signed(&Secret::from("another"), NOW), &body).is_err());
    assert!(call(&signed(&secret(), NOW - 600_000), &body).is_err(), "an old one");
    assert!(call(&HeaderMap::new(), &body).is_err());
    assert!(call(&good, "{}").is_err(), "another body");
    run.state = call(&good, &body).expect("signed");
    assert_eq!(json!(run.done(&action, json!({})).await), json!({ "key": "PAY-1" }));
    // Nobody called.
    run.state = state.clone();
    assert!(matches!(run.attempt(&action, json!({})).await, Ok(Outcome::Wait { .. })));
    run.now += 8 * 24 * 60 * 60 * 1000;
    assert!(matches!(run.attempt(&action, json!({})).await, Err(ActionError::OutcomeUnknown(_))));
}

#[tokio::test]
async fn a_manifest_is_read_again_and_speaks_for_its_own_host() {
    let (told, name) = Told::start().await;
    let service = Service {
        manifest: Manifest::At(Url::parse(&format!("http://{name}/actions.json")).unwrap()),
        secret: secret(),
    };
    let services = Services::new(vec![service], run(&name).world.fetcher.clone());
    assert!(services.actions().is_empty());
    told.next(200, json!({ "actions": [{ "id": "a:b", "url": "do", "readsOnly": true, "examples": [{ "description": "x", "input": {} }] }] }));
    services.refresh().await;
    let found = services.find("a:b").expect("declared");
    assert_eq!((found.info().reach, found.info().repeat), (Reach::Reads, Repeat::Safe));
    for bad in [
        json!({ "actions": [{ "id": "evil", "url": "http://github.com/x" }] }),
        json!({ "actions": [{ "id": "e v i l", "url": "/x" }] }),
        json!({}),
    ] {
        told.next(200, bad);
        services.refresh().await;
        assert_eq!(services.actions().into_keys().collect::<Vec<_>>(), ["a:b"], "it keeps what it had");
    }
    told.next(200, json!({ "actions": [] }));
    services.refresh().await;
    assert!(services.actions().is_empty());
}

#[tokio::test]
async fn the_example_of_the_documentation_works() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3");
        return;
    }
    let page = std::fs::read_to_string(
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
            .join("../../../../docs/templates-actions.md"),
    )
    .unwrap();
    let code = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the example");
    assert!(code.lines().count() <= 40, "the example is short");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new("python3")
        .args(["-c", code])
        .env("PORT", port.to_string())
        .env("ACTION_SECRET", secret().expose())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _service = Running(child);
    let name = format!("127.0.0.1:{port}");
    let mut run = run(&name);
    run.now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as Millis;
    let manifest = Manifest::At(Url::parse(&format!("http://{name}/")).unwrap());
    let services =
        Services::new(vec![Service { manifest: manifest.clone(), secret: secret() }], run.world.fetcher.clone());
    let mut action = None;
    for _ in 0..100 {
        services.refresh().await;
        action = services.find("greeting:write");
        if action.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let action = action.expect("the manifest");
    let outputs = run.done(&*action, json!({ "name": "Jane" })).await;
    assert_eq!(json!(outputs), json!({ "text": "Hello Jane" }));
    assert_eq!(run.done(&*action, json!({ "name": "somebody else" })).await, outputs, "the same step is done once");
    assert_eq!(run.log.text(), "Info: Greeted Jane\nInfo: Greeted somebody else");
    let others =
        Services::new(vec![Service { manifest, secret: Secret::from("not the secret") }], run.world.fetcher.clone());
    others.refresh().await;
    let error = run.fails(&*others.find("greeting:write").unwrap(), json!({ "name": "x" })).await;
    assert_eq!(error, "greeting:write refuses: the signature is not good");
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
