//! Entity references: `[kind:][namespace/]name`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// The namespace of an entity that names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// A complete reference to an entity, in lower case since references are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef {
    /// The kind, in lower case.
    pub kind: String,
    /// The namespace, in lower case.
    pub namespace: String,
    /// The name, in lower case.
    pub name: String,
}

/// Why a text is no entity reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// The text is empty.
    #[error("the entity reference is empty; write `[kind:][namespace/]name`")]
    Empty,
    /// A part is named, but empty.
    #[error("`{0}` is no entity reference; write `[kind:][namespace/]name`")]
    Malformed(String),
    /// No kind is given where none is implied.
    #[error("the entity reference `{0}` must say its kind here, as in `component:{0}`")]
    MissingKind(String),
}

impl EntityRef {
    /// Makes a reference from its parts.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.to_lowercase(), namespace: namespace.to_lowercase(), name: name.to_lowercase() }
    }

    /// Reads a reference, with what its field implies for the parts that are left out.
    pub fn parse(text: &str, default_kind: Option<&str>, default_namespace: &str) -> Result<Self, RefError> {
        if text.is_empty() {
            return Err(RefError::Empty);
        }
        // A colon after the first slash belongs to the name.
        let (kind, rest) = match (text.find(':'), text.find('/')) {
            (Some(colon), Some(slash)) if slash < colon => (None, text),
            (Some(colon), _) => (Some(&text[..colon]), &text[colon + 1..]),
            (None, _) => (None, text),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        if kind == Some("") || namespace == Some("") || name.is_empty() {
            return Err(RefError::Malformed(text.to_owned()));
        }
        let kind = kind.or(default_kind).ok_or_else(|| RefError::MissingKind(text.to_owned()))?;
        Ok(Self::new(kind, namespace.unwrap_or(default_namespace), name))
    }
}

/// The reference of an entity itself, when it has a kind and a name.
pub fn entity_ref(value: &Value) -> Option<EntityRef> {
    let text = |value: Option<&Value>| value?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let metadata = value.get("metadata")?;
    let kind = text(value.get("kind"))?;
    let name = text(metadata.get("name"))?;
    let namespace = text(metadata.get("namespace"));
    Some(EntityRef::new(&kind, namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE), &name))
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

impl FromStr for EntityRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        Self::parse(text, None, DEFAULT_NAMESPACE)
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EntityRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<String, RefError> {
        EntityRef::parse(text, Some("Group"), "acme").map(|entity| entity.to_string())
    }

    #[test]
    fn every_short_form() {
        assert_eq!(parse("Team-A").as_deref(), Ok("group:acme/team-a"));
        assert_eq!(parse("user:Ann").as_deref(), Ok("user:acme/ann"));
        assert_eq!(parse("ops/team-a").as_deref(), Ok("group:ops/team-a"));
        assert_eq!(parse("Group:ops/team-a").as_deref(), Ok("group:ops/team-a"));
        assert_eq!(parse("ops/a:b").as_deref(), Ok("group:ops/a:b"));
        assert_eq!(parse("api:a:b").as_deref(), Ok("api:acme/a:b"));
    }

    #[test]
    fn what_is_no_reference() {
        assert_eq!(parse(""), Err(RefError::Empty));
        for text in [":a", "/a", "group:", "group:/a", "a/", "group:a/"] {
            assert_eq!(parse(text), Err(RefError::Malformed(text.into())), "{text}");
        }
        assert_eq!(EntityRef::parse("a", None, "default"), Err(RefError::MissingKind("a".into())));
    }

    #[test]
    fn an_entity_without_a_namespace_is_in_the_default_one() {
        let entity = json!({"kind": "API", "metadata": {"name": "Pay"}});
        assert_eq!(entity_ref(&entity).map(|r| r.to_string()).as_deref(), Some("api:default/pay"));
        assert_eq!(entity_ref(&json!({"kind": "API"})), None);
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_written_and_parsed_again(text in "[a-zA-Z:/._-]{1,20}|\\PC{0,12}") {
            if let Ok(entity) = EntityRef::parse(&text, Some("group"), "default") {
                let again: EntityRef = entity.to_string().parse().unwrap();
                prop_assert_eq!(&again.to_string(), &entity.to_string());
                let json = serde_json::to_string(&entity).unwrap();
                prop_assert_eq!(serde_json::from_str::<EntityRef>(&json).unwrap(), again);
            }
        }
    }
}
