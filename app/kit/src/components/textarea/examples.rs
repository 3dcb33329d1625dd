use leptos::prelude::*;

use super::TextArea;
use crate::components::field::{Field, Need};
use crate::gallery::{Docs, Example, Group};

/// The textarea in the gallery.
pub const DOCS: Docs = Docs {
    name: "textarea",
    title: "Text area",
    group: Group::Forms,
    summary: "Several lines to type; it grows with them.",
    good: &["Say what makes a good answer in the help.", "Give a limit that the server has as well."],
    bad: &["Do not cut off what is too long: say by how much.", "Do not use it for one line."],
    keys: &[],
    examples: &[
        Example {
            name: "text",
            title: "Text",
            view: || {
                view! { <Field label="Why is an exception needed?" id="textarea-text" need=Need::Required help="The board reads this first."><TextArea name="reason"/></Field> }.into_any()
            },
        },
        Example {
            name: "limit",
            title: "With a limit",
            view: || {
                view! { <Field label="Summary" id="textarea-limit" limit=80><TextArea name="summary" value="Moves card disputes from the mainframe to the dispute desk."/></Field> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Too long for the server",
            view: || {
                view! { <Field label="Summary" id="textarea-wrong" limit=80 error="The summary has 94 characters. Shorten it to 80."><TextArea name="summary-long" value="Moves every card dispute of the retail bank from the mainframe to the new dispute desk in May."/></Field> }.into_any()
            },
        },
        Example {
            name: "code",
            title: "Code",
            view: || {
                view! { <Field label="Descriptor" id="textarea-code"><TextArea name="descriptor" code=true value="apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: dispute-desk"/></Field> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <Field label="Answer" id="textarea-disabled" help="The review is closed."><TextArea name="answer" disabled=true value="Accepted until 31 December."/></Field> }.into_any()
            },
        },
    ],
};
