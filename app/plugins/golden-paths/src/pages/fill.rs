//! The forms of a journey: the path's own before it starts, and those of its steps.

use std::collections::HashMap;

use ::filling::review::{self, Mistake, Read, ReadPage, Secret, SecretFields};
use ::filling::{FormButtons, FormFields, FormPage, Place, Shown, Source, names, neighbour};
use form::{Active, ActivePage, Standard};
use journey::{Journey, JourneyState, Kind, Origin, Step};
use kit::components::{
    Banner, Breadcrumb, Button, Emphasis, EmptyState, FormActions, FormLayout, Page, Panel, Prose, Route, State,
    Station, Stepper, Stop, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::context::{caller, service};
use kit::server::html;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::{plan, step_name};
use crate::api::{GoldenPathsPage, SaveForm, StartForm};
use crate::server::GoldenPaths;
use crate::server::filling::{HERE, JOURNEY, STEP, form_href};
use crate::server::rest::OPTIONS;
use crate::server::service::{StepForm, journey_href, step_href};

/// The page of the address that is no page of fields.
const REVIEW: &str = "review";

/// A form of a journey, at the page that the address names or the one that was filled in last.
pub async fn form_page(id: &str, step: Option<&str>, at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let form = golden.form(&caller, id, step).await?;
    if step.is_none() && form.journey.state != JourneyState::Draft {
        let (title, href) = (form.journey.title.clone(), journey_href(id));
        return Ok(page(|| {
            view! {
                <Page title=title kind="Start a journey">
                    <EmptyState sentence="This journey has started: its form is closed.">
                        <a class="pk-button" href=href>"See the journey"</a>
                    </EmptyState>
                </Page>
            }
        }));
    }
    let active = form.form.active(&form.values);
    let asked = at.one("page");
    let shown = shown_page(&form, &active, &asked);
    match shown.filter(|_| asked != REVIEW) {
        Some(shown) => {
            let tried = !at.one("tried").is_empty();
            let fields = fields(&golden, &caller, &form, shown, tried, false).await?;
            let head = Head::of(&form, &active, Some(shown.index));
            let forward = forward(&form, &active, shown);
            let back = neighbour(&active, shown.index, false).is_some();
            let status = status(&form);
            Ok(page(|| view! { <FieldsView head=head fields=fields forward=forward back=back status=status/> }))
        }
        None => review_page(&golden, &caller, &form, &active).await,
    }
}

/// The page of a form that is shown: the one that is asked for, or the one that was filled in last or, where that is done, what is still to be filled in
/// after it.
pub(super) fn shown_page<'a>(form: &StepForm, active: &'a Active, asked: &str) -> Option<&'a ActivePage> {
    let done = |page: usize| form.form.page_errors(&form.values, page, &Standard).is_empty();
    let last = Some(form.page).filter(|_| asked.is_empty() && form.revision > 0);
    let next = last.filter(|last| done(*last)).and_then(|last| {
        let mut after = active.pages.iter().map(|page| page.index).filter(|page| *page > last);
        after.find(|page| !done(*page))
    });
    let number = asked.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).or(next).or(last);
    number.and_then(|number| active.pages.iter().find(|page| page.index == number)).or_else(|| active.pages.first())
}

/// What the button says that leads on from a page.
pub(super) fn forward(form: &StepForm, active: &Active, shown: &ActivePage) -> String {
    match &form.step {
        _ if neighbour(active, shown.index, true).is_some() => "Continue".into(),
        Some(step) if is_task(step) => format!("Finish {}", step_name(step)),
        _ => "Review".into(),
    }
}

/// What holds of the draft as the page is drawn.
pub(super) fn status(form: &StepForm) -> &'static str {
    if form.revision > 0 { "Draft saved" } else { "What you type is kept as you go." }
}

fn is_task(step: &Step) -> bool {
    matches!(step.definition.kind, Kind::Task(_))
}

/// A page of a form, ready to be drawn; `here` where it stands on the journey's own page.
pub(super) async fn fields(
    golden: &GoldenPaths,
    caller: &Caller,
    form: &StepForm,
    shown: &ActivePage,
    tried: bool,
    here: bool,
) -> Result<FormPage, AppError> {
    let id = form.journey.id.clone();
    let key = form.step.as_ref().map(|step| step.key.clone()).unwrap_or_default();
    let notes = form
        .origins
        .iter()
        .filter_map(|(name, origin)| Some((format!("/{name}"), origin_note(origin, &form.journey)?)))
        .collect::<HashMap<_, _>>();
    let place = Place {
        action: SaveForm::PATH.to_owned(),
        drawn_by: Some(GoldenPathsPage::PATH),
        hidden: vec![
            (JOURNEY, id.clone()),
            (STEP, key.clone()),
            (HERE, if here { "journey".to_owned() } else { String::new() }),
        ],
        source: Source { address: OPTIONS, about: vec![("journey", id), ("step", key)] },
        notes,
    };
    let shown = titled(form, shown);
    let what = Shown {
        form: &form.form,
        definition: &form.parameters,
        values: &form.values,
        page: &shown,
        revision: form.revision,
        tried,
    };
    FormPage::new(&*golden.entities, caller, what, place).await
}

