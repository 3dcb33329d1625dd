use journey::{JourneyState, words};
use kit::components::{
    Badge, Button, Card, Cards, EmptyState, FacetList, Page, Paging, Progress, Section, Tab, Tabs, Time, Tone, Turn,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::href;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;

use super::parts::{JourneyBadge, Titles, names_of};
use crate::server::GoldenPaths;
use crate::server::service::{
    JourneyQuery, JourneyRow, JourneysPage, ListedPath, PathQuery, PathsPage, Scope, journey_href,
};

/// The longest description on a card, in characters.
const SHOWN: usize = 180;

/// Journeys that are offered to be continued.
const CONTINUED: u32 = 6;

/// Where the caller left off, and the golden paths that it may see, narrowed by words, type, tag, owner and region.
pub async fn discover_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let query = PathQuery::from_params(|name| at.all(name));
    let paths = golden.paths(&caller, &query).await?;
    let is_first = query == PathQuery::default();
    let under_way = JourneyState::ALL.into_iter().filter(|state| !state.is_over()).collect();
    let mine = JourneyQuery { scope: Scope::Mine, states: under_way, limit: CONTINUED, ..JourneyQuery::default() };
    let mine = if is_first { Some(golden.journeys(&caller, &mine).await?) } else { None };
    let me = kit::server::personal::owner(&caller).unwrap_or_default().to_owned();
    let groups = groups(&caller);
    let now = golden.kit.clock.now();
    let reader = Reader { me, groups };
    Ok(page(|| view! { <DiscoverView query=query paths=paths mine=mine reader=reader now=now/> }))
}

/// Who reads a page: the subject and its groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Reader {
    pub me: String,
    pub groups: Vec<String>,
}

impl Reader {
    /// Whether something that waits for any of these waits for whoever reads.
    pub fn is_any(&self, whom: &[String]) -> bool {
        whom.iter().any(|who| *who == self.me || self.groups.contains(who))
    }
}

/// The groups of a caller.
pub(super) fn groups(caller: &kit::identity::Caller) -> Vec<String> {
    match caller {
        kit::identity::Caller::Principal(principal) => principal.groups.clone(),
        _ => Vec::new(),
    }
}

#[component]
fn DiscoverView(
    query: PathQuery,
    paths: PathsPage,
    mine: Option<JourneysPage>,
    reader: Reader,
    now: Millis,
) -> impl IntoView {
    let PathsPage { items, total, facets, previous, next, any } = paths;
    let tab = |label: &str, starred: bool| Tab {
        label: label.into(),
        href: query.showing(starred).href(),
        current: query.starred == starred,
        count: None,
    };
    let tabs = vec![tab("All paths", false), tab("Starred", true)];
    let summary = match (total, query.is_narrowed()) {
        (1, false) => "1 golden path".to_owned(),
        (1, true) => "1 golden path matches".to_owned(),
        (total, false) => format!("{total} golden paths"),
        (total, true) => format!("{total} golden paths match"),
    };
    let chosen: usize = query.chosen.iter().map(Vec::len).sum();
    let empty = items.is_empty();
    let cards: Vec<_> = items.into_iter().map(|item| view! { <PathCard item=item/> }).collect();
    let content = if empty {
        view! { <Nothing query=query.clone() any=any/> }.into_any()
    } else {
        view! { <Cards>{cards}</Cards> <Paging previous=previous next=next summary=summary/> }.into_any()
    };
    let aside = view! {
        <a class="pk-button" href="/golden-paths/queue">"My team’s queue"</a>
        <a class="pk-button" href="/golden-paths/journeys">"All my journeys"</a>
    }
    .into_any();
    let narrowed = query.is_narrowed();
    let clear = PathQuery::default().showing(query.starred).href();
    let continued = mine.filter(|mine| !mine.items.is_empty()).map(|mine| {
        let JourneysPage { items, next, titles } = mine;
        let cards: Vec<_> = items
            .into_iter()
            .map(|row| view! { <JourneyCard row=row titles=titles.clone() reader=reader.clone() now=now/> })
            .collect();
        view! {
            <Section title="Continue where you left">
                <Cards>{cards}</Cards>
                {next.is_some().then(|| view! { <p><a href="/golden-paths/journeys">"See all of them"</a></p> })}
            </Section>
        }
    });
    view! {
        <Page title="Golden paths" lead="The supported way from an idea to production, across every team that has a part in it. Start one, leave, and come back when it is your turn." aside=aside>
            {continued}
            <Section title="Start something new">
                <Tabs label="Which golden paths" tabs=tabs/>
                <SearchForm query=query/>
                <div class="pk-split">
                    <aside class="pk-split__side" aria-label="Filters">
                        <details class="pk-filters">
                            <summary class="pk-filters__summary">"Filters" {(chosen > 0).then(|| format!(" ({chosen} chosen)"))}</summary>
                            {narrowed.then(|| view! { <p><a href=clear>"Clear all filters"</a></p> })}
                            <FacetList facets=facets/>
                        </details>
                    </aside>
                    <div class="pk-split__main">{content}</div>
                </div>
            </Section>
        </Page>
    }
}

