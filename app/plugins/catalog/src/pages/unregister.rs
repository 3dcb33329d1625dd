use kit::components::{Button, Column, Emphasis, Page, Section, Table};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::location_at;
use super::parts::EntityName;
use super::register::more;
use crate::api::UnregisterLocation;
use crate::info::UNREGISTER_LOCATION;
use crate::model::Departure;

/// Asks whether a location is to be unregistered, and says what goes with it.
pub async fn unregister_page(id: &str) -> Result<Drawn, AppError> {
    let (reader, location) = location_at(id).await?;
    reader.permit_location(&UNREGISTER_LOCATION, &location).await?;
    let departure = reader.departure(&location).await?;
    Ok(page(|| view! { <UnregisterView departure=departure/> }))
}

#[component]
fn UnregisterView(departure: Departure) -> impl IntoView {
    let row = departure.row;
    let back = format!("/locations/{}", row.id);
    let removed = match departure.removed {
        0 => "No entity is removed with it.".to_owned(),
        1 => "1 entity is removed from the catalog with it.".to_owned(),
        count => format!("{count} entities are removed from the catalog with it."),
    };
    let handed_over = match departure.handed_over {
        0 => None,
        1 => Some("1 entity that another location also defines is kept, and comes from there."),
        _ => Some("Entities that another location also defines are kept, and come from there."),
    };
    let rest = departure.removed - departure.first.len() as u64;
    let list = (departure.removed > 0).then(|| {
        let rows: Vec<_> = departure
            .first
            .into_iter()
            .map(|link| {
                let kind = link.kind.clone();
                view! { <tr><th scope="row"><EntityName link=link/></th><td>{kind}</td></tr> }
            })
            .collect();
        let columns = vec![Column::text("Entity"), Column::text("Kind")];
        view! {
            <Section title="Entities that would be removed">
                <Table caption="Entities that would be removed" columns=columns>{rows}</Table>
                {more(rest)}
            </Section>
        }
    });
    view! {
        <Page title="Unregister this location" kind="Location" lead=row.target>
            <Section title="What goes with it">
                <div class="pk-message">
                    <p><strong>{removed}</strong></p>
                    {handed_over.map(|sentence| view! { <p>{sentence}</p> })}
                    <p>"The files themselves stay where they are. The location can be registered again at any time."</p>
                    <form method="post" action=UnregisterLocation::PATH class="pk-inline">
                        <input type="hidden" name="id" value=row.id.to_string()/>
                        <Button text="Unregister" emphasis=Emphasis::Danger/>
                        <Button text="Keep it" href=back/>
                    </form>
                </div>
            </Section>
            {list}
        </Page>
    }
}
