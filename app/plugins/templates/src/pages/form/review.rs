//! What is filled in, and what a run will do, before it starts.

use ::filling::neighbour;
use ::filling::review::{self, Mistake, Read, ReadPage, Secret, SecretFields};
use form::Active;
use kit::components::{Banner, Button, Emphasis, EmptyState, FormActions, FormLayout, Panel, Station, Timeline, Tone};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use super::{Frame, Head, page_href};
use crate::api::StartForm;
use crate::pages::template::{missing, owner_link, station};
use crate::server::Templates;
use crate::server::filling::{Filling, TEMPLATE};

/// All that is filled in, what will happen, and the button that starts it.
pub(super) async fn review_page(
    templates: &Templates,
    caller: &Caller,
    filling: &Filling,
    active: &Active,
) -> Result<Drawn, AppError> {
    let definition = &filling.definition;
    let registry = &templates.tasks.registry;
    let entities = &*templates.entities;
    let pages = review::read(entities, caller, active, |page| Some(page_href(filling, page))).await?;
    let wrong = review::mistakes(&filling.form, active, &filling.values);
    let wrong =
        wrong.into_iter().map(|Mistake { page, id, text }| (format!("{}&tried=1", page_href(filling, page)), id, text));
    let owners = std::slice::from_ref(&definition.thing.owner);
    let owner = templates.entities.titles(caller, owners).await?.remove(&definition.thing.owner);
    let last = neighbour(active, usize::MAX, false);
    let label = definition.template.presentation.pointer("/buttonLabels/createButtonText").and_then(Value::as_str);
    let shown = Shown {
        pages,
        wrong: wrong.collect(),
        secrets: review::secrets(active),
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
            view! {
                <form method="post" action=StartForm::PATH id="start-form">
                    <input type="hidden" name=TEMPLATE value=template/>
                    <FormLayout>
                        <SecretFields secrets=secrets/>
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
