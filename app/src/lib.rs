//! The web application, compiled twice: for the server and for the browser.

pub mod api;
#[cfg(feature = "ssr")]
mod home;
mod routes;
#[cfg(feature = "ssr")]
pub mod shell;

pub use routes::{App, PLUGINS};
