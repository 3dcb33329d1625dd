//! What may be seen, as a condition on one thing.

use super::authorise::{Attribute, Attributes, Filter};

impl Filter {
    /// Whether a thing meets it.
    pub fn allows(&self, thing: &Attributes<'_>) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::In(attribute, values) => values.iter().any(|value| value == attribute.of(thing)),
            Self::Every(parts) => parts.iter().all(|part| part.allows(thing)),
            Self::Some(parts) => parts.iter().any(|part| part.allows(thing)),
            Self::Not(part) => !part.allows(thing),
        }
    }
}

impl Attribute {
    /// What it is of a thing.
    pub fn of<'a>(self, thing: &Attributes<'a>) -> &'a str {
        match self {
            Self::Id => thing.id,
            Self::Kind => thing.kind,
            Self::Namespace => thing.namespace,
            Self::Type => thing.r#type,
            Self::Lifecycle => thing.lifecycle,
            Self::Owner => thing.owner,
        }
    }
}
