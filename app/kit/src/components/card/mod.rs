use leptos::prelude::*;

use crate::number::digits;

#[cfg(feature = "ssr")]
pub mod examples;

/// An overview of one thing, to be compared with its neighbours. The whole card leads to it.
#[component]
pub fn Card(
    /// Its name.
    #[prop(into)]
    title: String,
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// What kind of thing it is, above the name.
    #[prop(optional, into)]
    kind: Option<String>,
    /// Its state, opposite the kind.
    #[prop(optional, into)]
    state: Option<AnyView>,
    /// A sentence or two; no second card.
    #[prop(optional)]
    children: Option<Children>,
    /// Who and when, at the foot.
    #[prop(optional, into)]
    foot: Option<AnyView>,
) -> impl IntoView {
    let name = match href {
        Some(href) => view! { <a class="pk-card__link" href=href>{title}</a> }.into_any(),
        None => title.into_any(),
    };
    view! {
        <article class="pk-card">
            {(kind.is_some() || state.is_some()).then(|| view! { <div class="pk-card__head"><span class="pk-card__kind">{kind}</span> {state}</div> })}
            <h3 class="pk-card__title">{name}</h3>
            {children.map(|children| view! { <div class="pk-card__body">{children()}</div> })}
            {foot.map(|foot| view! { <div class="pk-card__foot">{foot}</div> })}
        </article>
    }
    .into_any()
}

/// Cards side by side, as many as fit.
#[component]
pub fn Cards(
    /// [`Card`]s.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-cards">{children()}</div> }.into_any()
}

/// A part of a page in a frame, under its own heading: text, lists and tables. It stands for no other page, and holds no card.
#[component]
pub fn Panel(
    /// The heading.
    #[prop(into)]
    title: String,
    /// How many there are of what it holds.
    #[prop(optional)]
    count: Option<u64>,
    /// The content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="pk-panel">
            <h2 class="pk-panel__title">
                {title}
                {count.map(|count| view! { " " <span class="pk-panel__count">{digits(count)}</span> })}
            </h2>
            <div class="pk-panel__body">{children()}</div>
        </section>
    }
    .into_any()
}
