//! The audit trail as auditors read it: a page with filters, and an export as JSON lines. The trail itself is written, sealed and kept by
//! `kit::server::audit`, whether this plugin runs or not.
//!
//! Invariants:
//! 1. Nothing here changes the trail; an export adds the event that it was made.
//! 2. The page and the export answer the same filters, and an export of any size takes the memory of a page.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
