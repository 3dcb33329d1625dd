use leptos::prelude::*;

use super::UnreadBadge;
use crate::components::badge::{Badge, Tone};
use crate::gallery::{Docs, Example, Group};

/// The inbox in the gallery.
pub const DOCS: Docs = Docs {
    name: "inbox",
    title: "Inbox",
    group: Group::Messages,
    summary: "Messages to one person, with what can be done with each, and the number of those that are unread.",
    good: &[
        "Say in the title what is the case, so that it need not be opened.",
        "Lead to the page where something can be done about it.",
    ],
    bad: &["Do not send news of what the reader has just done."],
    keys: &[],
    examples: &[
        Example {
            name: "messages",
            title: "Messages",
            view: || {
                view! {
                    <ul class="pk-inbox">
                        <li class="pk-inbox__row pk-inbox__row--unread">
                            <div class="pk-inbox__text">
                                <p class="pk-inbox__title"><span class="pk-visually-hidden">"Unread: "</span><a href="#inbox">"A location of yours has errors"</a></p>
                                <p class="pk-inbox__body">"2 errors in https://code.bank.example/payments/settlement-engine.git"</p>
                                <p class="pk-inbox__meta"><Badge text="Waiting" tone=Tone::Waiting/> "3 minutes ago"</p>
                            </div>
                            <div class="pk-inbox__actions"><button class="pk-button pk-button--quiet" type="button">"Done"</button></div>
                        </li>
                        <li class="pk-inbox__row">
                            <div class="pk-inbox__text">
                                <p class="pk-inbox__title"><a href="#inbox">"settlement-engine changed"</a></p>
                                <p class="pk-inbox__meta">"To instant-payments" " " "yesterday"</p>
                            </div>
                            <div class="pk-inbox__actions"><button class="pk-button pk-button--quiet" type="button">"Done"</button></div>
                        </li>
                    </ul>
                }
                .into_any()
            },
        },
        Example {
            name: "unread",
            title: "Number of unread messages",
            view: || {
                view! { <p>"Inbox" <UnreadBadge number=7 fixed=true/></p> <p>"Inbox" <UnreadBadge number=100 fixed=true/></p> }.into_any()
            },
        },
    ],
};
