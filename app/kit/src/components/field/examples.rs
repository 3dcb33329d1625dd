use leptos::prelude::*;

use super::{Field, FieldSet, Need};
use crate::components::checkbox::Checkbox;
use crate::components::input::Input;
use crate::components::textarea::TextArea;
use crate::gallery::{Docs, Example, Group};

/// The field in the gallery.
pub const DOCS: Docs = Docs {
    name: "field",
    title: "Field",
    group: Group::Forms,
    summary: "A control with its label, help and error.",
    good: &[
        "Write the error so that it says what to do.",
        "Mark what is required or what is optional, whichever is rarer.",
    ],
    bad: &["Do not put into the help what everybody knows.", "Do not show an error before something was typed."],
    keys: &[],
    examples: &[
        Example {
            name: "help",
            title: "With help",
            view: || {
                view! { <Field label="Name of the service" id="field-help" help="Lower case with dashes; it becomes the address."><Input name="name"/></Field> }.into_any()
            },
        },
        Example {
            name: "required",
            title: "Required and optional",
            view: || {
                view! { <div class="pk-form"><Field label="Owner" id="field-required" need=Need::Required><Input name="owner"/></Field><Field label="Nickname" id="field-optional" need=Need::Optional><Input name="nick"/></Field></div> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <Field label="Name of the service" id="field-wrong" help="Lower case with dashes; it becomes the address." error="Dispute Desk has a capital letter and a space. Write dispute-desk."><Input name="bad-name" value="Dispute Desk"/></Field> }.into_any()
            },
        },
        Example {
            name: "limit",
            title: "With a limit",
            view: || {
                view! { <Field label="Summary" id="field-limit" limit=40 need=Need::Required><TextArea name="summary"/></Field> }.into_any()
            },
        },
        Example {
            name: "set",
            title: "Several controls",
            view: || {
                view! { <FieldSet label="Duty hours" id="field-set" help="When the team answers the phone."><Checkbox name="day" label="08:00 to 18:00" checked=true id="field-day"/><Checkbox name="night" label="18:00 to 08:00" id="field-night"/></FieldSet> }.into_any()
            },
        },
        Example {
            name: "long",
            title: "A long label",
            view: || {
                view! { <Field label="Rechtsgrundlage der Verarbeitung personenbezogener Daten im grenzüberschreitenden Zahlungsverkehr mit Drittstaaten (Art. 49 DSGVO)" id="field-long" need=Need::Optional><Input name="basis"/></Field> }.into_any()
            },
        },
    ],
};
