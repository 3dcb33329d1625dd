use leptos::prelude::*;

use crate::number::digits;

#[cfg(feature = "ssr")]
pub mod examples;

/// A tab: a view of the same thing under its own address.
#[derive(Debug, Clone)]
pub struct Tab {
    /// What it reads.
    pub label: String,
    /// Its address.
    pub href: String,
    /// Whether it is shown.
    pub current: bool,
    /// How many things are in it, where that helps.
    pub count: Option<u64>,
}

/// The tabs of a page, as links: each is an address that can be shared.
#[component]
pub fn Tabs(
    /// What the tabs are views of.
    #[prop(into)]
    label: String,
    /// In order.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let items: Vec<_> = tabs
        .into_iter()
        .map(|tab| {
            view! {
                <li>
                    <a class="pk-tab" href=tab.href aria-current=tab.current.then_some("page")>
                        {tab.label}
                        {tab.count.map(|count| view! { <span class="pk-tab__count pk-number">{digits(count)}</span> })}
                    </a>
                </li>
            }
        })
        .collect();
    view! { <nav class="pk-tabs" aria-label=label><ul>{items}</ul></nav> }.into_any()
}

/// Panels of one page of which one is shown at a time. Without scripts they stand below each other. What has data of its own is a
/// view with an address: [`Tabs`].
#[component]
pub fn TabPanels(
    /// Begins the ids of the panels, by which an address can name one: `#build-logs`.
    #[prop(into)]
    id: String,
    /// What the panels are about.
    #[prop(into)]
    label: String,
    /// The label and the content of each, the one that is shown first.
    panels: Vec<(String, AnyView)>,
) -> impl IntoView {
    let (tabs, panels): (Vec<_>, Vec<_>) = panels
        .into_iter()
        .enumerate()
        .map(|(place, (label, content))| {
            let panel = format!("{id}-{}", place + 1);
            let tab = format!("{panel}-tab");
            let (selected, index) = if place == 0 { ("true", "0") } else { ("false", "-1") };
            (
                view! { <button class="pk-tab" type="button" role="tab" id=tab.clone() aria-controls=panel.clone() aria-selected=selected tabindex=index>{label}</button> },
                view! { <div class="pk-panel" role="tabpanel" id=panel aria-labelledby=tab tabindex="0" hidden={place > 0}>{content}</div> },
            )
        })
        .unzip();
    view! { <div><div class="pk-tabs pk-tabs--panels" role="tablist" aria-label=label>{tabs}</div>{panels}</div> }
        .into_any()
}
