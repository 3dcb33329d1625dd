//! A journey: where it is, whose turn it is, what can be done now, and what happened.

mod acts;
mod ends;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;

use journey::{Journey, JourneyState, Step, StepState, UndoKind, Who, words};
use kit::components::{
    Banner, Breadcrumb, Button, Emphasis, Fact, Facts, History, HistoryEntry, Live, Page, Panel, Progress, Route,
    Section, Time, Tone, Turn,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::segment;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use self::acts::{Comment, JourneyActs};
use self::ends::Undoing;
use self::step::{StepShown, StepView};
use super::discover::Reader;
use super::parts::{JourneyBadge, Titles, entity_href, name_of, names_of, step_name, way, who_link};
use super::words::{people, told};
use crate::api::GoldenPathsPage;
use crate::server::GoldenPaths;
use crate::server::service::{JourneyDetail, Waits, journey_href, path_href, step_href};
use crate::server::view;

/// The latest events that the page looks at.
const LATEST: u64 = 60;

/// The most of them that it tells.
const TOLD: usize = 15;

/// The kinds of events that the page is drawn again for: those of a journey, and those of a run.
const KINDS: &str = "started became expanded broken ready opened begun runBegun runRefused runEnded probed timeCame signalled \
                     timedOut reminded overdue claimed released handedOver delegated done approved agreed declined skipped \
                     attested exceptionAsked exceptionDeclined retried commented evidenceAdded upgraded transferred cancelled \
                     undoAdded undoBegun undone undoFailed undoRetried givenUp startedOver log completion recovered";

/// One journey.
pub async fn journey_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let mut detail = golden.detail(&caller, id).await?;
    let journey = detail.journey.clone();
    let now = golden.kit.clock.now();
    let reader = Reader { me: detail.who.subject.clone(), groups: detail.who.groups.clone() };
    let events = golden.history(&caller, id, journey.seq.saturating_sub(LATEST), LATEST).await?;
    detail.titles.extend(golden.entities.titles(&caller, &people(&events)).await?);
    let history: Vec<HistoryEntry> =
        events.iter().rev().filter_map(|entry| told(entry, &journey, &detail.titles, now)).take(TOLD).collect();
    let is_owner = journey.is_owner(&detail.who);
    let offered = match is_owner && !journey.state.is_over() && journey.state != JourneyState::Draft {
        true => golden
            .offer(&caller, id)
            .await?
            .map(|offered| (offered.offer.pin.as_ref().map(|pin| pin.number.clone()), offered.changes().len())),
        false => None,
    };
    let shown = chosen(&journey, &at.one("step"), &reader).map(|step| step.key.clone());
    let step = match shown.as_ref().and_then(|key| journey.step(key)) {
        Some(step) => Some(step::shown(&golden, &caller, &detail, step, &reader, at).await?),
        None => None,
    };
    let shown = JourneyShown { is_owner, reader, history, offered, shown: shown.unwrap_or_default(), detail, now };
    Ok(page(|| view! { <JourneyView shown=shown step=step/> }))
}

/// The step that the page shows: the one that is asked for, else one that waits for the reader, else the first that is open.
fn chosen<'a>(journey: &'a Journey, asked: &str, reader: &Reader) -> Option<&'a Step> {
    if let Some(step) = journey.step(asked) {
        return Some(step);
    }
    if journey.state.is_over() {
        return None;
    }
    let waits = view::waits(journey);
    let mine = waits.iter().find(|wait| {
        if wait.assignee.is_empty() {
            reader.is_any(std::slice::from_ref(&wait.team))
        } else {
            wait.assignee == reader.me
        }
    });
    let open = journey.steps.iter().filter(|step| step.state.is_open());
    mine.and_then(|wait| journey.step(&wait.key))
        .or_else(|| open.clone().find(|step| matches!(step.state, StepState::Failed | StepState::Missing)))
        .or_else(|| open.clone().next())
}

