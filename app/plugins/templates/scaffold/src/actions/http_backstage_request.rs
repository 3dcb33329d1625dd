//! `http:backstage:request`: asks the portal's own HTTP interface, with the rights of whoever runs the template.

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, Method, Request, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::action::{Action, ActionError, ActionInfo, Outcome, Reach, Repeat, Step};
use crate::outside::shared::{example, info, input, world};

/// The longest that a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer that becomes an output, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Headers that say who calls and from where, which is not a template's to say.
const NOT_OURS: [&str; 7] =
    ["authorization", "cookie", "host", "origin", "content-length", "x-forwarded-for", "x-request-id"];

/// The action.
#[derive(Debug)]
pub struct HttpBackstageRequest(ActionInfo);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    method: String,
    path: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    params: Map<String, Value>,
    body: Option<Value>,
    response_type: Option<String>,
    #[serde(default)]
    continue_on_bad_response: bool,
    log_request_path: Option<bool>,
    timeout: Option<u64>,
}

impl HttpBackstageRequest {
    /// The action.
    pub fn new() -> Self {
        let mut info = info(
            "http:backstage:request",
            "Asks the portal’s own HTTP interface with the rights of whoever runs the template. GET, HEAD, OPTIONS, PUT and DELETE are begun again where they were cut off; after POST and PATCH a person is asked.",
            (Reach::Outside, Repeat::Unknown),
            json!({
                "type": "object",
                "required": ["method", "path"],
                "properties": {
                    "method": { "type": "string", "title": "Method", "enum": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"] },
                    "path": { "type": "string", "title": "Path", "description": "Below `/api/`, such as `catalog/entities/by-name/component/default/ledger`." },
                    "headers": { "type": "object", "title": "Headers", "additionalProperties": { "type": "string" } },
                    "params": { "type": "object", "title": "Query" },
                    "body": { "type": ["string", "object", "array"], "title": "Body", "description": "A text as it is; anything else as JSON." },
                    "responseType": { "type": "string", "title": "Type of the answer", "enum": ["json", "text"], "description": "What the answer is read as; by its own content type when left out." },
                    "continueOnBadResponse": { "type": "boolean", "title": "Go on after a refusal", "default": false },
                    "logRequestPath": { "type": "boolean", "title": "Show the path in the log", "default": true },
                    "timeout": { "type": "integer", "title": "Longest time in milliseconds", "minimum": 1, "default": 60000 }
                }
            }),
            json!({
                "type": "object",
                "required": ["code", "headers", "body"],
                "properties": {
                    "code": { "type": "integer", "title": "The status" },
                    "headers": { "type": "object", "title": "The headers" },
                    "body": { "title": "The body: what the JSON says, or `message` with the text" }
                }
            }),
        );
        info.examples = vec![example(
            "Read an entity",
            json!({ "method": "GET", "path": "catalog/entities/by-name/component/default/ledger" }),
        )];
        Self(info)
    }
}

impl Default for HttpBackstageRequest {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Action for HttpBackstageRequest {
    fn info(&self) -> &ActionInfo {
        &self.0
    }

