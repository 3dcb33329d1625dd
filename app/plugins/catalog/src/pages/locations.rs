use kit::components::{Badge, Column, EmptyState, Page, Table, Time, loaded};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::parts::{StateBadge, register_link};
use crate::api::{RefreshLocation, locations};
use crate::model::{LocationList, LocationRow};

/// Where the catalog's entities come from, and how each place stands.
#[component]
pub fn LocationsPage() -> impl IntoView {
    let query = use_query_map();
    let after =
        Memo::new(move |_| query.with(|all| all.get("page").and_then(|page| page.parse::<i64>().ok()).unwrap_or(0)));
    let refresh = ServerAction::<RefreshLocation>::new();
    let list = Resource::new(move || (after.get(), refresh.version().get()), |(after, _)| locations(after));
    loaded(list, move |list| view! { <LocationsView list=list refresh=refresh/> })
}

#[component]
fn LocationsView(list: LocationList, refresh: ServerAction<RefreshLocation>) -> impl IntoView {
    let columns = vec![
        Column::text("Location"),
        Column::text("State"),
        Column::number("Entities"),
        Column::number("Errors"),
        Column::number("Warnings"),
        Column::text("Last read"),
        Column::text("Next read"),
        Column::text("Action"),
    ];
    let content = if list.items.is_empty() {
        view! {
            <EmptyState sentence="No location is registered yet.">
                <a class="pk-button" href="/locations/register">"Register software"</a>
            </EmptyState>
        }
        .into_any()
    } else {
        let rows: Vec<_> =
            list.items.into_iter().map(|row| view! { <LocationTableRow row=row refresh=refresh/> }).collect();
        view! { <Table caption="Locations" columns=columns>{rows}</Table> }.into_any()
    };
    view! {
        <Page title="Locations" lead="The folders, repositories and addresses that the catalog reads, again and again." aside=register_link()>
            {content}
            {list.next.map(|next| view! { <nav class="pk-paging" aria-label="Pages"><a class="pk-button" rel="next" href=next>"Next"</a></nav> })}
        </Page>
    }
}

#[component]
fn LocationTableRow(row: LocationRow, refresh: ServerAction<RefreshLocation>) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a class="pk-name pk-wrap" href=format!("/locations/{}", row.id)>{row.target}</a>
                " " <span class="pk-quiet">{row.kind}</span>
                {row.trusted_for_org.then(|| view! { " " <Badge text="Trusted for organisation data"/> })}
            </th>
            <td><StateBadge state=row.state/></td>
            <td class="pk-number">{row.entities}</td>
            <td class="pk-number">{row.errors}</td>
            <td class="pk-number">{row.warnings}</td>
            <td class="pk-quiet"><Time when=row.last_run/></td>
            <td class="pk-quiet"><Time when=row.next_run/></td>
            <td><super::location::RefreshForm id=row.id refresh=refresh/></td>
        </tr>
    }
}
