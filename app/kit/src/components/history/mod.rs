//! What happened, told in sentences, the newest first or last as the page has it.

use leptos::prelude::*;

use crate::when::When;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number, by which it stays the same entry when the page is drawn again.
    pub number: u64,
    /// When.
    pub when: When,
    /// Who did it; empty for the portal itself.
    pub who: String,
    /// What, as the rest of a sentence that begins with them; a whole one where nobody did it.
    pub what: String,
    /// What they said, in their own words; may be empty.
    pub said: String,
    /// Whether it is what somebody looks for: a decision, a failure, an end.
    pub matters: bool,
}

/// A list of what happened.
#[component]
pub fn History(
    /// What it is the history of.
    #[prop(into)]
    label: String,
    /// In the order in which they are read.
    entries: Vec<HistoryEntry>,
) -> impl IntoView {
    let entries: Vec<_> = entries
        .into_iter()
        .map(|HistoryEntry { number, when, who, what, said, matters }| {
            let class = if matters { "pk-history__entry pk-history__entry--matters" } else { "pk-history__entry" };
            let who = (!who.is_empty()).then(|| view! { <strong>{who}</strong> " " });
            let said = (!said.is_empty()).then(|| view! { <blockquote class="pk-history__said">{said}</blockquote> });
            view! {
                <li class=class data-pk-key=format!("history-{number}")>
                    <time class="pk-history__when" datetime=when.exact.clone() title=when.exact>{when.relative}</time>
                    <div><p class="pk-history__what">{who}{what}</p>{said}</div>
                </li>
            }
        })
        .collect();
    view! { <ol class="pk-history" aria-label=label>{entries}</ol> }.into_any()
}
