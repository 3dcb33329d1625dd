//! The pages that an entity's repository brings with it.

use kit::components::{ReaderHeading, ReaderLink};
use kit::html::Html;
use kit::when::When;
use serde::{Deserialize, Serialize};

/// What the docs of an entity show at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    /// What they are called; empty where there are none.
    pub title: String,
    /// The navigation.
    pub nav: Vec<ReaderLink>,
    /// What is read.
    pub page: Option<DocsPage>,
    /// Why the docs could not be read, or not this time; empty where they could.
    pub error: String,
    /// Where they are, as the annotation says it; empty where the entity names no docs.
    pub annotation: String,
    /// The file of the descriptor, from which the annotation is seen.
    pub descriptor: String,
    /// The location's number.
    pub location_id: i64,
    /// What the location reads.
    pub target: String,
    /// When the location was last read.
    pub read: Option<When>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocsPage {
    /// Its title.
    pub title: String,
    /// Its text.
    pub html: Html,
    /// What is on it.
    pub headings: Vec<ReaderHeading>,
    /// The page before it: title and address.
    pub previous: Option<(String, String)>,
    /// The page after it: title and address.
    pub next: Option<(String, String)>,
    /// The file.
    pub file: String,
    /// The file's page at its code host, where that is known.
    pub web_page: Option<String>,
    /// When its text last changed.
    pub changed: When,
}
