//! One look at one page: loaded, stilled, read in each state, and looked at again after a while.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use crate::cdp::{Cdp, CdpError, Event};
use crate::chromium::Chromium;
use crate::report::{Theme, Verdict};
use crate::serve::{Answer, Published, answer, headers};
use crate::site::{Site, content_type};

/// How long a page may take to load, and each step of a look at it.
pub const STEP: Duration = Duration::from_secs(25);
/// How long is waited for a page to have nothing more to fetch.
const IDLE: Duration = Duration::from_secs(2);
/// How long a page that this process answers asks for nothing before it has come to rest.
const QUIET: Duration = Duration::from_millis(120);
/// How long the page goes on in its own time before it is looked at again.
const LATER_MS: u32 = 30_000;
/// How long that may take.
const LATER: Duration = Duration::from_secs(15);
/// The tallest picture.
const PICTURE_HEIGHT: f64 = 6_000.0;
/// The most elements that are put into a state.
const STATEFUL: usize = 2_000;
/// How long axe-core may take.
const AXE_TIME: Duration = Duration::from_secs(15);
/// How much narrower and wider a window is made, to see what is hidden at one width alone.
const NEAR: u32 = 9;
/// What can get the keyboard, as the validator has it.
const FOCUSABLE: &str = "a[href],area[href],button,input:not([type=hidden]),select,textarea,summary,[contenteditable]:not([contenteditable=false]),[tabindex]";

/// Where pages come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Files, which this process answers with.
    Files {
        /// What was handed in.
        site: Arc<Site>,
        /// What the portal publishes.
        published: Arc<Published>,
    },
    /// One origin on the network, such as `http://127.0.0.1:8080`.
    Origin {
        /// The origin.
        origin: String,
        /// What the portal publishes, wherever the page links it.
        published: Arc<Published>,
    },
}

/// What every look at a page is given.
#[derive(Debug)]
pub struct Brief<'a> {
    /// The validator and its options, as a script that leaves both in the world it runs in.
    pub setup: &'a str,
    /// The script of axe-core.
    pub axe: Option<&'a str>,
    /// Whether a picture is taken.
    pub picture: bool,
}

/// A window on a page.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// The address.
    pub url: &'a str,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The theme.
    pub theme: Theme,
}

/// A finding as the validator tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// The rule.
    pub rule: String,
    /// What it is, where that is not as the rule says.
    pub verdict: Option<Verdict>,
    /// The element.
    pub selector: String,
    /// What was found.
    pub actual: String,
    /// What should be there.
    pub expected: String,
    /// What to use instead.
    pub token: Option<String>,
}

/// What a look at a page brings.
#[derive(Debug, Default)]
pub struct Look {
    /// In the order in which they were found.
    pub told: Vec<Told>,
    /// The colours of everything.
    pub dress: String,
    /// A picture.
    pub png: Option<Vec<u8>>,
}

/// Why a page could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It could not be loaded.
    #[error("{url} cannot be loaded: {why}")]
    Load {
        /// Its address.
        url: String,
        /// Why.
        why: String,
    },
    /// Its scripts do not stop.
    #[error("{0} does not come to rest: its scripts ran for more than {seconds} s", seconds = STEP.as_secs())]
    Endless(String),
    /// It is too large, or its renderer ended.
    #[error("{0} ended the browser’s page")]
    Crashed(String),
    /// The validator could not read it.
    #[error("{url} cannot be read: {why}")]
    Unreadable {
        /// Its address.
        url: String,
        /// Why.
        why: String,
    },
    /// The browser did not do as it was told.
    #[error("the browser failed: {0}")]
    Browser(CdpError),
}

impl Told {
    /// What tells it from others of a page.
    fn key(&self) -> (String, String, String) {
        (self.rule.clone(), self.selector.clone(), self.actual.clone())
    }
}

/// A session with a page that is open.
struct Page<'a> {
    cdp: &'a Cdp,
    session: String,
    /// Also the id of its main frame.
    target: String,
    url: String,
    crashed: Arc<AtomicBool>,
}

/// The most elements with a listener that are looked at; whoever has more has one for each of many that are alike.
const LISTENERS: usize = 500;

