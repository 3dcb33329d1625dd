//! What is a person's own: the inbox with its live badge and its mail, what it starred and what it looked at.
//!
//! Invariants:
//! 1. Nobody reads or marks the messages, stars, visits or preferences of somebody else, not by number either.
//! 2. What is starred or was visited is shown as its plugin shows it now, and only while the caller may see it.
//! 3. The database is asked once a second for all open streams together, and a stream ends with its session.

pub mod api;
pub mod info;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

pub use info::INFO;
