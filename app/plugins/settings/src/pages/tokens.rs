use std::collections::BTreeMap;

use kit::components::{
    Badge, Button, CheckboxGroup, Choice, Column, Emphasis, EmptyState, Field, FormActions, FormLayout, FormSection,
    Input, Need, Page, Section, Select, Table, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::Permission;
use kit::server::authorise::Resource;
use kit::server::clock::Millis;
use kit::server::context::{permit, service};
use kit::server::page::page;
use kit::server::tokens::{Token, is_for_tokens};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::tabs;
use crate::api::{CreateToken, RevokeToken};
use crate::info::{CREATE_TOKEN, READ_PROFILE, REVOKE_TOKEN};
use crate::server::Settings;

/// How long a token may be good for, in days, as the form offers it.
const LIVES: [(u32, &str); 5] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")];

/// The caller's API tokens, and a form for another one.
pub(super) async fn tokens_page() -> Result<Drawn, AppError> {
    let caller = permit(&READ_PROFILE, Resource::All).await?;
    let settings = service::<Settings>("The settings")?;
    let (tokens, now) = (settings.tokens(&caller).await?, settings.kit.clock.now());
    let actions = settings.actions.to_vec();
    let may_create = settings.kit.may(&caller, &CREATE_TOKEN, &Resource::All);
    let revocable = |id: &i64| settings.kit.may(&caller, &REVOKE_TOKEN, &Resource::One(&format!("token:{id}")));
    let revocable: Vec<i64> = tokens.iter().map(|token| token.id).filter(revocable).collect();
    Ok(page(|| {
        view! {
            <Page title="API tokens" kind="Settings" lead="A token acts for you, so it may never do more than you may yourself. Give a script only what it needs.">
                {tabs("/settings/tokens")}
                <Tokens tokens=tokens now=now revocable=revocable/>
                {may_create.then(|| view! { <NewToken actions=actions/> })}
            </Page>
        }
    }))
}

#[component]
fn Tokens(tokens: Vec<Token>, now: Millis, revocable: Vec<i64>) -> impl IntoView {
    if tokens.is_empty() {
        return view! {
            <Section title="Your tokens"><EmptyState sentence="You have no token. A script that talks to the portal on your behalf needs one."/></Section>
        }
        .into_any();
    }
    let rows: Vec<_> = tokens
        .into_iter()
        .map(|token| {
            let over = token.expires_at <= now;
            let name = token.name.clone();
            view! {
                <tr>
                    <th scope="row">{token.name} " " {over.then(|| view! { <Badge text="Expired" tone=Tone::Attention/> })}</th>
                    <td class="pk-wrap" data-label="For">{token.scopes.join(", ")}</td>
                    <td data-label="Made"><Time when=Some(When::new(token.created_at, now))/></td>
                    <td data-label="Last used"><Time when=token.used_at.map(|used| When::new(used, now))/></td>
                    <td data-label="Ends"><Time when=Some(When::new(token.expires_at, now))/></td>
                    <td class="pk-table__actions">
                        {revocable.contains(&token.id).then(|| view! {
                            <form method="post" action=RevokeToken::PATH>
                                <input type="hidden" name="id" value=token.id.to_string()/>
                                <button class="pk-button" type="submit">"Revoke" <span class="pk-visually-hidden">" " {name}</span></button>
                            </form>
                        })}
                    </td>
                </tr>
            }
        })
        .collect();
    let columns = vec![
        Column::text("Name"),
        Column::text("May be used for"),
        Column::text("Made"),
        Column::text("Last used"),
        Column::text("Ends"),
        Column::actions(),
    ];
    view! { <Section title="Your tokens"><Table caption="Your API tokens" columns=columns stacked=true>{rows}</Table></Section> }
        .into_any()
}

#[component]
fn NewToken(actions: Vec<&'static Permission>) -> impl IntoView {
    let lives = LIVES.iter().map(|(days, label)| Choice::new(days.to_string(), *label)).collect();
    let mut of: BTreeMap<&str, Vec<&Permission>> = BTreeMap::new();
    for action in actions.into_iter().filter(|action| is_for_tokens(action)) {
        of.entry(action.action.split('.').next().unwrap_or_default()).or_default().push(action);
    }
    let groups: Vec<_> = of
        .into_iter()
        .map(|(plugin, actions)| {
            let everything = Choice::new(format!("{plugin}.*"), format!("Everything of {plugin}"));
            let each = actions.iter().map(|action| Choice::new(action.action, action.action).with(capital(action.allows)));
            let options = std::iter::once(everything).chain(each).collect();
            let number = match actions.len() {
                1 => "1 action".to_owned(),
                number => format!("{number} actions"),
            };
            view! {
                <details class="pk-disclosure">
                    <summary><strong>{capital(plugin)}</strong> " " {number}</summary>
                    <CheckboxGroup label=format!("Actions of {plugin}") name="scopes[]" id=format!("scopes-{plugin}") options=options/>
                </details>
            }
        })
        .collect();
    view! {
            <Section title="Make a token">
                <form method="post" action=CreateToken::PATH>
    <FormLayout>
                    <Field label="Name" id="name" help="What it is for, such as: nightly export" need=Need::Required><Input name="name"/></Field>
                    <Field label="Good for" id="days"><Select name="days" options=lives value="30"/></Field>
                    <FormSection title="What it may be used for" lead="Open what the script works with, and choose as little as it needs.">
                        <div class="pk-disclosures">{groups}</div>
                    </FormSection>
                    <FormActions><Button text="Make the token" emphasis=Emphasis::Primary/></FormActions>
    </FormLayout>
                </form>
            </Section>
        }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
