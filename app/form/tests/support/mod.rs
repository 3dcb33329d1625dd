//! The templates of the corpus, as a portal would hand their parameters over.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

/// A template of the corpus.
pub struct Template {
    /// Its file, below the corpus, and its name.
    pub name: String,
    /// `spec.parameters`, with the files it refers to read in.
    pub parameters: Value,
}

#[derive(Deserialize)]
struct Listed {
    repo: String,
    path: String,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it"));
    own.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap_or(&own).to_owned()
}

/// Every template of the corpus; none where there is no corpus, which a build server must have.
pub fn templates() -> Option<Vec<Template>> {
    let corpus = env::var_os("PORTICO_CORPUS").map_or_else(|| root().join("../shared/corpus"), PathBuf::from);
    let Ok(manifest) = fs::read_to_string(corpus.join("templates-manifest.jsonl")) else {
        assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "no corpus in {}", corpus.display());
        println!("skipped: no corpus in {}", corpus.display());
        return None;
    };
    let mut templates = Vec::new();
    for line in manifest.lines() {
        let listed: Listed = serde_json::from_str(line).unwrap();
        let file = corpus.join("templates").join(&listed.repo).join(&listed.path);
        let text = fs::read_to_string(&file).unwrap();
        for document in descriptor::read(&text) {
            let Some(value) = document.value.as_ref().filter(|_| document.kind() == Some("Template")) else { continue };
            let name = format!("{}/{} {}", listed.repo, listed.path, document.name().unwrap_or_default());
            let spec = value.get("spec").cloned().unwrap_or_default();
            let parameters = resolved(&spec, &file, 0).get("parameters").cloned().unwrap_or_default();
            templates.push(Template { name, parameters });
        }
    }
    Some(templates)
}

/// A value with its placeholders replaced by what the files beside it hold.
fn resolved(value: &Value, file: &Path, depth: usize) -> Value {
    let mut value = value.clone();
    if depth > 8 {
        return value;
    }
    for placeholder in descriptor::placeholders(&value) {
        let other = file.parent().unwrap().join(&placeholder.target);
        let Ok(text) = fs::read_to_string(&other) else { continue };
        let content = match placeholder.key.as_str() {
            "$text" => Value::String(text),
            _ => match descriptor::data(&text) {
                Ok(data) => resolved(&data, &other, depth + 1),
                Err(_) => continue,
            },
        };
        if let Some(place) = value.pointer_mut(&placeholder.pointer) {
            *place = content;
        }
    }
    value
}
