use std::collections::HashMap;

use kit::components::{
    Banner, Breadcrumb, Button, CodeBlock, ConfirmActions, ConfirmDialog, DialogButton, Emphasis, EmptyState, Fact,
    Facts, Field, FormActions, FormLayout, Live, LogEntry, LogLines, Need, Page, Panel, PasswordInput, Prose, Section,
    State, Station, TextArea, Time, Timeline, Tone,
};
use kit::error::AppError;
use kit::html::Html;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::query::segment;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::html;
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use super::runs::{StateBadge, duration, length};
use super::template::owner_link;
use crate::api::{CancelRun, DecideRun, RetryRun, StartRunOver};
use crate::server::Templates;
use crate::server::filling::template_path;
use crate::server::log::Line;
use crate::server::state::{StepState, TaskState};
use crate::server::store::{self, StepRow, Task};
use crate::server::templates::short;

/// The last lines of the log that the page shows; the whole is a file.
const LINES: i64 = 400;

/// One run: where it is, what it tells, and what can be done about it.
pub async fn run_page(id: &str, _at: &Address) -> Result<Drawn, AppError> {
    let caller = caller().await?;
    let templates = service::<Templates>("Templates")?;
    let run = shown(&templates, &caller, id).await?;
    Ok(page(|| view! { <RunView run=run/> }))
}

/// A run with all that its page shows.
struct Shown {
    task: Task,
    steps: Vec<StepRow>,
    lines: Vec<Line>,
    now: Millis,
    may_change: bool,
    missing: Vec<String>,
    text: Vec<(String, Html)>,
    links: Vec<(String, String)>,
    /// What people call the template's owner and whoever runs it, as far as the reader may see them.
    titles: HashMap<String, String>,
}

async fn shown(templates: &Templates, caller: &Caller, id: &str) -> Result<Shown, AppError> {
    let tasks = &templates.tasks;
    let task = tasks.task(caller, id).await?;
    let steps = tasks.steps(&task).await?;
    let lines = store::lines(tasks.kit.db.read(), task.id, task.log_lines - LINES, LINES as u64 + 100).await?;
    let behind = |step: &&StepRow| step.state == StepState::Open;
    let missing = steps.iter().filter(behind).filter(|step| tasks.registry.get(&step.action).is_none());
    let mut missing: Vec<String> = missing.map(|step| step.action.clone()).collect();
    missing.dedup();
    let titles = templates.entities.titles(caller, &[task.owner.clone(), task.caller.clone()]).await?;
    Ok(Shown {
        titles,
        now: tasks.kit.clock.now(),
        may_change: tasks.may_change(caller, &task),
        missing: if task.state.is_over() { Vec::new() } else { missing },
        text: texts(&task.output),
        links: links(&task.output),
        task,
        steps,
        lines,
    })
}

