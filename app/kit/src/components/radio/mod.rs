use leptos::prelude::*;

use crate::components::checkbox::{Tick, TickBox};
use crate::components::choice::Choice;
use crate::components::field::{FieldSet, Need};
use crate::html::Html;

#[cfg(feature = "ssr")]
pub mod examples;

/// One of a few values, all to be seen. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn RadioGroup(
    /// The question.
    #[prop(into)]
    label: String,
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// The values in the order of reading.
    options: Vec<Choice>,
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// The value that is chosen at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// What helps to answer, in a sentence.
    #[prop(optional, into)]
    help: Option<String>,
    /// What it is about, where that is longer than a sentence: finished HTML.
    #[prop(optional_no_strip)]
    about: Option<Html>,
    /// What is wrong with the answer and what to do; may be a signal.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether it has to be answered.
    #[prop(default = Need::Unsaid)]
    need: Need,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let prefix = id.clone();
    let tick = move |choice: Choice| {
        let checked = value.as_ref() == Some(&choice.value);
        let (id, name) = (format!("{prefix}-{}", choice.value), name.clone());
        view! { <TickBox role=Tick::Radio id=id name=name choice=choice checked=checked disabled=disabled/> }
    };
    // The buttons are made inside the set, which tells them whether one is needed.
    view! {
        <FieldSet label=label id=id nostrip:help=help about=about error=error need=need role="radiogroup">
            {options.into_iter().map(tick).collect::<Vec<_>>()}
        </FieldSet>
    }
    .into_any()
}
