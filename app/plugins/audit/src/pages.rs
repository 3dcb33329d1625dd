//! The page of the trail.

use kit::components::{
    Badge, Banner, Choice, CodeBlock, Column, DateRange, Fact, Facts, Field, FormActions, FormLayout, FormRow, Input,
    Page, Paging, Select, Table, TableEmpty, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::audit::{self, Cursor, Order, Outcome, Record, Standing};
use kit::server::authorise::Resource;
use kit::server::context::{permit, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;

use crate::info::{EXPORT, READ};
use crate::server::{Asked, Audit};

/// Events on a page.
const PAGE: u32 = 50;

/// The plugin's pages, one line each.
pub(crate) async fn draw(at: &Address) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["audit"] => trail(at).await,
        _ => Err(AppError::nowhere()),
    }
}

/// What is shown: the events of this page, and the ways to its neighbours.
struct Shown {
    asked: Asked,
    records: Vec<Record>,
    newer: Option<String>,
    older: Option<String>,
    standing: Standing,
    disagrees: bool,
    now: i64,
    may_export: bool,
}

async fn trail(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit(&READ, Resource::All).await?;
    let audit = service::<Audit>("The audit trail")?;
    let may_export = audit.kit.may(&caller, &EXPORT, &Resource::All);
    let asked = Asked::of(at)?;
    let (older, newer) = (cursor(&at.one("older")), cursor(&at.one("newer")));
    let (order, after) = match newer {
        Some(newer) => (Order::Rising, Some(newer)),
        None => (Order::Falling, older),
    };
    let read = audit.kit.db.read();
    // One more than is shown tells whether there is a next page.
    let mut records = audit::page(read, &asked.filter(), order, after, PAGE + 1).await?;
    let more = records.len() > PAGE as usize;
    records.truncate(PAGE as usize);
    let (has_newer, has_older) = if order == Order::Rising {
        records.reverse();
        (more, true)
    } else {
        (older.is_some(), more)
    };
    let link = |name: &str, record: Option<&Record>| {
        record.map(|record| asked.href("/audit", (name, &format!("{}.{}", record.at, record.id))))
    };
    let shown = Shown {
        newer: link("newer", records.first().filter(|_| has_newer)),
        older: link("older", records.last().filter(|_| has_older)),
        standing: audit::standing(read).await?,
        disagrees: audit.sealer.disagrees(),
        now: audit.kit.clock.now(),
        may_export,
        asked,
        records,
    };
    Ok(page(|| view! { <Trail shown=shown/> }))
}

fn cursor(text: &str) -> Option<Cursor> {
    let (at, id) = text.split_once('.')?;
    Some(Cursor { at: at.parse().ok()?, id: id.parse().ok()? })
}

#[component]
fn Trail(shown: Shown) -> impl IntoView {
    let Shown { asked, records, newer, older, standing, disagrees, now, may_export } = shown;
    let export = asked.href("/api/audit/events.jsonl", ("", ""));
    let export = may_export.then(|| {
        view! { <a class="pk-button" href=export rel="external" download="audit.jsonl">"Export as JSON lines"</a> }
            .into_any()
    });
    let columns = ["Time (UTC)", "Action and resource", "Who", "Outcome"].map(Column::text).to_vec();
    let summary = match records.len() {
        1 => "1 event on this page".to_owned(),
        number => format!("{number} events on this page"),
    };
    let rows = if records.is_empty() {
        view! { <TableEmpty columns=4 sentence="No event meets the filters."><a href="/audit">"Show all events"</a></TableEmpty> }.into_any()
    } else {
        records.into_iter().map(|record| view! { <EventRow record=record now=now/> }).collect_view().into_any()
    };
    view! {
        <Page title="Audit" lead="Who did what to what, and what was refused." aside=export>
            <Filters asked=asked/>
            <Seal standing=standing disagrees=disagrees now=now/>
            <Table caption="Events" columns=columns stacked=true>{rows}</Table>
            <Paging previous=newer next=older summary=summary/>
        </Page>
    }
}

