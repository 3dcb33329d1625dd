//! The search page.

use kit::components::{Badge, EmptyState, Page, loaded};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::{SsrMode, path};

use crate::api::search_everywhere;
use crate::model::Found;

/// The plugin's pages, one line each.
#[component(transparent)]
pub fn SearchRoutes() -> AnyNestedRoute {
    view! { <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/> }.into_inner().into_any_nested_route()
}

#[component]
fn SearchPage() -> impl IntoView {
    let parameters = use_query_map();
    let query = Memo::new(move |_| parameters.with(|all| all.get("q").unwrap_or_default()));
    let found = Resource::new(move || query.get(), search_everywhere);
    view! {
        <Page title="Search" lead="Software, documents and pages of the portal.">
            <SearchField query=query/>
            {loaded(found, move |found| view! { <Results query=query.get_untracked() found=found/> })}
        </Page>
    }
}

#[component]
fn SearchField(query: Memo<String>) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let navigate = use_navigate();
    let search = move |event: SubmitEvent| {
        event.prevent_default();
        let text = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        navigate(&kit::query::href("/search", [("q", text.trim())]), Default::default());
    };
    view! {
        <form class="pk-search pk-search--large" method="get" action="/search" role="search" on:submit=search>
            <label class="pk-visually-hidden" for="search-all">"Search everything"</label>
            <input class="pk-input" id="search-all" type="search" name="q" maxlength="200" node_ref=input value=query.get_untracked()/>
            <button class="pk-button pk-button--primary" type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Results(query: String, found: Found) -> impl IntoView {
    if query.trim().is_empty() {
        return view! { <p class="pk-quiet">"Type a few letters of a name, an owner or a tag."</p> }.into_any();
    }
    if found.hits.is_empty() {
        return view! {
            <EmptyState sentence=format!("Nothing matches “{query}”.")><a class="pk-button" href="/catalog">"Go through the catalog"</a></EmptyState>
        }
        .into_any();
    }
    let told = match found.instead {
        Some(instead) => format!("Nothing has “{query}”. Shown is “{instead}”."),
        None => format!("The best {} matches for “{query}”.", found.hits.len()),
    };
    let all_entities = kit::query::href("/catalog", [("q", query.as_str())]);
    let hits: Vec<_> = found
        .hits
        .into_iter()
        .map(|hit| {
            view! {
                <li class="pk-hit">
                    <a class="pk-name" href=hit.path>{hit.title}</a>
                    <Badge text=hit.kind/>
                    <span class="pk-hit__detail">{hit.detail}</span>
                </li>
            }
        })
        .collect();
    view! {
        <p class="pk-quiet" role="status">{told}</p>
        <ul class="pk-hits">{hits}</ul>
        <p><a href=all_entities>"Search the whole catalog, with filters"</a></p>
    }
    .into_any()
}
