//! From a schema and values to fields.

use serde_json::{Map, Value, json};

use crate::{
    CHOICES,
    defaults::{Filler, blank},
    expression::{filled, is_expression},
    field::{Accordion, BooleanControl, Choice, Field, Input, Kind, Limits, Review},
    json::{Object, below, overlay, same, schema_type, strings, text, truthy, type_of},
    picker::Picker,
    resolve::{Scope, is_select},
};

/// Groups nested deeper than this are drawn no further.
const DEPTH: usize = 12;
/// Lists in lists have example entries this far down.
const ITEM_DEPTH: usize = 3;

/// The widgets that are known, for each type.
const WIDGETS: [(&str, &[&str]); 5] = [
    (
        "string",
        &[
            "text",
            "password",
            "email",
            "uri",
            "hostname",
            "ipv4",
            "ipv6",
            "data-url",
            "radio",
            "select",
            "textarea",
            "hidden",
            "date",
            "datetime",
            "date-time",
            "alt-date",
            "alt-datetime",
            "time",
            "color",
            "file",
            "tel",
            "url",
        ],
    ),
    ("number", &["text", "select", "updown", "range", "radio", "hidden"]),
    ("integer", &["text", "select", "updown", "range", "radio", "hidden"]),
    ("boolean", &["checkbox", "radio", "select", "hidden"]),
    ("array", &["select", "checkboxes", "files", "hidden"]),
];

/// Draws the fields of a page.
pub(crate) struct Draw<'a> {
    pub scope: Scope<'a>,
    /// The values of all pages, to which options may refer.
    pub values: &'a Value,
}

/// What a field has from the one around it.
#[derive(Clone, Copy, Default)]
struct Around {
    disabled: bool,
    readonly: bool,
    depth: usize,
    items: usize,
}

