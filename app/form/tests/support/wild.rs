//! Schemas that no author wrote, and values for them.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Map, Value, json};

/// Names that are few, so that values meet schemas.
const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const WORDS: [&str; 6] = ["", "x", "yes", "no", "long-word", "42"];

/// A page and values for it; the same seed gives the same. In one that `agrees` all branches mean the same by a field.
pub fn wild(seed: u64, agrees: bool) -> (Value, Vec<Value>) {
    let mut wild = Wild(StdRng::seed_from_u64(seed), agrees.then_some(seed));
    let mut page = wild.object(0);
    if !agrees && wild.one_in(3) {
        page.insert("definitions".into(), json!({"word": wild.field(2), "group": wild.object(2)}));
        wild.refer(&mut page, 0);
    }
    let page = Value::Object(page);
    let values = (0..8).map(|_| wild.values(Some(&page), 0)).collect();
    (page, values)
}

/// Chance, and what the meaning of fields is drawn from where they have only one.
struct Wild(StdRng, Option<u64>);

impl Wild {
    fn one_in(&mut self, chances: u32) -> bool {
        self.0.random_ratio(1, chances)
    }

    fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.0.random_range(0..values.len())]
    }

    fn name(&mut self) -> String {
        (*self.pick(&NAMES)).into()
    }

    fn names(&mut self) -> Vec<String> {
        NAMES.iter().filter(|_| self.0.random_ratio(1, 3)).map(|name| (*name).to_owned()).collect()
    }

    fn refer(&mut self, page: &mut Map<String, Value>, depth: usize) {
        if let Some(Value::Object(properties)) = page.get_mut("properties") {
            for property in properties.values_mut() {
                if self.one_in(4) {
                    *property =
                        json!({"$ref": if self.one_in(2) { "#/definitions/word" } else { "#/definitions/group" }});
                } else if let Value::Object(inner) = property
                    && depth < 3
                {
                    self.refer(inner, depth + 1);
                }
            }
        }
    }

    /// An object with what makes its fields come and go.
    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut properties = Map::new();
        for name in NAMES {
            if self.one_in(2) {
                let field = self.field_of(name, depth);
                properties.insert(name.into(), field);
            }
        }
        let mut object = Map::from_iter([("properties".to_owned(), Value::Object(properties))]);
        if !self.one_in(4) {
            object.insert("type".into(), json!("object"));
        }
        if self.one_in(2) {
            object.insert("required".into(), json!(self.names()));
        }
        if depth > 2 {
            return object;
        }
        if self.one_in(3) {
            let mut dependencies = Map::new();
            for _ in 0..self.0.random_range(1..3) {
                let name = self.name();
                let dependency = self.dependency(&name, depth);
                dependencies.insert(name, dependency);
            }
            object.insert("dependencies".into(), dependencies.into());
        }
        if self.one_in(4) {
            self.conditional(&mut object, depth);
        }
        if self.one_in(5) {
            let parts: Vec<Value> = (0..self.0.random_range(1..3)).map(|_| self.part(depth)).collect();
            object.insert("allOf".into(), parts.into());
        }
        if self.one_in(8) {
            let keyword = if self.one_in(2) { "oneOf" } else { "anyOf" };
            let parts: Vec<Value> =
                (0..self.0.random_range(1..3)).map(|_| json!({"properties": self.few(depth)})).collect();
            object.insert(keyword.into(), parts.into());
        }
        if depth > 0 && self.one_in(8) {
            object.insert(
                "additionalProperties".into(),
                if self.one_in(2) { json!(false) } else { json!({"type": "string"}) },
            );
        }
        object
    }

    fn few(&mut self, depth: usize) -> Value {
        let mut few = Map::new();
        for _ in 0..self.0.random_range(1..3) {
            let name = self.name();
            let field = self.field_of(&name, depth);
            few.insert(name, field);
        }
        Value::Object(few)
    }

    /// What a name stands for in an object at a depth.
    fn field_of(&mut self, name: &str, depth: usize) -> Value {
        let Some(seed) = self.1 else { return self.field(depth + 1) };
        let place = name.bytes().fold(seed, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b))).wrapping_mul(7);
        // Below the page all is plain: what a nested condition brings is filled in otherwise.
        Wild(StdRng::seed_from_u64(place), self.1).field(depth.max(2) + 1)
    }

    fn conditional(&mut self, object: &mut Map<String, Value>, depth: usize) {
        object.insert("if".into(), json!({"properties": {self.name(): self.condition()}, "required": self.names()}));
        for branch in ["then", "else"] {
            if !self.one_in(4) {
                let part = self.part(depth + 1);
                object.insert(branch.into(), part);
            }
        }
    }

    /// A part of `allOf`, or a branch.
    fn part(&mut self, depth: usize) -> Value {
        let mut part = Map::new();
        part.insert("properties".into(), self.few(depth));
        if self.one_in(2) {
            part.insert("required".into(), json!(self.names()));
        }
        if depth < 2 && self.one_in(2) {
            self.conditional(&mut part, depth + 1);
        }
        Value::Object(part)
    }

    fn condition(&mut self) -> Value {
        match self.0.random_range(0..4) {
            0 => json!({"const": self.scalar()}),
            1 => json!({"enum": [self.scalar(), self.scalar()]}),
            2 => json!({"type": "string", "pattern": "^[a-z]+$"}),
            _ => json!({"const": true}),
        }
    }

    fn dependency(&mut self, name: &str, depth: usize) -> Value {
        if self.one_in(3) {
            return json!(self.names());
        }
        if self.one_in(3) {
            return self.part(depth + 1);
        }
        let branches: Vec<Value> = (0..self.0.random_range(1..4))
            .map(|_| {
                let mut branch = self.part(depth + 1);
                let condition = self.condition();
                branch["properties"][name] = condition;
                branch
            })
            .collect();
        json!({"oneOf": branches})
    }

    fn scalar(&mut self) -> Value {
        match self.0.random_range(0..5) {
            0 => json!(true),
            1 => json!(false),
            2 => json!(self.0.random_range(0..4)),
            _ => json!(*self.pick(&WORDS)),
        }
    }

    fn field(&mut self, depth: usize) -> Value {
        let mut field = match self.0.random_range(0..if depth < 3 { 12 } else { 8 }) {
            0 | 1 => {
                let mut text = json!({"type": "string"});
                match self.0.random_range(0..6) {
                    0 => text["minLength"] = json!(2),
                    1 => text["maxLength"] = json!(4),
                    2 => text["pattern"] = json!("^[a-z-]+$"),
                    3 => text["format"] = json!(*self.pick(&["email", "date", "uri"])),
                    _ => {}
                }
                text
            }
            2 => json!({"type": "boolean"}),
            3 => json!({"type": "integer", "minimum": 1, "maximum": 3}),
            4 => json!({"type": "number", "multipleOf": 0.5}),
            5 | 6 => json!({"type": "string", "enum": ["x", "yes", "no"]}),
            7 => json!({"type": ["string", "null"]}),
            8 => {
                let mut list = json!({"type": "array", "items": self.field(depth + 1)});
                if self.one_in(2) {
                    list["minItems"] = json!(1);
                }
                if self.one_in(2) {
                    list["uniqueItems"] = json!(true);
                }
                list
            }
            9 => json!({"type": "array", "uniqueItems": true, "items": {"type": "string", "enum": ["x", "yes", "no"]}}),
            10 => json!({"type": "string", "oneOf": [{"const": "x", "title": "X"}, {"const": "yes"}]}),
            _ => Value::Object(self.object(depth)),
        };
        let scalar = field["type"] != "object" && field["type"] != "array" && field.get("properties").is_none();
        if self.one_in(3) && scalar {
            let default = self.fitting(&field);
            field["default"] = default;
        } else if self.one_in(6) && scalar {
            let value = self.fitting(&field);
            field["const"] = value;
        }
        field
    }

    /// A value of the type of a field, which may break its other rules.
    fn fitting(&mut self, field: &Value) -> Value {
        match field["type"].as_str() {
            Some("boolean") => json!(self.one_in(2)),
            Some("integer") => json!(self.0.random_range(0..5)),
            Some("number") => json!(f64::from(self.0.random_range(0..8)) / 4.0),
            _ if field.get("enum").is_some() || field.get("oneOf").is_some() => json!(*self.pick(&["x", "yes"])),
            _ => json!(*self.pick(&WORDS)),
        }
    }

    /// Values that a page may meet.
    fn values(&mut self, schema: Option<&Value>, depth: usize) -> Value {
        let mut values = Map::new();
        for name in NAMES {
            if self.one_in(2) {
                let property = schema.and_then(|schema| schema.get("properties")?.get(name)).cloned();
                values.insert(name.into(), self.value(property.as_ref(), depth + 1));
            }
        }
        Value::Object(values)
    }

    fn value(&mut self, schema: Option<&Value>, depth: usize) -> Value {
        let Some(schema) = schema.filter(|_| !self.one_in(10)) else { return self.scalar() };
        let kind = schema.get("type").and_then(Value::as_str);
        match kind {
            Some("object") => self.values(Some(schema), depth),
            None if schema.get("properties").is_some() => self.values(Some(schema), depth),
            Some("array") => {
                (0..self.0.random_range(0..3)).map(|_| self.value(schema.get("items"), depth + 1)).collect()
            }
            _ => self.fitting(schema),
        }
    }
}