/// A page of a form that has no name of its own is called after what it is for.
fn titled(form: &StepForm, shown: &ActivePage) -> ActivePage {
    let mut shown = shown.clone();
    if shown.title == format!("Page {}", shown.index + 1) {
        shown.title = match &form.step {
            Some(step) if is_task(step) => "What you found".into(),
            Some(_) => "What it needs".into(),
            None => "What is it about?".into(),
        };
    }
    shown
}

/// Where a value came from, for whoever looks at its field; nothing where nobody needs to be told.
fn origin_note(origin: &Origin, journey: &Journey) -> Option<String> {
    Some(match origin {
        Origin::Default | Origin::Entered => return None,
        Origin::Parameter => "Filled in for you: you gave this when the journey started.".into(),
        Origin::Path => "Filled in for you: the golden path says so.".into(),
        Origin::Step(id) => format!("Filled in for you: it comes from {}.", step_named(journey, id)),
    })
}

/// Where a value came from, in a word or two.
pub(super) fn origin_word(origin: &Origin, journey: &Journey) -> String {
    match origin {
        Origin::Default => "From the template".into(),
        Origin::Parameter => "From the form at the beginning".into(),
        Origin::Path => "From the golden path".into(),
        Origin::Step(id) => format!("From {}", step_named(journey, id)),
        Origin::Entered => "Filled in by hand".into(),
    }
}

fn step_named(journey: &Journey, id: &str) -> String {
    let step = journey.steps.iter().find(|step| step.definition.id == id);
    step.map_or_else(|| id.to_owned(), |step| step.definition.name.clone())
}

/// What the pages of a form have in common.
struct Head {
    title: String,
    kind: String,
    reference: String,
    about: String,
    stations: Vec<Station>,
    trail: Vec<(String, String)>,
    back: String,
    replaced: bool,
}

impl Head {
    fn of(form: &StepForm, active: &Active, at: Option<usize>) -> Self {
        let state = |page: usize| match at {
            Some(at) if page == at => State::Here,
            Some(at) if page > at => State::Ahead,
            _ if form.form.page_errors(&form.values, page, &Standard).is_empty() => State::Done,
            _ => State::Waiting,
        };
        let mut stations: Vec<Station> = active
            .pages
            .iter()
            .map(|page| {
                let state = state(page.index);
                let note = if state == State::Waiting { "Something is missing" } else { "" };
                Station::new(titled(form, page).title, state, note)
            })
            .collect();
        let journey = &form.journey;
        let here = journey_href(&journey.id);
        let mut trail = vec![
            ("Golden paths".to_owned(), "/golden-paths".to_owned()),
            ("Journeys".to_owned(), "/golden-paths/journeys".to_owned()),
        ];
        let (title, kind, reference, back) = match &form.step {
            None => (form.title.clone(), "Start a journey".to_owned(), journey.path.clone(), here.clone()),
            Some(step) => {
                trail.push((journey.title.clone(), here.clone()));
                let pin = step.pin.as_ref().map(|pin| format!("{} {}", pin.name, pin.number)).unwrap_or_default();
                (step_name(step), format!("Step of {}", journey.title), pin, step_href(&journey.id, &step.key))
            }
        };
        if form.step.as_ref().is_none_or(|step| !is_task(step)) {
            stations.push(Station::new("Review", if at.is_none() { State::Here } else { State::Ahead }, ""));
        }
        Self {
            title,
            kind,
            reference,
            about: form.description.clone(),
            stations,
            trail,
            back,
            replaced: !form.replaced.is_null(),
        }
    }
}

/// A page of a form in the portal's frame.
#[component]
fn Frame(head: Head, children: Children) -> impl IntoView {
    let Head { title, kind, reference, about: _, stations, trail, back, replaced: _ } = head;
    view! {
        <Breadcrumb trail=trail/>
        <Page title=title kind=kind reference=reference>
            <div class="pk-schema__way"><Stepper label="Pages of this form" stations=stations/></div>
            {children()}
            <p><a class="pk-button pk-button--quiet" href=back>"Back to the journey"</a></p>
        </Page>
    }
}

