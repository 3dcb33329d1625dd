//! Who is in which group: asked by sign-in, answered by whatever plugin keeps the organisation.

use async_trait::async_trait;

use crate::error::AppError;

/// The organisation, as far as it confers rights: people and groups from places that are trusted for organisation data, and nothing else.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The person with this canonical entity ref.
    async fn person(&self, entity_ref: &str) -> Result<Option<Known>, AppError>;

    /// The people with this e-mail address, compared without regard to case; at most two, since more than one is as good as none.
    async fn with_email(&self, email: &str) -> Result<Vec<Known>, AppError>;

    /// The first people in the order of their names.
    async fn people(&self, limit: u32) -> Result<Vec<Known>, AppError>;

    /// The groups of a person, if it is known by a ref, and those that a token names besides, each with the groups above it. In the order of refs.
    async fn groups(&self, entity_ref: Option<&str>, named: &[String]) -> Result<Vec<Membership>, AppError>;
}

/// A person of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The canonical entity ref.
    pub entity_ref: String,
    /// What people call it.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The titles of the groups that it is in directly.
    pub teams: Vec<String>,
}

/// A group that somebody is in, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group's canonical entity ref.
    pub group: String,
    /// What people call it; the ref where the catalog does not know it.
    pub title: String,
    /// Where the membership comes from.
    pub origin: Origin,
}

/// Where a membership comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The token of the sign-in names the group.
    Token,
    /// A location that is trusted for organisation data says so.
    Location(String),
    /// Somebody in a group is in the groups above it; this one's ref.
    Below(String),
}
