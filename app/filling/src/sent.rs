//! What a page of a form sends, and what becomes of it.

use form::{Active, Change, Field, Form, Kind, Picker, Standard};
use kit::error::AppError;
use serde_json::{Map, Value, json};

/// The most bytes of what is filled in.
const MOST: usize = 600_000;

/// The deepest value that is kept.
const DEPTH: usize = 32;

/// The names of what a form sends besides its fields, whose names begin with `/`.
pub mod names {
    /// The page, among all pages.
    pub const PAGE: &str = "~page";
    /// The number of the save that the page was drawn from.
    pub const REVISION: &str = "~revision";
    /// What is to be done: `keep`, `next`, `back`, `update`, something to an entry, or what its plugin adds.
    pub const DO: &str = "~do";
    /// Begins the name of a token that is asked for by itself.
    pub const TOKEN: &str = "~token:";
}

/// What was sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a>(pub &'a [(String, String)]);

impl<'a> Sent<'a> {
    /// What was sent under a name; nothing where nothing was.
    pub fn one(self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// What is to be done.
    pub fn does(self) -> &'a str {
        self.one(names::DO).unwrap_or_default()
    }

    /// The page, among all pages of the form.
    pub fn page(self) -> Result<usize, AppError> {
        let page = self.one(names::PAGE).unwrap_or_default();
        page.parse().map_err(|_| AppError::bad_request("The page is a number"))
    }

    /// The number of the save that the page was drawn from; 0 where it was none.
    pub fn revision(self) -> i64 {
        self.one(names::REVISION).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// What is filled in now, where `known` was before: without secrets, and within what a form may hold.
    pub fn values(self, form: &Form, known: &Value, page: usize) -> Result<Value, AppError> {
        let mut values = form.entered(known, page, self.0);
        if let Some((change, path)) = Change::parse(self.does()) {
            values = form.changed(&values, &change, path).unwrap_or(values);
        }
        let values = form.without_secrets(&values);
        if values.to_string().len() > MOST {
            return Err(AppError::bad_request(
                "This is more than a form may hold: shorten it, or choose smaller files",
            ));
        }
        if depth(&values) > DEPTH {
            return Err(AppError::bad_request("This is nested deeper than a form may be"));
        }
        Ok(values)
    }
}

/// Where a page leads that was sent without scripts, or is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// To a page, at the control of this id where there is one.
    Page(usize, Option<String>),
    /// Nowhere: what is wrong with this page is to be said.
    Tried(usize),
    /// Past the last page.
    Review,
}

/// Where a page leads, as its button says.
pub fn onward(form: &Form, active: &Active, values: &Value, page: usize, does: &str) -> Onward {
    let at = |path: &str| Onward::Page(page, Some(control_id(path)));
    match does {
        "next" if !form.page_errors(values, page, &Standard).is_empty() => Onward::Tried(page),
        "next" => neighbour(active, page, true).map_or(Onward::Review, |page| Onward::Page(page, None)),
        "back" => Onward::Page(neighbour(active, page, false).unwrap_or(page), None),
        _ => match Change::parse(does) {
            Some((Change::Add, list)) => at(list),
            Some((_, entry)) => at(entry.rsplit_once('/').map_or("", |(list, _)| list)),
            None => Onward::Page(page, None),
        },
    }
}

/// The page after this one, or before it; nothing at the end.
pub fn neighbour(active: &Active, page: usize, forward: bool) -> Option<usize> {
    let mut pages: Vec<usize> = active.pages.iter().map(|page| page.index).collect();
    if !forward {
        pages.reverse();
    }
    pages.into_iter().find(|other| if forward { *other > page } else { *other < page })
}

/// What a link gives to begin with: an object in JSON; nothing where it is empty.
pub fn begun(given: &str) -> Result<Value, AppError> {
    if given.is_empty() {
        return Ok(json!({}));
    }
    let wrong = || AppError::bad_request("formData is an object in JSON");
    let values: Value = serde_json::from_str(given).map_err(|_| wrong())?;
    if !values.is_object() || depth(&values) > DEPTH {
        return Err(wrong());
    }
    Ok(values)
}

/// What something starts with.
#[derive(Clone, PartialEq)]
pub struct Started {
    /// What is filled in.
    pub values: Map<String, Value>,
    /// The secrets that come with the start and are kept nowhere else.
    pub secrets: Map<String, Value>,
}

