//! The form of a template: a page of fields, or what is filled in before the run.

mod fields;
mod review;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use form::{Active, ActivePage, FieldError, Standard};
use kit::components::{
    Banner, Button, ConfirmActions, ConfirmDialog, DialogButton, DraftStatus, Emphasis, ErrorSummary, FormActions,
    Fragment, Page, SchemaForm, SchemaFormData, State, Station, Stepper, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::query::href;
use kit::server::context::{caller, service};
use kit::server::html;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use self::fields::{Drawing, offered};
use crate::api::{DiscardForm, SaveForm, TemplatesPage};
use crate::server::Templates;
use crate::server::filling::{Filling, control_id, names, neighbour, template_path};

/// The page of the address that is no page of fields.
const REVIEW: &str = "review";

/// The name under which a link gives values to begin with, as in Backstage.
const GIVEN: &str = "formData";

/// The dialog that asks before a draft is discarded.
const DISCARD: &str = "discard-draft";

/// The form of a template, at the page that the address names or the one that was filled in last.
pub async fn form_page(namespace: &str, name: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, templates) = (caller().await?, service::<Templates>("Templates")?);
    let filling = Filling::open(&templates, &caller, &format!("template:{namespace}/{name}"), &at.one(GIVEN)).await?;
    let active = filling.form.active(&filling.values);
    let asked = at.one("page");
    let number = asked.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let number = number.or_else(|| filling.draft.as_ref().filter(|_| asked.is_empty()).map(|draft| draft.page));
    let shown = number
        .and_then(|number| active.pages.iter().find(|page| page.index == number))
        .or_else(|| active.pages.first());
    match shown.filter(|_| asked != REVIEW) {
        Some(shown) => {
            let tried = !at.one("tried").is_empty();
            fields_page(&templates, &caller, &filling, &active, shown, (tried, at.one(GIVEN))).await
        }
        None => review::review_page(&templates, &caller, &filling, &active).await,
    }
}

async fn fields_page(
    templates: &Templates,
    caller: &Caller,
    filling: &Filling,
    active: &Active,
    shown: &ActivePage,
    (tried, given): (bool, String),
) -> Result<Drawn, AppError> {
    let errors = if tried { filling.form.page_errors(&filling.values, shown.index, &Standard) } else { Vec::new() };
    let drawing = Drawing {
        template: filling.definition.thing.id.as_str().into(),
        errors: Arc::new(by_field(&errors, shown)),
        offered: Arc::new(offered(templates, caller, shown).await?),
        may_focus: errors.is_empty(),
    };
    let data = SchemaFormData {
        definition: filling.definition.template.parameters.to_string(),
        values: filling.values.to_string(),
        source: Some(TemplatesPage::PATH),
        page: shown.index,
        shape: active.shape(shown.index),
        tried,
    };
    let head = Head::of(filling, active, Some(shown.index));
    let position = Position {
        given: if filling.draft.is_some() { String::new() } else { given },
        ..Position::of(filling, active, shown.index)
    };
    let shown = shown.clone();
    Ok(page(|| view! { <FieldsView head=head position=position shown=shown errors=errors drawing=drawing data=data/> }))
}

/// What the pages of a form have in common.
struct Head {
    template: String,
    title: String,
    version: String,
    stations: Vec<Station>,
    has_draft: bool,
    replaced: bool,
}

impl Head {
    fn of(filling: &Filling, active: &Active, at: Option<usize>) -> Self {
        let definition = &filling.definition;
        let state = |page: usize| match at {
            Some(at) if page == at => State::Here,
            Some(at) if page > at => State::Ahead,
            _ if filling.form.page_errors(&filling.values, page, &Standard).is_empty() => State::Done,
            _ => State::Waiting,
        };
        let mut stations: Vec<Station> = active
            .pages
            .iter()
            .map(|page| {
                let state = state(page.index);
                let note = if state == State::Waiting { "Something is missing" } else { "" };
                Station::new(page.title.clone(), state, note)
            })
            .collect();
        stations.push(Station::new("Review", if at.is_none() { State::Here } else { State::Ahead }, ""));
        Self {
            template: definition.thing.id.clone(),
            title: definition.template.title.clone(),
            version: definition.version.clone(),
            stations,
            has_draft: filling.draft.is_some(),
            replaced: filling.draft.as_ref().is_some_and(|draft| !draft.replaced.is_null()),
        }
    }
}

/// Where a page stands among the others.
#[derive(Debug, Clone)]
struct Position {
    given: String,
    page: usize,
    revision: i64,
    is_first: bool,
    is_last: bool,
}

impl Position {
    fn of(filling: &Filling, active: &Active, page: usize) -> Self {
        Self {
            given: String::new(),
            page,
            revision: filling.draft.as_ref().map_or(0, |draft| draft.revision),
            is_first: neighbour(active, page, false).is_none(),
            is_last: neighbour(active, page, true).is_none(),
        }
    }
}

