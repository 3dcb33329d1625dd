//! The documents of a file, each with its verdict and findings.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    advice, judge, placeholders, pointer, split,
    yaml::{self, Place},
};

/// A place in a file; both numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line, counted in the whole file.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// What Backstage would make of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is accepted.
    Ok,
    /// It is an entity, but breaks a rule.
    Invalid,
    /// Its form is right, but no rules are built in for its kind and version.
    UnknownKind,
    /// It cannot be read as YAML.
    YamlError,
    /// There is nothing in it.
    IgnoredEmpty,
    /// It is something else: its `apiVersion` is not of Backstage or Portico.
    NotEntity,
}

/// Something wrong or doubtful, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The line in the file, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The JSON pointer of the field; empty for the document as a whole.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// One document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its number in the file, from 0.
    pub doc: u32,
    /// The line where its text starts, from 1.
    pub line: u32,
    /// Its raw text, with the comments before it.
    pub text: String,
    /// Its content; none for a YAML error or an empty document.
    pub value: Option<Value>,
    /// What Backstage would make of it.
    pub verdict: Verdict,
    /// Why it is refused, in the order of the text.
    pub errors: Vec<Finding>,
    /// What is doubtful without being refused, in the order of the text.
    pub warnings: Vec<Finding>,
    places: HashMap<String, Place>,
}

/// Reads a file: every document of it, parsed and judged. Never panics, whatever the text.
pub fn read(text: &str) -> Vec<Document> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let pieces = split::split(text).into_iter();
    pieces.zip(0..).map(|(piece, doc)| Document::read(doc, piece.line, piece.text)).collect()
}

/// Reads one YAML document as data, within the same limits as descriptors: depth, values, aliases.
pub fn data(text: &str) -> Result<Value, Finding> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    yaml::parse(text, 1).map(|parsed| parsed.value)
}

impl Document {
    /// Where the value at a JSON pointer stands, or its nearest parent that exists.
    pub fn position(&self, json_pointer: &str) -> Position {
        self.place(json_pointer).map_or_else(|place| place.value, |place| place.value)
    }

    /// Where the key of the value at a JSON pointer stands, or the value of its nearest parent that exists.
    pub fn key_position(&self, json_pointer: &str) -> Position {
        self.place(json_pointer).map_or_else(|parent| parent.value, |place| place.key)
    }

    /// The entity's kind, where it is a string.
    pub fn kind(&self) -> Option<&str> {
        self.value.as_ref()?.get("kind")?.as_str()
    }

    /// The entity's name, where it is a string.
    pub fn name(&self) -> Option<&str> {
        self.value.as_ref()?.get("metadata")?.get("name")?.as_str()
    }

    fn read(doc: u32, line: u32, text: &str) -> Self {
        let mut document = Self {
            doc,
            line,
            text: text.to_owned(),
            value: None,
            verdict: Verdict::IgnoredEmpty,
            errors: Vec::new(),
            warnings: Vec::new(),
            places: HashMap::new(),
        };
        match yaml::parse(text, line) {
            Ok(parsed) => {
                document.places = parsed.places;
                document.warnings = parsed.warnings;
                if !parsed.value.is_null() {
                    document.judge(&parsed.value);
                    document.value = Some(parsed.value);
                }
            }
            Err(error) => {
                document.verdict = Verdict::YamlError;
                document.errors.push(error);
            }
        }
        document
    }

    fn judge(&mut self, value: &Value) {
        let (verdict, errors) = judge::judge(&placeholders::data_as_objects(value));
        self.verdict = verdict;
        self.errors = errors.into_iter().map(|(path, message)| self.finding(path, message)).collect();
        self.errors.sort_by_key(|finding| (finding.line, finding.column));
        if verdict != Verdict::NotEntity {
            for (path, message) in advice::advise(value) {
                let Position { line, column } = self.key_position(&path);
                self.warnings.push(Finding { line, column, path, message });
            }
        }
        self.warnings.sort_by_key(|finding| (finding.line, finding.column));
    }

    /// A finding about a field of this document.
    pub(crate) fn finding(&self, path: String, message: String) -> Finding {
        let Position { line, column } = self.position(&path);
        Finding { line, column, path, message }
    }

    /// The place of a node, or as the error that of its nearest parent.
    fn place(&self, json_pointer: &str) -> Result<Place, Place> {
        if let Some(place) = self.places.get(json_pointer) {
            return Ok(*place);
        }
        let mut rest = json_pointer;
        while let Some(parent) = pointer::parent(rest) {
            if let Some(place) = self.places.get(parent) {
                return Err(*place);
            }
            rest = parent;
        }
        let start = Position { line: self.line, column: 1 };
        Err(Place { key: start, value: start })
    }
}
