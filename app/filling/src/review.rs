//! What is filled in, as it is read before something starts with it, and what is asked for with the start.

use std::collections::HashMap;

use form::{Active, Field as Asked, Form, Kind, Picker, Standard, choice_text, repository_parts};
use kit::components::{Fact, Facts, Field, Need, Panel, PasswordInput};
use kit::error::AppError;
use kit::html::Html;
use kit::identity::Caller;
use kit::server::entities::Entities;
use kit::server::html;
use leptos::prelude::*;
use serde_json::Value;

use crate::offers;
use crate::sent::{control_id, names, tokens};

/// The longest value that is shown whole.
const LONG: usize = 400;

/// A page of a form as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its heading.
    pub title: String,
    /// Where it is changed; nowhere where it cannot be any more.
    pub change: Option<String>,
    /// What fields are called, and what they hold.
    pub facts: Vec<(String, String)>,
}

/// What is wrong with a form as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The page, among all pages.
    pub page: usize,
    /// The id of the control.
    pub id: String,
    /// What is wrong.
    pub text: String,
}

/// What is asked for when something starts, and kept nowhere.
#[derive(Debug, Clone)]
pub struct Secret {
    name: String,
    label: String,
    about: Option<Html>,
    help: Option<String>,
    need: Need,
}

/// The pages that are shown, as the caller may read them; `change` says where each is changed.
pub async fn read(
    entities: &dyn Entities,
    caller: &Caller,
    active: &Active,
    change: impl Fn(usize) -> Option<String>,
) -> Result<Vec<Read>, AppError> {
    let refs: Vec<String> = active.fields().filter(|field| is_of_the_catalog(field)).flat_map(values).collect();
    let names = offers::chosen(entities, caller, &refs).await?;
    let names: HashMap<String, String> = names.into_iter().map(|choice| (choice.value, choice.label)).collect();
    let pages = active.pages.iter().map(|page| Read {
        title: page.title.clone(),
        change: change(page.index),
        facts: page.fields.iter().flat_map(|field| facts(field, &names, "")).collect(),
    });
    Ok(pages.collect())
}

/// All that is wrong, page by page.
pub fn mistakes(form: &Form, active: &Active, values: &Value) -> Vec<Mistake> {
    let titles: HashMap<&str, &str> =
        active.fields().map(|field| (field.path.as_str(), field.title.as_str())).collect();
    let errors = active.pages.iter().flat_map(|page| form.page_errors(values, page.index, &Standard));
    errors
        .map(|error| {
            let title = titles.get(error.path.as_str()).copied().unwrap_or("The form");
            Mistake { page: error.page, id: control_id(&error.path), text: format!("{title}: {}", error.message) }
        })
        .collect()
}

/// What is asked for with the start: secrets of the form, then tokens.
pub fn secrets(active: &Active) -> Vec<Secret> {
    let of_fields = active.fields().filter(|field| matches!(field.kind, Kind::Secret)).map(|field| Secret {
        name: field.path.clone(),
        label: field.title.clone(),
        about: field.description.as_deref().map(html::markdown),
        help: field.help.clone(),
        need: if field.required { Need::Required } else { Need::Optional },
    });
    let of_hosts = tokens(active).into_iter().map(|key| Secret {
        name: format!("{}{key}", names::TOKEN),
        label: "Your own token for the code host".into(),
        about: None,
        help: Some(format!(
            "The template calls it {key}. Without one the portal’s own access is used, where the host has it."
        )),
        need: Need::Optional,
    });
    of_fields.chain(of_hosts).collect()
}

/// A page of a form as it is read.
#[component]
pub fn ReadPage(
    /// The page.
    page: Read,
) -> impl IntoView {
    let facts: Vec<_> =
        page.facts.into_iter().map(|(name, value)| view! { <Fact name=name>{shown_value(value)}</Fact> }).collect();
    let content = if facts.is_empty() {
        view! { <p class="pk-quiet">"Nothing is filled in."</p> }.into_any()
    } else {
        view! { <Facts>{facts}</Facts> }.into_any()
    };
    let label = format!("Change {}", page.title);
    view! {
        <Panel title=page.title>
            {content}
            {page.change.map(|href| view! { <p><a href=href aria-label=label>"Change"</a></p> })}
        </Panel>
    }
}

