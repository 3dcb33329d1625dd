use journey::{GoldenPath, words};
use kit::components::{
    Badge, Banner, Button, Choice, Column, Emphasis, EmptyState, Fact, Facts, Field, FormActions, FormLayout, Page,
    Panel, Prose, Route, Select, StarButton, Tab, Table, Tabs, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::definitions::{State, Version};
use kit::server::html;
use kit::server::page::page;
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use super::discover::groups;
use super::parts::{Titles, plan, who_link};
use crate::api::{BeginJourney, CheckPath, StarPath};
use crate::server::GoldenPaths;
use crate::server::service::{ListedPath, PathDetail, PathRow, Station};

/// A golden path: what it is for, its stations with their owners, what it asks, how journeys along it went.
pub async fn path_page(namespace: &str, name: &str) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let detail = golden.path(&caller, &format!("goldenpath:{namespace}/{name}")).await?;
    let groups = groups(&caller);
    let mine = golden.entities.titles(&caller, &groups).await?;
    let mine = groups.into_iter().filter_map(|group| Some((group.clone(), mine.get(&group)?.clone()))).collect();
    let now = golden.kit.clock.now();
    let item = kit::server::personal::Item::new(crate::INFO.id, detail.listed.row.path.as_str());
    kit::server::visits::note(&golden.kit, &caller, item);
    Ok(page(|| view! { <PathView detail=detail mine=mine now=now/> }))
}

/// The tabs of a path's pages.
pub(super) fn tabs(row: &PathRow, current: &str) -> Vec<Tab> {
    let tab = |label: &str, name: &str, href: String| Tab {
        label: label.into(),
        href,
        current: name == current,
        count: None,
    };
    vec![
        tab("Overview", "", row.href()),
        tab("Versions", "versions", format!("{}/versions", row.href())),
        tab("Journeys", "journeys", href("/golden-paths/journeys", [("scope", "all"), ("path", row.path.as_str())])),
    ]
}

/// Whether a version is to be used; nothing where it is.
#[component]
pub(super) fn StateBadge(state: State) -> impl IntoView {
    match state {
        State::Current => None,
        State::Deprecated { .. } => Some(view! { <Badge text="Deprecated" tone=Tone::Attention/> }),
        State::Withdrawn { .. } => Some(view! { <Badge text="Withdrawn" tone=Tone::Wrong/> }),
    }
}

/// Who made a version: a name, or where it was read from.
pub(super) fn author(version: &Version) -> String {
    match version.author.split_once(':') {
        Some(("file" | "url", place)) => place.rsplit('/').next().unwrap_or(place).to_owned(),
        _ => version.author.clone(),
    }
}

