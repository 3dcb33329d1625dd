use leptos::prelude::*;

use crate::components::choice::Choice;
use crate::components::field::Wiring;
use crate::components::input::ControlSize;

#[cfg(feature = "ssr")]
pub mod examples;

/// One of a few known values: the browser's own list.
#[component]
pub fn Select(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// The values in the order of reading.
    options: Vec<Choice>,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// The value that is chosen at first.
    #[prop(optional, into)]
    value: String,
    /// What the first, empty entry reads, where nothing may be chosen: `Any owner`.
    #[prop(optional, into)]
    empty: Option<String>,
    /// How high it is.
    #[prop(default = ControlSize::Normal)]
    size: ControlSize,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    let options: Vec<_> = empty
        .map(|label| Choice::new("", label))
        .into_iter()
        .chain(options)
        .map(|choice| {
            let chosen = choice.value == value;
            view! { <option value=choice.value selected=chosen disabled=choice.disabled>{choice.label}</option> }
        })
        .collect();
    view! {
        <select
            class=format!("pk-input pk-select {}", size.class())
            id=field.id
            name=name
            required=field.required
            disabled=disabled
            aria-describedby=field.described_by
            aria-invalid=invalid
        >
            {options}
        </select>
    }
    .into_any()
}
