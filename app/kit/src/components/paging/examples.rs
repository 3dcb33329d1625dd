use leptos::prelude::*;

use super::Paging;
use crate::gallery::{Docs, Example, Group};

/// The paging in the gallery.
pub const DOCS: Docs = Docs {
    name: "paging",
    title: "Paging",
    group: Group::Navigation,
    summary: "The way to the neighbouring pages of a list.",
    good: &["Say how many there are in all.", "Keep filters and order in the addresses."],
    bad: &["Do not load more by scrolling: the end of the page would never come."],
    keys: &[],
    examples: &[
        Example {
            name: "middle",
            title: "In the middle",
            view: || {
                view! {
                    <Paging previous=Some("#paging".to_owned()) next=Some("#paging".to_owned()) summary="1,284 entities"/>
                }
                .into_any()
            },
        },
        Example {
            name: "first",
            title: "On the first of several pages",
            view: || {
                view! {
                    <Paging previous=None next=Some("#paging".to_owned()) summary="132 entities match" label="Pages of the matches"/>
                }
                .into_any()
            },
        },
        Example {
            name: "only",
            title: "All on one page",
            view: || {
                view! {
                    <Paging previous=None next=None summary="1 entity matches" label="The only page"/>
                }
                .into_any()
            },
        },
    ],
};
