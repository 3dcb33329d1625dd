use leptos::prelude::*;

use super::{Fact, Facts};
use crate::components::badge::{Badge, Tone};
use crate::gallery::{Docs, Example, Group};

/// The facts in the gallery.
pub const DOCS: Docs = Docs {
    name: "facts",
    title: "Facts",
    group: Group::Data,
    summary: "Named facts of one thing.",
    good: &["Order them by how often they are looked for: the owner first.", "Put refs, versions and hashes in mono."],
    bad: &["Do not list a fact that is not known, unless that is the news."],
    keys: &[],
    examples: &[Example {
        name: "facts",
        title: "Of a service",
        view: || {
            view! {
                    <Facts>
                        <Fact name="Owner"><a href="#facts">"Instant Payments"</a></Fact>
                        <Fact name="State"><Badge text="Production" tone=Tone::Fine/></Fact>
                        <Fact name="Ref"><code class="pk-mono">"component:default/settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region"</code></Fact>
                        <Fact name="Verantwortliche Abteilung">"Zahlungsverkehrsabwicklung für Auslandsüberweisungen"</Fact>
                        <Fact name="الفريق">"خدمة تسوية المدفوعات"</Fact>
                        <Fact name="Last read">"3 minutes ago"</Fact>
                    </Facts>
                }
                .into_any()
        },
    }],
};
