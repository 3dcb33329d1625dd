//! What is filled in, and what a run will do, before it starts.

use std::collections::HashMap;

use form::{Active, Field as Asked, FieldError, Kind, Picker, Standard, choice_text, repository_parts};
use kit::components::{
    Banner, Button, Emphasis, EmptyState, Fact, Facts, Field, FormActions, FormLayout, Need, Panel, PasswordInput,
    Station, Timeline, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::server::html;
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use super::{Frame, Head, page_href};
use crate::api::StartForm;
use crate::pages::template::{missing, owner_link, station};
use crate::server::Templates;
use crate::server::filling::{Filling, control_id, names, neighbour, tokens};
use crate::server::offers;

/// The longest value that is shown whole.
const LONG: usize = 400;

/// A page of the form as it is read.
struct Read {
    title: String,
    change: String,
    facts: Vec<(String, String)>,
}

/// What is asked for when the run starts.
struct Secret {
    name: String,
    label: String,
    about: Option<kit::html::Html>,
    help: Option<String>,
    need: Need,
}

/// All that is filled in, what will happen, and the button that starts it.
pub(super) async fn review_page(
    templates: &Templates,
    caller: &Caller,
    filling: &Filling,
    active: &Active,
) -> Result<Drawn, AppError> {
    let definition = &filling.definition;
    let registry = &templates.tasks.registry;
    let refs: Vec<String> = active.fields().filter(|field| is_of_the_catalog(field)).flat_map(values).collect();
    let names = offers::chosen(templates, caller, &refs).await?;
    let names: HashMap<String, String> = names.into_iter().map(|choice| (choice.value, choice.label)).collect();
    let pages = active.pages.iter().map(|page| Read {
        title: page.title.clone(),
        change: page_href(filling, page.index),
        facts: page.fields.iter().flat_map(|field| facts(field, &names, "")).collect(),
    });
    let errors: Vec<FieldError> =
        active.pages.iter().flat_map(|page| filling.form.page_errors(&filling.values, page.index, &Standard)).collect();
    let titles: HashMap<&str, &str> =
        active.fields().map(|field| (field.path.as_str(), field.title.as_str())).collect();
    let wrong = errors
        .iter()
        .map(|error| {
            let title = titles.get(error.path.as_str()).copied().unwrap_or("The form");
            (
                format!("{}&tried=1", page_href(filling, error.page)),
                control_id(&error.path),
                format!("{title}: {}", error.message),
            )
        })
        .collect();
    let owners = std::slice::from_ref(&definition.thing.owner);
    let owner = templates.entities.titles(caller, owners).await?.remove(&definition.thing.owner);
    let last = neighbour(active, usize::MAX, false);
    let label = definition.template.presentation.pointer("/buttonLabels/createButtonText").and_then(Value::as_str);
    let shown = Shown {
        pages: pages.collect(),
        wrong,
        secrets: secrets(active),
        steps: definition.template.steps.iter().map(|step| station(step, registry)).collect(),
        missing: missing(&definition.template, registry),
        owner: (definition.thing.owner.clone(), owner),
        template: definition.thing.id.clone(),
        label: label.filter(|label| !label.is_empty()).unwrap_or("Create").to_owned(),
        back: last.map(|page| page_href(filling, page)),
    };
    let head = Head::of(filling, active, None);
    Ok(page(|| view! { <ReviewView head=head shown=shown/> }))
}

struct Shown {
    pages: Vec<Read>,
    /// Where each is mended, and what is wrong.
    wrong: Vec<(String, String, String)>,
    secrets: Vec<Secret>,
    steps: Vec<Station>,
    missing: Vec<String>,
    owner: (String, Option<String>),
    template: String,
    label: String,
    back: Option<String>,
}

#[component]
fn ReviewView(head: Head, shown: Shown) -> impl IntoView {
    let Shown { pages, wrong, secrets, steps, missing, owner, template, label, back } = shown;
    let is_wrong = !wrong.is_empty();
    let first = wrong.first().map(|(page, _, _)| page.clone());
    let blocked = (!missing.is_empty()).then(|| view! { <Missing actions=missing.clone() owner=owner/> });
    let pages: Vec<_> = pages.into_iter().map(|page| view! { <ReadPage page=page/> }).collect();
    let is_empty = pages.is_empty();
    let summary = wrong.into_iter().map(|(page, id, text)| {
        let href = format!("{page}#{id}");
        view! { <li><a href=href>{text}</a></li> }
    });
    let summary = is_wrong.then(|| {
        view! {
            <Banner title="Not everything is filled in yet" tone=Tone::Attention>
                <ul>{summary.collect::<Vec<_>>()}</ul>
            </Banner>
        }
    });
    let steps = if steps.is_empty() {
        view! { <EmptyState sentence="It has no steps: a run does nothing."/> }.into_any()
    } else {
        view! { <Timeline label="Steps of the run" stations=steps/> }.into_any()
    };
    let back = back.map(|href| view! { <Button text="Back" href=href/> });
    let start = match first {
        Some(href) => view! { <FormActions><Button text="Fill in what is missing" emphasis=Emphasis::Primary href=href/> {back}</FormActions> }.into_any(),
        None if blocked.is_some() => view! { <FormActions>{back}</FormActions> }.into_any(),
        None => {
            let asked: Vec<_> = secrets.into_iter().map(|secret| view! { <SecretField secret=secret/> }).collect();
            let lead = (!asked.is_empty()).then(|| view! { <p class="pk-quiet">"Secrets go to the run alone: sealed, shown nowhere, forgotten at its end."</p> });
            view! {
                <form method="post" action=StartForm::PATH id="start-form">
                    <input type="hidden" name=names::TEMPLATE value=template/>
                    <FormLayout>
                        {lead}
                        {asked}
                        <FormActions><Button text=label emphasis=Emphasis::Primary/> {back}</FormActions>
                    </FormLayout>
                </form>
            }
            .into_any()
        }
    };
    view! {
        <Frame head=head>
            {blocked}
            {summary}
            <div class="pk-columns">
                <div class="pk-panels">
                    {is_empty.then(|| view! { <EmptyState sentence="This template asks nothing."/> })}
                    {pages}
                    <div class="pk-schema__end">{start}</div>
                </div>
                <div class="pk-panels"><Panel title="What will happen">{steps}</Panel></div>
            </div>
        </Frame>
    }
}

#[component]
fn ReadPage(page: Read) -> impl IntoView {
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
            <p><a href=page.change aria-label=label>"Change"</a></p>
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

#[component]
fn SecretField(secret: Secret) -> impl IntoView {
    let Secret { name, label, about, help, need } = secret;
    let id = control_id(&name);
    view! { <Field label=label id=id about=about nostrip:help=help need=need><PasswordInput name=name new=true/></Field> }
}

#[component]
fn Missing(actions: Vec<String>, owner: (String, Option<String>)) -> impl IntoView {
    let verb = if actions.len() == 1 {
        "An action that it uses is not installed here"
    } else {
        "Actions that it uses are not installed here"
    };
    let names: Vec<_> = actions
        .into_iter()
        .enumerate()
        .map(|(place, action)| view! { {(place > 0).then_some(", ")} <code>{action}</code> })
        .collect();
    let owner = owner_link(&owner.0, owner.1);
    view! {
        <Banner title=verb tone=Tone::Wrong>
            <p>{names} ". So no run can start. Ask the template’s owner, " {owner} ", or whoever runs the portal. What you filled in is kept."</p>
        </Banner>
    }
}

/// What is asked for with the start: secrets of the form, then tokens.
fn secrets(active: &Active) -> Vec<Secret> {
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
