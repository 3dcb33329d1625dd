//! The form of a template: a page of fields, or what is filled in before the run.

mod review;

use std::collections::HashMap;

use ::filling::{FormButtons, FormFields, FormPage, Place, Shown, Source, names, neighbour};
use form::{Active, ActivePage, Standard};
use kit::components::{
    Banner, Button, ConfirmActions, ConfirmDialog, DialogButton, Page, State, Station, Stepper, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::query::href;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::{DiscardForm, SaveForm, TemplatesPage};
use crate::server::Templates;
use crate::server::filling::{Filling, GIVEN, TEMPLATE, template_path};
use crate::server::rest::OPTIONS;

/// The page of the address that is no page of fields.
const REVIEW: &str = "review";

/// The name under which a link gives values to begin with, as in Backstage.
const FORM_DATA: &str = "formData";

/// The dialog that asks before a draft is discarded.
const DISCARD: &str = "discard-draft";

/// The form of a template, at the page that the address names or the one that was filled in last.
pub async fn form_page(namespace: &str, name: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, templates) = (caller().await?, service::<Templates>("Templates")?);
    let filling =
        Filling::open(&templates, &caller, &format!("template:{namespace}/{name}"), &at.one(FORM_DATA)).await?;
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
            fields_page(&templates, &caller, &filling, &active, shown, (tried, at.one(FORM_DATA))).await
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
    let template = filling.definition.thing.id.clone();
    let given = if filling.draft.is_some() { String::new() } else { given };
    let place = Place {
        action: SaveForm::PATH.to_owned(),
        drawn_by: Some(TemplatesPage::PATH),
        hidden: vec![(TEMPLATE, template.clone()), (GIVEN, given)],
        source: Source { address: OPTIONS, about: vec![("template", template)] },
        notes: HashMap::new(),
    };
    let what = Shown {
        form: &filling.form,
        definition: &filling.definition.template.parameters,
        values: &filling.values,
        page: shown,
        revision: filling.draft.as_ref().map_or(0, |draft| draft.revision),
        tried,
    };
    let fields = FormPage::new(&*templates.entities, caller, what, place).await?;
    let head = Head::of(filling, active, Some(shown.index));
    let forward = if neighbour(active, shown.index, true).is_none() { "Review" } else { "Continue" };
    let back = neighbour(active, shown.index, false).is_some();
    Ok(page(|| view! { <FieldsView head=head fields=fields forward=forward back=back/> }))
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
fn FieldsView(head: Head, fields: FormPage, forward: &'static str, back: bool) -> impl IntoView {
    let status = if head.has_draft { "Draft saved" } else { "What you type is kept as you go." };
    let other = head.replaced.then(|| view! { <Elsewhere/> }.into_any());
    view! {
        <Frame head=head>
            <section class="pk-section">
                <FormFields page=fields before=other>
                    <FormButtons forward=forward back=back status=status/>
                </FormFields>
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
