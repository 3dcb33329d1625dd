//! One descriptor file, read and judged: what it brings, before anything is written.

use std::collections::{BTreeMap, HashSet};

use descriptor::{Document, EntityRef, Verdict};
use sea_orm::{DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::source::{Source, SourceError};

/// Kinds that any location may bring; others come only from where a rule allows them.
const ORGANISATION_KINDS: [&str; 2] = ["User", "Group"];

/// The most documents that are read of one file; what it brings is written in one transaction.
const MAX_DOCUMENTS: usize = 5_000;

/// The most placeholders that are resolved in one document.
const MAX_PLACEHOLDERS: usize = 100;

/// The most targets that are followed from one Location.
const MAX_TARGETS: usize = 10_000;

/// The largest entity, in bytes of JSON, with what its placeholders brought.
const MAX_ENTITY: usize = 4 * 1024 * 1024;

/// The deepest nesting of an entity, so that whoever reads its JSON can.
const MAX_DEPTH: usize = 100;

/// Changed whenever the same bytes would be read differently, so that every file is read again.
const READER_VERSION: u32 = 1;

/// What a location may bring.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether users and groups may come from it.
    pub trust_org: bool,
    /// The only kinds that it may bring; `None` allows all but users and groups.
    pub allowed_kinds: Option<Vec<String>>,
    /// `type:target` of the location, for `backstage.io/managed-by-origin-location`.
    pub origin: String,
    /// What is put on everything that it brings, over what the descriptors say.
    pub annotations: BTreeMap<String, String>,
}

impl Rules {
    /// As a location's row says (`trust_org`, `allowed_kinds`, `annotations`).
    pub fn of(row: &QueryResult, kind: &str, target: &str) -> Result<Self, DbErr> {
        let allowed: Option<String> = row.try_get("", "allowed_kinds")?;
        let allowed_kinds = allowed.map(|kinds| kinds.split(',').map(str::to_owned).collect());
        let annotations: String = row.try_get("", "annotations")?;
        Ok(Self {
            trust_org: row.try_get("", "trust_org")?,
            allowed_kinds,
            origin: origin(kind, target),
            annotations: serde_json::from_str(&annotations).unwrap_or_default(),
        })
    }
}

/// `type:target` of a location, as Backstage knows it.
pub fn origin(kind: &str, target: &str) -> String {
    format!("{}:{target}", origin_type(kind))
}

/// The type under which Backstage knows a location of this kind.
pub fn origin_type(kind: &str) -> &'static str {
    if matches!(kind, "file" | "dir") { "file" } else { "url" }
}

/// What one file brings.
#[derive(Debug)]
pub struct Digest {
    /// The file.
    pub path: String,
    /// Of the file's bytes and the rules.
    pub hash: String,
    /// The other files that its placeholders read, with their hashes.
    pub inputs: Vec<Input>,
    /// The files that its locations point to.
    pub targets: Vec<Target>,
    /// The entities, in the order of the documents.
    pub entities: Vec<NewEntity>,
    /// What is wrong.
    pub problems: Vec<NewProblem>,
}

impl Digest {
    /// A file that brings nothing.
    pub fn empty(path: &str, hash: String) -> Self {
        let path = path.to_owned();
        Self { path, hash, inputs: Vec::new(), targets: Vec::new(), entities: Vec::new(), problems: Vec::new() }
    }
}

/// A file read by a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The file.
    pub path: String,
    /// Of its bytes; empty when it could not be read.
    pub hash: String,
}

/// A file that a Location entity points to, with where it says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The file.
    pub path: String,
    /// Whether it may be missing.
    pub optional: bool,
    /// Where it is named.
    pub named_at: Place,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub path: String,
    /// Number of the document, from 0.
    pub doc: u32,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// JSON pointer of the field.
    pub pointer: String,
    /// The entity that it is about; empty when there is none.
    pub entity_ref: String,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProblem {
    /// Where.
    pub place: Place,
    /// Whether something is not loaded or resolved because of it.
    pub is_error: bool,
    /// A short, stable word for the sort of problem.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// An entity as its document describes it.
#[derive(Debug, Clone)]
pub struct NewEntity {
    /// Its ref.
    pub entity_ref: EntityRef,
    /// Number of the document, from 0.
    pub doc: u32,
    /// The line where the document begins, 1-based.
    pub line: u32,
    /// The entity with annotations of origin, without uid and relations.
    pub value: Value,
    /// The document's text.
    pub source: String,
}

/// The hash by which a change of a file, or of the rules for it, is noticed.
pub fn hash(bytes: &[u8], rules: &Rules) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(
        format!("{READER_VERSION} {} {:?} {}\n", rules.trust_org, rules.allowed_kinds, rules.origin).as_bytes(),
    );
    for (key, value) in &rules.annotations {
        hasher.update(format!("{key:?}={value:?}\n").as_bytes());
    }
    hasher.update(bytes);
    hasher.finalize().to_hex()[..32].to_owned()
}

