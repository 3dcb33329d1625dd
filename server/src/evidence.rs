//! What the machine says of the pages of contributions: a Chromium of this machine looks at them, against the bank's own design.

use std::collections::BTreeMap;

use async_trait::async_trait;
use contributions::server::evidence::{Evidence, Looked, Pages, Rule};
use review::{Finding, Report, ReportVerdict, finding_key};
use serde_json::{Value, json};
use std::sync::Arc;
use style::TokenSet;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;
use ux::check::{Checker, Subject};
use ux::report::{Report as Checked, Verdict};
use ux::rules::Rules;
use ux::serve::Published;
use ux::site::Site;

use crate::assets::{self, published_design};

/// Looks at one set of pages after the other: a browser takes what a machine has.
pub struct Browser {
    checker: Checker,
    published: Arc<Published>,
    one: Semaphore,
    options: OnceCell<Arc<Value>>,
}

impl Browser {
    /// A browser that compares with these tokens and the components that the portal publishes.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub fn new(tokens: &TokenSet) -> anyhow::Result<Self> {
        let design = published_design(tokens, None);
        let published = design.files.clone();
        let checker = Checker::new(design, Rules::ours()?).with_axe(assets::axe()).with_pictures();
        Ok(Self { checker, published, one: Semaphore::new(1), options: OnceCell::new() })
    }

    /// What the portal publishes for pages of contributors.
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// What the validator needs to look at a page in somebody's own browser; found out once.
    pub async fn options(&self) -> Result<&Arc<Value>, String> {
        let found = self.options.get_or_try_init(|| async {
            let _turn = self.one.acquire().await.map_err(|error| error.to_string())?;
            self.checker.options().await.map_err(|error| error.to_string())
        });
        found.await
    }
}

#[async_trait]
impl Evidence for Browser {
    async fn take(&self, pages: &Pages) -> Result<String, String> {
        Ok(site(pages.clone()).await?.hash())
    }

    async fn look(&self, pages: &Pages) -> Result<Looked, String> {
        let site = Arc::new(site(pages.clone()).await?);
        let _turn = self.one.acquire().await.map_err(|error| error.to_string())?;
        let subject = Subject::Site(site.clone());
        let mut checked = self.checker.check(&subject).await.map_err(|error| error.to_string())?;
        let pictures = checked.screenshots.iter_mut().map(|picture| std::mem::take(&mut picture.png)).collect();
        Ok(Looked { report: report(&checked), whole: whole(&site, &checked), pictures })
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        let rule = self.checker.rules().get(id)?;
        Some(Rule { what: rule.what.clone(), why: rule.why.clone(), mend: rule.mend.clone() })
    }
}

/// The files of what came. Unpacking them is work for a thread of its own.
pub async fn site(pages: Pages) -> Result<Site, String> {
    let read = spawn_blocking(move || match pages {
        Pages::Archive(content) => Site::from_zip(&content),
        Pages::Files(files) => Site::from_files(files),
    });
    read.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// What the gate goes by. A finding is named by its rule, element and what was found there, in whatever widths and themes it is seen.
fn report(checked: &Checked) -> Report {
    let of = |verdict: Verdict| {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in checked.findings.iter().filter(|finding| finding.verdict == verdict) {
            found.entry((&finding.rule, &finding.selector)).or_default().push(finding);
        }
        found
    };
    let blocking = of(Verdict::Fail).into_iter().map(|((rule, selector), found)| Finding {
        key: finding_key(rule, selector, found.iter().map(|finding| finding.actual.as_str())),
        rule: rule.clone(),
        selector: selector.clone(),
        said: format!("{}: {} is expected", found[0].actual, found[0].expected),
    });
    Report {
        id: String::new(),
        reviewed: checked.reviewed.clone(),
        rules: checked.rules.clone(),
        browser: checked.browser.clone(),
        verdict: match checked.verdict {
            Verdict::Pass => ReportVerdict::Pass,
            Verdict::Look => ReportVerdict::Look,
            Verdict::Fail => ReportVerdict::Fail,
        },
        blocking: blocking.collect(),
        to_look_at: u32::try_from(of(Verdict::Look).len()).unwrap_or(u32::MAX),
    }
}

/// All of it; the pictures by page, width and theme alone.
fn whole(site: &Site, checked: &Checked) -> Value {
    let pictures = checked
        .screenshots
        .iter()
        .map(|picture| json!({ "page": picture.page, "width": picture.width, "theme": picture.theme }));
    json!({
        "verdict": checked.verdict,
        "findings": checked.findings,
        "pages": site.pages(),
        "reviewed": checked.reviewed,
        "rules": checked.rules,
        "tokens": checked.tokens,
        "browser": checked.browser,
        "axe": checked.axe,
        "screenshots": pictures.collect::<Vec<_>>(),
    })
}
