use leptos::prelude::*;

use crate::components::field::{Field, FieldSet, Need, Wiring};

#[cfg(feature = "ssr")]
pub mod examples;

/// A day, in the browser's own way. Days are written `2026-05-31` in values. Attributes and listeners are put on it as on an element.
#[component]
pub fn DateInput(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// The day that it holds at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// The first day that can be chosen.
    #[prop(optional, into)]
    min: Option<String>,
    /// The last day that can be chosen.
    #[prop(optional, into)]
    max: Option<String>,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    view! {
        <input
            class="pk-input pk-input--date pk-number"
            type="date"
            id=field.id
            name=name
            value=value
            min=min
            max=max
            required=field.required
            disabled=disabled
            aria-describedby=field.described_by
            aria-invalid=invalid
        />
    }
    .into_any()
}

/// A span of days, both included: the second cannot be before the first. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn DateRange(
    /// What lies between the days.
    #[prop(into)]
    label: String,
    /// The names under which a form sends the first and the last day.
    names: (&'static str, &'static str),
    /// Its id, unique on the page; those of the inputs are made of it.
    #[prop(into)]
    id: String,
    /// The days that it holds at first; either may be empty.
    #[prop(optional)]
    value: (String, String),
    /// The first day that can be chosen.
    #[prop(optional, into)]
    min: Option<String>,
    /// The last day that can be chosen.
    #[prop(optional, into)]
    max: Option<String>,
    /// What helps to fill it in, in a sentence.
    #[prop(optional, into)]
    help: Option<String>,
    /// What is wrong with the span and what to do; may be a signal.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether both have to be filled in.
    #[prop(default = Need::Unsaid)]
    need: Need,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let required = need == Need::Required;
    let day = move |label: &'static str, id: String, name: &'static str, value: String| {
        let (min, max) = (min.clone(), max.clone());
        view! {
            <Field label=label id=id>
                <DateInput name=name value=value nostrip:min=min nostrip:max=max required=required disabled=disabled/>
            </Field>
        }
    };
    let from = day("From", format!("{id}-from"), names.0, value.0);
    let to = day("To", format!("{id}-to"), names.1, value.1);
    view! {
        <FieldSet label=label id=id nostrip:help=help error=error need=need>
            <div class="pk-dates" data-pk-range>{from}{to}</div>
        </FieldSet>
    }
    .into_any()
}
