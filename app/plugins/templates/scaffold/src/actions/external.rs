//! Actions by others: an HTTP service that says in a manifest what it can do, and does it when a signed request asks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Request, header};
use kit::server::clock::Millis;
use kit::server::fetch::{FetchError, Fetcher};
use kit::server::secrets::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::action::{Action, ActionError, ActionExample, ActionInfo, CallbackAnswer, Outcome, Reach, Repeat, Step};
use crate::outside::shared::world;

/// The header with the time of a request, in seconds since 1970.
pub const TIMESTAMP: &str = "portico-timestamp";

/// The header with the signature: `v1=` and the HMAC-SHA256 of the time, a dot and the body, in hexadecimal.
pub const SIGNATURE: &str = "portico-signature";

/// The header with the key of the step.
const KEY: &str = "idempotency-key";

/// How far the clock of a caller may be off, in seconds.
const CLOCKS: Millis = 300;

/// The largest manifest, and the largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The most actions of one manifest.
const ACTIONS: usize = 200;

/// The longest that a step waits for its service, in milliseconds.
const LONGEST: Millis = 7 * 24 * 60 * 60 * 1000;

/// Between two looks at a step that goes on elsewhere, in seconds, where the service says nothing.
const LOOK: u64 = 10;

/// How often manifests are read.
const REFRESH: Duration = Duration::from_secs(60);

/// The most log lines of one answer.
const LINES: usize = 100;

/// The longest text of a service that is repeated, in characters.
const SHOWN: usize = 1000;

/// A service, as the configuration names it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Where it says what it can do.
    pub manifest: Manifest,
    /// What requests are signed with.
    pub secret: Secret,
}

/// What a service can do.
#[derive(Debug, Clone)]
pub enum Manifest {
    /// It is asked.
    At(Url),
    /// The configuration says it.
    Inline(Box<Declared>),
}

/// An action, as a manifest declares it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declared {
    /// What templates call it, such as `jira:issue:create`.
    pub id: String,
    /// What it does, in a sentence or two of Markdown.
    #[serde(default)]
    pub description: String,
    /// Where it is asked for; relative to the manifest.
    pub url: String,
    /// The JSON Schema of its input.
    #[serde(default = "anything")]
    pub input: Value,
    /// The JSON Schema of its output.
    #[serde(default = "anything")]
    pub output: Value,
    /// Examples of steps.
    #[serde(default)]
    pub examples: Vec<ActionExample>,
    /// Whether a second request with the same key does nothing a second time.
    #[serde(default)]
    pub idempotent: bool,
    /// Whether it changes nothing.
    #[serde(default)]
    pub reads_only: bool,
    /// Whether it may answer later, at an address that the request names.
    #[serde(default)]
    pub callback: bool,
}

#[derive(Deserialize)]
struct Manifests {
    actions: Vec<Declared>,
}

/// The services of the configuration with the actions that they declare at the moment.
pub struct Services {
    services: Vec<Service>,
    fetcher: Arc<Fetcher>,
    /// By service, so that one which does not answer keeps those that it had.
    found: ArcSwap<Vec<Vec<Arc<External>>>>,
}

/// An action of a service.
pub struct External {
    info: ActionInfo,
    url: Url,
    secret: Secret,
    idempotent: bool,
    callback: bool,
}

/// What is remembered of a step that goes on elsewhere.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// When it began.
    since: Millis,
    /// Where to look; none where the service calls back.
    poll: Option<Url>,
    /// What it called back with.
    answer: Option<Answer>,
}

/// What a service says of a step.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Answer {
    /// The key of the step; a call must name it.
    #[serde(default)]
    key: Option<String>,
    /// Done, with these outputs.
    #[serde(default)]
    output: Option<Map<String, Value>>,
    /// Not done, and why.
    #[serde(default)]
    error: Option<Failure>,
    /// Lines for the log.
    #[serde(default)]
    log: Vec<String>,
    /// Where to look.
    #[serde(default)]
    poll: Option<String>,
    /// In how many seconds.
    #[serde(default)]
    after: Option<u64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Failure {
    message: String,
}

