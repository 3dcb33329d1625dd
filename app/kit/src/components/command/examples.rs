use leptos::prelude::*;

use super::CommandLink;
use crate::gallery::{Docs, Example, Group};

/// The command menu in the gallery.
pub const DOCS: Docs = Docs {
    name: "command",
    title: "Command menu",
    group: Group::Navigation,
    summary: "Goes to any entity, document or page by a few letters, and does what the page at hand can do. It tolerates a slip of the finger.",
    good: &[
        "Give each action of a page data-pk-command, so that it is found here.",
        "Name commands as their buttons are named.",
    ],
    bad: &["Do not put anything here that cannot be reached without it."],
    keys: &[
        ("Ctrl K, Cmd K", "Opens and closes the menu."),
        ("/", "Opens it from outside a field; can be switched off in the menu."),
        ("↓ ↑", "Chooses the next or the previous match, round the end."),
        ("Enter", "Opens what is chosen."),
        ("Esc", "Closes the menu; the focus goes back to where it was."),
    ],
    examples: &[Example { name: "link", title: "The way in", view: || view! { <CommandLink/> }.into_any() }],
};