    /// By what HTTP promises of a method.
    fn repeat(&self, input: &Map<String, Value>) -> Repeat {
        match input.get("method").and_then(Value::as_str).map(str::to_ascii_uppercase).as_deref() {
            Some("GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE") => Repeat::Safe,
            _ => Repeat::Unknown,
        }
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let given: Input = input(step)?;
        let method = Method::from_bytes(given.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| ActionError::Failed(format!("method: {:?} is none", given.method)))?;
        let address = address(&given.path, &given.params, &method)?;
        if given.log_request_path.unwrap_or(true) {
            step.log.info(&format!("{method} {}", address.split('?').next().unwrap_or_default()));
        }
        let is_repeatable = self.repeat(&step.input) == Repeat::Safe;
        let request = request(method, &address, &given)?;
        let timeout = given.timeout.map_or(TIMEOUT, Duration::from_millis).min(TIMEOUT);
        let answer = match tokio::time::timeout(timeout, world.portal.ask(step.caller, request)).await {
            Ok(answer) => answer?,
            Err(_) if is_repeatable => {
                return Err(ActionError::Transient(format!("there was no answer within {} s", timeout.as_secs())));
            }
            Err(_) => {
                let text = format!("there was no answer within {} s, and it may have been done", timeout.as_secs());
                return Err(ActionError::OutcomeUnknown(text));
            }
        };
        let code = answer.status().as_u16();
        if answer.body().len() > LARGEST {
            return Err(ActionError::Failed(format!("the answer is larger than {} KB", LARGEST / 1024)));
        }
        let headers: Map<String, Value> = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != header::SET_COOKIE)
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
            .collect();
        let is_json = match given.response_type.as_deref() {
            Some(kind) => kind == "json",
            None => headers.get("content-type").and_then(Value::as_str).is_some_and(|kind| kind.contains("json")),
        };
        let text = String::from_utf8_lossy(answer.body());
        let read = is_json.then(|| serde_json::from_str::<Value>(&text).ok()).flatten();
        let body = read.unwrap_or_else(|| json!({ "message": text }));
        if code >= 400 && !given.continue_on_bad_response {
            let said = body["message"].as_str().unwrap_or_default().chars().take(300).collect::<String>();
            let text = format!("the portal answers with status {code}: {said}");
            return Err(if code >= 500 && is_repeatable {
                ActionError::Transient(text)
            } else {
                ActionError::Failed(text)
            });
        }
        Ok(Outcome::Done(Map::from_iter([
            ("code".to_owned(), code.into()),
            ("headers".to_owned(), Value::Object(headers)),
            ("body".to_owned(), body),
        ])))
    }
}

/// The address of a path of the HTTP interface. What pages send is not part of it: a template does not press buttons on behalf of a person;
/// and it starts no runs, or one could start itself without end.
fn address(path: &str, params: &Map<String, Value>, method: &Method) -> Result<String, ActionError> {
    let wrong = |what: &str| ActionError::Failed(format!("path: {path:?} {what}"));
    let plain = path.trim_start_matches('/');
    let below = plain.strip_prefix("api/").unwrap_or(plain);
    let base = Url::parse("http://localhost/api/").expect("a constant");
    let mut url = base.join(below).map_err(|_| wrong("is none"))?;
    let is_ours = url.origin() == base.origin() && url.path().starts_with("/api/");
    if !is_ours
        || below.contains("://")
        || ["%2e", "%2f", "%5c", "\\"].iter().any(|bad| url.path().to_ascii_lowercase().contains(bad))
    {
        return Err(wrong("leads out of the portal’s HTTP interface"));
    }
    let steps: Vec<&str> = url.path().split('/').collect();
    if steps.get(3) == Some(&"fn") {
        return Err(wrong("belongs to the portal’s own pages"));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if steps.get(2) == Some(&"scaffolder") && !reads {
        return Err(wrong("would start or change a run, which a template does not"));
    }
    for (name, value) in params {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        url.query_pairs_mut().append_pair(name, &text);
    }
    Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

fn request(method: Method, address: &str, given: &Input) -> Result<Request<Vec<u8>>, ActionError> {
    let body = match &given.body {
        None => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(other) => other.to_string().into_bytes(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = address.parse().map_err(|_| ActionError::Failed(format!("path: {address:?} is none")))?;
    if matches!(given.body, Some(Value::Object(_) | Value::Array(_))) {
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &given.headers {
        let wrong = || ActionError::Failed(format!("headers: {name:?} cannot be sent"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        if NOT_OURS.contains(&key.as_str()) || key.as_str().starts_with("sec-") {
            return Err(ActionError::Failed(format!(
                "headers: {key} says who calls, which the portal knows by itself"
            )));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        request.headers_mut().insert(key, HeaderValue::from_str(&text).map_err(|_| wrong())?);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_stays_within_the_http_interface() {
        let of =
            |path: &str, method: Method| address(path, &Map::from_iter([("q".to_owned(), json!("a b"))]), &method).ok();
        assert_eq!(of("proxy/data/fetch", Method::POST).as_deref(), Some("/api/proxy/data/fetch?q=a+b"));
        assert_eq!(of("/api/catalog/entities", Method::GET).as_deref(), Some("/api/catalog/entities?q=a+b"));
        assert_eq!(of("/api/scaffolder/v2/actions", Method::GET).as_deref(), Some("/api/scaffolder/v2/actions?q=a+b"));
        for bad in [
            "../metrics",
            "/api/../metrics",
            "a/%2e%2e/%2e%2e/metrics",
            "https://evil.example/x",
            "settings/fn/token",
            "/api/settings/fn/token",
            "scaffolder/v2/tasks",
        ] {
            assert_eq!(of(bad, Method::POST), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_out(path in "[a-z./%2e:?#\\\\]{0,24}") {
            if let Ok(address) = address(&path, &Map::new(), &Method::GET) {
                prop_assert!(address.starts_with("/api/") && !address.contains("/../"), "{}", address);
            }
        }
    }
}
