//! A check: every page of a site, at each width and in both themes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use url::Url;

use crate::VALIDATOR;
use crate::chromium::{self, Chromium};
use crate::page::{self, Brief, Look, ORIGIN, PageError, Source, Told, Window};
use crate::report::{Finding, Report, Screenshot, Theme, Verdict};
use crate::rules::Rules;
use crate::serve::Published;
use crate::site::{PAGES, Site};
use crate::tokens::{Tokens, TokensError};

/// The widths of the window, with the heights that go with them.
pub const WINDOWS: [(u32, u32); 3] = [(390, 844), (768, 1024), (1440, 900)];
/// The most elements of a page.
pub const ELEMENTS: usize = 20_000;
/// The most findings that are kept of a page at a width and in a theme.
pub const FINDINGS: usize = 1_000;
/// How long a check may take, whatever the pages do.
pub const TIME: Duration = Duration::from_secs(300);
/// How many pages are looked at at one time, each in a process of its own.
const AT_ONCE: usize = 2;
/// What the class names of published components begin with.
const PREFIX: &str = "pk-";

/// What pages are compared with.
#[derive(Debug, Clone)]
pub struct Design {
    /// The tokens.
    pub tokens: Tokens,
    /// The style sheets that the bank publishes: what they say is as the bank has it.
    pub published: Vec<String>,
    /// Files that pages may link, by path, such as `/design/v1/kit.css`.
    pub files: Arc<Published>,
    /// Whether the published components are meant for these pages.
    pub components: bool,
}

/// What is checked.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Files.
    Site(Arc<Site>),
    /// A page on the network; nothing but its origin is reached.
    Url(Url),
}

/// Checks pages.
#[derive(Debug, Clone)]
pub struct Checker {
    design: Design,
    rules: Rules,
    axe: Option<Arc<str>>,
    browser: Option<PathBuf>,
    pictures: bool,
    windows: Vec<(u32, u32)>,
    setup: Arc<Mutex<Option<Setup>>>,
}

/// What the tokens come to, with the version of the browser that said so.
type Setup = (String, Arc<Value>);

/// Why something could not be checked. It is no verdict: the gate stays closed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// No browser on this machine.
    #[error("no Chromium was found: install chromium or google-chrome, or name it in PORTICO_CHROMIUM")]
    NoBrowser,
    /// The browser does not start.
    #[error("the browser does not work: {0}")]
    Browser(String),
    /// An address that cannot be checked.
    #[error("{0} is no http or https address")]
    Address(String),
    /// The tokens.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// A page.
    #[error("could not be checked: {0}")]
    Page(#[from] PageError),
    /// It took too much memory.
    #[error("could not be checked: the pages took more than {} MB", chromium::MEMORY_BYTES >> 20)]
    Memory,
    /// It took too long.
    #[error("could not be checked: it took more than {} s", TIME.as_secs())]
    Late,
}

impl Checker {
    /// Checks against these tokens and rules.
    pub fn new(design: Design, rules: Rules) -> Self {
        Self {
            design,
            rules,
            axe: None,
            browser: None,
            pictures: false,
            windows: WINDOWS.to_vec(),
            setup: Arc::default(),
        }
    }

    /// With the rules of axe-core, whose script this is.
    #[must_use]
    pub fn with_axe(mut self, script: Option<impl Into<Arc<str>>>) -> Self {
        self.axe = script.map(Into::into);
        self
    }

    /// With this browser, and not the one that is found.
    #[must_use]
    pub fn with_browser(mut self, program: PathBuf) -> Self {
        self.browser = Some(program);
        self
    }

    /// With a picture of each page at each width and in both themes.
    #[must_use]
    pub fn with_pictures(mut self) -> Self {
        self.pictures = true;
        self
    }

