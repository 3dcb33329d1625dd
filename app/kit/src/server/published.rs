//! What a page outside Portico needs to look and behave like one of its own: made at build time from the components' folders.

/// The styles of the published components; they build on the tokens and on `style/base.css`.
pub const KIT_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/kit.css"));

/// The styles of the shell and of composed components, scoped with `stylers`; not published.
pub const SCOPED_CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/scoped.css"));

/// The behaviour of components where HTML has none: keyboard patterns of ARIA, by delegation from the document.
pub const KIT_JS: &str = include_str!(concat!(env!("OUT_DIR"), "/kit.js"));
