use journey::JourneyState;
use kit::components::{
    Button, Choice, Column, ControlSize, Emphasis, EmptyState, Field, Input, Page, Select, Tab, Table, Tabs, Time,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::href;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;

use super::discover::{Reader, ToPaths, groups};
use super::parts::{JourneyBadge, Titles, name_of, names_of, who_link};
use crate::server::GoldenPaths;
use crate::server::service::{JourneyQuery, JourneyRow, JourneysPage, Scope, journey_href};

/// What stands where a scope has nothing.
fn empty(scope: Scope) -> &'static str {
    match scope {
        Scope::Mine => "You have not started a journey yet.",
        Scope::Teams => "No journey has a step of your teams.",
        Scope::All => "There is no journey yet, or none that you may see.",
    }
}

/// Journeys: the caller's, those in which its teams have a part, all that it may see.
pub async fn journeys_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let filters =
        Filters { scope: at.one("scope"), state: at.one("state"), path: at.one("path").trim().to_lowercase() };
    let query = JourneyQuery {
        scope: filters.scope(),
        states: JourneyState::named(&filters.state).into_iter().collect(),
        path: match filters.path.as_str() {
            "" => String::new(),
            path if path.contains(':') => path.to_owned(),
            path if path.contains('/') => format!("goldenpath:{path}"),
            path => format!("goldenpath:default/{path}"),
        },
        after: at.one("after").parse().ok(),
        limit: 0,
    };
    let first = query.after.is_none();
    let listed = golden.journeys(&caller, &query).await?;
    let me = kit::server::personal::owner(&caller).unwrap_or_default().to_owned();
    let reader = Reader { me, groups: groups(&caller) };
    let now = golden.kit.clock.now();
    Ok(page(|| view! { <JourneysView filters=filters listed=listed reader=reader first=first now=now/> }))
}

/// What the address narrows the list to.
#[derive(Debug, Clone)]
struct Filters {
    scope: String,
    state: String,
    path: String,
}

impl Filters {
    fn scope(&self) -> Scope {
        Scope::named(&self.scope).unwrap_or_default()
    }

    fn narrows(&self) -> bool {
        !(self.state.is_empty() && self.path.is_empty())
    }

    fn href(&self, after: &str) -> String {
        let Self { scope, state, path } = self;
        href("/golden-paths/journeys", [("scope", scope.as_str()), ("state", state), ("path", path), ("after", after)])
    }
}

#[component]
fn JourneysView(filters: Filters, listed: JourneysPage, reader: Reader, first: bool, now: Millis) -> impl IntoView {
    let JourneysPage { items, next, titles } = listed;
    let scope = filters.scope();
    let tabs = Scope::ALL
        .into_iter()
        .map(|each| Tab {
            label: each.label().into(),
            href: href("/golden-paths/journeys", [("scope", if each == Scope::Mine { "" } else { each.name() })]),
            current: each == scope,
            count: None,
        })
        .collect();
    let next = next.map(|next| filters.href(&next.to_string()));
    let start = (!first).then(|| filters.href(""));
    let content = if items.is_empty() {
        let clear =
            (filters.narrows() || !first).then(|| href("/golden-paths/journeys", [("scope", filters.scope.as_str())]));
        match clear {
            Some(clear) => view! { <EmptyState sentence="No journey is like this."><a class="pk-button" href=clear>"Clear the filters"</a></EmptyState> }.into_any(),
            None => view! { <EmptyState sentence=empty(scope)><ToPaths/></EmptyState> }.into_any(),
        }
    } else {
        let rows: Vec<_> = items
            .into_iter()
            .map(|row| view! { <Row row=row titles=titles.clone() reader=reader.clone() now=now/> })
            .collect();
        let columns = vec![
            Column::text("Journey"),
            Column::text("State"),
            Column::number("Steps done"),
            Column::text("Who has the ball"),
            Column::text("Belongs to"),
            Column::text("Changed"),
        ];
        let paged = start.is_some() || next.is_some();
        let start = start.map(|start| view! { <a class="pk-button" href=start>"Newest"</a> });
        let next = next.map(|next| view! { <a class="pk-button" rel="next" href=next>"Older"</a> });
        view! {
            <Table caption="Journeys" columns=columns stacked=true>{rows}</Table>
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{start} {next}</nav> })}
        }
        .into_any()
    };
    let aside = view! {
        <a class="pk-button" href="/golden-paths/queue">"My team’s queue"</a>
        <Button text="Choose a golden path" emphasis=Emphasis::Primary href="/golden-paths"/>
    }
    .into_any();
    view! {
        <Page title="Journeys" lead="What is under way along golden paths, and what has been." aside=aside>
            <Tabs label="Whose journeys" tabs=tabs/>
            <FilterForm filters=filters/>
            {content}
        </Page>
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let states = JourneyState::ALL.into_iter().map(|state| Choice::new(state.name(), state.label())).collect();
    view! {
        <form method="get" action="/golden-paths/journeys" class="pk-toolbar" role="search" aria-label="Filter the journeys">
            {(!filters.scope.is_empty()).then(|| view! { <input type="hidden" name="scope" value=filters.scope.clone()/> })}
            <Field label="State" id="journey-state"><Select name="state" options=states value=filters.state empty="Any state" size=ControlSize::Small/></Field>
            <Field label="Golden path" id="journey-path"><Input name="path" value=filters.path placeholder="goldenpath:default/name" size=ControlSize::Small/></Field>
            <Button text="Filter"/>
        </form>
    }
}

#[component]
fn Row(row: JourneyRow, titles: Titles, reader: Reader, now: Millis) -> impl IntoView {
    let address = journey_href(&row.id);
    let ball = if row.state.is_over() {
        view! { <span class="pk-quiet">"–"</span> }.into_any()
    } else if reader.is_any(&row.whose) || (row.state == JourneyState::Draft && row.owner == reader.me) {
        view! { <strong>"You"</strong> <span class="pk-quiet">{format!(": {}", row.next)}</span> }.into_any()
    } else if row.whose.is_empty() {
        view! { "The portal" <span class="pk-quiet">{format!(": {}", row.next)}</span> }.into_any()
    } else {
        let who = names_of(&titles, &row.whose, "or");
        view! { {who} <span class="pk-quiet">{format!(": {}", row.next)}</span> }.into_any()
    };
    let began = (row.starter != row.owner).then(|| format!("begun by {}", name_of(&titles, &row.starter)));
    let version = (!row.version.is_empty()).then(|| view! { " " <code class="pk-quiet">{row.version.clone()}</code> });
    let steps = if row.total == 0 { "–".to_owned() } else { format!("{} of {}", row.done, row.total) };
    view! {
        <tr>
            <th scope="row"><a class="pk-name" href=address>{row.title.clone()}</a> {version}</th>
            <td data-label="State"><JourneyBadge state=row.state/></td>
            <td class="pk-number" data-label="Steps done">{steps}</td>
            <td class="pk-wrap" data-label="Who has the ball">{ball}</td>
            <td class="pk-wrap" data-label="Belongs to">{who_link(&titles, &row.owner)} {began.map(|began| view! { " " <span class="pk-quiet">{began}</span> })}</td>
            <td class="pk-quiet" data-label="Changed"><Time when=Some(When::new(row.changed_at, now))/></td>
        </tr>
    }
}
