//! HTML that was finished on the server, so that what made it is not part of the browser bundle.

use serde::{Deserialize, Serialize};

/// HTML that is safe to place as it is. Only `server::html` makes it: from a view, which escapes, or from text that was sanitised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Html(pub(crate) String);

impl Html {
    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Finished HTML as a page's resource gives it. The page that the server wrote holds it already and hydration leaves it as it is, so
/// it is not sent a second time as the resource's value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The HTML; empty where the browser takes over a page that has it.
    #[serde(skip)]
    pub html: Html,
}

impl From<Html> for Placed {
    fn from(html: Html) -> Self {
        Self { html }
    }
}
