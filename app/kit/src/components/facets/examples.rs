use leptos::prelude::*;

use super::{Facet, FacetList, FacetValue};
use crate::gallery::{Docs, Example, Group};

/// The facets in the gallery.
pub const DOCS: Docs = Docs {
    name: "facets",
    title: "Facets",
    group: Group::Navigation,
    summary: "By what a list can be narrowed, with how many would be left.",
    good: &["Order the values by how many they leave.", "Keep what is chosen in sight, though it leaves nothing."],
    bad: &["Do not show a facet with a single value: it narrows nothing."],
    keys: &[],
    examples: &[Example {
        name: "facets",
        title: "Of a list of software",
        view: || {
            let value = |label: &str, count, chosen| FacetValue {
                value: label.into(),
                label: label.into(),
                count,
                chosen,
                href: "#facets".into(),
            };
            let facets = vec![
                Facet {
                    name: "kind".into(),
                    label: "Kind".into(),
                    values: vec![value("Component", 912, true), value("API", 241, false), value("Resource", 87, false)],
                    more: false,
                },
                Facet {
                    name: "owner".into(),
                    label: "Owner".into(),
                    values: vec![
                        value("instant-payments", 41, false),
                        value("Zahlungsverkehrsabwicklung für Auslandsüberweisungen", 9, false),
                        value("خدمة تسوية المدفوعات", 3, false),
                        value(
                            "settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region",
                            1,
                            false,
                        ),
                    ],
                    more: true,
                },
            ];
            view! { <FacetList facets=facets/> }.into_any()
        },
    }],
};
