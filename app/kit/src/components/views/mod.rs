use leptos::prelude::*;

use super::series::Series;

#[cfg(feature = "ssr")]
pub mod examples;

/// A way to look at the same page, under its own address.
#[derive(Debug, Clone)]
pub struct ViewLink {
    /// What it reads.
    pub label: String,
    /// Its address.
    pub href: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// The colour of its line in the figure beside it, where it has one.
    pub series: Option<Series>,
}

/// A few links side by side, as links: each state is an address and works without scripts.
#[component]
pub fn ViewLinks(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// In order.
    links: Vec<ViewLink>,
    /// Whether several can be chosen at once.
    #[prop(optional)]
    many: bool,
) -> impl IntoView {
    let name = label.clone();
    let class = if many { "pk-views pk-views--many" } else { "pk-views" };
    let items: Vec<_> = links
        .into_iter()
        .map(|ViewLink { label, href, chosen, series }| {
            let line = series.map(|series| {
                let class = format!("pk-view__line {}", series.class());
                view! { <svg class=class viewBox="0 0 16 4" width="16" height="4" aria-hidden="true"><path d="M0 2h16"></path></svg> }
            });
            view! {
                <li>
                    <a class="pk-view" href=href aria-current=chosen.then_some("true") rel="nofollow" data-noscroll="true">
                        {many.then(|| view! { <span class="pk-view__box" aria-hidden="true"></span> })}
                        {line}
                        {label}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <div class=class role="group" aria-label=name>
            <span class="pk-views__label" aria-hidden="true">{label}</span>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}
