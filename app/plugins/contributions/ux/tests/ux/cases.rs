//! Pages whose findings are known: what raises false alarms in tools of this kind, and a departure for each thing that is looked at.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::support::{checker, repository};
use ux::check::Subject;
use ux::report::{Finding, Report, Verdict};
use ux::site::Site;

async fn report(folder: &Path) -> Report {
    let site = Site::from_dir(folder).expect("a site");
    checker().check(&Subject::Site(Arc::new(site))).await.expect("it can be checked")
}

fn pages(name: &str) -> std::path::PathBuf {
    std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("tests/pages")
        .join(name)
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|f| format!("{} {} {} at {} {}: {}", f.verdict.name(), f.rule, f.selector, f.width, f.theme, f.actual))
        .collect()
}

/// The part of a selector that names the element in the page itself.
fn element(selector: &str) -> &str {
    selector.split([':', ' ']).next().unwrap_or(selector)
}

#[tokio::test]
async fn known_false_alarms_are_not_raised() {
    let report = report(&pages("alarms")).await;
    assert_eq!(told(&report.findings), Vec::<String>::new());
    assert_eq!(report.verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_page_made_by_hand_of_the_tokens_values_has_no_failure() {
    let report = report(&pages("plain")).await;
    let others: Vec<Finding> = report.findings.iter().filter(|f| f.rule != "native-control").cloned().collect();
    assert_eq!(told(&others), Vec::<String>::new());
    assert_eq!(
        report.verdict,
        Verdict::Look,
        "its controls are without the published classes, which a person looks at"
    );
}

#[tokio::test]
async fn every_departure_is_found_with_its_element_and_nothing_else_is() {
    let report = report(&pages("departures")).await;
    let html = std::fs::read_to_string(pages("departures").join("index.html")).expect("the page");
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::from([("#f2".into(), "color-text".into())]);
    for tag in html.split('<').filter(|tag| tag.contains("data-finds=\"")) {
        let value = |name: &str| tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        let (Some(id), Some(rule)) = (value(" id"), value("data-finds")) else { continue };
        wanted.insert((format!("#{id}"), rule.to_owned()));
    }
    let found: BTreeSet<(String, String)> =
        report.findings.iter().map(|f| (element(&f.selector).to_owned(), f.rule.clone())).collect();
    let missed: Vec<_> = wanted.difference(&found).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
    let elements: BTreeSet<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let beside: Vec<Finding> =
        report.findings.iter().filter(|f| !elements.contains(element(&f.selector))).cloned().collect();
    assert_eq!(told(&beside), Vec::<String>::new(), "found on elements that are as they should be");
}

/// The departures of the example bank: rule, element and token.
const PLANTED: [(&str, &str, Option<&str>); 20] = [
    ("color-text", "#lead", Some("--pk-waiting")),
    ("color-background", "#banner", Some("--pk-attention-quiet")),
    ("color-border", "#frame", None),
    ("font-family", "#limits-title", Some("--pk-font")),
    ("font-size", "#change-title", Some("--pk-read-size")),
    ("font-weight", "#history-title", Some("--pk-weight-heading")),
    ("line-height", "#amount-help", Some("--pk-line-read")),
    ("spacing", "#asked", Some("--pk-space-4")),
    ("spacing", "#note", Some("--pk-space-3")),
    ("radius", "#raised", Some("--pk-radius")),
    ("shadow", "#lowered", Some("--pk-shadow-overlay")),
    ("fake-control", "#ask", Some(".pk-button")),
    ("focus-ring", "#see", Some("--pk-focus")),
    ("contrast", "#asked-for", Some("--pk-text-quiet")),
    ("contrast", "#send", None),
    ("label", "#why", None),
    ("headings", "#how", None),
    ("tab-order", "#clear", None),
    ("target-size", "#close", None),
    ("overflow", "#notice", None),
];

#[tokio::test]
async fn twenty_planted_departures_are_found_with_element_and_token_and_nothing_on_the_clean_twin() {
    let examples = repository().join("examples/contributions");
    let faulty = report(&examples.join("faulty")).await;
    assert_eq!(faulty.verdict, Verdict::Fail);
    for (rule, selector, token) in PLANTED {
        let found =
            faulty.findings.iter().find(|f| f.rule == rule && f.selector == selector && f.verdict == Verdict::Fail);
        let found = found.unwrap_or_else(|| panic!("{rule} of {selector} is not found"));
        if let Some(token) = token {
            assert_eq!(found.token.as_deref(), Some(token), "{rule} of {selector}");
        }
    }
    let beside: Vec<Finding> = faulty
        .findings
        .iter()
        .filter(|f| !PLANTED.iter().any(|(rule, selector, _)| f.rule == *rule && f.selector == *selector))
        .cloned()
        .collect();
    // A text whose colour is its own may also be one that cannot be read.
    let others: Vec<String> = told(&beside).into_iter().filter(|line| !line.contains("#lead")).collect();
    assert_eq!(others, Vec::<String>::new());

    let clean = report(&examples.join("clean")).await;
    assert_eq!(told(&clean.findings), Vec::<String>::new());
    assert_eq!(clean.verdict, Verdict::Pass);
}

#[tokio::test]
async fn what_modules_build_of_files_in_folders_is_read() {
    let files = [
        (
            "index.html",
            "<!doctype html><html lang=en><title>x</title><link rel=stylesheet href='/assets/app.css'><div id=root></div>\
             <script type=module crossorigin src='./assets/app.js'></script>",
        ),
        ("assets/app.css", "@import 'parts/colors.css'; main { padding: 16px }"),
        ("assets/parts/colors.css", "#found { color: #ff00aa }"),
        ("assets/app.js", "import { text } from './parts/text.js'; document.querySelector('#root').innerHTML = text;"),
        ("assets/parts/text.js", "export const text = '<main><h1>x</h1><p id=found>y</p></main>';"),
        (".gitignore", "dist"),
    ];
    let site = Site::from_files(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))).expect("a site");
    let checker = checker().with_windows(&[(390, 844)]);
    let report = checker.check(&Subject::Site(Arc::new(site))).await.expect("it can be checked");
    let found = report.findings.iter().find(|f| f.rule == "color-text" && f.verdict == Verdict::Fail);
    assert_eq!(found.map(|f| f.selector.as_str()), Some("#found"), "{:?}", told(&report.findings));
}
