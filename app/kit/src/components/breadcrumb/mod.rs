use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// Where a page lies: what it is part of, from the outermost on. The page itself is the heading below and not in it.
#[component]
pub fn Breadcrumb(
    /// Names with their addresses.
    trail: Vec<(String, String)>,
    /// What it is called where a page has more than one.
    #[prop(default = "Breadcrumb")]
    label: &'static str,
) -> impl IntoView {
    let steps: Vec<_> = trail.into_iter().map(|(name, href)| view! { <li><a href=href>{name}</a></li> }).collect();
    view! { <nav class="pk-breadcrumb" aria-label=label><ol>{steps}</ol></nav> }.into_any()
}
