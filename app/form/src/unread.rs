//! Stands in for an engine where none is compiled in.

use crate::Matcher;

/// Reads no pattern: whoever runs a form in a browser passes the browser's engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Matcher for Standard {
    fn matches(&self, _: &str, _: &str) -> Option<bool> {
        None
    }

    fn reads(&self, _: &str) -> bool {
        // It cannot tell, and what it cannot tell is no fault of a schema.
        true
    }
}
