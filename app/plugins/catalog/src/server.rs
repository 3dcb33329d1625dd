//! The catalog on the server.

mod definition;
mod digest;
mod docs;
mod filter;
mod git;
mod graph;
mod ingest;
mod integrations;
pub mod markdown;
mod plugin;
mod read;
mod rest;
mod service;
mod source;
mod store;

pub use ingest::{Progress, REFRESH};
pub use integrations::{Integration, IntegrationKind, Integrations};
pub use plugin::CatalogPlugin;
pub use service::{Catalog, NewLocation, Options, RegisterError, Registered};
