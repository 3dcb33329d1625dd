use leptos::prelude::*;

use super::{LinkTarget, TextLink};
use crate::gallery::{Docs, Example, Group};

/// The link in the gallery.
pub const DOCS: Docs = Docs {
    name: "link",
    title: "Link",
    group: Group::Navigation,
    summary: "Leads to another page.",
    good: &[
        "Say what is there: Runbook of payment-initiation.",
        "Use a link to go somewhere and a button to do something.",
    ],
    bad: &["Do not write Click here, or the bare address.", "Do not open a new window."],
    keys: &[],
    examples: &[
        Example {
            name: "in-text",
            title: "Within text",
            view: || {
                view! { <p>"The service is owned by " <TextLink text="Instant payments" href="/catalog/default/group/instant-payments"/> " and described in the catalog."</p> }.into_any()
            },
        },
        Example {
            name: "name",
            title: "The thing itself",
            view: || {
                view! { <TextLink text="payment-initiation" href="/catalog/default/component/payment-initiation" target=LinkTarget::Name/> }.into_any()
            },
        },
        Example {
            name: "unknown",
            title: "Named, not registered",
            view: || {
                view! { <TextLink text="group:default/card-fraud" href="/catalog/default/group/card-fraud" target=LinkTarget::Unknown/> }.into_any()
            },
        },
        Example {
            name: "outside",
            title: "Another site",
            view: || {
                view! { <TextLink text="Regulation (EU) 2022/2554" href="https://eur-lex.europa.eu/eli/reg/2022/2554/oj" target=LinkTarget::Outside/> }.into_any()
            },
        },
        Example {
            name: "long",
            title: "A long name",
            view: || {
                view! { <TextLink text="Zahlungsverkehrsüberweisungsbestätigungsdienst für grenzüberschreitende Echtzeitüberweisungen im Privatkundengeschäft (DACH)" href="/catalog" target=LinkTarget::Name/> }.into_any()
            },
        },
    ],
};