/// A world beside the page's own, in one of its frames.
#[derive(Debug, Clone, Copy)]
struct World(i64);

/// Resolves the tokens of a CSS file in an empty page.
pub async fn resolve(browser: &Chromium, validator: &str, call: &str, theme: Theme) -> Result<Value, PageError> {
    within(browser, "about:blank", |page| async move {
        page.dress(1440, 900, theme).await?;
        let world = page.world(&page.frame().await?).await?;
        page.run(world, &format!("globalThis.porticoUx={validator};0")).await?;
        page.run(world, call).await
    })
    .await
}

/// Looks at a page in a window.
pub async fn look(
    browser: &Chromium,
    source: &Source,
    window: Window<'_>,
    brief: &Brief<'_>,
) -> Result<Look, PageError> {
    within(browser, window.url, |page| async move {
        let loaded = Arc::new(AtomicBool::new(false));
        let answering = tokio::spawn(answer_requests(
            page.cdp.clone(),
            page.cdp.events(),
            page.session.clone(),
            source.clone(),
            page.target.clone(),
            Arc::clone(&loaded),
        ));
        let quiet = matches!(source, Source::Files { .. }).then_some(QUIET);
        let looked = page.look(window, brief, &loaded, quiet).await;
        answering.abort();
        looked
    })
    .await
}

/// Opens a page in a context of its own, and closes both whatever came of it.
async fn within<'a, T, F>(browser: &'a Chromium, url: &str, work: impl FnOnce(Page<'a>) -> F) -> Result<T, PageError>
where
    F: Future<Output = Result<T, PageError>>,
{
    let context = browser.ask("Target.createBrowserContext", json!({"disposeOnDetach": true})).await?;
    let context = text(&context, "browserContextId");
    browser.ask("Browser.setDownloadBehavior", json!({"behavior": "deny", "browserContextId": context})).await?;
    let target = json!({"url": "about:blank", "browserContextId": context});
    let target = text(&browser.ask("Target.createTarget", target).await?, "targetId");
    let session = browser.ask("Target.attachToTarget", json!({"targetId": target, "flatten": true})).await?;
    let crashed = Arc::new(AtomicBool::new(false));
    let session = text(&session, "sessionId");
    let guard = tokio::spawn(guard(
        browser.cdp.clone(),
        browser.cdp.events(),
        session.clone(),
        target.clone(),
        Arc::clone(&crashed),
    ));
    let page = Page { cdp: &browser.cdp, session, target, url: url.to_owned(), crashed };
    let done = work(page).await;
    guard.abort();
    // Nothing waits for it: a page that hangs does not answer.
    let _ = browser.cdp.send(None, "Target.disposeBrowserContext", json!({"browserContextId": context}));
    done
}

/// Closes what a page opens, answers what it asks people, and notes when it crashes.
async fn guard(
    cdp: Cdp,
    mut events: tokio::sync::broadcast::Receiver<Arc<Event>>,
    session: String,
    target: String,
    crashed: Arc<AtomicBool>,
) {
    // Told of targets once for the browser; telling it again is no fault.
    let _ = cdp.send(None, "Target.setDiscoverTargets", json!({"discover": true}));
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => continue,
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        };
        match event.method.as_str() {
            "Target.targetCreated" if event.params["targetInfo"]["openerId"].is_string() => {
                let _ =
                    cdp.send(None, "Target.closeTarget", json!({"targetId": event.params["targetInfo"]["targetId"]}));
            }
            "Page.javascriptDialogOpening" if event.session.as_deref() == Some(session.as_str()) => {
                let _ = cdp.send(Some(&session), "Page.handleJavaScriptDialog", json!({"accept": false}));
            }
            "Inspector.targetCrashed" if event.session.as_deref() == Some(session.as_str()) => {
                crashed.store(true, Ordering::SeqCst);
            }
            "Target.targetCrashed" if event.params["targetId"] == target.as_str() => {
                crashed.store(true, Ordering::SeqCst)
            }
            _ => {}
        }
    }
}