/// How far the trail is sealed.
#[component]
fn Seal(standing: Standing, disagrees: bool, now: i64) -> impl IntoView {
    let wrong = disagrees.then(|| {
        view! {
            <Banner title="The trail was changed" tone=Tone::Wrong>
                <p>"It is not what was sealed, so nothing is sealed on top of it. Have an operator run " <code>"portico audit verify"</code> "."</p>
            </Banner>
        }
    });
    let waiting = match standing.unsealed {
        0 => String::new(),
        1 => " 1 event waits for its seal.".to_owned(),
        number => format!(" {number} events wait for their seal."),
    };
    let sealed = match standing.sealed {
        None => view! { "No event is sealed yet." }.into_any(),
        Some((row, at)) => {
            view! { "Sealed up to row " {row} ", " <Time when=Some(When::new(at, now))/> "." }.into_any()
        }
    };
    view! { {wrong} <p class="pk-note">{sealed}{waiting}</p> }
}

#[component]
fn Filters(asked: Asked) -> impl IntoView {
    let is_set = asked != Asked::default();
    let outcomes = vec![Choice::new(Outcome::Done.word(), "Done"), Choice::new(Outcome::Refused.word(), "Refused")];
    view! {
        <details class="pk-disclosure pk-disclosure--narrow" open=is_set>
        <summary>"Filter the events"</summary>
        <form class="pk-section" method="get" action="/audit" role="search" aria-label="Filter the events">
            <FormLayout>
                <FormRow>
                    <Field label="Who" id="audit-who" help="A ref, or a part of a name.">
                        <Input name="who" value=asked.who attr:maxlength="300"/>
                    </Field>
                    <Field label="Action" id="audit-action" help="Such as catalog.location.*">
                        <Input name="action" value=asked.action attr:maxlength="300"/>
                    </Field>
                    <Field label="Resource" id="audit-resource" help="Such as location:7, or location:*">
                        <Input name="resource" value=asked.resource attr:maxlength="300"/>
                    </Field>
                </FormRow>
                <FormRow>
                    <DateRange label="Days (UTC)" names=("from", "to") id="audit-days" value=(asked.from, asked.to)/>
                    <Field label="Outcome" id="audit-outcome">
                        <Select name="outcome" options=outcomes value=asked.outcome empty="Any outcome"/>
                    </Field>
                </FormRow>
                <FormActions>
                    <button class="pk-button pk-button--primary" type="submit">"Filter"</button>
                    <a class="pk-button" href="/audit">"Show all"</a>
                </FormActions>
            </FormLayout>
        </form>
        </details>
    }
}

#[component]
fn EventRow(record: Record, now: i64) -> impl IntoView {
    let when = When::new(record.at, now);
    let (text, tone) = match record.outcome {
        Outcome::Done => ("Done", Tone::Fine),
        Outcome::Refused => ("Refused", Tone::Wrong),
    };
    let who = if record.name.is_empty() { record.subject.clone() } else { record.name.clone() };
    let exact = when.exact.replace('T', " ").replace('Z', "");
    let (resource, action) = (record.resource.clone(), record.action.clone());
    view! {
        <tr>
            <td class="pk-quiet"><time datetime=when.exact title=when.relative>{exact}</time></td>
            <th scope="row">
                <details>
                    <summary>{action} " " <span class="pk-quiet">{resource}</span></summary>
                    <Details record=record/>
                </details>
            </th>
            <td data-label="Who">{who}</td>
            <td data-label="Outcome"><Badge text=text tone=tone/></td>
        </tr>
    }
}

#[component]
fn Details(record: Record) -> impl IntoView {
    let seal = record.seq.map_or("not sealed yet".to_owned(), |seq| format!("row {seq}"));
    let fact = |name: &'static str, text: String| (!text.is_empty()).then(|| view! { <Fact name=name>{text}</Fact> });
    let is_empty = record.detail.as_object().is_some_and(serde_json::Map::is_empty);
    let detail = (!is_empty).then(|| {
        let text = serde_json::to_string_pretty(&record.detail).unwrap_or_default();
        view! { <CodeBlock text=text label="Detail" anchor=format!("event-{}-", record.id)/> }
    });
    view! {
        <Facts>
            {fact("Subject", record.subject)}
            {fact("Through", record.via)}
            {fact("Request", record.request)}
            {fact("Sealed as", seal)}
            {fact("Hash", record.hash.unwrap_or_default())}
        </Facts>
        {detail}
    }
}
