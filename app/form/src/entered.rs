//! Between values and the controls of a page: what stands in a control, and what values are made of what a browser sends of
//! them. The server reads a form that was sent with it, and the browser the form as it stands.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{
    Active, ActivePage, BooleanControl, CHOICES, Choice, Entities, Field, FieldError, Form, Kind, Matcher, Picker,
    json::{same, text, truthy},
    picker::repository_parts,
};

/// The most entries that a list or a map is given by a form.
const MOST_ENTRIES: usize = 500;

/// Names that mean something to a script wherever they stand.
const RESERVED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// The parts of a repository's address, each in a control of its own: named by the pointer of the field, `~`, and the part.
pub const REPOSITORY_PARTS: [&str; 6] = ["host", "organization", "workspace", "project", "owner", "repo"];

/// What is done to the entries of a list or of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// One more entry at the end.
    Add,
    /// The entry goes.
    Remove,
    /// The entry changes places with the one before it.
    Up,
    /// The entry changes places with the one after it.
    Down,
}

impl Change {
    /// Reads `add:/pages` or `remove:/pages/0`: what is done, and the pointer of the list or of the entry.
    pub fn parse(said: &str) -> Option<(Self, &str)> {
        let (verb, path) = said.split_once(':')?;
        let change = match verb {
            "add" => Self::Add,
            "remove" => Self::Remove,
            "up" => Self::Up,
            "down" => Self::Down,
            _ => return None,
        };
        Some((change, path))
    }
}

/// The text by which a form sends a value that is chosen from a list.
pub fn choice_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Field {
    /// The text that stands in the field's control.
    pub fn shown(&self) -> String {
        let Some(value) = self.value.as_ref().filter(|value| !value.is_null()) else { return String::new() };
        match &self.kind {
            Kind::Select { .. } | Kind::Radio { .. } | Kind::Boolean { .. } => choice_text(value),
            Kind::DateTime => value.as_str().and_then(local_time).unwrap_or_else(|| text(value)),
            _ => match value {
                Value::Object(_) | Value::Array(_) => value.to_string(),
                other => text(other),
            },
        }
    }

    /// Whether the time of the field is one that a control for times can hold: in universal time.
    pub fn is_plain_time(&self) -> bool {
        match self.value.as_ref() {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty() || local_time(text).is_some(),
            Some(_) => false,
        }
    }

    /// The texts that are chosen in a field of several.
    pub fn chosen(&self) -> Vec<String> {
        match &self.value {
            Some(Value::Array(values)) => values.iter().map(choice_text).collect(),
            _ => Vec::new(),
        }
    }

    /// What a control holds that cannot be empty, while the field is.
    pub fn unset(&self) -> Option<String> {
        match self.kind {
            Kind::Range => Some(self.limits.min.map_or_else(|| "0".into(), |least| text(&json!(least)))),
            Kind::Color => Some("#000000".into()),
            _ => None,
        }
    }

    /// The secret that is asked for under a name of its own and never stands among the parameters: `ui:field: Secret`.
    pub fn is_template_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret) && self.schema.get("ui:field").is_some_and(|field| field == "Secret")
    }
}

impl ActivePage {
    /// Another text when anything else is drawn of the page than the values in it.
    fn shape(&self) -> Value {
        let fields: Vec<Field> = self.fields.iter().map(bare).collect();
        json!([self.index, fields])
    }
}

