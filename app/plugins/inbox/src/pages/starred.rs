use kit::components::{Badge, EmptyState, Page};
use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::Hit;
use kit::server::context::{permit_own, service};
use kit::server::page::page;
use kit::server::stars;
use leptos::prelude::*;

use crate::info::READ;
use crate::server::Inbox;

/// What the caller starred.
pub async fn starred_page() -> Result<Drawn, AppError> {
    let caller = permit_own(&READ).await?;
    let inbox = service::<Inbox>("The inbox")?;
    let starred = inbox.shown(&caller, &stars::of(&inbox.kit, &caller).await?).await;
    let empty = starred.is_empty();
    Ok(page(|| {
        view! {
            <Page title="Starred" lead="What you want at hand. You are told when it changes.">
                {if empty {
                    view! {
                        <EmptyState sentence="You have starred nothing yet. Press the star on the page of a service, an API or a team.">
                            <a class="pk-button" href="/catalog">"Go through the catalog"</a>
                        </EmptyState>
                    }
                    .into_any()
                } else {
                    view! { <Hits hits=starred/> }.into_any()
                }}
            </Page>
        }
    }))
}

/// Things of plugins in a list.
#[component]
pub fn Hits(hits: Vec<Hit>) -> impl IntoView {
    let hits: Vec<_> = hits
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
    view! { <ul class="pk-hits">{hits}</ul> }
}
