use leptos::prelude::*;

use super::CopyButton;
use crate::gallery::{Docs, Example, Group};

/// The copy button in the gallery.
pub const DOCS: Docs = Docs {
    name: "copy",
    title: "Copy button",
    group: Group::Actions,
    summary: "Copies a text and says so.",
    good: &["Put it beside what is pasted elsewhere: commands, refs, keys."],
    bad: &["Do not put one beside every text."],
    keys: &[],
    examples: &[Example {
        name: "ref",
        title: "A ref",
        view: || {
            view! {
                    <span class="pk-inline"><code class="pk-mono" id="copy-ref">"component:default/ledger-core"</code><CopyButton from="copy-ref" label="Copy the ref"/></span>
                }
                .into_any()
        },
    }],
};
