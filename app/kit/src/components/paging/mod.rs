use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// The way to the neighbouring pages of a list; both are addresses.
#[component]
pub fn Paging(
    /// The page before, if any.
    previous: Option<String>,
    /// The page after, if any.
    next: Option<String>,
    /// How many items there are in all, in words.
    #[prop(into)]
    summary: String,
    /// What it is called where a page has more than one list.
    #[prop(default = "Pages")]
    label: &'static str,
) -> impl IntoView {
    let step = |label: &'static str, rel: &'static str, href: Option<String>| match href {
        Some(href) => view! { <a class="pk-button" rel=rel href=href data-pk-key=rel>{label}</a> }.into_any(),
        None => {
            view! { <span class="pk-button pk-button--disabled" aria-disabled="true" data-pk-key=rel>{label}</span> }
                .into_any()
        }
    };
    view! {
        <nav class="pk-paging" aria-label=label>
            <p class="pk-quiet pk-number" role="status">{summary}</p>
            {step("Previous", "prev", previous)}
            {step("Next", "next", next)}
        </nav>
    }
    .into_any()
}
