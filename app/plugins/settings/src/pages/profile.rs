use kit::components::{Badge, Button, Column, EmptyState, Fact, Facts, Page, Section, Table, Tone};
use kit::error::AppError;
use kit::identity::{Caller, Via};
use kit::page::Drawn;
use kit::query::segment;
use kit::server::authorise::Resource;
use kit::server::context::{permit, service};
use kit::server::directory::{Membership, Origin};
use kit::server::page::page;
use kit::server::people::Person;
use leptos::prelude::*;

use super::tabs;
use crate::info::READ_PROFILE;
use crate::server::Settings;

/// What the portal knows of the caller, and which group came from where.
pub(super) async fn profile_page() -> Result<Drawn, AppError> {
    let caller = permit(&READ_PROFILE, Resource::All).await?;
    let settings = service::<Settings>("The settings")?;
    let (person, groups) = settings.profile(&caller).await?;
    Ok(page(|| {
        view! {
            <Page title="About you" kind="Settings" lead="What your groups own, you may change. A group that somebody registers by themselves gives nobody a right.">
                {tabs("/settings")}
                <About caller=caller person=person settings=settings/>
                <Groups groups=groups/>
            </Page>
        }
    }))
}

#[component]
fn About(caller: Caller, person: Option<Person>, settings: Settings) -> impl IntoView {
    let subject = caller.subject().to_owned();
    let name = caller.principal().map_or_else(|| subject.clone(), |principal| principal.name.clone());
    let administrator = caller.principal().is_some_and(|principal| principal.administrator);
    let through = match caller.principal().map(|principal| &principal.via) {
        Some(Via::Token(_)) => "An API token".to_owned(),
        _ => person
            .as_ref()
            .map_or_else(|| "This machine".to_owned(), |person| settings.provider(&person.provider).to_owned()),
    };
    let email = person.map(|person| person.email).filter(|email| !email.is_empty());
    let page = page_of(&subject);
    view! {
        <Section title="Who you are to the portal">
            <Facts>
                <Fact name="Name">{name}</Fact>
                <Fact name="Known as">
                    {match page {
                        Some(href) => view! { <a href=href><code>{subject}</code></a> }.into_any(),
                        None => view! { <code>{subject}</code> }.into_any(),
                    }}
                </Fact>
                <Fact name="E-mail">{email.unwrap_or_else(|| "None that the sign-in has verified".to_owned())}</Fact>
                <Fact name="Signed in through">{through}</Fact>
                <Fact name="Rights"><a href="/access">"What you may do, and by which policy"</a></Fact>
                {administrator.then(|| view! { <Fact name="Role"><Badge text="Administrator" tone=Tone::Attention/></Fact> })}
            </Facts>
            <form method="post" action="/sign-out"><Button text="Sign out"/></form>
        </Section>
    }
}

#[component]
fn Groups(groups: Vec<Membership>) -> impl IntoView {
    if groups.is_empty() {
        return view! {
            <Section title="Your groups">
                <EmptyState sentence="You are in no group, so you may change nothing that a team owns. Groups come from your sign-in and from the bank's organisation data."/>
            </Section>
        }
        .into_any();
    }
    let titles: std::collections::HashMap<String, String> =
        groups.iter().map(|membership| (membership.group.clone(), membership.title.clone())).collect();
    let rows: Vec<_> = groups
        .into_iter()
        .map(|Membership { group, title, origin }| {
            let (how, why) = match origin {
                Origin::Token => ("Sign-in", "Your sign-in names it".to_owned()),
                Origin::Location(target) => ("Organisation data", shortened(target)),
                Origin::Below(below) => {
                    ("Group above", format!("{} is below it", titles.get(&below).unwrap_or(&below)))
                }
            };
            let name = match page_of(&group) {
                Some(href) => view! { <a href=href>{title}</a> }.into_any(),
                None => title.into_any(),
            };
            view! { <tr><th scope="row">{name}</th><td class="pk-wrap" data-label="Ref"><code>{group}</code></td><td data-label="Comes from">{how}</td><td class="pk-wrap" data-label="Because">{why}</td></tr> }
        })
        .collect();
    let columns = vec![Column::text("Group"), Column::text("Ref"), Column::text("Comes from"), Column::text("Because")];
    view! {
        <Section title="Your groups">
            <Table caption="Your groups and where they come from" columns=columns stacked=true>{rows}</Table>
        </Section>
    }
    .into_any()
}

/// The page of an entity of the catalog.
fn page_of(entity_ref: &str) -> Option<String> {
    let (kind, rest) = entity_ref.split_once(':')?;
    let (namespace, name) = rest.split_once('/')?;
    let known = ["user", "group", "component"].contains(&kind);
    known.then(|| format!("/catalog/{}/{}/{}", segment(namespace), segment(kind), segment(name)))
}

/// The end of a path on the server, which says which file it is; an address stays whole.
fn shortened(target: String) -> String {
    if target.contains("://") {
        return target;
    }
    let parts: Vec<&str> = target.rsplitn(3, '/').collect();
    match parts[..] {
        [file, folder, above] if !above.is_empty() => format!("…/{folder}/{file}"),
        _ => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_the_file_is_shown_and_an_address_is_shown_whole() {
        let shown = |target: &str| shortened(target.to_owned());
        assert_eq!(shown("/srv/portico/examples/org/people.yaml"), "…/org/people.yaml");
        assert_eq!(shown("/people.yaml"), "/people.yaml");
        assert_eq!(shown("people.yaml"), "people.yaml");
        assert_eq!(shown("https://git.bank.example/a/b/c.yaml"), "https://git.bank.example/a/b/c.yaml");
    }
}