impl Services {
    /// The services, none of them asked yet.
    pub fn new(services: Vec<Service>, fetcher: Arc<Fetcher>) -> Self {
        let inline = |service: &Service| match &service.manifest {
            Manifest::Inline(declared) => {
                External::new((**declared).clone(), None, &service.secret).into_iter().map(Arc::new).collect()
            }
            Manifest::At(_) => Vec::new(),
        };
        let found = services.iter().map(inline).collect();
        Self { services, fetcher, found: ArcSwap::from_pointee(found) }
    }

    /// The actions by id. Of two with one id the first counts.
    pub fn actions(&self) -> BTreeMap<String, Arc<dyn Action>> {
        let mut actions: BTreeMap<String, Arc<dyn Action>> = BTreeMap::new();
        for action in self.found.load().iter().flatten() {
            actions.entry(action.info.id.clone()).or_insert_with(|| action.clone());
        }
        actions
    }

    /// The action with this id.
    pub fn find(&self, id: &str) -> Option<Arc<dyn Action>> {
        self.found
            .load()
            .iter()
            .flatten()
            .find(|action| action.info.id == id)
            .map(|action| action.clone() as Arc<dyn Action>)
    }

    /// Reads all manifests once.
    pub async fn refresh(&self) {
        let mut found: Vec<Vec<Arc<External>>> = self.found.load().iter().cloned().collect();
        for (service, actions) in self.services.iter().zip(&mut found) {
            let Manifest::At(url) = &service.manifest else { continue };
            match read(&self.fetcher, url, &service.secret).await {
                Ok(read) => *actions = read,
                Err(error) => tracing::warn!(manifest = %url, %error, "the manifest of actions could not be read"),
            }
        }
        self.found.store(Arc::new(found));
    }

    /// Reads the manifests again and again until `stop`.
    pub async fn keep_fresh(&self, stop: &CancellationToken) {
        if !self.services.iter().any(|service| matches!(service.manifest, Manifest::At(_))) {
            return;
        }
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = async {
                    self.refresh().await;
                    tokio::time::sleep(REFRESH).await;
                } => {}
            }
        }
    }
}

async fn read(fetcher: &Fetcher, url: &Url, secret: &Secret) -> Result<Vec<Arc<External>>, ActionError> {
    let failed = |text: String| ActionError::Failed(text);
    let fetched = fetcher.get_without_credential(url).await.map_err(|error| failed(error.to_string()))?;
    if fetched.body.len() > LARGEST {
        return Err(failed(format!("the manifest is larger than {} KB", LARGEST / 1024)));
    }
    let manifest: Manifests =
        serde_json::from_slice(&fetched.body).map_err(|error| failed(format!("the manifest: {error}")))?;
    if manifest.actions.len() > ACTIONS {
        return Err(failed(format!("the manifest declares more than {ACTIONS} actions")));
    }
    manifest.actions.into_iter().map(|declared| External::new(declared, Some(url), secret).map(Arc::new)).collect()
}

impl External {
    /// The action, where what its manifest says of it can be.
    pub fn new(declared: Declared, manifest: Option<&Url>, secret: &Secret) -> Result<Self, ActionError> {
        let wrong = |what: &str| ActionError::Failed(format!("the action {:?}: {what}", declared.id));
        let plain = |c: char| c.is_ascii_alphanumeric() || ":-_.".contains(c);
        if declared.id.is_empty() || declared.id.len() > 100 || !declared.id.chars().all(plain) {
            return Err(wrong("an id is made of letters, digits, colons, dashes, dots and underscores"));
        }
        let url = match manifest {
            Some(manifest) => manifest.join(&declared.url),
            None => Url::parse(&declared.url),
        };
        let url = url.map_err(|_| wrong("its url is none"))?;
        // A manifest speaks for its own host alone.
        if manifest.is_some_and(|manifest| manifest.origin() != url.origin()) {
            return Err(wrong("its url is on another host than the manifest"));
        }
        let repeat = match (declared.idempotent, declared.reads_only) {
            (_, true) => Repeat::Safe,
            (true, _) => Repeat::Checked,
            (false, false) => Repeat::Unknown,
        };
        let info = ActionInfo {
            id: declared.id.clone(),
            description: declared.description.clone(),
            input: declared.input.clone(),
            output: declared.output.clone(),
            examples: declared.examples.clone(),
            reach: if declared.reads_only { Reach::Reads } else { Reach::Outside },
            repeat,
        };
        Ok(Self {
            info,
            url,
            secret: secret.clone(),
            idempotent: repeat != Repeat::Unknown,
            callback: declared.callback,
        })
    }