/// What is wrong, by the pointer of the field that says it: its own, or the nearest around it.
fn by_field(errors: &[FieldError], shown: &ActivePage) -> HashMap<String, Vec<String>> {
    let drawn: Vec<&str> = shown.fields.iter().flat_map(form::Field::walk).map(|field| field.path.as_str()).collect();
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for error in errors {
        found.entry(nearest(&drawn, &error.path)).or_default().push(error.message.clone());
    }
    found
}

fn nearest(drawn: &[&str], path: &str) -> String {
    let mut way = path;
    while !way.is_empty() && !drawn.contains(&way) {
        way = way.rsplit_once('/').map_or("", |(around, _)| around);
    }
    way.to_owned()
}

/// A page of a form in the portal's frame.
#[component]
fn Frame(head: Head, children: Children) -> impl IntoView {
    let Head { template, title, version, stations, has_draft, replaced: _ } = head;
    let aside = has_draft.then(|| {
        // It needs no script: browsers open the dialog by themselves.
        view! { <DialogButton opens=DISCARD text="Discard draft"/> }.into_any()
    });
    let reference = format!("{template} {version}");
    let back = template_path(&template);
    view! {
        <Page title=title kind="Use a template" reference=reference aside=aside>
            <div class="pk-schema__way"><Stepper label="Pages of this form" stations=stations/></div>
            {children()}
            <ConfirmDialog id=DISCARD title="Discard this draft?" consequence="All that is filled in on all pages is forgotten, on every device.">
                <form method="post" action=DiscardForm::PATH>
                    <input type="hidden" name="template" value=template/>
                    <ConfirmActions dialog=DISCARD confirm="Discard draft"/>
                </form>
            </ConfirmDialog>
            <p><a class="pk-button pk-button--quiet" href=back>"Back to the template"</a></p>
        </Page>
    }
}

#[component]
fn FieldsView(
    head: Head,
    position: Position,
    shown: ActivePage,
    errors: Vec<FieldError>,
    drawing: Drawing,
    data: SchemaFormData,
) -> impl IntoView {
    let drawn: Vec<&str> = shown.fields.iter().flat_map(form::Field::walk).map(|field| field.path.as_str()).collect();
    let titles: HashMap<&str, &str> = shown
        .fields
        .iter()
        .flat_map(form::Field::walk)
        .map(|field| (field.path.as_str(), field.title.as_str()))
        .collect();
    let summary: Vec<(String, String)> = errors
        .iter()
        .map(|error| {
            let at = nearest(&drawn, &error.path);
            let title = titles.get(at.as_str()).copied().unwrap_or("This page");
            (control_id(&at), format!("{title}: {}", error.message))
        })
        .collect();
    let hidden = vec![
        (names::TEMPLATE, head.template.clone()),
        (names::PAGE, position.page.to_string()),
        (names::REVISION, position.revision.to_string()),
        (names::GIVEN, position.given.clone()),
    ];
    let status = if head.has_draft { "Draft saved" } else { "What you type is kept as you go." };
    let other = head.replaced.then(|| view! { <Elsewhere/> });
    let fields: Vec<_> = shown.fields.iter().map(|field| drawing.field(field)).collect();
    let about = shown.description.as_deref().map(html::markdown);
    let sends = |what: &str| (names::DO, what.to_owned());
    let is_empty = fields.is_empty();
    view! {
        <Frame head=head>
            <section class="pk-section">
                <h2>{shown.title}</h2>
                {about.map(|about| view! { <Fragment html=about class="pk-prose"/> })}
                {(!summary.is_empty()).then(|| view! { <ErrorSummary errors=summary/> })}
                <SchemaForm action=SaveForm::PATH data=data hidden=hidden enter=(names::DO, "next")>
                    {other}
                    {is_empty.then(|| view! { <p class="pk-quiet">"There is nothing to fill in on this page."</p> })}
                    {fields}
                    <FormActions>
                        <Button text=if position.is_last { "Review" } else { "Continue" } emphasis=Emphasis::Primary sends=sends("next")/>
                        {(!position.is_first).then(|| view! { <Button text="Back" sends=sends("back")/> })}
                        <noscript><Button text="Update form" sends=sends("update")/></noscript>
                        <DraftStatus text=status/>
                    </FormActions>
                </SchemaForm>
            </section>
        </Frame>
    }
}

/// Says that another window has saved something else, and how to get that back.
#[component]
fn Elsewhere() -> impl IntoView {
    let action = view! {
        <Button text="Use what was saved there" sends=(names::DO, "other".to_owned())/>
        <Button text="Keep what stands here" sends=(names::DO, "mine".to_owned())/>
    }
    .into_any();
    view! {
        <Banner title="This draft was also changed in another window or on another device" tone=Tone::Attention action=action>
            <p>"What you typed here is kept. What was saved there is not lost either."</p>
        </Banner>
    }
}

/// The address of a page of the form.
fn page_href(filling: &Filling, page: usize) -> String {
    href(&filling.path(), [("page", (page + 1).to_string().as_str())])
}
