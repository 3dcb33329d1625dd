use std::fmt;

use crate::value::Kind;

/// What is wrong with a token file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError {
    /// The file.
    pub file: String,
    /// The place in it, as a JSON pointer.
    pub pointer: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a token file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The file is no JSON.
    Json(String),
    /// Neither a token nor a group, or a name or property that the format does not have.
    Format(String),
    /// No `$type`, its own or a group's, or one that is not known.
    Type(String),
    /// The value is not one of its type.
    Value {
        /// Its type.
        kind: Kind,
        /// What such a value looks like, or what is wrong with this one.
        expected: String,
    },
    /// The alias names no token.
    UnknownAlias(String),
    /// The alias leads back to itself, over these.
    Cycle(Vec<String>),
    /// The alias leads to a token of another type.
    AliasType {
        /// The token that the alias names.
        alias: String,
        /// Its type.
        found: Kind,
        /// The type that is needed.
        kind: Kind,
    },
    /// A token may follow its own tier and those below, not those above.
    Tier(String),
    /// A colour of the functional tier needs a value for light and one for dark.
    NoDark,
    /// Only colours of the functional tier have a second value for dark.
    Dark,
    /// An override names a token that does not exist.
    UnknownToken(String),
    /// An override names a token of a component.
    Component(String),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "{}: {}", self.file, self.problem),
            pointer => write!(f, "{}: {pointer}: {}", self.file, self.problem),
        }
    }
}

impl std::error::Error for TokenError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(text) | Self::Format(text) | Self::Type(text) => f.write_str(text),
            Self::Value { kind, expected } => write!(f, "not a {kind}: {expected}"),
            Self::UnknownAlias(alias) => write!(f, "{{{alias}}} names no token"),
            Self::Cycle(path) => write!(f, "the alias leads back to itself: {}", path.join(" → ")),
            Self::AliasType { alias, found, kind } => {
                write!(f, "{{{alias}}} is a {found}, and a {kind} is needed")
            }
            Self::Tier(alias) => {
                write!(f, "{{{alias}}} is of a higher tier: base follows base, functional follows base and functional")
            }
            Self::NoDark => f.write_str(
                "a functional colour needs both: $value for light and $extensions[\"portico.dark\"] for dark",
            ),
            Self::Dark => f.write_str("only functional colours have a value for dark of their own"),
            Self::UnknownToken(path) => write!(f, "there is no token {path} to override"),
            Self::Component(path) => {
                write!(f, "{path} is a component token, which follows the functional ones and cannot be overridden")
            }
        }
    }
}
