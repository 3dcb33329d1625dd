//! Judging a value by a schema (JSON Schema draft 7 as ajv 8 reads it), in words for a person.

use serde_json::{Map, Value};

use crate::{
    Matcher, format,
    json::{Object, below, is_type, length, same, strings, text, types},
    resolve::Scope,
};

/// References that go deeper than this are taken to hold.
const DEPTH: usize = 64;

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The JSON pointer within the value.
    pub path: String,
    /// The keyword of the schema that says so.
    pub rule: &'static str,
    /// What is wrong, for a person.
    pub message: String,
}

/// All that is wrong with a value by a schema that is no form, such as that of an action's input.
pub fn judge(schema: &Value, value: &Value, matcher: &dyn Matcher) -> Vec<Fault> {
    let mut faults = Vec::new();
    Check::new(Scope::new(schema, matcher)).check(schema, value, "", &mut faults);
    faults
}

/// A walk over a value and its schema.
pub(crate) struct Check<'a> {
    scope: Scope<'a>,
    depth: usize,
}

impl<'a> Check<'a> {
    pub(crate) fn new(scope: Scope<'a>) -> Self {
        Self { scope, depth: 0 }
    }

    /// Whether the value keeps to the schema.
    pub(crate) fn holds(&mut self, schema: &Value, value: &Value) -> bool {
        let mut faults = Vec::new();
        self.check(schema, value, "", &mut faults);
        faults.is_empty()
    }

    /// Adds all that is wrong with the value.
    pub(crate) fn check(&mut self, schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
        match schema {
            Value::Bool(false) => faults.push(fault(path, "false", "Nothing may be entered here".into())),
            Value::Object(schema) if self.depth < DEPTH => {
                self.depth += 1;
                let before = faults.len();
                self.check_object_schema(schema, value, path, faults);
                if faults.len() > before
                    && let Some(messages) = schema.get("errorMessage")
                {
                    reword(messages, path, faults, before);
                }
                self.depth -= 1;
            }
            _ => {}
        }
    }

