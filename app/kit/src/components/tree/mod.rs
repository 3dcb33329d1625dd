use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// A place in a [`Tree`].
#[derive(Debug, Clone)]
pub struct TreeItem {
    /// What it reads.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the page that is shown.
    pub current: bool,
    /// What lies below it.
    pub children: Vec<Self>,
}

impl TreeItem {
    /// Whether the page that is shown is this one or below it.
    fn leads_here(&self) -> bool {
        self.current || self.children.iter().any(Self::leads_here)
    }
}

/// Pages within pages, as links. The way to the page that is shown is open; the rest opens without scripts too.
#[component]
pub fn Tree(
    /// What it is a tree of.
    #[prop(into)]
    label: String,
    /// The outermost places in order.
    items: Vec<TreeItem>,
) -> impl IntoView {
    view! { <nav aria-label=label><ul class="pk-tree__group" data-pk-tree="">{branches(items)}</ul></nav> }.into_any()
}

fn branches(items: Vec<TreeItem>) -> AnyView {
    items
        .into_iter()
        .map(|item| {
            let open = item.children.iter().any(TreeItem::leads_here);
            let link = view! { <a class="pk-tree__item" href=item.href aria-current=item.current.then_some("page")>{item.label.clone()}</a> };
            let below = (!item.children.is_empty()).then(|| {
                view! {
                    <details class="pk-tree__twist" open=open>
                        <summary aria-label=format!("Below {}", item.label)></summary>
                    </details>
                    <ul class="pk-tree__group">{branches(item.children)}</ul>
                }
            });
            view! { <li class="pk-tree__place">{link}{below}</li> }
        })
        .collect_view()
        .into_any()
}
