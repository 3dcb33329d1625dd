use kit::components::{Badge, Tone};
use kit::server::definitions::{State, Version};
use leptos::prelude::*;

use crate::server::statistics::{Statistics, duration};
use crate::server::templates::Major;

/// The other majors of a family.
#[component]
pub fn MajorLinks(majors: Vec<Major>) -> impl IntoView {
    (!majors.is_empty()).then(|| {
        let links: Vec<_> = majors
            .into_iter()
            .map(|major| {
                let label = if major.major == 0 { major.name } else { format!("v{}", major.major) };
                view! { " " <a href=major.href>{label}</a> }
            })
            .collect();
        view! { <p class="pk-quiet">"Also there:" {links}</p> }
    })
}

/// Whether a version is to be used; nothing where it is.
#[component]
pub fn StateBadge(state: State) -> impl IntoView {
    match state {
        State::Current => None,
        State::Deprecated { .. } => Some(view! { <Badge text="Deprecated" tone=Tone::Attention/> }),
        State::Withdrawn { .. } => Some(view! { <Badge text="Withdrawn" tone=Tone::Wrong/> }),
    }
}

/// The share of runs that did what they were to do, in words.
pub fn success(statistics: &Statistics) -> String {
    match statistics.success() {
        None => "No runs yet".to_owned(),
        Some(share) => format!(
            "{share} % of {}",
            if statistics.runs == 1 { "1 run".to_owned() } else { format!("{} runs", statistics.runs) }
        ),
    }
}

/// The time that the middle run took, in words.
pub fn median(statistics: &Statistics) -> String {
    statistics.median.map_or_else(|| "–".to_owned(), duration)
}

/// Who made a version: a name, or what kind of place it was read from where nobody is named.
pub fn author(version: &Version) -> String {
    match version.author.split_once(':') {
        Some(("file", _)) => "A file on the server".to_owned(),
        Some(("url", place)) => {
            let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
            rest.split('/').next().unwrap_or(rest).to_owned()
        }
        _ => version.author.clone(),
    }
}
