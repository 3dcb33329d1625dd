//! Checking files and folders: what the `portico check` command does.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use crate::{Document, EntityRef, Finding, Verdict, entity_ref, read, relations};

/// The verdict on one document of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The file, relative to the folder that was given and with `/`; its bare name if it was given itself.
    pub file: String,
    /// Where it was read.
    #[serde(skip)]
    pub path: PathBuf,
    /// The number of the document in the file, from 0.
    pub doc: u32,
    /// The entity's kind.
    pub kind: Option<String>,
    /// The entity's name.
    pub name: Option<String>,
    /// What Backstage would make of it by itself.
    pub verdict: Verdict,
    /// Why it is refused, by itself or because another checked document has its ref.
    pub errors: Vec<Finding>,
    /// What is doubtful without being refused.
    pub warnings: Vec<Finding>,
}

/// Why a check could not be made at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct CheckError {
    /// What was to be read.
    pub path: PathBuf,
    /// Why it could not be.
    pub source: io::Error,
}

/// Checks files, and all `.yaml` and `.yml` files in folders, hidden ones too but for `.git`.
///
/// Links are not followed. A file that cannot be read is reported as a YAML error; a path that does not exist, or a
/// folder that cannot be listed, is an error of the check itself.
pub fn run(paths: &[PathBuf]) -> Result<Vec<Report>, CheckError> {
    let mut files = Vec::new();
    for path in paths {
        let unreadable = |source| CheckError { path: path.clone(), source };
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            files.extend(files_in(path)?);
        } else {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            files.push((name, path.clone()));
        }
    }
    let mut checked = Vec::new();
    for (name, path) in files {
        match fs::read(&path).map_err(|error| error.to_string()).and_then(decode) {
            Ok(text) => {
                checked.extend(read(&text).into_iter().map(|document| (name.clone(), path.clone(), Ok(document))))
            }
            Err(message) => checked.push((name, path, Err(message))),
        }
    }
    warn_of_dangling(&mut checked);
    refuse_duplicates(&mut checked);
    Ok(checked.into_iter().map(|(file, path, document)| report(file, path, document)).collect())
}

type Checked = (String, PathBuf, Result<Document, String>);

/// The descriptor files in a folder, in the order of their paths' bytes.
fn files_in(folder: &Path) -> Result<Vec<(String, PathBuf)>, CheckError> {
    let mut files = Vec::new();
    let walk = WalkDir::new(folder).follow_links(false).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git") {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            CheckError { path, source: error.into() }
        })?;
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.file_type().is_file() && is_yaml {
            let parts = path.strip_prefix(folder).unwrap_or(path).components();
            let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push((parts.join("/"), path.to_owned()));
        }
    }
    files.sort();
    Ok(files)
}

fn decode(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("not UTF-8 text: the byte at offset {at} fits no character")
    })
}

/// A reference is dangling when none of the checked files holds its entity.
fn warn_of_dangling(checked: &mut [Checked]) {
    let values = checked.iter().filter_map(|(_, _, document)| document.as_ref().ok()?.value.as_ref());
    let known: HashSet<_> = values.filter_map(entity_ref).collect();
    for document in checked.iter_mut().filter_map(|(_, _, document)| document.as_mut().ok()) {
        let judged = !matches!(document.verdict, Verdict::NotEntity | Verdict::YamlError | Verdict::IgnoredEmpty);
        let Some(value) = document.value.as_ref().filter(|_| judged) else { continue };
        let dangling = relations(value).into_iter().filter(|relation| !known.contains(&relation.target));
        let warnings: Vec<_> = dangling
            .map(|relation| {
                let message = format!("refers to {}, which is in none of the checked files", relation.target);
                document.finding(relation.pointer, message)
            })
            .collect();
        document.warnings.extend(warnings);
        document.warnings.sort_by_key(|finding| (finding.line, finding.column));
    }
}

/// A ref belongs to the first document that defines it; the catalog leaves the others out.
fn refuse_duplicates(checked: &mut [Checked]) {
    let mut first: HashMap<EntityRef, String> = HashMap::new();
    for (file, _, document) in checked.iter_mut() {
        let Ok(document) = document else { continue };
        if !matches!(document.verdict, Verdict::Ok | Verdict::UnknownKind) {
            continue;
        }
        let Some(entity_ref) = document.value.as_ref().and_then(entity_ref) else { continue };
        match first.entry(entity_ref) {
            Entry::Vacant(entry) => {
                entry.insert(format!("{file}:{}", document.line));
            }
            Entry::Occupied(entry) => {
                let message = format!(
                    "{} is already defined by {}; rename one of the two or remove it",
                    entry.key(),
                    entry.get()
                );
                document.errors.push(document.finding("/metadata/name".into(), message));
            }
        }
    }
}

fn report(file: String, path: PathBuf, document: Result<Document, String>) -> Report {
    match document {
        Ok(document) => Report {
            file,
            path,
            doc: document.doc,
            kind: document.kind().map(str::to_owned),
            name: document.name().map(str::to_owned),
            verdict: document.verdict,
            errors: document.errors,
            warnings: document.warnings,
        },
        Err(message) => Report {
            file,
            path,
            doc: 0,
            kind: None,
            name: None,
            verdict: Verdict::YamlError,
            errors: vec![Finding { line: 1, column: 1, path: String::new(), message }],
            warnings: Vec::new(),
        },
    }
}