/// Answers every request of a page out of its source, or refuses it.
async fn answer_requests(
    cdp: Cdp,
    mut events: tokio::sync::broadcast::Receiver<Arc<Event>>,
    session: String,
    source: Source,
    frame: String,
    loaded: Arc<AtomicBool>,
) {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => continue,
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        };
        if event.method != "Fetch.requestPaused" || event.session.as_deref() != Some(session.as_str()) {
            continue;
        }
        let id = &event.params["requestId"];
        let url = event.params["request"]["url"].as_str().unwrap_or_default();
        let refuse = || {
            cdp.send(Some(&session), "Fetch.failRequest", json!({"requestId": id, "errorReason": "BlockedByClient"}))
        };
        // What would lead the page itself elsewhere is dropped, and the page stays: before it was loaded it may go on within its own site.
        let is_page = event.params["resourceType"] == "Document" && event.params["frameId"] == frame.as_str();
        if is_page && (loaded.load(Ordering::SeqCst) || !source.holds(url)) {
            let _ = cdp.send(Some(&session), "Fetch.failRequest", json!({"requestId": id, "errorReason": "Aborted"}));
            continue;
        }
        // Whether the browser is still there to hear it is for others to notice.
        let _ = match &source {
            Source::Files { site, published } => {
                let path = url.strip_prefix(ORIGIN).map(|rest| rest.split(['?', '#']).next().unwrap_or(rest));
                match path.filter(|_| event.params["request"]["method"] == "GET") {
                    Some(path) => {
                        let found = answer(site, published, path);
                        let code = if found.is_some() { 200 } else { 404 };
                        let found = found.unwrap_or(Answer { content_type: "text/plain", body: b"" });
                        cdp.send(Some(&session), "Fetch.fulfillRequest", reply(id, code, &headers(None), &found))
                    }
                    None => refuse(),
                }
            }
            Source::Origin { published, .. } => match published_at(published, url) {
                Some(found) => {
                    let open = [("access-control-allow-origin", "*".to_owned())];
                    cdp.send(Some(&session), "Fetch.fulfillRequest", reply(id, 200, &open, &found))
                }
                None if source.holds(url) => {
                    cdp.send(Some(&session), "Fetch.continueRequest", json!({"requestId": id}))
                }
                None => refuse(),
            },
        };
    }
}

fn reply(id: &Value, code: u16, headers: &[(&'static str, String)], found: &Answer<'_>) -> Value {
    let named = headers.iter().map(|(name, value)| json!({"name": name, "value": value}));
    let kind = json!({"name": "content-type", "value": found.content_type});
    let all: Vec<Value> = named.chain([kind]).collect();
    json!({"requestId": id, "responseCode": code, "responseHeaders": all, "body": STANDARD.encode(found.body)})
}

/// What the portal publishes at the path of an address, on whatever host the page has it from.
fn published_at<'a>(published: &'a Published, url: &str) -> Option<Answer<'a>> {
    let url = Url::parse(url).ok()?;
    let body = published.get(url.path())?;
    Some(Answer { content_type: content_type(url.path())?, body })
}

impl Source {
    /// Whether an address is one of its own.
    fn holds(&self, url: &str) -> bool {
        match self {
            Self::Files { .. } => is_within(url, ORIGIN),
            Self::Origin { origin, .. } => is_within(url, origin),
        }
    }
}