fn shown_value(value: String) -> AnyView {
    match value.as_str() {
        "" => view! { <span class="pk-quiet">"–"</span> }.into_any(),
        _ if value.contains('\n') => {
            let lines: Vec<_> = value.lines().map(|line| view! { <p class="pk-wrap">{line.to_owned()}</p> }).collect();
            lines.into_any()
        }
        _ => view! { <span class="pk-wrap">{value}</span> }.into_any(),
    }
}

/// What is asked for, each in its field.
#[component]
pub fn SecretFields(
    /// What is asked for.
    secrets: Vec<Secret>,
) -> impl IntoView {
    let field = |Secret { name, label, about, help, need }: Secret| {
        let id = control_id(&name);
        view! { <Field label=label id=id about=about nostrip:help=help need=need><PasswordInput name=name new=true/></Field> }
    };
    let lead = (!secrets.is_empty())
        .then(|| view! { <p class="pk-quiet">"Secrets go to the run alone: sealed, shown nowhere, forgotten at its end."</p> });
    let fields: Vec<_> = secrets.into_iter().map(field).collect();
    view! { {lead} {fields} }.into_any()
}

fn is_of_the_catalog(field: &Asked) -> bool {
    matches!(
        field.kind,
        Kind::Picker(
            Picker::Owner(_) | Picker::Entity(_) | Picker::MultiEntity(_) | Picker::OwnedEntity(_) | Picker::MyGroups
        )
    )
}

fn values(field: &Asked) -> Vec<String> {
    match &field.kind {
        Kind::Picker(picker) if picker.is_many() => field.chosen(),
        _ => Some(field.shown()).filter(|text| !text.is_empty()).into_iter().collect(),
    }
}

/// What a field says on this page, as its author wants it: a name and a text, or several for a group.
fn facts(field: &Asked, names: &HashMap<String, String>, around: &str) -> Vec<(String, String)> {
    if !field.review.show || matches!(field.kind, Kind::Hidden | Kind::Null) {
        return Vec::new();
    }
    let own = field.review.name.clone().unwrap_or_else(|| field.title.clone());
    let name = if around.is_empty() { own } else { format!("{around} · {own}") };
    if let Some(mask) = &field.review.mask {
        let text = if matches!(field.kind, Kind::Secret) { "Asked for below".to_owned() } else { mask.clone() };
        return vec![(name, text)];
    }
    match &field.kind {
        Kind::Choice { .. } if field.path.is_empty() => {
            field.children.iter().flat_map(|child| facts(child, names, around)).collect()
        }
        Kind::Object { .. } | Kind::Map { .. } | Kind::Choice { .. } | Kind::List { .. }
            if !field.children.is_empty() && field.review.explode =>
        {
            let around = if matches!(field.kind, Kind::List { .. }) { around } else { name.as_str() };
            field.children.iter().flat_map(|child| facts(child, names, around)).collect()
        }
        _ => vec![(name, text(field, names))],
    }
}

fn text(field: &Asked, names: &HashMap<String, String>) -> String {
    let label = |options: &[form::Choice], value: &str| {
        options
            .iter()
            .find(|option| choice_text(&option.value) == value)
            .map_or_else(|| value.to_owned(), |option| option.label.clone())
    };
    let several = |texts: Vec<String>| texts.join("\n");
    let text = match &field.kind {
        Kind::Select { options } | Kind::Radio { options } => label(options, &field.shown()),
        Kind::Boolean { options, .. } => match &field.value {
            None | Some(Value::Null) => "No".to_owned(),
            Some(_) => label(options, &field.shown()),
        },
        Kind::CheckBoxes { options } | Kind::MultiSelect { options } => {
            several(field.chosen().iter().map(|value| label(options, value)).collect())
        }
        Kind::File { .. } => match &field.value {
            None | Some(Value::Null) => String::new(),
            Some(Value::Array(files)) => format!("{} files", files.len()),
            Some(_) => "A file".to_owned(),
        },
        Kind::List { .. } | Kind::Object { .. } | Kind::Map { .. } if field.children.is_empty() => String::new(),
        Kind::Picker(Picker::RepoUrl(_)) if field.value.is_some() => {
            let parts = repository_parts(&field.shown());
            let order = ["host", "organization", "workspace", "project", "owner", "repo"];
            order
                .iter()
                .filter_map(|part| parts.get(*part))
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(" / ")
        }
        Kind::Picker(_) if is_of_the_catalog(field) => {
            several(values(field).into_iter().map(|value| names.get(&value).cloned().unwrap_or(value)).collect())
        }
        Kind::Picker(picker) if picker.is_many() => several(field.chosen()),
        _ => field.shown(),
    };
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
