//! Makes the best of a schema that says what cannot be: what is meant is kept, what cannot be read is left out, and a
//! notice says so.

use serde_json::{Map, Value, json};

use crate::{
    Notice,
    json::{Object, below, is_type, same, text},
};

/// Schemas nested deeper than this are left as they are.
const DEPTH: usize = 64;

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/// What authors write for a type, and what it is called.
const MISNAMED: [(&str, &str); 12] = [
    ("text", "string"),
    ("str", "string"),
    ("password", "string"),
    ("secret", "string"),
    ("bool", "boolean"),
    ("checkbox", "boolean"),
    ("int", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("list", "array"),
    ("map", "object"),
    ("dict", "object"),
];

/// The words of a schema and of what Backstage adds to it.
const KEYWORDS: [&str; 62] = [
    "$comment",
    "$id",
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "backstage:featureFlag",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "default",
    "definitions",
    "$defs",
    "dependencies",
    "deprecated",
    "description",
    "else",
    "enum",
    "enumNames",
    "errorMessage",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "uniqueItems",
    "when",
    "writeOnly",
    "presentation",
    "name",
    "id",
    "discriminator",
    "dependentRequired",
    "dependentSchemas",
    "schema",
    "steps",
];

/// A schema that every reader can read.
pub(crate) fn repair(schema: &Value, path: &str, notices: &mut Vec<Notice>) -> Value {
    Repair { notices }.schema(schema, path, 0)
}

struct Repair<'a> {
    notices: &'a mut Vec<Notice>,
}

