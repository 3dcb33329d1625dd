use kit::components::{Badge, Tone};
use leptos::prelude::*;

use crate::model::{EntityLink, LocationState, Problem};

/// A link to an entity by its name, with its title where that says more; one that the catalog does not have is no link.
#[component]
pub fn EntityName(link: EntityLink) -> impl IntoView {
    let title = link.subtitle().map(|title| view! { " " <span class="pk-quiet">{title.to_owned()}</span> });
    if link.known {
        view! { <a class="pk-name" href=link.href>{link.name}</a> {title} }.into_any()
    } else {
        view! { <span class="pk-name" title=link.entity_ref>{link.name}</span> " " <Badge text="not in the catalog" tone=Tone::Attention/> }.into_any()
    }
}

/// An owner or a system in a table: the title is what people know it by.
#[component]
pub fn ShortName(link: Option<EntityLink>) -> impl IntoView {
    let Some(link) = link else { return view! { <span class="pk-quiet">"–"</span> }.into_any() };
    let shown = if link.title.is_empty() { link.name } else { link.title };
    if link.known {
        view! { <a href=link.href title=link.entity_ref>{shown}</a> }.into_any()
    } else {
        view! { <span class="pk-unknown" title=format!("{} is not in the catalog", link.entity_ref)>{shown}</span> }
            .into_any()
    }
}

/// How a location stands.
#[component]
pub fn StateBadge(state: LocationState) -> impl IntoView {
    let (text, tone) = match state {
        LocationState::New => ("Waiting for its first read", Tone::Waiting),
        LocationState::Ok => ("Fine", Tone::Fine),
        LocationState::Errors => ("Has errors", Tone::Attention),
        LocationState::Unreadable => ("Not readable", Tone::Wrong),
    };
    view! { <Badge text=text tone=tone/> }
}

/// Problems with file, line and column, errors first.
#[component]
pub fn Problems(problems: Vec<Problem>) -> impl IntoView {
    let items: Vec<_> = problems
        .into_iter()
        .map(|problem| {
            let (text, tone) = if problem.is_error { ("Error", Tone::Wrong) } else { ("Warning", Tone::Attention) };
            view! {
                <li class="pk-problem">
                    <Badge text=text tone=tone/>
                    <div class="pk-problem__body">
                        <p>{problem.message}</p>
                        <p class="pk-quiet pk-mono">
                            {format!("{}:{}:{}", problem.path, problem.line, problem.column)}
                            {(!problem.pointer.is_empty()).then(|| format!("  {}", problem.pointer))}
                        </p>
                    </div>
                </li>
            }
        })
        .collect();
    view! { <ul class="pk-problems">{items}</ul> }
}
