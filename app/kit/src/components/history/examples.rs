use leptos::prelude::*;

use super::{History, HistoryEntry};
use crate::gallery::{Docs, Example, Group};
use crate::when::When;

/// The history in the gallery.
pub const DOCS: Docs = Docs {
    name: "history",
    title: "History",
    group: Group::Data,
    summary: "What happened, one sentence each: who, what and when, with their own words where they gave any.",
    good: &["Begin with who did it, by the name that colleagues use.", "Let decisions, failures and ends stand out."],
    bad: &["Do not show the names of events or states as the code has them."],
    keys: &[],
    examples: &[Example {
        name: "journey",
        title: "The last days of a journey",
        view: || view! { <History label="History of this journey" entries=entries()/> }.into_any(),
    }],
};

fn entries() -> Vec<HistoryEntry> {
    let when = |relative: &str, exact: &str| When { relative: relative.into(), exact: exact.into() };
    let entry = |number, when: When, who: &str, what: &str, said: &str, matters| HistoryEntry {
        number,
        when,
        who: who.into(),
        what: what.into(),
        said: said.into(),
        matters,
    };
    vec![
        entry(
            9,
            when("2 hours ago", "2026-11-28T10:12:00Z"),
            "Amara Diallo",
            "sent Security review back from Data classification.",
            "The review does not say where account numbers are logged.",
            true,
        ),
        entry(
            8,
            when("1 day ago", "2026-11-27T16:40:00Z"),
            "Matthias Oberhauser",
            "finished Security review.",
            "",
            true,
        ),
        entry(7, when("2 days ago", "2026-11-26T09:05:00Z"), "Matthias Oberhauser", "took Security review.", "", false),
        entry(6, when("2 days ago", "2026-11-26T08:58:00Z"), "", "Set up delivery is done.", "", false),
    ]
}
