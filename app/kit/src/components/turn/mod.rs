//! Whose turn it is, and until when.

use leptos::prelude::*;

use super::badge::{Badge, Tone};
use super::icon::{Icon, IconView};
use crate::when::When;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// Who has the ball: `Your turn: fill in the form`, or whom everybody waits for.
#[component]
pub fn Turn(
    /// Whose it is, by the names that colleagues use.
    #[prop(into)]
    who: String,
    /// What is to be done.
    #[prop(into)]
    what: String,
    /// Whether it is the reader's.
    #[prop(optional)]
    yours: bool,
    /// Since when.
    #[prop(optional_no_strip)]
    since: Option<When>,
) -> impl IntoView {
    let (class, begins) =
        if yours { ("pk-turn pk-turn--yours", "Your turn".to_owned()) } else { ("pk-turn", who.clone()) };
    let icon = if yours { Icon::Pencil } else { Icon::Clock };
    view! {
        <p class=class>
            <IconView icon=icon/>
            <span class="pk-turn__text">
                <strong>{begins}</strong>
                {(!what.is_empty()).then(|| format!(": {what}"))}
                {since.map(|since| view! { <span class="pk-turn__since">", " <time datetime=since.exact.clone() title=since.exact>{since.relative}</time></span> })}
            </span>
        </p>
    }
    .into_any()
}

/// When something is due, told by a shape and words: `Due in 2 days`, `Overdue since 3 hours ago`.
#[component]
pub fn Due(
    /// When.
    when: When,
    /// Whether that is past.
    overdue: bool,
    /// Whether it is near enough to be thought of today.
    #[prop(optional)]
    near: bool,
) -> impl IntoView {
    let exact = when.exact.clone();
    let (text, tone) = if overdue {
        (format!("Overdue, was due {}", when.relative), Tone::Wrong)
    } else if near {
        (format!("Due {}", when.relative), Tone::Attention)
    } else {
        (format!("Due {}", when.relative), Tone::Neutral)
    };
    view! { <time datetime=exact.clone() title=exact><Badge text=text tone=tone/></time> }.into_any()
}
