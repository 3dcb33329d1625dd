//! Who is calling.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
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

/// The name of a person or a service, as [`Principal::subject`] has it and policies compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it names.
    pub kind: PrincipalKind,
    text: String,
}

/// A text that can be nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names neither a person, such as user:default/jane or person:bank/4711, nor a service, such as service:deployer"
)]
pub struct NoSubject(String);

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

impl Subject {
    /// The name in its one form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The ref of the catalog's user, where the person has one.
    pub fn user_ref(&self) -> Option<&str> {
        self.text.starts_with("user:").then_some(self.text.as_str())
    }
}

impl FromStr for Subject {
    type Err = NoSubject;

    /// Reads a name as people type it: a user's ref in whatever case, its namespace left out or not.
    fn from_str(typed: &str) -> Result<Self, NoSubject> {
        let refuse = || NoSubject(typed.to_owned());
        let (kind, rest) = typed.trim().split_once(':').ok_or_else(refuse)?;
        let is_part =
            |part: &str| !part.is_empty() && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.'));
        let (kind, text) = match kind.to_ascii_lowercase().as_str() {
            "user" => {
                let rest = rest.to_ascii_lowercase();
                let (namespace, name) = rest.split_once('/').unwrap_or(("default", &rest));
                let good = is_part(namespace) && is_part(name);
                (PrincipalKind::Person, good.then(|| format!("user:{namespace}/{name}")))
            }
            // What a provider calls somebody is compared to the letter.
            "person" => {
                let good =
                    rest.split_once('/').is_some_and(|(provider, subject)| is_part(provider) && !subject.is_empty());
                (PrincipalKind::Person, (good && !rest.chars().any(char::is_control)).then(|| format!("person:{rest}")))
            }
            "service" => (PrincipalKind::Service, is_part(rest).then(|| format!("service:{rest}"))),
            _ => return Err(refuse()),
        };
        Ok(Self { kind, text: text.ok_or_else(refuse)? })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_form_and_nothing_else_is_one() {
        let read = |typed: &str| typed.parse::<Subject>().map(|subject| (subject.kind, subject.text));
        for (typed, text, kind) in [
            ("user:default/jane", "user:default/jane", PrincipalKind::Person),
            ("User:Jane", "user:default/jane", PrincipalKind::Person),
            ("person:bank/Ab/C==", "person:bank/Ab/C==", PrincipalKind::Person),
            ("service:deployer", "service:deployer", PrincipalKind::Service),
        ] {
            assert_eq!(read(typed), Ok((kind, text.to_owned())), "{typed}");
        }
        for typed in [
            "",
            "jane",
            "user:",
            "user:a/b/c",
            "user:default/ja ne",
            "person:bank",
            "person:/x",
            "person:bank/",
            "person:bank/a\nb",
            "service:",
            "service:default/deployer",
            "service:Deployer",
            "group:default/payments",
            "component:default/pipeline",
            "administrators",
        ] {
            assert!(read(typed).is_err(), "{typed}");
        }
    }
}
