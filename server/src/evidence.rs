//! What the machine says of the pages of contributions: a Chromium of this machine looks at them, against the bank's own design.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contributions::server::evidence::{Evidence, Looked, Upload};
use review::{Finding, Report, ReportVerdict, Ui};
use serde_json::{Value, json};
use std::sync::Arc;
use style::TokenSet;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use ux::check::{Checker, Subject};
use ux::report::{Report as Checked, Verdict};
use ux::rules::Rules;
use ux::site::Site;

use crate::assets::{self, published_design};

/// Looks at one set of pages after the other: a browser takes what a machine has.
pub struct Browser {
    checker: Checker,
    one: Semaphore,
}

impl Browser {
    /// A browser that compares with these tokens and the components that the portal publishes.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub fn new(tokens: &TokenSet) -> anyhow::Result<Self> {
        let checker = Checker::new(published_design(tokens, None), Rules::ours()?);
        Ok(Self { checker: checker.with_axe(assets::axe()).with_pictures(), one: Semaphore::new(1) })
    }
}

#[async_trait]
impl Evidence for Browser {
    async fn take(&self, upload: &Upload) -> Result<String, String> {
        Ok(site(upload).await?.hash())
    }

    async fn look(&self, ui: &Ui, upload: Option<&Upload>) -> Result<Looked, String> {
        let Ui::Upload { hash, .. } = ui else {
            return Err("the machine looks at uploads alone: send the pages as a zip".into());
        };
        let site = site(upload.ok_or("the pages are not there any more")?).await?;
        let _turn = self.one.acquire().await.map_err(|error| error.to_string())?;
        let checked = self.checker.check(&Subject::Site(Arc::new(site))).await.map_err(|error| error.to_string())?;
        Ok(Looked { report: report(hash, &checked), whole: whole(&checked) })
    }
}

/// The files of an upload. Unpacking them is work for a thread of its own.
async fn site(upload: &Upload) -> Result<Site, String> {
    let content = upload.content.clone();
    let read = spawn_blocking(move || Site::from_zip(&content)).await.map_err(|error| error.to_string())?;
    read.map_err(|error| error.to_string())
}

/// What the gate goes by. A finding is named by its rule and element, whatever the width and theme in which it is seen.
fn report(hash: &str, checked: &Checked) -> Report {
    let of = |verdict: Verdict| {
        let found = checked.findings.iter().filter(move |finding| finding.verdict == verdict);
        found.map(|finding| (format!("{} {}", finding.rule, finding.selector), finding)).collect::<BTreeMap<_, _>>()
    };
    let blocking = of(Verdict::Fail).into_iter().map(|(key, finding)| Finding {
        key,
        rule: finding.rule.clone(),
        selector: finding.selector.clone(),
        said: format!("{}: {} is expected", finding.actual, finding.expected),
    });
    Report {
        id: String::new(),
        reviewed: hash.to_owned(),
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

/// All of it, with the pictures.
fn whole(checked: &Checked) -> Value {
    let pictures = checked.screenshots.iter().map(|picture| {
        json!({ "page": picture.page, "width": picture.width, "theme": picture.theme, "png": STANDARD.encode(&picture.png) })
    });
    json!({
        "verdict": checked.verdict,
        "findings": checked.findings,
        "reviewed": checked.reviewed,
        "rules": checked.rules,
        "tokens": checked.tokens,
        "browser": checked.browser,
        "axe": checked.axe,
        "screenshots": pictures.collect::<Vec<_>>(),
    })
}
