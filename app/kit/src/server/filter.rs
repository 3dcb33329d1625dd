//! What may be seen, as a condition: of a query, or of one thing.

use sea_orm::Value;

use super::authorise::{Attribute, Attributes, Filter};
use super::db;

impl Filter {
    /// The condition in SQL with the values of its marks. `column` gives what stands for an attribute, which must never be null:
    /// what has no such attribute holds `''`, as in [`Attributes`].
    pub fn sql(&self, column: &impl Fn(Attribute) -> String) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let text = self.written(column, &mut values);
        (text, values)
    }

    fn written(&self, column: &impl Fn(Attribute) -> String, values: &mut Vec<Value>) -> String {
        let mut joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.written(column, values)).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::Every(parts) if !parts.is_empty() => joined(parts, " AND "),
            Self::Some(parts) if !parts.is_empty() => joined(parts, " OR "),
            Self::All | Self::Every(_) => "1 = 1".into(),
            Self::In(attribute, wanted) if !wanted.is_empty() => {
                values.extend(wanted.iter().map(|value| value.as_str().into()));
                match wanted.len() {
                    1 => format!("{} = ?", column(*attribute)),
                    count => format!("{} IN ({})", column(*attribute), db::marks(count)),
                }
            }
            Self::None | Self::Some(_) | Self::In(..) => "1 = 0".into(),
            Self::Not(part) => format!("NOT ({})", part.written(column, values)),
        }
    }

    /// Whether a thing meets it: what [`sql`](Self::sql) says of its row.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_condition_with_its_values_in_order() {
        let owners = Filter::In(Attribute::Owner, vec!["group:default/a".into(), "group:default/b".into()]);
        let open = Filter::Not(Box::new(Filter::In(Attribute::Namespace, vec!["secret".into()])));
        let (text, values) = Filter::Some(vec![owners, open.clone()]).sql(&|attribute| format!("e.{attribute:?}"));
        assert_eq!(text, "(e.Owner IN (?, ?) OR NOT (e.Namespace = ?))");
        assert_eq!(values, ["group:default/a", "group:default/b", "secret"].map(Value::from));
        for (filter, text) in [
            (Filter::All, "1 = 1"),
            (Filter::None, "1 = 0"),
            (Filter::Every(Vec::new()), "1 = 1"),
            (Filter::Some(Vec::new()), "1 = 0"),
            (Filter::In(Attribute::Id, Vec::new()), "1 = 0"),
        ] {
            assert_eq!(filter.sql(&|_| String::new()).0, text);
            assert_eq!(filter.allows(&Attributes::default()), text == "1 = 1", "{filter:?}");
        }
        assert!(open.allows(&Attributes { namespace: "default", ..Attributes::default() }));
        assert!(!open.allows(&Attributes { namespace: "secret", ..Attributes::default() }));
    }
}