impl Repair<'_> {
    fn note(&mut self, path: &str, message: impl Into<String>) {
        self.notices.push(Notice { path: path.into(), message: message.into() });
    }

    fn schema(&mut self, schema: &Value, path: &str, depth: usize) -> Value {
        let schema = match schema {
            Value::Object(schema) if depth < DEPTH => schema,
            Value::Bool(_) | Value::Object(_) => return schema.clone(),
            Value::Null => {
                self.note(path, "It says nothing of what is asked for");
                return json!({});
            }
            other => {
                self.note(path, format!("“{}” is not a schema", text(other)));
                return json!({});
            }
        };
        let mut repaired = Map::new();
        for (key, said) in schema {
            let at = below(path, key);
            if let Some(value) = self.keyword(key, said, &at, depth) {
                repaired.insert(key.clone(), value);
            }
        }
        self.same_options(&mut repaired, path);
        self.own_requirements(schema, &mut repaired, path);
        self.types_of_values(&mut repaired, path);
        Value::Object(repaired)
    }

    /// `None` where the keyword is left out.
    fn keyword(&mut self, key: &str, said: &Value, at: &str, depth: usize) -> Option<Value> {
        match key {
            "type" => self.types(said, at),
            "properties" | "definitions" | "$defs" | "patternProperties" => match said {
                Value::Object(inner) => Some(Value::Object(
                    inner
                        .iter()
                        .map(|(name, schema)| (name.clone(), self.schema(schema, &below(at, name), depth + 1)))
                        .collect(),
                )),
                Value::Null => None,
                _ => {
                    self.note(at, "It must list fields by name, and is left out");
                    None
                }
            },
            "dependencies" => self.dependencies(said, at, depth),
            "items" => match said {
                Value::Array(each) if !each.is_empty() => Some(
                    each.iter()
                        .enumerate()
                        .map(|(n, one)| self.schema(one, &below(at, &n.to_string()), depth + 1))
                        .collect(),
                ),
                Value::Object(_) | Value::Bool(_) => Some(self.schema(said, at, depth + 1)),
                Value::String(name) if TYPES.contains(&name.as_str()) => {
                    self.note(at, format!("“{name}” is read as entries of that type"));
                    Some(json!({"type": name}))
                }
                _ => None,
            },
            "additionalItems"
            | "additionalProperties"
            | "contains"
            | "propertyNames"
            | "not"
            | "if"
            | "then"
            | "else" => match said {
                Value::Object(_) | Value::Bool(_) => Some(self.schema(said, at, depth + 1)),
                Value::String(word) if matches!(word.as_str(), "true" | "false") => Some(json!(word == "true")),
                Value::Null => None,
                _ => {
                    self.note(at, "It is not a schema, and is left out");
                    None
                }
            },
            "allOf" | "anyOf" | "oneOf" => match said {
                Value::Array(each) if !each.is_empty() => Some(
                    each.iter()
                        .enumerate()
                        .map(|(n, one)| self.schema(one, &below(at, &n.to_string()), depth + 1))
                        .collect(),
                ),
                Value::Object(_) => {
                    self.note(at, "It must be a list: it is read as a list of one");
                    Some(json!([self.schema(said, at, depth + 1)]))
                }
                _ => {
                    self.note(at, "It must be a list of schemas, and is left out");
                    None
                }
            },
            "required" => self.required(said, at),
            "enum" => match said {
                Value::Array(values) if !values.is_empty() => Some(said.clone()),
                Value::Object(values) if !values.is_empty() => {
                    self.note(at, "The options must be a list: the names of its parts are taken");
                    Some(values.keys().map(|name| json!(name)).collect())
                }
                _ => {
                    self.note(at, "There is nothing to choose from, so any value may be entered");
                    None
                }
            },
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                let number = number(said).filter(|number| *number >= 0.0 && number.fract() == 0.0);
                self.number(number, said, at, "a count")
            }
            "multipleOf" => self.number(number(said).filter(|number| *number > 0.0), said, at, "a number above 0"),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                self.number(number(said), said, at, "a number")
            }
            "pattern" | "format" | "$ref" | "title" | "description" => match said {
                Value::String(_) => Some(said.clone()),
                Value::Null => None,
                Value::Number(_) | Value::Bool(_) if matches!(key, "title" | "description") => Some(json!(text(said))),
                _ => {
                    self.note(at, "It must be a text, and is left out");
                    None
                }
            },
            "uniqueItems" | "readOnly" | "writeOnly" | "nullable" => match said {
                Value::Bool(_) => Some(said.clone()),
                Value::String(word) if matches!(word.as_str(), "true" | "false") => Some(json!(word == "true")),
                Value::Null => None,
                _ => {
                    self.note(at, "It must be true or false, and is left out");
                    None
                }
            },
            "errorMessage" if !said.is_string() && !said.is_object() => None,
            // Names of schemas, which would have the page's references point elsewhere.
            "$id" | "$schema" => None,
            "$text" | "$json" | "$yaml" => {
                self.note(at, format!("{key}: {} was not resolved", text(said)));
                None
            }
            _ => {
                if !key.starts_with("ui:") && !key.starts_with("x-") && !KEYWORDS.contains(&key) {
                    let near =
                        KEYWORDS.iter().find(|known| strsim::damerau_levenshtein(known, key) <= 1 + key.len() / 7);
                    if let Some(near) = near {
                        self.note(at, format!("“{key}” is not read. Is “{near}” meant?"));
                    }
                }
                Some(said.clone())
            }
        }
    }

    fn types(&mut self, said: &Value, at: &str) -> Option<Value> {
        let mut one = |name: &Value| {
            let Some(word) = name.as_str() else {
                // YAML's `null` for the type of that name.
                return name.is_null().then(|| "null".to_owned());
            };
            if TYPES.contains(&word) {
                return Some(word.to_owned());
            }
            let lower = word.trim().to_lowercase();
            let meant = TYPES.iter().copied().find(|known| *known == lower).or_else(|| {
                let named = MISNAMED.iter().find(|(misnamed, _)| *misnamed == lower).map(|(_, name)| *name);
                named.or_else(|| TYPES.iter().copied().find(|known| strsim::damerau_levenshtein(known, &lower) <= 2))
            });
            match meant {
                Some(meant) => self.note(at, format!("The type “{word}” is read as “{meant}”")),
                None => self.note(at, format!("There is no type “{word}”")),
            }
            meant.map(str::to_owned)
        };
        match said {
            Value::Null => None,
            Value::Array(names) => {
                let mut all: Vec<String> = Vec::new();
                for name in names.iter().filter_map(one) {
                    if !all.contains(&name) {
                        all.push(name);
                    }
                }
                (!all.is_empty()).then(|| json!(all))
            }
            one_name => one(one_name).map(Value::String),
        }
    }

    fn required(&mut self, said: &Value, at: &str) -> Option<Value> {
        match said {
            Value::Array(names) => {
                let mut all: Vec<&Value> = Vec::new();
                for name in names {
                    if name.is_string() && !all.contains(&name) {
                        all.push(name);
                    } else {
                        self.note(at, format!("“{}” is left out", text(name)));
                    }
                }
                Some(json!(all))
            }
            Value::String(name) => {
                self.note(at, "It must be a list: it is read as a list of one");
                Some(json!([name]))
            }
            // Of a field itself, it is read by the object around it.
            _ => None,
        }
    }

    fn dependencies(&mut self, said: &Value, at: &str, depth: usize) -> Option<Value> {
        let Value::Object(said) = said else {
            if !said.is_null() {
                self.note(at, "It must name fields, and is left out");
            }
            return None;
        };
        let mut repaired = Map::new();
        for (name, dependency) in said {
            let at = below(at, name);
            let value = match dependency {
                Value::Array(_) => self.required(dependency, &at),
                Value::String(one) => Some(json!([one])),
                Value::Object(_) | Value::Bool(_) => Some(self.schema(dependency, &at, depth + 1)),
                _ => None,
            };
            if let Some(value) = value {
                repaired.insert(name.clone(), value);
            }
        }
        Some(Value::Object(repaired))
    }

    fn number(&mut self, number: Option<f64>, said: &Value, at: &str, what: &str) -> Option<Value> {
        match number {
            Some(_) if said.is_number() => Some(said.clone()),
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(json!(number as i64)),
            Some(number) => Some(json!(number)),
            None => {
                if !said.is_null() {
                    self.note(at, format!("It must be {what}, and is left out"));
                }
                None
            }
        }
    }

    /// `required: true` at a field says that the object around it needs it.
    fn own_requirements(&mut self, schema: &Object, repaired: &mut Object, path: &str) {
        let Some(Value::Object(properties)) = schema.get("properties") else { return };
        let own = |property: &Value| {
            matches!(property.get("required"), Some(Value::Bool(true)))
                || property.get("required").is_some_and(|said| said == "true")
        };
        let needed: Vec<&String> =
            properties.iter().filter(|(_, property)| own(property)).map(|(name, _)| name).collect();
        if needed.is_empty() {
            return;
        }
        let Value::Array(all) = repaired.entry("required").or_insert_with(|| json!([])) else { return };
        for name in needed {
            if !all.iter().any(|known| known == name) {
                all.push(json!(name));
            }
            self.note(
                &below(&below(path, "properties"), name),
                "“required: true” is read as if the fields that are required were listed",
            );
        }
    }

    /// An option that is listed twice is offered once.
    fn same_options(&mut self, schema: &mut Object, path: &str) {
        let Some(Value::Array(options)) = schema.get("enum") else { return };
        let first = |at: usize| !options[..at].iter().any(|known| same(known, &options[at]));
        let kept: Vec<usize> = (0..options.len()).filter(|at| first(*at)).collect();
        if kept.len() == options.len() {
            return;
        }
        self.note(path, "Options that are listed twice are offered once");
        for keyword in ["enum", "enumNames", "ui:enumNames"] {
            if let Some(Value::Array(listed)) = schema.get(keyword) {
                let once: Vec<Value> = kept.iter().filter_map(|at| listed.get(*at).cloned()).collect();
                schema.insert(keyword.into(), once.into());
            }
        }
    }

    /// Options and defaults of another type than the one that is named.
    fn types_of_values(&mut self, schema: &mut Object, path: &str) {
        let mut types: Vec<String> = crate::json::types(schema).into_iter().map(str::to_owned).collect();
        if types.is_empty() {
            if schema.shift_remove("nullable").is_some_and(|nullable| nullable == true) {
                self.note(path, "“nullable” is read only beside a type");
            }
        } else if schema.get("nullable") == Some(&Value::Bool(true)) {
            types.push("null".into());
        }
        let of_type = |value: &Value| types.is_empty() || types.iter().any(|name| is_type(value, name));
        if let Some(Value::Array(values)) = schema.get("enum")
            && !values.iter().any(of_type)
        {
            // Nothing could ever be chosen: the options say more of what is meant than the type.
            self.note(path, "The options are not of the type that is named: their own type holds");
            schema.shift_remove("type");
            schema.shift_remove("nullable");
            let mut names: Vec<&str> = values_types(schema);
            names.dedup();
            schema.insert("type".into(), json!(names));
            return;
        }
        let Some(default) = schema.get("default") else { return };
        let offered = |value: &Value| match schema.get("enum") {
            Some(Value::Array(values)) => values.iter().any(|one| same(one, value)),
            _ => true,
        };
        if of_type(default) && offered(default) {
            return;
        }
        let meant = converted(default, &types)
            .filter(|value| offered(value))
            .or_else(|| spelt_otherwise(default, schema.get("enum")?));
        match meant {
            Some(value) => {
                self.note(path, format!("The default “{}” is read as “{}”", text(default), text(&value)));
                schema.insert("default".into(), value);
            }
            None => {
                if !default.is_null() {
                    self.note(
                        path,
                        format!("The default “{}” is not a value that may be entered, and is left out", text(default)),
                    );
                }
                schema.shift_remove("default");
            }
        }
    }
}

