use kit::components::{Badge, Column, EmptyState, Page, Table, Time};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::{Address, page};
use leptos::prelude::*;

use super::parts::{StateBadge, register_link};
use super::reader;
use crate::info::READ_LOCATIONS;
use crate::model::{LocationList, LocationRow};

/// Where the catalog's entities come from, and how each place stands.
pub async fn locations_page(at: &Address) -> Result<Drawn, AppError> {
    let list = reader(&READ_LOCATIONS).await?.locations(at.one("page").parse().unwrap_or(0)).await?;
    Ok(page(|| view! { <LocationsView list=list/> }))
}

#[component]
fn LocationsView(list: LocationList) -> impl IntoView {
    // A column for nothing is not there.
    let acts = list.items.iter().any(|row| row.may_refresh);
    let mut columns = vec![
        Column::text("Location"),
        Column::text("State"),
        Column::number("Entities"),
        Column::number("Errors"),
        Column::number("Warnings"),
        Column::text("Last read"),
        Column::text("Next read"),
    ];
    columns.extend(acts.then(|| Column::text("Action")));
    let content = if list.items.is_empty() {
        view! {
            <EmptyState sentence="No location is registered yet.">
                {list.may_register.then(|| view! { <a class="pk-button" href="/locations/register">"Register software"</a> })}
            </EmptyState>
        }
        .into_any()
    } else {
        let rows: Vec<_> = list.items.into_iter().map(|row| view! { <LocationTableRow row=row acts=acts/> }).collect();
        view! { <Table caption="Locations" columns=columns>{rows}</Table> }.into_any()
    };
    view! {
        <Page title="Locations" lead="The folders, repositories and addresses that the catalog reads, again and again." aside=register_link(list.may_register)>
            {content}
            {list.next.map(|next| view! { <nav class="pk-paging" aria-label="Pages"><a class="pk-button" rel="next" href=next>"Next"</a></nav> })}
        </Page>
    }
}

#[component]
fn LocationTableRow(row: LocationRow, acts: bool) -> impl IntoView {
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
            {acts.then(|| view! { <td>{row.may_refresh.then(|| view! { <super::location::RefreshForm id=row.id/> })}</td> })}
        </tr>
    }
}
