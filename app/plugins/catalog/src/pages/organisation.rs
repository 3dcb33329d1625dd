use kit::components::{Column, EmptyState, Panel, People, Person, Table};
use kit::number::digits;
use leptos::prelude::*;

use super::parts::{EntityName, ShortName, full_name};
use crate::model::{EntityRow, GroupRow, Organisation, OwnedKind};

/// What the page of a group or a user says of the people round it, and of what is owned.
#[component]
pub fn OrganisationPanels(organisation: Organisation) -> impl IntoView {
    let Organisation { is_user, groups, groups_total, cut, people, people_total, owned, rows, rows_total, all, .. } =
        organisation;
    let groups = (!groups.is_empty() || is_user)
        .then(|| view! { <GroupsPanel is_user=is_user groups=groups total=groups_total cut=cut/> });
    let has_below = groups.is_some() && !is_user;
    let people = (!is_user && (people_total > 0 || !has_below)).then(|| {
        let content = if people.is_empty() {
            view! { <p class="pk-quiet">"Nobody is named as a member of this group."</p> }.into_any()
        } else {
            let more = people_total.saturating_sub(people.len() as u64);
            let people: Vec<_> = people
                .into_iter()
                .map(|person| {
                    let href = person.link.known.then_some(person.link.href.clone());
                    view! { <Person name=full_name(&person.link).to_owned() href=href email=person.email/> }
                })
                .collect();
            view! {
                <People>{people}</People>
                {(more > 0).then(|| view! { <p><a href="?tab=relations&show=membership">{format!("{} more", digits(more))}</a></p> })}
            }
            .into_any()
        };
        view! { <Panel title="People" count=people_total>{content}</Panel> }
    });
    view! {
        {groups}
        {people}
        <OwnedPanel is_user=is_user owned=owned rows=rows total=rows_total all=all cut=cut/>
    }
}

#[component]
fn GroupsPanel(is_user: bool, groups: Vec<GroupRow>, total: u64, cut: bool) -> impl IntoView {
    if groups.is_empty() {
        return view! { <Panel title="Groups"><p class="pk-quiet">"This user is in no group."</p></Panel> }.into_any();
    }
    let nested = groups.iter().any(|group| group.below > 0);
    let mut columns = vec![Column::text("Group"), Column::number("Owns"), Column::number("Members")];
    columns.extend(nested.then_some(Column::number("Below it")));
    let more = total.saturating_sub(groups.len() as u64);
    let rows: Vec<_> = groups
        .into_iter()
        .map(|group| {
            view! {
                <tr>
                    <th scope="row"><ShortName link=Some(group.link)/></th>
                    <td class="pk-number">{digits(group.owns)}</td>
                    <td class="pk-number">{digits(group.members)}</td>
                    {nested.then(|| view! { <td class="pk-number">{digits(group.below)}</td> })}
                </tr>
            }
        })
        .collect();
    let title = if is_user { "Groups" } else { "Groups below" };
    let note = match (more, cut) {
        (0, false) => None,
        (0, true) => Some("There are more groups than were looked at, so the numbers are too low.".to_owned()),
        (more, _) => Some(format!("And {} more groups.", digits(more))),
    };
    view! {
        <Panel title=title count=total>
            <Table caption=title columns=columns>{rows}</Table>
            {note.map(|note| view! { <p class="pk-quiet">{note}</p> })}
        </Panel>
    }
    .into_any()
}

#[component]
fn OwnedPanel(
    is_user: bool,
    owned: Vec<OwnedKind>,
    rows: Vec<EntityRow>,
    total: u64,
    all: Option<String>,
    cut: bool,
) -> impl IntoView {
    if owned.is_empty() {
        let sentence = if is_user {
            "Neither this user nor a group of theirs owns anything in the catalog."
        } else {
            "This group owns nothing in the catalog."
        };
        return view! { <Panel title="Owns"><EmptyState sentence=sentence><a class="pk-button" href="/catalog">"See the catalog"</a></EmptyState></Panel> }.into_any();
    }
    let through = owned.iter().any(|kind| kind.others.0 > 0);
    let (own, others) = if is_user { ("Self", "Through groups") } else { ("This group", "Groups below") };
    let counts = if through {
        let columns = vec![Column::text("Kind"), Column::number(own), Column::number(others)];
        let counts: Vec<_> = owned
            .into_iter()
            .map(|OwnedKind { kind, own, others }| {
                let own = counted(own.0, Some(own.1), format!("{} {kind}, owned directly", own.0));
                let others = counted(others.0, others.1, format!("{} {kind}, owned by groups", others.0));
                view! { <tr><th scope="row">{kind}</th><td class="pk-number">{own}</td><td class="pk-number">{others}</td></tr> }
            })
            .collect();
        view! { <Table caption="Owned by kind" columns=columns>{counts}</Table> }.into_any()
    } else {
        let counts: Vec<_> = owned
            .into_iter()
            .map(|OwnedKind { kind, own, .. }| view! { <li><a href=own.1>{format!("{} {kind}", digits(own.0))}</a></li> })
            .collect();
        view! { <ul class="pk-tally">{counts}</ul> }.into_any()
    };
    let list = (!rows.is_empty()).then(|| {
        let belongs_to = if is_user { "Owner" } else { "System" };
        let columns = vec![Column::text("Name"), Column::text("Kind"), Column::text("Lifecycle"), Column::text(belongs_to)];
        let more = total > rows.len() as u64;
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                view! {
                    <tr>
                        <th scope="row"><EntityName link=row.link.clone()/></th>
                        <td>{row.link.kind}</td>
                        <td>{row.lifecycle}</td>
                        <td><ShortName link=if is_user { row.owner } else { row.system }/></td>
                    </tr>
                }
            })
            .collect();
        view! {
            <Table caption="Owned entities" columns=columns>{rows}</Table>
            {more.then(|| all.map(|all| view! { <p><a href=all>{format!("All {} in the catalog", digits(total))}</a></p> }))}
        }
    });
    let low = (through && cut).then(|| view! { <p class="pk-quiet">"There are more groups than were counted."</p> });
    view! {
        <Panel title="Owns" count=total>
            {counts}
            {low}
            {list}
        </Panel>
    }
    .into_any()
}

/// A number that leads to what was counted, where that can be listed.
fn counted(count: u64, href: Option<String>, label: String) -> AnyView {
    let number = digits(count);
    match href.filter(|_| count > 0) {
        Some(href) => view! { <a href=href aria-label=label>{number}</a> }.into_any(),
        None => number.into_any(),
    }
}
