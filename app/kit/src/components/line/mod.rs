//! The line: whatever advances is drawn as one line with stations, a marker where the traveller is, and branches. Learn one
//! drawing, read them all.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// A stop on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// Whose it is, when it was, or what is waited for: a short line under the name.
    pub note: String,
    /// Where it leads; nowhere when empty.
    pub href: String,
    /// A line that leaves here, and its stations; none where the line goes straight on.
    pub branch: Vec<Station>,
}

impl Station {
    /// A station without branch or address.
    pub fn new(name: impl Into<String>, state: State, note: impl Into<String>) -> Self {
        Self { name: name.into(), state, note: note.into(), href: String::new(), branch: Vec::new() }
    }
}

/// How a station stands; it is told by a shape and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Behind the traveller.
    Done,
    /// Where the traveller is.
    Here,
    /// Still to come.
    Ahead,
    /// Held up until somebody or something answers.
    Waiting,
    /// It went wrong here.
    Failed,
    /// Passed without stopping.
    Skipped,
    /// Part of a way that nobody is on: its number says all there is to say.
    Planned,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Here => "You are here",
            Self::Ahead => "To come",
            Self::Waiting => "Waiting",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Planned => "",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Done => "pk-station pk-station--done",
            Self::Here => "pk-station pk-station--here",
            Self::Ahead => "pk-station",
            Self::Waiting => "pk-station pk-station--waiting",
            Self::Failed => "pk-station pk-station--failed",
            Self::Skipped => "pk-station pk-station--skipped",
            Self::Planned => "pk-station pk-station--planned",
        }
    }

    /// What is drawn on a circle of radius 8 round the middle of a square of 24; of a planned one, its number.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Done => "m8 12.5 3 3 5-6",
            Self::Here => "M12 8.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0 -7",
            Self::Ahead | Self::Planned => "",
            Self::Waiting => "M12 7.5v5l3 2",
            Self::Failed => "m9 9 6 6m0-6-6 6",
            Self::Skipped => "M8.5 12h7",
        }
    }
}

/// A short way from left to right, as that of a journey; on a narrow screen it runs from top to bottom.
#[component]
pub fn Stepper(
    /// What advances: `Stages of this contribution`.
    #[prop(into)]
    label: String,
    /// In order.
    stations: Vec<Station>,
) -> impl IntoView {
    view! { <ol class="pk-line pk-line--across" aria-label=label>{stops(stations)}</ol> }.into_any()
}

/// A way from top to bottom, with room for what there is to say of each station, and for branches.
#[component]
pub fn Timeline(
    /// What it is the way of.
    #[prop(into)]
    label: String,
    /// In order.
    stations: Vec<Station>,
) -> impl IntoView {
    view! { <ol class="pk-line" aria-label=label>{stops(stations)}</ol> }.into_any()
}

fn stops(stations: Vec<Station>) -> Vec<AnyView> {
    stations
        .into_iter()
        .enumerate()
        .map(|(at, Station { name, state, note, href, branch })| {
            // The one station that the traveller is at, whatever keeps them there.
            let current = matches!(state, State::Here | State::Waiting | State::Failed);
            let title = if href.is_empty() {
                view! { <span class="pk-station__name">{name.clone()}</span> }.into_any()
            } else {
                view! { <a class="pk-station__name" href=href>{name.clone()}</a> }.into_any()
            };
            let branch = (!branch.is_empty()).then(|| {
                view! { <ol class="pk-line pk-line--branch" aria-label=format!("Branch at {name}")>{stops(branch)}</ol> }
            });
            let (radius, mark) = if state == State::Planned {
                // A number of two digits needs the room.
                ("11", view! { <text class="pk-station__number" x="12" y="12">{at + 1}</text> }.into_any())
            } else {
                ("8", view! { <path d=state.mark()></path> }.into_any())
            };
            let word = state.word();
            let word = (!word.is_empty()).then(|| view! { <span class="pk-station__state">{word}</span> });
            view! {
                <li class=state.class() aria-current=current.then_some("step")>
                    <svg class="pk-station__mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                        <circle cx="12" cy="12" r=radius></circle>
                        {mark}
                    </svg>
                    <div class="pk-station__text">
                        {title}
                        {word}
                        {(!note.is_empty()).then(|| view! { <span class="pk-station__note">{note}</span> })}
                        {branch}
                    </div>
                </li>
            }
            .into_any()
        })
        .collect()
}

/// How much of something is done, where it can be counted; without a total it only says that something is going on.
#[component]
pub fn Progress(
    /// What advances: `Files read`.
    #[prop(into)]
    label: String,
    /// How many are done.
    done: u64,
    /// How many there are, where that is known.
    #[prop(optional_no_strip)]
    total: Option<u64>,
) -> impl IntoView {
    let done = total.map_or(done, |total| done.min(total));
    let text = total.map_or_else(|| format!("{done} so far"), |total| format!("{done} of {total}"));
    let value = total.map(|_| done.to_string());
    view! {
        <label class="pk-progress">
            <span class="pk-progress__label">{label}</span>
            <span class="pk-progress__count pk-number">{text}</span>
            <progress class="pk-progress__bar" value=value max=total.map(|total| total.max(1).to_string())></progress>
        </label>
    }
    .into_any()
}
