//! The search page.

use kit::components::{Badge, EmptyState, Page};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::{permit, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;

use crate::info::SEARCH;
use crate::model::Found;
use crate::server::{PAGE, Search};

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["search"] => everything(at.one("q")).await,
        _ => Err(AppError::nowhere()),
    }
}

async fn everything(query: String) -> Result<Drawn, AppError> {
    let caller = permit(&SEARCH, Resource::All).await?;
    let found = service::<Search>("The search")?.everywhere(&caller, &query, PAGE).await?;
    Ok(page(|| {
        view! {
            <Page title="Search" lead="Software, documents and pages of the portal.">
                <SearchField query=query.clone()/>
                <Results query=query found=found/>
            </Page>
        }
    }))
}

#[component]
fn SearchField(query: String) -> impl IntoView {
    view! {
        <form class="pk-search pk-search--large" method="get" action="/search" role="search">
            <label class="pk-visually-hidden" for="search-all">"Search everything"</label>
            <input class="pk-input" id="search-all" type="search" name="q" maxlength="200" value=query/>
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
