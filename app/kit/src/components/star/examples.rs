use leptos::prelude::*;

use super::StarButton;
use crate::gallery::{Docs, Example, Group};

/// The star in the gallery.
pub const DOCS: Docs = Docs {
    name: "star",
    title: "Star",
    group: Group::Actions,
    summary: "Puts a thing among those that a person wants at hand and is told of.",
    good: &["Put it first among the actions of a page.", "Offer it for what has a page of its own."],
    bad: &["Do not star anything for somebody."],
    keys: &[],
    examples: &[Example {
        name: "star",
        title: "Not starred, and starred",
        view: || {
            view! {
                <div class="pk-inline">
                    <StarButton action="#star" item="component:default/settlement-engine" starred=false/>
                    <StarButton action="#star" item="component:default/payment-routing" starred=true/>
                </div>
            }
            .into_any()
        },
    }],
};