/// What stands for the hash of a file that could not be read, so that the same failure is noted once.
pub fn failure_hash(problem: &NewProblem) -> String {
    blake3::hash(format!("{:?}", problem).as_bytes()).to_hex()[..31].to_owned()
}

/// The hash of a placeholder's content; empty when it cannot be read.
pub fn input_hash(content: &Result<Vec<u8>, SourceError>) -> String {
    content.as_ref().map_or_else(|_| String::new(), |bytes| blake3::hash(bytes).to_hex()[..32].to_owned())
}

/// Reads and judges the documents of a file.
pub async fn digest(source: &Source, path: &str, bytes: &[u8], rules: &Rules) -> Digest {
    let mut digest = Digest::empty(path, hash(bytes, rules));
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let place = Place { path: path.to_owned(), line: 1, column: 1, ..Place::default() };
            let message = format!("the file is not UTF-8: byte {} is not part of a character", error.valid_up_to());
            digest.problems.push(NewProblem { place, is_error: true, code: "yaml", message });
            return digest;
        }
    };
    let mut documents = descriptor::read(text);
    if let Some(first) = documents.get(MAX_DOCUMENTS) {
        let place = Place { path: path.to_owned(), doc: first.doc, line: first.line, column: 1, ..Place::default() };
        let message = format!(
            "the file holds {} documents; those after the first {MAX_DOCUMENTS} are not read: split it",
            documents.len()
        );
        digest.problems.push(NewProblem { place, is_error: true, code: "limit", message });
        documents.truncate(MAX_DOCUMENTS);
    }
    for document in documents {
        read_document(source, rules, &mut digest, document).await;
    }
    digest
}

async fn read_document(source: &Source, rules: &Rules, digest: &mut Digest, mut document: Document) {
    let entity_ref = document.value.as_ref().and_then(descriptor::entity_ref);
    let about = entity_ref.as_ref().map(ToString::to_string).unwrap_or_default();
    let place = |digest: &Digest, line, column, pointer: &str| Place {
        path: digest.path.clone(),
        doc: document.doc,
        line,
        column,
        pointer: pointer.to_owned(),
        entity_ref: about.clone(),
    };
    let placeholders = document.value.as_ref().map(descriptor::placeholders).unwrap_or_default();
    match document.verdict {
        Verdict::IgnoredEmpty | Verdict::NotEntity => return,
        // A folder holds YAML that is no descriptor and often no YAML either, such as Helm charts.
        Verdict::YamlError if !looks_like_descriptor(&document.text) => return,
        // What its placeholders stand for decides.
        Verdict::Invalid if !placeholders.is_empty() => {}
        Verdict::YamlError | Verdict::Invalid => {
            let code = if document.verdict == Verdict::YamlError { "yaml" } else { "invalid" };
            for error in &document.errors {
                let place = place(digest, error.line, error.column, &error.path);
                digest.problems.push(NewProblem { place, is_error: true, code, message: error.message.clone() });
            }
            return;
        }
        Verdict::Ok | Verdict::UnknownKind => {}
    }
    for warning in &document.warnings {
        let place = place(digest, warning.line, warning.column, &warning.path);
        digest.problems.push(NewProblem { place, is_error: false, code: "warning", message: warning.message.clone() });
    }
    let Some(mut value) = document.value.take() else { return };
    if let Some(message) = refusal(source, rules, &digest.path, &value) {
        let at = document.position("/kind");
        let place = place(digest, at.line, at.column, "/kind");
        digest.problems.push(NewProblem { place, is_error: true, code: "kind-not-allowed", message });
        return;
    }
    let mut resolved = 0;
    for (number, placeholder) in placeholders.iter().enumerate() {
        let at = document.position(&placeholder.pointer);
        let place = place(digest, at.line, at.column, &placeholder.pointer);
        let content = if number >= MAX_PLACEHOLDERS || resolved > MAX_ENTITY {
            Err(format!(
                "an entity may hold {MAX_PLACEHOLDERS} placeholders and {MAX_ENTITY} bytes; this one is too many"
            ))
        } else {
            resolve_placeholder(source, digest, &placeholder.key, &placeholder.target).await
        };
        match content {
            Ok((content, bytes)) => {
                resolved += bytes;
                if let Some(field) = value.pointer_mut(&placeholder.pointer) {
                    *field = content;
                }
            }
            Err(message) => digest.problems.push(NewProblem { place, is_error: true, code: "placeholder", message }),
        }
    }
    if !placeholders.is_empty() {
        let (verdict, errors) = descriptor::judge(&value);
        if verdict == Verdict::Invalid {
            for (pointer, message) in errors {
                let at = document.position(&pointer);
                let place = place(digest, at.line, at.column, &pointer);
                digest.problems.push(NewProblem { place, is_error: true, code: "invalid", message });
            }
            return;
        }
    }
    let Some(entity_ref) = entity_ref else { return };
    if let Some(message) = too_large(&value) {
        let place = place(digest, document.line, 1, "");
        digest.problems.push(NewProblem { place, is_error: true, code: "limit", message });
        return;
    }
    let optional = descriptor::location_is_optional(&value);
    let mut named = HashSet::new();
    for (number, (pointer, target)) in descriptor::location_targets(&value).into_iter().enumerate() {
        let at = document.position(&pointer);
        let place = place(digest, at.line, at.column, &pointer);
        if number == MAX_TARGETS {
            let message =
                format!("a Location may name {MAX_TARGETS} targets; this one and those after it are not read");
            digest.problems.push(NewProblem { place, is_error: true, code: "limit", message });
            break;
        }
        match source.resolve(&digest.path, &target).await {
            Ok(paths) => {
                for path in paths.into_iter().filter(|path| *path != digest.path) {
                    if named.insert(path.clone()) {
                        digest.targets.push(Target { path, optional, named_at: place.clone() });
                    }
                }
            }
            Err(SourceError::Missing(_)) if optional => {}
            Err(error) => {
                digest.problems.push(NewProblem { place, is_error: true, code: "target", message: error.to_string() })
            }
        }
    }
    annotate(&mut value, &source.managed_by(&digest.path), rules);
    digest.entities.push(NewEntity {
        entity_ref,
        doc: document.doc,
        line: document.line,
        value,
        source: document.text,
    });
}

