//! Groups and people, as their pages show them.

use serde::{Deserialize, Serialize};

use super::{EntityLink, EntityRow};

/// The place of a group or a user in the organisation, and what is owned there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Whether it is about a user instead of a group.
    pub is_user: bool,
    /// The groups above, from the outermost on.
    pub above: Vec<EntityLink>,
    /// The groups right below a group, or those that a user is in.
    pub groups: Vec<GroupRow>,
    /// How many of those there are.
    pub groups_total: u64,
    /// Whether there are more groups further below than were counted.
    pub cut: bool,
    /// The first members of a group.
    pub people: Vec<Person>,
    /// How many members it has.
    pub people_total: u64,
    /// What is owned, by kind.
    pub owned: Vec<OwnedKind>,
    /// The first entities of it: a group's own, or a user's own and those of the user's groups.
    pub rows: Vec<EntityRow>,
    /// How many entities the rows are of.
    pub rows_total: u64,
    /// The list of all of them, where the catalog page can show it.
    pub all: Option<String>,
}

/// A group beside others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The group.
    pub link: EntityLink,
    /// Members of it and of the groups below it; who is in two of them counts twice.
    pub members: u64,
    /// Entities that it and the groups below it own.
    pub owns: u64,
    /// How many groups are below it.
    pub below: u64,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user.
    pub link: EntityLink,
    /// `spec.profile.email`; empty where there is none that can be written to.
    pub email: String,
}

/// How much of one kind is owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedKind {
    /// The kind as it is written.
    pub kind: String,
    /// By the group or user itself, with the address of the list.
    pub own: (u64, String),
    /// By the groups below a group, or by those of a user, with the address of the list where the catalog page can show it.
    pub others: (u64, Option<String>),
}
