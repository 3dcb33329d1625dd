use leptos::prelude::*;

use super::{EvidenceList, Shown};
use crate::gallery::{Docs, Example, Group};

/// The evidence in the gallery.
pub const DOCS: Docs = Docs {
    name: "evidence",
    title: "Evidence",
    group: Group::Data,
    summary: "Files and links that show that something was done.",
    good: &["Name a file after what it shows: `Threat model, November`."],
    bad: &["Do not show an address where a name would say more."],
    keys: &[],
    examples: &[Example {
        name: "list",
        title: "A file and a link",
        view: || {
            let items = vec![
                Shown { name: "threat-model.pdf".into(), href: "/files/threat-model.pdf".into() },
                Shown { name: "Scan of 27 November".into(), href: "https://scans.meridian.example/417".into() },
            ];
            view! { <EvidenceList label="Evidence of Security review" items=items/> }.into_any()
        },
    }],
};
