use kit::components::{Badge, Button, EmptyState, Page as PageView, Paging, Tab as TabLink, Tabs, Time, Tone};
use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::INBOX_SETTINGS;
use kit::query::href;
use kit::server::context::{permit_own, service};
use kit::server::inbox::{self, Entry, Page, Place, Tab};
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::tab_named;
use crate::api::{MarkMessage, MarkMessages};
use crate::info::READ;
use crate::server::Inbox;

/// Messages on a page.
const PAGE: usize = 25;

/// The tabs: as the address names them, as people read them, and what stands where one is empty.
const TABS: [(Tab, &str, &str, &str); 3] = [
    (Tab::Waiting, "", "Waiting", "Nothing waits for you or your teams."),
    (Tab::News, "news", "News", "No news. Star software in the catalog to hear when it changes."),
    (Tab::All, "all", "All", "No messages yet. What waits for you and what changes in what you starred comes here."),
];

/// The caller's messages.
pub async fn inbox_page(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit_own(&READ).await?;
    let kit = service::<Inbox>("The inbox")?.kit;
    let tab = tab_named(&at.one("tab"));
    let place = match (at.one("before").parse(), at.one("after").parse()) {
        (Ok(id), _) => Place::Before(id),
        (_, Ok(id)) => Place::After(id),
        _ => Place::Newest,
    };
    let (messages, waiting, news) = futures::try_join!(
        inbox::list(&kit, &caller, tab, place, PAGE),
        inbox::unread(&kit, &caller, Tab::Waiting),
        inbox::unread(&kit, &caller, Tab::News),
    )?;
    let counts = [waiting, news];
    Ok(page(|| view! { <InboxView tab=tab messages=messages counts=counts/> }))
}

#[component]
fn InboxView(tab: Tab, messages: Page, counts: [u64; 2]) -> impl IntoView {
    let (_, name, _, empty) = TABS.into_iter().find(|(each, ..)| *each == tab).unwrap_or(TABS[0]);
    let address = |parameter: &'static str, value: String| {
        let pairs = [("tab", name), (parameter, value.as_str())];
        href("/inbox", pairs.into_iter().filter(|(_, value)| !value.is_empty()))
    };
    let tabs = TABS
        .into_iter()
        .enumerate()
        .map(|(place, (each, name, label, _))| TabLink {
            label: label.into(),
            href: if name.is_empty() { "/inbox".to_owned() } else { href("/inbox", [("tab", name)]) },
            current: each == tab,
            count: counts.get(place).copied().filter(|count| *count > 0),
        })
        .collect();
    let aside = view! { <a class="pk-button" href=INBOX_SETTINGS>"Mail settings"</a> }.into_any();
    let (first, last) = (messages.entries.first().map(|entry| entry.id), messages.entries.last().map(|entry| entry.id));
    let newer = first.filter(|_| messages.newer).map(|id| address("after", id.to_string()));
    let older = last.filter(|_| messages.older).map(|id| address("before", id.to_string()));
    let summary = match messages.entries.len() {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let rows: Vec<_> =
        messages.entries.into_iter().map(|entry| view! { <Row entry=entry states={tab == Tab::All}/> }).collect();
    let content = match first {
        None => view! {
            <EmptyState sentence=empty>
                {match (tab, counts[1]) {
                    (Tab::Waiting, 0) => None,
                    (Tab::Waiting, news) => Some(("/inbox?tab=news", format!("Read the news ({news})"))),
                    _ => Some(("/catalog", "Go through the catalog".to_owned())),
                }
                .map(|(href, text)| view! { <a class="pk-button" href=href>{text}</a> })}
            </EmptyState>
        }
        .into_any(),
        Some(first) => view! {
            <MarkAll tab=name through=first done={tab != Tab::All}/>
            <ul class="pk-inbox">{rows}</ul>
            {(newer.is_some() || older.is_some()).then(|| view! { <Paging previous=newer next=older summary=summary/> })}
        }
        .into_any(),
    };
    view! {
        <PageView title="Inbox" lead="What waits for you and your teams, and what changed in what you starred." aside=aside>
            <Tabs label="Parts of the inbox" tabs=tabs/>
            {content}
        </PageView>
    }
}

/// What can be done with all messages of a tab up to the newest that is shown.
#[component]
fn MarkAll(tab: &'static str, through: i64, done: bool) -> impl IntoView {
    view! {
        <form method="post" action=MarkMessages::PATH class="pk-inline pk-inbox__all">
            <input type="hidden" name="tab" value=tab/>
            <input type="hidden" name="through" value=through.to_string()/>
            <Button text="Mark all read" sends=("mark", "read".into())/>
            {done.then(|| view! { <Button text="Mark all done" sends=("mark", "done".into())/> })}
        </form>
    }
}

#[component]
fn Row(
    entry: Entry,
    /// Whether it says if it waits, as where all are together.
    states: bool,
) -> impl IntoView {
    let class = if entry.read { "pk-inbox__row" } else { "pk-inbox__row pk-inbox__row--unread" };
    let title = entry.title.clone();
    let mark = |text: &'static str, mark: &'static str| {
        let label = format!("{text}: {title}");
        view! { <button class="pk-button pk-button--quiet" type="submit" name="mark" value=mark aria-label=label>{text}</button> }
    };
    let actions = if entry.done {
        view! { {mark("Bring back", "unread")} }.into_any()
    } else if entry.read {
        view! { {mark("Unread", "unread")} {mark("Done", "done")} }.into_any()
    } else {
        view! { {mark("Read", "read")} {mark("Done", "done")} }.into_any()
    };
    let group = entry.group.as_deref().map(|group| {
        let short = group.split_once(':').map_or(group, |(_, rest)| rest);
        format!("To {}", short.strip_prefix("default/").unwrap_or(short))
    });
    view! {
        <li class=class data-pk-key=format!("message-{}", entry.id)>
            <div class="pk-inbox__text">
                <p class="pk-inbox__title">
                    {(!entry.read).then(|| view! { <span class="pk-visually-hidden">"Unread: "</span> })}
                    <a href=entry.path>{entry.title.clone()}</a>
                </p>
                {(!entry.body.is_empty()).then(|| view! { <p class="pk-inbox__body">{entry.body.clone()}</p> })}
                <p class="pk-inbox__meta">
                    {(states && entry.waits).then(|| if entry.done {
                        view! { <Badge text="Done" tone=Tone::Fine/> }
                    } else {
                        view! { <Badge text="Waiting" tone=Tone::Waiting/> }
                    })}
                    {group}
                    <Time when=Some(entry.sent.clone())/>
                </p>
            </div>
            <form method="post" action=MarkMessage::PATH class="pk-inbox__actions">
                <input type="hidden" name="id" value=entry.id.to_string()/>
                {actions}
            </form>
        </li>
    }
}
