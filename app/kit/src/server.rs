//! The machinery that exists once on the server, whatever the number of plugins.

pub mod audit;
pub mod authorise;
pub mod clock;
pub mod context;
pub mod cookies;
pub mod db;
pub mod definitions;
pub mod diff;
pub mod dir;
pub mod directory;
pub mod entities;
pub mod error;
pub mod fetch;
pub mod filter;
pub mod html;
pub mod inbox;
pub mod jobs;
pub mod mail;
pub mod page;
pub mod people;
pub mod personal;
pub mod plugin;
pub mod preferences;
pub mod published;
pub mod said;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod source;
pub mod stars;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tokens;
pub mod unread;
pub mod visits;
