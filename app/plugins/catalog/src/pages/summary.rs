use kit::components::{Column, Count, Counts, EmptyState, Section, Table, Time, loaded};
use kit::error::AppError;
use leptos::prelude::*;

use super::parts::{EntityName, ShortName, StateBadge};
use crate::api::home_summary;
use crate::model::Summary;

/// The catalog's part of the home page: counts by kind, what needs attention, and recent changes.
#[component]
pub fn CatalogSummary() -> impl IntoView {
    // A catalog that is down costs its part of the home page and not the page.
    let ask = |()| async {
        match home_summary().await {
            Err(error @ AppError::Unavailable { .. }) => Ok(Err(error)),
            answer => answer.map(Ok),
        }
    };
    loaded(Resource::new(|| (), ask), |summary: Result<Summary, AppError>| match summary {
        Ok(summary) => view! { <SummaryView summary=summary/> }.into_any(),
        Err(error) => view! { <EmptyState sentence=format!("{error}.")/> }.into_any(),
    })
}

#[component]
fn SummaryView(summary: Summary) -> impl IntoView {
    if summary.total == 0 {
        return view! {
            <EmptyState sentence="The catalog is empty: no location has brought anything yet."><a class="pk-button" href="/locations">"See the locations"</a></EmptyState>
        }
        .into_any();
    }
    let kinds: Vec<_> = summary
        .kinds
        .into_iter()
        .map(|(kind, count, href)| {
            view! { <Count number=count label=kind href=href/> }
        })
        .collect();
    let troubled: Vec<_> = summary
        .troubled
        .into_iter()
        .map(|row| {
            let errors = match row.errors {
                0 => String::new(),
                1 => "1 error".to_owned(),
                count => format!("{count} errors"),
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
    let orphans = (summary.orphans > 0).then(|| {
        let text = if summary.orphans == 1 {
            "1 entity is no longer in any file".to_owned()
        } else {
            format!("{} entities are no longer in any file", summary.orphans)
        };
        view! { <li class="pk-attention"><a href="/catalog?orphan=true">{text}</a></li> }
    });
    let calm = troubled.is_empty() && orphans.is_none();
    let attention = if calm {
        view! { <p class="pk-quiet">"All locations are read without errors, and every entity is in a file."</p> }
            .into_any()
    } else {
        view! { <ul class="pk-list">{troubled}{orphans}</ul> }.into_any()
    };
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
        <Section title="In the catalog"><Counts>{kinds}</Counts></Section>
        <Section title="Needs attention">{attention}</Section>
        <Section title="Recent changes"><Table caption="Recent changes" columns=columns>{recent}</Table></Section>
    }
    .into_any()
}
