//! The log of something that runs, and the way by which a page that shows it keeps itself true.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its number, by which it stays the same line when the page is drawn again.
    pub number: i64,
    /// When: hours, minutes and seconds.
    pub time: String,
    /// How much it matters.
    pub level: LogLevel,
    /// The part that it is of; empty for the whole.
    pub part: String,
    /// What is told.
    pub text: String,
}

/// How much a line matters; it is told by a word as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What happens.
    Info,
    /// What may be wrong.
    Warning,
    /// What is wrong.
    Error,
}

/// Lines of a log, the oldest first.
#[component]
pub fn LogLines(
    /// What it is the log of.
    #[prop(into)]
    label: String,
    /// In order.
    lines: Vec<LogEntry>,
) -> impl IntoView {
    let lines: Vec<_> = lines
        .into_iter()
        .map(|LogEntry { number, time, level, part, text }| {
            let (class, word) = match level {
                LogLevel::Info => ("pk-log__line", None),
                LogLevel::Warning => ("pk-log__line pk-log__line--warning", Some("Warning")),
                LogLevel::Error => ("pk-log__line pk-log__line--error", Some("Error")),
            };
            view! {
                <li class=class data-pk-key=format!("line-{number}")>
                    <span class="pk-log__time">{time}</span>
                    <span class="pk-log__part">{part}</span>
                    <span class="pk-log__text">{word.map(|word| view! { <strong>{word}": "</strong> })}{text}</span>
                </li>
            }
        })
        .collect();
    view! { <div class="pk-log" role="region" tabindex="0" aria-label=label data-pk-log=""><ol class="pk-log__lines">{lines}</ol></div> }
        .into_any()
}

/// Has the page drawn again whenever something happens to what it shows, for as long as something may. Without scripts, it leads to the page as it is then.
#[component]
pub fn Live(
    /// Where the events come from, as server-sent events.
    #[prop(into)]
    events: String,
    /// The kinds of events that there are, apart by blanks.
    #[prop(into)]
    kinds: String,
    /// The server function that draws the page.
    #[prop(into)]
    page: String,
) -> impl IntoView {
    view! {
        <p class="pk-live" role="status" data-pk-live=events data-pk-kinds=kinds data-pk-page=page>
            <span class="pk-live__mark" aria-hidden="true"></span>
            <span data-pk-live-text="">"This page shows how things stood when it was loaded."</span>
            " "
            <a href="" rel="external" data-pk-live-again="">"Look again"</a>
        </p>
    }
    .into_any()
}
