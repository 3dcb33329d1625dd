use leptos::prelude::*;

use crate::components::badge::{Badge, Tone};

#[cfg(feature = "ssr")]
pub mod examples;

/// What is wrong, one below the other, the worst first.
#[component]
pub fn Problems(
    /// [`Problem`]s.
    children: Children,
) -> impl IntoView {
    view! { <ul class="pk-problems">{children()}</ul> }.into_any()
}

/// One thing that is wrong, and where.
#[component]
pub fn Problem(
    /// Whether it stops anything; else it is a warning.
    error: bool,
    /// What is wrong and what would be right.
    #[prop(into)]
    message: String,
    /// File, line and column, and the place within the document.
    #[prop(into)]
    place: String,
) -> impl IntoView {
    let (text, tone) = if error { ("Error", Tone::Wrong) } else { ("Warning", Tone::Attention) };
    view! {
        <li class="pk-problem">
            <Badge text=text tone=tone/>
            <div class="pk-problem__body">
                <p>{message}</p>
                <p class="pk-quiet pk-mono">{place}</p>
            </div>
        </li>
    }
    .into_any()
}
