use leptos::prelude::*;

use super::{Card, Cards, Panel};
use crate::components::avatar::Avatar;
use crate::components::badge::{Badge, Tone};
use crate::gallery::{Docs, Example, Group};

/// The card in the gallery.
pub const DOCS: Docs = Docs {
    name: "card",
    title: "Card",
    group: Group::Data,
    summary: "An overview of one thing, to be compared with its neighbours.",
    good: &[
        "Use cards where people choose among a few things by reading about them.",
        "Keep the same parts in the same places on all cards of a page.",
    ],
    bad: &["Do not put a card in a card.", "Do not make cards of what is a table."],
    keys: &[],
    examples: &[
        Example {
            name: "overview",
            title: "Golden paths to choose from",
            view: || {
                view! {
                    <Cards>
                        <Card title="New payment service" href="#card" kind="Golden path" state=view! { <Badge text="Standard" tone=Tone::Fine/> }.into_any()
                            foot=view! { <Avatar name="Cloud Foundations" named=true/> "Cloud Foundations" <span class="pk-quiet">"5 steps, about 2 days"</span> }.into_any()>
                            <p>"From an empty repository to a service in production with monitoring and a runbook."</p>
                        </Card>
                        <Card title="Event stream between departments" href="#card" kind="Golden path" state=view! { <Badge text="In review" tone=Tone::Waiting/> }.into_any()
                            foot=view! { <Avatar name="Streaming" named=true/> "Streaming" }.into_any()>
                            <p>"A topic with a schema, an owner and a retention time, and access for one consumer."</p>
                        </Card>
                        <Card title="settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region" href="#card" kind="Golden path" foot=view! { <Avatar name="Nordic Payments" named=true/> "Nordic Payments" }.into_any()/>
                        <Card title="خدمة تسوية المدفوعات" href="#card" kind="Golden path"><p>"إعداد خدمة جديدة للمدفوعات الفورية."</p></Card>
                    </Cards>
                }
                .into_any()
            },
        },
        Example {
            name: "panel",
            title: "A part of a page in a frame",
            view: || {
                view! {
                    <div class="pk-panels">
                        <Panel title="About"><p class="pk-prose">"Takes payments from the routing, reserves the amount at the ledger, and answers within two seconds."</p></Panel>
                        <Panel title="Members" count=12_345><p class="pk-quiet">"Nobody has asked to see them yet."</p></Panel>
                    </div>
                }
                .into_any()
            },
        },
    ],
};
