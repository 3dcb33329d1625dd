//! The shapes that values must have, as data.

use serde_json::{Map, Value};

use super::{Errors, shown};
use crate::{
    placeholders::{self, Source},
    pointer,
};

/// What a value must look like.
pub(crate) enum Shape {
    /// A string with something in it.
    Text,
    /// A string, which may be empty.
    AnyText,
    /// One of a few strings.
    OneOf(&'static [&'static str]),
    /// A string or a boolean.
    Condition,
    /// An object with known fields; others are allowed, of the given shape if there is one.
    Object(&'static [Field], Option<&'static Shape>),
    /// A list.
    List(&'static Shape),
    /// One object, or a list of such.
    Pages(&'static [Field]),
}

/// A known field of an object.
pub(crate) struct Field {
    pub name: &'static str,
    pub required: bool,
    pub shape: Shape,
}

/// A list of non-empty strings.
pub(crate) const TEXTS: Shape = Shape::List(&Shape::Text);

/// Any object.
pub(crate) const OBJECT: Shape = Shape::Object(&[], None);

/// A field that must be there.
pub(crate) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, required: true, shape }
}

/// A field that may be there.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, required: false, shape }
}

impl Shape {
    /// Notes every departure from the shape, at any depth.
    pub fn check(&self, value: &Value, at: &str, errors: &mut Errors) {
        let source = placeholders::source(value);
        match (self, source) {
            (Self::Text | Self::AnyText | Self::OneOf(_) | Self::Condition, Some(Source::Text)) => {}
            (Self::Object(..) | Self::List(_) | Self::Pages(_), Some(Source::Data)) => {}
            (Self::Object(..) | Self::List(_) | Self::Pages(_), Some(Source::Text)) => {
                errors.add(at, format!("must be {}, but `$text` gives a string", self.expected()));
            }
            _ => self.check_plain(value, at, errors),
        }
    }

    fn check_plain(&self, value: &Value, at: &str, errors: &mut Errors) {
        match (self, value) {
            (Self::Text, Value::String(text)) if !text.is_empty() => {}
            (Self::AnyText | Self::Condition, Value::String(_)) | (Self::Condition, Value::Bool(_)) => {}
            (Self::OneOf(allowed), Value::String(text)) if allowed.contains(&text.as_str()) => {}
            (Self::Object(fields, others), Value::Object(entries)) => {
                check_fields(fields, *others, entries, at, errors);
            }
            (Self::Pages(fields), Value::Object(entries)) => check_fields(fields, None, entries, at, errors),
            (Self::List(item), Value::Array(values)) => each(values, at, errors, |value, at, errors| {
                item.check(value, at, errors);
            }),
            (Self::Pages(fields), Value::Array(values)) => each(values, at, errors, |value, at, errors| {
                Self::Object(fields, None).check(value, at, errors);
            }),
            _ => errors.add(at, format!("must be {}, but is {}", self.expected(), shown(value))),
        }
    }

    /// The shape in words, after "must be".
    pub fn expected(&self) -> String {
        match self {
            Self::Text => "a non-empty string".to_owned(),
            Self::AnyText => "a string".to_owned(),
            Self::OneOf(allowed) => format!("one of {}", allowed.join(", ")),
            Self::Condition => "a string or a boolean".to_owned(),
            Self::Object(..) => "an object".to_owned(),
            Self::List(Self::Text) => "a list of non-empty strings".to_owned(),
            Self::List(Self::Object(..)) => "a list of objects".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Pages(_) => "an object or a list of objects".to_owned(),
        }
    }
}

/// Notes a required field that is not there.
pub(crate) fn missing(at: &str, field: &Field, errors: &mut Errors) {
    errors.add(&pointer::child(at, field.name), format!("is missing; it must be {}", field.shape.expected()));
}

fn check_fields(fields: &[Field], others: Option<&Shape>, entries: &Map<String, Value>, at: &str, errors: &mut Errors) {
    for field in fields {
        match entries.get(field.name) {
            Some(value) => field.shape.check(value, &pointer::child(at, field.name), errors),
            None if field.required => missing(at, field, errors),
            None => {}
        }
    }
    let Some(others) = others else { return };
    for (key, value) in entries.iter().filter(|(key, _)| fields.iter().all(|field| field.name != **key)) {
        others.check(value, &pointer::child(at, key), errors);
    }
}

fn each(values: &[Value], at: &str, errors: &mut Errors, check: impl Fn(&Value, &str, &mut Errors)) {
    for (index, value) in values.iter().enumerate() {
        check(value, &pointer::child(at, &index.to_string()), errors);
    }
}
