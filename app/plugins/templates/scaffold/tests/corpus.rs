//! Every template of a corpus of real ones must dry-run to its end with values that its form accepts, and be checked without a panic.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use kit::identity::Caller;
use scaffold::check::check;
use scaffold::definition::Template;
use scaffold::dry_run::{DryRun, DryRunLimits, Verdict, dry_run, example};
use scaffold::folder::Folder;
use scaffold::registry::Registry;
use scaffold::workspace::Workspace;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Templates that cannot run to their end, with the reason.
const PINNED: [(&str, &str); 0] = [];

#[derive(Deserialize)]
struct Listed {
    repo: String,
    path: String,
    names: Vec<String>,
}

/// The folder of the corpus; a missing one skips the test, but for a build server.
fn corpus() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../../..");
    let folder = env::var_os("PORTICO_CORPUS").map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    if folder.join("templates-manifest.jsonl").is_file() {
        return Some(folder);
    }
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "no corpus in {}", folder.display());
    println!("skipped: no corpus in {}", folder.display());
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn every_template_dry_runs_to_its_end() {
    let Some(corpus) = corpus() else { return };
    let list = fs::read_to_string(corpus.join("templates-manifest.jsonl")).expect("the list of templates");
    let registry = Registry::built_in();
    let place = tempfile::tempdir().expect("a directory");
    let (mut templates, mut completed, mut files, mut warnings, mut doubts) = (0, 0, 0, 0, 0);
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for line in list.lines() {
        let listed: Listed = serde_json::from_str(line).expect("an entry of the list");
        let file = corpus.join("templates").join(&listed.repo).join(&listed.path);
        for name in &listed.names {
            templates += 1;
            let tree = Folder::around(&file).expect("the file");
            let template = Template::read(&tree, Some(name), None).await.expect("a template");
            doubts += check(&template, &tree, &registry).await.len();
            let limits = DryRunLimits::default();
            let workspace = Workspace::create(place.path(), "run", limits.workspace).expect("a workspace");
            let run = DryRun {
                template: &template,
                tree: &tree,
                registry: &registry,
                values: example(&template),
                made_up: true,
                secrets: Map::new(),
                user: Value::Null,
                caller: &Caller::Operator,
                limits,
            };
            let report = dry_run(run, &workspace).await;
            files += report.files.len();
            warnings += report.warnings.len();
            for action in &report.unknown_actions {
                *unknown.entry(action.clone()).or_default() += 1;
            }
            let key = format!("{}/{}", listed.repo, listed.path);
            if report.verdict == Verdict::Completed {
                completed += 1;
            } else if !PINNED.iter().any(|(pinned, _)| *pinned == key) {
                failures.push(format!("{key} {name}: {}", report.errors.join(" | ")));
            }
            if env::var_os("PORTICO_VERBOSE").is_some() {
                println!(
                    "{key} {name}: {:?}, {} files, unknown {:?}",
                    report.verdict,
                    report.files.len(),
                    report.unknown_actions
                );
                report.warnings.iter().for_each(|warning| println!("    {warning}"));
            }
        }
    }
    println!(
        "{completed} of {templates} templates dry-run to their end; {files} files, {warnings} warnings, {doubts} findings of the check"
    );
    println!("{} actions are not installed: {unknown:?}", unknown.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
