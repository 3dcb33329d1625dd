use leptos::prelude::*;

use crate::gallery::{Docs, Example, Group};

/// The search in the gallery.
pub const DOCS: Docs = Docs {
    name: "search",
    title: "Search",
    group: Group::Navigation,
    summary: "A form that leads to results under an address.",
    good: &["Say what is searched, in the label and in the placeholder.", "Keep filters and order with hidden fields."],
    bad: &["Do not search at each letter without saying how many were found."],
    keys: &[],
    examples: &[
        Example {
            name: "search",
            title: "Of a list",
            view: || {
                view! {
                    <form class="pk-search" method="get" action="/catalog" role="search">
                        <label class="pk-visually-hidden" for="search-example">"Search the catalog"</label>
                        <input class="pk-input" id="search-example" type="search" name="q" placeholder="Search by name, title, owner, type or tag"/>
                        <button class="pk-button pk-button--primary" type="submit">"Search"</button>
                    </form>
                }
                .into_any()
            },
        },
        Example {
            name: "large",
            title: "As the first thing on a page",
            view: || {
                view! {
                    <form class="pk-search pk-search--large" method="get" action="/catalog" role="search" aria-label="Software">
                        <label class="pk-visually-hidden" for="search-large">"Search software"</label>
                        <input class="pk-input" id="search-large" type="search" name="q" value="Zahlungsverkehr" placeholder="Search software"/>
                        <button class="pk-button pk-button--primary" type="submit">"Search"</button>
                    </form>
                }
                .into_any()
            },
        },
    ],
};
