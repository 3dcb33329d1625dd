use leptos::prelude::*;

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
                        {tab.count.map(|count| view! { <span class="pk-tab__count pk-number">{count}</span> })}
                    </a>
                </li>
            }
        })
        .collect();
    view! { <nav class="pk-tabs" aria-label=label><ul>{items}</ul></nav> }.into_any()
}
