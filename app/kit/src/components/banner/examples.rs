use leptos::prelude::*;

use super::Banner;
use crate::components::badge::Tone;
use crate::components::button::Button;
use crate::gallery::{Docs, Example, Group};

/// The banner in the gallery.
pub const DOCS: Docs = Docs {
    name: "banner",
    title: "Banner",
    group: Group::Messages,
    summary: "Something that is true of the whole page while it is shown.",
    good: &[
        "Say what is the case in the title, why and what to do below it.",
        "Put it above what it is about, one at a time.",
    ],
    bad: &[
        "Do not let people put away what is wrong.",
        "Do not tell that something succeeded this way: that is a toast.",
    ],
    keys: &[],
    examples: &[
        Example {
            name: "tones",
            title: "Tones",
            view: || {
                view! {
                    <div>
                        <Banner title="Version 2 of this template is in preparation"><p>"Cloud Foundations plans to publish it in May."</p></Banner>
                        <Banner title="All gates are open" tone=Tone::Fine><p>"The contribution can go live at any time."</p></Banner>
                        <Banner title="No file describes this entity any more" tone=Tone::Attention><p>"It was last described in statements.yaml of regulatory-reporting."</p></Banner>
                        <Banner title="The location cannot be read" tone=Tone::Wrong><p>"git.bank.example does not answer. What it brought earlier stays; it is tried again in 4 minutes."</p></Banner>
                        <Banner title="Waiting for Card Issuing" tone=Tone::Waiting><p>"They were asked two days ago and answer within a week."</p></Banner>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "action",
            title: "With an action, and to be put away",
            view: || {
                view! {
                    <Banner title="Java 17 is off-road from 1 October" tone=Tone::Attention action=view! { <Button text="See what changes" href="#banner"/> }.into_any() dismissible=true>
                        <p>"Six services of your team still run on it."</p>
                    </Banner>
                }
                .into_any()
            },
        },
        Example {
            name: "long",
            title: "A long name, and another script",
            view: || {
                view! {
                    <div>
                        <Banner title="settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region is deprecated" tone=Tone::Attention action=view! { <Button text="Open" href="#banner"/> }.into_any()/>
                        <div dir="rtl" lang="ar"><Banner title="خدمة تسوية المدفوعات غير متاحة" tone=Tone::Wrong action=view! { <Button text="افتح" href="#banner"/> }.into_any()/></div>
                    </div>
                }
                .into_any()
            },
        },
    ],
};
