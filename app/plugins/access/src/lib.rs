//! Who may do what: the decision for a person, an action and a resource, with the policies that make it.
//!
//! Invariants:
//! 1. What is shown is decided by the gate that decides everywhere else; nothing is decided here.
//! 2. Whoever may not see a thing learns nothing of it here either.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
