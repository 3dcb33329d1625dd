use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// What stands where nothing is: one sentence and, as children, one action.
#[component]
pub fn EmptyState(
    /// The sentence.
    #[prop(into)]
    sentence: String,
    /// The action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="pk-empty">
            <p>{sentence}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
