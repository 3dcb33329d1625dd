//! What every plugin builds on: the plugin contract, identity, errors, components, and (on the server) the machinery that exists once.
//!
//! Invariants:
//! 1. CSS lives here and in `style/` alone; a plugin composes [`components`] and cannot write a style.
//! 2. Nothing here knows a plugin: what one plugin offers to others is a trait that the plugin implements.
//! 3. Whatever a caller may not do ends in [`error::AppError::Forbidden`], decided by `server::authorise` and nowhere else.

pub mod codec;
pub mod components;
pub mod error;
#[cfg(feature = "ssr")]
pub mod gallery;
pub mod html;
pub mod identity;
pub mod number;
pub mod page;
mod placing;
pub mod plugin;
pub mod query;
pub mod response;
#[cfg(feature = "ssr")]
pub mod server;
pub mod when;
