use std::sync::Arc;

use kit::components::{Fact, Facts, Page, Section};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::context::{caller, service};
use kit::server::page::page;
use leptos::prelude::*;
use review::{Check, Kind, Rules, Stage, Standard};

use super::parts::{Titles, name_of, names_of};
use crate::server::Contributions;

/// What the gates go by: who decides where and by which checklist, and the operational standards one by one.
pub async fn standards_page() -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    here.reads(&caller).await?;
    let groups = here.rules.stages.values().flat_map(|gate| gate.groups.clone());
    let named = [&here.rules.curators, &here.rules.design, &here.rules.board, &here.rules.operators];
    let groups = groups.chain(named.into_iter().map(|group| group.group.clone())).collect();
    let titles = here.titles(&caller, groups).await?;
    let rules = here.rules.clone();
    Ok(page(|| view! { <StandardsView rules=rules titles=titles/> }))
}

#[component]
fn StandardsView(rules: Arc<Rules>, titles: Titles) -> impl IntoView {
    let standards: Vec<_> =
        rules.standards.iter().map(|standard| view! { <StandardView standard=standard.clone()/> }).collect();
    let gates: Vec<_> = Stage::REVIEWED
        .into_iter()
        .filter_map(|stage| {
            let gate = rules.stage(stage)?;
            let takes = match gate.quorum {
                1 => "one of them accepts".to_owned(),
                quorum => format!("{quorum} of them accept"),
            };
            let lead = format!(
                "{} decide within {} days; the gate opens once {takes}.",
                names_of(&titles, &gate.groups),
                gate.days
            );
            let lists: Vec<_> = gate
                .checklists
                .iter()
                .map(|list| {
                    let items: Vec<_> = list
                        .items
                        .iter()
                        .map(|item| {
                            let shown =
                                item.evidence.then(|| view! { " " <span class="pk-quiet">"shown by a link"</span> });
                            view! { <li>{item.text.clone()} {shown}</li> }
                        })
                        .collect();
                    let title = format!("{}, version {}", kinds(&list.kinds), list.version);
                    view! { <h3>{title}</h3> <ul>{items}</ul> }
                })
                .collect();
            Some(view! { <Section title=stage.label()><p>{lead}</p> {lists}</Section> })
        })
        .collect();
    let waivers = format!(
        "{} waives findings of the UX gate, for {} days at most. {} decides about appeals. {} merges duplicates, and {} hears of what no longer meets the standards.",
        name_of(&titles, &rules.design.group),
        rules.waiver_days,
        name_of(&titles, &rules.board.group),
        name_of(&titles, &rules.curators.group),
        name_of(&titles, &rules.operators.group),
    );
    view! {
        <Page title="Standards and gates" kind="Contributions" lead="What it takes to go live: who decides where, by which checklist, and what the portal keeps looking at for as long as something is live.">
            {gates}
            <Section title="Readiness">
                <p>"The portal itself opens this gate, once the entry in the catalog belongs to the team and meets every standard below. What is live is looked at for ever after."</p>
                {standards}
            </Section>
            <Section title="Who else has a part"><p>{waivers}</p></Section>
        </Page>
    }
}

fn kinds(kinds: &[Kind]) -> String {
    if kinds.is_empty() {
        return "Everything else".into();
    }
    kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join(", ")
}

#[component]
fn StandardView(standard: Standard) -> impl IntoView {
    let how = match &standard.check {
        Check::Annotation { any, among } if among.is_empty() => {
            format!("One of these annotations says something: {}", any.join(", "))
        }
        Check::Annotation { any, among } => format!("{} is one of {}", any.join(" or "), among.join(", ")),
        Check::Link { link, any } => {
            format!("There is a link of the type {link}, or one of these annotations: {}", any.join(", "))
        }
        Check::Owner => "The owner is a group with members, or a person, of the catalog".into(),
        Check::Probe { annotation, most_ms, .. } => {
            format!("The address in {annotation} answers with success within {most_ms} ms")
        }
    };
    let whom = if standard.kinds.is_empty() { "Everything".to_owned() } else { kinds(&standard.kinds) };
    let anchor = format!("standard-{}", standard.id);
    view! {
        <h3 id=anchor>{standard.title}</h3>
        <Facts>
            <Fact name="Why">{standard.why}</Fact>
            <Fact name="How to meet it">{standard.how}</Fact>
            <Fact name="How the portal looks">{how}</Fact>
            <Fact name="For">{whom}</Fact>
        </Facts>
    }
}
