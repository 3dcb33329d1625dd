//! What is there already that is like what somebody is writing.

use leptos::prelude::*;

use super::badge::{Badge, Tone};
use super::empty::EmptyState;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// Something that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// What it is called.
    pub title: String,
    /// What kind of thing it is, in a word or two.
    pub kind: String,
    /// What tells it from others of its kind.
    pub detail: String,
    /// Where it is.
    pub path: String,
    /// By what a form joins it; empty where it cannot be joined.
    pub join: String,
}

/// The list of what is like the text of some controls. With scripts it is asked for again a moment after each change.
#[component]
pub fn Alike(
    /// What the server has found, the most alike first.
    items: Vec<Like>,
    /// The address on this portal that answers the text after it with `{"items": […]}`, of a title, kind, detail, path and `contribution`: `/api/…?q=`.
    #[prop(into)]
    source: String,
    /// The ids of the controls whose texts are compared, with blanks between.
    #[prop(into)]
    of: String,
    /// Where a form that joins one of them is sent, with its `id`.
    #[prop(into)]
    joins: String,
    /// What it says where nothing was found.
    #[prop(into)]
    nothing: String,
) -> impl IntoView {
    let any = !items.is_empty();
    let list: Vec<_> = items.into_iter().map(|item| view! { <AlikeItem item=item joins=joins.clone()/> }).collect();
    let content = if any {
        view! { <ul class="pk-list">{list}</ul> }.into_any()
    } else {
        view! { <EmptyState sentence=nothing.clone()/> }.into_any()
    };
    view! {
        <div class="pk-alike" data-pk-alike=source data-pk-of=of data-pk-joins=joins data-pk-nothing=nothing>
            <div aria-live="polite" data-pk-alike-list="">{content}</div>
        </div>
    }
    .into_any()
}

/// An entry; behaviour.js makes the same.
#[component]
fn AlikeItem(item: Like, joins: String) -> impl IntoView {
    let Like { title, kind, detail, path, join } = item;
    let label = format!(": {title}");
    let form = (!join.is_empty()).then(|| {
        view! {
            <form method="post" action=joins class="pk-inline">
                <input type="hidden" name="id" value=join/>
                <button class="pk-button" type="submit">"Join this instead" <span class="pk-visually-hidden">{label}</span></button>
            </form>
        }
    });
    view! {
        <li>
            <p><a class="pk-name" href=path>{title}</a> " " <Badge text=kind tone=Tone::Neutral/></p>
            <p class="pk-quiet">{detail}</p>
            {form}
        </li>
    }
}
