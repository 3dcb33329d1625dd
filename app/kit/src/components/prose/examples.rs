use leptos::prelude::*;

use super::Prose;
use crate::gallery::{Docs, Example, Group};
use crate::server::html;

/// Running text in the gallery.
pub const DOCS: Docs = Docs {
    name: "prose",
    title: "Prose",
    group: Group::Data,
    summary: "Text that somebody wrote to be read: headings, lists, tables, code and notes.",
    good: &["Give it a column of its own; it keeps itself to 72 characters.", "Begin below the page's own heading."],
    bad: &["Do not put a form or a table of the portal's own data in it."],
    keys: &[(
        "Tab",
        "Reaches a table or a piece of code that is wider than the text, to scroll it with the arrow keys.",
    )],
    examples: &[
        Example {
            name: "text",
            title: "Text",
            view: || {
                let text = || {
                    view! {
                        <h2>"Settling a batch"</h2>
                        <p>"A batch is " <strong>"closed"</strong> " at 17:00 and settled " <a href="/design">"within the hour"</a> ". Run "
                            <code>"settle --dry-run"</code> " first."</p>
                        <h3>"Before you begin"</h3>
                        <ul>
                            <li>"The ledger is open."</li>
                            <li><span class="pk-prose__task" role="img" aria-label="Done">"☑"</span> " The limits are loaded."</li>
                        </ul>
                        <blockquote><p>"What is not settled today is settled tomorrow."</p></blockquote>
                    }
                };
                view! { <Prose html=html::drawn(text)/> }.into_any()
            },
        },
        Example {
            name: "code",
            title: "Code and a table",
            view: || {
                let text = || {
                    view! {
                        <figure class="pk-prose__code">
                            <figcaption>"shell"</figcaption>
                            <pre tabindex="0"><code>"settle --date 2026-11-22 --ledger main\n"</code></pre>
                        </figure>
                        <div class="pk-prose__scroll" tabindex="0" role="region" aria-label="Table">
                            <table>
                                <thead><tr><th>"Currency"</th><th align="right">"Batches"</th></tr></thead>
                                <tbody>
                                    <tr><td>"EUR"</td><td align="right">"412"</td></tr>
                                    <tr><td>"SEK"</td><td align="right">"38"</td></tr>
                                </tbody>
                            </table>
                        </div>
                    }
                };
                view! { <Prose html=html::drawn(text)/> }.into_any()
            },
        },
        Example {
            name: "notes",
            title: "Notes",
            view: || {
                let text = || {
                    view! {
                        <div class="pk-banner pk-banner--attention">
                            <p class="pk-banner__title">"Not on a Friday"</p>
                            <p>"A batch that fails is mended by hand."</p>
                        </div>
                        <details class="pk-banner pk-prose__details">
                            <summary>"Why 17:00"</summary>
                            <p>"The central bank closes at 18:00."</p>
                        </details>
                        <div class="pk-prose__tab">
                            <p class="pk-prose__tab-title">"On Linux"</p>
                            <p>"Use the package."</p>
                        </div>
                    }
                };
                view! { <Prose html=html::drawn(text)/> }.into_any()
            },
        },
    ],
};