impl Draw<'_> {
    /// The fields of a page.
    pub(crate) fn page(&self, schema: &Object) -> Vec<Field> {
        let value = Some(self.values);
        let options = self.options(schema, &mut Vec::new());
        let around = Around {
            disabled: options.get("disabled").is_some_and(truthy),
            readonly: options.get("readonly").is_some_and(truthy),
            ..Around::default()
        };
        let mut page = Field::default();
        self.group(&mut page, schema, value, &options, around);
        page.children
    }

    fn field(
        &self,
        name: &str,
        path: &str,
        raw: &Value,
        value: Option<&Value>,
        required: bool,
        around: Around,
    ) -> Field {
        let schema = self.scope.resolve(raw, value);
        let mut waits = Vec::new();
        let options = self.options(&schema, &mut waits);
        let said = |name: &str| options.get(name).filter(|said| truthy(said) && !said.is_object()).map(text);
        let written =
            |name: &str| schema.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let flag = |name: &str| options.get(name).map(truthy);
        let around = Around {
            disabled: flag("disabled").unwrap_or(around.disabled),
            readonly: flag("readonly").unwrap_or(around.readonly || schema.get("readOnly").is_some_and(truthy)),
            depth: around.depth + 1,
            items: around.items,
        };
        let mut field = Field {
            path: path.into(),
            name: name.into(),
            title: said("title").or_else(|| written("title")).unwrap_or_else(|| name.into()),
            description: said("description").or_else(|| written("description")),
            help: said("help"),
            required,
            value: value.cloned(),
            default: schema.get("const").or_else(|| schema.get("default")).cloned(),
            placeholder: said("placeholder"),
            empty_value: options.get("emptyValue").cloned(),
            autofocus: flag("autofocus") == Some(true),
            disabled: around.disabled,
            readonly: around.readonly,
            nullable: strings(schema.get("type")).iter().any(|name| name == "null")
                || schema.get("nullable") == Some(&json!(true)),
            limits: limits(&schema),
            review: review(&schema, &options),
            waits_for: waits,
            ..Field::default()
        };
        self.shape(&mut field, &schema, value, &options, around);
        if matches!(field.kind, Kind::Secret) && field.review.mask.is_none() {
            field.review.mask = Some("******".into());
        }
        field.schema = Value::Object(schema.into_owned());
        field
    }

    /// Decides how a field is drawn.
    fn shape(&self, field: &mut Field, schema: &Object, value: Option<&Value>, options: &Object, around: Around) {
        let widget = options.get("widget").and_then(Value::as_str);
        if widget == Some("hidden") {
            field.kind = Kind::Hidden;
            return;
        }
        if let Some(name) = options.get("field").and_then(Value::as_str) {
            if let Some(picker) = Picker::of(name, options) {
                field.kind = Kind::Picker(picker);
                return;
            }
            match name {
                "Secret" => {
                    field.kind = Kind::Secret;
                    return;
                }
                "AccordionField" => {
                    let title = options.get("accordionTitle").map_or_else(|| field.title.clone(), text);
                    let expanded = options.get("defaultExpanded").is_some_and(truthy);
                    self.group(field, schema, value, options, around);
                    field.kind = Kind::Object { accordion: Some(Accordion { title, expanded }) };
                    return;
                }
                "StringField" | "NumberField" | "BooleanField" | "ArrayField" | "ObjectField" | "SchemaField" => {}
                _ => field.notices.push(format!("The field “{name}” is not installed: this is a plain input")),
            }
        }
        let kind = schema_type(schema).unwrap_or_else(|| {
            let select = schema.contains_key("oneOf") || schema.contains_key("anyOf");
            if schema.contains_key("items") {
                "array"
            } else if select && !is_select(schema) {
                "choice"
            } else {
                if !select && !options.contains_key("field") {
                    field.notices.push("It has no type: a text is asked for".into());
                }
                "string"
            }
        });
        match kind {
            "boolean" => field.kind = boolean(schema, options, self.widget("boolean", widget, &mut field.notices)),
            "array" => self.list(field, schema, value, options, around),
            "object" => self.group(field, schema, value, options, around),
            "null" => field.kind = Kind::Null,
            "choice" => {}
            kind => self.line(field, schema, kind, options),
        }
        if !matches!(kind, "object" | "boolean") && !is_select(schema) {
            self.alternatives(field, schema, value, around);
        }
    }

    /// A widget that is known for a type; another is named and not used.
    fn widget<'w>(&self, kind: &str, widget: Option<&'w str>, notices: &mut Vec<String>) -> Option<&'w str> {
        let known = WIDGETS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, known)| known);
        match widget {
            Some(widget) if known.contains(&widget) => Some(widget),
            Some(other) => {
                notices.push(format!("The widget “{other}” is not known here: this is the usual control"));
                None
            }
            None => None,
        }
    }

    /// Text, numbers, and one of a few values.
    fn line(&self, field: &mut Field, schema: &Object, kind: &str, options: &Object) {
        let choices = is_select(schema).then(|| choices(schema, options));
        let widget = self.widget(kind, options.get("widget").and_then(Value::as_str), &mut field.notices);
        let format = schema.get("format").and_then(Value::as_str);
        let numeric = matches!(kind, "number" | "integer");
        let plain = if kind == "integer" { Kind::Integer } else { Kind::Number };
        field.kind = match (widget, choices) {
            (Some("radio"), Some(options)) => Kind::Radio { options },
            (Some("select") | None, Some(options)) => Kind::Select { options },
            (Some("range"), _) if numeric => Kind::Range,
            _ if numeric => plain,
            (widget, choices) => match widget.or(format) {
                Some("password") => Kind::Secret,
                Some("textarea") => Kind::Text { input: Input::Text, rows: Some(rows(options)) },
                Some("email") => Kind::Text { input: Input::Email, rows: None },
                Some("uri" | "url") => Kind::Text { input: Input::Url, rows: None },
                Some("tel") => Kind::Text { input: Input::Tel, rows: None },
                Some("date" | "alt-date") => Kind::Date,
                Some("date-time" | "datetime" | "alt-datetime") => Kind::DateTime,
                Some("time") => Kind::Time,
                Some("color") => Kind::Color,
                Some("data-url" | "file") => Kind::File { multiple: false, accept: accept(options) },
                Some("radio" | "select") => {
                    field.notices.push("There is nothing to choose from: a text is asked for".into());
                    Kind::default()
                }
                _ => match choices {
                    Some(options) => Kind::Select { options },
                    // Backstage's `rows` alone makes no area of several lines, but that is what an author means by it.
                    None if widget.is_none()
                        && options.get("rows").and_then(Value::as_u64).is_some_and(|rows| rows > 1) =>
                    {
                        Kind::Text { input: Input::Text, rows: Some(rows(options)) }
                    }
                    None => Kind::default(),
                },
            },
        };
    }

    fn list(&self, field: &mut Field, schema: &Object, value: Option<&Value>, options: &Object, around: Around) {
        let items = schema.get("items").filter(|items| items.is_object() || items.is_array());
        let wanted = options.get("widget").and_then(Value::as_str);
        let widget = self.widget("array", wanted, &mut field.notices);
        if let Some(Value::Object(one)) = items {
            let resolved = self.scope.resolve_object(one, None);
            let several = self.scope.is_multi_select(schema)
                || widget.is_some_and(|widget| widget != "files") && is_select(&resolved);
            if several {
                let mut own = self.options(&resolved, &mut Vec::new());
                own.extend(options.clone());
                let options = choices(&resolved, &own);
                field.kind = if widget == Some("checkboxes") {
                    Kind::CheckBoxes { options }
                } else {
                    Kind::MultiSelect { options }
                };
                return;
            }
            let files = resolved.get("type").is_some_and(|kind| kind == "string")
                && resolved.get("format").is_some_and(|f| f == "data-url");
            if files || widget == Some("files") {
                field.kind = Kind::File { multiple: true, accept: accept(options) };
                return;
            }
        }
        let fallback = json!({"type": "string"});
        if items.is_none() {
            field.notices.push("It does not say what its entries are: texts are asked for".into());
        }
        let fixed = schema.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        let item = |at: usize| match schema.get("items") {
            Some(Value::Array(each)) => each
                .get(at)
                .or_else(|| schema.get("additionalItems").filter(|more| more.is_object()))
                .unwrap_or(&fallback),
            Some(one) if one.is_object() => one,
            _ => &fallback,
        };
        let entries = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let flag = |name: &str| options.get(name).is_none_or(truthy);
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let least = schema.get("minItems").and_then(Value::as_u64);
        let open = fixed == 0 || schema.get("additionalItems").is_some_and(truthy);
        if around.depth < DEPTH {
            let title = |item: &Value, at: usize| {
                let own = item.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
                own.map_or_else(|| format!("{} {}", field.title, at + 1), |title| format!("{title} {}", at + 1))
            };
            field.children = entries
                .iter()
                .enumerate()
                .map(|(at, entry)| {
                    let path = below(&field.path, &at.to_string());
                    let entry = Some(entry).filter(|entry| !entry.is_null());
                    let mut child = self.field(&at.to_string(), &path, item(at), entry, true, around);
                    if items.is_none() {
                        child.schema = Value::Null;
                    }
                    if child.title == child.name || child.title == item(at).get("title").map(text).unwrap_or_default() {
                        child.title = title(item(at), at);
                    }
                    child
                })
                .collect();
        }
        let filler = Filler { scope: self.scope };
        let next = item(entries.len());
        let example = if around.items < ITEM_DEPTH && around.depth < DEPTH {
            let around = Around { items: around.items + 1, ..around };
            let path = below(&field.path, &entries.len().to_string());
            let mut example = self.field(&entries.len().to_string(), &path, next, None, true, around);
            if example.title == example.name {
                example.title = format!("{} {}", field.title, entries.len() + 1);
            }
            example
        } else {
            Field::default()
        };
        let blank = filler.fill(next, None, None, true, 0).unwrap_or_else(|| blank(&self.scope.resolve(next, None)));
        field.kind = Kind::List {
            item: Box::new(example),
            blank,
            addable: flag("addable") && open && most.is_none_or(|most| (entries.len() as u64) < most),
            orderable: flag("orderable"),
            removable: flag("removable") && entries.len() > fixed,
            min: least,
            max: most,
        };
    }

    /// The fields of an object, then the entries that the schema does not name.
    fn group(&self, field: &mut Field, schema: &Object, value: Option<&Value>, options: &Object, around: Around) {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let needed = strings(schema.get("required"));
        let open = schema.get("additionalProperties").is_some_and(truthy);
        field.kind = if open && !field.name.is_empty() {
            let entry = schema
                .get("additionalProperties")
                .filter(|entry| entry.is_object())
                .cloned()
                .unwrap_or_else(|| json!({"type": "string"}));
            Kind::Map { blank: blank(&self.scope.resolve(&entry, None)) }
        } else {
            Kind::Object { accordion: None }
        };
        if around.depth >= DEPTH {
            field.notices.push("It is nested too deep to be drawn".into());
            return;
        }
        let child = |name: &str| value.and_then(|value| value.get(name));
        let (order, notice) = ordered(properties, options.get("order"));
        field.notices.extend(notice);
        for name in order {
            let path = below(&field.path, name);
            field.children.push(self.field(
                name,
                &path,
                &properties[name],
                child(name),
                needed.iter().any(|one| one == name),
                around,
            ));
        }
        if open && !field.name.is_empty() {
            for (name, entry) in value
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(name, _)| !properties.contains_key(*name))
            {
                let schema = match schema.get("additionalProperties") {
                    Some(Value::Object(one)) if !one.is_empty() => Value::Object(one.clone()),
                    _ => json!({"type": type_of(entry)}),
                };
                let mut entry = self.field(name, &below(&field.path, name), &schema, Some(entry), false, around);
                entry.title.clone_from(name);
                entry.removable = true;
                field.children.push(entry);
            }
        }
        self.alternatives(field, schema, value, around);
    }

    /// `oneOf` and `anyOf` that are more than a few values: which of them, and its fields.
    fn alternatives(&self, field: &mut Field, schema: &Object, value: Option<&Value>, around: Around) {
        if is_select(schema) || around.depth >= DEPTH {
            return;
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(Value::Array(branches)) = schema.get(keyword) else { continue };
            let branches: Vec<Object> =
                branches.iter().map(|branch| self.scope.resolve(branch, value).into_owned()).collect();
            // Branches that only say which of the fields are required draw nothing.
            if branches.iter().all(|branch| {
                branch.keys().all(|key| matches!(key.as_str(), "required" | "title" | "description" | "not"))
            }) {
                continue;
            }
            let all: Vec<Value> = branches.iter().cloned().map(Value::Object).collect();
            let chosen = self.values.get(CHOICES).and_then(|choices| choices.get(&field.path)).and_then(Value::as_u64);
            let selected = chosen
                .and_then(|at| usize::try_from(at).ok())
                .filter(|at| *at < all.len())
                .unwrap_or_else(|| self.scope.closest(&all, value));
            let labels = branches
                .iter()
                .enumerate()
                .map(|(at, branch)| {
                    branch
                        .get("title")
                        .and_then(Value::as_str)
                        .map_or_else(|| format!("Option {}", at + 1), str::to_owned)
                })
                .collect();
            let mut option = branches.get(selected).cloned().unwrap_or_default();
            if let Some(needed) = schema.get("required") {
                option = overlay(&Map::from_iter([("required".to_owned(), needed.clone())]), &option);
            }
            let kind = Kind::Choice { options: labels, selected };
            let nested = schema_type(&option) == Some("object") || field.path.is_empty();
            let mut inside = Field { path: field.path.clone(), name: field.name.clone(), ..Field::default() };
            if nested {
                let own = self.options(&option, &mut Vec::new());
                self.group(&mut inside, &option, value, &own, around);
                let known: Vec<String> = field.children.iter().map(|child| child.path.clone()).collect();
                inside.children.retain(|child| !known.contains(&child.path));
            } else {
                let title = field.title.clone();
                let mut only =
                    self.field(&field.name, &field.path, &Value::Object(option), value, field.required, around);
                if only.title == only.name {
                    only.title = title;
                }
                inside.children = if matches!(only.kind, Kind::Null) { Vec::new() } else { vec![only] };
            }
            let title = schema.get("title").and_then(Value::as_str).unwrap_or(&field.title).to_owned();
            let choice = Field {
                kind,
                title,
                required: true,
                children: inside.children,
                path: field.path.clone(),
                name: field.name.clone(),
                ..Field::default()
            };
            if schema_type(schema).is_none() && !field.path.is_empty() {
                field.kind = choice.kind;
                field.children = choice.children;
            } else if schema_type(schema) == Some("object") || field.path.is_empty() {
                field.children.push(choice);
            }
            // Of a text or a number that is limited in several ways the field itself says enough.
        }
    }

    /// All that `ui:` says, with references to other fields filled in.
    pub(crate) fn options(&self, schema: &Object, waits: &mut Vec<String>) -> Object {
        let mut options = Map::new();
        for (key, said) in schema {
            let Some(name) = key.strip_prefix("ui:") else { continue };
            let mut put = |name: &str, said: &Value| match said {
                Value::String(source) if !is_expression(source) => {
                    options.insert(name.into(), said.clone());
                }
                _ => {
                    if let Some(said) = filled(said, self.values, waits) {
                        options.insert(name.into(), said);
                    }
                }
            };
            match said {
                Value::Object(several) if name == "options" => several.iter().for_each(|(name, said)| put(name, said)),
                Value::Null if name == "options" => {}
                said => put(name, said),
            }
        }
        options
    }
}

