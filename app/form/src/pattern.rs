//! Matching text against the patterns of a schema.

use std::{fmt, sync::Arc};

/// Matches text against patterns in JavaScript's syntax: the browser's own engine, or one that is safe on a server.
pub trait Matcher: Send + Sync {
    /// Whether the pattern is found in the text; `None` where the pattern cannot be read or takes too long.
    fn matches(&self, pattern: &str, text: &str) -> Option<bool>;

    /// Whether the pattern can be read.
    fn reads(&self, pattern: &str) -> bool {
        self.matches(pattern, "").is_some()
    }
}

impl<F: Fn(&str, &str) -> Option<bool> + Send + Sync> Matcher for F {
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        self(pattern, text)
    }
}

/// The matcher that a form uses for conditions.
#[derive(Clone)]
pub(crate) struct Engine(pub(crate) Arc<dyn Matcher>);

impl Default for Engine {
    fn default() -> Self {
        Self(Arc::new(crate::Standard))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
