use kit::components::{Breadcrumb, History, HistoryEntry, Page};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;

use super::parts::trail;
use super::words::{people, told};
use crate::server::Contributions;
use crate::server::service::contribution_href;

/// Events on a page.
const PAGE: u64 = 200;

/// Everything that happened to a contribution, from its beginning.
pub async fn history_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let detail = here.detail(&caller, id).await?;
    let after: u64 = at.one("after").parse().unwrap_or(0);
    let entries = here.history(&caller, id, after, PAGE).await?;
    let titles = here.titles(&caller, people(&entries)).await?;
    let now = here.kit.clock.now();
    let last = entries.last().map(|entry| entry.seq).filter(|last| *last < detail.contribution.seq);
    let told: Vec<HistoryEntry> = entries.iter().map(|entry| told(entry, &titles, now)).collect();
    let (id, title, seq) = (id.to_owned(), detail.contribution.pitch.title, detail.contribution.seq);
    Ok(page(|| view! { <HistoryView id=id title=title seq=seq entries=told last=last first={after == 0}/> }))
}

#[component]
fn HistoryView(
    id: String,
    title: String,
    seq: u64,
    entries: Vec<HistoryEntry>,
    last: Option<u64>,
    first: bool,
) -> impl IntoView {
    let base = format!("{}/history", contribution_href(&id));
    let export = format!("/api/contributions/v1/contributions/{}/history", segment(&id));
    let aside = view! { <a class="pk-button" href=export rel="external" download="">"Download it"</a> }.into_any();
    let start = (!first).then(|| view! { <a class="pk-button" href=base.clone()>"From the beginning"</a> });
    let next = last.map(|last| {
        let next = href(&base, [("after", last.to_string().as_str())]);
        view! { <a class="pk-button" rel="next" href=next>"Later"</a> }
    });
    let paged = start.is_some() || next.is_some();
    let mut trail = trail();
    trail.push((title.clone(), contribution_href(&id)));
    let lead = format!("Everything that happened, in order. {seq} events; nothing of it is ever changed or taken out.");
    view! {
        <Breadcrumb trail=trail/>
        <Page title="History" kind=title lead=lead aside=aside>
            <History label="History of this contribution" entries=entries/>
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{start} {next}</nav> })}
        </Page>
    }
}