fn values_types(schema: &Object) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for value in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
        let name = crate::json::type_of(value);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The one option that differs from a value in no more than case.
fn spelt_otherwise(value: &Value, options: &Value) -> Option<Value> {
    let word = text(value).to_lowercase();
    let mut found = options.as_array()?.iter().filter(|option| text(option).to_lowercase() == word);
    found.next().filter(|_| found.next().is_none()).cloned()
}

/// A value as another type has it, where nothing is lost.
fn converted(value: &Value, types: &[String]) -> Option<Value> {
    types.iter().find_map(|name| match (name.as_str(), value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(json!(text(value))),
        ("number", Value::String(_)) => number(value).map(|_| number_value(value)),
        ("integer", Value::String(_)) => {
            number(value).filter(|number| number.fract() == 0.0).map(|number| json!(number as i64))
        }
        ("boolean", Value::String(word)) => match word.to_lowercase().as_str() {
            "true" | "yes" => Some(json!(true)),
            "false" | "no" => Some(json!(false)),
            _ => None,
        },
        ("array", Value::String(_) | Value::Number(_)) => Some(json!([value])),
        _ => None,
    })
}

fn number_value(value: &Value) -> Value {
    value
        .as_str()
        .and_then(|text| serde_json::from_str::<serde_json::Number>(text.trim()).ok())
        .map_or_else(|| json!(number(value)), Value::Number)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}
