//! Who is calling.

use std::net::IpAddr;
use std::sync::Arc;

/// The person or service on whose behalf a request runs: the one at the origin, not whoever forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody is signed in.
    Anonymous,
    /// Whoever runs `portico` on the machine that the portal's data is on.
    Operator,
    /// The portal itself: refreshes and sweeps that nobody asked for in person.
    System,
    /// A person or a service that the portal knows.
    Principal(Arc<Principal>),
}

/// A person or a service, with all that a decision about its rights depends on, as of the request at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Person or service.
    pub kind: PrincipalKind,
    /// The name that never changes: the ref of the catalog's entity where there is one (`user:default/jane`), else `person:<provider>/<subject>`
    /// or `service:<name>`.
    pub subject: String,
    /// What people call it.
    pub name: String,
    /// The groups that it is in, directly or through a group below, as canonical entity refs in order.
    pub groups: Vec<String>,
    /// Whether the configuration names it among the administrators.
    pub administrator: bool,
    /// How it proved who it is.
    pub via: Via,
    /// What the token may be used for: actions, or a prefix of them that ends in `.*`. A session has no such limit.
    pub scopes: Option<Vec<String>>,
    /// The request that it makes, for the audit trail and the log.
    pub request: String,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// A human.
    Person,
    /// A program that acts for a team.
    Service,
}

/// How a principal proved who it is: by the number of its row, never by the secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Via {
    /// A browser's session.
    Session(i64),
    /// An API token.
    Token(i64),
}

/// The number of a request: in the log, the audit trail and the answer's `x-request-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Where a request comes from, seen through the proxies that are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl Caller {
    /// The name under which the caller stands in the audit trail.
    pub fn subject(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Operator => "operator",
            Self::System => "system",
            Self::Principal(principal) => &principal.subject,
        }
    }

    /// The person or service, where it is one.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Principal(principal) => Some(principal),
            Self::Anonymous | Self::Operator | Self::System => None,
        }
    }
}

impl Principal {
    /// Whether it is in `group`, a canonical entity ref.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.binary_search_by(|each| each.as_str().cmp(group)).is_ok()
    }
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}