#[component]
fn PathView(detail: PathDetail, mine: Vec<(String, String)>, now: Millis) -> impl IntoView {
    let PathDetail { listed, definition, stations, titles, may_change } = detail;
    let ListedPath { row, owner_title, tags, regions, version, starred, may_start, statistics } = listed;
    let usable = version.is_some() && may_start;
    let aside = view! {
        <StarButton action=StarPath::PATH item=row.path.clone() starred=starred/>
        {version.as_ref().map(|version| view! { <StateBadge state=version.state.clone()/> })}
        {usable.then(|| view! { <StartForm path=row.path.clone()/> })}
    }
    .into_any();
    let kind =
        if row.type_name.is_empty() { "Golden path".to_owned() } else { format!("Golden path · {}", row.type_name) };
    let about = match definition.as_ref().map(|definition| definition.description.trim()) {
        Some("") => view! { <p class="pk-quiet">"The descriptor gives no description."</p> }.into_any(),
        Some(text) => view! { <Prose html=html::markdown(text)/> }.into_any(),
        None => view! { <p>{row.description.clone()}</p> }.into_any(),
    };
    let way = definition.as_ref().map(
        |definition| view! { <Way definition=definition.as_ref().clone() stations=stations titles=titles.clone()/> },
    );
    let asks = definition.as_ref().map(|definition| view! { <Asks parameters=definition.parameters.clone()/> });
    let owner = if titles.contains_key(&row.owner) { who_link(&titles, &row.owner) } else { owner_title.into_any() };
    let published = version.clone().map(|version| {
        let href = format!("{}/versions/{}", row.href(), segment(&version.number.to_string()));
        let (number, by, published) = (version.number.to_string(), author(&version), version.published_at);
        view! {
            <Fact name="Version"><a class="pk-mono" href=href>{number}</a></Fact>
            <Fact name="Published"><Time when=Some(When::new(published, now))/></Fact>
            <Fact name="By">{by}</Fact>
        }
    });
    let for_team = usable.then(|| view! { <StartForTeam path=row.path.clone() teams=mine/> });
    let again = may_change.then(|| view! { <ReadAgain path=row.path.clone()/> });
    let where_for = if regions.is_empty() { "Everywhere".to_owned() } else { regions.join(", ") };
    let median = statistics.median.map_or_else(|| "–".to_owned(), words);
    let catalog = format!("/catalog/{}/goldenpath/{}", segment(&row.namespace), segment(&row.name));
    view! {
        <Page title=row.title.clone() kind=kind reference=row.path.clone() aside=aside>
            <Notices row=row.clone() version=version.clone() may_start=may_start may_change=may_change/>
            <Tabs label="Views of this golden path" tabs=tabs(&row, "")/>
            <div class="pk-columns">
                <div class="pk-panels">
                    <Panel title="What it is for">{about}</Panel>
                    {way}
                    {asks}
                </div>
                <aside aria-label="Facts">
                    <Facts>
                        <Fact name="Owner">{owner}</Fact>
                        {published}
                        <Fact name="For">{where_for}</Fact>
                        <Fact name="Under way"><span class="pk-number">{statistics.under_way}</span></Fact>
                        <Fact name="Completed, 1 year"><span class="pk-number">{statistics.completed}</span></Fact>
                        <Fact name="Usual time">{median}</Fact>
                        {(!tags.is_empty()).then(|| view! { <Fact name="Tags"><TagLinks tags=tags/></Fact> })}
                        <Fact name="Descriptor"><a href=catalog>"Open in the catalog"</a></Fact>
                        <Fact name="Last read"><Time when=Some(When::new(row.checked_at, now))/></Fact>
                    </Facts>
                    {again}
                    {for_team}
                </aside>
            </div>
        </Page>
    }
}

/// The button that begins a journey, for oneself.
#[component]
fn StartForm(path: String) -> impl IntoView {
    view! {
        <form method="post" action=BeginJourney::PATH class="pk-inline">
            <input type="hidden" name="path" value=path/>
            <Button text="Start journey" emphasis=Emphasis::Primary/>
        </form>
    }
}

/// The same for one of one's teams.
#[component]
fn StartForTeam(path: String, teams: Vec<(String, String)>) -> impl IntoView {
    let teams: Vec<Choice> = teams.into_iter().map(|(team, title)| Choice::new(team, title)).collect();
    (!teams.is_empty()).then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Start it for a team"</summary>
                <form method="post" action=BeginJourney::PATH>
                    <input type="hidden" name="path" value=path/>
                    <FormLayout>
                        <Field label="Team" id="begin-owner" help="Each of its members may go on with the journey"><Select name="owner" options=teams/></Field>
                        <FormActions><Button text="Start for this team"/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
    })
}

#[component]
fn TagLinks(tags: Vec<String>) -> impl IntoView {
    let tags: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let href = href("/golden-paths", [("tag", tag.as_str())]);
            view! { <li><a class="pk-badge" href=href>{tag}</a></li> }
        })
        .collect();
    view! { <ul class="pk-tags">{tags}</ul> }
}

