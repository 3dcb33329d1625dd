use leptos::prelude::*;

use super::ThemeSwitch;
use crate::gallery::{Docs, Example, Group};

/// The theme switch in the gallery.
pub const DOCS: Docs = Docs {
    name: "theme",
    title: "Theme switch",
    group: Group::Actions,
    summary: "Chooses between the system's theme, light and dark, for this browser.",
    good: &["Leave the choice to the system unless somebody makes another."],
    bad: &["Do not make a page that looks right in one theme only."],
    keys: &[("← →", "Chooses the neighbouring theme.")],
    examples: &[Example {
        name: "switch",
        title: "Switch",
        view: || view! { <ThemeSwitch name="theme-example"/> }.into_any(),
    }],
};
