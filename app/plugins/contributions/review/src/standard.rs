//! The bank's operational standards, as data, and what a contribution was found to meet.

use serde::{Deserialize, Serialize};

use crate::stage::Kind;

/// A standard that whatever is live has to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// What it is known as.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// Why it is one.
    pub why: String,
    /// How to come to meet it.
    pub how: String,
    /// The kinds that it is for; all where empty.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// How the portal finds out.
    pub check: Check,
}

impl Standard {
    /// Whether it is for this kind.
    pub fn is_for(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// How the portal finds out whether a standard is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "by", deny_unknown_fields)]
pub enum Check {
    /// The entity bears one of these annotations, and something stands in it; where `among` is given, one of those.
    Annotation {
        /// The annotations.
        any: Vec<String>,
        /// What may stand there; anything where empty.
        #[serde(default)]
        among: Vec<String>,
    },
    /// The entity has a link of this type, or bears one of these annotations.
    Link {
        /// The type of the link.
        link: String,
        /// Annotations that do as well.
        #[serde(default)]
        any: Vec<String>,
    },
    /// The entity's owner is a group of the catalog that has members, or a person in it.
    Owner,
    /// The address in an annotation answers with a success within a time.
    Probe {
        /// The annotation.
        annotation: String,
        /// The longest that it may take, in milliseconds; the entity's own lower limit stands in `limit`.
        most_ms: u32,
        /// The annotation in which the entity declares a limit of its own, in milliseconds.
        #[serde(default)]
        limit: String,
    },
}

/// What was found about a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The standard.
    pub standard: String,
    /// Whether it is met.
    pub met: bool,
    /// What was seen, in a sentence.
    pub said: String,
}

/// The ids of standards that are not met, in their order.
pub fn unmet(found: &[Found]) -> Vec<String> {
    found.iter().filter(|found| !found.met).map(|found| found.standard.clone()).collect()
}
