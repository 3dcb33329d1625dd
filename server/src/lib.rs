//! The server: command line, configuration, HTTP, telemetry. Nothing else in the workspace knows sockets, configuration files or the process.

pub mod assets;
pub mod cli;
pub mod client;
pub mod config;
pub mod error_page;
pub mod evidence;
pub mod examples;
pub mod guard;
pub mod instance;
pub mod limits;
pub mod listen;
pub mod policies;
mod portal;
pub mod preview;
pub mod router;
pub mod secrets;
pub mod session;
pub mod sign_in;
pub mod sso;
pub mod status;
pub mod telemetry;