fn is_within(url: &str, origin: &str) -> bool {
    url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// The origin that the files of a site have while they are checked; no resolver knows it.
pub const ORIGIN: &str = "https://preview.invalid";

impl Page<'_> {
    async fn ask(&self, method: &str, params: Value) -> Result<Value, PageError> {
        match self.cdp.ask(Some(&self.session), method, params, STEP).await {
            Ok(answer) => Ok(answer),
            Err(_) if self.crashed.load(Ordering::SeqCst) => Err(PageError::Crashed(self.url.clone())),
            Err(CdpError::Late(_)) => Err(PageError::Endless(self.url.clone())),
            Err(error) => Err(PageError::Browser(error)),
        }
    }

    /// Gives the window its size and the page its theme.
    async fn dress(&self, width: u32, height: u32, theme: Theme) -> Result<(), PageError> {
        self.size(width, height).await?;
        let features = json!([{"name": "prefers-color-scheme", "value": theme.name()}]);
        self.ask("Emulation.setEmulatedMedia", json!({"media": "screen", "features": features})).await?;
        Ok(())
    }

    async fn size(&self, width: u32, height: u32) -> Result<(), PageError> {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    async fn frame(&self) -> Result<String, PageError> {
        let tree = self.ask("Page.getFrameTree", json!({})).await?;
        Ok(text(&tree["frameTree"]["frame"], "id"))
    }

    async fn world(&self, frame: &str) -> Result<World, PageError> {
        let params = json!({"frameId": frame, "worldName": "portico-ux", "grantUniveralAccess": false});
        let world = self.ask("Page.createIsolatedWorld", params).await?;
        world["executionContextId"].as_i64().map(World).ok_or_else(|| self.unreadable("it has no world of its own"))
    }

    /// Runs a script in a world and takes what it comes to.
    async fn run(&self, world: World, script: &str) -> Result<Value, PageError> {
        let params = json!({
            "expression": script, "contextId": world.0, "returnByValue": true, "awaitPromise": true,
            "timeout": STEP.as_millis() as u64, "allowUnsafeEvalBlockedByCSP": true,
        });
        let mut answer = self.ask("Runtime.evaluate", params).await?;
        if let Some(problem) = answer.get("exceptionDetails") {
            let told = problem["exception"]["description"].as_str().or(problem["text"].as_str()).unwrap_or("unknown");
            return Err(self.unreadable(told.lines().next().unwrap_or(told)));
        }
        Ok(answer["result"]["value"].take())
    }

    fn unreadable(&self, why: &str) -> PageError {
        PageError::Unreadable { url: self.url.clone(), why: why.to_owned() }
    }

    async fn look(
        &self,
        window: Window<'_>,
        brief: &Brief<'_>,
        loaded: &AtomicBool,
        quiet: Option<Duration>,
    ) -> Result<Look, PageError> {
        let Window { width, height, theme, .. } = window;
        for domain in ["Page.enable", "DOM.enable", "CSS.enable", "Inspector.enable"] {
            self.ask(domain, json!({})).await?;
        }
        self.ask("Fetch.enable", json!({"patterns": [{"urlPattern": "*"}]})).await?;
        self.ask("Page.setLifecycleEventsEnabled", json!({"enabled": true})).await?;
        self.ask("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await?;
        self.dress(width, height, theme).await?;
        self.load(loaded, quiet).await?;
        let frame = self.frame().await?;
        let world = self.world(&frame).await?;
        self.run(world, brief.setup).await?;
        self.run(world, &format!("porticoUx.wear(porticoOptions.switches,{:?});0", theme.name())).await?;
        self.still(&frame, world).await?;
        self.listens(world).await?;

        let mut look = Look::default();
        self.run(world, &format!("porticoOptions.width={width};porticoOptions.theme={:?};0", theme.name())).await?;
        look.told.extend(self.validate(world, "rest").await?);
        look.dress = self.run(world, "porticoUx.dress()").await?.as_str().unwrap_or_default().to_owned();
        if brief.picture {
            look.png = Some(self.picture(width).await?);
        }
        self.shut(world, &mut look.told).await?;
        self.states(world, &mut look.told).await?;
        self.frames(&frame, world, brief, theme, &mut look.told).await?;
        // Its rules beside the validator's own are not about colours, so that one theme will do.
        if let Some(axe) = brief.axe.filter(|_| theme == Theme::Light) {
            look.told.extend(self.axe(world, axe).await?);
        }
        self.near(world, window, &mut look.told).await?;
        self.later(world, &mut look.told).await?;
        // Last of all, since the page is another one then.
        self.opened(world, &mut look.told).await?;
        Ok(look)
    }

    /// Loads the page and waits until it has come to rest.
    async fn load(&self, loaded: &AtomicBool, quiet: Option<Duration>) -> Result<(), PageError> {
        let mut events = self.cdp.events();
        let begun = self.ask("Page.navigate", json!({"url": self.url})).await;
        let failed = |why: &str| PageError::Load { url: self.url.clone(), why: why.to_owned() };
        if let Some(problem) = begun?["errorText"].as_str().filter(|text| !text.is_empty()) {
            return Err(failed(problem));
        }
        let deadline = Instant::now() + STEP;
        let mut is_there = false;
        let (mut is_loaded, mut rest, mut last) = (false, deadline, deadline);
        loop {
            let until = if is_loaded { rest } else { deadline };
            let event = match tokio::time::timeout_at(until, events.recv()).await {
                Ok(Ok(event)) => event,
                Ok(Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => continue,
                Ok(Err(_)) => return Err(PageError::Browser(CdpError::Ended)),
                Err(_) if is_loaded => break,
                Err(_) if self.crashed.load(Ordering::SeqCst) => return Err(PageError::Crashed(self.url.clone())),
                Err(_) => return Err(PageError::Endless(self.url.clone())),
            };
            if event.session.as_deref() != Some(self.session.as_str()) {
                continue;
            }
            let mut arrived = false;
            match (event.method.as_str(), event.params["name"].as_str()) {
                ("Page.frameNavigated", _) => {
                    is_there |= event.params["frame"]["id"] == self.target.as_str();
                }
                // A page that tries to go elsewhere while it loads stops loading, and has no load event.
                ("Page.loadEventFired", _) => arrived = true,
                ("Page.frameStoppedLoading", _) => {
                    arrived = is_there && event.params["frameId"] == self.target.as_str();
                }
                ("Fetch.requestPaused", _) if is_loaded => {
                    rest = quiet.map_or(rest, |quiet| last.min(Instant::now() + quiet));
                }
                ("Page.lifecycleEvent", Some("networkIdle")) if is_loaded => break,
                ("Inspector.targetCrashed", _) => return Err(PageError::Crashed(self.url.clone())),
                _ => {}
            }
            if arrived && !is_loaded {
                is_loaded = true;
                last = Instant::now() + IDLE;
                rest = quiet.map_or(last, |quiet| Instant::now() + quiet);
            }
        }
        loaded.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Fonts are there, and what moves has arrived.
    async fn still(&self, frame: &str, world: World) -> Result<(), PageError> {
        let sheet = self.ask("CSS.createStyleSheet", json!({"frameId": frame})).await?;
        let css = "*,*::before,*::after{transition:none!important;caret-color:transparent!important;scroll-behavior:auto!important}";
        self.ask("CSS.setStyleSheetText", json!({"styleSheetId": sheet["styleSheetId"], "text": css})).await?;
        self.run(world, "porticoUx.still()").await.map(drop)
    }

    async fn validate(&self, world: World, state: &str) -> Result<Vec<Told>, PageError> {
        let script = format!("porticoUx.validate({{...porticoOptions,state:{state:?}}})");
        self.findings(self.run(world, &script).await?)
    }

    /// What the validator said.
    fn findings(&self, told: Value) -> Result<Vec<Told>, PageError> {
        serde_json::from_value(told).map_err(|error| self.unreadable(&error.to_string()))
    }

    /// Tells the validator which elements wait for a click by a script: no world but the page's own sees that.
    async fn listens(&self, world: World) -> Result<(), PageError> {
        // Of the page's own world: only there its listeners are seen.
        let document = self.ask("DOM.getDocument", json!({"depth": 0})).await?;
        let asked = json!({"backendNodeId": document["root"]["backendNodeId"]});
        let document = self.ask("DOM.resolveNode", asked).await?;
        let asked = json!({"objectId": document["object"]["objectId"], "depth": -1, "pierce": false});
        let answer = self.ask("DOMDebugger.getEventListeners", asked).await?;
        let waiting = answer["listeners"].as_array().into_iter().flatten().filter(|listener| {
            matches!(
                listener["type"].as_str(),
                Some("click" | "mousedown" | "mouseup" | "pointerdown" | "pointerup" | "touchstart")
            )
        });
        let nodes: BTreeSet<i64> = waiting.filter_map(|each| each["backendNodeId"].as_i64()).collect();
        for node in nodes.into_iter().take(LISTENERS) {
            let resolved =
                self.ask("DOM.resolveNode", json!({"backendNodeId": node, "executionContextId": world.0})).await?;
            let call = json!({
                "objectId": resolved["object"]["objectId"],
                "functionDeclaration": "function(){(porticoOptions.listens??=new Set()).add(this)}",
            });
            self.ask("Runtime.callFunctionOn", call).await?;
        }
        Ok(())
    }

    /// Says which elements hold a shadow tree that no script may look into.
    async fn shut(&self, world: World, told: &mut Vec<Told>) -> Result<(), PageError> {
        let document = self.ask("DOM.getDocument", json!({"depth": -1, "pierce": true})).await?;
        let mut waiting = vec![&document["root"]];
        while let Some(node) = waiting.pop() {
            let roots = node["shadowRoots"].as_array().into_iter().flatten();
            let is_shut = roots.clone().any(|root| root["shadowRootType"] == "closed");
            if is_shut {
                let object = json!({"backendNodeId": node["backendNodeId"], "executionContextId": world.0});
                told.push(Told {
                    rule: "unread".to_owned(),
                    verdict: None,
                    selector: self.selector(object).await?,
                    actual: "a closed shadow tree".to_owned(),
                    expected: "an open one".to_owned(),
                    token: None,
                });
            }
            waiting.extend(node["children"].as_array().into_iter().flatten());
            waiting.extend(roots.filter(|root| root["shadowRootType"] != "user-agent"));
        }
        Ok(())
    }

    /// Puts what can be pointed at and focused into these states, and reads the page in each.
    async fn states(&self, world: World, told: &mut Vec<Told>) -> Result<(), PageError> {
        let root = self.ask("DOM.getDocument", json!({"depth": 0})).await?["root"]["nodeId"].clone();
        let asked = self.run(world, "porticoUx.stateful(porticoOptions)").await?;
        let hovered = format!("{FOCUSABLE}{}", asked["hover"].as_str().unwrap_or_default());
        let focused = format!("{FOCUSABLE}{}", asked["focus"].as_str().unwrap_or_default());
        let mut forced = BTreeSet::new();
        for (state, selector, classes) in [
            ("hover", hovered, json!(["hover"])),
            ("focus", focused, json!(["focus", "focus-visible", "focus-within"])),
        ] {
            let mut nodes = self.ask("DOM.querySelectorAll", json!({"nodeId": root, "selector": selector})).await;
            if nodes.is_err() {
                nodes = self.ask("DOM.querySelectorAll", json!({"nodeId": root, "selector": FOCUSABLE})).await;
            }
            let nodes = nodes?;
            let nodes = nodes["nodeIds"].as_array().into_iter().flatten().take(STATEFUL);
            let nodes: BTreeSet<i64> = nodes.filter_map(Value::as_i64).collect();
            // A state takes the place of the one before.
            self.force(forced.difference(&nodes), &json!([])).await?;
            self.force(nodes.iter(), &classes).await?;
            forced = nodes;
            if forced.is_empty() {
                continue;
            }
            let found = self.validate(world, state).await;
            let suffix = format!(" ({state})");
            let known: Vec<(String, String, String)> = told.iter().map(Told::key).collect();
            let is_new = |each: &Told| {
                let actual = each.actual.strip_suffix(&suffix).unwrap_or(&each.actual).to_owned();
                !known.contains(&(each.rule.clone(), each.selector.clone(), actual))
            };
            told.extend(found?.into_iter().filter(is_new));
        }
        self.force(forced.iter(), &json!([])).await
    }

    async fn force(&self, nodes: impl Iterator<Item = &i64>, classes: &Value) -> Result<(), PageError> {
        let mut answers = Vec::new();
        for node in nodes {
            let params = json!({"nodeId": node, "forcedPseudoClasses": classes});
            answers.push(self.cdp.send(Some(&self.session), "CSS.forcePseudoState", params)?);
        }
        // Commands of a session are done in their order, so the last answer is that of all.
        if let Some(last) = answers.pop() {
            let answer = tokio::time::timeout(STEP, last).await.map_err(|_| PageError::Endless(self.url.clone()))?;
            // A node that is gone meanwhile has no state.
            drop(answer.map_err(|_| CdpError::Ended)?);
        }
        Ok(())
    }

    /// Reads the frames of the page too: they are part of what people see.
    async fn frames(
        &self,
        main: &str,
        world: World,
        brief: &Brief<'_>,
        theme: Theme,
        told: &mut Vec<Told>,
    ) -> Result<(), PageError> {
        let tree = self.ask("Page.getFrameTree", json!({})).await?;
        let mut waiting: Vec<&Value> = tree["frameTree"]["childFrames"].as_array().into_iter().flatten().collect();
        let mut turn = 0;
        while let Some(frame) = waiting.pop() {
            turn += 1;
            let id = text(&frame["frame"], "id");
            if turn > 20 || id == main {
                break;
            }
            waiting.extend(frame["childFrames"].as_array().into_iter().flatten());
            let Ok(owner) = self.owner(world, &id).await else { continue };
            let read = async {
                let inner = self.world(&id).await?;
                self.run(inner, brief.setup).await?;
                self.run(inner, &format!("porticoOptions.theme={:?};0", theme.name())).await?;
                self.validate(inner, "rest").await
            };
            match read.await {
                Ok(found) => told.extend(
                    found
                        .into_iter()
                        .filter(|each| each.rule != "headings" && each.rule != "landmarks")
                        .map(|each| Told { selector: format!("{owner} >>> {}", each.selector), ..each }),
                ),
                Err(error @ (PageError::Endless(_) | PageError::Crashed(_))) => return Err(error),
                Err(_) => told.push(Told {
                    rule: "unread".to_owned(),
                    verdict: None,
                    selector: owner,
                    actual: "what is inside the frame could not be read".to_owned(),
                    expected: "content of the page itself".to_owned(),
                    token: None,
                }),
            }
        }
        Ok(())
    }

    /// The selector of the element that a frame is in.
    async fn owner(&self, world: World, frame: &str) -> Result<String, PageError> {
        let owner = self.ask("DOM.getFrameOwner", json!({"frameId": frame})).await?;
        self.selector(json!({"backendNodeId": owner["backendNodeId"], "executionContextId": world.0})).await
    }

    /// The selector of a node.
    async fn selector(&self, node: Value) -> Result<String, PageError> {
        let object = self.ask("DOM.resolveNode", node).await?;
        let call = json!({
            "objectId": object["object"]["objectId"], "returnByValue": true,
            "functionDeclaration": "function(){return porticoUx.selectorOf(this)}",
        });
        let answer = self.ask("Runtime.callFunctionOn", call).await?;
        Ok(answer["result"]["value"].as_str().unwrap_or("html").to_owned())
    }

    async fn axe(&self, world: World, axe: &str) -> Result<Vec<Told>, PageError> {
        let told = async {
            self.run(world, &format!("if(!globalThis.axe){{{axe}\n}}0")).await?;
            self.run(world, AXE).await
        };
        let told = match tokio::time::timeout(AXE_TIME, told).await {
            Ok(told) => told,
            Err(_) => {
                self.ask("Runtime.terminateExecution", json!({})).await?;
                Err(self.unreadable("it did not come to an end"))
            }
        };
        match told {
            Ok(told) => self.findings(told),
            Err(error @ (PageError::Endless(_) | PageError::Crashed(_) | PageError::Browser(_))) => Err(error),
            // A page that makes axe-core stumble is not thereby without fault.
            Err(error) => Ok(vec![Told {
                rule: "unread".to_owned(),
                verdict: None,
                selector: "html".to_owned(),
                actual: format!("axe-core could not read the page: {error}"),
                expected: "a page that it can read".to_owned(),
                token: None,
            }]),
        }
    }

    /// What is there a little narrower and a little wider, and not at this width, hides from who looks at this width.
    async fn near(&self, world: World, window: Window<'_>, told: &mut Vec<Told>) -> Result<(), PageError> {
        let Window { width, height, .. } = window;
        for (name, width) in [("here", width), ("narrower", width - NEAR), ("wider", width + NEAR)] {
            if width != window.width {
                self.size(width, height).await?;
            }
            let more = self.run(world, &format!("porticoUx.mark({name:?},porticoOptions)")).await?;
            // What is not to be seen a little narrower is not hidden between the two.
            if name == "narrower" && more == 0 {
                break;
            }
        }
        self.size(width, height).await?;
        let hidden = self.run(world, "porticoUx.dodging()").await?;
        told.extend(hidden.as_array().into_iter().flatten().filter_map(Value::as_str).map(|selector| Told {
            rule: "hides".to_owned(),
            verdict: None,
            selector: selector.to_owned(),
            actual: format!("shown at {} px and {} px, hidden at {width} px", width - NEAR, width + NEAR),
            expected: "the same on both sides of a width".to_owned(),
            token: None,
        }));
        Ok(())
    }

    /// Lets the page's own clock run on, and reads it again if it is another then.
    async fn later(&self, world: World, told: &mut Vec<Told>) -> Result<(), PageError> {
        self.run(world, "porticoUx.keep(porticoOptions)").await?;
        let mut events = self.cdp.events();
        let policy = json!({"policy": "advance", "budget": LATER_MS, "maxVirtualTimeTaskStarvationCount": 10_000});
        self.ask("Emulation.setVirtualTimePolicy", policy).await?;
        let deadline = Instant::now() + LATER;
        // A page that does not let its clock run on is looked at when the real one has.
        while let Ok(event) = tokio::time::timeout_at(deadline, events.recv()).await {
            match event {
                Ok(event)
                    if event.method == "Emulation.virtualTimeBudgetExpired"
                        && event.session.as_deref() == Some(self.session.as_str()) =>
                {
                    break;
                }
                Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(_) => return Err(PageError::Browser(CdpError::Ended)),
            }
        }
        let changed = self.run(world, "porticoUx.changed(porticoOptions)").await?;
        let Some(selector) = changed.as_str() else { return Ok(()) };
        let known: Vec<(String, String, String)> = told.iter().map(Told::key).collect();
        let after = self.validate(world, "rest").await?;
        told.extend(after.into_iter().filter(|each| !known.contains(&each.key())));
        told.push(Told {
            rule: "changes".to_owned(),
            verdict: None,
            selector: selector.to_owned(),
            actual: "it looks another way after a while".to_owned(),
            expected: "what was shown at first".to_owned(),
            token: None,
        });
        Ok(())
    }

    /// Looks into what the page keeps closed until somebody opens it.
    async fn opened(&self, world: World, told: &mut Vec<Told>) -> Result<(), PageError> {
        let found = self.run(world, "porticoUx.opened({...porticoOptions,state:'rest'})").await?;
        let known: Vec<(String, String, String)> = told.iter().map(Told::key).collect();
        let found: Vec<Told> = self.findings(found)?;
        told.extend(found.into_iter().filter(|each| !known.contains(&each.key())));
        Ok(())
    }

    async fn picture(&self, width: u32) -> Result<Vec<u8>, PageError> {
        let metrics = self.ask("Page.getLayoutMetrics", json!({})).await?;
        let height = metrics["cssContentSize"]["height"].as_f64().unwrap_or(900.0).clamp(1.0, PICTURE_HEIGHT);
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.ask("Page.captureScreenshot", params).await?;
        STANDARD
            .decode(picture["data"].as_str().unwrap_or_default())
            .map_err(|error| self.unreadable(&error.to_string()))
    }
}

/// Runs what axe-core knows beyond the validator's own rules.
const AXE: &str = "(async()=>{
    const off = ['color-contrast','heading-order','page-has-heading-one','empty-heading','landmark-one-main','region','target-size','tabindex','button-name','link-name','input-button-name','select-name','label','image-alt','landmark-unique','landmark-no-duplicate-main','scrollable-region-focusable','skip-link'];
    const result = await axe.run(document, {
        resultTypes: ['violations'], iframes: false, elementRef: true, selectors: false, xpath: false, ancestry: false,
        runOnly: {type: 'tag', values: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']},
        rules: Object.fromEntries(off.map((id) => [id, {enabled: false}])),
    });
    return result.violations.flatMap((rule) => rule.nodes.map((node) => ({
        rule: rule.tags.includes('best-practice') || rule.impact === 'minor' ? 'axe-advice' : 'axe',
        verdict: null,
        selector: node.element ? porticoUx.selectorOf(node.element) : 'html',
        actual: rule.id + ': ' + rule.help,
        expected: 'as ' + rule.id + ' of axe-core asks',
        token: null,
    })));
})()";

impl From<CdpError> for PageError {
    fn from(error: CdpError) -> Self {
        Self::Browser(error)
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