/// The names of fields in the order that `ui:order` asks for, and what is wrong with that.
fn ordered<'a>(properties: &'a Object, order: Option<&Value>) -> (Vec<&'a String>, Option<String>) {
    let wanted = strings(order);
    if wanted.is_empty() {
        return (properties.keys().collect(), None);
    }
    let rest: Vec<&String> = properties.keys().filter(|name| !wanted.contains(name)).collect();
    let mut names: Vec<&String> = Vec::new();
    let mut placed = false;
    for name in &wanted {
        if name == "*" && !placed {
            placed = true;
            names.extend(&rest);
        } else if let Some((name, _)) = properties.get_key_value(name)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    let notice = (!placed && !rest.is_empty()).then(|| {
        names.extend(&rest);
        format!("The order leaves out {}", rest.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", "))
    });
    (names, notice)
}

/// The values to choose from.
fn choices(schema: &Object, options: &Object) -> Vec<Choice> {
    let disabled = options.get("enumDisabled").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let choice = |value: Value, label: Option<String>| Choice {
        label: label.unwrap_or_else(|| text(&value)),
        disabled: disabled.iter().any(|one| same(one, &value)),
        value,
    };
    if let Some(Value::Array(values)) = schema.get("enum") {
        let names = options.get("enumNames").or_else(|| schema.get("enumNames"));
        let names = names.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let label = |at: usize| names.get(at).filter(|name| truthy(name)).map(text);
        return values.iter().enumerate().map(|(at, value)| choice(value.clone(), label(at))).collect();
    }
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    alternatives
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let value = one.get("const").or_else(|| one.get("enum")?.get(0))?;
            let title = one.get("ui:title").or_else(|| one.get("title")).and_then(Value::as_str);
            Some(choice(value.clone(), title.filter(|title| !title.is_empty()).map(Into::into)))
        })
        .collect()
}

