//! The CSS of the components that are scoped with `stylers`, made at build time.

/// To be appended to the published `kit.css`.
pub const SCOPED_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/scoped.css"));
