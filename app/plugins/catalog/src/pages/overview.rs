use kit::components::{Banner, Fact, Facts, Panel, Prose, Section, Time, Tone};
use kit::number::digits;
use leptos::prelude::*;

use super::organisation::OrganisationPanels;
use super::parts::{EntityName, ProblemList, ShortName};
use crate::model::{EntityDetail, FacetKey, ListQuery, RelationGroup};

/// The relations that the panels of a group or a user say already.
const OF_PEOPLE: [&str; 5] = ["ownerOf", "memberOf", "hasMember", "childOf", "parentOf"];

/// The relations of an API that come first.
const INTERFACE: [&str; 2] = ["apiProvidedBy", "apiConsumedBy"];

/// The first view of an entity: what it is, and what it has to do with others.
#[component]
pub fn Overview(detail: EntityDetail) -> impl IntoView {
    let row = detail.row;
    let orphan = row.orphan.then(|| {
        view! {
            <Banner title="No file describes this entity any more" tone=Tone::Attention>
                <p>
                    "It was last described in "
                    <span class="pk-mono">{detail.origin.path.clone()}</span> " of "
                    <a href=format!("/locations/{}", detail.origin.location_id)>{detail.origin.target.clone()}</a>"."
                </p>
            </Banner>
        }
    });
    let problems = (!detail.problems.is_empty())
        .then(|| view! { <Section title="What is wrong with it"><ProblemList problems=detail.problems/></Section> });
    let about = if detail.about.as_str().is_empty() {
        view! { <p class="pk-quiet">"The descriptor gives no description."</p> }.into_any()
    } else {
        view! { <Prose html=detail.about/> }.into_any()
    };
    let tags: Vec<_> = detail
        .tags
        .into_iter()
        .map(|tag| {
            let href = ListQuery::only(FacetKey::Tag, tag.to_lowercase()).href();
            view! { <li><a class="pk-badge" href=href>{tag}</a></li> }
        })
        .collect();
    let links: Vec<_> = detail
        .links
        .into_iter()
        .map(|(title, url)| view! { <li><a href=url rel="noopener noreferrer external" target="_blank">{title}</a></li> })
        .collect();
    let profile: Vec<_> = detail
        .profile
        .into_iter()
        .filter(|(name, value)| name != "displayName" || *value != row.link.title)
        .map(|(name, value)| view! { <Fact name=profile_label(&name)>{value}</Fact> })
        .collect();
    let docs = (!detail.docs_title.is_empty()).then(|| {
        let href = format!("{}/docs", row.link.href);
        view! { <Fact name="Docs"><a href=href>{detail.docs_title}</a></Fact> }
    });
    let (has_tags, has_links) = (!tags.is_empty(), !links.is_empty());
    let is_of_people = detail.organisation.is_some();
    let (interface, relations): (Vec<_>, Vec<_>) = detail
        .relations
        .into_iter()
        // The owner stands in the header.
        .filter(|group| match group.relation.as_str() {
            "ownedBy" => false,
            // Nor is the system said twice.
            "partOf" => group.total != 1 || group.targets.first() != row.system.as_ref(),
            relation => !is_of_people || !OF_PEOPLE.contains(&relation),
        })
        .partition(|group| INTERFACE.contains(&group.relation.as_str()));
    view! {
        {orphan}
        {problems}
        <div class="pk-columns">
            <div class="pk-panels">
                <Panel title="About">{about}</Panel>
                {detail.organisation.map(|organisation| view! { <OrganisationPanels organisation=organisation/> })}
                <RelationPanel title="Providers and consumers" groups=interface/>
                <RelationPanel title="Relations" groups=relations/>
            </div>
            <aside aria-label="Facts">
                <Facts>
                    {profile}
                    {row.system.map(|system| view! { <Fact name="System"><ShortName link=Some(system)/></Fact> })}
                    {docs}
                    {has_links.then(|| view! { <Fact name="Links"><ul class="pk-list">{links}</ul></Fact> })}
                    {has_tags.then(|| view! { <Fact name="Tags"><ul class="pk-tags">{tags}</ul></Fact> })}
                    <Fact name="Changed"><Time when=Some(row.changed)/></Fact>
                    <Fact name="Refreshed"><Time when=detail.origin.refreshed/></Fact>
                </Facts>
            </aside>
        </div>
    }
}

#[component]
fn RelationPanel(title: &'static str, groups: Vec<RelationGroup>) -> impl IntoView {
    let groups: Vec<_> = groups.into_iter().map(|group| view! { <RelationSummary group=group/> }).collect();
    (!groups.is_empty()).then(|| view! { <Panel title=title><div class="pk-relations">{groups}</div></Panel> })
}

/// The first few targets of one type of relation.
#[component]
fn RelationSummary(group: RelationGroup) -> impl IntoView {
    const SHOWN: usize = 8;
    let more = group.total.saturating_sub(SHOWN as u64);
    let rest = match group.all {
        Some(all) => all,
        None => "?tab=relations".into(),
    };
    let targets: Vec<_> =
        group.targets.into_iter().take(SHOWN).map(|link| view! { <li><EntityName link=link/></li> }).collect();
    view! {
        <div class="pk-relation">
            <h3>{group.label} " " <span class="pk-quiet pk-number">{digits(group.total)}</span></h3>
            <ul class="pk-list">{targets}</ul>
            {(more > 0).then(|| view! { <p><a href=rest>{format!("{} more", digits(more))}</a></p> })}
        </div>
    }
}

/// `displayName` as `Display name`.
fn profile_label(key: &str) -> String {
    let mut label = String::new();
    for (place, c) in key.chars().enumerate() {
        if place == 0 {
            label.extend(c.to_uppercase());
        } else if c.is_uppercase() {
            label.push(' ');
            label.extend(c.to_lowercase());
        } else {
            label.push(c);
        }
    }
    label
}