fn boolean(schema: &Object, options: &Object, widget: Option<&str>) -> Kind {
    let control = match widget {
        Some("radio") => BooleanControl::Radio,
        Some("select") => BooleanControl::Select,
        _ => BooleanControl::Checkbox,
    };
    let mut choices = choices(schema, options);
    if choices.is_empty() {
        let both = Map::from_iter([
            ("enum".to_owned(), json!([true, false])),
            ("enumNames".to_owned(), schema.get("enumNames").cloned().unwrap_or(Value::Null)),
        ]);
        choices = self::choices(&both, options);
    }
    for choice in &mut choices {
        if choice.label == text(&choice.value) {
            choice.label = if truthy(&choice.value) { "Yes".into() } else { "No".into() };
        }
    }
    Kind::Boolean { control, options: choices }
}

fn rows(options: &Object) -> u32 {
    let rows = options.get("rows").and_then(Value::as_f64).unwrap_or(5.0);
    rows.clamp(1.0, 60.0) as u32
}

fn accept(options: &Object) -> Option<String> {
    options.get("accept").map(|accept| strings(Some(accept)).join(",")).filter(|accept| !accept.is_empty())
}

fn limits(schema: &Object) -> Limits {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let count = |name: &str| schema.get(name).and_then(Value::as_u64);
    Limits {
        min: number("minimum"),
        max: number("maximum"),
        step: number("multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        pattern: schema.get("pattern").and_then(Value::as_str).map(Into::into),
    }
}

fn review(schema: &Object, options: &Object) -> Review {
    let said = options.get("backstage").or_else(|| schema.get("ui:backstage")).and_then(|said| said.get("review"));
    let Some(said) = said else { return Review::default() };
    Review {
        show: said.get("show") != Some(&Value::Bool(false)),
        mask: said.get("mask").and_then(Value::as_str).filter(|mask| !mask.is_empty()).map(Into::into),
        name: said.get("name").and_then(Value::as_str).map(Into::into),
        explode: said.get("explode") != Some(&Value::Bool(false)),
    }
}
