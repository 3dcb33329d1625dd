//! Cases from a corpus of real templates: every text file of their skeletons, every string of their steps and outputs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use expression::{Engine, NameKind, Options};
use serde_json::{Map, Value, json};
use walkdir::WalkDir;

use crate::{
    cases::{Case, Kind},
    generate::Dice,
};

/// The folder of the corpus; a missing one skips its cases, but for a build server.
pub fn folder() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../..");
    let folder = env::var_os("PORTICO_CORPUS").map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    if folder.join("templates-manifest.jsonl").is_file() {
        return Some(folder);
    }
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "no corpus in {}", folder.display());
    println!("skipped: no corpus in {}", folder.display());
    None
}

/// Each source with so many contexts.
pub fn cases(folder: &Path, variants: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    let templates = folder.join("templates");
    for entry in WalkDir::new(&templates).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(&templates).unwrap().to_string_lossy().into_owned();
        if name.contains("${{") || name.contains("{{") {
            add(&mut cases, &name, Kind::Text, &name, variants);
        }
        if !entry.file_type().is_file() {
            continue;
        }
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        if Engine::is_template(&text) {
            add(&mut cases, &name, Kind::Text, &text, variants);
            add(&mut cases, &name, Kind::Trimmed, &text, variants.div_ceil(8));
            add(&mut cases, &name, Kind::Cookiecutter, &text, variants.div_ceil(8));
        }
        if name.ends_with(".yaml") || name.ends_with(".yml") {
            for document in descriptor::read(&text) {
                let Some(value) = document.value else { continue };
                if value["kind"] == "Template" {
                    let mut found = Vec::new();
                    strings(&value["spec"]["steps"], &mut found);
                    strings(&value["spec"]["output"], &mut found);
                    for string in found {
                        add(&mut cases, &name, Kind::Value, &string, variants);
                    }
                }
            }
        }
    }
    cases
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if Engine::is_template(text) && !found.contains(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

fn add(cases: &mut Vec<Case>, name: &str, kind: Kind, source: &str, variants: usize) {
    let engine = Engine::new(Options { cookiecutter_compat: kind == Kind::Cookiecutter, ..Options::default() });
    let names = engine.names(source).unwrap_or_default();
    let paths: Vec<Vec<String>> = names
        .into_iter()
        .filter(|name| matches!(name.kind, NameKind::Variable | NameKind::Function))
        .map(|name| name.path)
        .collect();
    for variant in 0..variants {
        let mut dice = Dice::new((cases.len() + variant) as u64);
        let mut context = json!({ "parameters": {}, "steps": {}, "values": {}, "secrets": {}, "user": {} });
        for path in &paths {
            // The first context has nothing in it, the next two what the names suggest.
            if variant > 0 {
                let value = if variant < 3 { suggested(path) } else { dice.value(2) };
                put(&mut context, path, value);
            }
        }
        cases.push(Case { name: name.to_owned(), kind, input: Value::String(source.to_owned()), context });
    }
}

fn suggested(path: &[String]) -> Value {
    let last = path.last().map(|last| last.to_lowercase()).unwrap_or_default();
    if last.contains("url") && path[0] == "parameters" {
        json!("github.com?owner=acme&repo=my-service")
    } else if last.contains("owner") || last.contains("system") || last.contains("ref") {
        json!("group:default/team-a")
    } else if last.starts_with("is") || last.starts_with("enable") || last.contains("use") {
        json!(true)
    } else if last.ends_with('s') {
        json!(["one", "two"])
    } else {
        json!("my-service")
    }
}

fn put(context: &mut Value, path: &[String], value: Value) {
    let mut at = context;
    for (i, part) in path.iter().enumerate() {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(map) = at.as_object_mut() else { return };
        at = map.entry(part.clone()).or_insert(Value::Null);
        if i + 1 == path.len() && !at.is_object() {
            *at = value;
            return;
        }
    }
}
