use leptos::prelude::*;

use super::{Badge, Tone};
use crate::gallery::{Docs, Example, Group};

/// The badge in the gallery.
pub const DOCS: Docs = Docs {
    name: "badge",
    title: "Badge",
    group: Group::Data,
    summary: "A state, told by a shape and a word, or a short label.",
    good: &["Use one badge for the one state that matters.", "Give each tone the same word everywhere."],
    bad: &[
        "Do not make a badge of every fact: a fact has a name, in a list of facts.",
        "Do not tell a state by colour alone.",
    ],
    keys: &[],
    examples: &[
        Example {
            name: "tones",
            title: "Tones",
            view: || {
                view! {
                    <div class="pk-tags">
                        <Badge text="Production"/>
                        <Badge text="Fine" tone=Tone::Fine/>
                        <Badge text="Has errors" tone=Tone::Attention/>
                        <Badge text="Not readable" tone=Tone::Wrong/>
                        <Badge text="Waiting for review" tone=Tone::Waiting/>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "links",
            title: "Tags that lead to what else has them",
            view: || {
                view! {
                    <ul class="pk-tags">
                        <li><a class="pk-badge" href="#badge">"payments"</a></li>
                        <li><a class="pk-badge" href="#badge">"iso20022"</a></li>
                        <li><a class="pk-badge" href="#badge">"zahlungsverkehr"</a></li>
                    </ul>
                }
                .into_any()
            },
        },
    ],
};
