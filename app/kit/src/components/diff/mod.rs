use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub mod examples;

/// How one text became another, by lines; `server::diff::compared` makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// How many lines came.
    pub added: usize,
    /// How many lines went.
    pub removed: usize,
    /// The places of change, each with a few lines round it.
    pub hunks: Vec<Vec<DiffBlock>>,
}

/// Lines that belong together: the same on both sides, or some that gave way to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffBlock {
    /// Whether the sides differ.
    pub changed: bool,
    /// As it was.
    pub old: Vec<DiffLine>,
    /// As it is.
    pub new: Vec<DiffLine>,
}

/// A line of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Its number on its side.
    pub number: usize,
    /// Its text in pieces; `true` marks what differs within a line that is else the same.
    pub parts: Vec<(bool, String)>,
}

/// What changed between two texts: side by side where there is room, else one below the other. Each line says by a sign and, to
/// those who do not see it, by a word what became of it. A page takes it drawn from its server function.
#[component]
pub fn DiffView(
    /// The change.
    diff: Diff,
    /// What was compared: `Changes from 1.3.0 to 1.4.0`.
    #[prop(into)]
    label: String,
    /// Never side by side, as where the lines are long.
    #[prop(optional)]
    unified: bool,
) -> impl IntoView {
    let count = |count: usize, how| format!("{count} line{} {how}", if count == 1 { "" } else { "s" });
    let summary = if diff.hunks.is_empty() {
        "Nothing differs".to_owned()
    } else {
        format!("{}, {}", count(diff.added, "added"), count(diff.removed, "removed"))
    };
    let hunks: Vec<_> = diff
        .hunks
        .into_iter()
        .map(|hunk| {
            let first =
                hunk.iter().find_map(|block| block.new.first().or(block.old.first())).map_or(1, |line| line.number);
            let blocks: Vec<_> = hunk.into_iter().map(block).collect();
            view! { <div><p class="pk-diff__place">"From line " {first}</p>{blocks}</div> }
        })
        .collect();
    view! {
        <div class="pk-diff" class:pk-diff--split=!unified role="group" aria-label=label>
            <p class="pk-diff__summary">{summary}</p>
            {hunks}
        </div>
    }
    .into_any()
}

fn block(block: DiffBlock) -> impl IntoView {
    if block.changed {
        let old = lines(block.old, "−", "Removed: ");
        let new = lines(block.new, "+", "Added: ");
        view! {
            <div class="pk-diff__block">
                <div class="pk-diff__side pk-diff__side--old">{old}</div>
                <div class="pk-diff__side pk-diff__side--new">{new}</div>
            </div>
        }
        .into_any()
    } else {
        // Read once; the other side is there to be looked at.
        view! {
            <div class="pk-diff__block">
                <div class="pk-diff__side pk-diff__side--again" aria-hidden="true">{lines(block.old, "", "")}</div>
                <div class="pk-diff__side">{lines(block.new, "", "")}</div>
            </div>
        }
        .into_any()
    }
}

fn lines(lines: Vec<DiffLine>, sign: &'static str, word: &'static str) -> impl IntoView {
    lines
        .into_iter()
        .map(|line| {
            let parts: Vec<_> = line
                .parts
                .into_iter()
                .map(|(differs, text)| {
                    if differs { view! { <mark class="pk-diff__part">{text}</mark> }.into_any() } else { text.into_any() }
                })
                .collect();
            view! {
                <div class="pk-diff__line">
                    <span class="pk-diff__number">{line.number}</span>
                    <span class="pk-diff__sign" aria-hidden="true">{sign}</span>
                    <span class="pk-diff__text">{(!word.is_empty()).then(|| view! { <span class="pk-visually-hidden">{word}</span> })}{parts}</span>
                </div>
            }
        })
        .collect_view()
}
