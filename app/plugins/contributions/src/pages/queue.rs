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

use super::parts::{DueBadge, Titles, name_of};
use crate::server::Contributions;
use crate::server::service::{QueueItem, QueuePage, QueueQuery, Waits, contribution_href, gate_href};

const QUEUE: &str = "/contribute/queue";

/// What waits for the caller and its teams: what is due first, then what has waited longest.
pub async fn queue_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let filters = Filters { team: at.one("team"), what: at.one("what"), free: at.one("free") };
    let query = QueueQuery {
        team: filters.team.clone(),
        what: Waits::named(&filters.what),
        free: filters.free == "true",
        after: at.one("after"),
    };
    let first = query.after.is_empty();
    let queue = here.queue(&caller, &query).await?;
    let (me, now) = (caller.subject().to_owned(), here.kit.clock.now());
    Ok(page(|| view! { <QueueView filters=filters queue=queue me=me first=first now=now/> }))
}

/// What the address narrows the queue to.
#[derive(Debug, Clone)]
struct Filters {
    team: String,
    what: String,
    free: String,
}

impl Filters {
    fn href(&self, after: &str) -> String {
        let Self { team, what, free } = self;
        href(QUEUE, [("team", team.as_str()), ("what", what), ("free", free), ("after", after)])
    }

    fn narrows(&self) -> bool {
        !(self.team.is_empty() && self.what.is_empty() && self.free.is_empty())
    }
}

#[component]
fn QueueView(filters: Filters, queue: QueuePage, me: String, first: bool, now: Millis) -> impl IntoView {
    let QueuePage { items, next, teams, titles } = queue;
    let tab = |team: &str, label: String, count: Option<u64>| Tab {
        label,
        href: Filters { team: team.into(), ..filters.clone() }.href(""),
        current: filters.team == team,
        count,
    };
    let tabs = std::iter::once(tab("", "Everything".into(), None))
        // A team for which nothing waits is not worth a tab.
        .chain(teams.iter().filter(|(team, _, count)| *count > 0 || *team == filters.team).map(
            |(team, title, count)| {
                tab(team, if *team == me { "To me in person".into() } else { title.clone() }, Some(*count))
            },
        ))
        .collect();
    let next = next.map(|next| filters.href(&next));
    let start = (!first).then(|| filters.href(""));
    let content = if items.is_empty() && (filters.narrows() || !first) {
        view! { <EmptyState sentence="Nothing that waits is like this."><a class="pk-button" href=QUEUE>"See everything that waits"</a></EmptyState> }.into_any()
    } else if items.is_empty() {
        view! { <EmptyState sentence="Nothing waits for you or your teams."><a class="pk-button" href="/contribute">"See what is contributed"</a></EmptyState> }
            .into_any()
    } else {
        let rows: Vec<_> = items
            .into_iter()
            .map(|item| view! { <QueueRow item=item titles=titles.clone() me=me.clone() now=now/> })
            .collect();
        let columns = vec![
            Column::text("Contribution"),
            Column::text("What waits"),
            Column::text("Stage"),
            Column::text("For"),
            Column::text("Since"),
            Column::text("Due"),
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
        <Page title="My team’s queue" kind="Contributions" lead="What waits for you and your teams: what is due first, then what has waited longest.">
            <Tabs label="For whom" tabs=tabs/>
            <FilterForm filters=filters/>
            {content}
        </Page>
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let whats = Waits::ALL.into_iter().map(|what| Choice::new(what.name(), what.label())).collect();
    let free = vec![Choice::new("true", "Not taken")];
    view! {
        <form method="get" action=QUEUE class="pk-toolbar" role="search" aria-label="Filter the queue">
            {(!filters.team.is_empty()).then(|| view! { <input type="hidden" name="team" value=filters.team.clone()/> })}
            <Field label="What" id="queue-what"><Select name="what" options=whats value=filters.what empty="Anything" size=ControlSize::Small/></Field>
            <Field label="Which" id="queue-free"><Select name="free" options=free value=filters.free empty="Taken or not" size=ControlSize::Small/></Field>
            <Button text="Filter"/>
        </form>
    }
}

#[component]
fn QueueRow(item: QueueItem, titles: Titles, me: String, now: Millis) -> impl IntoView {
    let QueueItem { row, what, team, assignees, since, due_at } = item;
    let to = match what {
        Waits::Review | Waits::Appeal => gate_href(&row.id),
        Waits::Submission | Waits::Standards | Waits::GoLive => contribution_href(&row.id),
    };
    let whom = if assignees.contains(&me) {
        view! { <strong>"You"</strong> }.into_any()
    } else if assignees.is_empty() {
        view! { {name_of(&titles, &team)} " " <span class="pk-quiet">"not taken"</span> }.into_any()
    } else {
        let names: Vec<String> = assignees.iter().map(|who| name_of(&titles, who)).collect();
        view! { {names.join(", ")} }.into_any()
    };
    view! {
        <tr>
            <th scope="row"><a class="pk-name" href=to>{row.title}</a></th>
            <td data-label="What waits"><Badge text=what.label() tone=Tone::Waiting/></td>
            <td data-label="Stage">{row.stage.label()}</td>
            <td class="pk-wrap" data-label="For">{whom}</td>
            <td class="pk-quiet" data-label="Since"><Time when=Some(When::new(since, now))/></td>
            <td data-label="Due"><DueBadge due=due_at now=now/></td>
        </tr>
    }
}
