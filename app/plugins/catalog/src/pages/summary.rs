use kit::components::{Column, Count, Counts, EmptyState, FacetValue, Section, Table, Time};
use kit::error::AppError;
use kit::identity::Caller;
use kit::number::digits;
use leptos::prelude::*;

use super::parts::{EntityName, SearchBox, ShortName, StateBadge, register_link};
use super::reader;
use crate::info::READ_ENTITIES;
use crate::model::{EntityRow, FacetKey, ListQuery, LocationRow, Summary};

/// The most owners that are asked for at once: as many as a list takes.
const MAX_OWNERS: usize = 50;

/// Of what the reader owns, this many are shown.
const OWNED: usize = 6;

/// And this many kinds.
const OWNED_KINDS: usize = 6;

/// A quick way from the home page to what people do often.
#[derive(Debug)]
pub struct Way {
    /// What is there.
    pub label: &'static str,
    /// Its address.
    pub href: &'static str,
    /// What it is good for, in a few words.
    pub what: &'static str,
    /// The kind in lower case without which the way leads to nothing.
    pub kind: Option<&'static str>,
    /// Whether it is for those who may register a location.
    pub registers: bool,
}

/// The catalog's part of the home page: the search, then what is `personal` to the reader, counts by kind, what needs attention, quick ways and recent changes. A catalog
/// that is down costs its part of the home page and not the page.
pub async fn catalog_summary(ways: &'static [Way], personal: AnyView) -> Result<AnyView, AppError> {
    match summary().await {
        Ok(summary) if summary.total == 0 => {
            Ok(view! { <Nothing troubled=summary.troubled total=summary.troubled_total may_register=summary.may_register/> {personal} }.into_any())
        }
        Ok(summary) => Ok(view! { <SummaryView summary=summary ways=ways personal=personal/> }.into_any()),
        Err(error @ AppError::Unavailable { .. }) => {
            Ok(view! { <Search/> {personal} <EmptyState sentence=format!("{error}.")/> }.into_any())
        }
        Err(error) => Err(error),
    }
}

/// What the caller and its groups own: how many of each kind, and the first few. Empty where there is nobody to own anything.
pub async fn owned_summary() -> Result<AnyView, AppError> {
    let reader = match reader(&READ_ENTITIES).await {
        Ok(reader) => reader,
        Err(AppError::Unavailable { .. }) => return Ok(().into_any()),
        Err(error) => return Err(error),
    };
    let Some(query) = owned_by(reader.caller()) else { return Ok(().into_any()) };
    let all = query.href();
    let may_register = reader.may_register();
    let list = reader.list(query).await?;
    let kinds = list.facets.into_iter().find(|facet| facet.name == FacetKey::Kind.name());
    let kinds = kinds.map_or_else(Vec::new, |kinds| kinds.values);
    Ok(view! { <Owned kinds=kinds items=list.items total=list.total all=all may_register=may_register/> }.into_any())
}

/// The list of what a person and its groups own.
fn owned_by(caller: &Caller) -> Option<ListQuery> {
    let principal = caller.principal()?;
    let owners = std::iter::once(&principal.subject).chain(&principal.groups).take(MAX_OWNERS).cloned().collect();
    Some(ListQuery { chosen: vec![(FacetKey::Owner, owners)], ..ListQuery::default() })
}

#[component]
fn Owned(kinds: Vec<FacetValue>, items: Vec<EntityRow>, total: u64, all: String, may_register: bool) -> impl IntoView {
    if items.is_empty() {
        return view! {
            <Section title="What you own">
                <EmptyState sentence="Nothing in the catalog names you or one of your teams as its owner.">
                    {may_register.then(|| view! { <a class="pk-button" href="/locations/register">"Register software"</a> })}
                </EmptyState>
            </Section>
        }
        .into_any();
    }
    let kinds: Vec<_> = kinds
        .into_iter()
        .take(OWNED_KINDS)
        .map(|kind| view! { <li><a href=kind.href>{counted(kind.count, &kind.label)}</a></li> })
        .collect();
    let more = total > OWNED as u64;
    let items: Vec<_> = items
        .into_iter()
        .take(OWNED)
        .map(|row| view! { <li><EntityName link=row.link.clone()/> " " <span class="pk-quiet">{row.link.kind}</span></li> })
        .collect();
    view! {
        <Section title="What you own">
            <ul class="pk-tally">{kinds}</ul>
            <ul class="pk-list">{items}</ul>
            {more.then(|| view! { <p><a href=all>{format!("All {}", digits(total))}</a></p> })}
        </Section>
    }
    .into_any()
}

