use leptos::prelude::*;

use super::Toast;
use crate::components::badge::Tone;
use crate::components::code::CodeBlock;
use crate::gallery::{Docs, Example, Group};

/// The toast in the gallery.
pub const DOCS: Docs = Docs {
    name: "toast",
    title: "Toast",
    group: Group::Messages,
    summary: "Says that something happened that is not to be seen on the page.",
    good: &[
        "Say what happened, with the name of the thing.",
        "Offer to undo where that is possible: such a toast stays.",
    ],
    bad: &[
        "Do not tell of an error in a form this way: say it at the field.",
        "Do not repeat what the page shows already.",
    ],
    keys: &[("Tab", "Reaches the buttons after the page; time stands still while the focus is on a toast")],
    examples: &[
        Example {
            name: "tones",
            title: "Tones",
            view: || {
                view! {
                    <div class="pk-toasts pk-toasts--still">
                        <Toast text="The journey “New payment service” is saved." action=("Undo".to_owned(), "#toast".to_owned())/>
                        <Toast text="Two of the nine files could not be read." tone=Tone::Attention action=("See which".to_owned(), "#toast".to_owned())/>
                        <Toast text="The pull request was not opened: the repository is archived." tone=Tone::Wrong/>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "long",
            title: "A long name",
            view: || {
                view! {
                    <div class="pk-toasts pk-toasts--still">
                        <Toast text="settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region was registered." action=("Open".to_owned(), "#toast".to_owned())/>
                        <Toast text="تم تسجيل خدمة تسوية المدفوعات." action=("افتح".to_owned(), "#toast".to_owned())/>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "event",
            title: "From a script",
            view: || {
                view! {
                    <div>
                        <p>"Any script of a page can tell something with an event."</p>
                        <CodeBlock label="A script that tells of something" anchor="toast-L" text="document.dispatchEvent(new CustomEvent('portico:toast', { detail: { text: 'Saved.' } }))"/>
                    </div>
                }
                .into_any()
            },
        },
    ],
};
