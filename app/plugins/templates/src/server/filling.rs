//! Filling in a template's form: what was sent becomes a draft, and a draft a run. Every method asks whether the caller may run the template.

use std::sync::Arc;

use form::{Active, Change, Field, Form, Kind, Picker, Standard};
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::{href, segment};
use kit::server::context::lead_to;
use kit::server::said::done;
use serde_json::{Map, Value, json};

use super::Templates;
use super::drafts::{self, Draft};
use super::source::Definition;
use super::tasks::Submission;
use crate::api::Saved;
use crate::server::forms;

/// The most bytes of what is filled in.
const MOST: usize = 600_000;

/// The deepest value that is kept.
const DEPTH: usize = 32;

/// The names of what a form sends besides its fields, whose names begin with `/`.
pub mod names {
    /// The template's ref.
    pub const TEMPLATE: &str = "~template";
    /// The page, among all pages.
    pub const PAGE: &str = "~page";
    /// The draft that the page was drawn from.
    pub const REVISION: &str = "~revision";
    /// What is to be done: `keep`, `next`, `back`, `update`, `other`, or something to an entry.
    pub const DO: &str = "~do";
    /// The values that a link gave to begin with, as JSON.
    pub const GIVEN: &str = "~given";
    /// Begins the name of a token that is asked for by itself.
    pub const TOKEN: &str = "~token:";
}

/// A form as one caller fills it in.
pub struct Filling {
    /// The version of the template that is run now.
    pub definition: Arc<Definition>,
    /// What it asks for.
    pub form: Form,
    /// What the caller has filled in so far.
    pub draft: Option<Draft>,
    /// The same, or what a form holds to begin with.
    pub values: Value,
}

impl Filling {
    /// The form of a template, for a caller who may run it. `given` are values to begin with where there is no draft, as JSON; may be empty.
    pub async fn open(templates: &Templates, caller: &Caller, template: &str, given: &str) -> Result<Self, AppError> {
        let definition = templates.tasks.runnable(caller, template).await?;
        let form = form::form(&definition.template.parameters);
        let draft = drafts::load(&templates.kit, caller, &definition.thing.id).await?;
        let values = match &draft {
            Some(draft) => draft.values.clone(),
            None => form.without_secrets(&form.defaults(&begun(given)?)),
        };
        Ok(Self { definition, form, draft, values })
    }

    /// The address of the form, at a page or, with nothing, wherever the caller was.
    pub fn path(&self) -> String {
        form_path(&self.definition.thing.id)
    }
}

