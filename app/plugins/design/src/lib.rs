//! The design system in the portal: a gallery of every component, the tokens, and recipes for pages that are made elsewhere.
//!
//! Invariants:
//! 1. What the gallery shows is drawn on the server from the examples in the components' own folders; nothing of it is in the browser bundle.
//! 2. A recipe is the HTML of an example, never a text beside it.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
