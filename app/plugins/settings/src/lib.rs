//! What belongs to the person who is signed in: what the portal knows of them and from where, the browsers that they are signed in
//! with, and their API tokens.
//!
//! Invariants:
//! 1. Everybody sees and changes what is their own, and nothing else: each query names the caller's subject.
//! 2. The secret of a token is shown once, to whoever made it, and kept nowhere.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
