use kit::components::{Badge, Time, Tone};
use kit::components::{Column, EmptyState, FacetList, Page, Paging, SortHeader, Table, loaded};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::parts::{EntityName, SearchBox, ShortName, register_link};
use crate::api::list_entities;
use crate::model::{EntityList, EntityRow, ListQuery, Sort};

/// The catalog: everything there is, narrowed by words and facets.
#[component]
pub fn CatalogPage() -> impl IntoView {
    let parameters = use_query_map();
    let query =
        Memo::new(move |_| parameters.with(|all| ListQuery::from_params(|name| all.get_all(name).unwrap_or_default())));
    let list = Resource::new(move || query.get(), list_entities);
    loaded(list, move |list| view! { <CatalogView query=query.get_untracked() list=list/> })
}

#[component]
fn CatalogView(query: ListQuery, list: EntityList) -> impl IntoView {
    let total = list.total;
    let noun = if total == 1 { "entity" } else { "entities" };
    let narrowed = !query.text.is_empty() || !query.chosen.is_empty();
    let summary = if narrowed {
        format!("{total} {noun} {}", if total == 1 { "matches" } else { "match" })
    } else {
        format!("{total} {noun}")
    };
    let chosen: usize = query.chosen.iter().map(|(_, values)| values.len()).sum();
    let rows = if list.items.is_empty() {
        view! { <Nothing narrowed=narrowed/> }.into_any()
    } else {
        view! { <Rows query=query.clone() items=list.items/> }.into_any()
    };
    view! {
        <Page title="Catalog" lead="Every piece of software in the bank: what it is, who owns it, what it belongs to." aside=register_link()>
            <SearchBox query=query label="Search the catalog"/>
            <div class="pk-split">
                <aside class="pk-split__side" aria-label="Filters">
                    <details class="pk-filters">
                        <summary class="pk-filters__summary">
                            "Filters" {(chosen > 0).then(|| format!(" ({chosen} chosen)"))}
                        </summary>
                        {narrowed.then(|| view! { <p><a href="/catalog">"Clear all filters"</a></p> })}
                        <FacetList facets=list.facets/>
                    </details>
                </aside>
                <div class="pk-split__main">
                    {rows}
                    <Paging previous=list.previous next=list.next summary=summary/>
                </div>
            </div>
        </Page>
    }
}

#[component]
fn Nothing(narrowed: bool) -> impl IntoView {
    if narrowed {
        view! { <EmptyState sentence="Nothing matches these words and filters."><a class="pk-button" href="/catalog">"Clear all filters"</a></EmptyState> }
            .into_any()
    } else {
        view! { <EmptyState sentence="The catalog is empty: no location has brought anything yet."><a class="pk-button" href="/locations">"See the locations"</a></EmptyState> }
            .into_any()
    }
}

#[component]
fn Rows(query: ListQuery, items: Vec<EntityRow>) -> impl IntoView {
    let sorted = |label, sort| {
        let order = (query.sort == sort).then_some(if query.descending { "descending" } else { "ascending" });
        Column::sorted(label, SortHeader { href: query.sorted(sort).href(), order })
    };
    let columns = vec![
        sorted("Name", Sort::Name),
        Column::text("Kind"),
        sorted("Type", Sort::Type),
        sorted("Lifecycle", Sort::Lifecycle),
        sorted("Owner", Sort::Owner),
        Column::text("System"),
        sorted("Changed", Sort::Changed),
    ];
    let rows: Vec<_> = items
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row">
                        <EntityName link=row.link.clone()/>
                        {row.orphan.then(|| view! { " " <Badge text="Orphaned" tone=Tone::Attention/> })}
                    </th>
                    <td>{row.link.kind}</td>
                    <td>{row.type_name}</td>
                    <td>{row.lifecycle}</td>
                    <td><ShortName link=row.owner/></td>
                    <td><ShortName link=row.system/></td>
                    <td class="pk-quiet"><Time when=Some(row.changed)/></td>
                </tr>
            }
        })
        .collect();
    view! { <Table caption="Entities" columns=columns>{rows}</Table> }
}