#[component]
fn FieldsView(head: Head, fields: FormPage, forward: String, back: bool, status: &'static str) -> impl IntoView {
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
pub(super) fn Elsewhere() -> impl IntoView {
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

/// All that is filled in, what will happen, and the button that starts it.
async fn review_page(
    golden: &GoldenPaths,
    caller: &Caller,
    form: &StepForm,
    active: &Active,
) -> Result<Drawn, AppError> {
    let path = form_href(&form.journey.id, form.step.as_ref().map(|step| step.key.as_str()));
    let at = |page: usize| href(&path, [("page", (page + 1).to_string().as_str())]);
    let pages = review::read(&*golden.entities, caller, active, |page| Some(at(page))).await?;
    let wrong = review::mistakes(&form.form, active, &form.values);
    let wrong = wrong.into_iter().map(|Mistake { page, id, text }| (format!("{}&tried=1", at(page)), id, text));
    let way = match &form.step {
        None => {
            let detail = golden.path(caller, &form.journey.path).await?;
            detail.definition.map(|definition| plan(&definition.steps, &detail.titles, |_| Vec::new()))
        }
        Some(_) => None,
    };
    let label = match &form.step {
        None => "Start journey".to_owned(),
        Some(step) if is_task(step) => format!("Finish {}", step_name(step)),
        Some(step) => format!("Run {}", step_name(step)),
    };
    let shown = Reviewed {
        pages,
        wrong: wrong.collect(),
        secrets: review::secrets(active),
        way,
        label,
        journey: form.journey.id.clone(),
        step: form.step.as_ref().map(|step| step.key.clone()).unwrap_or_default(),
        back: neighbour(active, usize::MAX, false).map(at),
        is_open: form.step.is_some() || form.journey.state == JourneyState::Draft,
    };
    let head = Head::of(form, active, None);
    Ok(page(|| view! { <ReviewView head=head shown=shown/> }))
}

struct Reviewed {
    pages: Vec<Read>,
    /// Where each is mended, and what is wrong.
    wrong: Vec<(String, String, String)>,
    secrets: Vec<Secret>,
    way: Option<Vec<Stop>>,
    label: String,
    journey: String,
    step: String,
    back: Option<String>,
    is_open: bool,
}

#[component]
fn ReviewView(head: Head, shown: Reviewed) -> impl IntoView {
    let Reviewed { pages, wrong, secrets, way, label, journey, step, back, is_open } = shown;
    let is_wrong = !wrong.is_empty();
    let first = wrong.first().map(|(page, _, _)| page.clone());
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
    let back = back.map(|href| view! { <Button text="Back" href=href/> });
    let start = match first {
        _ if !is_open => view! { <FormActions>{back}</FormActions> }.into_any(),
        Some(href) => view! { <FormActions><Button text="Fill in what is missing" emphasis=Emphasis::Primary href=href/> {back}</FormActions> }.into_any(),
        None => {
            view! {
                <form method="post" action=StartForm::PATH id="start-form">
                    <input type="hidden" name=JOURNEY value=journey/>
                    <input type="hidden" name=STEP value=step/>
                    <FormLayout>
                        <SecretFields secrets=secrets/>
                        <FormActions><Button text=label emphasis=Emphasis::Primary/> {back}</FormActions>
                    </FormLayout>
                </form>
            }
            .into_any()
        }
    };
    let about = html::markdown(&head.about);
    let has_about = !head.about.trim().is_empty();
    let beside = match way {
        Some(stops) => view! {
            <Panel title="What will happen">
                <p class="pk-quiet">"You may leave at any time. Whoever’s turn it is hears of it, and so do you when it is yours again."</p>
                <Route label="Stations of this journey" stops=stops/>
            </Panel>
        }
        .into_any(),
        None if has_about => view! { <Panel title="What it is for"><Prose html=about/></Panel> }.into_any(),
        None => ().into_any(),
    };
    view! {
        <Frame head=head>
            {summary}
            <div class="pk-columns">
                <div class="pk-panels">
                    {is_empty.then(|| view! { <EmptyState sentence="Nothing is asked."/> })}
                    {pages}
                    <div class="pk-schema__end">{start}</div>
                </div>
                <div class="pk-panels">{beside}</div>
            </div>
        </Frame>
    }
}

/// The address of the form of a step, at whatever page is next.
pub(super) fn step_form_href(id: &str, key: &str) -> String {
    format!("{}/steps/{}/form", journey_href(id), segment(key))
}