/// What something starts with that was filled in before, and now with what was sent with the start.
pub fn started(form: &Form, values: &Value, sent: Sent<'_>) -> Result<Started, AppError> {
    let mut values = form.defaults(values);
    let active = form.active(&values);
    let mut secrets = Map::new();
    for field in active.fields().filter(|field| matches!(field.kind, Kind::Secret)) {
        if let Some(secret) = sent.one(&field.path).filter(|secret| !secret.is_empty()) {
            secrets.insert(field.name.clone(), json!(secret));
            values = form::with_value(values, &field.path, json!(secret));
        }
    }
    for key in tokens(&active) {
        if let Some(token) = sent.one(&format!("{}{key}", names::TOKEN)).filter(|token| !token.is_empty()) {
            secrets.insert(key, json!(token));
        }
    }
    let Value::Object(values) = values else { return Err(AppError::bad_request("Nothing is filled in")) };
    Ok(Started { values, secrets })
}

/// The names of tokens that fields ask for by themselves, each once.
pub fn tokens(active: &Active) -> Vec<String> {
    let mut keys = Vec::new();
    for field in active.fields() {
        if let Some(key) = credentials(field).filter(|key| !keys.contains(key)) {
            keys.push(key);
        }
    }
    keys
}

fn credentials(field: &Field) -> Option<String> {
    let asked = match &field.kind {
        Kind::Picker(Picker::RepoUrl(repository) | Picker::RepoBranch(repository)) => repository.credentials.as_ref(),
        Kind::Picker(Picker::RepoOwner { credentials, .. }) => credentials.as_ref(),
        _ => None,
    };
    asked.map(|asked| asked.secrets_key.clone()).filter(|key| !key.is_empty())
}

/// The id of the control of a field: its pointer, without what an id may not hold.
pub fn control_id(path: &str) -> String {
    let mut id = String::from("f");
    for c in path.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~') {
            id.push(c);
        } else {
            id.push_str(&format!(":{:x}", u32::from(c)));
        }
    }
    id
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        Value::Array(entries) => 1 + entries.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use form::form;

    use super::*;

    fn pairs(sent: &[(&str, &str)]) -> Vec<(String, String)> {
        sent.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_page_leads_where_its_button_says() {
        let form = form(&json!([
            { "title": "One", "required": ["name"], "properties": {
                "name": { "type": "string" }, "tags": { "type": "array", "items": { "type": "string" } }
            } },
            { "title": "Two", "properties": { "more": { "type": "string" } } },
        ]));
        let (empty, full) = (json!({}), json!({ "name": "a", "tags": ["x"] }));
        for (values, page, does, expected) in [
            (&empty, 0, "next", Onward::Tried(0)),
            (&full, 0, "next", Onward::Page(1, None)),
            (&full, 1, "next", Onward::Review),
            (&full, 1, "back", Onward::Page(0, None)),
            (&full, 0, "back", Onward::Page(0, None)),
            (&full, 0, "keep", Onward::Page(0, None)),
            (&full, 0, "add:/tags", Onward::Page(0, Some("f/tags".into()))),
            (&full, 0, "remove:/tags/0", Onward::Page(0, Some("f/tags".into()))),
        ] {
            assert_eq!(onward(&form, &form.active(values), values, page, does), expected, "{does}");
        }
    }

    #[test]
    fn secrets_are_kept_apart_and_what_is_too_much_is_refused() {
        let form = form(&json!({ "properties": {
            "name": { "type": "string" }, "pin": { "type": "string", "ui:field": "Secret" }
        } }));
        let page = pairs(&[("/name", "a"), ("/name", "b"), ("/pin", "1234"), ("~revision", "7"), ("~page", "0")]);
        let sent = Sent(&page);
        assert_eq!((sent.one("/name"), sent.revision(), sent.page()), (Some("b"), 7, Ok(0)));
        let values = sent.values(&form, &json!({}), 0).expect("read");
        assert!(!values.to_string().contains("1234"), "{values}");
        let Started { values, secrets } = started(&form, &values, sent).expect("started");
        assert_eq!((secrets["pin"].as_str(), values["pin"].as_str()), (Some("1234"), Some("1234")));
        let page = pairs(&[("/name", &"x".repeat(MOST))]);
        assert!(Sent(&page).values(&form, &json!({}), 0).is_err());
        assert!(Sent(&page).page().is_err());
        assert!(begun("[]").is_err() && begun(&"[".repeat(1_000)).is_err());
        assert_eq!(begun("{\"a\":1}"), Ok(json!({ "a": 1 })));
    }
}
