//! The definitions in a corpus of real descriptors, and those of our own examples.

use std::path::{Path, PathBuf};
use std::{env, fs};

use api_doc::{Limits, Reading, of_value, read};
use serde_json::Value;

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

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

#[test]
fn every_definition_of_the_corpus_is_read() {
    let Some(corpus) = corpus() else { return };
    let mut paths = Vec::new();
    files(&corpus.join("catalog"), &mut paths);
    let (mut docs, mut operations, mut sources, mut broken) = (0, 0, 0, Vec::new());
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if !text.contains("kind: API") {
            continue;
        }
        for document in descriptor::read(&text) {
            let Some(entity) = document.value.filter(|value| value["kind"] == "API") else { continue };
            let reading = match &entity["spec"]["definition"] {
                Value::String(text) => {
                    read(text, entity["spec"]["type"].as_str().unwrap_or_default(), "", Limits::default())
                }
                value => of_value(value, "", Limits::default()).unwrap_or(Reading::Source(api_doc::Language::Json)),
            };
            match reading {
                Reading::Doc(doc) => {
                    docs += 1;
                    operations += doc.groups.iter().map(|group| group.operations.len()).sum::<usize>();
                }
                Reading::Source(_) => sources += 1,
                Reading::Broken(fault) => {
                    broken.push(format!("{} {}: {fault:?}", path.display(), entity["metadata"]["name"]))
                }
            }
        }
    }
    println!(
        "{docs} definitions with {operations} operations, {sources} sources, {} broken:\n{}",
        broken.len(),
        broken.join("\n")
    );
    assert!(docs >= 39 && operations >= 150, "{docs} definitions with {operations} operations");
    assert!(broken.len() * 10 <= docs, "{}", broken.join("\n"));
}

#[test]
fn every_definition_of_our_own_examples_is_read() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"))
        .join("../../../../examples/apis");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    assert!(paths.len() >= 5);
    for path in paths {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        match read(&text, if name.ends_with(".graphql") { "graphql" } else { "" }, "", Limits::default()) {
            Reading::Doc(doc) => assert!(doc.groups.iter().any(|group| !group.operations.is_empty()), "{name}"),
            Reading::Source(_) => assert!(name.ends_with(".proto") || name.ends_with(".wsdl"), "{name}"),
            Reading::Broken(fault) => panic!("{name}: {fault:?}"),
        }
    }
}
