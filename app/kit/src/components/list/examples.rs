use leptos::prelude::*;

use crate::components::badge::{Badge, Tone};
use crate::gallery::{Docs, Example, Group};

/// The list in the gallery.
pub const DOCS: Docs = Docs {
    name: "list",
    title: "List",
    group: Group::Data,
    summary: "Short lists that need no table.",
    good: &["Use it for names of one kind, at most a dozen."],
    bad: &["Do not use a list where things are compared by more than their name: that is a table."],
    keys: &[],
    examples: &[
        Example {
            name: "names",
            title: "Names",
            view: || {
                view! {
                    <ul class="pk-list">
                        <li><a class="pk-name" href="#list">"settlement-engine"</a></li>
                        <li><a class="pk-name" href="#list">"payment-routing"</a></li>
                        <li><span class="pk-unknown">"general-ledger"</span></li>
                    </ul>
                }
                .into_any()
            },
        },
        Example {
            name: "relations",
            title: "Lists side by side",
            view: || {
                view! {
                    <div class="pk-relations">
                        <div class="pk-relation">
                            <h3>"Owns " <span class="pk-quiet pk-number">"10"</span></h3>
                            <ul class="pk-list"><li><a class="pk-name" href="#list">"payments-db"</a></li><li><a class="pk-name" href="#list">"settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region"</a></li></ul>
                        </div>
                        <div class="pk-relation">
                            <h3>"Depends on " <span class="pk-quiet pk-number">"1"</span></h3>
                            <ul class="pk-list"><li><a class="pk-name" href="#list">"iso20022-codec"</a></li></ul>
                        </div>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "tally",
            title: "Numbers in one line",
            view: || {
                view! { <ul class="pk-tally"><li><a href="#list">"10 Component"</a></li><li><a href="#list">"4 Resource"</a></li><li><a href="#list">"2 API"</a></li></ul> }.into_any()
            },
        },
        Example {
            name: "ways",
            title: "Ways from here",
            view: || {
                view! {
                    <ul class="pk-ways">
                        <li><a class="pk-name" href="#list">"Register software"</a> <span class="pk-ways__what">"Bring a repository into the catalog"</span></li>
                        <li><a class="pk-name" href="#list">"Golden paths"</a> <span class="pk-ways__what">"The supported way, step by step"</span></li>
                    </ul>
                }
                .into_any()
            },
        },
        Example {
            name: "attention",
            title: "What needs attention",
            view: || {
                view! {
                    <ul class="pk-list">
                        <li class="pk-attention"><Badge text="Has errors" tone=Tone::Attention/> <a href="#list">"regulatory-reporting"</a> <span class="pk-quiet pk-number">"3 errors"</span></li>
                        <li class="pk-attention"><Badge text="Not readable" tone=Tone::Wrong/> <a href="#list">"git.bank.example/cards"</a></li>
                    </ul>
                }
                .into_any()
            },
        },
    ],
};
