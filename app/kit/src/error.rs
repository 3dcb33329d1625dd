//! The one error that leaves a plugin: what a person or a script is told, with its HTTP status.

use http::StatusCode;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::response::unreadable;

/// Why a request was not answered as asked. The text is safe to show: what is internal is logged under `reference` and never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "kebab-case")]
pub enum AppError {
    /// Nothing has this address or name.
    #[error("{what} was not found")]
    NotFound {
        /// What was looked for, as it stands at the start of a sentence.
        what: String,
    },
    /// The request itself is wrong; asking again unchanged will fail again.
    #[error("{message}")]
    BadRequest {
        /// Which field is wrong and what is allowed.
        message: String,
    },
    /// What was asked for cannot be done as things stand now: somebody else was first, or it has been done.
    #[error("{message}")]
    Conflict {
        /// How things stand.
        message: String,
    },
    /// Nobody is signed in.
    #[error("Sign in first")]
    Unauthenticated,
    /// The API token that was sent is none, or is revoked or over.
    #[error("This token is not good, or no longer")]
    BadToken,
    /// The caller is known and lacks a right.
    #[error("You lack the right to {right}; {granted_by} can grant it")]
    Forbidden {
        /// What the right allows, as a verb phrase.
        right: String,
        /// Who can grant it.
        granted_by: String,
    },
    /// The caller asks too often.
    #[error("Too many requests; try again in {seconds} seconds")]
    TooMany {
        /// How long to wait.
        seconds: u64,
    },
    /// The address does not take requests of this method.
    #[error("This address takes no {method} requests")]
    Method {
        /// The method.
        method: String,
    },
    /// What was sent is larger than what is taken.
    #[error("What was sent is larger than the {megabytes} MB that are taken at most")]
    TooLarge {
        /// The most that is taken.
        megabytes: usize,
    },
    /// A plugin, the database or a remote system does not answer.
    #[error("{what} is unavailable at the moment")]
    Unavailable {
        /// What does not answer.
        what: String,
    },
    /// Our own fault.
    #[error("Something failed on our side; quote {reference} to the platform team")]
    Internal {
        /// The identifier under which the cause was logged.
        reference: String,
    },
}

impl AppError {
    /// The HTTP status of this error: the one place where errors meet HTTP.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Unauthenticated | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Nothing is called `what`.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// No page has the address that was asked for.
    pub fn nowhere() -> Self {
        Self::not_found("A page with this address")
    }

    /// It cannot be done as things stand, which `message` says.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    /// The request is wrong in the way that `message` says.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::BadRequest { message: message.into() }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => Self::BadRequest { message },
            ServerFnErrorErr::Deserialization(message) => unreadable(message),
            ServerFnErrorErr::Request(_) => Self::Unavailable { what: "The portal".into() },
            _ => Self::Internal { reference: "the framework refused the call".into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_right_and_who_grants_it() {
        let error =
            AppError::Forbidden { right: "refresh a location".into(), granted_by: "a platform operator".into() };
        assert_eq!(error.to_string(), "You lack the right to refresh a location; a platform operator can grant it");
        assert_eq!(error.status(), StatusCode::FORBIDDEN);
    }
}