    fn check_object_schema(&mut self, schema: &Object, value: &Value, path: &str, faults: &mut Vec<Fault>) {
        if let Some(target) =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| self.scope.target(reference))
        {
            self.check(&Value::Object(target), value, path, faults);
        }
        let mut allowed = types(schema);
        if !allowed.is_empty() {
            if schema.get("nullable") == Some(&Value::Bool(true)) {
                allowed.push("null");
            }
            if !allowed.iter().any(|name| is_type(value, name)) {
                faults.push(fault(path, "type", type_message(&allowed)));
                // As ajv does, what is of another type is judged no further.
                return;
            }
        }
        any_value(schema, value, path, faults);
        match value {
            Value::Number(number) => number_faults(schema, number.as_f64().unwrap_or_default(), path, faults),
            Value::String(text) => self.text_faults(schema, text, path, faults),
            Value::Array(items) => self.list_faults(schema, items, path, faults),
            Value::Object(entries) => self.object_faults(schema, entries, value, path, faults),
            Value::Null | Value::Bool(_) => {}
        }
        self.combined(schema, value, path, faults);
    }

    fn text_faults(&self, schema: &Object, text: &str, path: &str, faults: &mut Vec<Fault>) {
        let count = length(text);
        if let Some(least) = limit(schema, "minLength").filter(|least| (count as f64) < *least) {
            let message = if count == 0 {
                "This field may not be empty".into()
            } else {
                format!("Must be at least {} long", many(least, "character"))
            };
            faults.push(fault(path, "minLength", message));
        }
        if let Some(most) = limit(schema, "maxLength").filter(|most| (count as f64) > *most) {
            faults.push(fault(path, "maxLength", format!("Must be at most {} long", many(most, "character"))));
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && self.scope.matcher.matches(pattern, text) == Some(false)
        {
            faults.push(fault(path, "pattern", format!("Must match the pattern {pattern}")));
        }
        if let Some(name) = schema.get("format").and_then(Value::as_str)
            && !format::holds(name, text, self.scope.matcher)
        {
            faults.push(fault(path, "format", format!("Must be {}", format::description(name))));
        }
    }

    fn list_faults(&mut self, schema: &Object, items: &[Value], path: &str, faults: &mut Vec<Fault>) {
        let count = items.len() as f64;
        if let Some(least) = limit(schema, "minItems").filter(|least| count < *least) {
            faults.push(fault(path, "minItems", format!("Add at least {}", many(least, "entry"))));
        }
        if let Some(most) = limit(schema, "maxItems").filter(|most| count > *most) {
            faults.push(fault(path, "maxItems", format!("There may be at most {}", many(most, "entry"))));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true))
            && let Some((first, second)) = twins(items)
        {
            faults.push(fault(path, "uniqueItems", format!("Entries {} and {} are the same", first + 1, second + 1)));
        }
        match schema.get("items") {
            Some(Value::Array(each)) => {
                for (at, item) in items.iter().enumerate() {
                    match each.get(at).or_else(|| schema.get("additionalItems")) {
                        Some(Value::Bool(false)) if at >= each.len() => {
                            faults.push(fault(
                                path,
                                "additionalItems",
                                format!("There may be at most {}", many(each.len() as f64, "entry")),
                            ));
                            break;
                        }
                        Some(schema) => self.check(schema, item, &below(path, &at.to_string()), faults),
                        None => {}
                    }
                }
            }
            Some(schema) => {
                for (at, item) in items.iter().enumerate() {
                    self.check(schema, item, &below(path, &at.to_string()), faults);
                }
            }
            None => {}
        }
        if let Some(wanted) = schema.get("contains")
            && !items.iter().any(|item| self.holds(wanted, item))
        {
            faults.push(fault(path, "contains", "An entry that must be here is missing".into()));
        }
    }

    fn object_faults(&mut self, schema: &Object, entries: &Object, value: &Value, path: &str, faults: &mut Vec<Fault>) {
        for name in strings(schema.get("required")) {
            if !entries.contains_key(&name) {
                faults.push(fault(&below(path, &name), "required", "This field is required".into()));
            }
        }
        let count = entries.len() as f64;
        if let Some(least) = limit(schema, "minProperties").filter(|least| count < *least) {
            faults.push(fault(path, "minProperties", format!("Add at least {}", many(least, "entry"))));
        }
        if let Some(most) = limit(schema, "maxProperties").filter(|most| count > *most) {
            faults.push(fault(path, "maxProperties", format!("There may be at most {}", many(most, "entry"))));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (name, entry) in entries {
            let at = below(path, name);
            let mut known = false;
            if let Some(property) = properties.and_then(|properties| properties.get(name)) {
                known = true;
                self.check(property, entry, &at, faults);
            }
            for (pattern, schema) in patterns.into_iter().flatten() {
                if self.scope.matcher.matches(pattern, name) == Some(true) {
                    known = true;
                    self.check(schema, entry, &at, faults);
                }
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) if !known => {
                    faults.push(fault(&at, "additionalProperties", format!("There is no field “{name}”")));
                }
                Some(schema) if !known => self.check(schema, entry, &at, faults),
                _ => {}
            }
            if let Some(names) = schema.get("propertyNames")
                && !self.holds(names, &Value::String(name.clone()))
            {
                faults.push(fault(&at, "propertyNames", format!("“{name}” is not a name that is allowed here")));
            }
        }
        for (name, dependency) in schema.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
            if !entries.contains_key(name) {
                continue;
            }
            match dependency {
                Value::Array(_) => {
                    for needed in strings(Some(dependency)).iter().filter(|needed| !entries.contains_key(*needed)) {
                        faults.push(fault(
                            &below(path, needed),
                            "dependencies",
                            format!("Required, since “{name}” is filled in"),
                        ));
                    }
                }
                schema => self.check(schema, value, path, faults),
            }
        }
    }

    fn combined(&mut self, schema: &Object, value: &Value, path: &str, faults: &mut Vec<Fault>) {
        if let Some(excluded) = schema.get("not")
            && self.holds(excluded, value)
        {
            faults.push(fault(path, "not", "This value is not allowed".into()));
        }
        for part in list(schema, "allOf") {
            self.check(part, value, path, faults);
        }
        for (keyword, rule) in [("anyOf", "anyOf"), ("oneOf", "oneOf")] {
            let options = list(schema, keyword);
            if options.is_empty() {
                continue;
            }
            let mut verdicts: Vec<Vec<Fault>> = Vec::new();
            let mut fitting = 0;
            for option in options {
                let mut found = Vec::new();
                self.check(option, value, path, &mut found);
                fitting += usize::from(found.is_empty());
                verdicts.push(found);
            }
            if fitting == 1 || fitting > 1 && keyword == "anyOf" {
                continue;
            }
            if fitting > 1 {
                faults.push(fault(path, rule, "This fits more than one of the choices".into()));
                continue;
            }
            let labels: Vec<String> = options.iter().filter_map(constant_label).collect();
            if labels.len() == options.len() {
                faults.push(fault(path, rule, choices_message(&labels)));
                continue;
            }
            // What is wrong by the choice that comes closest tells more than that none fits.
            let closest = self.scope.closest(options, Some(value));
            faults.append(&mut verdicts[closest.min(options.len() - 1)]);
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.holds(condition, value) { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                self.check(branch, value, path, faults);
            }
        }
    }
}

/// `enum` and `const`.
fn any_value(schema: &Object, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    if let Some(Value::Array(options)) = schema.get("enum")
        && !options.iter().any(|option| same(option, value))
    {
        let names = schema
            .get("ui:enumNames")
            .or_else(|| schema.get("enumNames"))
            .map(|names| strings(Some(names)))
            .unwrap_or_default();
        let labels: Vec<String> = options
            .iter()
            .enumerate()
            .map(|(at, option)| names.get(at).cloned().unwrap_or_else(|| text(option)))
            .collect();
        faults.push(fault(path, "enum", choices_message(&labels)));
    }
    if let Some(wanted) = schema.get("const").filter(|wanted| !same(wanted, value)) {
        faults.push(fault(path, "const", format!("Must be {}", text(wanted))));
    }
}