    /// In windows of these widths and heights alone, where a quick answer is enough; evidence is made in all of them.
    #[must_use]
    pub fn with_windows(mut self, windows: &[(u32, u32)]) -> Self {
        self.windows = windows.to_vec();
        self
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Checks it, in a browser that is started for it and ended with it.
    pub async fn check(&self, subject: &Subject) -> Result<Report, CheckError> {
        let program = self.browser.clone().or_else(chromium::find).ok_or(CheckError::NoBrowser)?;
        let host = match subject {
            Subject::Site(_) => None,
            Subject::Url(url) => match (url.scheme(), url.host_str()) {
                ("http" | "https", Some(host)) => Some(host),
                _ => return Err(CheckError::Address(url.to_string())),
            },
        };
        let browser = Chromium::start(&program, host).await.map_err(CheckError::Browser)?;
        let checked = tokio::time::timeout(TIME, self.check_in(&browser, subject)).await;
        let outgrown = browser.is_outgrown();
        browser.end().await;
        match checked {
            _ if outgrown => Err(CheckError::Memory),
            Ok(checked) => checked,
            Err(_) => Err(CheckError::Late),
        }
    }

    /// Checks several sites one after the other in one browser, each page in a context of its own.
    pub async fn check_all(&self, sites: &[Arc<Site>]) -> Result<Vec<Report>, CheckError> {
        let program = self.browser.clone().or_else(chromium::find).ok_or(CheckError::NoBrowser)?;
        let browser = Chromium::start(&program, None).await.map_err(CheckError::Browser)?;
        let setup = self.resolve(&browser).await?;
        let mut reports = Vec::with_capacity(sites.len());
        for site in sites {
            reports.push(self.check_with(&browser, &setup, &Subject::Site(Arc::clone(site))).await?);
        }
        browser.end().await;
        Ok(reports)
    }

    /// What the validator is given besides the style sheets of a site: what the tokens come to. A browser is started to find out.
    pub async fn options(&self) -> Result<Arc<Value>, CheckError> {
        let program = self.browser.clone().or_else(chromium::find).ok_or(CheckError::NoBrowser)?;
        let browser = Chromium::start(&program, None).await.map_err(CheckError::Browser)?;
        let setup = self.resolve(&browser).await;
        browser.end().await;
        setup
    }

    async fn check_in(&self, browser: &Chromium, subject: &Subject) -> Result<Report, CheckError> {
        let setup = self.resolve(browser).await?;
        self.check_with(browser, &setup, subject).await
    }

    /// The options of the validator: what the tokens come to in each theme, found out once for each version of the browser.
    async fn resolve(&self, browser: &Chromium) -> Result<Arc<Value>, CheckError> {
        let known = self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, setup)) = known.filter(|(version, _)| *version == browser.version) {
            return Ok(setup);
        }
        let (css, roles) = (json!(self.design.tokens.css()), json!(self.design.tokens.roles()));
        let [light, dark] = Theme::ALL.map(async |theme| {
            let call = format!("porticoUx.tokens({css},{:?},{roles})", theme.name());
            page::resolve(browser, VALIDATOR, &call, theme).await
        });
        let (mut light, mut dark) = tokio::try_join!(light, dark)?;
        if [&light, &dark].iter().any(|theme| theme["tokens"].as_array().is_none_or(Vec::is_empty)) {
            return Err(TokensError::None.into());
        }
        // What the token file itself says, wherever a page has it from, redefines nothing.
        let published: Vec<&str> =
            self.design.published.iter().map(String::as_str).chain([self.design.tokens.css()]).collect();
        let components = if self.design.components { json!(self.rules.components) } else { json!([]) };
        let setup = Arc::new(json!({
            "tokens": {"light": light["tokens"].take(), "dark": dark["tokens"].take()},
            "switches": dark["switches"].take(), "components": components, "prefix": PREFIX,
            "published": published, "most": ELEMENTS,
        }));
        let known = Some((browser.version.clone(), setup.clone()));
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(setup)
    }

    async fn check_with(&self, browser: &Chromium, setup: &Value, subject: &Subject) -> Result<Report, CheckError> {
        let (source, pages, reviewed) = match subject {
            Subject::Site(site) => {
                let source = Source::Files { site: Arc::clone(site), published: Arc::clone(&self.design.files) };
                let pages =
                    site.pages().into_iter().map(|page| (page.to_owned(), format!("{ORIGIN}/{}", encoded(page))));
                (source, pages.collect::<Vec<_>>(), site.hash())
            }
            Subject::Url(url) => {
                let origin = url.origin().ascii_serialization();
                let hash = blake3::hash(url.as_str().as_bytes()).to_hex().to_string();
                let source = Source::Origin { origin, published: Arc::clone(&self.design.files) };
                (source, vec![(String::new(), url.to_string())], hash)
            }
        };
        let site = if let Subject::Site(site) = subject { Some(site.as_ref()) } else { None };
        let options = with_sheets(setup, site, &self.design.files);
        let script = format!("globalThis.porticoUx={VALIDATOR};globalThis.porticoOptions={options};0");
        let brief = Brief { setup: &script, axe: self.axe.as_deref(), picture: self.pictures };
        let mut report = Report {
            verdict: Verdict::Pass,
            findings: Vec::new(),
            reviewed,
            rules: self.rules.version.clone(),
            tokens: self.design.tokens.hash(),
            browser: browser.version.clone(),
            axe: self.axe.is_some(),
            screenshots: Vec::new(),
        };
        let mut windows = Vec::new();
        let mut looks = Vec::new();
        for (page, url) in &pages {
            for &(width, height) in &self.windows {
                for theme in Theme::ALL {
                    windows.push((page, width, theme));
                    let window = Window { url, width, height, theme };
                    looks.push(page::look(browser, &source, window, &brief).boxed());
                }
            }
        }
        // In the order of the windows, whichever is done first.
        let looks: Vec<Look> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        let mut light = None;
        for ((page, width, theme), look) in windows.into_iter().zip(looks) {
            let look = match theme {
                Theme::Light => light.insert(look),
                Theme::Dark => &mut self.themed(light.as_ref(), look),
            };
            let screenshot = look.png.take().map(|png| Screenshot { page: page.clone(), width, theme, png });
            report.screenshots.extend(screenshot);
            report.findings.extend(self.findings(look, if *page == pages[0].0 { "" } else { page }, width, theme));
        }
        if let Some([first, ..]) = site.map(Site::more_pages).as_deref() {
            let unread = Told {
                rule: "unread".to_owned(),
                verdict: None,
                selector: (*first).to_owned(),
                actual: format!("it is one of more than {PAGES} pages"),
                expected: format!("{PAGES} pages at most"),
                token: None,
            };
            let look = Look { told: vec![unread], ..Look::default() };
            report.findings.extend(self.findings(&look, "", self.windows[0].0, Theme::Light));
        }
        report.findings.sort_by(|a, b| (b.verdict, &a.rule, a).cmp(&(a.verdict, &b.rule, b)));
        report.findings.dedup();
        report.verdict = report.findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Pass);
        Ok(report)
    }

    /// A page that wears the same colours in the dark has no dark theme: that is one thing to say of it, and not one of each element.
    fn themed(&self, light: Option<&Look>, mut dark: Look) -> Look {
        if light.is_none_or(|light| light.dress != dark.dress) {
            return dark;
        }
        let before = dark.told.len();
        dark.told.retain(|told| self.rules.get(&told.rule).is_none_or(|rule| !rule.theme));
        if dark.told.len() < before {
            dark.told.push(Told {
                rule: "theme".to_owned(),
                verdict: None,
                selector: "html".to_owned(),
                actual: "the same colours in light and dark".to_owned(),
                expected: "colours that follow the theme".to_owned(),
                token: None,
            });
        }
        dark
    }

    fn findings(&self, look: &Look, page: &str, width: u32, theme: Theme) -> Vec<Finding> {
        let told = look.told.iter().take(FINDINGS).filter_map(|told| {
            let severity = self.rules.get(&told.rule).map_or(Verdict::Look, |rule| rule.severity);
            // What the validator is less sure of is never more than the rule.
            let verdict = told.verdict.map_or(severity, |less| less.min(severity));
            let selector = if page.is_empty() { told.selector.clone() } else { format!("{page}: {}", told.selector) };
            (verdict > Verdict::Pass).then(|| Finding {
                rule: told.rule.clone(),
                verdict,
                selector,
                width,
                theme,
                actual: told.actual.clone(),
                expected: told.expected.clone(),
                token: told.token.clone(),
            })
        });
        told.collect()
    }
}

/// The options with the texts of all style sheets: a page may not read the rules of sheets of another origin, and a sandboxed one not even of
/// its own.
pub fn with_sheets(options: &Value, site: Option<&Site>, published: &Published) -> Value {
    let mut options = options.clone();
    let own = site.into_iter().flat_map(Site::files).map(|(path, content)| (format!("/{path}"), content));
    let published = published.iter().map(|(path, content)| (path.clone(), content.as_slice()));
    let sheets = own.chain(published).filter(|(path, _)| path.ends_with(".css"));
    options["sheets"] = sheets.map(|(path, css)| (path, json!(String::from_utf8_lossy(css)))).collect();
    options
}

/// A path as an address has it.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
