//! Whose personal things a caller may touch: its own, and nobody else's.

use crate::error::AppError;
use crate::identity::Caller;

/// The name under which a caller's stars, visits, messages and preferences are kept. Every statement on them is narrowed by it.
pub fn owner(caller: &Caller) -> Result<&str, AppError> {
    match caller {
        Caller::Principal(_) | Caller::Operator => Ok(caller.subject()),
        Caller::Anonymous | Caller::System => Err(AppError::Unauthenticated),
    }
}

/// Something that a plugin holds, named so that the plugin finds it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// The id of the plugin.
    pub plugin: String,
    /// The plugin's own name of it, such as an entity ref.
    pub item: String,
}

impl Item {
    /// An item of a plugin.
    pub fn new(plugin: &str, item: impl Into<String>) -> Self {
        Self { plugin: plugin.to_owned(), item: item.into() }
    }
}
