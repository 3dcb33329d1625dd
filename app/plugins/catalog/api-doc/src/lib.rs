//! API definitions as one small model: OpenAPI 3 and Swagger 2, AsyncAPI 2 and 3, GraphQL schemas.
//!
//! [`read`] takes a text and gives a [`Reading`]: a [`Doc`] that is ready to be shown, an error with its place, or a source
//! in a language that has no model here. Everything is pure and bounded: no network (references out of the document
//! are told, never followed), no recursion without an end, no more than [`Limits`] allow.

mod asyncapi;
mod example;
mod graphql;
mod highlight;
mod limits;
mod model;
mod openapi;
mod schema;
mod value;

use serde_json::Value;

pub use highlight::{Language, Token, highlight};
pub use limits::Limits;
pub use model::{
    Auth, Content, Detail, Doc, End, Example, Field, Fold, Group, Link, Model, Operation, Options, Parameter, Part,
    Role, Schema, Server, Verb,
};

/// What became of a definition.
#[derive(Debug)]
pub enum Reading {
    /// It was understood.
    Doc(Box<Doc>),
    /// It is of a type that is understood, but cannot be read.
    Broken(Fault),
    /// It is of a type that is only shown.
    Source(Language),
}

/// Why a definition cannot be read; line and column start at 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, or 0 where the fault has no place.
    pub line: u32,
    /// The column, or 0 where the fault has no place.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Reads a definition. `type_name` is the entity's `spec.type`, which decides where the text does not; `focus` is the anchor
/// of the operation or model that is wanted first, where not all of them fit. Never panics, whatever the text.
pub fn read(text: &str, type_name: &str, focus: &str, limits: Limits) -> Reading {
    let language = Language::of(text, type_name);
    if text.len() > limits.bytes {
        let message = format!("it has {} bytes; definitions of at most {} bytes are read", text.len(), limits.bytes);
        return Reading::Broken(Fault { line: 0, column: 0, message });
    }
    match kind(text, type_name) {
        Kind::Data => match data(text) {
            Ok(value) => of_value(&value, focus, limits).unwrap_or_else(|| {
                let message = "it names no version: a definition begins with `openapi`, `swagger` or `asyncapi`";
                Reading::Broken(Fault { line: 1, column: 1, message: message.to_owned() })
            }),
            Err(fault) => Reading::Broken(fault),
        },
        Kind::GraphQl => {
            graphql::read(text, focus, limits).map_or_else(Reading::Broken, |doc| Reading::Doc(Box::new(doc)))
        }
        Kind::Other => Reading::Source(language),
    }
}

/// Reads a definition that is data already, where it says what it is.
pub fn of_value(value: &Value, focus: &str, limits: Limits) -> Option<Reading> {
    let version = |key: &str| value.get(key).map(value::scalar).filter(|version| !version.is_empty());
    let doc = if let Some(version) = version("openapi").or_else(|| version("swagger")) {
        openapi::read(value, &version, focus, limits)
    } else {
        asyncapi::read(value, &version("asyncapi")?, focus, limits)
    };
    Some(Reading::Doc(Box::new(doc)))
}

enum Kind {
    Data,
    GraphQl,
    Other,
}

fn kind(text: &str, type_name: &str) -> Kind {
    let name = type_name.to_lowercase();
    let says = |word: &str| name.contains(word);
    // People write `rest` or `http` for what is an OpenAPI document all the same.
    let named = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        ["openapi", "swagger", "asyncapi"].iter().any(|key| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        })
    };
    if says("openapi") || says("swagger") || says("asyncapi") {
        Kind::Data
    } else if says("graphql") {
        Kind::GraphQl
    } else if text.lines().take(40).any(named) || text.trim_start().strip_prefix('{').is_some_and(named) {
        Kind::Data
    } else {
        Kind::Other
    }
}

fn data(text: &str) -> Result<Value, Fault> {
    if !text.trim_start().starts_with('{') {
        return descriptor::data(text).map_err(|finding| Fault {
            line: finding.line,
            column: finding.column,
            message: finding.message,
        });
    }
    serde_json::from_str(text).map_err(|error| {
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Fault {
            line: place(error.line()),
            column: place(error.column()),
            message: format!("not valid JSON: {message}"),
        }
    })
}
