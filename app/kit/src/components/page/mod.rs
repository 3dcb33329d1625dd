use leptos::prelude::*;

use crate::response::set_title;

#[cfg(feature = "ssr")]
pub mod examples;

/// A page: its one heading, what it is, its facts at a glance and its primary action, then the content.
#[component]
pub fn Page(
    /// The heading and the title of the window.
    #[prop(into)]
    title: String,
    /// A short line above the heading that says what kind of thing this is.
    #[prop(optional, into)]
    kind: Option<String>,
    /// What others write to name it, beneath the heading.
    #[prop(optional, into)]
    reference: Option<String>,
    /// One or two sentences under the heading.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Badges, names and the primary action beside the heading.
    #[prop(optional_no_strip, into)]
    aside: Option<AnyView>,
    /// The content.
    children: Children,
) -> impl IntoView {
    set_title(&title);
    view! {
        <header class="pk-page__header">
            <div class="pk-page__heading">
                {kind.map(|kind| view! { <p class="pk-page__kind">{kind}</p> })}
                <h1>{title}</h1>
                {reference.map(|reference| view! { <p class="pk-page__ref"><code>{reference}</code></p> })}
                {lead.filter(|lead| !lead.is_empty()).map(|lead| view! { <p class="pk-page__lead">{lead}</p> })}
            </div>
            {aside.map(|aside| view! { <div class="pk-page__aside">{aside}</div> })}
        </header>
        {children()}
    }
    .into_any()
}

/// A part of a page under its own heading.
#[component]
pub fn Section(
    /// The heading.
    #[prop(into)]
    title: String,
    /// The content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="pk-section">
            <h2>{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}
