//! The web application, compiled twice: for the server and for the browser.

mod home;
mod routes;
#[cfg(feature = "ssr")]
pub mod shell;

pub use routes::{App, PLUGINS};
