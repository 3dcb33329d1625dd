use leptos::prelude::*;

use super::FileInput;
use crate::components::field::{Field, Need};
use crate::gallery::{Docs, Example, Group};

/// The file in the gallery.
pub const DOCS: Docs = Docs {
    name: "file",
    title: "File",
    group: Group::Forms,
    summary: "Files from the reader's machine.",
    good: &["Tell the limits before anybody chooses.", "Take the formats that people have."],
    bad: &["Do not make dropping the only way.", "Do not lose what was typed when a file is refused."],
    keys: &[("Space or Enter", "Opens the browser's own dialog")],
    examples: &[
        Example {
            name: "one",
            title: "One file",
            view: || {
                view! { <Field label="Evidence" id="file-one" need=Need::Required><FileInput name="evidence" limits="PDF or PNG, at most 2 MB." accept=".pdf,.png" max_bytes=2_000_000/></Field> }.into_any()
            },
        },
        Example {
            name: "several",
            title: "Several files",
            view: || {
                view! { <Field label="Screenshots" id="file-several" help="Of every page that changed."><FileInput name="screens" limits="Pictures, at most 5 MB each." accept="image/*" max_bytes=5_000_000 multiple=true/></Field> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Refused by the server",
            view: || {
                view! { <Field label="Evidence" id="file-wrong" error="dora-report.pdf could not be read: it is protected by a password. Save it without one and choose it again."><FileInput name="evidence-wrong" limits="PDF, at most 2 MB." accept=".pdf"/></Field> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <Field label="Evidence" id="file-disabled" help="The review is closed."><FileInput name="evidence-closed" limits="PDF, at most 2 MB." disabled=true/></Field> }.into_any()
            },
        },
    ],
};
