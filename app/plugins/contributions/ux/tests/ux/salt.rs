//! Another bank's design system, as it publishes it: its own components are without fault by its own tokens, and a fault among them is found.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::support::{axe, repository};
use ux::check::{Checker, Design, Subject};
use ux::report::{Report, Verdict};
use ux::rules::Rules;
use ux::serve::Published;
use ux::site::Site;
use ux::tokens::Tokens;

/// The page of its components, rendered by its own code. `script/setup test` installs that.
fn rendered(folder: &Path) {
    let script = repository().join("script/salt.d/render.mjs");
    let output = Command::new("node").arg(script).arg(folder).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn checked(folder: &Path) -> Report {
    let theme = std::fs::read_to_string(folder.join("theme.css")).expect("its tokens");
    let design = Design {
        tokens: Tokens::read(&theme).expect("tokens"),
        published: Vec::new(),
        files: Arc::new(Published::new()),
        components: false,
    };
    let checker = Checker::new(design, Rules::ours().expect("our rules")).with_axe(axe());
    let site = Site::from_dir(folder).expect("a site");
    checker.check(&Subject::Site(Arc::new(site))).await.expect("it can be checked")
}

#[tokio::test]
async fn a_page_of_the_components_of_another_bank_has_no_failure_and_a_fault_among_them_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    rendered(folder.path());
    let report = checked(folder.path()).await;
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    assert!(failed.is_empty(), "{failed:#?}");

    let page = folder.path().join("index.html");
    let faults = "<style>h1.saltText{color:#d81b60}h2.saltText{font-size:17px}.saltBanner{padding:13px}.saltCard{border-radius:11px}.saltButton:focus-visible{outline:none}</style></head>";
    let html = std::fs::read_to_string(&page).expect("the page").replace("</head>", faults);
    std::fs::write(&page, html).expect("written");
    let report = checked(folder.path()).await;
    for (rule, token) in [
        ("color-text", "--salt-"),
        ("font-size", "--salt-text-"),
        ("spacing", "--salt-spacing-"),
        ("radius", "--salt-"),
        ("focus-ring", "--salt-focused-"),
    ] {
        // Its buttons change their surface as well when they get the focus, so that the ring is for a person to miss.
        let least = if rule == "focus-ring" { Verdict::Look } else { Verdict::Fail };
        let found = report.findings.iter().find(|finding| finding.rule == rule && finding.verdict >= least);
        let named = found.and_then(|finding| finding.token.as_deref());
        assert!(named.is_some_and(|named| named.starts_with(token)), "{rule}: {found:?}");
    }
}
