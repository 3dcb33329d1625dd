//! What differs between the portal and the repository that pitches are mirrored with.

use kit::components::{Banner, Button, Emphasis, Problem, Problems, Section, Time, Tone};
use kit::server::clock::Millis;
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::Changes;
use super::words::by_commit;
use crate::api::SettleConflict;
use crate::server::mirror::{Conflict, Mirrored, Trouble};

/// What differs between a contribution and its file, with both versions, and how that is settled.
#[component]
pub(super) fn MirrorBanner(id: String, mirrored: Mirrored, may: bool, now: Millis) -> impl IntoView {
    let Mirrored { path, problem, conflict, may_settle, .. } = mirrored;
    let problem = problem.map(|problem| {
        let said = format!("{path}, {problem}");
        view! { <Banner title="Its file in the repository cannot be read" tone=Tone::Attention><p>{said}</p><p>"Nothing of it is taken over until it is mended there."</p></Banner> }
    });
    let conflict = conflict.map(|conflict| {
        view! { <ConflictBanner id=id path=path conflict=conflict may={may && may_settle} now=now/> }
    });
    view! { {problem} {conflict} }
}

#[component]
fn ConflictBanner(id: String, path: String, conflict: Conflict, may: bool, now: Millis) -> impl IntoView {
    let Conflict { refused, is_deleted, changes, seen, from, since } = conflict;
    let (title, keep, take) = if is_deleted {
        ("Its file was removed from the repository", "Put the file back", "Withdraw it")
    } else {
        ("It is otherwise in the repository", "Keep the portal’s", "Take the repository’s")
    };
    let refused = (!refused.is_empty()).then(|| view! { <p>{refused}</p> });
    let by = by_commit(&from);
    let both = (!changes.is_empty())
        .then(|| view! { <p>"How it is here, and how it is there:"</p> <Changes changes=changes/> });
    let settle = |take: bool, text: &'static str, emphasis: Emphasis| {
        view! {
            <form method="post" action=SettleConflict::PATH class="pk-inline">
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="take" value=take.to_string()/>
                <input type="hidden" name="seen" value=seen.clone()/>
                <Button text=text emphasis=emphasis/>
            </form>
        }
    };
    let settled = may.then(|| {
        let danger = if is_deleted { Emphasis::Danger } else { Emphasis::Normal };
        view! { <div class="pk-inline">{settle(false, keep, Emphasis::Normal)} {settle(true, take, danger)}</div> }
    });
    view! {
        <Banner title=title tone=Tone::Attention>
            <p><code class="pk-mono pk-wrap">{path}</code> ", since " <Time when=Some(When::new(since, now))/> ". " {by}</p>
            {refused}
            {both}
            {settled}
        </Banner>
    }
}

/// How many of a kind of trouble stand open on the board.
const OPEN: usize = 3;

/// What is wrong between the portal and the repository, for curators; nothing where all is well.
#[component]
pub(super) fn Troubles(troubles: Vec<Trouble>) -> impl IntoView {
    let mut items: Vec<_> = troubles
        .iter()
        .filter(|trouble| trouble.href.is_empty())
        .map(|trouble| view! { <Problem error=true message=trouble.message.clone() place=trouble.place.clone()/> })
        .collect();
    let mut differing: Vec<_> = troubles
        .iter()
        .filter(|trouble| !trouble.href.is_empty())
        .map(|Trouble { message, place, href }| {
            view! { <li><a href=href.clone()>{message.clone()}</a> " " <span class="pk-quiet pk-wrap">{place.clone()}</span></li> }
        })
        .collect();
    // The board is what people come for: of many, the first stand open.
    let (more_items, more_differing) =
        (items.split_off(items.len().min(OPEN)), differing.split_off(differing.len().min(OPEN)));
    let (wrong, differs) = (!items.is_empty(), !differing.is_empty());
    let more = more_items.len() + more_differing.len();
    let rest = (more > 0).then(|| {
        let said = format!("{more} more");
        let (wrong, differs) = (!more_items.is_empty(), !more_differing.is_empty());
        view! {
            <details class="pk-disclosure">
                <summary>{said}</summary>
                {wrong.then(|| view! { <Problems>{more_items}</Problems> })}
                {differs.then(|| view! { <ul class="pk-list">{more_differing}</ul> })}
            </details>
        }
    });
    (wrong || differs).then(|| {
        view! {
            <Section title="The repository of pitches">
                {wrong.then(|| view! { <Problems>{items}</Problems> })}
                {differs.then(|| view! { <ul class="pk-list">{differing}</ul> })}
                {rest}
            </Section>
        }
    })
}
