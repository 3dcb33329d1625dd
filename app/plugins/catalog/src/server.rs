//! The catalog on the server.

mod definition;
mod describe;
mod digest;
mod directory;
mod docs;
mod entities;
mod export;
mod filter;
mod git;
mod graph;
mod ingest;
mod integrations;
mod organisation;
mod personal;
mod plan;
mod plugin;
mod read;
mod reader;
mod reading;
mod registry;
mod rest;
mod saved;
mod service;
mod source;
mod store;
mod tree;

pub use ingest::{Progress, REFRESH};
pub use integrations::{Integration, IntegrationKind, Integrations};
pub use plugin::CatalogPlugin;
pub use reader::{Readable, ReadableLocation, Reader};
pub use registry::NewRules;
pub use service::{Catalog, Limits, NewLocation, Options, RegisterError, Registered};
