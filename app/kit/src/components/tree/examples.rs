use leptos::prelude::*;

use super::{Tree, TreeItem};
use crate::gallery::{Docs, Example, Group};

/// The tree in the gallery.
pub const DOCS: Docs = Docs {
    name: "tree",
    title: "Tree",
    group: Group::Navigation,
    summary: "Pages within pages, such as the documentation of a service.",
    good: &["Open the way to the page that is shown.", "Let every item lead somewhere."],
    bad: &["Do not go deeper than four levels: nobody finds back."],
    keys: &[
        ("Arrow down, Arrow up", "Move among the items in sight"),
        ("Arrow right", "Opens an item; on an open one, goes to the first below it"),
        ("Arrow left", "Closes an item; on a closed one, goes to the one above it"),
        ("Home, End", "Go to the first and the last item in sight"),
        ("A letter", "Goes to the next item that begins with what is typed"),
        ("Enter", "Opens the page"),
    ],
    examples: &[Example {
        name: "docs",
        title: "The pages of a handbook",
        view: || {
            let page = |label: &str, current, children| TreeItem {
                label: label.into(),
                href: "#tree".into(),
                current,
                children,
            };
            let items = vec![
                page("Overview", false, vec![]),
                page(
                    "Build",
                    false,
                    vec![
                        page(
                            "Java services",
                            false,
                            vec![page("Set-up", false, vec![]), page("Releases", true, vec![])],
                        ),
                        page("Front ends", false, vec![]),
                    ],
                ),
                page(
                    "Run",
                    false,
                    vec![
                        page("Runbooks", false, vec![]),
                        page("Zahlungsverkehrsabwicklung für Auslandsüberweisungen", false, vec![]),
                    ],
                ),
                page("خدمة تسوية المدفوعات", false, vec![]),
                page(
                    "settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region",
                    false,
                    vec![],
                ),
            ];
            view! { <Tree label="Handbook" items=items/> }.into_any()
        },
    }],
};
