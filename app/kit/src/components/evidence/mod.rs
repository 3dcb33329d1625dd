//! Files and links that show that something was done.

use leptos::prelude::*;

use super::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// A file or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it is called.
    pub name: String,
    /// Where it is: a page elsewhere, or a file that the portal keeps.
    pub href: String,
}

/// What there is to show.
#[component]
pub fn EvidenceList(
    /// What it shows: `Evidence of Security review`.
    #[prop(into)]
    label: String,
    /// In the order in which it was shown.
    items: Vec<Shown>,
) -> impl IntoView {
    let items: Vec<_> = items
        .into_iter()
        .map(|Shown { name, href }| {
            let is_file = href.starts_with('/');
            let (icon, word) = if is_file { (Icon::Download, "file") } else { (Icon::ExternalLink, "elsewhere") };
            let rel = if is_file { "external" } else { "external noopener noreferrer" };
            view! {
                <li class="pk-evidence__item">
                    <IconView icon=icon/>
                    <a href=href rel=rel download=is_file.then_some("")>{name}</a>
                    " " <span class="pk-quiet">{word}</span>
                </li>
            }
        })
        .collect();
    view! { <ul class="pk-evidence" aria-label=label>{items}</ul> }.into_any()
}
