use leptos::prelude::*;

use super::{Live, LogEntry, LogLevel, LogLines};
use crate::gallery::{Docs, Example, Group};

/// The log in the gallery.
pub const DOCS: Docs = Docs {
    name: "run",
    title: "Log",
    group: Group::Progress,
    summary: "What something that runs tells, line by line, and a page that follows it while it runs.",
    good: &["Say with each line which part it is of.", "Offer the whole log as a file beside it."],
    bad: &["Do not show a secret: it is masked before it is written down."],
    keys: &[],
    examples: &[
        Example {
            name: "lines",
            title: "The log of a run",
            view: || {
                let entry = |number, level, part: &str, text: &str| LogEntry {
                    number,
                    time: format!("12:00:{number:02}"),
                    level,
                    part: part.to_owned(),
                    text: text.to_owned(),
                };
                let lines = vec![
                    entry(1, LogLevel::Info, "fetch", "Beginning step Fetch the skeleton"),
                    entry(2, LogLevel::Warning, "fetch", "values.owner is not defined and renders empty"),
                    entry(3, LogLevel::Info, "fetch", "Finished step Fetch the skeleton"),
                    entry(4, LogLevel::Error, "publish", "The repository payments/ledger is taken"),
                ];
                view! { <LogLines label="Log of the run" lines=lines/> }.into_any()
            },
        },
        Example {
            name: "live",
            title: "A page that follows what happens",
            view: || view! { <Live events="" kinds="log" page=""/> }.into_any(),
        },
    ],
};
