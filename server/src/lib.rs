//! The server: command line, configuration, HTTP, telemetry. Nothing else in the workspace knows sockets, configuration files or the process.

pub mod assets;
pub mod cli;
pub mod config;
pub mod error_page;
pub mod examples;
pub mod guard;
pub mod instance;
pub mod router;
pub mod session;
pub mod sign_in;
pub mod status;
pub mod telemetry;
