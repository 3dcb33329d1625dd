use leptos::prelude::*;

use crate::components::badge::Tone;
use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// Something that is true of the whole page while it is shown, above what it is about.
#[component]
pub fn Banner(
    /// What is the case, in a few words: `No longer described`.
    #[prop(into)]
    title: String,
    /// What it means; gives the shape and the colour.
    #[prop(default = Tone::Neutral)]
    tone: Tone,
    /// The one thing to do about it.
    #[prop(optional, into)]
    action: Option<AnyView>,
    /// Whether it can be put away until the page is loaded again; never where something is wrong.
    #[prop(optional)]
    dismissible: bool,
    /// Why, and what follows from it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Neutral => ("pk-banner", Icon::InfoCircle),
        Tone::Fine => ("pk-banner pk-banner--fine", Icon::CircleCheck),
        Tone::Attention => ("pk-banner pk-banner--attention", Icon::AlertTriangle),
        Tone::Wrong => ("pk-banner pk-banner--wrong", Icon::CircleX),
        Tone::Waiting => ("pk-banner pk-banner--waiting", Icon::Clock),
    };
    let role = if tone == Tone::Wrong { "alert" } else { "note" };
    let dismiss = dismissible.then(|| {
        view! { <button class="pk-button pk-button--quiet pk-button--icon" type="button" aria-label="Dismiss" data-pk-dismisses=""><IconView icon=Icon::X/></button> }
    });
    view! {
        <div class=class role=role>
            <span class="pk-banner__mark"><IconView icon=icon/></span>
            <div class="pk-banner__body">
                <p class="pk-banner__title">{title}</p>
                {children.map(|children| children())}
            </div>
            {action.map(|action| view! { <div class="pk-banner__action">{action}</div> })}
            {dismiss}
        </div>
    }
    .into_any()
}
