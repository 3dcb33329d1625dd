use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// A list of named facts.
#[component]
pub fn Facts(
    /// [`Fact`]s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="pk-facts">{children()}</dl> }.into_any()
}

/// One fact with its name.
#[component]
pub fn Fact(
    /// The name.
    #[prop(into)]
    name: String,
    /// The fact.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="pk-facts__row">
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}
