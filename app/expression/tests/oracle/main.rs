//! Compares what is rendered here with what Nunjucks itself renders, byte by byte: the corpus of templates, and generated ones.
//!
//! `script/oracle` runs it in full. A normal run takes a sample, where Node.js and the package are installed.

mod cases;
mod corpus;
mod generate;

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use cases::{Answer, Case, explained, ours};
use serde_json::Value;

/// How many templates are generated where nobody asks for more.
const SAMPLE: usize = 3_000;

#[test]
fn everything_renders_as_nunjucks_renders_it() {
    let Some(oracle) = oracle() else { return };
    let many = env::var("PORTICO_ORACLE_CASES").ok().and_then(|many| many.parse().ok());
    let seed = env::var("PORTICO_ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut failed = 0;
    if let Some(folder) = corpus::folder() {
        failed += compare("corpus", &oracle, corpus::cases(&folder, if many.is_some() { 12 } else { 2 }));
    }
    failed += compare("generated", &oracle, generate::cases(seed, many.unwrap_or(SAMPLE)));
    assert_eq!(failed, 0, "unexplained differences");
}

/// The folder of the script that renders with Nunjucks; without the package the test is skipped, but for a build server.
fn oracle() -> Option<PathBuf> {
    let folder =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../script/oracle.d");
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if node && folder.join("node_modules/nunjucks").is_dir() {
        return Some(folder);
    }
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "no Nunjucks in {}", folder.display());
    println!("skipped: no Nunjucks in {}; `script/setup test` installs it", folder.display());
    None
}

/// Renders the cases with both and says how they compare; gives the number of differences without an explanation.
fn compare(name: &str, oracle: &Path, cases: Vec<Case>) -> usize {
    let theirs = theirs(oracle, &cases);
    let half = cases.len() / 2;
    // Two threads, since each case stands for itself.
    let answers: Vec<Answer> = thread::scope(|scope| {
        let other = scope.spawn(|| cases[half..].iter().map(ours).collect::<Vec<_>>());
        let mut answers: Vec<_> = cases[..half].iter().map(ours).collect();
        answers.extend(other.join().unwrap());
        answers
    });
    let mut equal = 0;
    let mut refused = 0;
    let mut explanations: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for ((case, ours), theirs) in cases.iter().zip(&answers).zip(&theirs) {
        if ours.same(theirs) {
            equal += 1;
            refused += usize::from(matches!(ours, Answer::Refused(_)));
        } else if let Some(explanation) = explained(case, ours, theirs) {
            *explanations.entry(explanation).or_default() += 1;
        } else {
            unexplained.push((case, ours, theirs));
        }
    }
    let explained: usize = explanations.values().sum();
    println!(
        "{name}: {} cases, {equal} equal ({refused} refused by both), {explained} explained, {} not",
        cases.len(),
        unexplained.len()
    );
    for (explanation, count) in explanations {
        println!("    {count} explained: {explanation}");
    }
    unexplained.sort_by_key(|(case, ..)| case.input.to_string().len());
    let shown = env::var("PORTICO_ORACLE_SHOWN").ok().and_then(|shown| shown.parse().ok()).unwrap_or(20);
    for (case, ours, theirs) in unexplained.iter().take(shown) {
        println!("--- {} {:?}\n{}\n  here:  {ours:?}\n  there: {theirs:?}", case.name, case.kind, case.input);
        if env::var_os("PORTICO_ORACLE_CONTEXT").is_some() {
            println!("  with: {}", case.context);
        }
    }
    unexplained.len()
}

fn theirs(oracle: &Path, cases: &[Case]) -> Vec<Answer> {
    let mut node = Command::new("node")
        .args(["--stack-size=2000", "render.js"])
        .current_dir(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = node.stdin.take().unwrap();
    let output = BufReader::new(node.stdout.take().unwrap());
    let answers = thread::scope(|scope| {
        scope.spawn(move || {
            for case in cases {
                writeln!(input, "{}", case.to_json()).unwrap();
            }
        });
        let answer = |line: String| {
            let answer: Value = serde_json::from_str(&line).unwrap();
            match answer.get("failed") {
                Some(why) => Answer::Refused(why.as_str().unwrap_or_default().to_owned()),
                None => Answer::Rendered(answer.get("ok").cloned().unwrap_or_default()),
            }
        };
        output.lines().map(|line| answer(line.unwrap())).collect::<Vec<_>>()
    });
    assert!(node.wait().unwrap().success());
    assert_eq!(answers.len(), cases.len());
    answers
}