/// A journey under way: how far it is, what is next, and who has the ball.
#[component]
fn JourneyCard(row: JourneyRow, titles: Titles, reader: Reader, now: Millis) -> impl IntoView {
    let yours = row.state == JourneyState::Draft || reader.is_any(&row.whose);
    let who = if row.whose.is_empty() { "The portal".to_owned() } else { names_of(&titles, &row.whose, "or") };
    let state = view! { <JourneyBadge state=row.state/> }.into_any();
    let (done, total) = (row.done as u64, row.total as u64);
    let progress = (total > 0).then(|| view! { <Progress label="Steps done" done=done total=Some(total)/> });
    let foot = view! { <span>"Changed " <Time when=Some(When::new(row.changed_at, now))/></span> }.into_any();
    view! {
        <Card title=row.title.clone() href=journey_href(&row.id) kind="Journey" state=state foot=foot>
            <Turn who=who what=row.next.clone() yours=yours/>
            {progress}
        </Card>
    }
}

#[component]
fn SearchForm(query: PathQuery) -> impl IntoView {
    let kept: Vec<_> = ["type", "tag", "owner", "region"]
        .into_iter()
        .zip(query.chosen)
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)))
        .chain(query.starred.then(|| ("show", "starred".to_owned())))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <form class="pk-search" method="get" action="/golden-paths" role="search">
            <label class="pk-visually-hidden" for="search">"Search the golden paths"</label>
            <input class="pk-input" id="search" type="search" name="q" value=query.text placeholder="Search the golden paths by name, title, owner, type or tag"/>
            {kept}
            <button class="pk-button pk-button--primary" type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Nothing(query: PathQuery, any: bool) -> impl IntoView {
    let (sentence, way, text) = if query.is_narrowed() {
        let clear = PathQuery::default().showing(query.starred).href();
        ("No golden path matches these words and filters.", clear, "Clear all filters")
    } else if query.starred {
        (
            "You have starred no golden path yet. Press the star on the page of one that you use often.",
            "/golden-paths".to_owned(),
            "See all golden paths",
        )
    } else if any {
        ("There is no golden path on this page.", "/golden-paths".to_owned(), "See all golden paths")
    } else {
        (
            "There is no golden path yet, or none that you may see. A golden path is an entity of the kind GoldenPath in a registered location.",
            href("/catalog", [("kind", "goldenpath")]),
            "Look in the catalog",
        )
    };
    view! { <EmptyState sentence=sentence><a class="pk-button" href=way>{text}</a></EmptyState> }
}

#[component]
fn PathCard(item: ListedPath) -> impl IntoView {
    let ListedPath { row, owner_title, tags, regions, version, starred, may_start, statistics } = item;
    let state = match (&version, may_start) {
        (None, _) if row.problem.is_empty() => Some(("Being read", Tone::Waiting)),
        (None, _) => Some(("Cannot be started", Tone::Attention)),
        (Some(_), false) => Some(("You may not start it", Tone::Neutral)),
        (Some(_), true) if starred => Some(("Starred", Tone::Neutral)),
        (Some(_), true) => None,
    };
    let state = state.map(|(text, tone)| view! { <Badge text=text tone=tone/> }).into_any();
    let mut description: String = row.description.chars().take(SHOWN).collect();
    if description.len() < row.description.len() {
        description.push('…');
    }
    let number = version.map(|version| version.number.to_string());
    let mut about = tags;
    if !regions.is_empty() {
        about.push(format!("only in {}", regions.join(", ")));
    }
    let about = (!about.is_empty()).then(|| view! { <p class="pk-quiet">{about.join(" · ")}</p> });
    let usual = statistics.median.map(|median| format!("usually {}", words(median)));
    let under_way = (statistics.under_way > 0).then(|| format!("{} under way", statistics.under_way));
    let foot = view! {
        <span>{owner_title}</span>
        {number.map(|number| view! { <span class="pk-mono">{number}</span> })}
        {usual.map(|usual| view! { <span title="The time that the middle journey of the last year took">{usual}</span> })}
        {under_way.map(|under_way| view! { <span>{under_way}</span> })}
    }
    .into_any();
    let kind = if row.type_name.is_empty() { "golden path".to_owned() } else { row.type_name.clone() };
    view! {
        <Card title=row.title.clone() href=row.href() kind=kind state=state foot=foot>
            <p>{description}</p>
            {about}
        </Card>
    }
}

/// The way to the paths, from a page that has nothing to show.
#[component]
pub(super) fn ToPaths() -> impl IntoView {
    view! { <Button text="Choose a golden path" href="/golden-paths"/> }
}
