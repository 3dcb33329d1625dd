use leptos::prelude::*;

use super::{Account, Avatar, AvatarGroup, People, Person};
use crate::gallery::{Docs, Example, Group};

/// The avatar in the gallery.
pub const DOCS: Docs = Docs {
    name: "avatar",
    title: "Avatar",
    group: Group::Data,
    summary: "A person or a team at a glance: initials on a tone that is always the same for the name.",
    good: &[
        "Put the name beside it wherever there is room, and say so with `named`.",
        "Use it where people are compared or recognised, not in every cell.",
    ],
    bad: &["Do not read anything into the tone.", "Do not fetch pictures from elsewhere."],
    keys: &[],
    examples: &[
        Example {
            name: "account",
            title: "Whoever is signed in",
            view: || view! { <Account name="Amina El Idrissi"/> }.into_any(),
        },
        Example {
            name: "named",
            title: "Beside the name",
            view: || {
                view! {
                    <ul class="pk-list">
                        <li><span class="pk-inline"><Avatar name="Amina El Idrissi" named=true/> "Amina El Idrissi"</span></li>
                        <li><span class="pk-inline"><Avatar name="Jan de Vries" named=true/> "Jan de Vries"</span></li>
                        <li><span class="pk-inline"><Avatar name="card-issuing" named=true/> "card-issuing"</span></li>
                        <li><span class="pk-inline"><Avatar name="Übersee-Zahlungsverkehr" named=true/> "Übersee-Zahlungsverkehr"</span></li>
                        <li><span class="pk-inline"><Avatar name="ليلى حداد" named=true/> "ليلى حداد"</span></li>
                    </ul>
                }
                .into_any()
            },
        },
        Example {
            name: "alone",
            title: "Alone, at the head of a page",
            view: || {
                view! {
                    <span class="pk-inline"><Avatar name="Cloud Foundations" large=true/><Avatar name="Ingrid Sørensen" large=true/><Avatar name="Portico" image="/favicon.svg" large=true/></span>
                }
                .into_any()
            },
        },
        Example {
            name: "group",
            title: "Several",
            view: || {
                view! {
                    <AvatarGroup names=["Amina El Idrissi", "Jan de Vries", "Ingrid Sørensen", "Tomasz Kowalski", "Wei Chen", "Priya Nair"].map(str::to_owned).to_vec()/>
                }
                .into_any()
            },
        },
        Example {
            name: "people",
            title: "The people of a team",
            view: || {
                view! {
                    <People>
                        <Person name="Amina El Idrissi" href=Some("#avatar".into()) email="amina.elidrissi@meridian.example"/>
                        <Person name="Maximiliane Freifrau von Oettingen-Wallerstein zu Spielberg" href=Some("#avatar".into()) email="maximiliane.freifrau.von.oettingen-wallerstein@meridian.example"/>
                        <Person name="ليلى حداد" href=Some("#avatar".into())/>
                        <Person name="jan.de.vries" href=None/>
                    </People>
                }
                .into_any()
            },
        },
    ],
};
