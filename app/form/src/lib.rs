//! Forms of templates: what `spec.parameters` of a `scaffolder.backstage.io/v1beta3` template asks for.
//!
//! [`form`] reads the definition; [`Form::active`] says what is shown for given values, [`Form::defaults`] fills in what
//! is filled in to begin with, [`Form::prune`] drops what is not shown, and [`Form::validate`] says what is wrong. The
//! same code judges in the browser and on the server. Everything here is pure, and nothing in a schema makes it fail:
//! what cannot be read is left out, and a [`Notice`] says so.

mod check;
mod defaults;
mod draw;
mod entered;
mod expression;
mod field;
mod form;
mod format;
mod json;
mod merge;
mod pattern;
mod picker;
mod repair;
mod resolve;
mod weigh;

#[cfg(feature = "native")]
mod native;
#[cfg(not(feature = "native"))]
mod unread;

#[cfg(feature = "native")]
pub mod example;
#[cfg(feature = "native")]
pub mod mutate;
#[cfg(feature = "native")]
mod place;

pub use check::{Fault, judge};
pub use entered::{Change, REPOSITORY_PARTS, choice_text, with_value};
pub use field::{Accordion, Active, ActivePage, BooleanControl, Choice, Field, Input, Kind, Limits, Review};
pub use form::{CHOICES, FieldError, Form, Notice, Page, form, form_with};
pub use pattern::Matcher;
pub use picker::{
    CatalogFilter, Credentials, Entities, HostKind, Picker, Repository, Wanted, is_entity_name, is_repository_name,
    repository_address, repository_parts,
};

#[cfg(feature = "native")]
pub use native::Standard;
#[cfg(not(feature = "native"))]
pub use unread::Standard;
