//! Software templates: a form, a run that survives, a repository with what the bank has agreed on.
//!
//! Invariants:
//! 1. A run keeps the version of the template that it began with.
//! 2. What a form is given is checked on the server by the same code as in the browser.
//! 3. No secret is in a draft, a log line, an output, the audit trail or a row that is not sealed.
//! 4. A step that may have had an effect outside is not begun again unless its action can tell.
//! 5. Whatever waits (a pause, a remote service, a person) is a row.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
