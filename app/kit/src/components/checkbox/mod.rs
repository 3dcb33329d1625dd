use leptos::prelude::*;

use crate::components::choice::Choice;
use crate::components::field::{FieldSet, Need, Wiring};
use crate::html::Html;

#[cfg(feature = "ssr")]
pub mod examples;

/// Yes or no, which takes effect when the form is sent. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn Checkbox(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// What is agreed to, or chosen.
    #[prop(into)]
    label: String,
    /// Its id, unique on the page; without one the name.
    #[prop(optional, into)]
    id: Option<String>,
    /// What a form sends when it is ticked.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// What it means, in a sentence.
    #[prop(optional, into)]
    detail: Option<String>,
    /// Whether it is ticked at first.
    #[prop(optional)]
    checked: bool,
    /// Whether the form is not sent without it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let choice = Choice { value, label, detail, disabled: false };
    view! { <TickBox role=Tick::Checkbox id=id name=name choice=choice checked=checked required=required disabled=disabled/> }
        .into_any()
}

/// Any of a few values. A form sends the name once for each that is ticked. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn CheckboxGroup(
    /// The question.
    #[prop(into)]
    label: String,
    /// The name under which a form sends each.
    #[prop(into)]
    name: String,
    /// The values in the order of reading.
    options: Vec<Choice>,
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// The values that are ticked at first.
    #[prop(optional)]
    chosen: Vec<String>,
    /// What helps to answer, in a sentence.
    #[prop(optional, into)]
    help: Option<String>,
    /// What it is about, where that is longer than a sentence: finished HTML.
    #[prop(optional_no_strip)]
    about: Option<Html>,
    /// What is wrong with the answer and what to do; may be a signal.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether it has to be answered. The browser does not check it for a group: the server does.
    #[prop(default = Need::Unsaid)]
    need: Need,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let prefix = id.clone();
    let tick = move |choice: Choice| {
        let checked = chosen.contains(&choice.value);
        let (id, name) = (format!("{prefix}-{}", choice.value), name.clone());
        view! { <TickBox role=Tick::Checkbox id=id name=name choice=choice checked=checked disabled=disabled/> }
    };
    // The boxes are made inside the set, which tells them whether they are wrong.
    view! {
        <FieldSet label=label id=id nostrip:help=help about=about error=error need=need>
            {options.into_iter().map(tick).collect::<Vec<_>>()}
        </FieldSet>
    }
    .into_any()
}

/// The three things that are ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tick {
    Checkbox,
    Radio,
    Switch,
}

/// A box with its label and detail.
#[component]
pub(crate) fn TickBox(
    role: Tick,
    id: String,
    name: String,
    choice: Choice,
    checked: bool,
    #[prop(optional)] required: bool,
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(Some(id.clone()), required);
    let detail_id = format!("{id}-detail");
    let described_by = match choice.detail {
        Some(_) => Some(field.described_by(&detail_id)),
        None => field.described_by.clone(),
    };
    // A radio button is never wrong by itself: its group is.
    let invalid = field.invalid();
    let invalid = move || invalid().filter(|_| role != Tick::Radio);
    let kind = if role == Tick::Radio { "radio" } else { "checkbox" };
    let class = if role == Tick::Switch { "pk-choice__box pk-choice__switch" } else { "pk-choice__box" };
    view! {
        <div class="pk-choice">
            <input
                class=class
                type=kind
                role=(role == Tick::Switch).then_some("switch")
                id=id.clone()
                name=name
                value=choice.value
                checked=checked
                required=field.required
                disabled=disabled || choice.disabled
                aria-describedby=described_by
                aria-invalid=invalid
            />
            <label class="pk-choice__label" for=id>{choice.label}</label>
            {choice.detail.map(|detail| view! { <p class="pk-choice__detail" id=detail_id>{detail}</p> })}
        </div>
    }
    .into_any()
}
