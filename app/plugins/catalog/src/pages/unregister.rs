use kit::components::{Button, Column, Emphasis, Page, Section, Table, loaded};
use kit::error::AppError;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::parts::EntityName;
use super::register::more;
use crate::api::{UnregisterLocation, location_departure};
use crate::model::Departure;

/// Asks whether a location is to be unregistered, and says what goes with it.
#[component]
pub fn UnregisterPage() -> impl IntoView {
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|all| all.get("id").unwrap_or_default()));
    let unregister = ServerAction::<UnregisterLocation>::new();
    let asked = Resource::new(
        move || id.get(),
        |id| async move {
            match id.parse::<i64>() {
                Ok(id) => location_departure(id).await,
                Err(_) => Err(AppError::not_found(format!("Location {id}"))),
            }
        },
    );
    loaded(asked, move |departure| view! { <UnregisterView departure=departure unregister=unregister/> })
}

#[component]
fn UnregisterView(departure: Departure, unregister: ServerAction<UnregisterLocation>) -> impl IntoView {
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
    let failed = move || {
        unregister.value().with(|value| value.as_ref().and_then(|value| value.as_ref().err()).map(ToString::to_string))
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
                    <ActionForm action=unregister attr:class="pk-inline">
                        <input type="hidden" name="id" value=row.id.to_string()/>
                        <Button text="Unregister" emphasis=Emphasis::Danger/>
                        <Button text="Keep it" href=back/>
                        <span role="status">{failed}</span>
                    </ActionForm>
                </div>
            </Section>
            {list}
        </Page>
    }
}
