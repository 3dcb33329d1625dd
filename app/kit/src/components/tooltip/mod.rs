use leptos::attr::aria_describedby;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// Words that help with a control or a term, on focus and on hover. Nothing may stand in it alone: it does not exist on a phone.
#[component]
pub fn Tooltip(
    /// The id of the words.
    #[prop(into)]
    id: String,
    /// The words, a sentence at most.
    #[prop(into)]
    text: String,
    /// One element that takes the focus.
    children: Children,
) -> impl IntoView {
    view! {
        <span class="pk-tooltip">
            {children().add_any_attr(aria_describedby(id.clone()))}
            <span class="pk-tooltip__text" id=id role="tooltip">{text}</span>
        </span>
    }
    .into_any()
}