    /// Asks for the step, the first time.
    async fn begin(&self, step: &Step<'_>) -> Result<Outcome, ActionError> {
        let world = world(step)?;
        let callback = match self.callback {
            true => Some(world.callbacks.open(step.key, step.now + LONGEST).await?),
            false => None,
        };
        let body = json!({
            "action": self.info.id,
            "key": step.key,
            "attempt": step.attempt,
            "input": step.input,
            "task": step.origin.task,
            "template": { "ref": step.origin.template, "version": step.origin.version },
            "user": step.caller.subject(),
            "callback": callback,
        });
        let answer = self.ask(step, Method::POST, &self.url, body.to_string().into_bytes()).await?;
        self.judge(step, answer, step.now)
    }

    /// One request, signed.
    async fn ask(
        &self,
        step: &Step<'_>,
        method: Method,
        url: &Url,
        body: Vec<u8>,
    ) -> Result<(u16, Answer), ActionError> {
        let failed = |text: String| ActionError::Failed(text);
        let is_first = method == Method::POST;
        let seconds = (step.now / 1000).to_string();
        let request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(KEY, step.key)
            .header(TIMESTAMP, &seconds)
            .header(SIGNATURE, sign(&self.secret, &seconds, &body))
            .body(body)
            .map_err(|_| failed(format!("{} cannot be asked at its address", self.info.id)))?;
        // What may have arrived and is not known by its key is nobody's to send again.
        let unclear = |text: String| {
            if self.idempotent || !is_first { ActionError::Transient(text) } else { ActionError::OutcomeUnknown(text) }
        };
        let answer = world(step)?.fetcher.send(request).await.map_err(|error| match error {
            FetchError::Unreached(text) => ActionError::Transient(text),
            FetchError::Timeout(_) | FetchError::Failed(_) => unclear(error.to_string()),
            _ => failed(error.to_string()),
        })?;
        let status = answer.status().as_u16();
        if answer.body().len() > LARGEST {
            return Err(failed(format!("the answer of {} is larger than {} KB", self.info.id, LARGEST / 1024)));
        }
        let read: Result<Answer, _> = serde_json::from_slice(answer.body());
        match (status, read) {
            (200..=299, Ok(answer)) => Ok((status, answer)),
            (200..=299, Err(error)) => Err(failed(format!("the answer of {} cannot be read: {error}", self.info.id))),
            (429 | 503, _) => Err(ActionError::Transient(format!("{} takes no requests at the moment", self.info.id))),
            (500.., _) => Err(unclear(format!("{} answers with status {status}", self.info.id))),
            (_, read) => {
                let said = read.ok().and_then(|answer| answer.error).map(|error| shortened(&error.message));
                let said = said.unwrap_or_else(|| format!("status {status}"));
                Err(failed(format!("{} refuses: {said}", self.info.id)))
            }
        }
    }

