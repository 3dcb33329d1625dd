//! Who is calling.

use serde::{Deserialize, Serialize};

/// The person or service on whose behalf a request runs: the one at the origin, not whoever forwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Caller {
    /// Nobody is signed in.
    Anonymous,
    /// Whoever sits at the machine that the portal runs on; exists only while the server is bound to loopback.
    LocalOperator,
    /// The portal itself: refreshes and sweeps that nobody asked for in person.
    System,
}

impl Caller {
    /// The name under which the caller stands in the audit trail.
    pub fn subject(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::LocalOperator => "local-operator",
            Self::System => "system",
        }
    }
}
