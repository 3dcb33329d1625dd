//! Real descriptors, and our own examples.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use descriptor::Verdict;
use kit::server::testing::databases;
use serde_json::Value;

use crate::support::{TestApp, assert_counts, corpus};

/// The refs that must be there, each with the path and number of the document that wins it; and how many documents
/// Backstage accepts.
fn expected(corpus: &Path) -> (BTreeMap<String, (String, i64)>, usize) {
    // The list of Backstage's verdicts leaves copies of files out, but a copy with an earlier path wins.
    let mut reports = descriptor::check::run(&[corpus.join("catalog")]).expect("the corpus");
    reports.sort_by(|one, other| (&one.file, one.doc).cmp(&(&other.file, other.doc)));
    let mut winners = BTreeMap::new();
    let mut refs: HashMap<(String, i64), String> = HashMap::new();
    let mut texts: HashMap<String, Vec<descriptor::Document>> = HashMap::new();
    for report in reports.iter().filter(|report| matches!(report.verdict, Verdict::Ok | Verdict::UnknownKind)) {
        let documents = texts.entry(report.file.clone()).or_insert_with(|| {
            let path = corpus.join("catalog").join(&report.file);
            descriptor::read(&std::fs::read_to_string(path).expect("a file of the corpus"))
        });
        let document = documents.iter().find(|document| document.doc == report.doc).expect("the document");
        let entity_ref = document.value.as_ref().and_then(descriptor::entity_ref).expect("a ref").to_string();
        let place = (report.file.clone(), i64::from(report.doc));
        refs.insert(place.clone(), entity_ref.clone());
        winners.entry(entity_ref).or_insert(place);
    }
    let verdicts = std::fs::read_to_string(corpus.join("expected-validation.jsonl")).expect("the verdicts");
    let verdicts = verdicts.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let good: Vec<Value> = verdicts.filter(|verdict| verdict["verdict"] == "ok").collect();
    for verdict in &good {
        let place = (verdict["file"].as_str().expect("a file").to_owned(), verdict["doc"].as_i64().expect("a number"));
        assert!(refs.contains_key(&place), "{place:?} is good for Backstage");
    }
    (winners, good.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_good_document_of_the_corpus_is_loaded_and_a_second_import_changes_nothing() {
    let Some(corpus) = corpus() else { return };
    let (expected, ok) = expected(&corpus);
    for db in databases().await {
        let app = TestApp::new(&db);
        let begun = std::time::Instant::now();
        let id = app.import_from(&corpus.join("catalog"), true).await;
        let first = begun.elapsed();
        let mut loaded = BTreeMap::new();
        for row in app.query("SELECT ref, path, doc FROM catalog_entity WHERE orphan = FALSE").await {
            let text = |name: &str| row[name].as_str().expect("text").to_owned();
            loaded.insert(text("ref"), (text("path"), row["doc"].as_i64().expect("a number")));
        }
        let wrong: Vec<String> = expected
            .iter()
            .filter(|(entity_ref, place)| loaded.get(*entity_ref) != Some(*place))
            .map(|(entity_ref, place)| format!("{entity_ref}: {place:?}, not {:?}", loaded.get(entity_ref)))
            .collect();
        assert!(
            wrong.is_empty(),
            "{}: {} are not loaded from where they should be:\n{}",
            app.name,
            wrong.len(),
            wrong.join("\n")
        );
        assert_counts(&app, app.name).await;
        let before = app.everything().await;
        let begun = std::time::Instant::now();
        app.refresh(id).await;
        println!(
            "{}: {ok} good documents, {} refs of them or of unknown kinds, {} entities, {} errors; first import {first:.1?}, second {:.1?}",
            app.name,
            expected.len(),
            loaded.len(),
            app.errors().await.len(),
            begun.elapsed()
        );
        for (table, rows) in app.everything().await {
            assert!(rows == before[table], "{}: {table} changed", app.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_kind_are_rendered() {
    let Some(corpus) = corpus() else { return };
    let db = databases().await.swap_remove(0);
    let app = TestApp::new(&db);
    app.import_from(&corpus.join("catalog"), true).await;
    let text = "SELECT '/catalog/' || namespace || '/' || kind || '/' || sort_name FROM \
                (SELECT kind, namespace, sort_name, row_number() OVER (PARTITION BY kind ORDER BY uid) AS place FROM catalog_entity) e WHERE place <= 4";
    let mut paths = app.column(text).await;
    assert!(paths.len() >= 40, "{}", paths.len());
    let longest = "SELECT '/catalog/' || namespace || '/' || kind || '/' || sort_name FROM catalog_entity ORDER BY length(source) DESC LIMIT 2";
    paths.extend(app.column(longest).await);
    for path in paths {
        for tab in ["", "?tab=relations", "?tab=descriptor", "?tab=origin"] {
            let answer = app.get(&format!("{path}{tab}")).await;
            assert_eq!(answer.status, 200, "{path}{tab}");
        }
    }
    for path in [
        "/",
        "/catalog",
        "/catalog?sort=-changed&kind=component",
        "/catalog?q=service&kind=api&kind=component",
        "/locations",
        "/locations/1",
    ] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_examples_have_no_faults_but_the_deliberate_ones() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let data = tempfile::tempdir().expect("a folder");
        let start = server::examples::unpack(data.path()).expect("the examples");
        app.import_from(&start, true).await;
        let problems = app.problems().await;
        assert!(problems.iter().all(|problem| problem.starts_with("faults/")), "{}: {problems:?}", app.name);
        // A duplicate, a misspelt field twice, broken YAML and an unknown kind.
        assert_eq!(problems.len(), 5, "{}: {problems:?}", app.name);
        assert!(app.refs().await.len() >= 350, "{}", app.refs().await.len());
        let dangling = "SELECT DISTINCT r.target_ref FROM catalog_relation r LEFT JOIN catalog_entity e ON e.ref = r.target_ref WHERE e.id IS NULL ORDER BY 1";
        // A team that was dissolved, a ledger that nobody has described yet, and what the deliberate faults name.
        let told = [
            "api:default/vault-access-api",
            "group:default/branch-technology",
            "group:default/treasury-it",
            "resource:default/deposit-boxes-db",
            "resource:default/general-ledger",
        ];
        assert_eq!(app.column(dangling).await, told, "every other reference leads somewhere");
    }
}