    /// What an answer means for the step.
    fn judge(&self, step: &Step<'_>, (status, answer): (u16, Answer), since: Millis) -> Result<Outcome, ActionError> {
        for line in answer.log.iter().take(LINES) {
            step.log.info(&shortened(line));
        }
        if let Some(error) = &answer.error {
            return Err(ActionError::Failed(shortened(&error.message)));
        }
        if status != 202 {
            return Ok(Outcome::Done(answer.output.unwrap_or_default()));
        }
        let end = since + LONGEST;
        if step.now >= end {
            return Err(ActionError::OutcomeUnknown(format!("{} did not end within a week", self.info.id)));
        }
        let poll = match &answer.poll {
            Some(address) => {
                let url = self.url.join(address).ok().filter(|url| url.origin() == self.url.origin());
                let wrong =
                    || ActionError::Failed(format!("{} names an address to look at that is not its own", self.info.id));
                Some(url.ok_or_else(wrong)?)
            }
            None if self.callback => None,
            None => {
                let text =
                    format!("{} answers later, and says neither where to look nor that it calls back", self.info.id);
                return Err(ActionError::Failed(text));
            }
        };
        let until = match poll {
            Some(_) => step.now + 1000 * i64::try_from(answer.after.unwrap_or(LOOK).clamp(1, 3600)).unwrap_or(3600),
            None => end,
        };
        let state = serde_json::to_value(Pending { since, poll, answer: None });
        let state = state.map_err(|error| ActionError::Failed(error.to_string()))?;
        Ok(Outcome::Wait { until: until.min(end), state })
    }
}

#[async_trait]
impl Action for External {
    fn info(&self) -> &ActionInfo {
        &self.info
    }

    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError> {
        let pending: Option<Pending> = serde_json::from_value(step.state.clone())
            .map_err(|error| ActionError::Failed(format!("what was kept of the step: {error}")))?;
        let Some(pending) = pending else { return self.begin(step).await };
        if let Some(answer) = pending.answer {
            return self.judge(step, (200, answer), pending.since);
        }
        let Some(poll) = pending.poll else {
            let end = pending.since + LONGEST;
            if step.now < end {
                return Ok(Outcome::Wait { until: end, state: step.state.clone() });
            }
            return Err(ActionError::OutcomeUnknown(format!("{} did not call back within a week", self.info.id)));
        };
        let (status, mut answer) = self.ask(step, Method::GET, &poll, Vec::new()).await?;
        answer.poll = answer.poll.or_else(|| Some(poll.into()));
        self.judge(step, (status, answer), pending.since)
    }

    fn called_back(&self, state: &Value, call: &CallbackAnswer<'_>) -> Result<Value, ActionError> {
        let failed = |text: &str| ActionError::Failed(text.to_owned());
        if !is_signed(&self.secret, call.headers, call.body, call.now) {
            return Err(failed("the signature is not good, or of another time"));
        }
        let mut pending: Pending =
            serde_json::from_value(state.clone()).map_err(|_| failed("the step waits for no call"))?;
        let answer: Answer =
            serde_json::from_slice(call.body).map_err(|_| failed("the body is not what a service answers"))?;
        if answer.output.is_none() && answer.error.is_none() {
            return Err(failed("the body holds neither output nor error"));
        }
        pending.answer = Some(answer);
        serde_json::to_value(pending).map_err(|error| failed(&error.to_string()))
    }
}

/// The signature of a body sent at this time.
pub fn sign(secret: &Secret, seconds: &str, body: &[u8]) -> String {
    let code = mac(secret, seconds, body).finalize().into_bytes();
    let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v1={code}")
}

/// Whether a body was signed with the secret, and not long ago.
fn is_signed(secret: &Secret, headers: &HeaderMap, body: &[u8], now: Millis) -> bool {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let (Some(seconds), Some(signature)) = (text(TIMESTAMP), text(SIGNATURE)) else { return false };
    let is_of_now = seconds.parse::<Millis>().is_ok_and(|at| (now / 1000).abs_diff(at) <= CLOCKS.unsigned_abs());
    let code = signature.strip_prefix("v1=").and_then(from_hex);
    is_of_now && code.is_some_and(|code| mac(secret, seconds, body).verify_slice(&code).is_ok())
}

fn mac(secret: &Secret, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length is good");
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn anything() -> Value {
    json!({ "type": "object" })
}
