//! A step of a journey: how it stands, and what the reader can do about it.

use std::sync::Arc;

use ::filling::{FormButtons, FormFields, FormPage, neighbour};
use form::Kind as FieldKind;
use journey::{Journey, JourneyState, Kind, Rule, Step, StepState, WaitFor};
use kit::components::{
    Badge, Banner, Button, Column, Emphasis, Fact, Facts, Field, FileInput, FormActions, FormLayout, Input, LogEntry,
    LogLines, Need, Panel, Prose, State, Table, TextArea, Time, Tone, Turn,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::segment;
use kit::server::clock::Millis;
use kit::server::html;
use kit::server::page::Address;
use kit::server::runs::{Run, RunState};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::acts::{Comment, LinkFields, Whom};
use super::output;
use crate::api::{
    AddEvidence, ApproveStep, ClaimStep, CompleteStep, DeclineStep, DelegateStep, ExceptStep, HandOverStep,
    ReleaseStep, RetryStep,
};
use crate::pages::discover::Reader;
use crate::pages::fill::{Elsewhere, fields, forward, origin_word, shown_page, status, step_form_href};
use crate::pages::parts::{
    DueBadge, Evidences, Titles, holder, kind_word, name_of, named, stands, step_name, who_link,
};
use crate::server::GoldenPaths;
use crate::server::service::{JourneyDetail, StepForm, journey_href, path_href};

/// The last lines of a run's log that the page shows.
const LINES: u32 = 100;

/// The largest file that shows something, in bytes.
const FILE: u64 = 5 * 1024 * 1024;

/// A step with all that its part of the page shows.
pub(super) struct StepShown {
    journey: Arc<Journey>,
    step: Step,
    titles: Titles,
    reader: Reader,
    is_owner: bool,
    is_team: bool,
    may_change: bool,
    form: Option<InPlace>,
    run: Option<Run>,
    log: Vec<LogEntry>,
    /// The address that is to be called, where the reader may know it.
    signal: Option<String>,
    now: Millis,
}

/// A form that is drawn in place, or leads to its own pages.
enum InPlace {
    Here(Box<FormPage>, String, &'static str, bool),
    Elsewhere(String),
}

impl StepShown {
    /// Where the run that the step waits for tells what happens, and after which line; nothing where none runs, or the reader may not see it.
    pub(super) fn stream(&self) -> Option<String> {
        let run = self.run.as_ref().filter(|run| !run.state.is_over())?;
        let last = self.log.last()?.number;
        Some(format!("/api/scaffolder/v2/tasks/{}/eventstream?after={last}", segment(&run.id)))
    }
}

/// A step, for whoever may see its journey.
pub(super) async fn shown(
    golden: &GoldenPaths,
    caller: &Caller,
    detail: &JourneyDetail,
    step: &Step,
    reader: &Reader,
    at: &Address,
) -> Result<StepShown, AppError> {
    let journey = detail.journey.clone();
    let is_owner = journey.is_owner(&detail.who);
    let is_team = journey.is_team(&detail.who, step);
    let is_open = !journey.state.is_over() && step.state == StepState::Waiting;
    let asks = match &step.definition.kind {
        Kind::Template { .. } | Kind::Path { .. } => is_owner || is_team,
        Kind::Task(task) => is_team && !task.form.is_null(),
        _ => false,
    };
    let form = match is_open && asks && detail.may_change {
        true => Some(in_place(golden, caller, golden.form(caller, &journey.id, Some(&step.key)).await?, at).await?),
        false => None,
    };
    let is_run = matches!(step.definition.kind, Kind::Template { .. }) && !step.run.is_empty();
    let run = if is_run { golden.runs.run(&step.run).await? } else { None };
    let log = match &run {
        Some(run) => golden.runs.log(caller, &run.id, LINES).await?,
        None => Vec::new(),
    };
    let calls = is_open && matches!(&step.definition.kind, Kind::Wait(wait) if wait.until == WaitFor::Webhook);
    let signal = if calls && (is_owner || is_team) { Some(golden.signal_address(&journey, step)) } else { None };
    Ok(StepShown {
        step: step.clone(),
        titles: detail.titles.clone(),
        reader: reader.clone(),
        is_owner,
        is_team,
        may_change: detail.may_change,
        form,
        run,
        log,
        signal,
        now: golden.kit.clock.now(),
        journey,
    })
}

/// A form of one page without secrets stands on the page of the journey; any other has pages of its own.
async fn in_place(golden: &GoldenPaths, caller: &Caller, form: StepForm, at: &Address) -> Result<InPlace, AppError> {
    let active = form.form.active(&form.values);
    let key = form.step.as_ref().map(|step| step.key.clone()).unwrap_or_default();
    let is_short = active.pages.len() == 1 && !active.fields().any(|field| matches!(field.kind, FieldKind::Secret));
    match shown_page(&form, &active, "").filter(|_| is_short) {
        Some(page) => {
            let fields = fields(golden, caller, &form, page, !at.one("tried").is_empty(), true).await?;
            let forward = forward(&form, &active, page);
            let back = neighbour(&active, page.index, false).is_some();
            debug_assert!(!back, "a form of one page has none before it");
            Ok(InPlace::Here(Box::new(fields), forward, status(&form), !form.replaced.is_null()))
        }
        None => Ok(InPlace::Elsewhere(step_form_href(&form.journey.id, &key))),
    }
}

#[component]
pub(super) fn StepView(shown: StepShown) -> impl IntoView {
    let StepShown { journey, step, titles, reader, is_owner, is_team, may_change, form, run, log, signal, now } = shown;
    let (mark, word) = stands(&journey, &step, &titles, now);
    let tone = match mark {
        State::Done => Tone::Fine,
        State::Failed => Tone::Wrong,
        State::Waiting | State::Here => Tone::Waiting,
        State::Ahead | State::Planned | State::Skipped => Tone::Neutral,
    };
    let due = step.due_at.filter(|_| step.state.is_open() && !journey.state.is_over());
    let owner = who_link(&titles, &step.definition.owner);
    let about = (!step.definition.description.trim().is_empty())
        .then(|| view! { <Prose html=html::markdown(&step.definition.description)/> });
    let said = (!step.said.trim().is_empty()).then(|| view! { <Prose html=html::markdown(&step.said)/> });
    let evidence = view! { <Evidences label=format!("Evidence of {}", step_name(&step)) items=step.evidence.clone()/> };
    let open = !journey.state.is_over() && may_change;
    let act = open.then(|| {
        view! { <Act journey=journey.clone() step=step.clone() titles=titles.clone() reader=reader.clone() is_team=is_team is_owner=is_owner form=form/> }
    });
    let more = open.then(|| {
        view! { <More journey=journey.clone() step=step.clone() titles=titles.clone() is_owner=is_owner is_team=is_team reader=reader.clone()/> }
    });
    let votes = (!step.votes.is_empty()).then(|| view! { <Votes step=step.clone() titles=titles.clone() now=now/> });
    let nested = matches!(step.definition.kind, Kind::Path { .. })
        .then_some(step.run.clone())
        .filter(|run| !run.is_empty())
        .map(|run| {
            let href = journey_href(&run);
            view! { <p><a class="pk-button" href=href>"Open the journey that it leads along"</a></p> }
        });
    let signal = signal.map(|signal| view! { <Signal path=signal/> });
    let key = step.key.clone();
    let names = journey.steps.iter().map(|other| (other.key.clone(), step_name(other))).collect();
    view! {
        <Panel title=step_name(&step)>
            <p data-pk-key=format!("head-{key}")>
                <Badge text=word tone=tone/> " "
                {due.map(|due| view! { <DueBadge due=Some(due) now=now/> })} " "
                <span class="pk-quiet">{kind_word(&step.definition.kind)} " · answered for by "</span> {owner}
            </p>
            <Notice step=step.clone() titles=titles.clone() names=names over=journey.state.is_over() run=run.clone()/>
            {about}
            {said}
            {evidence}
            {votes}
            {signal}
            {act}
            {nested}
            <RunPart run=run log=log/>
            <Made step=step.clone() titles=titles.clone()/>
            <Given journey=journey.clone() step=step titles=titles/>
            {more}
        </Panel>
    }
}

/// Why it stands as it does, where that needs saying.
#[component]
fn Notice(step: Step, titles: Titles, names: Vec<(String, String)>, over: bool, run: Option<Run>) -> impl IntoView {
    let mut note = named(&titles, step.note.trim());
    for (key, name) in &names {
        note = note.replacen(&format!("Sent back from {key} "), &format!("Sent back from {name} "), 1);
    }
    let to_run = run.map(|run| view! { <p><a href=run.path>"Open the run"</a></p> });
    if step.unknown {
        return Some(
            view! {
                <Banner title="Nobody can tell whether it was done" tone=Tone::Attention>
                    <p>{note}</p>
                    <p>"Look where it should have had its effect, then say on the page of the run what you found."</p>
                    {to_run}
                </Banner>
            }
            .into_any(),
        );
    }
    let title = match step.state {
        _ if note.is_empty() => return None,
        StepState::Failed => "This step failed",
        StepState::Missing => "What it runs is no longer to be had",
        StepState::Skipped => "Why it was left out",
        StepState::Attested => "Why it counts as done",
        StepState::Waiting | StepState::Pending | StepState::Ready | StepState::Running if step.sent_back => {
            "It was sent back"
        }
        StepState::Waiting if !over => "It did not begin",
        _ => return None,
    };
    let tone = match step.state {
        StepState::Failed | StepState::Missing => Tone::Wrong,
        StepState::Skipped | StepState::Attested => Tone::Neutral,
        _ => Tone::Attention,
    };
    Some(view! { <Banner title=title tone=tone><p class="pk-wrap">{note}</p></Banner> }.into_any())
}

/// What there is to do about it for the reader.
#[component]
fn Act(
    journey: Arc<Journey>,
    step: Step,
    titles: Titles,
    reader: Reader,
    is_team: bool,
    is_owner: bool,
    form: Option<InPlace>,
) -> impl IntoView {
    let (id, key) = (journey.id.clone(), step.key.clone());
    if let Some(exception) = &step.exception {
        let rule = if exception.attest { &step.definition.attest } else { &step.definition.skip };
        let group = rule.as_ref().map(|rule| rule.approval.clone()).unwrap_or_default();
        let decides = reader.is_any(std::slice::from_ref(&group))
            && !asks_for_it(&journey, &reader.me)
            && reader.me != exception.by;
        let what = if exception.attest { "taken as done elsewhere" } else { "skipped" };
        let who = name_of(&titles, &exception.by);
        let reason = exception.reason.clone();
        let shown =
            view! { <Evidences label="What shows that it was done".to_owned() items=exception.evidence.clone()/> };
        let decide = if decides {
            view! { <Decide id=id.clone() step=key.clone() agree="Agree that it is left out" refuse="Refuse"/> }
                .into_any()
        } else {
            view! { <p class="pk-quiet">{format!("{} decides.", name_of(&titles, &group))}</p> }.into_any()
        };
        return view! {
            <Banner title=format!("{who} asks that this step be {what}") tone=Tone::Attention><p class="pk-wrap">{reason}</p></Banner>
            {shown}
            {decide}
        }
        .into_any();
    }
    match (step.state, &step.definition.kind) {
        (StepState::Waiting, Kind::Task(task)) => {
            if !is_team {
                let who = holder(&step, &titles);
                return view! { <Turn who=who what="this task"/> }.into_any();
            }
            let is_mine = step.assignee == reader.me;
            let is_taken = !step.assignee.is_empty() && !is_mine;
            let take = if step.assignee.is_empty() {
                Some(view! { <Quick action=ClaimStep::PATH id=id.clone() step=key.clone() text="Take it"/> }.into_any())
            } else if is_mine {
                Some(
                    view! { <Quick action=ReleaseStep::PATH id=id.clone() step=key.clone() text="Put it back"/> }
                        .into_any(),
                )
            } else {
                None
            };
            if is_taken {
                let who = name_of(&titles, &step.assignee);
                let back = (is_owner).then(
                    || view! { <Quick action=ReleaseStep::PATH id=id.clone() step=key.clone() text="Put it back"/> },
                );
                return view! { <Turn who=who what="this task"/> {back} }.into_any();
            }
            let needs_evidence = task.evidence && step.evidence.is_empty();
            let finish = match form {
                _ if needs_evidence => {
                    view! { <p>"First show a file or a link of what was done; then it can be finished."</p> <Evidence id=id.clone() step=key.clone() open=true/> }.into_any()
                }
                Some(form) => drawn(form),
                None => {
                    let text = format!("Finish {}", step_name(&step));
                    view! { <Finish id=id.clone() step=key.clone() text=text/> }.into_any()
                }
            };
            view! { {take} {finish} }.into_any()
        }
        (StepState::Waiting, Kind::Approval(_)) => {
            if let Some(why) = undecided(&journey, &step, &reader, &titles) {
                let again = step
                    .delegates
                    .contains_key(&reader.me)
                    .then(|| view! { <Quick action=ReleaseStep::PATH id=id text="Decide myself" step=key/> });
                return view! { <p class="pk-quiet">{why}</p> {again} }.into_any();
            }
            view! { <Decide id=id step=key agree="Agree" refuse="Send back"/> }.into_any()
        }
        (StepState::Waiting, Kind::Template { .. } | Kind::Path { .. }) => match form {
            Some(form) => drawn(form),
            None => {
                let who = name_of(&titles, &journey.owner);
                view! { <Turn who=who what="fill in its form"/> }.into_any()
            }
        },
        (StepState::Failed | StepState::Missing, kind) if is_owner || is_team => {
            let is_run =
                matches!(kind, Kind::Template { .. }) && !step.run.is_empty() && step.state == StepState::Failed;
            view! {
                <form method="post" action=RetryStep::PATH>
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="step" value=key/>
                    <FormActions>
                        {is_run.then(|| view! { <Button text="Go on where it failed" emphasis=Emphasis::Primary sends=("anew", "false".to_owned())/> })}
                        <Button text=if is_run { "Try it again from its start" } else { "Try it again" } emphasis=if is_run { Emphasis::Normal } else { Emphasis::Primary } sends=("anew", "true".to_owned())/>
                    </FormActions>
                </form>
            }
            .into_any()
        }
        (StepState::Failed | StepState::Missing, _) => {
            let who = name_of(&titles, &journey.owner);
            view! { <Turn who=who what="decide how it goes on"/> }.into_any()
        }
        _ => ().into_any(),
    }
}

/// Whether somebody asks for what the journey is for, and so never decides on it.
fn asks_for_it(journey: &Journey, who: &str) -> bool {
    who == journey.starter || who == journey.owner || who == journey.by
}

/// Why the reader does not decide on an approval; nothing where they do.
fn undecided(journey: &Journey, step: &Step, reader: &Reader, titles: &Titles) -> Option<String> {
    let me = reader.me.as_str();
    let is_delegate = step.delegates.values().any(|to| to == me);
    if !reader.is_any(&step.team) && !is_delegate {
        return Some(format!("{} decides.", holder(step, titles)));
    }
    if asks_for_it(journey, me) {
        return Some("You asked for it, so others decide: it takes other eyes.".into());
    }
    if let Some(to) = step.delegates.get(me) {
        return Some(format!("{} decides in your place.", name_of(titles, to)));
    }
    step.votes.iter().any(|vote| vote.who == me).then(|| "You have agreed. Others have still to decide.".into())
}

fn drawn(form: InPlace) -> AnyView {
    match form {
        InPlace::Here(fields, forward, status, replaced) => {
            let other = replaced.then(|| view! { <Elsewhere/> }.into_any());
            view! {
                <FormFields page=*fields before=other>
                    <FormButtons forward=forward back=false status=status/>
                </FormFields>
            }
            .into_any()
        }
        InPlace::Elsewhere(href) => {
            view! { <FormActions><Button text="Fill in its form" emphasis=Emphasis::Primary href=href/></FormActions> }
                .into_any()
        }
    }
}

/// A button that does one thing to a step.
#[component]
fn Quick(action: &'static str, id: String, step: String, text: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=action class="pk-inline">
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="step" value=step/>
            <Button text=text/>
        </form>
    }
}

/// The end of a task that asks nothing.
#[component]
fn Finish(id: String, step: String, text: String) -> impl IntoView {
    view! {
        <form method="post" action=CompleteStep::PATH>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="step" value=step/>
            <FormActions><Button text=text emphasis=Emphasis::Primary/></FormActions>
        </form>
    }
}

/// A decision: to agree, with a word where there is one, or to refuse with a reason.
#[component]
fn Decide(id: String, step: String, agree: &'static str, refuse: &'static str) -> impl IntoView {
    let (again, key) = (id.clone(), step.clone());
    view! {
        <form method="post" action=ApproveStep::PATH>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="step" value=step/>
            <FormLayout>
                <Field label="A word with it" id="approve-comment" need=Need::Optional><Input name="comment"/></Field>
                <FormActions><Button text=agree emphasis=Emphasis::Primary/></FormActions>
            </FormLayout>
        </form>
        <details class="pk-disclosure">
            <summary>{format!("{refuse}…")}</summary>
            <form method="post" action=DeclineStep::PATH>
                <input type="hidden" name="id" value=again/>
                <input type="hidden" name="step" value=key/>
                <FormLayout>
                    <Field label="Why" id="decline-reason" help="Whoever asked reads this" need=Need::Required><TextArea name="reason" rows=3/></Field>
                    <FormActions><Button text=refuse emphasis=Emphasis::Danger/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

/// Who has agreed so far.
#[component]
fn Votes(step: Step, titles: Titles, now: Millis) -> impl IntoView {
    let votes: Vec<_> = step
        .votes
        .iter()
        .map(|vote| {
            let place = (!vote.instead_of.is_empty()).then(|| format!(" in place of {}", name_of(&titles, &vote.instead_of)));
            let comment = (!vote.comment.is_empty()).then(|| format!(": {}", vote.comment));
            view! {
                <li>
                    {who_link(&titles, &vote.who)} " agreed" {place} ", " <span class="pk-quiet"><Time when=Some(When::new(vote.at, now))/></span> {comment}
                </li>
            }
        })
        .collect();
    view! { <ul class="pk-list" aria-label="Who has agreed">{votes}</ul> }
}

/// The address that has to be called.
#[component]
fn Signal(path: String) -> impl IntoView {
    view! {
        <p>"The journey goes on when this address is called with POST, once. What is sent along as a JSON object becomes the step’s outputs."</p>
        <p><code class="pk-mono pk-wrap" id="signal">{path}</code> " " <kit::components::CopyButton from="signal" label="Copy the address"/></p>
    }
}

/// The run that does it: where it is, and what it tells.
#[component]
fn RunPart(run: Option<Run>, log: Vec<LogEntry>) -> impl IntoView {
    run.map(|run| {
        let (word, tone) = match run.state {
            RunState::Queued => ("It waits for a worker", Tone::Waiting),
            RunState::Running => ("It runs", Tone::Waiting),
            RunState::Waiting => ("It waits", Tone::Waiting),
            RunState::Unknown => ("Nobody can tell", Tone::Attention),
            RunState::Completed => ("It is done", Tone::Fine),
            RunState::Failed => ("It failed", Tone::Wrong),
            RunState::Cancelled => ("It was ended", Tone::Neutral),
        };
        let step = (!run.step.is_empty()).then(|| format!(" At: {}.", run.step));
        let href = run.path.clone();
        let lines = (!log.is_empty()).then(|| view! { <LogLines label="Log of the run" lines=log/> });
        view! {
            <details class="pk-disclosure" open=!run.state.is_over()>
                <summary>"The run"</summary>
                <p><Badge text=word tone=tone/> {step} " " <a href=href>"Open the run"</a></p>
                {lines}
            </details>
        }
    })
}

/// What it made.
#[component]
fn Made(step: Step, titles: Titles) -> impl IntoView {
    // A run's own links and texts stand on its page.
    let facts: Vec<_> = step
        .outputs
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "links" | "text" | "approvedBy"))
        .map(|(name, value)| {
            let value = output(value, &titles);
            view! { <Fact name=spoken(name)>{value}</Fact> }
        })
        .collect();
    (!facts.is_empty()).then(|| view! { <h3>"What it made"</h3> <Facts>{facts}</Facts> })
}

/// The name of a value as people say it: `remoteUrl` is "Remote url".
fn spoken(name: &str) -> String {
    let mut said = String::new();
    for c in name.chars() {
        match c {
            '-' | '_' => said.push(' '),
            c if c.is_uppercase() && !said.is_empty() => {
                said.push(' ');
                said.extend(c.to_lowercase());
            }
            c if said.is_empty() => said.extend(c.to_uppercase()),
            c => said.push(c),
        }
    }
    said
}

/// What it was given, and where each value came from.
#[component]
fn Given(journey: Arc<Journey>, step: Step, titles: Titles) -> impl IntoView {
    if step.origins.is_empty() {
        return None;
    }
    let rows: Vec<_> = step
        .input
        .iter()
        .map(|(name, value)| {
            let origin = step.origins.get(name).map(|origin| origin_word(origin, &journey)).unwrap_or_default();
            view! {
                <tr>
                    <th scope="row">{spoken(name)}</th>
                    <td class="pk-wrap" data-label="Value">{output(value, &titles)}</td>
                    <td class="pk-wrap pk-quiet" data-label="Where from">{origin}</td>
                </tr>
            }
        })
        .collect();
    let pin = step.pin.clone().map(|pin| {
        let href = match &step.definition.kind {
            Kind::Path { .. } => path_href(&pin.name),
            _ => {
                let (_, rest) = pin.name.split_once(':').unwrap_or(("template", &pin.name));
                let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
                format!("/create/templates/{}/{}", segment(namespace), segment(name))
            }
        };
        let title = if pin.title.is_empty() { pin.name.clone() } else { pin.title.clone() };
        view! { <p>"Version " <code>{pin.number}</code> " of " <a href=href>{title}</a> ", pinned when the journey took it."</p> }
    });
    let columns = vec![Column::text("What"), Column::text("Value"), Column::text("Where from")];
    Some(view! {
        <details class="pk-disclosure">
            <summary>"What it was given"</summary>
            {pin}
            <Table caption="What it was given" columns=columns stacked=true>{rows}</Table>
        </details>
    })
}

/// What else can be done about a step: evidence, other hands, leaving it out.
#[component]
fn More(
    journey: Arc<Journey>,
    step: Step,
    titles: Titles,
    is_owner: bool,
    is_team: bool,
    reader: Reader,
) -> impl IntoView {
    let (id, key) = (journey.id.clone(), step.key.clone());
    let waits = step.state == StepState::Waiting;
    let is_approval = matches!(step.definition.kind, Kind::Approval(_));
    let part = is_owner || is_team;
    let is_due = journey.state != JourneyState::Draft;
    let needs_evidence = matches!(&step.definition.kind, Kind::Task(task) if task.evidence)
        && step.evidence.is_empty()
        && waits
        && is_team;
    let evidence = (part && is_due && !needs_evidence && step.state != StepState::Pending)
        .then(|| view! { <Evidence id=id.clone() step=key.clone() open=false/> });
    let hand = (waits
        && !is_approval
        && step.exception.is_none()
        && (is_team || is_owner && step.definition.kind.runs().is_some()))
    .then(|| view! { <HandOver id=id.clone() step=key.clone()/> });
    let delegate = (waits && is_approval && undecided(&journey, &step, &reader, &titles).is_none())
        .then(|| view! { <Delegate id=id.clone() step=key.clone()/> });
    let may_except = part
        && step.exception.is_none()
        && matches!(
            step.state,
            StepState::Pending | StepState::Ready | StepState::Waiting | StepState::Failed | StepState::Missing
        );
    let skip = step.definition.skip.clone().filter(|_| may_except).map(|rule| {
        view! { <Except id=id.clone() step=key.clone() attest=false rule=rule titles=titles.clone()/> }
    });
    let attest = step.definition.attest.clone().filter(|_| may_except).map(|rule| {
        view! { <Except id=id.clone() step=key.clone() attest=true rule=rule titles=titles.clone()/> }
    });
    view! {
        <div class="pk-disclosures">
            {evidence}
            {hand}
            {delegate}
            {skip}
            {attest}
            <details class="pk-disclosure">
                <summary>"Say something about this step"</summary>
                <Comment id=id step=key/>
            </details>
        </div>
    }
}

/// A file or a link that shows something.
#[component]
fn Evidence(id: String, step: String, open: bool) -> impl IntoView {
    let upload = format!("/api/golden-paths/v1/journeys/{}/steps/{}/evidence", segment(&id), segment(&step));
    view! {
        <details class="pk-disclosure" open=open>
            <summary>"Attach evidence"</summary>
            <form method="post" action=AddEvidence::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="step" value=step/>
                <FormLayout>
                    <LinkFields id="evidence".to_owned() need=Need::Required/>
                    <FormActions><Button text="Attach the link"/></FormActions>
                </FormLayout>
            </form>
            <form method="post" action=upload enctype="multipart/form-data">
                <FormLayout>
                    <Field label="Or a file" id="evidence-file" need=Need::Required>
                        <FileInput name="file" limits="At most 5 MB." max_bytes=FILE/>
                    </Field>
                    <FormActions><Button text="Attach the file"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

#[component]
fn HandOver(id: String, step: String) -> impl IntoView {
    view! {
        <details class="pk-disclosure">
            <summary>"Hand it over"</summary>
            <form method="post" action=HandOverStep::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="step" value=step/>
                <FormLayout>
                    <Whom label="To whom" id="hand-over-to".to_owned() help="A person or a team; from then on it is theirs"/>
                    <Field label="Why" id="hand-over-reason" need=Need::Optional><Input name="reason"/></Field>
                    <FormActions><Button text="Hand it over"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

#[component]
fn Delegate(id: String, step: String) -> impl IntoView {
    view! {
        <details class="pk-disclosure">
            <summary>"Have somebody decide in your place"</summary>
            <form method="post" action=DelegateStep::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="step" value=step/>
                <FormLayout>
                    <Whom label="Who" id="delegate-to".to_owned() help="A person; never whoever asks" people=true/>
                    <FormActions><Button text="Let them decide"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

/// The wish that a step be left out, or taken as done, on the terms of the path.
#[component]
fn Except(id: String, step: String, attest: bool, rule: Rule, titles: Titles) -> impl IntoView {
    let (summary, button, control) = if attest {
        ("It was done elsewhere", "Take it as done", "attest")
    } else {
        ("Skip it", "Skip this step", "skip")
    };
    let terms = if rule.approval.is_empty() {
        "You answer for it; the history says so.".to_owned()
    } else {
        format!("{} has to agree first.", name_of(&titles, &rule.approval))
    };
    let need = |needed: bool| if needed { Need::Required } else { Need::Optional };
    let reason = format!("{control}-reason");
    let shows =
        (attest || rule.evidence).then(|| view! { <LinkFields id=control.to_owned() need=need(rule.evidence)/> });
    view! {
        <details class="pk-disclosure">
            <summary>{summary}</summary>
            <form method="post" action=ExceptStep::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="step" value=step/>
                <input type="hidden" name="attest" value=attest.to_string()/>
                <FormLayout>
                    <p>{terms}</p>
                    <Field label="Why" id=reason need=need(rule.reason)><TextArea name="reason" rows=2/></Field>
                    {shows}
                    <FormActions><Button text=button/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn names_of_values_are_said_as_words() {
        assert_eq!(["remoteUrl", "entity-ref", "address", ""].map(spoken), ["Remote url", "Entity ref", "Address", ""]);
    }
}