impl Active {
    /// Another text when the pages change, or what is drawn of this one: what is filled in does not count.
    pub fn shape(&self, page: usize) -> String {
        let pages: Vec<_> = self.pages.iter().map(|page| (page.index, page.title.as_str())).collect();
        let own = self.pages.iter().find(|each| each.index == page).map(ActivePage::shape);
        // FNV-1a: the same on both sides.
        let bytes = json!([pages, own]).to_string();
        let hash = bytes
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

impl Form {
    /// The values after a page was sent: `sent` has the names and texts of its controls, in order. A field of which nothing was sent
    /// keeps what it has, since it was not drawn, or cannot be changed; a name that is no field's says nothing.
    pub fn entered(&self, values: &Value, page: usize, sent: &[(String, String)]) -> Value {
        let before = if values.is_object() { values.clone() } else { json!({}) };
        let mut texts: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, text) in sent {
            texts.entry(name).or_default().push(text);
        }
        let sent = Sent(texts);
        let mut after = before.clone();
        self.take_lengths(&mut after, page, &sent);
        let active = self.active(&after);
        let Some(shown) = active.pages.iter().find(|each| each.index == page) else { return before };
        let mut renamed = Vec::new();
        for field in shown.fields.iter().flat_map(Field::walk) {
            match sent.read(field) {
                Entered::Untouched => {}
                Entered::Nothing => remove(&mut after, &field.path),
                Entered::Value(value) => put(&mut after, &field.path, value),
            }
            if let Some(choice) = sent.last(&format!("{}~choice", field.path)).and_then(|text| text.parse::<u32>().ok())
                && matches!(field.kind, Kind::Choice { .. })
                && let Some(values) = after.as_object_mut()
            {
                let choices = values.entry(CHOICES).or_insert_with(|| json!({}));
                if let Some(choices) = choices.as_object_mut() {
                    choices.insert(field.path.clone(), json!(choice));
                }
            }
            if let Some(name) =
                sent.last(&format!("{}~key", field.path)).filter(|name| field.removable && *name != field.name)
            {
                renamed.push((field.path.clone(), name.to_owned()));
            }
        }
        for (path, name) in renamed {
            rename(&mut after, &path, name.trim());
        }
        self.filled(&before, after)
    }

    /// The values with the defaults of what has only now come to be shown. What was emptied stays empty.
    pub fn filled(&self, before: &Value, after: Value) -> Value {
        let known = self.active(before);
        let mut filled = self.defaults(&after);
        for field in known.fields() {
            if after.pointer(&field.path).is_none() && filled.pointer(&field.path).is_some() {
                remove(&mut filled, &field.path);
            }
        }
        filled
    }

    /// The values after something was done to a list or a map; nothing where that cannot be done.
    pub fn changed(&self, values: &Value, change: &Change, path: &str) -> Option<Value> {
        let active = self.active(values);
        let find = |path: &str| {
            active.fields().find(|field| field.path == path && has_entries(field) && !field.disabled && !field.readonly)
        };
        let mut after = if values.is_object() { values.clone() } else { json!({}) };
        if *change == Change::Add {
            let field = find(path)?;
            add(field, &mut after)?;
            return Some(self.filled(values, after));
        }
        let (around, name) = path.rsplit_once('/')?;
        let field = find(around)?;
        match &field.kind {
            Kind::List { removable, orderable, .. } => {
                let at: usize = name.parse().ok()?;
                let entries = after.pointer_mut(around)?.as_array_mut().filter(|entries| at < entries.len())?;
                match change {
                    Change::Remove if *removable => {
                        entries.remove(at);
                    }
                    Change::Up if *orderable && at > 0 => entries.swap(at, at - 1),
                    Change::Down if *orderable && at + 1 < entries.len() => entries.swap(at, at + 1),
                    _ => return None,
                }
            }
            Kind::Map { .. } if *change == Change::Remove => {
                field.children.iter().find(|entry| entry.path == path && entry.removable)?;
                remove(&mut after, path);
            }
            _ => return None,
        }
        Some(after)
    }

    /// What is wrong with a page before the run: not that its secrets are missing, which are asked for when it starts.
    pub fn page_errors(&self, values: &Value, page: usize, matcher: &dyn Matcher) -> Vec<FieldError> {
        let secrets = self.secrets(values);
        let mut errors = self.validate(values, matcher);
        errors.retain(|error| error.page == page && !secrets.contains(&error.path));
        errors
    }

    /// The values without those that no draft may hold, and no page shows again.
    pub fn without_secrets(&self, values: &Value) -> Value {
        let mut kept = values.clone();
        for path in self.secrets(values) {
            remove(&mut kept, &path);
        }
        kept
    }

    /// Gives lists the lengths that they had where they were drawn: they may have been changed elsewhere since.
    fn take_lengths(&self, values: &mut Value, page: usize, sent: &Sent) {
        // A list in a list is drawn once its entry is.
        for _ in 0..4 {
            let active = self.active(values);
            let shown = active
                .pages
                .iter()
                .filter(|each| each.index == page)
                .flat_map(|page| &page.fields)
                .flat_map(Field::walk);
            let mut changed = false;
            for field in shown {
                let Kind::List { blank, .. } = &field.kind else { continue };
                let Some(wanted) = sent
                    .last(&field.path)
                    .and_then(|text| text.parse::<usize>().ok())
                    .filter(|wanted| *wanted <= MOST_ENTRIES)
                else {
                    continue;
                };
                let mut entries = match &field.value {
                    Some(Value::Array(entries)) => entries.clone(),
                    _ if wanted == 0 => continue,
                    _ => Vec::new(),
                };
                if entries.len() != wanted {
                    entries.resize(wanted, blank.clone());
                    put(values, &field.path, Value::Array(entries));
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// What was made of the controls of one field.
enum Entered {
    /// It keeps its value.
    Untouched,
    /// It has none.
    Nothing,
    /// It has this one.
    Value(Value),
}

/// What a browser sent, by name.
struct Sent<'a>(HashMap<&'a str, Vec<&'a str>>);

impl Sent<'_> {
    fn all(&self, name: &str) -> Option<&[&str]> {
        self.0.get(name).map(Vec::as_slice)
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.all(name)?.last().copied()
    }

    fn read(&self, field: &Field) -> Entered {
        if field.disabled || field.readonly {
            return Entered::Untouched;
        }
        match &field.kind {
            Kind::Object { .. }
            | Kind::Map { .. }
            | Kind::List { .. }
            | Kind::Choice { .. }
            | Kind::Hidden
            | Kind::Null
            | Kind::Secret => Entered::Untouched,
            Kind::Boolean { control: BooleanControl::Checkbox, .. } => self.tick(field),
            Kind::Boolean { options, .. } | Kind::Select { options } | Kind::Radio { options } => {
                self.one_of(field, options)
            }
            Kind::CheckBoxes { options } | Kind::MultiSelect { options } => self.several(field, |text| {
                options.iter().find(|option| choice_text(&option.value) == text).map(|option| option.value.clone())
            }),
            Kind::File { multiple: false, .. } => self.file(field),
            Kind::File { multiple: true, .. } => {
                self.several(field, |text| text.starts_with("data:").then(|| json!(text)))
            }
            Kind::Picker(Picker::RepoUrl(repository)) => self.repository(field, &repository.hosts),
            Kind::Picker(Picker::MultiEntity(entities)) => {
                self.several(field, |text| Some(json!(reference(text, entities))))
            }
            Kind::Picker(Picker::EntityTags { .. }) => {
                self.several(field, |text| Some(json!(text.trim().to_lowercase())))
            }
            Kind::Picker(Picker::Owner(entities) | Picker::Entity(entities) | Picker::OwnedEntity(entities)) => {
                self.line(field, |text| json!(reference(text, entities)))
            }
            Kind::Number | Kind::Integer | Kind::Range => self.line(field, number),
            Kind::Time => {
                self.line(field, |text| json!(if text.len() == 5 { format!("{text}:00") } else { text.to_owned() }))
            }
            Kind::DateTime => self.line(field, |text| json!(universal_time(text))),
            _ => self.line(field, |text| json!(text)),
        }
    }

    /// A text that is typed. What stands there unchanged keeps its type.
    fn line(&self, field: &Field, value: impl Fn(&str) -> Value) -> Entered {
        let Some(text) = self.last(&field.path) else { return Entered::Untouched };
        let text = text.replace("\r\n", "\n");
        let shown = field.shown().replace("\r\n", "\n");
        let is_kept = text == shown || text == shown.replace('\n', "");
        if field.value.as_ref().is_some_and(|value| !value.is_null()) && is_kept {
            return Entered::Untouched;
        }
        let is_unset = field.value.is_none() && field.unset().is_some_and(|unset| unset == text);
        if text.is_empty() || is_unset {
            return match &field.empty_value {
                // What has no text, such as null, is not told apart from nothing by the control.
                _ if field.value.as_ref().is_none_or(Value::is_null) => Entered::Untouched,
                Some(empty) => Entered::Value(empty.clone()),
                None => Entered::Nothing,
            };
        }
        Entered::Value(value(&text))
    }

    /// A box that was never ticked says nothing; one that was says no.
    fn tick(&self, field: &Field) -> Entered {
        let Some(texts) = self.all(&field.path) else { return Entered::Untouched };
        let was = field.value.as_ref().filter(|value| !value.is_null());
        match (texts.contains(&"true"), was) {
            (true, Some(value)) if truthy(value) => Entered::Untouched,
            (true, _) => Entered::Value(json!(true)),
            (false, Some(value)) if truthy(value) => Entered::Value(json!(false)),
            (false, _) => Entered::Untouched,
        }
    }

    fn one_of(&self, field: &Field, options: &[Choice]) -> Entered {
        let Some(text) = self.last(&field.path) else { return Entered::Untouched };
        if let Some(option) = options.iter().find(|option| choice_text(&option.value) == text) {
            let is_kept = field.value.as_ref().is_some_and(|value| same(value, &option.value));
            return if is_kept { Entered::Untouched } else { Entered::Value(option.value.clone()) };
        }
        match (text, &field.value) {
            ("", Some(value)) if !value.is_null() => Entered::Nothing,
            _ => Entered::Untouched,
        }
    }

    fn several(&self, field: &Field, value: impl Fn(&str) -> Option<Value>) -> Entered {
        let Some(texts) = self.all(&field.path) else { return Entered::Untouched };
        let mut chosen: Vec<Value> = Vec::new();
        for text in texts.iter().filter(|text| !text.is_empty()).take(MOST_ENTRIES) {
            if let Some(value) = value(text).filter(|value| !chosen.contains(value)) {
                chosen.push(value);
            }
        }
        match &field.value {
            // Controls send what is chosen in an order of their own.
            Some(Value::Array(before))
                if before.len() == chosen.len() && before.iter().all(|one| chosen.contains(one)) =>
            {
                Entered::Untouched
            }
            None | Some(Value::Null) if chosen.is_empty() => Entered::Untouched,
            _ => Entered::Value(Value::Array(chosen)),
        }
    }

    /// The file that came last; what stands empty beside it says nothing.
    fn file(&self, field: &Field) -> Entered {
        let Some(texts) = self.all(&field.path) else { return Entered::Untouched };
        match texts.iter().rev().find(|text| text.starts_with("data:")) {
            Some(file) if field.value.as_ref().is_some_and(|value| value == file) => Entered::Untouched,
            Some(file) => Entered::Value(json!(file)),
            None if field.value.is_some() => Entered::Nothing,
            None => Entered::Untouched,
        }
    }

    /// The address of a repository of its parts. A host that nobody had to choose is no address yet.
    fn repository(&self, field: &Field, hosts: &[String]) -> Entered {
        let before = field.value.as_ref().and_then(Value::as_str);
        let known = before.map(repository_parts).unwrap_or_default();
        let mut parts = known.clone();
        let mut any = false;
        for part in REPOSITORY_PARTS {
            if let Some(text) = self.last(&format!("{}~{part}", field.path)) {
                any = true;
                parts.insert(part.into(), text.trim().into());
            }
        }
        let is_kept = parts.iter().all(|(name, text)| known.get(name).map_or("", String::as_str) == text);
        if !any || is_kept && before.is_some() {
            return Entered::Untouched;
        }
        let host = parts.get("host").cloned().unwrap_or_default();
        let rest: Vec<(&str, &String)> = ["owner", "repo", "organization", "workspace", "project"]
            .into_iter()
            .filter_map(|part| Some((part, parts.get(part).filter(|text| !text.is_empty())?)))
            .collect();
        if rest.is_empty() && (host.is_empty() || hosts.len() < 2 || before.is_none()) {
            return if before.is_some() { Entered::Nothing } else { Entered::Untouched };
        }
        let query: Vec<String> =
            rest.iter().map(|(part, text)| format!("{part}={}", crate::picker::encoded(text))).collect();
        Entered::Value(json!(format!("{host}?{}", query.join("&"))))
    }
}

fn has_entries(field: &Field) -> bool {
    matches!(field.kind, Kind::List { .. } | Kind::Map { .. })
}

/// Adds an entry; nothing where none may be added.
fn add(field: &Field, values: &mut Value) -> Option<()> {
    match &field.kind {
        Kind::List { blank, addable: true, .. } => {
            let mut entries = match &field.value {
                Some(Value::Array(entries)) => entries.clone(),
                _ => Vec::new(),
            };
            if entries.len() >= MOST_ENTRIES {
                return None;
            }
            entries.push(blank.clone());
            put(values, &field.path, Value::Array(entries));
        }
        Kind::Map { blank } => {
            let mut entries = match &field.value {
                Some(Value::Object(entries)) => entries.clone(),
                _ => Map::new(),
            };
            if entries.len() >= MOST_ENTRIES {
                return None;
            }
            let names = std::iter::once("name".to_owned()).chain((2..).map(|number| format!("name-{number}")));
            let name = names.into_iter().find(|name| !entries.contains_key(name))?;
            entries.insert(name, blank.clone());
            put(values, &field.path, Value::Object(entries));
        }
        _ => return None,
    }
    Some(())
}

/// The field without its values.
fn bare(field: &Field) -> Field {
    let kind = match &field.kind {
        Kind::List { item, blank, addable, orderable, removable, min, max } => Kind::List {
            item: Box::new(bare(item)),
            blank: blank.clone(),
            addable: *addable,
            orderable: *orderable,
            removable: *removable,
            min: *min,
            max: *max,
        },
        other => other.clone(),
    };
    // How these are drawn depends on what stands there.
    let value = match &kind {
        Kind::DateTime => Some(json!(field.is_plain_time())),
        Kind::Picker(Picker::RepoUrl(_)) => {
            field.value.as_ref().and_then(Value::as_str).map(|address| json!(repository_parts(address).get("host")))
        }
        _ => None,
    };
    Field { kind, value, children: field.children.iter().map(bare).collect(), schema: Value::Null, ..field.clone() }
}

/// A number as it was typed; what is none stays a text, which is then found wrong.
fn number(typed: &str) -> Value {
    let trimmed = typed.trim();
    let whole = trimmed.parse::<i64>().ok().map(Value::from);
    let fraction = || trimmed.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
    whole.or_else(fraction).unwrap_or_else(|| json!(typed))
}

/// The canonical reference of what was typed, where the parts that are missing are known; else what was typed.
fn reference(typed: &str, entities: &Entities) -> String {
    let typed = typed.trim();
    let (kind, rest) = typed.split_once(':').map_or((None, typed), |(kind, rest)| (Some(kind), rest));
    let (namespace, name) = rest.split_once('/').map_or((None, rest), |(namespace, name)| (Some(namespace), name));
    let kind = kind.or(entities.default_kind.as_deref()).filter(|kind| !kind.is_empty());
    let namespace = namespace.or(entities.default_namespace.as_deref()).unwrap_or("default");
    match kind {
        Some(kind) if !namespace.is_empty() && !name.is_empty() && !rest.contains(':') && !name.contains('/') => {
            format!("{kind}:{namespace}/{name}").to_lowercase()
        }
        _ => typed.to_owned(),
    }
}

/// A time in universal time as a control for local times holds it.
fn local_time(text: &str) -> Option<String> {
    let time = text.strip_suffix(['Z', 'z'])?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let digits =
        |from: usize, to: usize| time.get(from..to).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let is_read = time.is_ascii()
        && matches!(time.len(), 16 | 19)
        && digits(0, 4)
        && digits(5, 7)
        && digits(8, 10)
        && digits(11, 13)
        && digits(14, 16);
    (is_read && time.as_bytes()[10] == b'T').then(|| time.get(..16).unwrap_or(time).to_owned())
}

/// The other way round.
fn universal_time(text: &str) -> String {
    match (text.len(), text.as_bytes().get(10)) {
        (16, Some(b'T')) => format!("{text}:00Z"),
        (19, Some(b'T')) => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

/// The values with one at a pointer.
#[must_use]
pub fn with_value(mut values: Value, path: &str, value: Value) -> Value {
    put(&mut values, path, value);
    values
}

/// Puts a value at a pointer, making the groups on the way; what is no group there stays as it is.
pub(crate) fn put(values: &mut Value, path: &str, value: Value) {
    let steps: Vec<String> = crate::json::steps(path).collect();
    let Some((last, way)) = steps.split_last() else { return };
    let mut here = values;
    for step in way {
        if here.is_null() {
            *here = json!({});
        }
        here = match here {
            Value::Object(entries) => entries.entry(step.clone()).or_insert_with(|| json!({})),
            Value::Array(entries) => match step.parse::<usize>().ok().and_then(|at| entries.get_mut(at)) {
                Some(entry) => entry,
                None => return,
            },
            _ => return,
        };
    }
    if here.is_null() {
        *here = json!({});
    }
    match here {
        Value::Object(entries) => {
            entries.insert(last.clone(), value);
        }
        Value::Array(entries) => {
            if let Some(entry) = last.parse::<usize>().ok().and_then(|at| entries.get_mut(at)) {
                *entry = value;
            }
        }
        _ => {}
    }
}

/// Takes the value at a pointer away; an entry of a list becomes null, so that the others keep their places.
pub(crate) fn remove(values: &mut Value, path: &str) {
    let Some((around, _)) = path.rsplit_once('/') else { return };
    let Some(name) = crate::json::steps(path).last() else { return };
    match values.pointer_mut(around) {
        Some(Value::Object(entries)) => {
            entries.shift_remove(&name);
        }
        Some(Value::Array(entries)) => {
            if let Some(entry) = name.parse::<usize>().ok().and_then(|at| entries.get_mut(at)) {
                *entry = Value::Null;
            }
        }
        _ => {}
    }
}

/// Gives an entry of a map another name, in its place; not one that is taken.
fn rename(values: &mut Value, path: &str, name: &str) {
    let Some((around, _)) = path.rsplit_once('/') else { return };
    let Some(old) = crate::json::steps(path).last() else { return };
    let Some(Value::Object(entries)) = values.pointer_mut(around) else { return };
    if name.is_empty() || RESERVED.contains(&name) || entries.contains_key(name) {
        return;
    }
    *entries = std::mem::take(entries)
        .into_iter()
        .map(|(key, value)| (if key == old { name.to_owned() } else { key }, value))
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    fn pairs(sent: &[(&str, &str)]) -> Vec<(String, String)> {
        sent.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn shop() -> Form {
        form(&json!({
            "properties": {
                "name": {"type": "string"},
                "size": {"type": "integer", "default": 3},
                "ratio": {"type": "number"},
                "tier": {"enum": [1, 2, "three"]},
                "live": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "uniqueItems": true, "ui:widget": "checkboxes"},
                "pages": {"type": "array", "items": {"type": "object", "properties": {"slug": {"type": "string"}, "on": {"type": "boolean", "default": true}}}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "repo": {"type": "string", "ui:field": "RepoUrlPicker", "ui:options": {"allowedHosts": ["github.com"]}},
                "owner": {"type": "string", "ui:field": "OwnerPicker"},
                "fixed": {"type": "string", "default": "x", "ui:disabled": true}
            }
        }))
    }

    #[test]
    fn each_kind_of_control_makes_a_value_of_its_type() {
        let form = shop();
        let start = form.defaults(&json!({}));
        assert_eq!(start["size"], json!(3));
        let sent = [
            ("/name", "a\r\nb"),
            ("/size", "42"),
            ("/ratio", "0.5"),
            ("/tier", "2"),
            ("/live", ""),
            ("/live", "true"),
            ("/tags", ""),
            ("/tags", "b"),
            ("/tags", "nonsense"),
            ("/repo~host", "github.com"),
            ("/repo~owner", "team & co"),
            ("/repo~repo", "shop"),
            ("/owner", "Team-A"),
            ("/fixed", "changed"),
            ("/nowhere", "x"),
            ("/__proto__/x", "x"),
        ];
        let values = form.entered(&start, 0, &pairs(&sent));
        let wanted = json!({
            "size": 42, "fixed": "x", "name": "a\nb", "ratio": 0.5, "tier": 2, "live": true, "tags": ["b"],
            "repo": "github.com?owner=team+%26+co&repo=shop", "owner": "group:default/team-a"
        });
        for (name, value) in wanted.as_object().expect("an object") {
            assert_eq!(&values[name], value, "{name}");
        }
        assert!(values.get("nowhere").is_none() && values.get("__proto__").is_none(), "{values}");
    }

    #[test]
    fn what_was_emptied_stays_empty_and_what_was_not_sent_stays() {
        let form = shop();
        let start = form.defaults(&json!({"name": "a", "live": true}));
        let values = form.entered(
            &start,
            0,
            &pairs(&[("/size", ""), ("/live", ""), ("/tags", ""), ("/repo~host", "github.com")]),
        );
        assert_eq!(values.get("size"), None);
        assert_eq!((&values["name"], &values["live"]), (&json!("a"), &json!(false)));
        assert_eq!((values.get("tags"), values.get("repo")), (Some(&json!([])), None), "{values}");
        assert_eq!(form.entered(&values, 0, &[]).get("size"), None);
    }

    #[test]
    fn entries_are_added_moved_and_removed() {
        let form = shop();
        let change = |values: &Value, said: &str| {
            let (change, path) = Change::parse(said).expect("a change");
            form.changed(values, &change, path)
        };
        let one = change(&json!({}), "add:/pages").expect("added");
        assert_eq!(one["pages"], json!([{"on": true}]));
        let two = form.entered(&one, 0, &pairs(&[("/pages", "2"), ("/pages/0/slug", "a"), ("/pages/1/slug", "b")]));
        let moved = change(&two, "down:/pages/0").expect("moved");
        assert_eq!(moved["pages"][0]["slug"], json!("b"));
        assert_eq!(change(&moved, "remove:/pages/0").expect("removed")["pages"].as_array().map(Vec::len), Some(1));
        for refused in
            ["up:/pages/0", "down:/pages/1", "remove:/pages/7", "add:/name", "remove:/name", "add:/nowhere", "remove:"]
        {
            let (verb, path) = Change::parse(refused).expect("a change");
            assert_eq!(form.changed(&two, &verb, path), None, "{refused}");
        }
        let map = change(&json!({}), "add:/labels").expect("added");
        let named = form.entered(&map, 0, &pairs(&[("/labels/name~key", "cost"), ("/labels/name", "12")]));
        assert_eq!(named["labels"], json!({"cost": "12"}));
        let hostile = form.entered(&map, 0, &pairs(&[("/labels/name~key", "__proto__")]));
        assert_eq!(hostile["labels"], json!({"name": ""}));
    }

    #[test]
    fn the_shape_changes_with_what_is_drawn_and_not_with_what_is_filled_in() {
        let form = form(&json!({
            "properties": {"on": {"type": "boolean"}, "name": {"type": "string"}},
            "if": {"properties": {"on": {"const": true}}, "required": ["on"]},
            "then": {"properties": {"more": {"type": "string"}}}
        }));
        let shape = |values: Value| form.active(&values).shape(0);
        assert_eq!(shape(json!({"name": "a"})), shape(json!({"name": "b", "on": false})));
        assert_ne!(shape(json!({"on": false})), shape(json!({"on": true})));
    }

    #[test]
    fn times_are_universal() {
        for (value, shown) in [("2026-05-31T10:00:00Z", "2026-05-31T10:00"), ("2026-05-31T10:00:00+02:00", "")] {
            assert_eq!(local_time(value).unwrap_or_default(), shown);
        }
        assert_eq!(universal_time("2026-05-31T10:00"), "2026-05-31T10:00:00Z");
    }
}
