use leptos::prelude::*;

use super::{Icon, IconView};
use crate::gallery::{Docs, Example, Group};

/// The icon in the gallery.
pub const DOCS: Docs = Docs {
    name: "icon",
    title: "Icon",
    group: Group::Data,
    summary: "A glyph that helps to find a word again.",
    good: &["Put it beside a word."],
    bad: &["Do not use a glyph alone, or beside every word."],
    keys: &[],
    examples: &[Example {
        name: "beside-a-word",
        title: "Beside a word",
        view: || view! { <span class="pk-inline"><IconView icon=Icon::Folders/> "Locations"</span> }.into_any(),
    }],
};
