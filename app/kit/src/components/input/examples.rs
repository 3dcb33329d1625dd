use leptos::prelude::*;

use super::{ControlSize, Input, InputKind, PasswordInput};
use crate::components::field::{Field, Need};
use crate::gallery::{Docs, Example, Group};

/// The input in the gallery.
pub const DOCS: Docs = Docs {
    name: "input",
    title: "Input",
    group: Group::Forms,
    summary: "A line to type into.",
    good: &["Give every input a field with a label.", "Make it about as wide as what goes into it."],
    bad: &[
        "Do not put the label into the placeholder: it is gone once something is typed.",
        "Do not format while somebody types.",
    ],
    keys: &[("Space or Enter on Show", "Shows the password, or hides it again")],
    examples: &[
        Example {
            name: "text",
            title: "Text",
            view: || {
                view! { <Field label="Name of the service" id="input-text" help="Lower case with dashes; it becomes the address.">
    <Input name="name" placeholder="card-authoriser"/></Field> }.into_any()
            },
        },
        Example {
            name: "search",
            title: "Search",
            view: || {
                view! { <Field label="Search software" id="input-search"><Input name="q" kind=InputKind::Search value="arrears"/></Field> }.into_any()
            },
        },
        Example {
            name: "number",
            title: "Number",
            view: || {
                view! { <Field label="Replicas" id="input-number" help="From 2 to 12."><Input name="replicas" kind=InputKind::Number value="3" attr:min="2" attr:max="12"/></Field> }.into_any()
            },
        },
        Example {
            name: "password",
            title: "Password",
            view: || {
                view! { <Field label="Access token" id="input-password" help="It is stored encrypted and never shown again.">
    <PasswordInput name="token" new=true/></Field> }.into_any()
            },
        },
        Example {
            name: "required",
            title: "Has to be filled in",
            view: || {
                view! { <Field label="Mail address of the team" id="input-required" need=Need::Required>
                <Input name="mail" kind=InputKind::Email attr:autocomplete="off"/></Field> }
                .into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <Field label="Name of the service" id="input-wrong" error="payment-initiation is registered already. Choose another name.">
    <Input name="taken" value="payment-initiation"/></Field> }.into_any()
            },
        },
        Example {
            name: "read-only",
            title: "To be read only",
            view: || {
                view! { <Field label="Ref" id="input-read-only"><Input name="ref" value="component:default/payment-initiation" read_only=true/></Field> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <Field label="Cost centre" id="input-disabled" help="Choose a department first."><Input name="centre" disabled=true/></Field> }.into_any()
            },
        },
        Example {
            name: "sizes",
            title: "Sizes",
            view: || {
                view! { <div class="pk-form">
    <Field label="In a row of a table" id="input-small"><Input name="small" size=ControlSize::Small value="24 px"/></Field>
    <Field label="Everywhere" id="input-normal"><Input name="normal" value="32 px"/></Field>
    <Field label="Where the page is about it" id="input-large"><Input name="large" size=ControlSize::Large value="40 px"/></Field></div> }.into_any()
            },
        },
        Example {
            name: "arabic",
            title: "From right to left",
            view: || {
                view! { <div dir="rtl" lang="ar"><Field label="اسم الخدمة" id="input-rtl" help="سيظهر في الدليل."><Input name="arabic" value="خدمة المدفوعات الفورية"/></Field></div> }.into_any()
            },
        },
    ],
};
