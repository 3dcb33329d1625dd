//! How much of what is planted is found, and how much is found that was not: on 20 pages in a test run, on 320 with `PORTICO_SOAK=full`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::set::{Labelled, labelled};
use crate::support::{checker, site};
use ux::report::{Report, Verdict};
use ux::site::Site;

fn is_full() -> bool {
    std::env::var("PORTICO_SOAK").is_ok_and(|value| value == "full")
}

/// Checks all of them, in two browsers at a time.
async fn reports(sites: &[Arc<Site>]) -> Vec<Report> {
    let checker = checker().with_windows(&[(390, 844)]);
    let (first, second) = sites.split_at(sites.len() / 2);
    let (first, second) = tokio::join!(checker.check_all(first), checker.check_all(second));
    [first.expect("the first half"), second.expect("the second half")].concat()
}

/// The part of a selector that names the element itself.
fn element(selector: &str) -> &str {
    selector.split("::").next().unwrap_or(selector)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_is_found_and_what_is_clean_is_left_alone() {
    let count = if is_full() { 320 } else { 20 };
    let pages: Vec<Labelled> = (1..=count).map(labelled).collect();
    let sites: Vec<Arc<Site>> = pages.iter().map(|page| site(&page.html)).collect();
    let all = reports(&sites).await;
    let (mut planted, mut found, mut elements, mut alarms) = (0, 0, 0, 0);
    let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut raised = Vec::new();
    for (number, (page, report)) in pages.iter().zip(&all).enumerate() {
        elements += page.elements;
        for departure in &page.departures {
            planted += 1;
            let is_told = report
                .findings
                .iter()
                .any(|f| element(&f.selector) == departure.element && departure.rules.contains(&f.rule.as_str()));
            found += usize::from(is_told);
            if !is_told {
                missed.entry(departure.what.clone()).or_default().push(format!("{} {}", number + 1, departure.element));
            }
        }
        let failed: BTreeSet<&str> = report
            .findings
            .iter()
            .filter(|f| f.verdict == Verdict::Fail)
            .map(|f| element(&f.selector))
            .filter(|selector| !page.departures.iter().any(|departure| departure.element == *selector))
            .collect();
        alarms += failed.len();
        raised.extend(failed.iter().map(|selector| {
            let told = report.findings.iter().find(|f| element(&f.selector) == *selector);
            format!("page {}: {selector}: {told:?}", number + 1)
        }));
    }
    println!("{planted} departures on {count} pages, {found} found; {elements} elements, {alarms} false alarms");
    println!("missed: {missed:#?}\nraised: {raised:#?}");
    assert!(found * 100 >= planted * 97, "{found} of {planted} found; missed: {missed:#?}");
    assert!(alarms * 1000 <= elements * 3, "{alarms} false alarms on {elements} elements: {raised:#?}");

    let again = if is_full() { &sites[..] } else { &sites[..4] };
    for turn in 2..=3 {
        assert!(reports(again).await == all[..again.len() / 2 * 2], "run {turn} says the same");
    }
}
