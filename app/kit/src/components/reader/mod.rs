use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub mod examples;

/// A line of the pages that can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderLink {
    /// What it reads.
    pub title: String,
    /// Where it leads; empty for a section.
    pub href: String,
    /// Whether it is what is read, or holds it.
    #[serde(default)]
    pub current: bool,
    /// What is below it.
    #[serde(default)]
    pub items: Vec<ReaderLink>,
}

/// A heading of what is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderHeading {
    /// Without markup.
    pub title: String,
    /// Its address on the page: `#…`.
    pub href: String,
    /// How far below the first headings it stands.
    pub depth: u8,
}

/// A frame for reading: the pages at the left, the page in the middle, what is on it at the right. Where there is no room for
/// three columns, and on a phone for two, the others fold above the page.
#[component]
pub fn Reader(
    /// What the pages are, for those who do not see them.
    #[prop(into)]
    label: String,
    /// The pages.
    nav: Vec<ReaderLink>,
    /// What is on the page.
    headings: Vec<ReaderHeading>,
    /// The page before: title and address.
    previous: Option<(String, String)>,
    /// The page after: title and address.
    next: Option<(String, String)>,
    /// Where the page comes from.
    #[prop(optional, into)]
    origin: Option<AnyView>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let (has_nav, has_headings) = (!nav.is_empty(), headings.len() > 1);
    let headings: Vec<_> = headings
        .into_iter()
        .map(|heading| {
            let class = if heading.depth == 0 { "" } else { "pk-reader__below" };
            view! { <li class=class><a href=heading.href>{heading.title}</a></li> }
        })
        .collect();
    let step = |direction: &'static str, rel: &'static str, step: Option<(String, String)>| {
        step.map(|(title, href)| {
            view! { <a class="pk-reader__step" href=href rel=rel><span class="pk-quiet">{direction}</span> {title}</a> }
        })
    };
    let has_steps = previous.is_some() || next.is_some();
    view! {
        <div class="pk-reader">
            {has_nav.then(|| view! {
                <details class="pk-reader__pages">
                    <summary>"Pages"</summary>
                    <nav aria-label=label>{lines(nav, 0)}</nav>
                </details>
            })}
            {has_headings.then(|| view! {
                <details class="pk-reader__headings">
                    <summary>"On this page"</summary>
                    <nav aria-label="On this page"><ul>{headings}</ul></nav>
                </details>
            })}
            <div class="pk-reader__page">
                {children()}
                {has_steps.then(|| view! {
                    <nav class="pk-reader__steps" aria-label="The pages before and after">
                        {step("Previous", "prev", previous)}
                        {step("Next", "next", next)}
                    </nav>
                })}
                {origin.map(|origin| view! { <footer class="pk-reader__origin" aria-label="Where this comes from">{origin}</footer> })}
            </div>
        </div>
    }
    .into_any()
}

fn lines(links: Vec<ReaderLink>, depth: usize) -> AnyView {
    let lines: Vec<_> = links
        .into_iter()
        .map(|link| {
            if link.items.is_empty() {
                let current = link.current.then_some("page");
                return view! { <li><a class="pk-reader__line" href=link.href aria-current=current>{link.title}</a></li> }
                    .into_any();
            }
            // What is deeper is folded until something in it is read.
            let open = depth == 0 || link.current;
            let items = lines(link.items, depth + 1);
            view! {
                <li>
                    <details class="pk-reader__section" open=open>
                        <summary class="pk-reader__line">{link.title}</summary>
                        {items}
                    </details>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul>{lines}</ul> }.into_any()
}
