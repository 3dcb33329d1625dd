use kit::components::{Breadcrumb, EmptyState, History, HistoryEntry, Page};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;

use super::parts::name_of;
use super::words::{people, told};
use crate::server::GoldenPaths;
use crate::server::service::{JourneyDetail, journey_href};
use crate::server::view::called;

/// Events on a page.
const PAGE: u64 = 200;

/// Everything that happened to a journey, from its beginning.
pub async fn history_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let mut detail = golden.detail(&caller, id).await?;
    let after: u64 = at.one("after").parse().unwrap_or(0);
    let entries = golden.history(&caller, id, after, PAGE).await?;
    detail.titles.extend(golden.entities.titles(&caller, &people(&entries)).await?);
    let now = golden.kit.clock.now();
    let last = entries.last().map(|entry| entry.seq).filter(|last| *last < detail.journey.seq);
    let told: Vec<HistoryEntry> =
        entries.iter().filter_map(|entry| told(entry, &detail.journey, &detail.titles, now)).collect();
    let id = id.to_owned();
    Ok(page(|| view! { <HistoryView id=id detail=detail entries=told last=last first={after == 0}/> }))
}

#[component]
fn HistoryView(
    id: String,
    detail: JourneyDetail,
    entries: Vec<HistoryEntry>,
    last: Option<u64>,
    first: bool,
) -> impl IntoView {
    let JourneyDetail { journey, titles, .. } = detail;
    let base = format!("{}/history", journey_href(&id));
    let export = format!("/api/golden-paths/v1/journeys/{}/history", segment(&id));
    let aside = view! { <a class="pk-button" href=export rel="external" download="">"Download it"</a> }.into_any();
    let start = (!first).then(|| view! { <a class="pk-button" href=base.clone()>"From the beginning"</a> });
    let next = last.map(|last| {
        let next = href(&base, [("after", last.to_string().as_str())]);
        view! { <a class="pk-button" rel="next" href=next>"Later"</a> }
    });
    let paged = start.is_some() || next.is_some();
    let content = if entries.is_empty() {
        view! { <EmptyState sentence="Nothing else happened that there is a sentence for."/> }.into_any()
    } else {
        view! { <History label="History of this journey" entries=entries/> }.into_any()
    };
    let trail = vec![
        ("Golden paths".to_owned(), "/golden-paths".to_owned()),
        ("Journeys".to_owned(), "/golden-paths/journeys".to_owned()),
        (called(&journey), journey_href(&id)),
    ];
    let lead = format!(
        "Everything that happened, in order. {} events; nothing of it is ever changed or taken out. The journey belongs to {}.",
        journey.seq,
        name_of(&titles, &journey.owner)
    );
    view! {
        <Breadcrumb trail=trail/>
        <Page title="History" kind=called(&journey) lead=lead aside=aside>
            {content}
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{start} {next}</nav> })}
        </Page>
    }
}