/// The texts that a template says at its end.
fn texts(output: &Value) -> Vec<(String, Html)> {
    let texts = output["text"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    texts.iter().map(|each| (text(each, "title"), html::markdown(&text(each, "content")))).collect()
}

/// The links that a template says at its end, to pages of this portal and of others.
fn links(output: &Value) -> Vec<(String, String)> {
    let links = output["links"].as_array().map_or(&[][..], Vec::as_slice);
    links
        .iter()
        .filter_map(|link| {
            let text = |name: &str| link[name].as_str().filter(|text| !text.is_empty());
            let href = match (text("url"), text("entityRef")) {
                (Some(url), _) if url.starts_with("https://") || url.starts_with("http://") => url.to_owned(),
                (Some(path), _) if path.starts_with('/') && !path.starts_with("//") => path.to_owned(),
                (None, Some(entity)) => entity_path(entity),
                _ => return None,
            };
            Some((text("title").map_or_else(|| href.clone(), str::to_owned), href))
        })
        .collect()
}

/// The page of an entity by its ref.
fn entity_path(entity: &str) -> String {
    let (kind, rest) = entity.split_once(':').unwrap_or(("component", entity));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/catalog/{}/{}/{}", segment(namespace), segment(&kind.to_lowercase()), segment(name))
}

#[component]
fn RunView(run: Shown) -> impl IntoView {
    let Shown { task, steps, lines, now, may_change, missing, text, links, titles } = run;
    let over = task.state.is_over();
    let aside = view! {
        <StateBadge state=task.state/>
        {(may_change && !over && !task.cancelling).then(|| view! { <CancelButton id=task.uuid.clone()/> })}
    }
    .into_any();
    let lead = format!("Version {}, run by {}", task.version, task.caller_name);
    let owner = titles.get(&task.owner).cloned().unwrap_or_else(|| short(&task.owner).to_owned());
    let stations = steps.iter().map(|step| station(step, task.state, now)).collect();
    let events = format!("/api/scaffolder/v2/tasks/{}/eventstream?after={}", segment(&task.uuid), task.log_lines);
    let log = format!("/api/scaffolder/v2/tasks/{}/log", segment(&task.uuid));
    let cut = task.log_lines > LINES;
    let entries: Vec<LogEntry> = lines.into_iter().map(Line::entry).collect();
    let parameters = serde_json::to_string_pretty(&task.parameters).unwrap_or_default();
    let trail = vec![("Create".to_owned(), "/create".to_owned()), ("Runs".to_owned(), "/create/runs".to_owned())];
    let count = task.log_lines;
    let log = if entries.is_empty() {
        view! { <EmptyState sentence="Nothing has been told yet."/> }.into_any()
    } else {
        view! {
            <p class="pk-quiet">{cut.then(|| format!("The last {LINES} of {count} lines. "))} "Times are in UTC."</p>
            <LogLines label="Log of this run" lines=entries/>
            <p><a class="pk-button" href=log rel="external" download="">"Download the log"</a></p>
        }
        .into_any()
    };
    let facts = facts(&task, now, titles);
    let (title, uuid) = (task.title.clone(), task.uuid.clone());
    let start_over = over.then(|| StartOver(StartOverProps { task: task.clone() }));
    view! {
        <Breadcrumb trail=trail/>
        <Page title=title kind="Run" reference=uuid lead=lead aside=aside>
            {(!over).then(|| view! { <Live events=events kinds="log completion cancelled recovered" page="/api/templates/fn/page"/> })}
            <Situation task=task may_change=may_change missing=missing owner=owner/>
            <div class="pk-columns">
                <div>
                    <Section title="Steps"><Timeline label="Steps of this run" stations=stations/></Section>
                    {(!links.is_empty() || !text.is_empty()).then(|| view! { <Results links=links text=text/> })}
                    <Section title="Log">{log}</Section>
                </div>
                <div class="pk-panels">
                    <Panel title="About this run">{facts}</Panel>
                    <Panel title="Values"><CodeBlock text=parameters label="The values of the form" anchor="V"/></Panel>
                    {start_over}
                </div>
            </div>
        </Page>
    }
}

fn facts(task: &Task, now: Millis, mut titles: HashMap<String, String>) -> AnyView {
    let Task {
        template,
        title,
        owner,
        version,
        version_id,
        caller,
        caller_name,
        created_at,
        started_over,
        secret_names,
        sealed,
        ..
    } = task.clone();
    let template_page = template_path(&template);
    let version = match version_id {
        Some(_) => {
            let address = format!("{template_page}/versions/{}", segment(&version));
            view! { <a class="pk-mono" href=address>{version}</a> }.into_any()
        }
        None => view! { <code>{version}</code> }.into_any(),
    };
    let owner = owner_link(&owner, titles.get(&owner).cloned());
    let caller = match titles.remove(&caller) {
        Some(title) => owner_link(&caller, Some(title)),
        // A service, or somebody whom the catalog does not know, has the name that the run was asked for under.
        None => view! { <span title=caller>{caller_name}</span> }.into_any(),
    };
    let before = (!started_over.is_empty()).then(|| {
        let href = format!("/create/runs/{}", segment(&started_over));
        view! { <Fact name="Repeats"><a href=href title=started_over>"An earlier run"</a></Fact> }
    });
    let secrets = (!secret_names.is_empty()).then(|| {
        let kept = if sealed.is_empty() { " (no longer kept)" } else { " (sealed)" };
        view! { <Fact name="Secrets">{secret_names.join(", ")}{kept}</Fact> }
    });
    let took = duration(task, now);
    view! {
        <Facts>
            <Fact name="Template"><a href=template_page title=template>{title}</a></Fact>
            <Fact name="Owner of the template">{owner}</Fact>
            <Fact name="Version">{version}</Fact>
            <Fact name="Run by">{caller}</Fact>
            <Fact name="Asked for"><Time when=Some(When::new(created_at, now))/></Fact>
            <Fact name="Duration"><span class="pk-number">{took}</span></Fact>
            {before}
            {secrets}
        </Facts>
    }
    .into_any()
}

/// What is the case, and what to do about it.
#[component]
fn Situation(task: Task, may_change: bool, missing: Vec<String>, owner: String) -> impl IntoView {
    let missing = (!missing.is_empty()).then(|| {
        let title = format!("Not installed here: {}", missing.join(", "));
        let text = format!("The run will fail at the step that needs it. {owner} owns the template.");
        view! { <Banner title=title tone=Tone::Attention><p>{text}</p></Banner> }
    });
    let error = task.error.clone();
    let (state, cancelling) = (task.state, task.cancelling);
    let situation = match state {
        TaskState::Failed => {
            Some(view! { <Banner title="The run failed" tone=Tone::Wrong><p>{error}</p></Banner> }.into_any())
        }
        TaskState::Cancelled => Some(
            view! { <Banner title="The run was cancelled"><p>"What its finished steps did stays done."</p></Banner> }
                .into_any(),
        ),
        TaskState::Unknown => Some(
            view! {
                <Banner title="Nobody can tell whether a step was done" tone=Tone::Attention>
                    <p>{error}</p>
                    <p>"Look where it should have had its effect, then say what you found."</p>
                </Banner>
            }
            .into_any(),
        ),
        _ if cancelling => Some(view! { <Banner title="The run is being cancelled" tone=Tone::Waiting/> }.into_any()),
        _ => None,
    };
    let form = match state {
        TaskState::Failed | TaskState::Cancelled if may_change => Some(view! { <Retry task=task/> }.into_any()),
        TaskState::Unknown if may_change => Some(view! { <Decide task=task/> }.into_any()),
        _ => None,
    };
    view! { {missing} {situation} {form} }
}

#[component]
fn CancelButton(id: String) -> impl IntoView {
    // It needs no script: browsers open the dialog by themselves.
    view! {
        <DialogButton opens="cancel-run" text="Cancel run"/>
        <ConfirmDialog id="cancel-run" title="Cancel this run?" consequence="The step at hand is stopped. What finished steps did stays done; the run can be tried again from where it stopped.">
            <form method="post" action=CancelRun::PATH>
                <input type="hidden" name="id" value=id/>
                <ConfirmActions dialog="cancel-run" confirm="Cancel run" cancel="Keep running"/>
            </form>
        </ConfirmDialog>
    }
}

#[component]
fn Retry(task: Task) -> impl IntoView {
    let values = serde_json::to_string_pretty(&task.parameters).unwrap_or_default();
    let text = if task.state == TaskState::Failed { "Retry from the failed step" } else { "Go on where it stopped" };
    view! {
        <Section title="Go on from the step that ended">
            <form method="post" action=RetryRun::PATH>
                <input type="hidden" name="id" value=task.uuid.clone()/>
                <FormLayout>
                    <SecretFields names=task.secret_names.clone() part="retry"/>
                    <details>
                        <summary>"Change the values"</summary>
                        <Field label="Values" id="retry-values" help="As JSON. Finished steps keep what they did with the old ones." need=Need::Optional>
                            <TextArea name="values" value=values code=true/>
                        </Field>
                    </details>
                    <FormActions><Button text=text emphasis=Emphasis::Primary/></FormActions>
                </FormLayout>
            </form>
        </Section>
    }
}

#[component]
fn StartOver(task: Task) -> impl IntoView {
    view! {
        <Panel title="Start over">
            <p class="pk-quiet">"A new run with the same values and the current version of the template."</p>
            <form method="post" action=StartRunOver::PATH>
                <input type="hidden" name="id" value=task.uuid.clone()/>
                <FormLayout>
                    <SecretFields names=task.secret_names.clone() part="over"/>
                    <FormActions><Button text="Start over"/></FormActions>
                </FormLayout>
            </form>
        </Panel>
    }
}

#[component]
fn Decide(task: Task) -> impl IntoView {
    view! {
        <Section title="What became of the step">
            <form method="post" action=DecideRun::PATH>
                <input type="hidden" name="id" value=task.uuid.clone()/>
                <FormLayout>
                    <Field label="Its outputs, if it was done" id="decide-output" help="As JSON: what later steps ask this one for, such as a remoteUrl." need=Need::Optional>
                        <TextArea name="output" value="{}" code=true/>
                    </Field>
                    <FormActions>
                        <Button text="It was done: go on" sends=("decision", "done".into())/>
                        <Button text="It was not done: do it now" sends=("decision", "repeat".into())/>
                        <Button text="End the run as failed" emphasis=Emphasis::Danger sends=("decision", "fail".into())/>
                    </FormActions>
                </FormLayout>
            </form>
        </Section>
    }
}

/// The secrets that a run needs anew, since nobody keeps them.
#[component]
fn SecretFields(names: Vec<String>, part: &'static str) -> impl IntoView {
    names
        .into_iter()
        .enumerate()
        .map(|(number, name)| {
            view! {
                <input type="hidden" name=format!("secrets[{number}][name]") value=name.clone()/>
                <Field label=name id=format!("{part}-secret-{number}") help="It was forgotten when the run ended." need=Need::Required>
                    <PasswordInput name=format!("secrets[{number}][value]")/>
                </Field>
            }
        })
        .collect_view()
}

#[component]
fn Results(links: Vec<(String, String)>, text: Vec<(String, Html)>) -> impl IntoView {
    let links: Vec<_> = links
        .into_iter()
        .map(|(title, href)| {
            let outside = !href.starts_with('/');
            let rel = outside.then_some("external noopener noreferrer");
            view! { <a class="pk-button" href=href rel=rel>{title}</a> }
        })
        .collect();
    let texts: Vec<_> = text
        .into_iter()
        .map(|(title, html)| view! { {(!title.is_empty()).then(|| view! { <h3>{title}</h3> })} <Prose html=html/> })
        .collect();
    view! {
        <Section title="Results">
            {(!links.is_empty()).then(|| view! { <FormActions>{links}</FormActions> })}
            {texts}
        </Section>
    }
}

fn station(step: &StepRow, task: TaskState, now: Millis) -> Station {
    let is_over = matches!(task, TaskState::Failed | TaskState::Cancelled);
    let state = match step.state {
        // Nobody is on the way there any more.
        StepState::Open if is_over => State::Planned,
        // What it was in the middle of was stopped with the run.
        StepState::Processing | StepState::Waiting if is_over => State::Skipped,
        StepState::Open => State::Ahead,
        StepState::Processing => State::Here,
        StepState::Waiting | StepState::Unknown => State::Waiting,
        StepState::Completed => State::Done,
        StepState::Skipped | StepState::Cancelled => State::Skipped,
        StepState::Failed => State::Failed,
    };
    let ended = step.ended_at.or((!is_over).then_some(now));
    let took = step.started_at.zip(ended).map(|(began, ended)| length(ended - began));
    let attempts = (step.attempts > 1).then(|| format!("attempt {}", step.attempts));
    let rounds = (step.parts.len() > 1).then(|| format!("{} rounds done", step.parts.len()));
    let error = Some(step.error.clone()).filter(|error| !error.is_empty());
    let note: Vec<String> = [Some(step.action.clone()), took, attempts, rounds, error].into_iter().flatten().collect();
    Station::new(step.name.clone(), state, note.join(" · "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_lead_to_pages_and_nowhere_else() {
        let output = json!({ "links": [
            { "title": "Repository", "url": "https://code.example/a" },
            { "title": "In the catalog", "entityRef": "component:default/a" },
            { "title": "Here", "url": "/catalog" },
            { "title": "Not", "url": "javascript:alert(1)" },
            { "title": "Not either", "url": "//evil.example" },
            { "url": "https://code.example/b" },
        ] });
        let expected = [
            ("Repository", "https://code.example/a"),
            ("In the catalog", "/catalog/default/component/a"),
            ("Here", "/catalog"),
            ("https://code.example/b", "https://code.example/b"),
        ];
        assert_eq!(links(&output), expected.map(|(title, href)| (title.to_owned(), href.to_owned())));
        assert!(links(&json!(null)).is_empty());
    }
}
