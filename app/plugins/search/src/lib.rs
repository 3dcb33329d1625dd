//! The search over everything that the plugins hold: the page, and what the command menu asks.
//!
//! Invariants:
//! 1. A plugin that fails or dawdles costs its own hits and nothing else.
//! 2. Each plugin decides what of its own the caller may see.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
