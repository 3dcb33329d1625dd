use leptos::prelude::*;

use super::{Tab, TabPanels, Tabs};
use crate::components::code::CodeBlock;
use crate::gallery::{Docs, Example, Group};

/// The tabs in the gallery.
pub const DOCS: Docs = Docs {
    name: "tabs",
    title: "Tabs",
    group: Group::Navigation,
    summary: "Views of one thing: as addresses, or as panels of one page.",
    good: &[
        "Use links where each view has data of its own: an address can be shared.",
        "Use panels for a few short variants of the same, such as the languages of an example.",
    ],
    bad: &["Do not use tabs for steps that follow each other.", "Do not use more than seven, or two rows."],
    keys: &[
        ("Arrow left, Arrow right", "Panels: show the panel before or after, round the ends"),
        ("Home, End", "Panels: show the first or the last"),
        ("Tab", "Panels: goes from the tab into its panel"),
    ],
    examples: &[
        Example {
            name: "links",
            title: "Views with addresses",
            view: || {
                let tab =
                    |label: &str, current, count| Tab { label: label.into(), href: "#tabs".into(), current, count };
                let tabs = vec![
                    tab("Overview", true, None),
                    tab("Relations", false, Some(12)),
                    tab("Zahlungsverkehrsabwicklung", false, None),
                    tab("واجهات", false, Some(3)),
                ];
                view! { <Tabs label="Views of settlement-engine" tabs=tabs/> }.into_any()
            },
        },
        Example {
            name: "panels",
            title: "Panels of one page",
            view: || {
                let panel = |label: &str, text: &str, anchor: &str| {
                    let code =
                        view! { <CodeBlock text=text label=format!("Call with {label}") anchor=anchor/> }.into_any();
                    (label.to_owned(), code)
                };
                let panels = vec![
                    panel(
                        "curl",
                        "curl https://portico.bank.example/api/catalog/entities/by-query?limit=2",
                        "tabs-curl-L",
                    ),
                    panel("Java", "var page = catalog.entities().limit(2).list();", "tabs-java-L"),
                    panel("Python", "page = catalog.entities(limit=2)", "tabs-python-L"),
                ];
                view! { <TabPanels id="tabs-call" label="The call in several languages" panels=panels/> }.into_any()
            },
        },
    ],
};
