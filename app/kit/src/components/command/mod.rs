use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// The way into the command menu: looks like a field, and without scripts leads to the search page.
#[component]
pub fn CommandLink() -> impl IntoView {
    view! {
        <a class="pk-command-link" href="/search" data-pk-command-menu="" title="Search or go to (Ctrl K)">
            <IconView icon=Icon::Search/>
            <span class="pk-command-link__text">"Search or go to"</span>
            <kbd class="pk-command-link__key" aria-hidden="true">"Ctrl K"</kbd>
        </a>
    }
    .into_any()
}

/// The command menu: goes to any entity or page, and acts. Opened by Ctrl K or Cmd K; every `<a>` or `<button>` with
/// `data-pk-command` is in it, its text being the command. Searches `/api/search` as one types.
#[component]
pub fn CommandMenu() -> impl IntoView {
    view! {
        <dialog class="pk-command" id="command-menu" aria-label="Search or go to">
            <form class="pk-command__form" action="/search" method="get" role="search">
                <IconView icon=Icon::Search/>
                <input
                    class="pk-command__input"
                    type="search"
                    name="q"
                    role="combobox"
                    aria-label="Search or go to"
                    aria-expanded="true"
                    aria-controls="command-list"
                    aria-autocomplete="list"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength="200"
                    placeholder="Software, docs, pages, actions"
                />
            </form>
            <ul class="pk-command__list" id="command-list" role="listbox" aria-label="Matches"></ul>
            <p class="pk-command__status" role="status"></p>
            <p class="pk-command__keys" aria-hidden="true">
                <kbd class="pk-key">"↑"</kbd> <kbd class="pk-key">"↓"</kbd> " choose " <kbd class="pk-key">"Enter"</kbd> " open " <kbd class="pk-key">"Esc"</kbd> " close"
            </p>
        </dialog>
    }
    .into_any()
}