/// What the page shows besides the step.
struct JourneyShown {
    detail: JourneyDetail,
    reader: Reader,
    is_owner: bool,
    history: Vec<HistoryEntry>,
    /// The newer version of the path, where it is one, and how many things change about steps.
    offered: Option<(Option<String>, usize)>,
    shown: String,
    now: Millis,
}

#[component]
fn JourneyView(shown: JourneyShown, step: Option<StepShown>) -> impl IntoView {
    let JourneyShown { detail, reader, is_owner, history, offered, shown, now } = shown;
    let JourneyDetail { journey, titles, may_change, who, .. } = detail;
    let id = journey.id.clone();
    let over = journey.state.is_over() && view::is_settled(&journey);
    let events = format!("/api/golden-paths/v1/journeys/{}/events?after={}", segment(&id), journey.seq);
    // While a run is shown, what it tells; it ends with the run.
    let events = step.as_ref().and_then(StepShown::stream).unwrap_or(events);
    let live = (!over && journey.state != JourneyState::Draft)
        .then(|| view! { <Live events=events kinds=KINDS page=GoldenPathsPage::PATH/> });
    let aside = view! { <JourneyBadge state=journey.state/> }.into_any();
    let version =
        if journey.pin.number.is_empty() { String::new() } else { format!(", version {}", journey.pin.number) };
    let lead = format!("Belongs to {}{version}.", name_of(&titles, &journey.owner));
    let stops = way(&journey, &titles, &shown, |key| step_href(&id, key), now);
    let trail = vec![
        ("Golden paths".to_owned(), "/golden-paths".to_owned()),
        ("Journeys".to_owned(), "/golden-paths/journeys".to_owned()),
    ];
    let whole = format!("{}/history", journey_href(&id));
    let has_more = u64::try_from(history.len()).unwrap_or_default() < journey.seq;
    let step = step.map(|step| view! { <StepView shown=step/> });
    let acts = may_change.then(|| view! { <JourneyActs journey=journey.clone() is_owner=is_owner/> });
    let comment = may_change.then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Say something"</summary>
                <Comment id=id.clone() step=String::new()/>
            </details>
        }
    });
    let title = view::called(&journey);
    let is_way_there = !stops.is_empty();
    view! {
        <Breadcrumb trail=trail/>
        <Page title=title kind="Journey" reference=id lead=lead aside=aside>
            {live}
            <Situation journey=journey.clone() titles=titles.clone() reader=reader asker=who offered=offered is_owner=is_owner/>
            <div class="pk-columns">
                <div class="pk-panels">
                    {step}
                    <Undoing journey=journey.clone() titles=titles.clone() is_owner=is_owner may_change=may_change/>
                    <Results journey=journey.clone() titles=titles.clone()/>
                    <Section title="What happened">
                        {comment}
                        <History label="The latest of this journey, the newest first" entries=history/>
                        {has_more.then(|| view! { <p><a href=whole>"See the whole history"</a></p> })}
                    </Section>
                </div>
                <div class="pk-panels">
                    {is_way_there.then(|| view! { <Panel title="The way"><Route label="Stations of this journey" stops=stops/></Panel> })}
                    <About journey=journey.clone() titles=titles.clone() now=now/>
                    <Involved journey=journey titles=titles/>
                    {acts}
                </div>
            </div>
        </Page>
    }
}

