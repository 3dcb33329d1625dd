//! What is found.

use kit::plugin::Hit;
use serde::{Deserialize, Serialize};

/// The answer to a search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The matches, the best of each plugin first.
    pub hits: Vec<Hit>,
    /// What was searched for instead, where nothing holds what was typed.
    pub instead: Option<String>,
}
