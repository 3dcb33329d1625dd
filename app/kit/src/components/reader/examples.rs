use leptos::prelude::*;

use super::{Reader, ReaderHeading, ReaderLink};
use crate::gallery::{Docs, Example, Group};

/// The reading frame in the gallery.
pub const DOCS: Docs = Docs {
    name: "reader",
    title: "Reader",
    group: Group::Navigation,
    summary: "Frames a text of many pages: all pages, the page, and what is on it.",
    good: &["Give every page an address of its own.", "Keep the order of the pages the order of reading."],
    bad: &["Do not use it for one page without headings."],
    keys: &[("Enter or Space", "Opens and closes a section, and on a narrow screen the two lists.")],
    examples: &[Example {
        name: "pages",
        title: "Pages with sections",
        view: || {
            let line = |title: &str, current| ReaderLink {
                title: title.into(),
                href: "/design/components/reader".into(),
                current,
                items: Vec::new(),
            };
            let section =
                |title: &str, current, items| ReaderLink { title: title.into(), href: String::new(), current, items };
            let nav = vec![
                line("Home", false),
                section("Run it", true, vec![line("Settle a batch", true), line("Restart it", false)]),
                section("Build it", false, vec![line("First steps", false)]),
            ];
            let heading = |title: &str, depth| ReaderHeading { title: title.into(), href: "#reader".into(), depth };
            let headings = vec![heading("Before you begin", 0), heading("Limits", 1), heading("Settle", 0)];
            let previous = Some(("Home".to_owned(), "/design/components/reader".to_owned()));
            let next = Some(("Restart it".to_owned(), "/design/components/reader".to_owned()));
            view! {
                <Reader label="Pages of the example" nav=nav headings=headings previous=previous next=next origin=view! { "From settle.md" }.into_any()>
                    <div class="pk-prose">
                        <h2>"Settle a batch"</h2>
                        <p>"A batch is closed at 17:00 and settled within the hour. What is not settled today is settled tomorrow."</p>
                    </div>
                </Reader>
            }
            .into_any()
        },
    }],
};
