use leptos::prelude::*;

use super::{Count, Counts};
use crate::gallery::{Docs, Example, Group};

/// The count in the gallery.
pub const DOCS: Docs = Docs {
    name: "count",
    title: "Count",
    group: Group::Data,
    summary: "How many there are of several kinds, each leading to the list of them.",
    good: &["Count what people act on."],
    bad: &["Do not show a number that leads nowhere."],
    keys: &[],
    examples: &[Example {
        name: "counts",
        title: "By kind",
        view: || {
            view! {
                <Counts>
                    <Count number=912 label="Component" href="#count"/>
                    <Count number=241 label="API" href="#count"/>
                    <Count number=0 label="Template" href="#count"/>
                    <Count number=10_482 label="Zahlungsverkehrsabwicklung für Auslandsüberweisungen" href="#count"/>
                </Counts>
            }
            .into_any()
        },
    }],
};
