//! The catalog on the server.

mod digest;
mod filter;
mod git;
mod ingest;
mod integrations;
mod plan;
mod plugin;
mod read;
mod reading;
mod registry;
mod rest;
mod service;
mod source;
mod store;

pub use ingest::{Progress, REFRESH};
pub use integrations::{Integration, IntegrationKind, Integrations};
pub use plugin::CatalogPlugin;
pub use registry::NewRules;
pub use service::{Catalog, Limits, NewLocation, Options, RegisterError, Registered};
