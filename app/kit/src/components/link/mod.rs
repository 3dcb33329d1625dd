use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// What a link leads to, told by how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkTarget {
    /// A page, from within text.
    Page,
    /// The thing that a row or a heading is about.
    Name,
    /// Something that is named but was never registered.
    Unknown,
    /// A page outside the portal: a glyph and a word say so.
    Outside,
}

/// Leads to another page. It changes the page's address and nothing else.
#[component]
pub fn TextLink(
    /// What is there; understood without the words around it.
    #[prop(into)]
    text: String,
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// What it leads to.
    #[prop(default = LinkTarget::Page)]
    target: LinkTarget,
) -> impl IntoView {
    match target {
        LinkTarget::Page => view! { <a class="pk-link" href=href>{text}</a> }.into_any(),
        LinkTarget::Name => view! { <a class="pk-name" href=href>{text}</a> }.into_any(),
        LinkTarget::Unknown => view! { <a class="pk-unknown" href=href>{text}</a> }.into_any(),
        LinkTarget::Outside => view! {
            <a class="pk-link pk-link--outside" href=href rel="external noreferrer">
                {text}
                <IconView icon=Icon::ExternalLink/>
                <span class="pk-visually-hidden">" (another site)"</span>
            </a>
        }
        .into_any(),
    }
}
