use kit::components::{
    Badge, Button, Choice, Column, ControlSize, EmptyState, Field, Page, Select, Tab, Table, Tabs, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::href;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::{DueBadge, Titles, name_of};
use crate::api::ClaimStep;
use crate::server::GoldenPaths;
use crate::server::service::{QueueItem, QueuePage, QueueQuery, QueueState, Waits, step_href};

const QUEUE: &str = "/golden-paths/queue";

/// What waits for the caller and its teams, across all journeys: what is due first, then what has waited longest.
pub async fn queue_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let filters = Filters { team: at.one("team"), what: at.one("what"), state: at.one("state") };
    let query = QueueQuery {
        team: filters.team.clone(),
        what: Waits::named(&filters.what),
        state: QueueState::named(&filters.state).unwrap_or_default(),
        after: at.one("after"),
    };
    let first = query.after.is_empty();
    let queue = golden.queue(&caller, &query).await?;
    let me = kit::server::personal::owner(&caller).unwrap_or_default().to_owned();
    let now = golden.kit.clock.now();
    Ok(page(|| view! { <QueueView filters=filters queue=queue me=me first=first now=now/> }))
}

/// What the address narrows the queue to.
#[derive(Debug, Clone)]
struct Filters {
    team: String,
    what: String,
    state: String,
}

impl Filters {
    fn href(&self, after: &str) -> String {
        let Self { team, what, state } = self;
        href(QUEUE, [("team", team.as_str()), ("what", what), ("state", state), ("after", after)])
    }

    fn narrows(&self) -> bool {
        !(self.team.is_empty() && self.what.is_empty() && self.state.is_empty())
    }
}

#[component]
fn QueueView(filters: Filters, queue: QueuePage, me: String, first: bool, now: Millis) -> impl IntoView {
    let QueuePage { items, next, teams, titles } = queue;
    let all: u64 = teams.iter().map(|(_, _, count)| count).sum();
    let tab = |team: &str, label: String, count: u64| Tab {
        label,
        href: Filters { team: team.into(), ..filters.clone() }.href(""),
        current: filters.team == team,
        count: Some(count),
    };
    let tabs = std::iter::once(tab("", "Everything".into(), all))
        // A team for which nothing waits is not worth a tab.
        .chain(teams.iter().filter(|(team, _, count)| *count > 0 || *team == filters.team).map(
            |(team, title, count)| {
                tab(team, if *team == me { "To me in person".into() } else { title.clone() }, *count)
            },
        ))
        .collect();
    let next = next.map(|next| filters.href(&next));
    let start = (!first).then(|| filters.href(""));
    let content = if items.is_empty() && (filters.narrows() || !first) {
        view! { <EmptyState sentence="Nothing that waits is like this."><a class="pk-button" href=QUEUE>"See everything that waits"</a></EmptyState> }.into_any()
    } else if items.is_empty() {
        view! { <EmptyState sentence="Nothing waits for you or your teams."><a class="pk-button" href="/golden-paths/journeys">"See the journeys"</a></EmptyState> }
            .into_any()
    } else {
        let rows: Vec<_> = items
            .into_iter()
            .map(|item| view! { <Row item=item titles=titles.clone() me=me.clone() now=now/> })
            .collect();
        let columns = vec![
            Column::text("Waits"),
            Column::text("What"),
            Column::text("Journey"),
            Column::text("For"),
            Column::text("Since"),
            Column::text("Due"),
            Column::actions(),
        ];
        let paged = start.is_some() || next.is_some();
        let start = start.map(|start| view! { <a class="pk-button" href=start>"From the beginning"</a> });
        let next = next.map(|next| view! { <a class="pk-button" rel="next" href=next>"More"</a> });
        view! {
            <Table caption="What waits" columns=columns stacked=true>{rows}</Table>
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{start} {next}</nav> })}
        }
        .into_any()
    };
    view! {
        <Page title="My team’s queue" kind="Golden paths" lead="What waits for you and your teams in all journeys: what is due first, then what has waited longest.">
            <Tabs label="For whom" tabs=tabs/>
            <FilterForm filters=filters/>
            {content}
        </Page>
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let whats = Waits::ALL.into_iter().map(|what| Choice::new(what.name(), what.label())).collect();
    let states = QueueState::ALL
        .into_iter()
        .filter(|state| *state != QueueState::All)
        .map(|state| Choice::new(state.name(), state.label()))
        .collect();
    view! {
        <form method="get" action=QUEUE class="pk-toolbar" role="search" aria-label="Filter the queue">
            {(!filters.team.is_empty()).then(|| view! { <input type="hidden" name="team" value=filters.team.clone()/> })}
            <Field label="What" id="queue-what"><Select name="what" options=whats value=filters.what empty="Anything" size=ControlSize::Small/></Field>
            <Field label="Which" id="queue-state"><Select name="state" options=states value=filters.state empty="Taken or not" size=ControlSize::Small/></Field>
            <Button text="Filter"/>
        </form>
    }
}

#[component]
fn Row(item: QueueItem, titles: Titles, me: String, now: Millis) -> impl IntoView {
    let QueueItem { journey, title, owner, key, name, what, team, assignee, since, due_at } = item;
    let tone = if what == Waits::Blocked { Tone::Attention } else { Tone::Waiting };
    let whom = if assignee.is_empty() {
        view! { {name_of(&titles, &team)} " " <span class="pk-quiet">"not taken"</span> }.into_any()
    } else if assignee == me {
        view! { <strong>"You"</strong> }.into_any()
    } else {
        view! { {name_of(&titles, &assignee)} }.into_any()
    };
    let takes = (what == Waits::Task && assignee.is_empty()).then(|| {
        let label = format!(": {name}");
        view! {
            <form method="post" action=ClaimStep::PATH class="pk-inline">
                <input type="hidden" name="id" value=journey.clone()/>
                <input type="hidden" name="step" value=key.clone()/>
                <button class="pk-button" type="submit">"Take it" <span class="pk-visually-hidden">{label}</span></button>
            </form>
        }
    });
    let belongs = name_of(&titles, &owner);
    view! {
        <tr>
            <th scope="row"><a class="pk-name" href=step_href(&journey, &key)>{name}</a></th>
            <td data-label="What"><Badge text=what.label() tone=tone/></td>
            <td class="pk-wrap" data-label="Journey">{title} " " <span class="pk-quiet">"of " {belongs}</span></td>
            <td class="pk-wrap" data-label="For">{whom}</td>
            <td class="pk-quiet" data-label="Since"><Time when=Some(When::new(since, now))/></td>
            <td data-label="Due"><DueBadge due=due_at now=now/></td>
            <td class="pk-table__actions">{takes}</td>
        </tr>
    }
}
