use leptos::prelude::*;

use crate::components::checkbox::{Tick, TickBox};
use crate::components::choice::Choice;

#[cfg(feature = "ssr")]
pub mod examples;

/// On or off, of something that runs. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn Switch(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// What is on or off; it does not change with the state.
    #[prop(into)]
    label: String,
    /// Its id, unique on the page; without one the name.
    #[prop(optional, into)]
    id: Option<String>,
    /// What it does, in a sentence.
    #[prop(optional, into)]
    detail: Option<String>,
    /// Whether it is on at first.
    #[prop(optional)]
    on: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let choice = Choice { value: "true".to_owned(), label, detail, disabled: false };
    view! { <TickBox role=Tick::Switch id=id name=name choice=choice checked=on disabled=disabled/> }.into_any()
}
