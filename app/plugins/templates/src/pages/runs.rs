use kit::components::{
    Badge, Button, Choice, Column, Emphasis, EmptyState, Field, Input, Page, Paging, Select, Tab, Table, Tabs, Time,
    Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::clock::Millis;
use kit::server::context::{permit_own, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;

use crate::info::READ_TASK;
use crate::server::Templates;
use crate::server::state::TaskState;
use crate::server::store::Task;
use crate::server::tasks::{Query, Scope};

/// Runs on a page.
const PAGE: u64 = 25;

/// The tabs: as the address names them, as people read them, and what stands where one is empty.
const TABS: [(Scope, &str, &str, &str); 3] = [
    (Scope::Mine, "", "Mine", "You have not run a template yet."),
    (Scope::Teams, "teams", "My teams’", "Nobody in your teams has run a template, and nobody one of yours."),
    (Scope::All, "all", "All", "No template has been run yet."),
];

/// The runs of templates: the caller's, its teams', all that it may see.
pub async fn runs_page(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit_own(&READ_TASK).await?;
    let tasks = service::<Templates>("Templates")?.tasks;
    let (scope, ..) = tab(&at.one("scope"));
    let number: u64 = at.one("page").parse().unwrap_or(0).min(100_000);
    let states: Vec<TaskState> = TaskState::named(&at.one("state")).into_iter().collect();
    let callers: Vec<String> =
        Some(at.one("who").trim().to_lowercase()).filter(|who| !who.is_empty()).into_iter().collect();
    let query = Query {
        scope,
        states,
        template: at.one("template").trim().to_lowercase(),
        callers: callers
            .iter()
            .map(|who| if who.contains(':') { who.clone() } else { format!("user:default/{who}") })
            .collect(),
        limit: PAGE,
        offset: number * PAGE,
        oldest_first: false,
    };
    let listed = tasks.list(&caller, &query).await?;
    let now = tasks.kit.clock.now();
    let filters =
        Filters { scope: at.one("scope"), state: at.one("state"), template: at.one("template"), who: at.one("who") };
    Ok(page(|| view! { <RunsView filters=filters listed=listed.tasks total=listed.total number=number now=now/> }))
}

fn tab(name: &str) -> (Scope, &'static str, &'static str, &'static str) {
    TABS.into_iter().find(|(_, each, ..)| *each == name).unwrap_or(TABS[0])
}

/// What the address narrows the list to.
#[derive(Clone)]
struct Filters {
    scope: String,
    state: String,
    template: String,
    who: String,
}

impl Filters {
    fn narrows(&self) -> bool {
        !(self.state.is_empty() && self.template.is_empty() && self.who.is_empty())
    }

    fn page(&self, number: u64) -> String {
        let number = if number == 0 { String::new() } else { number.to_string() };
        let Self { scope, state, template, who } = self;
        href(
            "/create/runs",
            [("scope", scope.as_str()), ("state", state), ("template", template), ("who", who), ("page", &number)],
        )
    }
}

#[component]
fn RunsView(filters: Filters, listed: Vec<Task>, total: u64, number: u64, now: Millis) -> impl IntoView {
    let (scope, _, _, empty) = tab(&filters.scope);
    let tabs = TABS
        .into_iter()
        .map(|(each, name, label, _)| Tab {
            label: label.into(),
            href: href("/create/runs", [("scope", name)]),
            current: each == scope,
            count: None,
        })
        .collect();
    let columns = vec![
        Column::text("Template"),
        Column::text("State"),
        Column::text("Run by"),
        Column::text("Started"),
        Column::number("Duration"),
        Column::text("Version"),
    ];
    let previous = (number > 0).then(|| filters.page(number - 1));
    let next = (number.saturating_add(1).saturating_mul(PAGE) < total).then(|| filters.page(number + 1));
    let summary = if total == 1 { "1 run".to_owned() } else { format!("{total} runs") };
    let paged = previous.is_some() || next.is_some();
    let content = if listed.is_empty() {
        let clear = filters.narrows().then(|| href("/create/runs", [("scope", filters.scope.as_str())]));
        let sentence = if clear.is_some() { "No run is like this." } else { empty };
        let (way_on, text) =
            clear.map_or(("/create".to_owned(), "Choose a template"), |clear| (clear, "Clear the filters"));
        view! { <EmptyState sentence=sentence><a class="pk-button" href=way_on>{text}</a></EmptyState> }.into_any()
    } else {
        let rows: Vec<_> = listed.into_iter().map(|task| view! { <Row task=task now=now/> }).collect();
        view! {
            <Table caption="Runs" columns=columns>{rows}</Table>
            {paged.then(|| view! { <Paging previous=previous next=next summary=summary/> })}
        }
        .into_any()
    };
    let aside = view! { <Button text="Choose a template" emphasis=Emphasis::Primary href="/create"/> }.into_any();
    view! {
        <Page title="Runs" lead="What templates have done and are doing." aside=aside>
            <Tabs label="Whose runs" tabs=tabs/>
            <FilterForm filters=filters/>
            {content}
        </Page>
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let states = TaskState::ALL.into_iter().map(|state| Choice::new(state.name(), state.label())).collect();
    view! {
        <form method="get" action="/create/runs" class="pk-toolbar pk-toolbar--form" role="search" aria-label="Filter the runs">
            {(!filters.scope.is_empty()).then(|| view! { <input type="hidden" name="scope" value=filters.scope.clone()/> })}
            <Field label="State" id="run-state"><Select name="state" options=states value=filters.state empty="Any state"/></Field>
            <Field label="Template" id="run-template"><Input name="template" value=filters.template placeholder="template:default/service"/></Field>
            <Field label="Run by" id="run-who"><Input name="who" value=filters.who placeholder="user:default/jane"/></Field>
            <Button text="Filter"/>
        </form>
    }
}

#[component]
fn Row(task: Task, now: Millis) -> impl IntoView {
    let address = format!("/create/runs/{}", segment(&task.uuid));
    let short = task.template.strip_prefix("template:").unwrap_or(&task.template).to_owned();
    view! {
        <tr>
            <th scope="row">
                <a class="pk-name" href=address>{task.title.clone()}</a>
                " " <span class="pk-quiet">{short}</span>
            </th>
            <td><StateBadge state=task.state/></td>
            <td>{task.caller_name.clone()}</td>
            <td class="pk-quiet"><Time when=Some(When::new(task.created_at, now))/></td>
            <td class="pk-number">{duration(&task, now)}</td>
            <td class="pk-quiet"><code>{task.version.clone()}</code></td>
        </tr>
    }
}

/// How a run stands, in a shape and a word.
#[component]
pub(super) fn StateBadge(state: TaskState) -> impl IntoView {
    let tone = match state {
        TaskState::Completed => Tone::Fine,
        TaskState::Failed => Tone::Wrong,
        TaskState::Unknown => Tone::Attention,
        TaskState::Open | TaskState::Processing | TaskState::Waiting => Tone::Waiting,
        TaskState::Cancelled => Tone::Neutral,
    };
    view! { <Badge text=state.label() tone=tone/> }
}

/// How long a run took, or has taken so far.
pub(super) fn duration(task: &Task, now: Millis) -> String {
    task.started_at.map_or_else(|| "–".to_owned(), |began| length(task.ended_at.unwrap_or(now) - began))
}

/// A length of time, short enough for a column.
pub(super) fn length(millis: Millis) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0 => format!("{} ms", millis.max(0)),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_are_short() {
        let lengths = [-5, 12, 1_000, 61_000, 3_660_000, 90_000_000].map(length);
        assert_eq!(lengths, ["0 ms", "12 ms", "1 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }
}
