use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// Holds the place of what is on its way. It appears after 200 ms, so that what comes at once does not flash.
#[component]
pub fn Skeleton(
    /// What is awaited: `Loading the relations`.
    #[prop(into)]
    label: String,
    /// How many lines of text it holds the place of.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    let lines: Vec<_> = (0..lines).map(|_| view! { <span class="pk-skeleton__line"></span> }).collect();
    view! { <div class="pk-skeleton"><span class="pk-visually-hidden">{label}</span>{lines}</div> }.into_any()
}
