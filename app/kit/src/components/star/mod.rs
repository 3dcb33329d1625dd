use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// Stars a thing or takes its star away: a form of its own, which needs no script and leads back to where it stands.
#[component]
pub fn StarButton(
    /// The address of the server function that it is sent to, with `item` and `starred`.
    #[prop(into)]
    action: String,
    /// What the plugin calls the thing.
    #[prop(into)]
    item: String,
    /// Whether it is starred.
    starred: bool,
) -> impl IntoView {
    view! {
        <form method="post" action=action class="pk-inline">
            <input type="hidden" name="item" value=item/>
            <input type="hidden" name="starred" value=(!starred).to_string()/>
            <button class="pk-button pk-star" type="submit" aria-pressed=starred.to_string()>
                <IconView icon=Icon::Star/>
                {if starred { "Starred" } else { "Star" }}
            </button>
        </form>
    }
    .into_any()
}
