use kit::components::{Column, EmptyState, Fragment, Section, Table, ViewLink, ViewLinks};
use leptos::prelude::*;

use super::parts::EntityName;
use crate::model::{Direction, Family, GraphQuery, RelationGraph, RelationGroup};

/// What an entity has to do with others: drawn, and as a table that says the same.
#[component]
pub fn Relations(
    /// The address of the entity's page.
    page: String,
    groups: Vec<RelationGroup>,
    query: GraphQuery,
    graph: RelationGraph,
) -> impl IntoView {
    if groups.is_empty() {
        return view! { <EmptyState sentence="This entity has no relations: neither its own descriptor nor another names one."/> }.into_any();
    }
    view! {
        {controls(&page, &query)}
        <Drawing graph=graph/>
        <div id="all-relations">
            <Section title="As a table"><RelationTable groups=groups/></Section>
        </div>
    }
    .into_any()
}

#[component]
fn Drawing(graph: RelationGraph) -> impl IntoView {
    let empty = (graph.relations == 0).then(|| {
        view! { <p class="pk-quiet">"It has no relations of the kinds and in the direction that are chosen."</p> }
    });
    let cut = graph.cut.then(|| {
        view! { <p class="pk-quiet">"Only the nearest entities are drawn. Choose fewer hops or fewer kinds of relations to see all of the rest."</p> }
    });
    view! { {empty} {cut} <Fragment html=graph.drawing/> }
}

/// How far, which relations and which way, as links.
fn controls(page: &str, query: &GraphQuery) -> impl IntoView + use<> {
    let choice =
        |label: String, query: GraphQuery, chosen, series| ViewLink { label, href: query.href(page), chosen, series };
    let hops = (1..=GraphQuery::MAX_HOPS)
        .map(|hops| choice(hops.to_string(), GraphQuery { hops, ..query.clone() }, query.hops == hops, None))
        .collect();
    let families = Family::ALL
        .into_iter()
        .map(|family| choice(family.label().into(), query.toggled(family), query.shows(family), Some(family.series())))
        .collect();
    let directions = Direction::ALL
        .into_iter()
        .map(|direction| {
            let there = GraphQuery { direction, ..query.clone() };
            choice(direction.label().into(), there, query.direction == direction, None)
        })
        .collect();
    view! {
        <div class="pk-view-bar">
            <ViewLinks label="Hops" links=hops/>
            <ViewLinks label="Direction" links=directions/>
            <ViewLinks label="Relations" links=families many=true/>
        </div>
    }
}

#[component]
fn RelationTable(groups: Vec<RelationGroup>) -> impl IntoView {
    let columns = vec![Column::text("Entity"), Column::text("Relation"), Column::text("Kind")];
    let rows: Vec<_> = groups
        .iter()
        .flat_map(|group| {
            group.targets.iter().map(|link| {
                view! {
                    <tr>
                        <th scope="row"><EntityName link=link.clone()/></th>
                        <td>{group.label.clone()}</td>
                        <td>{link.kind.clone()}</td>
                    </tr>
                }
            })
        })
        .collect();
    let cut: Vec<_> = groups
        .iter()
        .filter(|group| group.total > group.targets.len() as u64)
        .map(|group| {
            let text = format!("{}: the first {} of {} are shown. ", group.label, group.targets.len(), group.total);
            view! { <p class="pk-quiet">{text} {group.all.clone().map(|all| view! { <a href=all>"See all in the catalog"</a> })}</p> }
        })
        .collect();
    view! { <Table caption="Relations" columns=columns>{rows}</Table> {cut} }
}
