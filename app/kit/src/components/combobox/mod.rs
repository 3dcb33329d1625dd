use leptos::prelude::*;

use crate::components::choice::Choice;
use crate::components::field::Wiring;
use crate::components::icon::{Icon, IconView};

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
pub mod examples;
#[cfg(feature = "ssr")]
mod ssr;

#[cfg(not(feature = "ssr"))]
use browser as side;
#[cfg(feature = "ssr")]
use ssr as side;

/// One or several of many values, found by typing. It stands in a `Field`. The value is in a `<select>` of the given name, whose `change`
/// arrives at the frame, where listeners are put. Without scripts it is the browser's own list, or an `<input>` for the value itself.
#[component]
pub fn Combobox(
    /// The name under which a form sends each chosen value.
    #[prop(into)]
    name: String,
    /// The address on this portal that answers what was typed after it with a list of `Choice`s: `/api/…?q=`. Without one the options are all.
    #[prop(optional, into)]
    source: Option<String>,
    /// The values to choose from where there is no source.
    #[prop(optional)]
    options: Vec<Choice>,
    /// What is chosen at first.
    #[prop(optional)]
    chosen: Vec<Choice>,
    /// Whether several can be chosen.
    #[prop(optional)]
    multiple: bool,
    /// What to type: `Name of a team`.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    let id = field.id.unwrap_or_else(|| name.clone());
    let label = format!("{id}-label");
    let list = format!("{id}-options");
    let text = chosen.first().filter(|_| !multiple).map(|choice| choice.label.clone());
    let known = known(options, chosen);
    let plain = side::plain(&id, &name, &known, source.is_some(), multiple, field.required, disabled);
    let empty = (!multiple).then(|| view! { <option value=""></option> });
    view! {
        <div
            class="pk-combobox"
            data-pk-combobox
            data-pk-source=source
            data-pk-required=field.required
        >
            // leptos leaves what is in here alone when it takes the page over: to a browser with scripts it is text.
            <noscript>{plain}</noscript>
            <div class="pk-combobox__box">
                // behaviour.js writes the chosen values and the options: nothing here is leptos' own.
                <ul class="pk-combobox__chips" role="list" aria-labelledby=label.clone() data-pk-chips hidden></ul>
                <input
                    class="pk-input pk-combobox__input"
                    type="text"
                    id=id
                    role="combobox"
                    value=text
                    placeholder=placeholder
                    disabled=disabled
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-autocomplete="list"
                    aria-expanded="false"
                    aria-controls=list.clone()
                    aria-describedby=field.described_by
                    aria-invalid=invalid
                />
                <IconView icon=Icon::ChevronDown/>
            </div>
            // behaviour.js switches it on, and makes the input above needed: without scripts the plain control sends the value.
            <select name=name multiple=multiple hidden disabled data-pk-value data-pk-off=disabled>{empty}{entries(&known)}</select>
            <div class="pk-combobox__popup" popover="manual" data-pk-popup>
                <ul
                    class="pk-combobox__options"
                    id=list
                    role="listbox"
                    aria-labelledby=label
                    aria-multiselectable=multiple.then_some("true")
                    data-pk-options
                ></ul>
                <p class="pk-combobox__message" aria-hidden="true" data-pk-message></p>
            </div>
            <span class="pk-visually-hidden" role="status" data-pk-status></span>
        </div>
    }
    .into_any()
}

/// All that is known, and whether it is chosen: what is chosen besides the options comes first.
fn known(options: Vec<Choice>, chosen: Vec<Choice>) -> Vec<(Choice, bool)> {
    let is = |list: &[Choice], choice: &Choice| list.iter().any(|each| each.value == choice.value);
    let besides = chosen.iter().filter(|choice| !is(&options, choice)).map(|choice| (choice.clone(), true));
    let listed = options.iter().map(|choice| (choice.clone(), is(&chosen, choice)));
    besides.chain(listed).collect()
}

fn entries(known: &[(Choice, bool)]) -> Vec<AnyView> {
    let entry = |(Choice { value, label, detail, disabled }, chosen): (Choice, bool)| {
        view! { <option value=value selected=chosen disabled=disabled data-detail=detail>{label}</option> }.into_any()
    };
    known.iter().cloned().map(entry).collect()
}