/// Why the location may not bring this entity, if it may not.
fn refusal(source: &Source, rules: &Rules, path: &str, value: &Value) -> Option<String> {
    let kind = value["kind"].as_str().unwrap_or_default();
    // Names are compared without case, as refs are: `user` would be the same person as `User`.
    let is = |other: &str| kind.eq_ignore_ascii_case(other);
    if ORGANISATION_KINDS.iter().any(|kind| is(kind)) {
        if !rules.trust_org {
            return Some(format!(
                "{kind} entities are read only from locations that are trusted for organisation data"
            ));
        }
        if !source.is_own(path) {
            return Some(format!("{kind} entities are read only from the trusted location's own files"));
        }
    }
    match &rules.allowed_kinds {
        Some(kinds) if !kinds.iter().any(|kind| is(kind)) => {
            Some(format!("this location may not bring {kind} entities; it is allowed {}", kinds.join(", ")))
        }
        _ => None,
    }
}

/// Why an entity is not kept, if it is too much for those who read it.
fn too_large(value: &Value) -> Option<String> {
    if depth(value) > MAX_DEPTH {
        return Some(format!("the entity is nested more than {MAX_DEPTH} levels deep"));
    }
    let bytes = value.to_string().len();
    (bytes > MAX_ENTITY)
        .then(|| format!("the entity has {bytes} bytes with what its placeholders brought; {MAX_ENTITY} are allowed"))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What a placeholder stands for, and how many bytes were read for it.
async fn resolve_placeholder(
    source: &Source,
    digest: &mut Digest,
    key: &str,
    target: &str,
) -> Result<(Value, usize), String> {
    let paths = source.resolve(&digest.path, target).await.map_err(|error| error.to_string())?;
    let [path] = paths.as_slice() else { return Err(format!("{target} stands for several files")) };
    let content = source.read_for(&digest.path, path).await;
    digest.inputs.push(Input { path: path.clone(), hash: input_hash(&content) });
    let text =
        String::from_utf8(content.map_err(|error| error.to_string())?).map_err(|_| format!("{target} is not UTF-8"))?;
    let bytes = text.len();
    let value = match key {
        "$text" => Ok(Value::String(text)),
        "$json" => serde_json::from_str(&text).map_err(|error| format!("{target} is not JSON: {error}")),
        _ => {
            let mut documents = descriptor::read(&text);
            if documents.len() != 1 {
                return Err(format!("{target} holds {} YAML documents; one is wanted", documents.len()));
            }
            let document = documents.remove(0);
            document.value.ok_or_else(|| {
                let error = document
                    .errors
                    .first()
                    .map_or("it is empty".into(), |error| format!("line {}: {}", error.line, error.message));
                format!("{target} is not YAML: {error}")
            })
        }
    };
    value.map(|value| (value, bytes))
}

fn annotate(value: &mut Value, managed_by: &str, rules: &Rules) {
    let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert("backstage.io/managed-by-location".into(), json!(managed_by));
        annotations.insert("backstage.io/managed-by-origin-location".into(), json!(rules.origin));
        for (key, value) in &rules.annotations {
            annotations.insert(key.clone(), json!(value));
        }
    }
}

fn looks_like_descriptor(text: &str) -> bool {
    text.contains("backstage.io/") || text.contains("portico.dev/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cve_2024_45815_an_entity_has_its_size_and_depth() {
        let nested = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!([inner]));
        assert_eq!((depth(&json!(1)), depth(&json!({"a": {"b": []}})), depth(&nested(100))), (0, 3, 100));
        assert_eq!(too_large(&nested(MAX_DEPTH)), None);
        assert!(too_large(&nested(MAX_DEPTH + 1)).unwrap().contains("100 levels"));
        // The two quotes count.
        assert_eq!(too_large(&json!("x".repeat(MAX_ENTITY - 2))), None);
        assert!(too_large(&json!("x".repeat(MAX_ENTITY - 1))).unwrap().contains("4194304 are allowed"));
    }
}
