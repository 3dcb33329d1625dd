//! Every document of a corpus of real descriptors must get the verdict that Backstage's own libraries give it.

use std::{collections::HashMap, env, fs, path::PathBuf};

use descriptor::{Verdict, check};
use serde::Deserialize;

/// Documents on which the verdicts may differ, with the reason.
const PINNED: [(&str, u32, &str); 0] = [];

#[derive(Deserialize)]
struct Expected {
    file: String,
    doc: u32,
    kind: Option<String>,
    name: Option<String>,
    verdict: Verdict,
}

/// The folder of the corpus; a missing one skips the test, but for a build server.
fn corpus() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../../..");
    let folder = env::var_os("PORTICO_CORPUS").map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    if folder.join("expected-validation.jsonl").is_file() {
        return Some(folder);
    }
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "no corpus in {}", folder.display());
    println!("skipped: no corpus in {}", folder.display());
    None
}

#[test]
fn every_document_gets_the_expected_verdict() {
    let Some(corpus) = corpus() else { return };
    let reports = check::run(&[corpus.join("catalog")]).unwrap();
    let mut reports: HashMap<_, _> = reports.into_iter().map(|r| ((r.file.clone(), r.doc), r)).collect();
    let expected = fs::read_to_string(corpus.join("expected-validation.jsonl")).unwrap();
    let mut disagreements = Vec::new();
    for line in expected.lines() {
        let expected: Expected = serde_json::from_str(line).unwrap();
        let key = (expected.file, expected.doc);
        let Some(report) = reports.remove(&key) else {
            disagreements.push(format!("{key:?}: expected {:?}, but it is not there", expected.verdict));
            continue;
        };
        let pinned = PINNED.iter().any(|(file, doc, _)| *file == key.0 && *doc == key.1);
        let same = report.verdict == expected.verdict
            && expected.kind.is_none_or(|kind| report.kind == Some(kind))
            && expected.name.is_none_or(|name| report.name == Some(name));
        if same == pinned {
            disagreements.push(format!("{key:?}: expected {:?}, got {report:?}", expected.verdict));
        }
        let explained = report.verdict != Verdict::Invalid && report.verdict != Verdict::YamlError;
        assert!(explained || !report.errors.is_empty(), "{key:?} says nothing of what is wrong");
    }
    // The census left out copies of files and what is no entity, but no file that cannot be read.
    let unreadable = reports.values().filter(|report| report.verdict == Verdict::YamlError);
    disagreements.extend(unreadable.map(|report| format!("not expected: {report:?}")));
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

#[test]
fn templates_and_their_skeletons_are_read_without_panic() {
    let Some(corpus) = corpus() else { return };
    let reports = check::run(&[corpus.join("templates")]).unwrap();
    assert!(reports.iter().any(|report| report.verdict == Verdict::Ok));
}
