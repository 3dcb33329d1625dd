//! The software catalog: reads Backstage descriptors from locations, keeps them fresh, and serves them as pages and in Backstage's own API shapes.
//!
//! Invariants:
//! 1. An entity ref belongs to one document: the first by location (in the order of registration), path and document number; the others are reported.
//! 2. What a document brings lands in one transaction: entity, facets, relations, search text, counts and problems.
//! 3. One bad document never sinks its neighbours.
//! 4. Nothing outside a location's own directory or the allowed hosts is read.
//! 5. Users and groups come only from locations trusted for organisation data, and only from those locations' own files.
//! 6. Entities and locations are read through a [`server::Reader`] alone, which is made from a caller: what that caller may not see is as if it were
//!    not there, in every list, count, page, answer, drawing and search.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
