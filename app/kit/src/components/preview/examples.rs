use leptos::prelude::*;

use super::{Preview, PreviewChecks, PreviewWidth};
use crate::gallery::{Docs, Example, Group};

/// The preview in the gallery.
pub const DOCS: Docs = Docs {
    name: "preview",
    title: "Preview",
    group: Group::Data,
    summary: "A page that somebody else made, in a frame that reaches neither the portal nor anything else.",
    good: &["Show pages of another host alone.", "Offer the widths at which people use the page."],
    bad: &["Do not show pages of the portal in it: link them."],
    keys: &[("Tab", "leads into the page and out of it")],
    examples: &[
        Example {
            name: "phone",
            title: "At the width of a phone",
            view: || view! { <Preview title="Submission 2" src="about:blank" width=PreviewWidth::Phone/> }.into_any(),
        },
        Example {
            name: "zoomed",
            title: "Zoomed, and by the keyboard alone",
            view: || {
                view! {
                    <Preview title="Submission 1" src="about:blank" width=PreviewWidth::Tablet zoomed=true keyboard=true/>
                    <PreviewChecks can_check=true/>
                }
                .into_any()
            },
        },
    ],
};
