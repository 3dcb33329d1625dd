use leptos::prelude::*;

use crate::when::When;

#[cfg(feature = "ssr")]
pub mod examples;

/// A time, relative, with the exact one at hand.
#[component]
pub fn Time(
    /// The time; `None` reads as the given word.
    when: Option<When>,
    /// What stands where there is no time.
    #[prop(default = "never")]
    none: &'static str,
) -> impl IntoView {
    match when {
        Some(when) => view! { <time datetime=when.exact.clone() title=when.exact>{when.relative}</time> }.into_any(),
        None => view! { <span class="pk-quiet">{none}</span> }.into_any(),
    }
}
