//! The API of a code host: JSON over the guarded client, with what every answer can mean besides its own.

use http::{HeaderMap, Method, Request, header};
use kit::server::clock::Millis;
use kit::server::fetch::{FetchError, Fetcher};
use kit::server::secrets::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use url::Url;

use super::tokens::masked;
use crate::action::{ActionError, CodeHost, CodeHostKind, Outcome, Step};

/// What is not encoded in a step of a path.
const STEP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The longest that it is waited for a limit to end, in milliseconds.
const LONGEST_WAIT: Millis = 60 * 60 * 1000;

/// How often it is waited for a limit to end.
const WAITS: u64 = 8;

/// The longest text of a host that is repeated, in characters.
const SHOWN: usize = 300;

/// A host's API, asked with one token.
pub(crate) struct Api<'a> {
    fetcher: &'a Fetcher,
    host: &'a CodeHost,
    token: &'a Secret,
    now: Millis,
    /// What the host is called in errors.
    pub(crate) name: &'a str,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The body, or null.
    pub(crate) body: Value,
}

/// Why an action goes no further for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It ends.
    Error(ActionError),
    /// The host takes no more requests until then.
    Limited(Millis),
}

impl From<ActionError> for Stop {
    fn from(error: ActionError) -> Self {
        Self::Error(error)
    }
}

impl<'a> Api<'a> {
    /// The API of `host` for whoever has `token`.
    pub(crate) fn new(fetcher: &'a Fetcher, name: &'a str, host: &'a CodeHost, token: &'a Secret, now: Millis) -> Self {
        Self { fetcher, host, token, now, name }
    }

    /// Asks, and gives every answer that is the caller's to judge: a refused token, a limit and a failure of the host are not.
    pub(crate) async fn call(&self, method: Method, steps: &[&str], body: Option<&Value>) -> Result<Reply, Stop> {
        self.call_with(method, steps, &[], body).await
    }

    /// The same with a query.
    pub(crate) async fn call_with(
        &self,
        method: Method,
        steps: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, Stop> {
        let failed = |text: String| Stop::Error(ActionError::Failed(text));
        let url = self.address(steps, query)?;
        let mut request = Request::builder()
            .method(method.clone())
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token.expose()));
        if self.host.kind == CodeHostKind::GitHub {
            request = request.header("x-github-api-version", "2022-11-28");
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let request = request
            .body(bytes)
            .map_err(|_| failed(format!("the token for {} holds characters that no header can", self.name)))?;
        let answer = self.fetcher.send_encoded(request).await.map_err(|error| Stop::Error(unreachable(&error)))?;
        let status = answer.status().as_u16();
        let body = serde_json::from_slice(answer.body()).unwrap_or_default();
        let reply = Reply { status, body };
        if let (403 | 429, Some(until)) = (status, self.limit(&reply, answer.headers())) {
            return Err(Stop::Limited(until));
        }
        match status {
            401 => Err(failed(format!("{} refuses the token: {}", self.name, self.said(&reply)))),
            500.. => Err(Stop::Error(ActionError::Transient(format!("{} answers with status {status}", self.name)))),
            _ => Ok(reply),
        }
    }

    /// The answer, where it is a success; else the error that says what was being done.
    pub(crate) fn expect(&self, reply: Reply, what: &str) -> Result<Value, Stop> {
        if (200..300).contains(&reply.status) {
            return Ok(reply.body);
        }
        Err(ActionError::Failed(format!("{what}: {} says: {}", self.name, self.said(&reply))).into())
    }

    /// What the host says of a failure.
    pub(crate) fn said(&self, reply: &Reply) -> String {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let mut said = text(reply.body.get("message").or_else(|| reply.body.get("error")).unwrap_or(&Value::Null));
        for each in reply.body["errors"].as_array().into_iter().flatten() {
            let each = each.get("message").or_else(|| each.get("code")).unwrap_or(each);
            said = format!("{said}; {}", text(each));
        }
        let said = if said.is_empty() { format!("status {}", reply.status) } else { said };
        masked(&said, self.token).chars().take(SHOWN).collect()
    }

    fn address(&self, steps: &[&str], query: &[(&str, &str)]) -> Result<Url, Stop> {
        let wrong = |what: &str| Stop::Error(ActionError::Failed(format!("{what:?} cannot be part of an address")));
        let mut path = self.host.api.path().trim_end_matches('/').to_owned();
        for step in steps {
            // A step of dots would lead elsewhere, encoded or not.
            if step.is_empty() || step.split('/').any(|part| matches!(part, "." | "..")) {
                return Err(wrong(step));
            }
            path.push('/');
            path.extend(utf8_percent_encode(step, STEP));
        }
        let mut url = self.host.api.clone();
        url.set_path(&path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Until when the host takes no more requests, where that is what it says.
    fn limit(&self, reply: &Reply, headers: &HeaderMap) -> Option<Millis> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<Millis>().ok();
        if let Some(seconds) = number("retry-after") {
            return Some(self.now + seconds.max(1) * 1000);
        }
        let none_left = number("x-ratelimit-remaining").or_else(|| number("ratelimit-remaining")) == Some(0);
        let says_so = self.said(reply).to_ascii_lowercase().contains("rate limit");
        if !none_left && !says_so && reply.status != 429 {
            return None;
        }
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset")).map(|seconds| seconds * 1000);
        Some(reset.unwrap_or(self.now + 60_000))
    }
}

/// How an action ends that may have to wait for its host: without a worker until then, and not for ever.
pub(crate) fn ended(step: &Step<'_>, result: Result<Map<String, Value>, Stop>) -> Result<Outcome, ActionError> {
    match result {
        Ok(outputs) => Ok(Outcome::Done(outputs)),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Limited(until)) => {
            let waits = step.state["waits"].as_u64().unwrap_or_default();
            if waits >= WAITS {
                return Err(ActionError::Transient("the host takes no more requests with this token".into()));
            }
            step.log.warn("The host takes no more requests with this token for now; the step goes on when it does.");
            let until = until.clamp(step.now + 1000, step.now + LONGEST_WAIT);
            Ok(Outcome::Wait { until, state: json!({ "waits": waits + 1 }) })
        }
    }
}

/// What a request that was not answered means.
pub(crate) fn unreachable(error: &FetchError) -> ActionError {
    match error {
        FetchError::Timeout(_) | FetchError::Unreached(_) | FetchError::Failed(_) | FetchError::Status(_) => {
            ActionError::Transient(error.to_string())
        }
        FetchError::HostNotAllowed(_)
        | FetchError::AddressNotAllowed(_)
        | FetchError::TooManyRedirects(_)
        | FetchError::TooLarge(_)
        | FetchError::BadUrl(_)
        | FetchError::Setting { .. } => ActionError::Failed(error.to_string()),
    }
}