async fn summary() -> Result<Summary, AppError> {
    reader(&READ_ENTITIES).await?.summary().await
}

#[component]
fn Search() -> impl IntoView {
    view! { <SearchBox query=ListQuery::default() label="Search software" large=true/> }
}

/// A portal in which nothing is registered yet, or from which nothing could be read.
#[component]
fn Nothing(troubled: Vec<LocationRow>, total: u64, may_register: bool) -> impl IntoView {
    view! {
        <EmptyState sentence="No software is registered yet.">{register_link(may_register)}</EmptyState>
        {(total > 0).then(|| view! { <Section title="Needs attention"><Attention troubled=troubled total=total orphans=0/></Section> })}
    }
}

#[component]
fn SummaryView(summary: Summary, ways: &'static [Way], personal: AnyView) -> impl IntoView {
    let has = |kind: &str| summary.kinds.iter().any(|(known, ..)| known.eq_ignore_ascii_case(kind));
    let ways: Vec<_> = ways
        .iter()
        .filter(|way| way.kind.is_none_or(has) && (summary.may_register || !way.registers))
        .map(|way| view! { <li><a class="pk-name" href=way.href>{way.label}</a> <span class="pk-ways__what">{way.what}</span></li> })
        .collect();
    let kinds: Vec<_> = summary
        .kinds
        .into_iter()
        .map(|(kind, count, href)| {
            let label = if count == 1 { kind } else { plural(&kind) };
            view! { <Count number=count label=label href=href/> }
        })
        .collect();
    let columns = vec![Column::text("Name"), Column::text("Kind"), Column::text("Owner"), Column::text("Changed")];
    let recent: Vec<_> = summary
        .recent
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row"><EntityName link=row.link.clone()/></th>
                    <td>{row.link.kind}</td>
                    <td><ShortName link=row.owner/></td>
                    <td class="pk-quiet"><Time when=Some(row.changed)/></td>
                </tr>
            }
        })
        .collect();
    view! {
        <Search/>
        {personal}
        <Section title="In the catalog"><Counts>{kinds}</Counts></Section>
        <div class="pk-columns">
            <div>
                <Section title="Needs attention">
                    <Attention troubled=summary.troubled total=summary.troubled_total orphans=summary.orphans/>
                </Section>
                <Section title="Recent changes">
                    <Table caption="Recent changes" columns=columns>{recent}</Table>
                    <p><a href="/catalog?sort=-changed">"All changes"</a></p>
                </Section>
            </div>
            <div><Section title="Quick ways"><ul class="pk-ways">{ways}</ul></Section></div>
        </div>
    }
}

/// The locations that are in trouble, and how many entities no file describes any more.
#[component]
fn Attention(troubled: Vec<LocationRow>, total: u64, orphans: u64) -> impl IntoView {
    if total == 0 && orphans == 0 {
        return view! { <p class="pk-quiet">"All locations are read without errors, and every entity is in a file."</p> }.into_any();
    }
    let more = total.saturating_sub(troubled.len() as u64);
    let troubled: Vec<_> = troubled
        .into_iter()
        .map(|row| {
            let errors = match row.errors {
                0 => String::new(),
                1 => "1 error".to_owned(),
                count => format!("{} errors", digits(count)),
            };
            view! {
                <li class="pk-attention">
                    <StateBadge state=row.state/>
                    <a class="pk-wrap" href=format!("/locations/{}", row.id)>{row.target}</a>
                    <span class="pk-quiet pk-number">{errors}</span>
                </li>
            }
        })
        .collect();
    let orphans = (orphans > 0).then(|| {
        let text = if orphans == 1 {
            "1 entity is no longer in any file".to_owned()
        } else {
            format!("{} entities are no longer in any file", digits(orphans))
        };
        view! { <li class="pk-attention"><a href="/catalog?orphan=true">{text}</a></li> }
    });
    let more = (more > 0).then(
        || view! { <li class="pk-attention"><a href="/locations">{format!("and {} more", digits(more))}</a></li> },
    );
    view! { <ul class="pk-list">{troubled}{more}{orphans}</ul> }.into_any()
}

fn counted(count: u64, kind: &str) -> String {
    format!("{} {}", digits(count), if count == 1 { kind.to_owned() } else { plural(kind) })
}

/// The name of a kind for several: kinds of others are English words as well.
fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with(['s', 'x']) => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn several_of_a_kind_have_a_name() {
        let named = ["Component", "API", "Policy", "Gateway", "Process"].map(super::plural);
        assert_eq!(named, ["Components", "APIs", "Policies", "Gateways", "Processes"]);
    }
}
