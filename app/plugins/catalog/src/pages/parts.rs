use kit::components::{Badge, Problems, Tone};
use leptos::prelude::*;

use crate::model::{EntityLink, ListQuery, LocationState, Problem, Sort};

/// A link to an entity by its name, with its title where that says more; one that the catalog does not have is no link.
#[component]
pub fn EntityName(link: EntityLink) -> impl IntoView {
    let title = link.subtitle().map(|title| view! { " " <span class="pk-quiet">{title.to_owned()}</span> });
    if link.known {
        view! { <a class="pk-name" href=link.href>{link.name}</a> {title} }.into_any()
    } else {
        view! { <span class="pk-name" title=link.entity_ref>{link.name}</span> " " <Badge text="not in the catalog" tone=Tone::Attention/> }.into_any()
    }
}

/// An owner or a system in a table: the title is what people know it by.
#[component]
pub fn ShortName(link: Option<EntityLink>) -> impl IntoView {
    let Some(link) = link else { return view! { <span class="pk-quiet">"–"</span> }.into_any() };
    let shown = full_name(&link).to_owned();
    if link.known {
        view! { <a href=link.href title=link.entity_ref>{shown}</a> }.into_any()
    } else {
        view! { <span class="pk-unknown" title=format!("{} is not in the catalog", link.entity_ref)>{shown}</span> }
            .into_any()
    }
}

/// What people know a group, a user or a system by: its title, or its name where it has none.
pub fn full_name(link: &EntityLink) -> &str {
    if link.title.is_empty() { &link.name } else { &link.title }
}

/// The way to register software, as the primary action of a page, for whoever may.
pub fn register_link(may: bool) -> Option<AnyView> {
    may.then(|| {
        view! { <a class="pk-button pk-button--primary" href="/locations/register">"Register software"</a> }.into_any()
    })
}

/// How a location stands.
#[component]
pub fn StateBadge(state: LocationState) -> impl IntoView {
    let (text, tone) = match state {
        LocationState::New => ("Waiting for its first read", Tone::Waiting),
        LocationState::Ok => ("Fine", Tone::Fine),
        LocationState::Errors => ("Has errors", Tone::Attention),
        LocationState::Unreadable => ("Not readable", Tone::Wrong),
        LocationState::Leaving => ("Being removed", Tone::Waiting),
    };
    view! { <Badge text=text tone=tone/> }
}

/// Problems with file, line and column, errors first.
#[component]
pub fn ProblemList(problems: Vec<Problem>) -> impl IntoView {
    let items: Vec<_> = problems
        .into_iter()
        .map(|problem| {
            let place = format!("{}:{}:{}  {}", problem.path, problem.line, problem.column, problem.pointer);
            view! { <kit::components::Problem error=problem.is_error message=problem.message place=place.trim_end()/> }
        })
        .collect();
    view! { <Problems>{items}</Problems> }
}

/// The search of the catalog, which keeps what else the list is narrowed and ordered by.
#[component]
pub fn SearchBox(
    query: ListQuery,
    #[prop(into)] label: String,
    /// Whether it is the first thing on its page.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let kept = ListQuery { text: String::new(), ..query.clone() };
    let columns: Vec<_> = query
        .columns
        .iter()
        .map(|column| view! { <input type="hidden" name="columns" value=column.name()/> })
        .collect();
    view! {
        <form class="pk-search" class:pk-search--large=large method="get" action="/catalog" role="search">
            <label class="pk-visually-hidden" for="search">{label.clone()}</label>
            <input
                class="pk-input"
                id="search"
                type="search"
                name="q"
                value=query.text
                placeholder=format!("{label} by name, title, owner, type or tag")
            />
            <KeptFields query=kept/>
            {columns}
            <button class="pk-button pk-button--primary" type="submit">"Search"</button>
        </form>
    }
}

/// The state of the list, besides its columns and its place, as fields of a form.
#[component]
pub fn KeptFields(query: ListQuery) -> impl IntoView {
    let field = |name: &'static str, value: String| view! { <input type="hidden" name=name value=value/> };
    let mut fields = Vec::new();
    if !query.text.is_empty() {
        fields.push(field("q", query.text));
    }
    for (key, values) in query.chosen {
        fields.extend(values.into_iter().map(|value| field(key.name(), value)));
    }
    if query.sort != Sort::Name || query.descending {
        fields.push(field("sort", format!("{}{}", if query.descending { "-" } else { "" }, query.sort.name())));
    }
    fields
}
