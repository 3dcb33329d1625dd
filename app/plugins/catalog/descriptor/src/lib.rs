//! Catalog descriptors: reading them with exact positions, and judging them as Backstage does.
//!
//! [`read`] takes the text of a file and gives its documents, each with a [`Verdict`] and findings that name line,
//! column and field. Everything here is pure: no database, no network, and (but for [`check`]) no files.

mod advice;
mod document;
mod entity_ref;
mod judge;
mod location;
mod placeholders;
mod pointer;
mod relations;
mod scalar;
mod split;
mod yaml;

pub mod check;

pub use advice::advise;
pub use document::{Document, Finding, Position, Verdict, data, read};
pub use entity_ref::{EntityRef, RefError, entity_ref};
pub use judge::judge;
pub use location::{location_is_optional, location_targets, location_type};
pub use placeholders::{Placeholder, placeholders};
pub use relations::{Relation, relations};
