//! What can go wrong, in words for whoever writes templates.

use thiserror::Error as ThisError;

/// Of what kind an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The template cannot be read.
    Syntax,
    /// It would run too long, grow too large or nest too deeply.
    Limit,
    /// A name that is not defined, where the template is strict.
    Undefined,
    /// An operation that its values do not allow.
    Runtime,
}

/// Why something was not rendered.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("line {line}, column {column}: {message}")]
pub struct Error {
    /// Of what kind it is.
    pub kind: ErrorKind,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The line in the source, from 1.
    pub line: u32,
    /// The column in that line, in characters from 1.
    pub column: u32,
    /// Which string inside of a JSON value, as a JSON pointer; empty for a text on its own.
    pub pointer: String,
}

/// An error before its place is known.
#[derive(Clone, Debug, ThisError)]
#[error("{message}")]
pub(crate) struct Fail {
    pub kind: ErrorKind,
    pub message: String,
    pub at: Option<usize>,
}

impl Fail {
    pub fn syntax(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Syntax, message: message.into(), at: None }
    }

    pub fn runtime(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Runtime, message: message.into(), at: None }
    }

    pub fn limit(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Limit, message: message.into(), at: None }
    }

    /// The place, unless a nearer one is known.
    pub fn at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    pub fn placed(self, source: &str) -> Error {
        let (line, column) = line_and_column(source, self.at.unwrap_or(source.len()));
        Error { kind: self.kind, message: self.message, line, column, pointer: String::new() }
    }
}

/// Line and column of a byte, both from 1, the column in characters.
pub(crate) fn line_and_column(source: &str, at: usize) -> (u32, u32) {
    let before = &source[..source.floor_char_boundary(at)];
    let line = before.bytes().filter(|b| *b == b'\n').count();
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let column = before[start..].chars().count();
    (
        u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
        u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
    )
}