fn number_faults(schema: &Object, number: f64, path: &str, faults: &mut Vec<Fault>) {
    type Breaks = fn(&f64, &f64) -> bool;
    let bounds: [(&'static str, Breaks, &str); 4] = [
        ("minimum", f64::lt, "Must be at least"),
        ("maximum", f64::gt, "Must be at most"),
        ("exclusiveMinimum", f64::le, "Must be more than"),
        ("exclusiveMaximum", f64::ge, "Must be less than"),
    ];
    for (rule, breaks, words) in bounds {
        if let Some(bound) = limit(schema, rule).filter(|bound| breaks(&number, bound)) {
            faults.push(fault(path, rule, format!("{words} {bound}")));
        }
    }
    if let Some(step) = limit(schema, "multipleOf").filter(|step| *step > 0.0) {
        let times = number / step;
        if !times.is_finite() || (times.round() - times).abs() > 1e-8 {
            faults.push(fault(path, "multipleOf", format!("Must be a multiple of {step}")));
        }
    }
    match schema.get("format").and_then(Value::as_str) {
        Some("int32") if number.fract() != 0.0 || number < f64::from(i32::MIN) || number > f64::from(i32::MAX) => {
            faults.push(fault(path, "format", "Must be a whole number of 32 bits".into()));
        }
        Some("int64") if number.fract() != 0.0 => faults.push(fault(path, "format", "Must be a whole number".into())),
        _ => {}
    }
}

/// Puts the author's own words in the place of those of the rules they are for.
fn reword(messages: &Value, path: &str, faults: &mut [Fault], from: usize) {
    match messages {
        Value::String(message) => replace(faults, from, message, |_| true),
        Value::Object(messages) => {
            for (key, message) in messages {
                match (key.as_str(), message) {
                    ("properties", Value::Object(fields)) => {
                        for (name, message) in fields {
                            let field = below(path, name);
                            let inside = below(&field, "");
                            let message = text(message);
                            replace(faults, from, &message, |fault| {
                                (fault.path == field && fault.rule != "required") || fault.path.starts_with(&inside)
                            });
                        }
                    }
                    ("items", Value::Array(items)) => {
                        for (at, message) in items.iter().enumerate() {
                            let field = below(path, &at.to_string());
                            replace(faults, from, &text(message), |fault| fault.path == field);
                        }
                    }
                    ("required" | "dependencies", Value::Object(fields)) => {
                        for (name, message) in fields {
                            let field = below(path, name);
                            replace(faults, from, &text(message), |fault| fault.path == field && fault.rule == key);
                        }
                    }
                    ("required" | "dependencies", message) => {
                        let inside = below(path, "");
                        replace(faults, from, &text(message), |fault| {
                            fault.rule == key && fault.path.starts_with(&inside)
                        });
                    }
                    ("_", message) => replace(faults, from, &text(message), |fault| fault.path == path),
                    (rule, message) => {
                        replace(faults, from, &text(message), |fault| fault.path == path && fault.rule == rule)
                    }
                }
            }
        }
        _ => {}
    }
}

fn replace(faults: &mut [Fault], from: usize, message: &str, which: impl Fn(&Fault) -> bool) {
    for fault in faults[from..].iter_mut().filter(|fault| which(fault)) {
        fault.message = message.into();
    }
}

fn fault(path: &str, rule: &'static str, message: String) -> Fault {
    Fault { path: path.into(), rule, message }
}

fn limit(schema: &Map<String, Value>, keyword: &str) -> Option<f64> {
    schema.get(keyword).and_then(Value::as_f64)
}

fn list<'a>(schema: &'a Object, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn twins(items: &[Value]) -> Option<(usize, usize)> {
    (0..items.len())
        .find_map(|second| (0..second).find(|first| same(&items[*first], &items[second])).map(|first| (first, second)))
}

fn constant_label(option: &Value) -> Option<String> {
    let value =
        option.get("const").or_else(|| option.get("enum")?.as_array().filter(|values| values.len() == 1)?.first())?;
    Some(option.get("title").and_then(Value::as_str).map_or_else(|| text(value), str::to_owned))
}

fn choices_message(labels: &[String]) -> String {
    if labels.len() <= 6 { format!("Choose one of: {}", labels.join(", ")) } else { "Choose one of the options".into() }
}

fn type_message(allowed: &[&str]) -> String {
    let words = allowed.iter().map(|name| match *name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "yes or no",
        "array" => "a list",
        "object" => "a group of fields",
        _ => "empty",
    });
    format!("Must be {}", words.collect::<Vec<_>>().join(" or "))
}

fn many(count: f64, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if count == 1.0 => format!("1 {noun}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {noun}s"),
    }
}