/// How the journey stands as a whole, whose turn it is, and what is to be known before anything is done.
#[component]
fn Situation(
    journey: Arc<Journey>,
    titles: Titles,
    reader: Reader,
    asker: Who,
    offered: Option<(Option<String>, usize)>,
    is_owner: bool,
) -> impl IntoView {
    let id = journey.id.clone();
    let href = journey_href(&id);
    let draft = (journey.state == JourneyState::Draft).then(|| {
        let start = format!("{href}/start");
        let action = is_owner.then(|| view! { <Button text="Fill in the form" emphasis=Emphasis::Primary href=start/> }.into_any());
        view! {
            <Banner title="This journey has not started" tone=Tone::Waiting nostrip:action=action>
                <p>"It starts once its form is filled in. Until then it keeps to no version, and nobody else hears of it."</p>
            </Banner>
        }
    });
    let offer = offered.map(|(number, changes)| {
        let title = match number {
            Some(number) => format!("Version {number} of this golden path is there"),
            None => "Newer versions of steps are there".to_owned(),
        };
        let what = match changes {
            0 => "Nothing changes about the steps to come.".to_owned(),
            1 => "One thing changes about the steps to come.".to_owned(),
            count => format!("{count} things change about the steps to come."),
        };
        let see = format!("{href}/offer");
        let action = view! { <Button text="See what changes" href=see/> }.into_any();
        view! { <Banner title=title action=action><p>{what} " The journey keeps to what it has unless you take it."</p></Banner> }
    });
    let parent = journey.parent.clone().map(|(parent, key)| {
        let href = step_href(&parent, &key);
        view! { <p>"This journey is a part of another. " <a href=href>"See the whole"</a></p> }
    });
    let before = (!journey.over.is_empty()).then(|| {
        let href = journey_href(&journey.over);
        view! { <p>"It starts over what went before. " <a href=href>"See the journey before"</a></p> }
    });
    let after = (!journey.successor.is_empty()).then(|| {
        let href = journey_href(&journey.successor);
        view! { <Banner title="This journey was started over"><p><a href=href>"See the journey that goes on"</a></p></Banner> }
    });
    let reason = journey.reason.clone();
    let ended = match journey.state {
        JourneyState::Completed => Some(view! { <Banner title="The journey is completed" tone=Tone::Fine><p>"Every step is behind it."</p></Banner> }.into_any()),
        JourneyState::Failed => {
            Some(view! { <Banner title="The journey was given up" tone=Tone::Wrong><p>{reason}</p></Banner> }.into_any())
        }
        JourneyState::Cancelled => {
            Some(view! { <Banner title="The journey was cancelled" tone=Tone::Attention><p>{reason}</p></Banner> }.into_any())
        }
        _ => None,
    };
    let turn = (!journey.state.is_over() && journey.state != JourneyState::Draft).then(|| {
        let waits = view::waits(&journey);
        let (what, whose) = view::next(&journey, &waits);
        // Whoever asks for a decision does not make it, whatever group they are in.
        let can = waits.iter().filter(|wait| reader.is_any(std::slice::from_ref(&wait.team))).any(|wait| {
            !matches!(wait.what, Waits::Approval | Waits::Exception) || journey.may_decide(&asker, &wait.key)
        });
        let yours = reader.is_any(&whose) && can;
        let who = if whose.is_empty() { "The portal".to_owned() } else { names_of(&titles, &whose, "or") };
        view! { <Turn who=who what=what yours=yours/> }
    });
    let (done, total) = journey.progress();
    let progress =
        (total > 0).then(|| view! { <Progress label="Steps done" done=done as u64 total=Some(total as u64)/> });
    view! {
        {draft}
        {after}
        {ended}
        {offer}
        {parent}
        {before}
        <div class="pk-standing">{turn}{progress}</div>
    }
}

/// What the journey has to show, once it is there.
#[component]
fn Results(journey: Arc<Journey>, titles: Titles) -> impl IntoView {
    (!journey.outputs.is_empty()).then(|| {
        let facts: Vec<_> = journey
            .outputs
            .iter()
            .map(|(name, value)| {
                let value = output(value, &titles);
                view! { <Fact name=name.clone()>{value}</Fact> }
            })
            .collect();
        view! { <Panel title="What there is now"><Facts>{facts}</Facts></Panel> }
    })
}

