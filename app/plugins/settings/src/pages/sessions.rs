use kit::components::{Badge, Button, Column, Emphasis, Page, Section, Table, Time, Tone};
use kit::error::AppError;
use kit::identity::{Caller, Via};
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::clock::Millis;
use kit::server::context::{permit, service};
use kit::server::page::page;
use kit::server::sessions::{SessionRow, browser};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::tabs;
use crate::api::{EndOtherSessions, EndSession};
use crate::info::{END_SESSION, READ_PROFILE};
use crate::server::Settings;

/// Where the caller is signed in.
pub(super) async fn sessions_page() -> Result<Drawn, AppError> {
    let caller = permit(&READ_PROFILE, Resource::All).await?;
    let settings = service::<Settings>("The settings")?;
    let (rows, now) = (settings.sessions(&caller).await?, settings.kit.clock.now());
    let own = own(&caller);
    let ends_all = settings.kit.may(&caller, &END_SESSION, &Resource::All);
    let ended = |id: &i64| settings.kit.may(&caller, &END_SESSION, &Resource::One(&format!("session:{id}")));
    let ended: Vec<i64> = rows.iter().map(|row| row.id).filter(ended).collect();
    Ok(page(|| view! { <Sessions rows=rows own=own now=now ended=ended ends_all=ends_all/> }))
}

fn own(caller: &Caller) -> Option<i64> {
    match caller.principal()?.via {
        Via::Session(id) => Some(id),
        Via::Token(_) => None,
    }
}

#[component]
fn Sessions(
    rows: Vec<SessionRow>,
    own: Option<i64>,
    now: Millis,
    /// Those that the caller may end one by one.
    ended: Vec<i64>,
    /// Whether it may end all others together.
    ends_all: bool,
) -> impl IntoView {
    let others = ends_all && rows.iter().any(|row| Some(row.id) != own);
    let lines: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let here = Some(row.id) == own;
            let browser = browser(&row.agent);
            let named = browser.clone();
            view! {
                <tr>
                    <th scope="row">{browser} " " {here.then(|| view! { <Badge text="This one" tone=Tone::Fine/> })}</th>
                    <td data-label="From">{row.address}</td>
                    <td data-label="Signed in"><Time when=Some(When::new(row.created_at, now))/></td>
                    <td data-label="Last used"><Time when=Some(When::new(row.seen_at, now))/></td>
                    <td class="pk-table__actions">
                        {(!here && ended.contains(&row.id)).then(|| view! {
                            <form method="post" action=EndSession::PATH>
                                <input type="hidden" name="id" value=row.id.to_string()/>
                                <button class="pk-button" type="submit">"Sign out" <span class="pk-visually-hidden">" of " {named}</span></button>
                            </form>
                        })}
                    </td>
                </tr>
            }
        })
        .collect();
    let columns = vec![
        Column::text("Browser"),
        Column::text("From"),
        Column::text("Signed in"),
        Column::text("Last used"),
        Column::actions(),
    ];
    view! {
        <Page title="Sessions" kind="Settings" lead="A browser that you do not know is somebody else: sign it out, and tell the security team.">
            {tabs("/settings/sessions")}
            <Section title="Where you are signed in">
                <Table caption="Browsers that you are signed in with" columns=columns stacked=true>{lines}</Table>
                {others.then(|| view! {
                    <form method="post" action=EndOtherSessions::PATH class="pk-inline">
                        <Button text="Sign out of all others" emphasis=Emphasis::Danger/>
                    </form>
                })}
            </Section>
        </Page>
    }
}
