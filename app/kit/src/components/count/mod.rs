use leptos::prelude::*;

use crate::number::digits;

#[cfg(feature = "ssr")]
pub mod examples;

/// How many there are of several kinds, each leading to the list of them.
#[component]
pub fn Counts(
    /// [`Count`]s.
    children: Children,
) -> impl IntoView {
    view! { <ul class="pk-counts">{children()}</ul> }.into_any()
}

/// One number with what it counts.
#[component]
pub fn Count(
    /// The number.
    number: u64,
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The list of what was counted.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    view! {
        <li>
            <a class="pk-count" href=href><span class="pk-count__number pk-number">{digits(number)}</span> " " <span class="pk-count__label">{label}</span></a>
        </li>
    }
    .into_any()
}
