use kit::components::{Badge, Card, Cards, EmptyState, FacetList, Page, Paging, Tab, Tabs, Tone};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::href;
use kit::server::authorise::Resource;
use kit::server::context::{permit, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;

use super::parts::MajorLinks;
use crate::info::{READ_TEMPLATE, TRY_TEMPLATE};
use crate::server::Templates;
use crate::server::templates::{Gallery, GalleryQuery, Listed, Show};

/// The longest description on a card, in characters.
const SHOWN: usize = 180;

/// The templates that the caller may see, narrowed by words, type, tag and owner.
pub async fn gallery_page(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit(&READ_TEMPLATE, Resource::All).await?;
    let query = GalleryQuery::from_params(|name| at.all(name));
    let gallery = service::<Templates>("Templates")?.gallery(&caller, &query).await?;
    let may_try = service::<Templates>("Templates")?.kit.may(&caller, &TRY_TEMPLATE, &Resource::All);
    Ok(page(|| view! { <GalleryView query=query gallery=gallery may_try=may_try/> }))
}

#[component]
fn GalleryView(query: GalleryQuery, gallery: Gallery, may_try: bool) -> impl IntoView {
    let Gallery { items, total, facets, previous, next, any } = gallery;
    let tab = |show: Show| Tab {
        label: show.label().into(),
        href: query.showing(show).href(),
        current: show == query.show,
        count: None,
    };
    let tabs = Show::ALL.map(tab).into();
    let summary = match (total, query.is_narrowed()) {
        (1, false) => "1 template".to_owned(),
        (1, true) => "1 template matches".to_owned(),
        (total, false) => format!("{total} templates"),
        (total, true) => format!("{total} templates match"),
    };
    let chosen: usize = query.chosen.iter().map(Vec::len).sum();
    let empty = items.is_empty();
    let cards: Vec<_> = items.into_iter().map(|item| view! { <TemplateCard item=item/> }).collect();
    let content = if empty {
        view! { <Nothing query=query.clone() any=any/> }.into_any()
    } else {
        // The cards are headings of level 3, and this is what they stand under.
        view! {
            <h2 class="pk-visually-hidden">"Templates"</h2>
            <Cards>{cards}</Cards>
            <Paging previous=previous next=next summary=summary/>
        }
        .into_any()
    };
    let try_one = may_try.then(|| view! { <a class="pk-button" href="/create/try">"Try a template"</a> });
    let aside = view! {
        {try_one}
        <a class="pk-button" href="/create/actions">"What steps can do"</a>
        <a class="pk-button" href="/create/runs">"See my runs"</a>
    }
    .into_any();
    let narrowed = query.is_narrowed();
    let clear = GalleryQuery { show: query.show, ..GalleryQuery::default() }.href();
    view! {
        <Page title="Create" lead="Start from what the bank has agreed on: choose a template, answer its questions, and it does the rest." aside=aside>
            <Tabs label="Which templates" tabs=tabs/>
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
        </Page>
    }
}

#[component]
fn SearchForm(query: GalleryQuery) -> impl IntoView {
    let kept: Vec<_> = ["type", "tag", "owner"]
        .into_iter()
        .zip(query.chosen)
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)))
        .chain(Some(("show", query.show.name().to_owned())).filter(|(_, show)| !show.is_empty()))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <form class="pk-search" method="get" action="/create" role="search">
            <label class="pk-visually-hidden" for="search">"Search the templates"</label>
            <input class="pk-input" id="search" type="search" name="q" value=query.text placeholder="Search the templates by name, title, owner, type or tag"/>
            {kept}
            <button class="pk-button pk-button--primary" type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Nothing(query: GalleryQuery, any: bool) -> impl IntoView {
    let (sentence, way, text) = if query.is_narrowed() {
        let clear = GalleryQuery { show: query.show, ..GalleryQuery::default() }.href();
        ("No template matches these words and filters.", clear, "Clear all filters")
    } else if query.show == Show::Starred {
        (
            "You have starred no template yet. Press the star on the page of one that you use often.",
            "/create".to_owned(),
            "See all templates",
        )
    } else if query.show == Show::Recent {
        ("You have run no template yet.", "/create".to_owned(), "See all templates")
    } else if any {
        ("There is no template on this page.", "/create".to_owned(), "See all templates")
    } else {
        (
            "There is no template yet, or none that you may see. A template is an entity of the kind Template in a registered location.",
            href("/catalog", [("kind", "template")]),
            "Look in the catalog",
        )
    };
    view! { <EmptyState sentence=sentence><a class="pk-button" href=way>{text}</a></EmptyState> }
}

#[component]
fn TemplateCard(item: Listed) -> impl IntoView {
    let Listed { row, owner_title, tags, version, statistics, may_run, majors } = item;
    let state = match (&version, may_run) {
        (None, _) if row.problem.is_empty() => Some(("Withdrawn", Tone::Wrong)),
        (None, _) => Some(("Cannot be run", Tone::Attention)),
        (Some(_), false) => Some(("You may not run it", Tone::Neutral)),
        (Some(_), true) => None,
    };
    let state = state.map(|(text, tone)| view! { <Badge text=text tone=tone/> }).into_any();
    let mut description: String = row.description.chars().take(SHOWN).collect();
    if description.len() < row.description.len() {
        description.push('…');
    }
    let number = version.map(|version| version.number.to_string());
    let runs = statistics.success().map(|share| {
        let runs = if statistics.runs == 1 { "1 run".to_owned() } else { format!("{} runs", statistics.runs) };
        format!("{share} % of {runs}")
    });
    let tags = (!tags.is_empty()).then(|| view! { <p class="pk-quiet">{tags.join(" · ")}</p> });
    let foot = view! {
        <span>{owner_title}</span>
        {number.map(|number| view! { <span class="pk-mono">{number}</span> })}
        {runs.map(|runs| view! { <span title="How many runs of the last 90 days did what they were to do">{runs}</span> })}
    }
    .into_any();
    let kind = if row.type_name.is_empty() { "template".to_owned() } else { row.type_name.clone() };
    view! {
        <Card title=row.title.clone() href=row.href() kind=kind state=state foot=foot>
            <p>{description}</p>
            {tags}
            <MajorLinks majors=majors/>
        </Card>
    }
}
