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
