use std::collections::HashMap;

use kit::components::{
    Badge, Button, Emphasis, EmptyState, Field, FormActions, FormLayout, Need, Page as PageView, Paging,
    Tab as TabLink, Tabs, TextArea, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::INBOX_SETTINGS;
use kit::query::href;
use kit::server::context::{permit_own, service};
use kit::server::inbox::{self as kept, Entry, Page, Place, Tab};
use kit::server::page::{Address, page};
use kit::server::plugin::Act;
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
    let inbox = service::<Inbox>("The inbox")?;
    let kit = &inbox.kit;
    let tab = tab_named(&at.one("tab"));
    let place = match (at.one("before").parse(), at.one("after").parse()) {
        (Ok(id), _) => Place::Before(id),
        (_, Ok(id)) => Place::After(id),
        _ => Place::Newest,
    };
    let (messages, waiting, news) = futures::try_join!(
        kept::list(kit, &caller, tab, place, PAGE),
        kept::unread(kit, &caller, Tab::Waiting),
        kept::unread(kit, &caller, Tab::News),
    )?;
    let waits = messages.entries.iter().filter(|entry| entry.waits && !entry.done);
    let acts = inbox.acts(&caller, &waits.map(|entry| entry.path.clone()).collect::<Vec<_>>()).await;
    let counts = [waiting, news];
    Ok(page(|| view! { <InboxView tab=tab messages=messages acts=acts counts=counts/> }))
}

#[component]
fn InboxView(tab: Tab, messages: Page, mut acts: HashMap<String, Vec<Act>>, counts: [u64; 2]) -> impl IntoView {
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
    let rows: Vec<_> = messages
        .entries
        .into_iter()
        .map(|entry| {
            // Of two messages about the same thing the newer one has it.
            let acts = if entry.waits && !entry.done { acts.remove(&entry.path) } else { None };
            view! { <Row entry=entry acts=acts.unwrap_or_default() states={tab == Tab::All}/> }
        })
        .collect();
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
    /// What can be done about it at once.
    acts: Vec<Act>,
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
    let (id, about) = (entry.id, entry.title.clone());
    let acts: Vec<_> = acts
        .into_iter()
        .enumerate()
        .map(|(number, act)| view! { <InPlace act=act id=format!("act-{id}-{number}") about=about.clone()/> })
        .collect();
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
                {(!acts.is_empty()).then(|| view! { <div class="pk-inbox__acts">{acts}</div> })}
            </div>
            <form method="post" action=MarkMessage::PATH class="pk-inbox__actions">
                <input type="hidden" name="id" value=entry.id.to_string()/>
                {actions}
            </form>
        </li>
    }
}

/// Something that can be done about a message: a button, or what opens where something has to be entered first.
#[component]
fn InPlace(act: Act, id: String, about: String) -> impl IntoView {
    let Act { label, posts_to, fields, asks } = act;
    let hidden: Vec<_> =
        fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect();
    let named = view! { <span class="pk-visually-hidden">{format!(": {about}")}</span> };
    match asks {
        None => view! {
            <form method="post" action=posts_to>
                {hidden}
                <button class="pk-button" type="submit">{label}{named}</button>
            </form>
        }
        .into_any(),
        Some((name, question)) => view! {
            <details class="pk-disclosure">
                <summary>{format!("{label}…")}{named}</summary>
                <form method="post" action=posts_to>
                    {hidden}
                    <FormLayout>
                        <Field label=question id=id need=Need::Required><TextArea name=name rows=2/></Field>
                        <FormActions><Button text=label emphasis=Emphasis::Danger/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
        .into_any(),
    }
}
