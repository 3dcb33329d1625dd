use leptos::prelude::*;

use crate::components::badge::Tone;
use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// Where toasts appear: once in the shell, after the page. A script adds one with the event `portico:toast`, whose `detail` is
/// `{ text, tone?: "fine" | "attention" | "wrong", action?: { label, href } }`.
#[component]
pub fn Toasts(
    /// [`Toast`]s that the server has to tell since the last page.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! { <div class="pk-toasts" data-pk-toasts="" aria-live="polite">{children.map(|children| children())}</div> }
        .into_any()
}

/// Says that something happened. It leaves after a while, unless it holds an action or tells of something wrong.
#[component]
pub fn Toast(
    /// What happened, in a sentence.
    #[prop(into)]
    text: String,
    /// How it went.
    #[prop(default = Tone::Fine)]
    tone: Tone,
    /// What can be done about it: a label and an address.
    #[prop(optional)]
    action: Option<(String, String)>,
) -> impl IntoView {
    let class = match tone {
        Tone::Neutral | Tone::Waiting => "pk-toast",
        Tone::Fine => "pk-toast pk-toast--fine",
        Tone::Attention => "pk-toast pk-toast--attention",
        Tone::Wrong => "pk-toast pk-toast--wrong",
    };
    let passes = action.is_none() && tone != Tone::Wrong;
    view! {
        <div class=class data-pk-seconds=passes.then_some("8")>
            <span class="pk-toast__mark" aria-hidden="true">{tone.mark()}</span>
            <p class="pk-toast__text">{text}</p>
            {action.map(|(label, href)| view! { <a class="pk-toast__action" href=href>{label}</a> })}
            <button class="pk-button pk-button--quiet pk-button--icon" type="button" aria-label="Dismiss" data-pk-dismisses=""><IconView icon=Icon::X/></button>
        </div>
    }
    .into_any()
}