/// What somebody must know before starting.
#[component]
fn Notices(row: PathRow, version: Option<Version>, may_start: bool, may_change: bool) -> impl IntoView {
    let problem = (!row.problem.is_empty()).then(|| {
        let title = if version.is_some() {
            "What there is now could not be made a version"
        } else {
            "It cannot be started yet"
        };
        let stays = version.as_ref().map(|version| format!(" Version {} stays in use.", version.number));
        let why = ended(&row.problem);
        view! { <Banner title=title tone=Tone::Attention><p>{why}{stays}</p></Banner> }
    });
    let waiting = (row.problem.is_empty() && version.is_none()).then(|| {
        view! { <Banner title="No version of it is in use" tone=Tone::Waiting><p>"It is being read for the first time, or all of its versions were withdrawn; the page of its versions tells which."</p></Banner> }
    });
    let deprecated = version.as_ref().and_then(|version| match version.state.clone() {
        State::Deprecated { reason, successor } => {
            let instead = (!successor.is_empty()).then(|| format!(" Use {successor} instead."));
            let reason = ended(&reason);
            Some(view! { <Banner title="This version is deprecated" tone=Tone::Attention><p>{reason}{instead}</p></Banner> })
        }
        _ => None,
    });
    let warning = version.as_ref().filter(|version| may_change && !version.warning.is_empty()).map(|version| {
        let warning = version.warning.clone();
        view! { <Banner title="For those who own it" tone=Tone::Attention><p>{warning}</p></Banner> }
    });
    let refused = (version.is_some() && !may_start).then(|| {
        view! { <Banner title="You may not start it"><p>"You may read what it does. Its owner, or whoever runs the portal, can let you start it."</p></Banner> }
    });
    view! { {problem} {waiting} {deprecated} {warning} {refused} }
}

/// Has the path read at once, rather than when it is its turn.
#[component]
fn ReadAgain(path: String) -> impl IntoView {
    view! {
        <form method="post" action=CheckPath::PATH class="pk-inline">
            <input type="hidden" name="path" value=path/>
            <Button text="Read it again"/>
        </form>
    }
}

/// A sentence with its full stop.
pub(super) fn ended(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// The path as a line of stations.
#[component]
fn Way(definition: GoldenPath, stations: Vec<Station>, titles: Titles) -> impl IntoView {
    let facts = |id: &str| {
        let Some(station) = stations.iter().find(|station| station.step == id) else { return Vec::new() };
        let usual = station.median.map(|median| format!("usually {}", words(median)));
        let there = (station.under_way > 0).then(|| format!("{} here now", station.under_way));
        usual.into_iter().chain(there).collect()
    };
    let stops = plan(&definition.steps, &titles, facts);
    let mut teams: Vec<&str> = definition.steps.iter().map(|step| step.owner.as_str()).collect();
    teams.sort_unstable();
    teams.dedup();
    let count = |number: usize, one: &str, many: &str| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
    };
    let lead = format!("{} by {}.", count(stops.len(), "step", "steps"), count(teams.len(), "team", "teams"));
    let content = if stops.is_empty() {
        view! { <EmptyState sentence="It has no steps."/> }.into_any()
    } else {
        view! { <p class="pk-quiet">{lead}</p> <Route label="Stations of this golden path" stops=stops/> }.into_any()
    };
    view! { <Panel title="The way">{content}</Panel> }
}

/// What its form asks for, page by page.
#[component]
fn Asks(parameters: Value) -> impl IntoView {
    let form = form::form(&parameters);
    let active = form.active(&form.defaults(&Value::Object(serde_json::Map::new())));
    let rows: Vec<_> = active
        .pages
        .iter()
        .flat_map(|page| page.fields.iter().map(move |field| (page.title.clone(), field)))
        .map(|(page, field)| {
            let need = if field.required { "Required" } else { "" };
            let help = field.description.clone().or_else(|| field.help.clone()).unwrap_or_default();
            view! {
                <tr>
                    <th scope="row">{field.title.clone()}</th>
                    <td class="pk-wrap pk-quiet" data-label="Help">{help}</td>
                    <td data-label="Page">{page}</td>
                    <td>{need}</td>
                </tr>
            }
        })
        .collect();
    let content = if rows.is_empty() {
        view! { <p class="pk-quiet">"It asks nothing at the beginning."</p> }.into_any()
    } else {
        let columns = vec![Column::text("Question"), Column::text("Help"), Column::text("Page"), Column::text("Need")];
        view! { <Table caption="What it asks at the beginning" columns=columns stacked=true>{rows}</Table> }.into_any()
    };
    view! { <Panel title="What it asks at the beginning">{content}</Panel> }
}
