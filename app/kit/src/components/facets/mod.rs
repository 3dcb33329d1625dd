use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub mod examples;

/// One dimension by which a list can be narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// Its name in the query string.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Its most frequent values within the other filters, and all chosen ones.
    pub values: Vec<FacetValue>,
    /// Whether there are more values than are listed.
    pub more: bool,
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// As in the query string.
    pub value: String,
    /// As people read it.
    pub label: String,
    /// How many items it would leave.
    pub count: u64,
    /// Whether the list is narrowed to it.
    pub chosen: bool,
    /// The list with this value added, or taken away when it is chosen.
    pub href: String,
}

/// The facets of a list as links, so that each choice is an address and works without scripts.
#[component]
pub fn FacetList(
    /// The facets in order.
    facets: Vec<Facet>,
) -> impl IntoView {
    let groups: Vec<_> = facets
        .into_iter()
        // A facet with one value narrows nothing.
        .filter(|facet| facet.values.len() > 1 || facet.values.iter().any(|value| value.chosen))
        .enumerate()
        .map(|(place, facet)| {
            let open = place < 2 || facet.values.len() <= 8 || facet.values.iter().any(|value| value.chosen);
            let name = facet.name;
            let values: Vec<_> = facet
                .values
                .into_iter()
                .map(|value| {
                    let class = if value.chosen { "pk-facet__value pk-facet__value--chosen" } else { "pk-facet__value" };
                    let key = format!("{name}={}", value.label);
                    view! {
                        <li data-pk-key=key>
                            <a class=class href=value.href aria-current=value.chosen.then_some("true") rel="nofollow">
                                <span class="pk-facet__box" aria-hidden="true"></span>
                                <span class="pk-facet__label">{value.label}</span>
                                <span class="pk-facet__count">{value.count}</span>
                            </a>
                        </li>
                    }
                })
                .collect();
            view! {
                <details class="pk-facet" open=open data-pk-key=name.clone()>
                    <summary class="pk-facet__name">{facet.label}</summary>
                    <ul class="pk-facet__values">{values}</ul>
                    {facet.more.then(|| view! { <p class="pk-quiet pk-facet__more">"Search to reach further values."</p> })}
                </details>
            }
        })
        .collect();
    view! { <div class="pk-facets">{groups}</div> }.into_any()
}
