use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// Copies the text of an element and says so. Without scripts it is not there: the text can be selected.
#[component]
pub fn CopyButton(
    /// The id of the element whose text is copied.
    #[prop(into)]
    from: String,
    /// What is copied, for those who do not see it: `Copy the command`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <button class="pk-button pk-button--quiet pk-copy" type="button" aria-label=label data-pk-copies=from>
            <span class="pk-copy__idle"><IconView icon=Icon::Copy/> "Copy"</span>
            <span class="pk-copy__done"><IconView icon=Icon::Check/> "Copied"</span>
        </button>
        // Filled by the script, so that the outcome is announced.
        <span class="pk-visually-hidden" aria-live="polite"></span>
    }
    .into_any()
}
