use kit::components::{
    Badge, Column, EmptyState, FacetList, Icon, IconView, Page, Paging, SortHeader, Table, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::{EntityName, KeptFields, SearchBox, ShortName, register_link};
use super::reader;
use crate::api::{ForgetFilter, SaveFilter};
use crate::info::READ_ENTITIES;
use crate::model::{ColumnKey, EntityList, EntityRow, ListQuery, SavedFilter, Sort};

/// The catalog: everything there is, narrowed by words and facets.
pub async fn catalog_page(at: &Address) -> Result<Drawn, AppError> {
    let reader = reader(&READ_ENTITIES).await?;
    let query = ListQuery::from_params(|name| at.all(name));
    let (list, saved) = futures::try_join!(reader.list(query.clone()), reader.saved_filters())?;
    let may = (reader.may_register(), reader.may_save_filters());
    Ok(page(|| view! { <CatalogView query=query list=list saved=saved may=may/> }))
}

#[component]
fn CatalogView(
    query: ListQuery,
    list: EntityList,
    saved: Vec<SavedFilter>,
    /// Whether the caller may register a location, and keep filters.
    may: (bool, bool),
) -> impl IntoView {
    let (may_register, may_save) = may;
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
        <Page title="Catalog" lead="Every piece of software in the bank: what it is, who owns it, what it belongs to." aside=register_link(may_register)>
            <SearchBox query=query.clone() label="Search the catalog"/>
            <div class="pk-split">
                <aside class="pk-split__side" aria-label="Filters">
                    <details class="pk-filters">
                        <summary class="pk-filters__summary">
                            "Filters" {(chosen > 0).then(|| format!(" ({chosen} chosen)"))}
                        </summary>
                        {narrowed.then(|| view! { <p><a href="/catalog">"Clear all filters"</a></p> })}
                        <Saved href=query.href() narrowed=narrowed saved=saved may_save=may_save/>
                        <FacetList facets=list.facets/>
                    </details>
                </aside>
                <div class="pk-split__main">
                    <div class="pk-toolbar">
                        <ColumnChoice query=query.clone()/>
                        <a class="pk-button" href=query.csv_href() rel="external" download="catalog.csv"><IconView icon=Icon::Download/> "Download CSV"</a>
                    </div>
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

/// The caller's saved filters, and the way to keep this one.
#[component]
fn Saved(href: String, narrowed: bool, saved: Vec<SavedFilter>, may_save: bool) -> impl IntoView {
    let items: Vec<_> = saved
        .into_iter()
        .map(|filter| {
            let label = format!("Forget {}", filter.name);
            view! {
                <li class="pk-saved__item">
                    <a class="pk-saved__link" href=filter.href>{filter.name}</a>
                    {may_save.then(|| view! {
                        <form method="post" action=ForgetFilter::PATH>
                            <input type="hidden" name="id" value=filter.id/>
                            <button class="pk-icon-button" type="submit" title=label.clone() aria-label=label><IconView icon=Icon::X/></button>
                        </form>
                    })}
                </li>
            }
        })
        .collect();
    let list = (!items.is_empty())
        .then(|| view! { <h2 class="pk-saved__title">"Saved filters"</h2> <ul class="pk-saved">{items}</ul> });
    let keep = (narrowed && may_save).then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Save this filter"</summary>
                <form method="post" action=SaveFilter::PATH class="pk-saved__form">
                    <input type="hidden" name="href" value=href/>
                    <label class="pk-visually-hidden" for="filter-name">"Name of the filter"</label>
                    <input class="pk-input" id="filter-name" name="name" required maxlength="60" placeholder="Name" autocomplete="off"/>
                    <button class="pk-button" type="submit">"Save"</button>
                </form>
            </details>
        }
    });
    view! { {list} {keep} }
}

/// Which columns are shown: a form that leads to the same list with others.
#[component]
fn ColumnChoice(query: ListQuery) -> impl IntoView {
    let boxes: Vec<_> = ColumnKey::ALL
        .into_iter()
        .map(|column| {
            let shown = query.shown_columns().contains(&column);
            view! {
                <label class="pk-columns-choice__option">
                    <input type="checkbox" name="columns" value=column.name() checked=shown/>
                    {column.label()}
                </label>
            }
        })
        .collect();
    view! {
        <details class="pk-columns-choice">
            <summary class="pk-button"><IconView icon=Icon::Columns/> "Columns"</summary>
            <form class="pk-columns-choice__panel" method="get" action="/catalog">
                <fieldset>
                    <legend>"Columns beside the name"</legend>
                    {boxes}
                </fieldset>
                <KeptFields query=query/>
                <button class="pk-button pk-button--primary" type="submit">"Show"</button>
            </form>
        </details>
    }
}

#[component]
fn Rows(query: ListQuery, items: Vec<EntityRow>) -> impl IntoView {
    let sorted = |label, sort| {
        let order = (query.sort == sort).then_some(if query.descending { "descending" } else { "ascending" });
        Column::sorted(label, SortHeader { href: query.sorted(sort).href(), order })
    };
    let shown = query.shown_columns().to_vec();
    let heading = |column: &ColumnKey| match column.sort() {
        Some(sort) => sorted(column.label(), sort),
        None => Column::text(column.label()),
    };
    let columns = std::iter::once(sorted("Name", Sort::Name)).chain(shown.iter().map(heading)).collect();
    let rows: Vec<_> = items
        .into_iter()
        .map(|row| {
            let cells: Vec<_> = shown.iter().map(|column| cell(*column, &row)).collect();
            view! {
                <tr>
                    <th scope="row">
                        <EntityName link=row.link/>
                        {row.orphan.then(|| view! { " " <Badge text="Orphaned" tone=Tone::Attention/> })}
                    </th>
                    {cells}
                </tr>
            }
        })
        .collect();
    view! { <Table caption="Entities" columns=columns>{rows}</Table> }
}

fn cell(column: ColumnKey, row: &EntityRow) -> AnyView {
    match column {
        ColumnKey::Kind => view! { <td>{row.link.kind.clone()}</td> }.into_any(),
        ColumnKey::Type => view! { <td>{row.type_name.clone()}</td> }.into_any(),
        ColumnKey::Description => view! { <td class="pk-wrap pk-quiet">{row.description.clone()}</td> }.into_any(),
        ColumnKey::Lifecycle => view! { <td>{row.lifecycle.clone()}</td> }.into_any(),
        ColumnKey::Owner => view! { <td><ShortName link=row.owner.clone()/></td> }.into_any(),
        ColumnKey::System => view! { <td><ShortName link=row.system.clone()/></td> }.into_any(),
        ColumnKey::Changed => view! { <td class="pk-quiet"><Time when=Some(row.changed.clone())/></td> }.into_any(),
    }
}
