use kit::components::{EmptyState, Section, Time};
use kit::error::AppError;
use kit::plugin::Hit;
use kit::server::context::{permit_own, service};
use kit::server::inbox::{self, Entry, Place, Tab};
use kit::server::{stars, visits};
use leptos::prelude::*;

use crate::info::READ;
use crate::server::Inbox;

/// How many of each are shown.
const FEW: usize = 6;

/// What the home page shows of the caller's own: what waits, `owned` (from the plugin that knows), what is starred and was visited last.
/// An inbox that is down or closed to the caller costs its part of the home page and not the page.
pub async fn personal_summary(owned: AnyView) -> Result<AnyView, AppError> {
    match mine().await {
        Ok(mine) => Ok(view! { <Mine mine=mine owned=owned/> }.into_any()),
        Err(AppError::Unavailable { .. } | AppError::Forbidden { .. }) => Ok(owned),
        Err(error) => Err(error),
    }
}

struct OfMine {
    waiting: inbox::Page,
    starred: Vec<Hit>,
    more_starred: bool,
    visited: Vec<Hit>,
}

async fn mine() -> Result<OfMine, AppError> {
    let caller = permit_own(&READ).await?;
    let inbox = service::<Inbox>("The inbox")?;
    let (waiting, starred, visited) = futures::try_join!(
        inbox::list(&inbox.kit, &caller, Tab::Waiting, Place::Newest, FEW),
        stars::of(&inbox.kit, &caller),
        visits::of(&inbox.kit, &caller),
    )?;
    let few = |hits: Vec<Hit>| hits.into_iter().take(FEW).collect();
    let (starred, visited) = futures::join!(inbox.shown(&caller, &starred), inbox.shown(&caller, &visited));
    Ok(OfMine { waiting, more_starred: starred.len() > FEW, starred: few(starred), visited: few(visited) })
}

#[component]
fn Mine(mine: OfMine, owned: AnyView) -> impl IntoView {
    let more_waiting = mine.waiting.older;
    let waiting: Vec<_> = mine.waiting.entries.into_iter().map(|entry| view! { <WaitingItem entry=entry/> }).collect();
    let waiting = if waiting.is_empty() {
        view! { <p class="pk-quiet">"Nothing waits for you or your teams."</p> }.into_any()
    } else {
        view! {
            <ul class="pk-list">{waiting}</ul>
            {more_waiting.then(|| view! { <p><a href="/inbox">"All that waits"</a></p> })}
        }
        .into_any()
    };
    let starred = if mine.starred.is_empty() {
        view! { <EmptyState sentence="Press the star on a page to have it here, and to hear when it changes."/> }
            .into_any()
    } else {
        view! {
            <Names hits=mine.starred/>
            {mine.more_starred.then(|| view! { <p><a href="/starred">"All starred"</a></p> })}
        }
        .into_any()
    };
    let visited = if mine.visited.is_empty() {
        view! { <EmptyState sentence="What you look at in the catalog is listed here."/> }.into_any()
    } else {
        view! { <Names hits=mine.visited/> }.into_any()
    };
    view! {
        <div class="pk-columns">
            <div>
                <Section title="Waiting for you">{waiting}</Section>
                {owned}
            </div>
            <div>
                <Section title="Starred">{starred}</Section>
                <Section title="Recently visited">{visited}</Section>
            </div>
        </div>
    }
}

#[component]
fn WaitingItem(entry: Entry) -> impl IntoView {
    view! {
        <li class="pk-attention">
            <a class="pk-wrap" href=entry.path>{entry.title}</a>
            <span class="pk-quiet"><Time when=Some(entry.sent)/></span>
        </li>
    }
}

#[component]
fn Names(hits: Vec<Hit>) -> impl IntoView {
    let names: Vec<_> = hits
        .into_iter()
        .map(|hit| view! { <li><a class="pk-name" href=hit.path>{hit.title}</a> " " <span class="pk-quiet">{hit.kind}</span></li> })
        .collect();
    view! { <ul class="pk-list">{names}</ul> }
}