/// What a link gives to begin with: an object in JSON.
fn begun(given: &str) -> Result<Value, AppError> {
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

/// The address of a template's form.
pub fn form_path(template: &str) -> String {
    format!("{}/form", template_path(template))
}

/// The address of a template.
pub fn template_path(template: &str) -> String {
    let (_, rest) = template.split_once(':').unwrap_or(("template", template));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/create/templates/{}/{}", segment(namespace), segment(name))
}

/// The page after this one, or before it; nothing at the end.
pub fn neighbour(active: &Active, page: usize, forward: bool) -> Option<usize> {
    let mut pages: Vec<usize> = active.pages.iter().map(|page| page.index).collect();
    if !forward {
        pages.reverse();
    }
    pages.into_iter().find(|other| if forward { *other > page } else { *other < page })
}

/// Saves a page that was sent, and leads on.
pub async fn save(templates: &Templates, caller: &Caller, sent: &[(String, String)]) -> Result<Saved, AppError> {
    let one = |name: &str| sent.iter().rev().find(|(key, _)| key == name).map_or("", |(_, text)| text.as_str());
    let Filling { form, definition, values: start, .. } =
        Filling::open(templates, caller, one(names::TEMPLATE), one(names::GIVEN)).await?;
    let page: usize = one(names::PAGE).parse().map_err(|_| AppError::bad_request("The page is a number"))?;
    let base: i64 = one(names::REVISION).parse().unwrap_or_default();
    let does = one(names::DO);
    let mut elsewhere = false;
    let draft = drafts::save(&templates.kit, caller, &definition.thing.id, |before| {
        let known = before.map_or(&start, |draft| &draft.values);
        let mut replaced = before.map_or(Value::Null, |draft| draft.replaced.clone());
        let mut values = form.entered(known, page, sent);
        if does == "other" && !replaced.is_null() {
            (values, replaced) = (replaced, Value::Null);
        }
        if let Some((change, path)) = Change::parse(does) {
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
        // Somebody was quicker in another window: what stood there is kept beside what is typed here.
        if let Some(before) =
            before.filter(|before| before.revision != base && before.values != values && does != "other")
        {
            replaced = before.values.clone();
        }
        if does == "mine" {
            replaced = Value::Null;
        }
        Ok(Draft { values, replaced, page, revision: 0, updated_at: 0 })
    })
    .await?;
    elsewhere |= !draft.replaced.is_null();
    let active = form.active(&draft.values);
    lead_to(&after(&form, &active, &draft, page, does, &definition.thing.id));
    Ok(Saved { revision: draft.revision, shape: active.shape(page), values: draft.values.to_string(), elsewhere })
}

/// Where a page leads when it was sent without scripts, or is left.
fn after(form: &Form, active: &Active, draft: &Draft, page: usize, does: &str, template: &str) -> String {
    let path = form_path(template);
    let at = |page: usize| href(&path, [("page", (page + 1).to_string().as_str())]);
    let here = at(page);
    match does {
        "next" if !form.page_errors(&draft.values, page, &Standard).is_empty() => format!("{here}&tried=1"),
        "next" => neighbour(active, page, true).map_or_else(|| href(&path, [("page", "review")]), at),
        "back" => neighbour(active, page, false).map_or(here, at),
        _ => match Change::parse(does) {
            Some((Change::Add, list)) => format!("{here}#{}", control_id(list)),
            Some((_, entry)) => format!("{here}#{}", control_id(entry.rsplit_once('/').map_or("", |(list, _)| list))),
            None => here,
        },
    }
}

/// Begins a run with what the caller has filled in and the secrets that come with this request, and leads to it.
pub async fn start(templates: &Templates, caller: &Caller, sent: &[(String, String)]) -> Result<String, AppError> {
    let one = |name: &str| sent.iter().rev().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    let filling = Filling::open(
        templates,
        caller,
        one(names::TEMPLATE).unwrap_or_default(),
        one(names::GIVEN).unwrap_or_default(),
    )
    .await?;
    let template = filling.definition.thing.id.clone();
    let mut values = filling.form.defaults(&filling.values);
    let active = filling.form.active(&values);
    let mut secrets = Map::new();
    for field in active.fields().filter(|field| matches!(field.kind, Kind::Secret)) {
        if let Some(secret) = one(&field.path).filter(|secret| !secret.is_empty()) {
            secrets.insert(field.name.clone(), json!(secret));
            values = form::with_value(values, &field.path, json!(secret));
        }
    }
    for key in tokens(&active) {
        if let Some(token) = one(&format!("{}{key}", names::TOKEN)).filter(|token| !token.is_empty()) {
            secrets.insert(key, json!(token));
        }
    }
    let Value::Object(values) = values else { return Err(AppError::bad_request("Nothing is filled in")) };
    let submission = Submission { template: template.clone(), values, secrets, started_over: String::new() };
    let id = templates.tasks.submit(caller, submission).await.map_err(forms::said)?;
    drafts::discard(&templates.kit, caller, &template).await?;
    lead_to(&forms::run_path(&id));
    Ok(id)
}

/// Forgets what the caller has filled in.
pub async fn discard(templates: &Templates, caller: &Caller, template: &str) -> Result<(), AppError> {
    let definition = templates.tasks.runnable(caller, template).await?;
    drafts::discard(&templates.kit, caller, &definition.thing.id).await?;
    done("The draft is discarded");
    lead_to(&template_path(&definition.thing.id));
    Ok(())
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