/// A value that a step or a journey gives, as people read it: entities and addresses are links.
pub(super) fn output(value: &Value, titles: &Titles) -> AnyView {
    let Value::String(text) = value else {
        let text = match value {
            Value::Array(list) if list.iter().all(Value::is_string) => list
                .iter()
                .filter_map(Value::as_str)
                .map(|who| name_or_text(titles, who))
                .collect::<Vec<_>>()
                .join(", "),
            Value::Null => "–".to_owned(),
            Value::Bool(true) => "Yes".to_owned(),
            Value::Bool(false) => "No".to_owned(),
            other => other.to_string(),
        };
        return view! { <span class="pk-wrap">{text}</span> }.into_any();
    };
    if text.starts_with("https://") || text.starts_with("http://") {
        return view! { <a class="pk-wrap" href=text.clone() rel="external noopener noreferrer">{text.clone()}</a> }
            .into_any();
    }
    let is_entity = text.split_once(':').is_some_and(|(kind, rest)| {
        rest.split('/').count() == 2
            && kind.chars().all(|c| c.is_ascii_lowercase())
            && !kind.is_empty()
            && !rest.contains(char::is_whitespace)
            && !rest.starts_with('/')
    });
    if is_entity {
        let name = name_or_text(titles, text);
        return view! { <a class="pk-wrap" href=entity_href(text)>{name}</a> }.into_any();
    }
    view! { <span class="pk-wrap">{text.clone()}</span> }.into_any()
}

fn name_or_text(titles: &Titles, text: &str) -> String {
    titles.get(text).cloned().unwrap_or_else(|| text.to_owned())
}

#[component]
fn About(journey: Arc<Journey>, titles: Titles, now: Millis) -> impl IntoView {
    let path = path_href(&journey.path);
    let version = (!journey.pin.number.is_empty()).then(|| {
        let number = journey.pin.number.clone();
        let href = format!("{path}/versions/{}", segment(&number));
        view! { <Fact name="Version"><a class="pk-mono" href=href>{number}</a></Fact> }
    });
    let owner = who_link(&titles, &journey.owner);
    let starter = (journey.starter != journey.owner).then(|| {
        let starter = who_link(&titles, &journey.starter);
        view! { <Fact name="Begun by">{starter}</Fact> }
    });
    let started =
        journey.started_at.map(|at| view! { <Fact name="Started"><Time when=Some(When::new(at, now))/></Fact> });
    let ended = journey.ended_at.map(|at| view! { <Fact name="Ended"><Time when=Some(When::new(at, now))/></Fact> });
    let took = journey.started_at.map(|from| {
        let took = words(journey.ended_at.unwrap_or(now) - from);
        let name = if journey.state.is_over() { "Took" } else { "Takes so far" };
        view! { <Fact name=name>{took}</Fact> }
    });
    let title = journey.title.clone();
    view! {
        <Panel title="About this journey">
            <Facts>
                <Fact name="Golden path"><a href=path>{title}</a></Fact>
                {version}
                <Fact name="Belongs to">{owner}</Fact>
                {starter}
                {started}
                {ended}
                {took}
            </Facts>
        </Panel>
    }
}

/// Everybody who has a part in it, and which.
#[component]
fn Involved(journey: Arc<Journey>, titles: Titles) -> impl IntoView {
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut part = |who: &str, what: String| {
        let known = parts.entry(who.to_owned()).or_default();
        if !who.is_empty() && !known.contains(&what) {
            known.push(what);
        }
    };
    for step in &journey.steps {
        let name = step_name(step);
        part(&step.definition.owner, name.clone());
        part(&step.assignee, name.clone());
        for who in &step.team {
            part(who, name.clone());
        }
        for vote in &step.votes {
            part(&vote.who, name.clone());
        }
        for to in step.delegates.values() {
            part(to, name.clone());
        }
    }
    for undo in &journey.undo {
        if let UndoKind::Task { group, .. } = &undo.kind {
            part(group, undo.name.clone());
        }
    }
    parts.remove("");
    let count = parts.len() as u64;
    let rows: Vec<_> = parts
        .into_iter()
        .map(|(who, what)| view! { <li>{who_link(&titles, &who)} " " <span class="pk-quiet">{what.join(", ")}</span></li> })
        .collect();
    (count > 0).then(|| view! { <Panel title="Who has a part" count=count><ul class="pk-list">{rows}</ul></Panel> })
}
